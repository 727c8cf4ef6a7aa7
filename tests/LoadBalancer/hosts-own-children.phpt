--TEST--
The host's own subclasses and factories take the native class as they take the original
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
use Wikimedia\Rdbms\LoadBalancer;
use Wikimedia\Rdbms\LoadBalancerSingle;
use Wikimedia\Rdbms\LBFactorySimple;
use Wikimedia\Rdbms\LBFactoryMulti;
use Wikimedia\Rdbms\LBFactorySingle;

// 1.39 warns of some names.
error_reporting( E_ALL & ~E_USER_DEPRECATED & ~E_DEPRECATED );
$say = static function ( string $what, LoadBalancer $balancer ): void {
	$facts = [ get_class( $balancer ), get_parent_class( $balancer ), $balancer->getServerCount(), $balancer->getReaderIndex(),
		$balancer->getServerName( 0 ), $balancer->getLocalDomainID(), get_class( $balancer->getConnection( DB_REPLICA ) ) ];
	foreach ( [ DB_PRIMARY, DB_REPLICA, 0 ] as $index ) {
		$facts[] = caught( static fn () => $balancer->getConnectionInternal( $index )->getServerName() );
	}
	$facts[] = caught( static fn () => $balancer->getServerConnection( 1, 'wiki' ) );
	$facts[] = $balancer->hasPrimaryChanges();
	$facts = array_map( static fn ( $fact ) => $fact instanceof Throwable ? get_class( $fact ) . ': ' . $fact->getMessage() : $fact, $facts );
	echo "$what: ", json_encode( $facts, JSON_PARTIAL_OUTPUT_ON_ERROR ), "\n";
};

$connection = balancer( [ 'other' => 1 ] )->getConnectionInternal( DB_PRIMARY );
$single = LoadBalancerSingle::newFromConnection( $connection );
$say( 'single', $single );
$single->closeAll();
$disabled = 'Wikimedia\Rdbms\LoadBalancerDisabled';
if ( class_exists( $disabled ) ) {
	$balancer = new $disabled( parameters( [ 'p' => 1 ] ) );
	echo 'disabled: ', json_encode( [ $balancer instanceof LoadBalancer, get_parent_class( $balancer ) ] ), ' ',
		caught( static fn () => $balancer->getConnectionInternal( DB_PRIMARY ) )->getMessage(), "\n";
} else {
	echo "disabled: this host has none\n";
}
$parameters = parameters( [ 'p' => 0, 'r' => 1 ] );
$factory = new LBFactorySimple( [ 'servers' => $parameters['servers'], 'localDomain' => 'wiki' ] );
$say( 'simple factory', $factory->newMainLB() );
$say( 'simple factory, main', $factory->getMainLB() );
$factory->beginPrimaryChanges( 'test' );
$factory->getMainLB()->getConnectionInternal( DB_PRIMARY );
$factory->commitPrimaryChanges( 'test' );
show( [ $factory->hasPrimaryChanges(), $factory->getMainLB()->getMaxLag() ] );
$factory = new LBFactoryMulti( [ 'localDomain' => 'wiki', 'sectionsByDB' => [ 'wiki' => 'one', 'else' => 'two' ],
	'sectionLoads' => [ 'one' => [ 'a' => 0, 'b' => 1 ], 'two' => [ 'c' => 1 ], 'DEFAULT' => [ 'a' => 1 ] ],
	'serverTemplate' => [ 'dbname' => 'wiki', 'user' => 'u', 'password' => 'most-secret', 'type' => 'scripted', 'flags' => 0 ],
	'hostsByName' => [ 'a' => 'a', 'b' => 'b', 'c' => 'c' ] ] );
$say( 'multi factory', $factory->getMainLB() );
$say( 'multi factory, other', $factory->getMainLB( 'else' ) );
$say( 'single factory', LBFactorySingle::newFromConnection( $connection )->getMainLB() );
$factory->destroy();
echo json_encode( Servers::take() ), "\n";
CODE;
Fixtures\original_and_native_alike( $code );
?>
--EXPECT--
9 lines alike
