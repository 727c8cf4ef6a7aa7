--TEST--
A backend may replace the list of backends, throw, or end the request in the middle of a call
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

class Meddling extends FSFileBackend {
	public static $then;
	protected function doGetFileStat( array $params ) {
		if ( self::$then ) { [ $then, self::$then ] = [ self::$then, null ]; $then( $this ); }
		return parent::doGetFileStat( $params );
	}
	public function preloadNothing() {}
	protected function doGetFileStatMulti( array $params ) { return null; }
}
class Meddled extends FileBackendMultiWrite {
	public function replace( array $backends ) { $this->backends = $backends; }
}
set_error_handler( static function ( $type, $message ) { show( [ $type, $message ] ); return true; } );
$path = "mwstore://proxy/c/x";
$calls = [
	"check" => static fn ( $p ) => $p->consistencyCheck( [ $path, "$path-2" ] ),
	"resync" => static fn ( $p ) => $p->resyncFiles( [ $path, "$path-2" ] ),
	"read" => static fn ( $p ) => $p->fileExists( [ "src" => $path ] ),
	"write" => static fn ( $p ) => $p->create( [ "dst" => $path, "content" => "1", "overwrite" => true ] ),
];
foreach ( $calls as $what => $call ) {
	foreach ( [ "empties the list", "throws", "clears caches" ] as $then ) {
		$proxy = proxy( [ "syncChecks" => 7, "autoResync" => true, "proxyClass" => Meddled::class ], [ "class" => Meddling::class ], [ "class" => Meddling::class ] );
		$proxy->prepare( [ "dir" => "mwstore://proxy/c" ] );
		Meddling::$then = [
			"empties the list" => static fn () => $proxy->replace( [] ),
			"throws" => static fn () => throw new DomainException( "from the backend" ),
			"clears caches" => static fn () => $proxy->clearCache(),
		][$then];
		show( [ $what, $then ] );
		show( caught( static fn () => $call( $proxy ) ) );
	}
}
$proxy = proxy( [ "syncChecks" => 7 ], [ "class" => Meddling::class ], [ "class" => Meddling::class ] );
Meddling::$then = static function () { show( "the end" ); exit; };
$calls["check"]( $proxy );
show( "not reached" );
CODE;
Fixtures\same( $code );
?>
--EXPECT--
27 lines alike
