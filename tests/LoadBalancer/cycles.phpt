--TEST--
Circles through listeners, closures and connections are collected; destructors of subclasses may still use the object
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

/** Looks after its connections when it goes. */
class Tidy extends Wikimedia\Rdbms\LoadBalancer {
	public function __destruct() {
		$this->closeAll( 'destructor' );
		show( [ 'closed by the destructor', in_array( 'close p', Servers::take() ), $this->getReaderIndex(), $this->getLocalDomainID() ] );
	}
}
Servers::take();
$tidy = balancer( [ 'p' => 1, 'r' => 0 ], [], 'Tidy' );
$tidy->getConnectionInternal( DB_PRIMARY );
unset( $tidy );
gc_collect_cycles();
// This one goes at the end of the request.
$last = balancer( [ 'p' => 1 ], [], 'Tidy' );
$last->getConnectionInternal( DB_PRIMARY );
CODE;
Fixtures\native( 'error_reporting( E_ALL & ~E_DEPRECATED );' . $code );
?>
--EXPECT--
true
true
true
