--TEST--
Steps aside when the parent is a readonly class, which only a readonly class can extend
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$untyped = [];
	foreach ( [ 'name', 'domainId', 'readOnly', 'lockManager', 'logger' ] as $property ) {
		$untyped["protected \$$property;"] = "protected mixed \$$property;";
	}
	echo "$generation: ", Host::copy( $generation, [
		'FileBackend.php' => $untyped + [ 'abstract class FileBackend ' => 'abstract readonly class FileBackend ' ],
		'FileBackendMultiWrite.php' => [ 'class FileBackendMultiWrite ' => 'readonly class FileBackendMultiWrite ' ],
	] )->outcome(), "\n";
}
?>
--EXPECTF--
1.39: aside: FileBackend is %s
1.43: aside: Wikimedia\FileBackend\FileBackend is %s
