--TEST--
On 1.39 the class has one name, comes from our shell and extends the host's own parent
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use function Fixtures\check;

$host = Fixtures\Host::copy( '1.39' )->start();
$class = new ReflectionClass( 'FileBackendMultiWrite' );

check( 'it comes from the shell', Fixtures\origin( 'FileBackendMultiWrite' ) === 'shell' );
check( 'its file is the one for this host',
	$class->getFileName() === realpath( ini_get( 'mwnative.stub_path' ) ) . '/1.39/FileBackendMultiWrite.php' );
check( 'the parent is the host\'s file', $class->getParentClass()->getFileName() === "$host->folder/FileBackend.php" );
check( 'the parent\'s interface is implemented', $class->implementsInterface( 'HostNamed' ) );
check( 'the other generation\'s name does not exist', !class_exists( 'Wikimedia\\FileBackend\\FileBackendMultiWrite' ) );
echo implode( ' ', $hostLoads ), "\n";
$proxy = new FileBackendMultiWrite( $host->configuration() );
var_dump( $proxy instanceof FileBackend, $proxy->getName(), $proxy->fileExists( [ 'src' => 'mwstore://proxy/c/x' ] ) );
?>
--EXPECT--
ok: it comes from the shell
ok: its file is the one for this host
ok: the parent is the host's file
ok: the parent's interface is implemented
ok: the other generation's name does not exist
FileBackend.php HostNamed.php
bool(true)
string(5) "proxy"
string(26) "fileExists mwstore://a/c/x"
