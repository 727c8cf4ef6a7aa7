--TEST--
A process that sees many configurations keeps the servers of 256; an open connection goes with those that it forgets
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
$web = new Fixtures\Server( Fixtures\side_code( This::$version, 'native' ) . '$servers = ' . var_export( servers( $server ), true ) . <<<'WEB'
	;
	$pool = pool( $servers, [ 'redisConfig' => [ 'persistent' => true, 'readTimeout' => 20 ] ] );
	for ( $i = 0; $i < $_GET['others']; $i++ ) {
		$other = pool( [ 'a' => "/nowhere/$_GET[name]$i" ], [ 'redisConfig' => [ 'persistent' => true ] ] );
	}
	echo $_GET['use'] ? told( $pool->acquireForMe() ) . ' ' . told( $pool->release() ) : 'made';
	WEB, Fixtures\side_settings( 'native' ) );
show( [ $web->get( [ 'use' => 1, 'others' => 0, 'name' => 'a' ] ), 'connections' => $connections() ] );
show( [ $web->get( [ 'use' => 0, 'others' => 200, 'name' => 'a' ] ), 'connections' => $connections() ] );
// The one that is used each time stays.
show( [ $web->get( [ 'use' => 0, 'others' => 200, 'name' => 'b' ] ), 'connections' => $connections() ] );
show( [ $web->get( [ 'use' => 1, 'others' => 200, 'name' => 'a' ] ), 'connections' => $connections() ] );
// Of one request's own the first are the oldest.
show( $web->get( [ 'use' => 1, 'others' => 300, 'name' => 'c' ] ) );
until( static fn () => $connections() === 0 );
show( [ $web->get( [ 'use' => 1, 'others' => 0, 'name' => 'c' ] ), 'connections' => $connections() ] );
$web->stop() === '' || show( 'the web server has something to say' );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"0":"LOCKED RELEASED","connections":1}
{"0":"made","connections":1}
{"0":"made","connections":1}
{"0":"LOCKED RELEASED","connections":1}
"LOCKED RELEASED"
{"0":"LOCKED RELEASED","connections":1}
