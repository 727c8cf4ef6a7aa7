--TEST--
A signal and the time limit end a wait at once, and nobody is left in the queue
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
$holder = pool( $server );
$holder->acquireForMe();
$queue = static fn () => [ 'waiting' => waiting( $server, $holder ), 'blocked' => blocked( $server ) ];
$waiting = static fn () => until( static fn () => blocked( $server ) === 1 );
$elapsed = static fn ( float $since ) => microtime( true ) - $since < 20 ? 'soon' : 'late';

$worker = new Worker( <<<'WORKER'
	pcntl_async_signals( true );
	pcntl_signal( SIGTERM, static fn () => say( 'the handler' ) );
	$pool = pool( $servers );
	say( told( $pool->acquireForMe() ) );
	say( told( $pool->acquireForAnyone() ) );
	hear();
	say( told( $pool->acquireForMe() ) );
	say( told( $pool->release() ) );
	WORKER, [ 'servers' => servers( $server ) ] );
foreach ( [ 'acquireForMe', 'acquireForAnyone' ] as $method ) {
	$waiting();
	$started = microtime( true );
	$worker->signal( SIGTERM );
	$lines = [ $worker->line(), $worker->line() ];
	sort( $lines );
	// The second wait begins at once.
	show( [ $method => $lines, $elapsed( $started ) ] );
}
show( $queue() );
$holder->release();
show( [ $worker->tell()->line(), $worker->line(), $worker->end() ] );
$holder->acquireForMe();

// A waiter that is killed is still in the queue, until it is forgotten.
$worker = waiter( $server )->tell();
$waiting();
$worker->kill();
until( static fn () => blocked( $server ) === 0 );
show( $queue() );
$server->command( [ 'FLUSHALL' ] );
$holder->release();
$holder->acquireForMe();

foreach ( [ 'acquireForMe', 'acquireForAnyone' ] as $method ) {
	$started = microtime( true );
	$worker = new Worker( <<<'WORKER'
		$pool = pool( $servers );
		register_shutdown_function( static fn () => say( 'shutdown' ) );
		set_time_limit( 1 );
		say( told( $pool->$method() ) );
		say( 'not reached' );
		WORKER, [ 'servers' => servers( $server ), 'method' => $method ], null, [ 'display_errors' => '1', 'html_errors' => '0', 'log_errors' => '0' ] );
	show( [ preg_replace( '/ in \S+ on line \d+/', '', after_fatal_error( $worker->end() ) ), $elapsed( $started ), ...$queue() ] );
}

// What is handed over at the last moment is handed on.
$first = new Worker( <<<'WORKER'
	pcntl_async_signals( true );
	pcntl_signal( SIGTERM, static fn () => null );
	$pool = pool( $servers );
	while ( hear() !== '' ) {
		say( told( $pool->acquireForMe() ) );
		$pool->release();
	}
	WORKER, [ 'servers' => servers( $server ) ] );
$answers = 0;
for ( $i = 0; $i < 50; $i++ ) {
	$first->tell();
	$waiting();
	// Both at once: either may come first.
	if ( $i % 2 ) {
		$first->signal( SIGTERM );
		$holder->release();
	} else {
		$holder->release();
		$first->signal( SIGTERM );
	}
	$answers += in_array( $first->line(), [ 'LOCKED', 'TIMEOUT' ] );
	// The slot is there again, at once or after that one's release.
	if ( ( $result = told( $holder->acquireForMe( 10 ) ) ) !== 'LOCKED' ) {
		show( [ 'a slot was lost' => $result ] );
		break;
	}
}
show( [ 'answers' => $answers, ...$queue() ] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"acquireForMe":["TIMEOUT","the handler"],"0":"soon"}
{"acquireForAnyone":["TIMEOUT","the handler"],"0":"soon"}
{"waiting":0,"blocked":0}
["LOCKED","RELEASED",""]
{"waiting":1,"blocked":0}
{"0":"\nFatal error: Maximum execution time of 1 second exceeded\nshutdown\n","1":"soon","waiting":0,"blocked":0}
{"0":"\nFatal error: Maximum execution time of 1 second exceeded\nshutdown\n","1":"soon","waiting":0,"blocked":0}
{"answers":50,"waiting":0,"blocked":0}
