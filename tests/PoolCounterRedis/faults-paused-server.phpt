--TEST--
A server that is paused costs one read time-out and is then down for the process; the original asks it for ever
--EXTENSIONS--
mbstring
ctype
igbinary
redis
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/pool.php';
Fixtures\skip_without_pool();
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/pool.php';

$code = <<<'CODE'
$list = [ Fixtures\RedisServer::start(), Fixtures\RedisServer::start() ];
$servers = servers( ...$list );
$labels = array_flip( $servers );
$config = [ 'redisConfig' => [ 'connectTimeout' => 20, 'readTimeout' => 0.6 ], 'timeout' => 1 ];
$timed = static function ( callable $call ): array {
	$started = microtime( true );
	$message = message( $call() );
	return [ $message, microtime( true ) - $started >= 0.55 ? 'after a time-out' : 'soon' ];
};
// An idle connection, then none at all.
foreach ( [ true, false ] as $connected ) {
	$pool = pool( $servers, $config );
	if ( $connected ) {
		show( [ message( $pool->acquireForMe() ), message( $pool->release() ) ] );
	} else {
		// Other servers to this class: none is down yet.
		$config['redisConfig']['connectTimeout'] = 21;
		$pool = pool( $servers, $config );
	}
	$list[0]->pause();
	This::$log->take();
	for ( $i = 0; $i < 3; $i++ ) {
		show( [ ...$timed( static fn () => $pool->acquireForMe() ), This::$log->take( $labels ) ] );
		show( [ ...$timed( static fn () => $pool->release() ), This::$log->take( $labels ) ] );
	}
	$list[0]->go_on();
	if ( This::$which === 'original' ) {
		exit;
	}
}

// While a slot is held.
$config['redisConfig']['connectTimeout'] = 22;
$pool = pool( $servers, $config );
// What it was sent before has been done meanwhile, for nobody.
$list[0]->command( [ 'FLUSHALL' ] );
show( message( $pool->acquireForMe() ) );
$list[0]->pause();
This::$log->take();
show( [ ...$timed( static fn () => $pool->release() ), This::$log->take( $labels ) ] );
show( [ ...$timed( static fn () => $pool->acquireForMe() ), This::$log->take( $labels ) ] );
$list[0]->go_on();
show( [ ...$timed( static fn () => $pool->release() ), This::$log->take( $labels ) ] );
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
["LOCKED","RELEASED"]
["pool-error-unknown","after a time-out",[]]
["NOT_LOCKED","soon",[]]
["pool-error-unknown","after a time-out",[]]
["NOT_LOCKED","soon",[]]
["pool-error-unknown","after a time-out",[]]
["NOT_LOCKED","soon",[]]
native:
["LOCKED","RELEASED"]
["LOCKED","after a time-out",["error: Redis exception on server \"a\""]]
["RELEASED","soon",[]]
["LOCKED","soon",["debug: Server \"a\" is marked down for another N seconds"]]
["RELEASED","soon",[]]
["LOCKED","soon",["debug: Server \"a\" is marked down for another N seconds"]]
["RELEASED","soon",[]]
["LOCKED","after a time-out",["error: Redis exception on server \"a\""]]
["RELEASED","soon",[]]
["LOCKED","soon",["debug: Server \"a\" is marked down for another N seconds"]]
["RELEASED","soon",[]]
["LOCKED","soon",["debug: Server \"a\" is marked down for another N seconds"]]
["RELEASED","soon",[]]
"LOCKED"
["pool-error-unknown","after a time-out",["error: Redis exception on server \"a\""]]
["LOCKED","soon",["debug: Server \"a\" is marked down for another N seconds"]]
["RELEASED","soon",[]]
