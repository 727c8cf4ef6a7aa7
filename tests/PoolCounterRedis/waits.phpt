--TEST--
A wait lasts as long as was asked, fractions and none at all included; who died is forgotten and what he took reclaimed
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/pool.php';
Fixtures\skip_without_pool();
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/pool.php';

$code = <<<'CODE'
// Redis looks for waits that are over so many times a second.
$server = Fixtures\RedisServer::start( [ '--hz', '100' ] );
$holder = pool( $server );
$holder->acquireForMe();
$elapsed = static function ( callable $wait ): array {
	$started = microtime( true );
	$status = $wait();
	return [ told( $status ), microtime( true ) - $started ];
};
// The seconds at least and at most; generous, since machines are slow.
$lasts = static function ( string $what, float $least, float $most, PoolCounterRedis $pool, array $arguments = [], string $method = 'acquireForMe' ) use ( $elapsed, $server ) {
	( fn () => $this->onRelease() )->call( $pool );
	[ $told, $seconds ] = $elapsed( static fn () => $pool->$method( ...$arguments ) );
	show( [ $what => $told, 'in time' => $seconds >= $least && $seconds <= $most ? true : $seconds, 'waiting' => waiting( $server, $pool ) ] );
};
$long = pool( $server );
$none = pool( $server, [ 'timeout' => 0 ] );
$short = pool( $server, [ 'timeout' => 0.25 ] );
foreach ( [ 'acquireForMe', 'acquireForAnyone' ] as $method ) {
	$lasts( 'as configured: not at all', 0, 20, $none, [], $method );
	$lasts( 'as configured: a fraction', 0.25, 20, $short, [], $method );
	$lasts( 'told not to', 0, 20, $long, [ 0 ], $method );
	$lasts( 'told a fraction', 0.2, 20, $long, [ 0.2 ], $method );
	$lasts( 'told less than a millisecond', 0, 20, $long, [ 0.0001 ], $method );
	$lasts( 'told as text', 0.2, 20, $long, [ '0.2' ], $method );
	$lasts( 'told more than configured', 0.5, 20, $short, [ 0.5 ], $method );
}
foreach ( [ 'below nothing' => -1, 'no number' => NAN, 'false' => false ] as $what => $timeout ) {
	$lasts( $what, 0, 20, $long, [ $timeout ] );
}
$lasts( 'null: as configured', 0.25, 20, $short, [ null ] );
// Longer than the connection's own time-out.
$lasts( 'beyond readTimeout', 0.6, 20, pool( $server, [ 'redisConfig' => [ 'readTimeout' => 0.3 ] ] ), [ 0.6 ] );
// Whatever precision and locale are.
ini_set( 'precision', '3' );
setlocale( LC_ALL, 'de_DE.UTF-8', 'de_DE' );
$lasts( 'a precision of 3', 0.25, 20, $short );
show( [ 'the slot is held all along' => told( $holder->release() ) ] );
show( [ told( $holder->acquireForMe() ), told( $holder->release() ), 'free' => free_slots( $server, $holder ) ] );
ini_set( 'precision', '14' );

// A waiter that was killed is counted for twice the pool's time-out.
$holder->acquireForMe();
$waiters = [ waiter( $server ), waiter( $server ) ];
foreach ( $waiters as $waiter ) {
	$waiter->tell();
}
until( static fn () => blocked( $server ) === 2 );
( fn () => $this->onRelease() )->call( $long );
show( [ 'both places taken' => told( $long->acquireForMe( 0.1 ) ) ] );
foreach ( $waiters as $waiter ) {
	$waiter->kill();
}
show( [ 'killed' => told( $long->acquireForMe( 0.1 ) ), 'waiting' => waiting( $server, $holder ) ] );
$keys = keys( $holder );
foreach ( $server->command( [ 'ZRANGE', $keys['waiters'], 0, -1 ] ) as $session ) {
	$server->command( [ 'ZINCRBY', $keys['waiters'], -61, $session ] );
}
show( [ 'long ago' => told( $long->acquireForMe( 0.1 ) ), 'waiting' => waiting( $server, $holder ) ] );

// A holder that was killed keeps its slot until its time is over.
$holder->release();
$killed = waiter( $server );
show( $killed->tell()->line() );
$killed->kill();
show( [ 'killed' => told( $long->acquireForMe( 0 ) ) ] );
$server->command( [ 'ZINCRBY', $keys['due'], -3601, 1 ] );
show( [ 'long ago' => told( $long->acquireForMe( 0 ) ), told( $long->release() ) ] );

// So does a slot that was handed to a waiter which did not live to take it.
$server->command( [ 'FLUSHALL' ] );
$holder->acquireForMe();
$waiter = waiter( $server )->tell();
until( static fn () => blocked( $server ) === 1 );
$waiter->signal( SIGSTOP );
$holder->release();
$waiter->kill();
( fn () => $this->onRelease() )->call( $long );
show( [ 'handed over' => told( $long->acquireForMe( 0 ) ), 'lost after seconds' => (int)round( $server->command( [ 'ZSCORE', $keys['due'], 1 ] ) - microtime( true ), -1 ) ] );
$server->command( [ 'ZINCRBY', $keys['due'], -31, 1 ] );
show( [ 'later' => told( $long->acquireForMe( 0 ) ), told( $long->release() ) ] );
// Whoever was only late has lost it, and does no harm.
$holder->acquireForMe();
$server->command( [ 'ZINCRBY', $keys['due'], -3601, 1 ] );
( fn () => $this->onRelease() )->call( $long );
show( [ 'given to another' => told( $long->acquireForMe( 0 ) ), 'the first releases' => told( $holder->release() ), 'free' => free_slots( $server, $holder ), told( $long->release() ), free_slots( $server, $holder ) ] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"as configured: not at all":"TIMEOUT","in time":true,"waiting":0}
{"as configured: a fraction":"TIMEOUT","in time":true,"waiting":0}
{"told not to":"TIMEOUT","in time":true,"waiting":0}
{"told a fraction":"TIMEOUT","in time":true,"waiting":0}
{"told less than a millisecond":"TIMEOUT","in time":true,"waiting":0}
{"told as text":"TIMEOUT","in time":true,"waiting":0}
{"told more than configured":"TIMEOUT","in time":true,"waiting":0}
{"as configured: not at all":"TIMEOUT","in time":true,"waiting":0}
{"as configured: a fraction":"TIMEOUT","in time":true,"waiting":0}
{"told not to":"TIMEOUT","in time":true,"waiting":0}
{"told a fraction":"TIMEOUT","in time":true,"waiting":0}
{"told less than a millisecond":"TIMEOUT","in time":true,"waiting":0}
{"told as text":"TIMEOUT","in time":true,"waiting":0}
{"told more than configured":"TIMEOUT","in time":true,"waiting":0}
{"below nothing":"TIMEOUT","in time":true,"waiting":0}
{"no number":"TIMEOUT","in time":true,"waiting":0}
{"false":"TIMEOUT","in time":true,"waiting":0}
{"null: as configured":"TIMEOUT","in time":true,"waiting":0}
{"beyond readTimeout":"TIMEOUT","in time":true,"waiting":0}
{"a precision of 3":"TIMEOUT","in time":true,"waiting":0}
{"the slot is held all along":"RELEASED"}
{"0":"LOCKED","1":"RELEASED","free":1}
{"both places taken":"QUEUE_FULL"}
{"killed":"QUEUE_FULL","waiting":2}
{"long ago":"TIMEOUT","waiting":0}
"LOCKED"
{"killed":"TIMEOUT"}
{"long ago":"LOCKED","0":"RELEASED"}
{"handed over":"TIMEOUT","lost after seconds":30}
{"later":"LOCKED","0":"RELEASED"}
{"given to another":"LOCKED","the first releases":"RELEASED","free":0,"0":"RELEASED","1":1}
