--TEST--
A process keeps its connections from request to request, and its slots not; without persistent it keeps neither
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
$connections = static fn () => preg_match_all( '/^id=/m', $server->command( [ 'CLIENT', 'LIST' ] ) ) - 1;
foreach ( [ true, false ] as $persistent ) {
	$web = new Fixtures\Server( Fixtures\side_code( This::$version, 'native' ) . '$servers = ' . var_export( servers( $server ), true ) .
		';$redisConfig = ' . var_export( [ 'persistent' => $persistent, 'readTimeout' => 20 ], true ) . <<<'WEB'
		;
		$pool = pool( $servers, [ 'redisConfig' => $redisConfig ], $_GET['key'] );
		echo told( $pool->acquireForMe() ), isset( $_GET['release'] ) ? ' ' . told( $pool->release() ) : '';
		WEB, Fixtures\side_settings( 'native' ) );
	show( [ 'persistent' => $persistent, 'before' => $connections() ] );
	$received = static function () use ( $server ) {
		preg_match( '/^total_connections_received:(\d+)/m', $server->command( [ 'INFO', 'stats' ] ), $found );
		return (int)$found[1];
	};
	$counted = $received();
	show( [ $web->get( [ 'key' => 'one' ] ), $web->get( [ 'key' => 'one' ] ), $web->get( [ 'key' => 'two', 'release' => 1 ] ) ] );
	// Each question is a connection too.
	show( [ 'after' => $connections(), 'opened' => $received() - $counted - 2, 'free' => [ free_slots( $server, pool( $server, [], 'one' ) ), free_slots( $server, pool( $server, [], 'two' ) ) ] ] );

	// The server restarts: the next request notices before it sends anything.
	$server->kill();
	$server->restart();
	show( $web->get( [ 'key' => 'one', 'release' => 1 ] ) );
	$web->stop() === '' || show( 'the web server has something to say' );
	$server->command( [ 'FLUSHALL' ] );
}
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"persistent":true,"before":0}
["LOCKED","LOCKED","LOCKED RELEASED"]
{"after":1,"opened":1,"free":[1,1]}
"LOCKED RELEASED"
{"persistent":false,"before":0}
["LOCKED","LOCKED","LOCKED RELEASED"]
{"after":0,"opened":3,"free":[1,1]}
"LOCKED RELEASED"
