--TEST--
Every result that needs no wait, and the host's rules for keys, slots and fastStale, are the original's
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
$first = pool( $server );
show( told( $first->release() ) );
show( told( $first->acquireForMe() ) );
show( told( $first->acquireForMe() ) );
$other = pool( $server, [], 'another key' );
show( told( $other->acquireForMe() ) );
show( told( $other->acquireForAnyone() ) );
show( told( $other->release() ) );
show( told( $first->release() ) );
show( told( $first->release() ) );
show( told( $other->acquireForAnyone( 3 ) ) );
show( told( $other->release() ) );

// Keys that begin with nowait: do not count as held, and may not wait.
$nowait = [ 'timeout' => 0, 'maxqueue' => 0 ];
$a = pool( $server, $nowait, 'nowait:key' );
$b = pool( $server, $nowait, 'nowait:key' );
show( told( pool( $server, [ 'timeout' => 1 ], 'nowait:key' )->acquireForMe() ) );
show( told( $a->acquireForMe() ) );
show( told( $a->acquireForMe() ) );
show( told( $a->acquireForAnyone() ) );
show( told( $b->acquireForMe() ) );
show( told( $b->acquireForAnyone() ) );
show( told( $first->acquireForMe() ) );
show( told( $b->release() ) );
show( told( $a->release() ) );
show( told( $b->acquireForAnyone() ) );
show( told( $b->release() ) );
show( told( $first->release() ) );

// With slots all keys of the type share so many pools.
foreach ( [ 0, 1, 7, '7' ] as $slots ) {
	foreach ( [ 'one', 'two', 'nowait:three', '' ] as $key ) {
		$pool = pool( $server, [ 'slots' => $slots ], $key, 'Kind' );
		show( [ $pool->getKey(), peek( $pool, 'keySha1' ) ] );
	}
}
foreach ( [ [], [ 'fastStale' => true ], [ 'fastStale' => false ], [ 'fastStale' => null ] ] as $config ) {
	show( pool( $server, $config )->isFastStaleEnabled() );
}

$nobody = pool( [ 'x' => '/nowhere/one', 'y' => '/nowhere/two', 'z' => '/nowhere/three', 'w' => '/nowhere/four' ] );
show( told( $nobody->acquireForMe() ) );
show( told( $nobody->acquireForAnyone() ) );
show( told( $nobody->release() ) );
// Afterwards nothing counts as held.
show( told( $first->acquireForMe() ) );
show( told( $first->release() ) );
CODE;
Fixtures\original_and_native_alike( $code );
?>
--EXPECT--
47 lines alike
