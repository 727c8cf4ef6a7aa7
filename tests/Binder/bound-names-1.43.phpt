--TEST--
On 1.43 both names are one class from our shell, whichever is asked for first and in any case
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$long = 'Wikimedia\\FileBackend\\FileBackendMultiWrite';
$short = 'FileBackendMultiWrite';
$host = Fixtures\Host::copy( '1.43' );
foreach ( [ $long, $short, "\\$long", strtoupper( $short ), strtolower( $long ) ] as $first ) {
	echo Fixtures\run( $host->code() . '$first = ' . var_export( $first, true ) . <<<'CODE'
		;
		class_exists( $first ) || exit( 'NOT FOUND' );
		$long = new ReflectionClass( 'Wikimedia\\FileBackend\\FileBackendMultiWrite' );
		$short = new ReflectionClass( 'FileBackendMultiWrite' );
		$status = mwnative_status()['classes']['FileBackendMultiWrite'];
		$proxy = new FileBackendMultiWrite( [ 'name' => 'proxy', 'backends' => [
			[ 'name' => 'a', 'class' => 'Wikimedia\\FileBackend\\FileBackendStore', 'isMultiMaster' => true ],
		] ] );
		echo "$first:\n  $short->name, $status[name] extends $status[parent], from the ",
			Fixtures\origin( $long->name ), ', ', $short->name === $long->name ? 'one class' : 'TWO CLASSES', "\n  ",
			$proxy::class, ' ', $proxy->fileExists( [ 'src' => 'mwstore://proxy/c/x' ] ), "\n  ",
			implode( ' ', $hostLoads ), "\n";
		CODE );
}
?>
--EXPECT--
Wikimedia\FileBackend\FileBackendMultiWrite:
  Wikimedia\FileBackend\FileBackendMultiWrite, Wikimedia\FileBackend\FileBackendMultiWrite extends Wikimedia\FileBackend\FileBackend, from the shell, one class
  Wikimedia\FileBackend\FileBackendMultiWrite fileExists mwstore://a/c/x
  FileBackend.php HostNamed.php FileBackendStore.php
FileBackendMultiWrite:
  Wikimedia\FileBackend\FileBackendMultiWrite, Wikimedia\FileBackend\FileBackendMultiWrite extends Wikimedia\FileBackend\FileBackend, from the shell, one class
  Wikimedia\FileBackend\FileBackendMultiWrite fileExists mwstore://a/c/x
  FileBackend.php HostNamed.php FileBackendStore.php
\Wikimedia\FileBackend\FileBackendMultiWrite:
  Wikimedia\FileBackend\FileBackendMultiWrite, Wikimedia\FileBackend\FileBackendMultiWrite extends Wikimedia\FileBackend\FileBackend, from the shell, one class
  Wikimedia\FileBackend\FileBackendMultiWrite fileExists mwstore://a/c/x
  FileBackend.php HostNamed.php FileBackendStore.php
FILEBACKENDMULTIWRITE:
  Wikimedia\FileBackend\FileBackendMultiWrite, Wikimedia\FileBackend\FileBackendMultiWrite extends Wikimedia\FileBackend\FileBackend, from the shell, one class
  Wikimedia\FileBackend\FileBackendMultiWrite fileExists mwstore://a/c/x
  FileBackend.php HostNamed.php FileBackendStore.php
wikimedia\filebackend\filebackendmultiwrite:
  Wikimedia\FileBackend\FileBackendMultiWrite, Wikimedia\FileBackend\FileBackendMultiWrite extends Wikimedia\FileBackend\FileBackend, from the shell, one class
  Wikimedia\FileBackend\FileBackendMultiWrite fileExists mwstore://a/c/x
  FileBackend.php HostNamed.php FileBackendStore.php
