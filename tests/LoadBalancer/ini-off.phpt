--TEST--
mwnative.load_balancer=0 leaves the host its own LoadBalancer, and only that
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/balancer.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/balancer.php';

$code = <<<'CODE'
require ROOT . '/real-host.php';
start_real_host( '1.43' );
echo json_encode( [ class_exists( 'Wikimedia\\Rdbms\\LoadBalancer' ), class_exists( 'FileBackendMultiWrite' ) ] ), ' ';
foreach ( mwnative_status()['classes'] as $class => $status ) {
	echo "$class: $status[state] ($status[reason]); ";
}
CODE;
$code = str_replace( 'ROOT', var_export( dirname( __DIR__ ) . '/fixtures', true ), $code );
foreach ( [ [], [ 'mwnative.load_balancer' => 0 ], [ 'mwnative.enable' => 0 ] ] as $settings ) {
	echo Fixtures\run( $code, $settings ), "\n";
}
?>
--EXPECT--
[true,true] FileBackendMultiWrite: bound (); PoolCounterRedis: not asked for (nothing has looked the class up in this request); LoadBalancer: bound (); 
[true,true] FileBackendMultiWrite: bound (); PoolCounterRedis: not asked for (nothing has looked the class up in this request); LoadBalancer: disabled (mwnative.load_balancer is off); 
[true,true] FileBackendMultiWrite: disabled (mwnative.enable is off); PoolCounterRedis: disabled (mwnative.enable is off); LoadBalancer: disabled (mwnative.enable is off);
