--TEST--
An exception, a fatal error or an exit in the middle of a binding does not stop the binding of a later request
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	$server = new Fixtures\Server( <<<'CODE'
		spl_autoload_register( static function ( string $class ): void {
			if ( !str_ends_with( $class, 'FileBackend' ) ) {
				return;
			}
			switch ( $_GET['fail'] ) {
				case 'exception':
					throw new RuntimeException( 'thrown' );
				case 'fatal':
					eval( 'class A { abstract function b(); }' );
				case 'error':
					trigger_error( 'on purpose', E_USER_ERROR );
				case 'exit':
					exit( 'gone' );
				case 'recursion':
					class_exists( $GLOBALS['name'] );
			}
		} );
		CODE . $host->code() . 'class_exists( $name );
		echo Fixtures\origin( $name ), " ", mwnative_status()["classes"]["FileBackendMultiWrite"]["state"];' );
	foreach ( [ 'exception', 'fatal', 'error', 'exit', 'recursion' ] as $fail ) {
		$answer = $server->get( [ 'fail' => $fail ] );
		preg_match( '/thrown|Class A contains|on purpose|gone|shell bound/', $answer, $found );
		echo "$generation, $fail: ", $found[0] ?? $answer, ', then ', $server->get( [ 'fail' => 'no' ] ), "\n";
	}
	$server->stop();
}
?>
--EXPECT--
1.39, exception: thrown, then shell bound
1.39, fatal: Class A contains, then shell bound
1.39, error: on purpose, then shell bound
1.39, exit: gone, then shell bound
1.39, recursion: shell bound, then shell bound
1.43, exception: thrown, then shell bound
1.43, fatal: Class A contains, then shell bound
1.43, error: on purpose, then shell bound
1.43, exit: gone, then shell bound
1.43, recursion: shell bound, then shell bound
