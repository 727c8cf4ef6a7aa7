--TEST--
Subclasses that differ from request to request in one process: each overrides what it overrides, and no other
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	$app = dirname( __DIR__ ) . '/fixtures/differing-subclasses.php';
	require_once $app;
	Differing\write_subclasses( $host->folder, $host->name() );
	$server = new Fixtures\Server( 'define( "HOST", ' . var_export( $host->folder, true ) . ' );
		require ' . var_export( $app, true ) . ';
		Differing\serve( HOST, (int)$_GET["n"] );' );
	$wrong = 0;
	// Under valgrind, which finds more in each, fewer requests do.
	$count = getenv( 'USE_ZEND_ALLOC' ) === '0' ? 30 : 200;
	for ( $n = 0; $n < $count; $n++ ) {
		$answer = $server->get( [ 'n' => $n ] );
		if ( $answer !== Differing\expected( $n ) && $wrong++ < 3 ) {
			echo "request $n\n- ", Differing\expected( $n ), "\n+ $answer\n";
		}
	}
	echo "$generation: $wrong wrong, ", $n === $count ? 'all answered' : "ended at $n", "\n", $server->stop();
}
?>
--EXPECT--
1.39: 0 wrong, all answered
1.43: 0 wrong, all answered
