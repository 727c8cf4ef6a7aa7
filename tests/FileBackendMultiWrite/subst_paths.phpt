--TEST--
Names are replaced as plain text, in strings and arrays, as the original replaces them
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

class Open extends FileBackendMultiWrite {
	public function named( string $name ) { $this->name = $name; return $this; }
	public function subst( $paths, $backend = 0 ) { return $this->substPaths( $paths, $this->backends[$backend] ); }
	public function unsubst( $paths, $backend = 0 ) { return $this->unsubstPaths( $paths, $this->backends[$backend] ); }
	public function batch( array $ops, $backend = 0 ) { return $this->substOpBatchPaths( $ops, $this->backends[$backend] ); }
	public function one( array $op, $backend = 0 ) { return $this->substOpPaths( $op, $this->backends[$backend] ); }
}
class Named extends FSFileBackend {
	public static string $as = "";
	public function __construct( array $config ) { parent::__construct( $config ); if ( self::$as !== "" ) { $this->name = self::$as; } }
}
class Text { public function __construct( private $text ) {} public function __toString() { return $this->text; } }
set_error_handler( static function ( $type, $message ) { show( [ $type, $message ] ); return true; } );
foreach ( [ [ "proxy", "a" ], [ "a", "ab" ], [ "ab", "a" ], [ "a.b*", "c\$1" ], [ "x!y", "c\\1\\\\" ], [ "n\0l", "\0" ], [ "+(", "[a-z]" ] ] as [ $from, Named::$as ] ) {
	$proxy = proxy( [ "proxyClass" => Open::class ], [ "class" => Named::class ] )->named( $from );
	foreach ( [
		"mwstore://$from/c/x", "mwstore://$from/", "mwstore://$from", "mwstore://{$from}b/c", "mwstore://$from/c/mwstore://$from/d",
		"xmwstore://$from/c", "\nmwstore://$from/c", "mwstore://$from/c\0/\xff", "", "mwstore:/$from/", "MWSTORE://$from/c",
		[ "mwstore://$from/1", "k" => "mwstore://$from/2", 7 => "other" ], [], [ 5 => "mwstore://$from/1", 3 => "mwstore://$from/2" ],
		[ "mwstore://$from/1", null, 5, 1.5, true, new Text( "mwstore://$from/t" ) ], [ [ "mwstore://$from/nested" ] ],
		null, 5, 1.5, true, new Text( "mwstore://$from/t" ), new ArrayObject,
	] as $paths ) {
		show( caught( static fn () => $proxy->subst( $paths ) ) );
		show( caught( static fn () => $proxy->unsubst( is_string( $paths ) ? strtr( $paths, [ $from => Named::$as ] ) : $paths ) ) );
	}
}
Named::$as = "";
$proxy = proxy( [ "proxyClass" => Open::class ] );
$long = "mwstore://proxy/c/" . str_repeat( "x", 1 << 20 );
show( [ strlen( $proxy->subst( $long ) ), $proxy->unsubst( $proxy->subst( $long ) ) === $long ] );
show( $proxy->one( [ "op" => "copy", "src" => "mwstore://proxy/c/x", "dst" => null, "srcs" => [ "k" => "mwstore://proxy/c/y" ], "dir" => 7, "other" => "mwstore://proxy/c/z" ], 1 ) );
show( $proxy->batch( [ "key" => [ "src" => "mwstore://proxy/c/x" ], "text", 5, null, [ "dst" => [ "mwstore://proxy/c/x" ] ] ] ) );
// References are written through, which is how the original treats its caller.
$path = "mwstore://proxy/c/x";
$op = [ "src" => &$path ];
show( [ $proxy->one( $op, 1 ), $path, $op ] );
$object = new ArrayObject( [ "src" => "mwstore://proxy/c/x" ] );
show( [ $proxy->batch( [ $object ] ), $object ] );
show( caught( static fn () => $proxy->batch( [ new Text( "x" ) ] ) ) );
CODE;
Fixtures\same( $code );
?>
--EXPECT--
342 lines alike
