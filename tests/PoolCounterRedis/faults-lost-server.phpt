--TEST--
A slot whose server is lost: told once, then object and process are clean and the next server serves; the original never recovers
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
$list = [ Fixtures\RedisServer::start(), Fixtures\RedisServer::start(), Fixtures\RedisServer::start() ];
$servers = servers( ...$list );
$labels = array_flip( $servers );
$config = [ 'redisConfig' => [ 'connectTimeout' => 20, 'readTimeout' => 0.5 ] ];
$holder_of = static fn () => implode( ' ', array_keys( array_filter( $list, static fn ( $server ) => $server->is_running() && $server->command( [ 'DBSIZE' ] ) > 0 ) ) );
$pool = pool( $servers, $config );
show( told( $pool->acquireForMe() ) );
show( [ 'on server' => $at = $holder_of() ] );
$list[$at]->kill();
This::$log->take();
show( message( $pool->release() ) );
show( This::$log->take( $labels ) );
show( message( $pool->release() ) );
show( This::$log->take( $labels ) );
show( message( $pool->acquireForMe() ) );
show( This::$log->take( $labels ) );
// Another object of the same process.
$other = pool( $servers, $config );
show( [ message( $other->acquireForMe() ), message( $other->release() ) ] );
show( [ message( $pool->release() ), message( $pool->acquireForAnyone() ), message( $pool->release() ) ] );
show( This::$log->take( $labels ) );
if ( This::$which === 'original' ) {
	exit;
}

// One after the other is lost, idle as they are: the next takes over, and none that is down is asked again.
for ( $left = 2; $left > 0; $left-- ) {
	show( [ 'left' => $left ] );
	show( [ message( $pool->acquireForMe() ), message( $pool->release() ) ] );
	This::$log->take();
	foreach ( $list as $server ) {
		if ( $server->is_running() && $server->command( [ 'DBSIZE' ] ) > 0 ) {
			$server->kill();
			break;
		}
	}
	show( [ message( $pool->acquireForMe() ), This::$log->take( $labels ) ] );
	show( [ message( $pool->release() ), This::$log->take( $labels ) ] );
	show( [ message( $pool->acquireForMe() ), This::$log->take( $labels ) ] );
	show( [ message( $pool->release() ), This::$log->take( $labels ) ] );
}
show( mwnative_status()['classes']['PoolCounterRedis']['counters'] );
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
"LOCKED"
{"on server":"0"}
"pool-error-unknown"
[]
"pool-error-unknown"
[]
"poolcounter-usage-error"
[]
["poolcounter-usage-error","NOT_LOCKED"]
["pool-error-unknown","poolcounter-usage-error","pool-error-unknown"]
[]
native:
"LOCKED"
{"on server":"0"}
"pool-error-unknown"
["error: Redis exception connecting to \"a\""]
"NOT_LOCKED"
[]
"LOCKED"
["debug: Server \"a\" is marked down for another N seconds"]
["poolcounter-usage-error","NOT_LOCKED"]
["RELEASED","LOCKED","RELEASED"]
["debug: Server \"a\" is marked down for another N seconds"]
{"left":2}
["LOCKED","RELEASED"]
["LOCKED",["debug: Server \"a\" is marked down for another N seconds","error: Redis exception connecting to \"c\""]]
["RELEASED",[]]
["LOCKED",["debug: Server \"a\" is marked down for another N seconds","debug: Server \"c\" is marked down for another N seconds"]]
["RELEASED",[]]
{"left":1}
["LOCKED","RELEASED"]
["pool-servererror",["debug: Server \"a\" is marked down for another N seconds","debug: Server \"c\" is marked down for another N seconds","error: Redis exception connecting to \"b\"","error: Redis exception connecting to \"a\"","error: Redis exception connecting to \"c\""]]
["NOT_LOCKED",[]]
["pool-servererror",["debug: Server \"a\" is marked down for another N seconds","debug: Server \"c\" is marked down for another N seconds","debug: Server \"b\" is marked down for another N seconds","error: Redis exception connecting to \"a\"","error: Redis exception connecting to \"c\"","error: Redis exception connecting to \"b\""]]
["NOT_LOCKED",[]]
{"Type":{"acquired":7,"waited":0,"secondsWaited":0,"doneByOthers":0,"queueFull":0,"timedOut":0,"failedOver":6,"errors":8}}
