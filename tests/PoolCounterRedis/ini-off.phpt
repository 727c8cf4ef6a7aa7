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

foreach ( Fixtures\hosts() as $version ) {
	foreach ( [ '0', '1' ] as $value ) {
		echo "$version, mwnative.pool_counter=$value: ", Fixtures\run( Fixtures\real_host_code( $version ) . <<<'CODE'
			foreach ( [ 'PoolCounterRedis', 'FileBackendMultiWrite' ] as $class ) {
				class_exists( $class ) || exit( 'NOT FOUND' );
				$status = mwnative_status()['classes'][$class];
				echo "$class ", str_contains( ( new ReflectionClass( $class ) )->getFileName(), 'stubs' ) ? 'shell' : 'host', ", $status[state]: $status[reason]; ";
			}
			echo "\n";
			CODE, [ 'mwnative.pool_counter' => $value ] );
	}
}
?>
--EXPECT--
1.39, mwnative.pool_counter=0: PoolCounterRedis host, disabled: mwnative.pool_counter is off; FileBackendMultiWrite shell, bound: ; 
1.39, mwnative.pool_counter=1: PoolCounterRedis shell, bound: ; FileBackendMultiWrite shell, bound: ; 
1.43, mwnative.pool_counter=0: PoolCounterRedis host, disabled: mwnative.pool_counter is off; FileBackendMultiWrite shell, bound: ; 
1.43, mwnative.pool_counter=1: PoolCounterRedis shell, bound: ; FileBackendMultiWrite shell, bound: ;
