--TEST--
SHA-1 is that of the file, with the caches of the original, for stores of every kind
--EXTENSIONS--
mbstring
fileinfo
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/real-host.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/both.php';

$code = <<<'CODE'

class Own extends FSFileBackend {
	protected function doGetFileSha1Base36( array $params ) {
		return "own";
	}
}
class Renamed extends FSFileBackend {
	protected function resolveContainerName( $container ) {
		return parent::resolveContainerName( $container . "s" );
	}
}
$caches = static function ( $backend, string $path ) {
	$cheap = ( fn () => $this->cheapCache->getField( $path, "sha1" ) )->call( $backend );
	$file = ( fn () => $this->expensiveCache->getField( $path, "localRef" ) )->call( $backend );
	return [ $cheap, $file ? [ $file["latest"], $file["object"]->getSha1Base36() ] : null ];
};
foreach ( [ FSFileBackend::class, Own::class, Renamed::class, MemoryFileBackend::class ] as $class ) {
	$proxy = proxy( [ "syncChecks" => 4 ], [], [ "class" => $class ] );
	$backends = ( fn () => $this->backends )->call( $proxy );
	$proxy->prepare( [ "dir" => "mwstore://proxy/c" ] );
	foreach ( [ "", "x", str_repeat( "long", 50000 ) ] as $i => $content ) {
		$path = "mwstore://proxy/c/$i";
		show( $proxy->create( [ "dst" => $path, "content" => $content, "overwrite" => true ] ) );
		show( $proxy->consistencyCheck( [ $path, "$path-missing", "mwstore://proxy/c//$i", "mwstore://proxy/c/../$i" ] ) );
		foreach ( $backends as $backend ) {
			$real = "mwstore://{$backend->getName()}/c/$i";
			show( [ $caches( $backend, $real ), $caches( $backend, "$real-missing" ), $backend->getFileSha1Base36( [ "src" => $real ] ) ] );
		}
		// A file that changes behind the cache: both believe their caches.
		damage( "a", "c/$i", "changed" );
		show( $proxy->consistencyCheck( [ $path ] ) );
		$proxy->clearCache( [ $path ] );
		show( $proxy->consistencyCheck( [ $path ] ) );
		show( $proxy->getFileSha1Base36( [ "src" => $path, "latest" => true ] ) === Wikimedia\base_convert( sha1( "changed" ), 16, 36, 31 ) );
	}
}
// Something that is no regular file, in the place of a file.
$proxy = proxy( [ "syncChecks" => 4 ] );
mkdir( "$folder/b/wiki-c/dir" );
symlink( "$folder/nowhere", "$folder/a/wiki-c/link" );
show( $proxy->consistencyCheck( [ "mwstore://proxy/c/dir", "mwstore://proxy/c/link" ] ) );
unlink( "$folder/a/wiki-c/link" );
CODE;
Fixtures\same( $code );
?>
--EXPECT--
85 lines alike
