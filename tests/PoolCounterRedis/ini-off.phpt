--TEST--
mwnative.pool_counter=0 leaves the class, and no other, to the host
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/pool.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/pool.php';

// On every host the same.
$lines = [];
foreach ( Fixtures\hosts() as $version ) {
	foreach ( [ '0', '1' ] as $value ) {
		$lines[] = "mwnative.pool_counter=$value: " . Fixtures\run( Fixtures\real_host_code( $version ) . <<<'CODE'
			foreach ( [ 'PoolCounterRedis', 'FileBackendMultiWrite' ] as $class ) {
				class_exists( $class ) || exit( 'NOT FOUND' );
				$status = mwnative_status()['classes'][$class];
				echo "$class ", str_contains( ( new ReflectionClass( $class ) )->getFileName(), 'stubs' ) ? 'shell' : 'host', ", $status[state]: $status[reason]; ";
			}
			echo "\n";
			CODE, [ 'mwnative.pool_counter' => $value ] );
	}
}
echo implode( array_unique( $lines ) );
?>
--EXPECT--
mwnative.pool_counter=0: PoolCounterRedis host, disabled: mwnative.pool_counter is off; FileBackendMultiWrite shell, bound: ; 
mwnative.pool_counter=1: PoolCounterRedis shell, bound: ; FileBackendMultiWrite shell, bound: ;
