--TEST--
maxqueue is exact, and a released slot reaches the longest waiter; with the original nobody gets QUEUE_FULL and all but one starve
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
$config = [ 'workers' => 1, 'maxqueue' => 2, 'timeout' => This::$which === 'native' ? 30 : 1 ];
$holder = pool( $server, $config );
$workers = [];
for ( $i = 0; $i < 6; $i++ ) {
	$workers[] = waiter( $server, $config );
}
show( told( $holder->acquireForMe() ) );
foreach ( $workers as $worker ) {
	$worker->tell();
}
if ( This::$which === 'original' ) {
	until( static fn () => blocked( $server ) === 6 );
	show( [ 'waiting' => waiting( $server, $holder ) ] );
	show( told( $holder->release() ) );
	$lines = lines_of( $workers, 1 );
	$first = $workers[key( $lines )];
	show( [ 'served' => current( $lines ), 'and released' => $first->tell()->line() ] );
	$lines += lines_of( array_diff_key( $workers, $lines ), 5 );
} else {
	$lines = lines_of( $workers, 4 );
	until( static fn () => blocked( $server ) === 2 );
	show( [ 'waiting' => waiting( $server, $holder ) ] );
	$left = array_diff_key( $workers, $lines );
	show( told( $holder->release() ) );
	foreach ( [ 'first', 'second' ] as $turn ) {
		$served = lines_of( $left, 1 );
		$worker = $left[key( $served )];
		unset( $left[key( $served )] );
		show( [ $turn => current( $served ), 'others have heard' => count( array_filter( $left, static fn ( $other ) => $other->has_line( 0.1 ) ) ),
			'still waiting' => waiting( $server, $holder ) ] );
		show( $worker->tell()->line() );
		$lines += $served;
	}
}
$counts = array_count_values( $lines );
ksort( $counts );
show( $counts );
show( [ 'waiting' => waiting( $server, $holder ), 'free' => free_slots( $server, $holder ) ] );

if ( This::$which === 'native' ) {
	// Whoever came first is served first.
	show( told( $holder->acquireForMe() ) );
	$workers = [ waiter( $server, $config ), waiter( $server, $config ) ];
	foreach ( $workers as $index => $worker ) {
		$worker->tell();
		until( static fn () => blocked( $server ) === $index + 1 );
	}
	$holder->release();
	show( [ $workers[0]->line(), $workers[1]->has_line( 0.1 ), $workers[0]->tell()->line(), $workers[1]->line() ] );
}
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
"LOCKED"
{"waiting":1}
"RELEASED"
{"served":"LOCKED","and released":"RELEASED"}
{"LOCKED":1,"TIMEOUT":5}
{"waiting":0,"free":1}
native:
"LOCKED"
{"waiting":2}
"RELEASED"
{"first":"LOCKED","others have heard":0,"still waiting":1}
"RELEASED"
{"second":"LOCKED","others have heard":0,"still waiting":0}
"RELEASED"
{"LOCKED":2,"QUEUE_FULL":4}
{"waiting":0,"free":1}
"LOCKED"
["LOCKED",false,"RELEASED","LOCKED"]
