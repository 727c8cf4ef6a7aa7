--TEST--
A wrong configuration gets the exception of the original
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

$good = [ "class" => FSFileBackend::class, "name" => "a", "basePath" => $folder, "isMultiMaster" => true ];
$clone = [ "class" => FSFileBackend::class, "name" => "b", "basePath" => $folder ];
set_error_handler( static function ( $type, $message ) { show( [ $type, $message ] ); return true; } );
abstract class Unfinished extends FSFileBackend {}
class Hidden extends FSFileBackend { private function __construct() {} }
class Failing extends FSFileBackend { public function __construct( array $config ) { throw new DomainException( "no" ); } }
foreach ( [
	"two of a name" => [ $good, [ "name" => "a" ] + $clone ],
	"two masters" => [ $good, [ "isMultiMaster" => true ] + $clone ],
	"no master" => [ $clone ],
	"nothing" => [],
	"negative index" => [ -1 => $good ],
	"named backends" => [ "one" => $good, "two" => $clone ],
	"negative name" => [ "-x" => $good ],
	"no class" => [ $good, [ "class" => null ] + $clone ],
	"unknown class" => [ [ "class" => "Nobody" ] + $good ],
	"class is no name" => [ [ "class" => 7 ] + $good ],
	"abstract" => [ [ "class" => Unfinished::class ] + $good ],
	"private" => [ [ "class" => Hidden::class ] + $good ],
	"throws" => [ [ "class" => Failing::class ] + $good ],
	"no name" => [ array_diff_key( $good, [ "name" => 1 ] ) ],
	"name is a list" => [ [ "name" => [] ] + $good ],
	"bad name" => [ [ "name" => "a/b" ] + $good ],
	"no base" => [ array_diff_key( $good, [ "basePath" => 1 ] ) ],
] as $what => $backends ) {
	show( [ $what => ( $result = caught( static fn () => new FileBackendMultiWrite(
		[ "name" => "proxy", "domainId" => "wiki", "backends" => $backends ] ) ) ) instanceof Throwable
		? get_class( $result ) . ": " . $result->getMessage()
		: ( fn () => [ $this->masterIndex, $this->readIndex, array_keys( $this->backends ) ] )->call( $result ) ] );
}
foreach ( [ [], [ "name" => "p" ], [ "name" => "p", "domainId" => "w" ], [ "name" => 5, "domainId" => "w" ], [ "name" => "p", "domainId" => "w", "backends" => 7 ] ] as $config ) {
	show( caught( static fn () => new FileBackendMultiWrite( $config ) ) );
}
CODE;
Fixtures\same( $code );
?>
--EXPECT--
26 lines alike
