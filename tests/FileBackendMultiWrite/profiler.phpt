--TEST--
A profiler sees the sections of the original, whatever becomes of the file
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

class Section {
	public function __construct( private $name ) { show( "begin $name" ); }
	public function __destruct() { show( "end $this->name" ); }
}
$throws = false;
$profiler = static function ( $name ) use ( &$throws ) {
	$name = preg_replace( "/.*\\\\/", "", $name );
	if ( $throws && str_contains( $name, "Reference" ) ) { throw new DomainException( $name ); }
	return new Section( $name );
};
$proxy = proxy( [ "syncChecks" => 4 ], [ "profiler" => $profiler ], [ "profiler" => $profiler ] );
$paths = [ "mwstore://proxy/c/x", "mwstore://proxy/c/none", "mwstore://proxy/c/stray" ];
damage( "a", "c/x", "one" );
damage( "b", "c/x", "other" );
damage( "b", "c/stray", "stray" );
foreach ( [ false, true ] as $throws ) {
	foreach ( [ "consistencyCheck", "resyncFiles", "consistencyCheck" ] as $method ) {
		$proxy->clearCache();
		show( $method );
		show( caught( static fn () => $proxy->$method( $paths ) ) );
	}
}
$throws = false;
show( $proxy->getFileSha1Base36( [ "src" => $paths[0] ] ) );
CODE;
Fixtures\same( $code );
?>
--EXPECT--
133 lines alike
