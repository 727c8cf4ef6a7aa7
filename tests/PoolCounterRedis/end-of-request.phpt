--TEST--
Slots are free again however the request ended, all of them; the original frees only the last of several
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
$ends = [
	'the end of the script' => '',
	'exit' => 'exit( 0 );',
	'an uncaught exception' => 'throw new DomainException( "uncaught" );',
	'a fatal error' => 'eval( "abstract class A { abstract function f(); } class B extends A {}" );',
	// Under valgrind there is no such limit.
	'no more memory' => 'ini_set( "memory_limit", "40M" ); for ( $list = []; count( $list ) < 50; $list[] = str_repeat( "x", 1000000 ) );',
	'the time limit' => 'set_time_limit( 1 ); while ( true );',
	'exit in a destructor' => 'class Exiting { function __destruct() { exit( 0 ); } } $exiting = new Exiting;',
	'exit in a shutdown function' => 'register_shutdown_function( static fn () => exit( 0 ) );',
	'acquired in a shutdown function' => '$pool->release(); register_shutdown_function( static fn () => $pool->acquireForMe() );',
	'acquired in a destructor' => '$pool->release();
		class Late { public $pool; function __destruct() { $this->pool->acquireForMe(); } } $late = new Late; $late->pool = $pool;',
];
foreach ( $ends as $what => $code ) {
	$workers[$what] = new Worker( '$pool = pool( $servers, [], $what ); say( told( $pool->acquireForMe() ) );' . $code,
		[ 'servers' => servers( $server ), 'what' => $what ], null, [ 'display_errors' => '0', 'log_errors' => '0' ] );
}
foreach ( $workers as $what => $worker ) {
	show( [ $what => $worker->line() . after_fatal_error( $worker->end() ), 'free' => free_slots( $server, pool( $server, [], $what ) ) ] );
}

// Several at once.
$config = [ 'workers' => 3, 'timeout' => 0 ];
$worker = new Worker( <<<'WORKER'
	foreach ( [ 'nowait:a', 'nowait:b', 'nowait:a', 'nowait:c', 'key' ] as $key ) {
		$pools[] = $pool = pool( $servers, $config, $key );
		$told[] = told( $pool->acquireForMe() );
	}
	say( implode( ', ', $told ) );
	WORKER, [ 'servers' => servers( $server ), 'config' => $config ] );
show( $worker->line() );
show( $worker->end() );
foreach ( [ 'nowait:a', 'nowait:b', 'nowait:c', 'key' ] as $key ) {
	show( [ 'free of 3' => free_slots( $server, pool( $server, $config, $key ) ) ] );
}

CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
{"the end of the script":"LOCKED","free":1}
{"exit":"LOCKED","free":1}
{"an uncaught exception":"LOCKED","free":1}
{"a fatal error":"LOCKED","free":1}
{"no more memory":"LOCKED","free":1}
{"the time limit":"LOCKED","free":1}
{"exit in a destructor":"LOCKED","free":1}
{"exit in a shutdown function":"LOCKED","free":1}
{"acquired in a shutdown function":"LOCKED","free":0}
{"acquired in a destructor":"LOCKED","free":0}
"LOCKED, LOCKED, LOCKED, LOCKED, LOCKED"
""
{"free of 3":1}
{"free of 3":2}
{"free of 3":2}
{"free of 3":3}
native:
{"the end of the script":"LOCKED","free":1}
{"exit":"LOCKED","free":1}
{"an uncaught exception":"LOCKED","free":1}
{"a fatal error":"LOCKED","free":1}
{"no more memory":"LOCKED","free":1}
{"the time limit":"LOCKED","free":1}
{"exit in a destructor":"LOCKED","free":1}
{"exit in a shutdown function":"LOCKED","free":1}
{"acquired in a shutdown function":"LOCKED","free":1}
{"acquired in a destructor":"LOCKED","free":1}
"LOCKED, LOCKED, LOCKED, LOCKED, LOCKED"
""
{"free of 3":3}
{"free of 3":3}
{"free of 3":3}
{"free of 3":3}
