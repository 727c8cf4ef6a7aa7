--TEST--
Properties that a subclass has unset are asked of its __get(), which may change others
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

function fresh( mixed $value ): mixed { return is_string( $value ) ? strrev( strrev( $value ) ) : ( is_array( $value ) ? $value + [] : $value ); }
class Asked extends FileBackendMultiWrite {
	public array $kept = [];
	public array $order = [];
	public ?Closure $then = null;
	public function forget( array $names ) {
		$forget = function ( $name ) { $value = $this->$name; unset( $this->$name ); return $value; };
		foreach ( $names as $name ) { $this->kept[$name] = $forget->bindTo( $this, FileBackendMultiWrite::class )( $name ); }
	}
	public function put( string $name, $value ) {
		( function () use ( $name, $value ) { $this->$name = $value; } )->bindTo( $this, FileBackendMultiWrite::class )();
	}
	public function __get( $name ) {
		if ( ( end( $this->order ) ?: "" ) !== $name ) { $this->order[] = $name; }
		if ( $this->then ) { ( $this->then )( $name ); }
		return array_key_exists( $name, $this->kept ) ? fresh( $this->kept[$name] ) : $name;
	}
	public function subst( $paths ) { return $this->substPaths( $paths, ( fn () => $this->backends[1] )->call( $this ) ); }
}
class NamedLater extends FSFileBackend {
	public function __construct( array $config ) { parent::__construct( $config ); $this->later = $this->name; unset( $this->name ); }
	public $later;
	public function __get( $name ) { return $name === "name" ? fresh( $this->later ) : null; }
}
class Unset_ extends FileBackendMultiWrite {
	public function forget( string $name ) { ( function () use ( $name ) { unset( $this->$name ); } )->bindTo( $this, FileBackendMultiWrite::class )(); }
}
set_error_handler( static function ( $type, $message ) { show( [ $type, preg_replace( "/\\w+::\\$/", "", $message ) ] ); return true; } );
$path = "mwstore://proxy/c/x";
$calls = [
	"exists" => static fn ( $p ) => $p->fileExists( [ "src" => $path ] ),
	"size of the master's" => static fn ( $p ) => $p->getFileSize( [ "src" => $path, "latest" => true ] ),
	"contents" => static fn ( $p ) => $p->getFileContentsMulti( [ "srcs" => [ $path, "$path-2" ] ] ),
	"check" => static fn ( $p ) => $p->consistencyCheck( [ $path, "$path-2" ] ),
	"usable" => static fn ( $p ) => $p->accessibilityCheck( [ $path ] ),
	"features" => static fn ( $p ) => $p->getFeatures(),
	"preload" => static fn ( $p ) => $p->preloadCache( [ $path ] ),
	"prepare" => static fn ( $p ) => $p->prepare( [ "dir" => "mwstore://proxy/c" ] ),
	"write" => static fn ( $p ) => $p->create( [ "dst" => $path, "content" => "1", "overwrite" => true ] ),
	"quick" => static fn ( $p ) => $p->quickCreate( [ "dst" => $path, "content" => "2" ] ),
	"resync" => static fn ( $p ) => $p->resyncFiles( [ $path, "$path-2" ] ),
];
$names = [ "backends", "masterIndex", "readIndex", "syncChecks", "autoResync", "asyncWrites", "name", "logger" ];
foreach ( $calls as $what => $call ) {
	foreach ( [ ...array_map( static fn ( $name ) => [ $name ], $names ), [ "backends", "masterIndex" ], $names ] as $forgotten ) {
		foreach ( [ "", "changes" ] as $then ) {
			$proxy = proxy( [ "proxyClass" => Asked::class, "syncChecks" => 7, "autoResync" => true, "logger" => new Lines ], [ "class" => NamedLater::class ], [ "class" => NamedLater::class ] );
			damage( "a", "c/x", "one" );
			damage( "b", "c/x", "other" );
			damage( "b", "c/x-2", "stray" );
			$proxy->forget( $forgotten );
			if ( $then ) {
				// The others get values that are equal, and what they had is gone.
				$others = array_diff( [ "backends", "autoResync", "name" ], $forgotten );
				$proxy->then = static function () use ( $proxy, $others ) {
					foreach ( $others as $name ) {
						$value = ( fn () => $this->$name )->bindTo( $proxy, FileBackendMultiWrite::class )();
						$proxy->put( $name, null );
						$proxy->put( $name, is_array( $value ) ? array_map( fn ( $one ) => $one, $value ) : fresh( $value ) );
					}
				};
			}
			show( [ $what, $forgotten, $then ] );
			show( caught( static fn () => $call( $proxy ) ) );
			$proxy->then = null;
			show( tree() );
		}
	}
}
$proxy = proxy( [ "proxyClass" => Asked::class ] );
$proxy->forget( [ "backends", "masterIndex" ] );
$proxy->getFeatures();
show( $proxy->order );
$proxy->then = static fn () => throw new DomainException( "from __get()" );
foreach ( $calls as $call ) { show( caught( static fn () => $call( $proxy ) ) ); }
$proxy->then = null;
foreach ( [ "masterIndex", "syncChecks", "backends" ] as $name ) {
	$proxy = proxy( [ "proxyClass" => Unset_::class ] );
	$proxy->forget( $name );
	show( caught( static fn () => $calls["exists"]( $proxy ) ) );
	show( caught( static fn () => $calls["features"]( $proxy ) ) );
}
// Answers are kept until there were others, and a cycle with them: so that no leak is seen, let there be others.
restore_error_handler();
$last = ( new ReflectionClass( Asked::class ) )->newInstanceWithoutConstructor();
$last->forget( [ "backends" ] );
for ( $i = 0; $i < 16; $i++ ) { caught( static fn () => @$last->getFeatures() ); }
CODE;
Fixtures\same( $code );
?>
--EXPECT--
684 lines alike
