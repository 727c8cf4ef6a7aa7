--TEST--
What an override returns that is no list of paths is refused by the next method's signature
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

class Odd extends FileBackendMultiWrite {
	public static $paths;
	protected function fileStoragePathsForOps( array $ops ) { return self::$paths; }
}
class OddAndOpen extends Odd {
	public function clearCache( ?array $paths = null ) { show( $paths ); }
	public function accessibilityCheck( $paths ) { return $this->newStatus(); }
}
class OddAndOpener extends OddAndOpen {
	public function consistencyCheck( $paths ) { return $this->newStatus( "backend-fail-synced" ); }
}
set_error_handler( static function ( $type, $message ) { show( [ $type, $message ] ); return true; } );
foreach ( [ Odd::class, OddAndOpen::class, OddAndOpener::class ] as $class ) {
	foreach ( [ null, "mwstore://proxy/c/x", 5, new ArrayObject, [ "mwstore://proxy/c/x" ] ] as Odd::$paths ) {
		$proxy = proxy( [ "proxyClass" => $class, "syncChecks" => 1, "autoResync" => true ] );
		$proxy->prepare( [ "dir" => "mwstore://proxy/c" ] );
		show( [ $class, caught( static fn () => $proxy->create( [ "dst" => "mwstore://proxy/c/x", "content" => "1", "overwrite" => true ] ) )::class ] );
		show( caught( static fn () => $proxy->create( [ "dst" => "mwstore://proxy/c/x", "content" => "1", "overwrite" => true ] ) ) );
	}
}
CODE;
Fixtures\same( $code );
?>
--EXPECT--
38 lines alike
