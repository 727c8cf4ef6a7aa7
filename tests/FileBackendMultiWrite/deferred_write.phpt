--TEST--
A deferred write that is not what the extension put together is refused: made by reflection, or changed by it
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

// Without the constructor, where the class is bound and where it is not.
$code = <<<'CODE'

$class = new ReflectionClass( "MwNative\\DeferredWrite" );
foreach ( [ "newInstanceWithoutConstructor", "newInstance" ] as $method ) {
	show( caught( static fn () => $class->$method() ) );
}
show( caught( static fn () => unserialize( 'O:22:"MwNative\\DeferredWrite":0:{}' ) ) );
CODE;
echo implode( array_unique( Fixtures\both( '1.43', $code ) ) );

// One that was handed to the host, changed before it runs.
$code = <<<'CODE'

// The queue of the host needs a wiki.
class Updates {
	public static array $waiting = [];
	public static function addCallableUpdate( $update ) { self::$waiting[] = $update; }
	public static function doUpdates() { while ( self::$waiting ) { array_shift( self::$waiting )( "caller" ); } }
}
class_alias( "Updates", "DeferredUpdates" );
class_alias( "Updates", "MediaWiki\\Deferred\\DeferredUpdates" );
class Catching extends FSFileBackend {
	public static $write;
	protected function doCreateInternal( array $params ) {
		if ( $this->name === "b" && !self::$write ) {
			foreach ( debug_backtrace() as $frame ) {
				if ( ( $frame["class"] ?? "" ) === "MwNative\\DeferredWrite" ) { self::$write = $frame["object"]; }
			}
			// While it runs: what it needs is kept.
			foreach ( self::properties() as $property ) { $property->setValue( self::$write, null ); }
			$GLOBALS["filled"] = range( 1, 100 );
		}
		return parent::doCreateInternal( $params );
	}
	public static function properties() {
		foreach ( [ "proxy", "backend", "method", "arguments", "lock", "paths" ] as $name ) { yield $name => new ReflectionProperty( "MwNative\\DeferredWrite", $name ); }
	}
}
$proxy = proxy( [ "replication" => "async", "logger" => new Lines ], [ "class" => Catching::class ], [ "class" => Catching::class ] );
$proxy->prepare( [ "dir" => "mwstore://proxy/c" ] );
Updates::doUpdates();
show( $proxy->create( [ "dst" => "mwstore://proxy/c/x", "content" => "1" ] ) );
Updates::doUpdates();
show( tree() );
$write = Catching::$write;
show( caught( static fn () => $write() ) );
$backend = ( static fn () => $proxy->backends[1] )->bindTo( null, FileBackendMultiWrite::class )();
$whole = [ "proxy" => $proxy, "backend" => $backend, "method" => "getName", "arguments" => [] ];
foreach ( [ [], [ "proxy" => new stdClass ], [ "backend" => new stdClass ], [ "backend" => 5 ], [ "proxy" => null ], [ "method" => 5 ], [ "arguments" => null ],
	[ "arguments" => [ 1, 2, 3 ] ], [ "arguments" => [ "key" => 1, 7 => 2 ] ], [ "method" => "noSuchMethod" ], [ "paths" => 5 ] ] as $odd ) {
	foreach ( Catching::properties() as $name => $property ) { $property->setValue( $write, ( $odd + $whole )[$name] ?? null ); }
	show( [ array_keys( $odd ), caught( static fn () => $write( "name of the caller" ) )?->getMessage() ] );
}
Catching::$write = null;
CODE;
$printed = [];
foreach ( Fixtures\hosts() as $version ) {
	$printed[] = Fixtures\both( $version, $code )['native'];
}
echo implode( array_unique( $printed ) );
?>
--EXPECT--
"ReflectionException: Class MwNative\\DeferredWrite is an internal class marked as final that cannot be instantiated without invoking its constructor"
"ReflectionException: Access to non-public constructor of class MwNative\\DeferredWrite"
"Exception: Unserialization of 'MwNative\\DeferredWrite' is not allowed"
{"ok":true,"success":[true],"errors":[]}
{"a/wiki-c/x":"1","b/wiki-c/x":"1"}
"Error: MwNative\\DeferredWrite holds no write"
[[],null]
[["proxy"],"MwNative\\DeferredWrite holds no write"]
[["backend"],"MwNative\\DeferredWrite holds no write"]
[["backend"],"MwNative\\DeferredWrite holds no write"]
[["proxy"],"MwNative\\DeferredWrite holds no write"]
[["method"],"MwNative\\DeferredWrite holds no write"]
[["arguments"],"MwNative\\DeferredWrite holds no write"]
[["arguments"],"MwNative\\DeferredWrite holds no write"]
[["arguments"],null]
[["method"],"Call to undefined method Catching::noSuchMethod()"]
[["paths"],null]
