--TEST--
A child uses no connection of its parent, its end leaves the parent's slot alone, and it can acquire by itself
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
$pool = pool( $server, [ 'workers' => 2 ] );
foreach ( [ false, true ] as $persistent ) {
	foreach ( [ 'exit', 'killed', 'release' ] as $end ) {
		$worker = new Worker( <<<'WORKER'
			$config = [ 'workers' => 2, 'redisConfig' => [ 'persistent' => $persistent, 'readTimeout' => 20 ] ];
			$pool = pool( $servers, $config );
			say( 'parent: ' . told( $pool->acquireForMe() ) );
			$child = pcntl_fork();
			if ( $child === 0 ) {
				if ( $end === 'release' ) {
					say( 'child: ' . told( $pool->release() ) );
				} else {
					// The host's mark came with the fork; the slot did not.
					( fn () => $this->onRelease() )->call( $pool );
				}
				$other = pool( $servers, $config );
				say( 'child: ' . told( $other->acquireForMe() ) . ', slot ' . peek( $other, 'slot' ) );
				say( 'child: ' . told( $other->release() ) );
				if ( $end === 'killed' ) {
					exec( 'kill -9 ' . getmypid() );
				}
				exit;
			}
			pcntl_waitpid( $child, $status );
			say( 'parent: ' . told( $pool->acquireForAnyone() ) . ', slot ' . peek( $pool, 'slot' ) );
			hear();
			say( 'parent: ' . told( $pool->release() ) );
			say( 'parent: ' . told( $pool->acquireForMe() ) . ', ' . told( $pool->release() ) );
			WORKER, [ 'servers' => servers( $server ), 'persistent' => $persistent, 'end' => $end ] );
		$lines = [];
		for ( $i = 0; $i < 4 + ( $end === 'release' ); $i++ ) {
			$lines[] = $worker->line();
		}
		show( [ $end => $lines, 'free while the parent holds' => free_slots( $server, $pool ), ...explode( "\n", trim( $worker->tell()->end() ) ), 'free' => free_slots( $server, $pool ) ] );
	}
}

// Both talk at the same time, each over its own connection.
$worker = new Worker( <<<'WORKER'
	$pools = [];
	foreach ( [ 'nowait:a', 'nowait:b' ] as $key ) {
		$pools[] = pool( $servers, [ 'timeout' => 0 ], $key );
		$pools[0]->acquireForMe();
		$pools[0]->release();
	}
	$child = pcntl_fork();
	$bad = 0;
	for ( $i = 0; $i < 300; $i++ ) {
		$pool = $pools[$child ? 0 : 1];
		$bad += told( $pool->acquireForMe() ) !== 'LOCKED';
		$bad += told( $pool->release() ) !== 'RELEASED';
	}
	say( "bad: $bad" );
	$child && pcntl_waitpid( $child, $status );
	WORKER, [ 'servers' => servers( $server ) ] );
show( [ $worker->line(), $worker->line(), $worker->end() ] );

// A clone of what the parent holds, and both after another: the slot stays with the parent.
foreach ( [ [ 'clone' ], [ 'first', 'clone' ], [ 'copy' ] ] as $order ) {
	$worker = new Worker( <<<'WORKER'
		$objects = [ 'first' => pool( $servers ) ];
		say( 'parent: ' . told( $objects['first']->acquireForMe() ) );
		$objects['clone'] = clone $objects['first'];
		$objects['copy'] = unserialize( serialize( $objects['first'] ) );
		$child = pcntl_fork();
		if ( !$child ) {
			foreach ( $order as $name ) {
				say( "child, $name: " . told( $objects[$name]->release() ) . ', slot ' . json_encode( peek( $objects[$name], 'slot' ) ) );
			}
			exec( 'kill -9 ' . getmypid() );
		}
		pcntl_waitpid( $child, $status );
		hear();
		// To the parent any of them is good.
		say( 'parent: ' . told( $objects[end( $order )]->release() ) );
		WORKER, [ 'servers' => servers( $server ), 'order' => $order ] );
	$lines = [];
	for ( $i = 0; $i < 1 + count( $order ); $i++ ) {
		$lines[] = $worker->line();
	}
	show( [ ...$lines, 'free' => free_slots( $server, pool( $server ) ), ...explode( "\n", trim( $worker->tell()->end() ) ), 'then' => free_slots( $server, pool( $server ) ) ] );
	$server->command( [ 'FLUSHALL' ] );
}
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"exit":["parent: LOCKED","child: LOCKED, slot 2","child: RELEASED","parent: poolcounter-usage-error | You may only aquire a single non-nowait lock., slot 1"],"free while the parent holds":1,"0":"parent: RELEASED","1":"parent: LOCKED, RELEASED","free":2}
{"killed":["parent: LOCKED","child: LOCKED, slot 2","child: RELEASED","parent: poolcounter-usage-error | You may only aquire a single non-nowait lock., slot 1"],"free while the parent holds":1,"0":"parent: RELEASED","1":"parent: LOCKED, RELEASED","free":2}
{"release":["parent: LOCKED","child: NOT_LOCKED","child: LOCKED, slot 2","child: RELEASED","parent: poolcounter-usage-error | You may only aquire a single non-nowait lock., slot 1"],"free while the parent holds":1,"0":"parent: RELEASED","1":"parent: LOCKED, RELEASED","free":2}
{"exit":["parent: LOCKED","child: LOCKED, slot 2","child: RELEASED","parent: poolcounter-usage-error | You may only aquire a single non-nowait lock., slot 1"],"free while the parent holds":1,"0":"parent: RELEASED","1":"parent: LOCKED, RELEASED","free":2}
{"killed":["parent: LOCKED","child: LOCKED, slot 2","child: RELEASED","parent: poolcounter-usage-error | You may only aquire a single non-nowait lock., slot 1"],"free while the parent holds":1,"0":"parent: RELEASED","1":"parent: LOCKED, RELEASED","free":2}
{"release":["parent: LOCKED","child: NOT_LOCKED","child: LOCKED, slot 2","child: RELEASED","parent: poolcounter-usage-error | You may only aquire a single non-nowait lock., slot 1"],"free while the parent holds":1,"0":"parent: RELEASED","1":"parent: LOCKED, RELEASED","free":2}
["bad: 0","bad: 0",""]
{"0":"parent: LOCKED","1":"child, clone: NOT_LOCKED, slot null","free":0,"2":"parent: RELEASED","then":1}
{"0":"parent: LOCKED","1":"child, first: NOT_LOCKED, slot null","2":"child, clone: NOT_LOCKED, slot null","free":0,"3":"parent: RELEASED","then":1}
{"0":"parent: LOCKED","1":"child, copy: NOT_LOCKED, slot null","free":0,"2":"parent: RELEASED","then":1}
