--TEST--
Circles through listeners, closures and connections are collected
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
$forget = static function ( callable $make ): void {
	$balancer = $make();
	$reference = WeakReference::create( $balancer );
	unset( $balancer );
	gc_collect_cycles();
	show( $reference->get() === null );
};
$forget( static function () {
	$balancer = balancer( [ 'p' => 0, 'r' => 1 ] );
	$balancer->setTransactionListener( 'self', static fn () => $balancer );
	$balancer->getConnectionInternal( DB_PRIMARY );
	return $balancer;
} );
$forget( static function () {
	$balancer = balancer( [ 'p' => 0, 'r' => 1 ] );
	$balancer->held = $balancer->getConnection( DB_REPLICA );
	$balancer->held->isOpen();
	return $balancer;
} );
$forget( static function () {
	$error = static fn () => null;
	$balancer = balancer( [ 'p' => 0, 'r' => 1 ] );
	$connection = $balancer->getConnectionInternal( DB_PRIMARY );
	$connection->setLBInfo( 'balancer', $balancer );
	return $balancer;
} );
CODE;
Fixtures\native( 'error_reporting( E_ALL & ~E_DEPRECATED );' . $code );
?>
--EXPECT--
true
true
true
