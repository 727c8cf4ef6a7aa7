--TEST--
A server that is restarted serves at once when the key has no other that is up; the original does not ask it for half a minute
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
$labels = array_flip( servers( $server ) );
$server->kill();
$pool = pool( $server );
show( [ message( $pool->acquireForMe() ), This::$log->take( $labels ) ] );
$server->restart();
show( [ message( $pool->acquireForMe() ), message( $pool->release() ), This::$log->take( $labels ) ] );
if ( This::$which === 'original' ) {
	exit;
}
show( [ 'no mark is left' => message( $pool->acquireForMe() ), message( $pool->release() ), This::$log->take( $labels ),
	'failed over' => mwnative_status()['classes']['PoolCounterRedis']['counters']['Type']['failedOver'] ] );

// Of two that are gone the one that is back serves, whichever it is.
$other = Fixtures\RedisServer::start();
$list = [ $server, $other ];
$labels = array_flip( servers( ...$list ) );
foreach ( [ 0, 1 ] as $back ) {
	$pool = pool( servers( ...$list ) );
	$server->kill();
	$other->kill();
	show( message( $pool->acquireForMe() ) );
	$list[$back]->restart();
	show( [ 'back' => $back, message( $pool->acquireForMe() ), message( $pool->release() ) ] );
	$list[1 - $back]->restart();
}

// One that does not answer is not asked by every call, but soon again when it is alone.
$lone = Fixtures\RedisServer::start();
$pool = pool( $lone, [ 'timeout' => 0, 'redisConfig' => [ 'connectTimeout' => 20, 'readTimeout' => 0.2 ] ], 'nowait:lone' );
$lone->pause();
show( message( $pool->acquireForMe() ) );
$lone->go_on();
$started = microtime( true );
// What it was sent before may have been done meanwhile, for nobody.
until( static fn () => $lone->command( [ 'FLUSHALL' ] ) && message( $pool->acquireForMe() ) === 'LOCKED' );
show( [ 'within its half minute' => microtime( true ) - $started < 25, message( $pool->release() ) ] );
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
["pool-servererror",["error: Redis exception connecting to \"a\""]]
["pool-servererror","NOT_LOCKED",["debug: Server \"a\" is marked down for another N seconds"]]
native:
["pool-servererror",["error: Redis exception connecting to \"a\""]]
["LOCKED","RELEASED",["debug: Server \"a\" is marked down for another N seconds"]]
{"no mark is left":"LOCKED","0":"RELEASED","1":[],"failed over":0}
"pool-servererror"
{"back":0,"0":"LOCKED","1":"RELEASED"}
"pool-servererror"
{"back":1,"0":"LOCKED","1":"RELEASED"}
"pool-servererror"
{"within its half minute":true,"0":"RELEASED"}
