--TEST--
An original that is loaded while its parent loads stays, and the lookup that began it finds it
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Host::copy( $generation );
	file_put_contents( "$host->folder/FileBackend.php", "\nrequire __DIR__ . '/FileBackendMultiWrite.php';\n", FILE_APPEND );
	echo "$generation: {$host->outcome()}\n";
	if ( $generation === '1.43' ) {
		echo Fixtures\run( $host->code() .
			'echo class_exists( "FileBackendMultiWrite" ) ? Fixtures\origin( "FileBackendMultiWrite" ) : "not found", "\n";',
			[ 'error_log' => '/dev/null' ] );
	}
}
?>
--EXPECT--
1.39: aside: the host loaded it together with its parent
1.43: aside: the host loaded it together with its parent
host
