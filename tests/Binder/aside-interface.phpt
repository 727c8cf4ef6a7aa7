--TEST--
A class that implements the host's interface: bound if the interface fits the shell, else the host's own is used
--EXTENSIONS--
mbstring
--INI--
error_log=/dev/null
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/real-host.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$variants = [
	'as it is' => [],
	'a method that we lack' => [ 'public function __construct' => "public function brandNew();\n\tpublic function __construct" ],
	'another argument' => [ 'public function disable( $fname = __METHOD__ );' => 'public function disable( int $fname, $why );' ],
	'another type' => [ 'public function disable( $fname = __METHOD__ );' => 'public function disable( $fname = __METHOD__ ): int;' ],
	'static' => [ 'public function disable(' => 'public static function disable(' ],
	'a constant of ours' => [ 'public const STAGE_POSTCOMMIT_CALLBACKS' => "public const DB_MASTER = 7;\n\tpublic const STAGE_POSTCOMMIT_CALLBACKS" ],
	'a class instead' => [ 'interface ILoadBalancerForOwner extends ILoadBalancer' => 'abstract class ILoadBalancerForOwner',
		'public function' => 'abstract public function' ],
];
foreach ( $variants as $what => $changes ) {
	$code = '$fixtures = ' . var_export( dirname( __DIR__ ) . '/fixtures', true ) .
		'; $changes = ' . var_export( $changes, true ) . <<<'CODE'
		;
		require "$fixtures/real-host.php";
		start_real_host( '1.43' );
		spl_autoload_register( static function ( $class ) use ( $changes ) {
			$name = strrchr( $class, '\\' );
			if ( $name === '\\ILoadBalancerForOwner' ) {
				$file = file_get_contents( MW_INSTALL_PATH . '/includes/libs/rdbms/loadbalancer/ILoadBalancerForOwner.php' );
				foreach ( array_keys( $changes ) as $old ) {
					str_contains( $file, $old ) || exit( "no $old" );
				}
				eval( '?>' . strtr( $file, $changes ) );
			} elseif ( $class === 'Wikimedia\\Rdbms\\LoadBalancer' ) {
				// In the place of the host's own, which would not fit either.
				eval( 'namespace Wikimedia\\Rdbms; class LoadBalancer {}' );
			}
		}, true, true );
		$loaded = class_exists( 'Wikimedia\\Rdbms\\LoadBalancer' );
		$status = mwnative_status()['classes']['LoadBalancer'];
		echo "$status[state], $status[reason]", $loaded ? '' : ', NOT LOADED';
		CODE;
	echo "$what: ", Fixtures\run( $code ), "\n";
}
?>
--EXPECT--
as it is: bound, 
a method that we lack: stepped aside, Wikimedia\Rdbms\ILoadBalancerForOwner::brandNew() is abstract there and the shell lacks it
another argument: stepped aside, Wikimedia\Rdbms\ILoadBalancerForOwner::disable() takes 2 to 2 arguments there, the shell 0 to 1
another type: stepped aside, Wikimedia\Rdbms\ILoadBalancerForOwner::disable() returns another type there
static: stepped aside, Wikimedia\Rdbms\ILoadBalancerForOwner::disable() is static there
a constant of ours: stepped aside, Wikimedia\Rdbms\ILoadBalancerForOwner already has a constant DB_MASTER
a class instead: stepped aside, Wikimedia\Rdbms\ILoadBalancerForOwner is no interface there
