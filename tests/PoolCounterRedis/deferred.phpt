--TEST--
deferRelease: the answer is not waited for, the slot is free all the same, and an error is logged
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
$server = Fixtures\RedisServer::start();
$labels = array_flip( servers( $server ) );
$config = [ 'deferRelease' => true ];
$pool = pool( $server, $config );
for ( $i = 0; $i < 3; $i++ ) {
	show( [ told( $pool->acquireForMe() ), told( $pool->release() ), told( $pool->release() ) ] );
}
until( static fn () => free_slots( $server, $pool ) === 1 );
$server->command( [ 'SCRIPT', 'FLUSH' ] );
show( [ 'scripts forgotten' => told( $pool->acquireForMe() ), told( $pool->release() ), told( $pool->acquireForMe() ), told( $pool->release() ) ] );

// The answer is an error: it is logged when the next command is due.
$break = static fn () => $server->command( [ 'SET', keys( $pool )['due'], 'a string' ] );
$pool->acquireForMe();
$break();
This::$log->take();
show( [ 'at once' => told( $pool->release() ), This::$log->take( $labels ) ] );
$server->command( [ 'FLUSHALL' ] );
show( [ 'next' => told( $pool->acquireForMe() ), This::$log->take( $labels ), told( $pool->release() ) ] );

// Or at the end of the request, by PHP's own log.
$log = Fixtures\temporary_folder() . '/log';
$worker = new Worker( <<<'WORKER'
	$pool = pool( $servers, $config );
	$pool->acquireForMe();
	say( 'holds' );
	hear();
	say( told( $pool->release() ) );
	WORKER, [ 'servers' => servers( $server ), 'config' => $config ], null, [ 'error_log' => $log, 'log_errors' => '1' ] );
until( static fn () => free_slots( $server, $pool ) === 1 );
show( $worker->line() );
$break();
show( [ $worker->tell()->end(), is_file( $log ) ? preg_replace( '/^\[[^]]*\] |server \S+: | script: .*/', '', file_get_contents( $log ) ) : 'no log' ] );
$server->command( [ 'FLUSHALL' ] );

// A paused server delays nobody but the next who asks it.
$slow = pool( $server, $config + [ 'redisConfig' => [ 'readTimeout' => 0.5 ] ] );
show( told( $slow->acquireForMe() ) );
$server->pause();
show( told( $slow->release() ) );
This::$log->take();
show( [ message( $slow->acquireForMe() ), This::$log->take( $labels ) ] );
$server->go_on();
// What it was sent has been done meanwhile, perhaps for nobody.
$server->command( [ 'FLUSHALL' ] );

// The server dies: there is nobody left to tell.
$pool = pool( $server, $config );
show( [ told( $pool->acquireForMe() ) ] );
$server->kill();
// The answer that is lost with it is told at the end of the request, when no logger is left.
ini_set( 'error_log', '/dev/null' );
This::$log->take();
show( [ message( $pool->release() ), This::$log->take( $labels ), message( $pool->acquireForMe() ), This::$log->take( $labels ) ] );

$waiter = null;
$server->restart();
$config += [ 'redisConfig' => [ 'readTimeout' => 21 ] ];
$pool = pool( $server, $config );
show( told( $pool->acquireForAnyone() ) );
$waiter = waiter( $server, [], 'acquireForAnyone' )->tell();
until( static fn () => blocked( $server ) === 1 );
show( [ told( $pool->release() ), 'waiter' => $waiter->line() ] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
["LOCKED","RELEASED","NOT_LOCKED"]
["LOCKED","RELEASED","NOT_LOCKED"]
["LOCKED","RELEASED","NOT_LOCKED"]
{"scripts forgotten":"LOCKED","0":"RELEASED","1":"LOCKED","2":"RELEASED"}
{"at once":"RELEASED","0":[]}
{"next":"LOCKED","0":["error: Redis exception on server \"a\""],"1":"RELEASED"}
"holds"
["RELEASED\n","mwnative: PoolCounterRedis, WRONGTYPE Operation against a key holding the wrong kind of value\n"]
"LOCKED"
"RELEASED"
["pool-servererror",["error: Redis exception on server \"a\""]]
["LOCKED"]
["pool-error-unknown",["error: Redis exception connecting to \"a\""],"pool-servererror",["debug: Server \"a\" is marked down for another N seconds","error: Redis exception connecting to \"a\""]]
"LOCKED"
{"0":"RELEASED","waiter":"DONE"}
