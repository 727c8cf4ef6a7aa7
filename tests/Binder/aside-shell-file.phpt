--TEST--
Steps aside when the shell's file is missing, forbidden by open_basedir or declares something else
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

/** Asks for the class with this folder of shells. */
function outcome( Host $host, string $stubs, array $settings = [] ): void {
	echo strtr( $host->outcome( [ 'mwnative.stub_path' => $stubs ] + $settings ), [ $stubs => 'SHELLS' ] ), "\n";
}

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Host::copy( $generation );
	$stubs = Fixtures\temporary_folder();
	outcome( $host, $stubs );
	outcome( $host, "$stubs/no/such/folder" );
	Fixtures\copy_folder( ini_get( 'mwnative.stub_path' ), $stubs );
	outcome( $host, $stubs );
	// The host and the fixtures are allowed, the shells are not.
	outcome( $host, $stubs, [ 'open_basedir' => implode( PATH_SEPARATOR, [ $host->folder, dirname( __DIR__ ) ] ) ] );
	file_put_contents( "$stubs/$generation/FileBackendMultiWrite.php", "<?php\n" );
	outcome( $host, $stubs );
	file_put_contents( "$stubs/$generation/FileBackendMultiWrite.php", "<?php\nclass SomethingElse {}\n" );
	outcome( $host, $stubs );
}
?>
--EXPECT--
aside: the shell SHELLS/1.39/FileBackendMultiWrite.php cannot be read (No such file or directory): reinstall the extension or set mwnative.stub_path
aside: the shell SHELLS/1.39/FileBackendMultiWrite.php cannot be read (No such file or directory): reinstall the extension or set mwnative.stub_path
bound
aside: open_basedir forbids the shell SHELLS/1.39/FileBackendMultiWrite.php: add its folder
aside: the shell SHELLS/1.39/FileBackendMultiWrite.php did not declare FileBackendMultiWrite
aside: the shell SHELLS/1.39/FileBackendMultiWrite.php did not declare FileBackendMultiWrite
aside: the shell SHELLS/1.43/FileBackendMultiWrite.php cannot be read (No such file or directory): reinstall the extension or set mwnative.stub_path
aside: the shell SHELLS/1.43/FileBackendMultiWrite.php cannot be read (No such file or directory): reinstall the extension or set mwnative.stub_path
bound
aside: open_basedir forbids the shell SHELLS/1.43/FileBackendMultiWrite.php: add its folder
aside: the shell SHELLS/1.43/FileBackendMultiWrite.php did not declare Wikimedia\FileBackend\FileBackendMultiWrite
aside: the shell SHELLS/1.43/FileBackendMultiWrite.php did not declare Wikimedia\FileBackend\FileBackendMultiWrite
