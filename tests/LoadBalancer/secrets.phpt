--TEST--
No password of a server reaches an exception, its trace or the log
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
$texts = [];
$try = static function ( callable $call ) use ( &$texts ): void {
	try {
		$call();
	} catch ( Throwable $thrown ) {
		$texts[] = "$thrown";
		foreach ( $thrown->getTrace() as $frame ) {
			// What is handed to other classes of the host is theirs; objects are named, not shown.
			if ( str_contains( $frame['class'] ?? '', 'LoadBalancer' ) ) {
				$texts[] = print_r( array_filter( $frame['args'] ?? [], static fn ( $argument ) => !is_object( $argument ) ), true );
			}
		}
	}
};
$servers = [ 'p' => 0, 'r' => 1 ];
$try( static fn () => balancer( $servers, [ 'localDomain' => 'too-many-parts-by-far' ] ) );
$try( static fn () => balancer( $servers, [ 'loadMonitor' => [ 'class' => 'NoSuchMonitor' ] ] ) );
$balancer = balancer( $servers );
$try( static fn () => $balancer->reconfigure( [ 'servers' => [ 'x' => [ 'load' => 1, 'password' => 'most-secret' ] ] ] ) );
Servers::$dead = [ 'p', 'r' ];
$try( static fn () => balancer( $servers )->getConnectionInternal( DB_PRIMARY ) );
$try( static fn () => balancer( $servers )->getConnectionInternal( DB_REPLICA ) );
$texts[] = implode( "\n", Logged::take() );
show( [ count( $texts ) > 8, substr_count( implode( "\n", $texts ), 'most-secret' ) ] );
CODE;
Fixtures\native( $code, [ 'zend.exception_ignore_args' => 0 ] );
?>
--EXPECT--
[true,0]
