--TEST--
Operations, paths and names are kept while PHP code that rewrites them changes where they came from
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

class Meddled extends FileBackendMultiWrite {
	public static ?Closure $then = null;
	protected function substPaths( $paths, Wikimedia\FileBackend\FileBackendStore|FileBackendStore $backend ) {
		$result = parent::substPaths( $paths, $backend );
		if ( self::$then ) { [ $then, self::$then ] = [ self::$then, null ]; $then(); }
		return $result;
	}
	public function fileExists( array $params ) {
		if ( self::$then ) { [ $then, self::$then ] = [ self::$then, null ]; $then(); }
		return parent::fileExists( $params );
	}
	public function batch( array $ops ) { return $this->substOpBatchPaths( $ops, $this->backends[1] ); }
	public function paths( array $ops ) { return $this->fileStoragePathsForOps( $ops ); }
	public function areVolatile( array $ops ) { return $this->hasVolatileSources( $ops ); }
}
class Open extends FileBackendMultiWrite {
	public function put( $name ) { $this->name = $name; }
	public function putClone( $name ) { ( function () use ( $name ) { $this->name = $name; } )->call( $this->backends[1] ); }
	public function subst( $paths ) { return $this->substPaths( $paths, $this->backends[1] ); }
	public function unsubst( $paths ) { return $this->unsubstPaths( $paths, $this->backends[1] ); }
}
class Name {
	public ?Closure $then = null;
	public function __construct( private string $name ) {}
	public function __toString(): string { $this->then && ( $this->then )(); return $this->name; }
}
function fresh( string $text ): string { return strrev( strrev( $text ) ); }
function fill(): void { for ( $i = 0; $i < 50; $i++ ) { $GLOBALS["filled"][] = [ "op" => fresh( "mwstore://filled/c/$i" ), "x" => 1, "y" => 2, "z" => 3 ]; } }

// An operation that is a reference, as `foreach ( $ops as &$op )` leaves it.
foreach ( [ "batch", "paths", "areVolatile" ] as $method ) {
	foreach ( [ null, 5, [], new ArrayObject( [ "src" => "mwstore://proxy/c/new" ] ) ] as $new ) {
		foreach ( [ "array", "object" ] as $kind ) {
			$proxy = proxy( [ "proxyClass" => Meddled::class ] );
			$op = [ "src" => fresh( "mwstore://proxy/c/x" ), "dst" => fresh( "mwstore://proxy/c/y" ), "ignoreMissingSource" => true, "other" => fresh( "more" ) ];
			$op = $kind === "object" ? new ArrayObject( $op ) : $op;
			$ops = [ &$op ];
			Meddled::$then = static function () use ( &$op, $new ) { $op = $new; fill(); };
			// No `op`: the warning is the other way for PHP code to run.
			set_error_handler( static function ( $type, $message ) use ( &$op, $new ) { show( [ $type, $message ] ); $op = $new; fill(); return true; } );
			show( [ $method, $kind, caught( static fn () => $proxy->$method( $ops ) ) ] );
			unset( $op );
			restore_error_handler();
		}
	}
}

// Names that are objects, whose conversion changes the other name or the paths.
foreach ( [ "subst", "unsubst" ] as $method ) {
	foreach ( [ "proxy", "clone" ] as $which ) {
		foreach ( [ "text", "list", "mixed" ] as $kind ) {
			$proxy = proxy( [ "proxyClass" => Open::class ] );
			$path = [ "text" => fresh( "mwstore://name/c/x" ), "list" => [ fresh( "mwstore://name/c/x" ) ], "mixed" => [ fresh( "mwstore://name/c/x" ), 5 ] ][$kind];
			$paths = [ &$path ];
			$object = new Name( "name" );
			$which === "proxy" ? $proxy->put( $object ) : $proxy->put( fresh( "name" ) );
			$which === "clone" ? $proxy->putClone( $object ) : $proxy->putClone( fresh( "name" ) );
			$object->then = static function () use ( $proxy, &$path ) {
				$proxy->put( fresh( "changed" ) ); $proxy->putClone( fresh( "changed" ) ); $path = null; fill();
			};
			show( [ $method, $which, $kind, caught( static fn () => $proxy->$method( $path ) ) ] );
			$object->then = null;
			unset( $path );
		}
	}
}

// A warning about a store's configuration, which is a reference.
set_error_handler( static function ( $type, $message ) { show( [ $type, $message ] ); $GLOBALS["store"] = null; fill(); return true; } );
$store = [ "class" => FSFileBackend::class, "name" => 1.5, "basePath" => "$folder/s", "isMultiMaster" => true ];
show( get_class( caught( static fn () => new FileBackendMultiWrite( [ "name" => "proxy", "domainId" => "wiki", "backends" => [ &$GLOBALS["store"] ] ] ) ) ) );
// The autoloader changes the name of the class that it is asked for.
restore_error_handler();
spl_autoload_register( static function () { $GLOBALS["class"] = null; fill(); } );
$class = fresh( "NoSuchClass" );
show( caught( static fn () => proxy( [], [ "class" => &$class ] ) ) );
CODE;
Fixtures\same( $code );
?>
--EXPECT--
48 lines alike
