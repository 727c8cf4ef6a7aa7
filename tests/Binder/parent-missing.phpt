--TEST--
A parent that no autoloader finds, or that is no class, makes it step aside: the host's own error appears, once
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

$ask = <<<'CODE'
	try {
		class_exists( $name );
	} catch ( Throwable $e ) {
		echo $e::class, ': ', $e->getMessage(), "\n";
	}
	$status = mwnative_status()['classes']['FileBackendMultiWrite'];
	echo "$status[state]: $status[reason]\n", implode( ' ', $hostLoads ), "\n";
	CODE;
$host = Host::copy( '1.43' );
$host->change( 'autoload.php', [ "\t\t'Wikimedia\\\\FileBackend\\\\FileBackend' => 'FileBackend.php',\n" => '' ] );
echo Fixtures\run( $host->code() . $ask, [ 'error_log' => '/dev/null' ] );

foreach ( [ 'interface', 'trait', 'enum', 'final class' ] as $kind ) {
	$host = Host::copy( '1.39' );
	file_put_contents( "$host->folder/FileBackend.php", "<?php\n$kind FileBackend {}\n" );
	file_put_contents( "$host->folder/FileBackendMultiWrite.php", "<?php\nclass FileBackendMultiWrite {}\n" );
	echo "$kind: {$host->outcome()}\n";
}
?>
--EXPECT--
Error: Class "Wikimedia\FileBackend\FileBackend" not found
stepped aside: its parent Wikimedia\FileBackend\FileBackend cannot be loaded
FileBackendMultiWrite.php
interface: aside: FileBackend is final or no class there
trait: aside: FileBackend is final or no class there
enum: aside: FileBackend is final or no class there
final class: aside: FileBackend is final or no class there
