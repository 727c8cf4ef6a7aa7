--TEST--
A slot that is handed to a client which nobody knew to be waiting, and which dies, is given out again
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
/** Asks at another time, and gives up at once. */
class Later extends PoolCounterRedis {
	public static float $seconds = 0;
	protected function initAndPopPoolSlotList( $conn, $now ) { return parent::initAndPopPoolSlotList( $conn, $now + self::$seconds ); }
}
$server = Fixtures\RedisServer::start();
$config = [ 'workers' => 2, 'timeout' => 0, 'maxqueue' => 5 ];
$ask = static function ( float $seconds ) use ( $server, $config ): string {
	Later::$seconds = $seconds;
	return told( pool( $server, $config, 'nowait:key', 'Type', 'Later' )->acquireForMe() );
};
$due = static function () use ( $server, &$keys ): array {
	$result = [];
	foreach ( array_chunk( $server->command( [ 'ZRANGE', $keys['due'], '0', '-1', 'WITHSCORES' ] ), 2 ) as [ $slot, $score ] ) {
		$left = $score - microtime( true );
		$result[$slot] = $score === '-1' ? 'not due' : ( $left > 3000 ? 'in an hour' : ( $left > 0 ? 'in half a minute' : 'past' ) );
	}
	ksort( $result );
	return $result;
};
$keys = keys( pool( $server, $config, 'nowait:key' ) );
$holders = [];
foreach ( [ 0, 1 ] as $index ) {
	$holders[] = new Worker( <<<'WORKER'
		$pool = pool( $servers, $config, 'nowait:key' );
		say( told( $pool->acquireForMe() ) );
		hear();
		say( told( $pool->release() ) );
		hear();
		WORKER, [ 'servers' => servers( $server ), 'config' => $config ] );
	show( $holders[$index]->line() );
}
show( $due() );

// As an original's worker does whose entry in the wait set another has taken away.
$stranger = stream_socket_client( "unix://$server->address" );
fwrite( $stranger, "BLPOP {$keys['slots']} 60\r\n" );
until( static fn () => blocked( $server ) === 1 );
show( [ $holders[1]->tell()->line(), 'handed over' => blocked( $server ) === 0, $due() ] );
fclose( $stranger );
show( [ $ask( 0 ), $due() ] );
// Whoever asks again does not put it off.
show( [ $ask( 20 ), $ask( 33 ), $ask( 33 ) ] );
$holders[0]->end();
PoolCounterRedis::releaseAll();
CODE;
Fixtures\native( $code );
?>
--EXPECT--
"LOCKED"
"LOCKED"
{"1":"in an hour","2":"in an hour"}
{"0":"RELEASED","handed over":true,"1":{"1":"in an hour","2":"not due"}}
["TIMEOUT",{"1":"in an hour","2":"in half a minute"}]
["TIMEOUT","LOCKED","TIMEOUT"]
