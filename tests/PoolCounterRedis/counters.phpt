--TEST--
Counters of each type, and the log of the host's channel beside the original's
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
$server = Fixtures\RedisServer::start( [ '--hz', '100' ] );
$labels = array_flip( servers( $server ) );
$nobody = [ 'a' => '/nowhere/a', 'b' => '/nowhere/b' ];
$others = [ 'a' => '/nowhere/c', 'b' => '/nowhere/d' ];
$known = [ '/nowhere/a' => 'A', '/nowhere/b' => 'B' ] + $labels;
if ( This::$which === 'native' ) {
	show( mwnative_status()['classes']['PoolCounterRedis']['counters'] );
	$a = pool( $server, [], 'key', 'One' );
	$a->acquireForMe();
	$a->acquireForMe();
	$b = pool( $server, [ 'maxqueue' => 0, 'timeout' => 0 ], 'nowait:key', 'Two' );
	$c = pool( $server, [ 'maxqueue' => 0, 'timeout' => 0 ], 'nowait:key', 'Two' );
	$b->acquireForMe();
	$c->acquireForMe();
	$c->acquireForMe();
	$c->release();
	$d = pool( $server, [ 'maxqueue' => 9, 'timeout' => 0 ], 'nowait:key', 'Three' );
	$d->acquireForMe();
	$d->acquireForMe( 0.1 );
	$a->release();
	pool( $others, [], 'key', 'Four' )->acquireForMe();
	for ( $i = 0; $i < 10; $i++ ) {
		$reached = pool( $others + [ 'z' => $server->address ], [], "key $i", 'Five' );
		$reached->acquireForMe();
		$reached->release();
	}
	$counters = mwnative_status()['classes']['PoolCounterRedis']['counters'];
	$seconds = $counters['Three']['secondsWaited'];
	$counters['Three']['secondsWaited'] = $seconds >= 0.05 && $seconds < 20;
	foreach ( $counters as $type => $counts ) {
		show( [ $type => $counts ] );
	}
}
This::$log->take();
$pool = pool( $nobody );
foreach ( [ 'acquireForMe', 'acquireForAnyone', 'release' ] as $method ) {
	show( [ $method => told( $pool->$method() ), This::$log->take( $known ) ] );
}
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
{"acquireForMe":"pool-servererror | a, b","0":["error: Redis exception connecting to \"A\"","error: Redis exception connecting to \"B\""]}
{"acquireForAnyone":"pool-servererror | a, b","0":["debug: Server \"A\" is marked down for another N seconds","debug: Server \"B\" is marked down for another N seconds"]}
{"release":"NOT_LOCKED","0":[]}
native:
[]
{"One":{"acquired":1,"waited":0,"secondsWaited":0,"doneByOthers":0,"queueFull":0,"timedOut":0,"failedOver":0,"errors":0}}
{"Two":{"acquired":1,"waited":0,"secondsWaited":0,"doneByOthers":0,"queueFull":2,"timedOut":0,"failedOver":0,"errors":0}}
{"Three":{"acquired":0,"waited":1,"secondsWaited":true,"doneByOthers":0,"queueFull":0,"timedOut":2,"failedOver":0,"errors":0}}
{"Four":{"acquired":0,"waited":0,"secondsWaited":0,"doneByOthers":0,"queueFull":0,"timedOut":0,"failedOver":0,"errors":2}}
{"Five":{"acquired":10,"waited":0,"secondsWaited":0,"doneByOthers":0,"queueFull":0,"timedOut":0,"failedOver":7,"errors":2}}
{"acquireForMe":"pool-servererror | a, b","0":["error: Redis exception connecting to \"A\"","error: Redis exception connecting to \"B\""]}
{"acquireForAnyone":"pool-servererror | a, b","0":["debug: Server \"A\" is marked down for another N seconds","debug: Server \"B\" is marked down for another N seconds","error: Redis exception connecting to \"A\"","error: Redis exception connecting to \"B\""]}
{"release":"NOT_LOCKED","0":[]}
