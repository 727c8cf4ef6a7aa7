--TEST--
Native and original workers share a pool: each takes over what the other gives back, and never more than workers hold
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
// What both kinds write.
$shape = static function ( PoolCounterRedis $pool ) use ( $server ): array {
	$keys = keys( $pool );
	$due = $server->command( [ 'ZRANGE', $keys['due'], 0, -1, 'WITHSCORES' ] );
	$slots = [];
	for ( $i = 0; $i < count( $due ); $i += 2 ) {
		$seconds = (float)$due[$i + 1];
		$slots[$due[$i]] = $seconds === -1.0 ? 'free' : ( abs( $seconds - microtime( true ) - 3600 ) < 60 ? 'held for an hour' : 'about to be taken' );
	}
	ksort( $slots );
	$wait = $server->command( [ 'ZRANGE', $keys['waiters'], 0, -1, 'WITHSCORES' ] );
	return [ 'free' => $server->command( [ 'LRANGE', $keys['slots'], 0, -1 ] ), 'slots' => $slots, 'waiters since' => array_map(
		static fn ( $since ) => abs( (float)$since - microtime( true ) ) < 60 ? 'just now' : $since,
		array_filter( $wait, static fn ( $index ) => $index % 2 === 1, ARRAY_FILTER_USE_KEY ) ) ];
};
$kinds = [ 'native', 'original' ];
foreach ( $kinds as $first ) {
	foreach ( $kinds as $second ) {
		$server->command( [ 'FLUSHALL' ] );
		$probe = pool( $server );
		show( "$first holds, $second waits" );
		$holder = waiter( $server, [], 'acquireForMe', $first );
		show( $holder->tell()->line() );
		show( $shape( $probe ) );
		$waiter = waiter( $server, [], 'acquireForMe', $second )->tell();
		until( static fn () => blocked( $server ) === 1 );
		show( $shape( $probe ) );
		show( $holder->tell()->line() );
		show( $waiter->line() );
		show( $shape( $probe ) );
		show( $waiter->tell()->line() );
		show( free_slots( $server, $probe ) );
	}
}

// The work of one kind is done for the other.
foreach ( [ 'native' => 'original', 'original' => 'native' ] as $first => $second ) {
	$server->command( [ 'FLUSHALL' ] );
	$holder = waiter( $server, [], 'acquireForAnyone', $first );
	$waiter = waiter( $server, [], 'acquireForAnyone', $second );
	$holder->tell()->line();
	$waiter->tell();
	until( static fn () => blocked( $server ) === 1 );
	$holder->tell();
	$lines = [ $first => $holder->line(), $second => $waiter->line() ];
	// The original fills the list of slots before it wakes: which comes first depends on the server's version.
	$first === 'original' && $lines['native'] = in_array( $lines['native'], [ 'LOCKED', 'DONE' ] );
	show( $lines );
}

// Many of both kinds in one pool.
$server->command( [ 'FLUSHALL' ] );
$config = [ 'workers' => 2, 'maxqueue' => 50, 'timeout' => 1 ];
$workers = [];
foreach ( [ 'native', 'original', 'native', 'original' ] as $which ) {
	$workers[] = new Worker( <<<'WORKER'
		$pool = pool( $servers, $config );
		$counter = new Redis;
		$counter->connect( $servers['a'] );
		$held = $most = 0;
		say( 'ready' );
		hear();
		$until = microtime( true ) + 0.5;
		while ( microtime( true ) < $until ) {
			$method = mt_rand( 0, 1 ) ? 'acquireForMe' : 'acquireForAnyone';
			$status = $pool->$method();
			if ( told( $status ) !== 'LOCKED' ) {
				// The original takes a DONE for a lock; a new process would be needed.
				if ( told( $status ) === 'DONE' ) {
					( fn () => $this->onRelease() )->call( $pool );
				}
				continue;
			}
			$held++;
			$most = max( $most, $counter->incr( 'holders' ) );
			$counter->decr( 'holders' );
			$pool->release();
		}
		say( "$held $most" );
		WORKER, [ 'servers' => servers( $server ), 'config' => $config ], $which );
}
foreach ( $workers as $worker ) {
	$worker->line();
}
foreach ( $workers as $worker ) {
	$worker->tell();
}
$held = $most = [];
foreach ( $workers as $worker ) {
	[ $held[], $most[] ] = explode( ' ', $line = $worker->line() ) + [ 0, $line ];
}
show( [ 'slots were taken' => array_sum( $held ) > 10, 'most at once' => max( $most ) <= 2 ? 'not more than 2' : $most ] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
"native holds, native waits"
"LOCKED"
{"free":[],"slots":{"1":"held for an hour"},"waiters since":[]}
{"free":[],"slots":{"1":"held for an hour"},"waiters since":{"1":"just now"}}
"RELEASED"
"LOCKED"
{"free":[],"slots":{"1":"held for an hour"},"waiters since":[]}
"RELEASED"
1
"native holds, original waits"
"LOCKED"
{"free":[],"slots":{"1":"held for an hour"},"waiters since":[]}
{"free":[],"slots":{"1":"held for an hour"},"waiters since":{"1":"just now"}}
"RELEASED"
"LOCKED"
{"free":[],"slots":{"1":"held for an hour"},"waiters since":[]}
"RELEASED"
1
"original holds, native waits"
"LOCKED"
{"free":[],"slots":{"1":"held for an hour"},"waiters since":[]}
{"free":[],"slots":{"1":"held for an hour"},"waiters since":{"1":"just now"}}
"RELEASED"
"LOCKED"
{"free":[],"slots":{"1":"held for an hour"},"waiters since":[]}
"RELEASED"
1
"original holds, original waits"
"LOCKED"
{"free":[],"slots":{"1":"held for an hour"},"waiters since":[]}
{"free":[],"slots":{"1":"held for an hour"},"waiters since":{"1":"just now"}}
"RELEASED"
"LOCKED"
{"free":[],"slots":{"1":"held for an hour"},"waiters since":[]}
"RELEASED"
1
{"native":"RELEASED","original":"DONE"}
{"original":"RELEASED","native":true}
{"slots were taken":true,"most at once":"not more than 2"}
