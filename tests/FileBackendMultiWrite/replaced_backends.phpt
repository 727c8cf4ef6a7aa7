--TEST--
An override of a path method may replace the backends in the middle of a call, as with the original
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

class Numbered extends FSFileBackend {
	public static int $made = 0;
	public int $number;
	public function __construct( array $config ) { parent::__construct( $config ); $this->number = ++self::$made; }
	private function tell( string $what ) { show( "$what on $this->number" ); }
	protected function doCreateInternal( array $params ) { $this->tell( "create" ); return parent::doCreateInternal( $params ); }
	protected function doDeleteInternal( array $params ) { $this->tell( "delete" ); return parent::doDeleteInternal( $params ); }
	protected function doPrepareInternal( $container, $dir, array $params ) { $this->tell( "prepare" ); return parent::doPrepareInternal( $container, $dir, $params ); }
	protected function doCleanInternal( $container, $dir, array $params ) { $this->tell( "clean" ); return parent::doCleanInternal( $container, $dir, $params ); }
	protected function doGetFileStat( array $params ) { $this->tell( "stat" ); return parent::doGetFileStat( $params ); }
	protected function doGetLocalReferenceMulti( array $params ) { $this->tell( "reference" ); return parent::doGetLocalReferenceMulti( $params ); }
	protected function doConcatenate( array $params ) { $this->tell( "concatenate" ); return parent::doConcatenate( $params ); }
	protected function doClearCache( ?array $paths = null ) { $this->tell( "clear" ); }
	public function getFileListInternal( $container, $dir, array $params ) { $this->tell( "list" ); return parent::getFileListInternal( $container, $dir, $params ); }
	public function isPathUsableInternal( $path ) { $this->tell( "usable" ); return parent::isPathUsableInternal( $path ); }
}
class Swapping extends FileBackendMultiWrite {
	public static string $in = "";
	public static int $call = 0;
	public static ?Closure $then = null;
	private function swap( string $method ) {
		if ( $method === self::$in && --self::$call === 0 ) { ( self::$then )( $this ); }
	}
	public function put( array $backends ) { $this->backends = $backends; }
	protected function substOpBatchPaths( array $ops, Wikimedia\FileBackend\FileBackendStore|FileBackendStore $backend ) {
		$result = parent::substOpBatchPaths( $ops, $backend );
		$this->swap( "batch" );
		return $result;
	}
	protected function substOpPaths( array $ops, Wikimedia\FileBackend\FileBackendStore|FileBackendStore $backend ) {
		$result = parent::substOpPaths( $ops, $backend );
		$this->swap( "one" );
		return $result;
	}
	protected function substPaths( $paths, Wikimedia\FileBackend\FileBackendStore|FileBackendStore $backend ) {
		$result = parent::substPaths( $paths, $backend );
		$this->swap( "subst" );
		return $result;
	}
	protected function unsubstPaths( $paths, Wikimedia\FileBackend\FileBackendStore|FileBackendStore $backend ) {
		$result = parent::unsubstPaths( $paths, $backend );
		$this->swap( "unsubst" );
		return $result;
	}
}
set_error_handler( static function ( $type, $message ) { show( [ $type, $message ] ); return true; } );
$path = "mwstore://proxy/c/x";
$read = [ "src" => $path ];
$calls = [
	"quick" => static fn ( $p ) => $p->doQuickOperations( [ [ "op" => "create", "dst" => $path, "content" => "1" ] ] ),
	"write" => static fn ( $p ) => $p->create( [ "dst" => $path, "content" => "1", "overwrite" => true ] ),
	"prepare" => static fn ( $p ) => $p->prepare( [ "dir" => "mwstore://proxy/c" ] ),
	"clean" => static fn ( $p ) => $p->clean( [ "dir" => "mwstore://proxy/c/d" ] ),
	"exists" => static fn ( $p ) => $p->fileExists( $read ),
	"size of the master's" => static fn ( $p ) => $p->getFileSize( $read + [ "latest" => true ] ),
	"contents" => static fn ( $p ) => $p->getFileContentsMulti( [ "srcs" => [ $path, "$path-2" ] ] ),
	"concatenate" => static fn ( $p ) => $p->concatenate( [ "srcs" => [ $path ], "dst" => "$GLOBALS[folder]/target" ] ),
	"is a directory" => static fn ( $p ) => $p->directoryExists( [ "dir" => "mwstore://proxy/c" ] ),
	"files" => static fn ( $p ) => iterator_to_array( $p->getFileList( [ "dir" => "mwstore://proxy/c" ] ) ?? new ArrayIterator ),
	"files for writing" => static fn ( $p ) => iterator_to_array( ( static fn () => yield from $p->getFileList( [ "dir" => "mwstore://proxy/c", "forWrite" => true ] ) )() ),
	"clear" => static fn ( $p ) => $p->clearCache( [ $path ] ),
	"preload" => static fn ( $p ) => $p->preloadCache( [ $path ] ),
	"usable" => static fn ( $p ) => $p->accessibilityCheck( [ $path ] ),
	"check" => static fn ( $p ) => $p->consistencyCheck( [ $path, "$path-2" ] ),
	"resync" => static fn ( $p ) => $p->resyncFiles( [ $path, "$path-2" ] ),
];
$make = static function ( array $names ) use ( $folder ) {
	$backends = [];
	foreach ( $names as $index => $name ) {
		$backends[$index] = new Numbered( [ "name" => $name, "basePath" => "$folder/$name", "domainId" => "wiki" ] );
	}
	return $backends;
};
$first = $second = null;
$thens = [
	"others" => static function ( $p ) use ( $make ) { $p->put( [] ); $p->put( $make( [ "a", "b" ] ) ); },
	"none" => static fn ( $p ) => $p->put( [] ),
	"no backends" => static fn ( $p ) => $p->put( [ "text", 5 ] ),
	"references" => static function () use ( $make, &$first, &$second ) { $first = $second = null; [ $first, $second ] = $make( [ "a", "b" ] ); },
];
file_put_contents( "$folder/target", "" );
foreach ( $calls as $what => $call ) {
	foreach ( [ "batch" => 3, "one" => 2, "subst" => 3, "unsubst" => 2 ] as Swapping::$in => $most ) {
		for ( $nth = 1; $nth <= $most; $nth++ ) {
			foreach ( $thens as $name => $then ) {
				Numbered::$made = 0;
				$proxy = proxy( [ "proxyClass" => Swapping::class, "syncChecks" => 7, "autoResync" => true ], [ "class" => Numbered::class ], [ "class" => Numbered::class, "readAffinity" => true ] );
				damage( "a", "c/x", "one" );
				damage( "b", "c/x", $what === "resync" ? "other" : "one" );
				show( [ $what, Swapping::$in, $nth, $name ] );
				Swapping::$call = 0;
				if ( $name === "references" ) {
					$proxy->put( [] );
					[ $first, $second ] = $make( [ "a", "b" ] );
					$proxy->put( [ &$first, &$second ] );
				}
				Swapping::$then = $then;
				Swapping::$call = $nth;
				show( caught( static fn () => $call( $proxy ) ) );
				Swapping::$call = 0;
				$first = $second = null;
			}
		}
	}
}
CODE;
Fixtures\same( $code );
?>
--EXPECTF--
%r(3091 or )?%r3134 lines alike
