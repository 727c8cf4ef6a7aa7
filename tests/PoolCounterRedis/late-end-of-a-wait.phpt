--TEST--
A server that stands still at the end of a wait has the read time-out to go on, and is not marked down for it
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
foreach ( [ 'allowed' => 20, 'not allowed' => 2 ] as $what => $seconds ) {
	$server = Fixtures\RedisServer::start();
	$holder = waiter( $server );
	$holder->tell()->line();
	$worker = new Worker( <<<'WORKER'
		$config = [ 'redisConfig' => [ 'connectTimeout' => 20, 'readTimeout' => $seconds ] ];
		say( told( pool( $servers, $config )->acquireForMe( 1.5 ) ) );
		hear();
		This::$log->take();
		say( told( pool( $servers, $config, 'another' )->acquireForMe() ) );
		say( json_encode( This::$log->take() ) );
		WORKER, [ 'servers' => servers( $server ), 'seconds' => $seconds ] );
	until( static fn () => blocked( $server ) === 1 );
	$server->pause();
	if ( $what === 'allowed' ) {
		usleep( 3000000 );
		$server->go_on();
		$said = $worker->line();
	} else {
		$said = $worker->line();
		$server->go_on();
	}
	show( [ $what => $said, 'then' => $worker->tell()->line(), 'log' => $worker->line() ] );
}
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"allowed":"TIMEOUT","then":"LOCKED","log":"[]"}
{"not allowed":"pool-servererror | a","then":"LOCKED","log":"[]"}
