--TEST--
All who wait for anyone are told DONE, may lock again, and who must do it himself gets the slot; the original wakes one and then refuses it
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
$server = Fixtures\RedisServer::start();
$config = [ 'maxqueue' => 5 ];
$holder = pool( $server, $config );
show( told( $holder->acquireForAnyone() ) );
$workers = [];
foreach ( [ 'acquireForAnyone', 'acquireForAnyone', 'acquireForMe', 'acquireForAnyone' ] as $index => $method ) {
	$workers["$method $index"] = waiter( $server, $config, $method )->tell();
	until( static fn () => blocked( $server ) === $index + 1 );
}
show( told( $holder->release() ) );
$lines = lines_of( $workers, This::$which === 'native' ? 4 : 2 );
ksort( $lines );
// Which of the two gets which depends on the server's version.
asort( $lines );
show( This::$which === 'native' ? $lines : array_count_values( $lines ) );
if ( This::$which === 'native' ) {
	show( [ 'waiting' => waiting( $server, $holder ), 'free' => free_slots( $server, $holder ), 'of' => $workers['acquireForMe 2']->tell()->line() ] );
}
$workers = [];

// A process to which it is told that the work is done holds nothing, and may lock.
$holder = pool( $server, [ 'workers' => 2 ], 'other' );
show( told( $holder->acquireForAnyone() ) );
$other = new Worker( <<<'WORKER'
	$pool = pool( $servers, [ 'workers' => 2 ], 'other' );
	$pool->acquireForMe();
	say( 'ready' );
	hear();
	WORKER, [ 'servers' => servers( $server ) ] );
show( $other->line() );
$waiter = new Worker( <<<'WORKER'
	$pool = pool( $servers, [ 'workers' => 2 ], 'other' );
	say( told( $pool->acquireForAnyone() ) );
	say( told( $pool->release() ) );
	say( told( pool( $servers, [], 'third' )->acquireForMe( 1 ) ) );
	WORKER, [ 'servers' => servers( $server ) ] );
until( static fn () => blocked( $server ) === 1 );
// Only a wake-up, as if the slot had gone elsewhere.
$server->command( [ 'RPUSH', keys( $holder )['wakeup'], 'w' ] );
show( [ $waiter->line(), $waiter->line(), $waiter->line() ] );

// One who must do it himself tells nobody that it is done.
$holder->release();
$holder = pool( $server, [], 'fourth' );
$holder->acquireForMe();
$waiter = new Worker( 'say( told( pool( $servers, [], "fourth" )->acquireForAnyone() ) );', [ 'servers' => servers( $server ) ] );
until( static fn () => blocked( $server ) === 1 );
$holder->release();
show( $waiter->line() );
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
"LOCKED"
"RELEASED"
{"DONE":1,"LOCKED":1}
"LOCKED"
"ready"
["DONE","NOT_LOCKED","poolcounter-usage-error | You may only aquire a single non-nowait lock."]
"LOCKED"
native:
"LOCKED"
"RELEASED"
{"acquireForAnyone 0":"DONE","acquireForAnyone 1":"DONE","acquireForAnyone 3":"DONE","acquireForMe 2":"LOCKED"}
{"waiting":0,"free":0,"of":"RELEASED"}
"LOCKED"
"ready"
["DONE","NOT_LOCKED","LOCKED"]
"LOCKED"
