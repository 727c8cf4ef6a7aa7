--TEST--
An anonymous subclass of the bound class works, under either name, and each of its methods sees its own object
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$host = Fixtures\Host::copy( '1.43' )->start();
function short( array $configuration ): object {
	return new class( $configuration ) extends FileBackendMultiWrite {
		private $own = 'short';

		public function fileExists( array $params ) {
			return "$this->own: " . parent::fileExists( $params );
		}
	};
}
function long( array $configuration ): object {
	return new class( $configuration ) extends Wikimedia\FileBackend\FileBackendMultiWrite {
		protected function substPaths( $paths, Wikimedia\FileBackend\FileBackendStore $backend ) {
			return is_array( $paths ) ? parent::substPaths( $paths, $backend ) : parent::substPaths( $paths, $backend ) . '!';
		}
	};
}
foreach ( [ 1, 2 ] as $i ) {
	foreach ( [ 'short', 'long' ] as $make ) {
		$object = $make( $host->configuration() );
		var_dump( $object->fileExists( [ 'src' => 'mwstore://proxy/c/x' ] ), $object instanceof FileBackendMultiWrite,
			( new ReflectionClass( $object ) )->isAnonymous(), get_parent_class( $object ) );
	}
}
?>
--EXPECT--
string(33) "short: fileExists mwstore://a/c/x"
bool(true)
bool(true)
string(43) "Wikimedia\FileBackend\FileBackendMultiWrite"
string(27) "fileExists mwstore://a/c/x!"
bool(true)
bool(true)
string(43) "Wikimedia\FileBackend\FileBackendMultiWrite"
string(33) "short: fileExists mwstore://a/c/x"
bool(true)
bool(true)
string(43) "Wikimedia\FileBackend\FileBackendMultiWrite"
string(27) "fileExists mwstore://a/c/x!"
bool(true)
bool(true)
string(43) "Wikimedia\FileBackend\FileBackendMultiWrite"
