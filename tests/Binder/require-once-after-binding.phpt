--TEST--
require_once and include_once of the original's file after binding are harmless
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	// A second way to the same folder, as when a wiki's folder is a symbolic link.
	$link = Fixtures\temporary_folder() . '/link';
	symlink( $host->folder, $link );
	echo Fixtures\run( $host->code() . '$link = ' . var_export( $link, true ) . <<<'CODE'
		;
		class_exists( $name );
		$folder = dirname( ( new ReflectionClass( 'HostNamed' ) )->getFileName() );
		var_dump( require_once "$folder/FileBackendMultiWrite.php" );
		var_dump( include_once "$folder/../" . basename( $folder ) . '/FileBackendMultiWrite.php' );
		var_dump( require_once "$link/FileBackendMultiWrite.php" );
		echo Fixtures\origin( $name ), ' ', implode( ' ', $hostLoads ), "\n";
		CODE );
}
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
shell FileBackend.php HostNamed.php
bool(true)
bool(true)
bool(true)
shell FileBackend.php HostNamed.php
