--TEST--
Both names may be looked up again and again: the class is bound once, the parent is loaded once
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$host = Fixtures\Host::copy( '1.43' )->start();
$names = [ 'FileBackendMultiWrite', 'Wikimedia\\FileBackend\\FileBackendMultiWrite', 'FileBackend',
	'Wikimedia\\FileBackend\\FileBackend', 'No\\Such\\FileBackendMultiWrite', 'MwNative\\FileBackendMultiWrite' ];
$found = [];
for ( $i = 0; $i < 200; $i++ ) {
	foreach ( $names as $name ) {
		$found[$name][(int)class_exists( $name )] = true;
		$found[$name][(int)is_a( $name, 'FileBackend', true ) . ' a backend'] = true;
		$found[$name][is_callable( [ $name, 'getFileList' ] ) ? 'callable' : 'not callable'] = true;
	}
}
foreach ( $found as $name => $answers ) {
	echo "$name: ", implode( ', ', array_keys( $answers ) ), "\n";
}
echo implode( ' ', $hostLoads ), "\n";
?>
--EXPECT--
FileBackendMultiWrite: 1, 1 a backend, not callable
Wikimedia\FileBackend\FileBackendMultiWrite: 1, 1 a backend, not callable
FileBackend: 1, 1 a backend, not callable
Wikimedia\FileBackend\FileBackend: 1, 1 a backend, not callable
No\Such\FileBackendMultiWrite: 0, 0 a backend, not callable
MwNative\FileBackendMultiWrite: 1, 0 a backend, callable
FileBackend.php HostNamed.php
