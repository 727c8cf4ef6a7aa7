--TEST--
With replication async the clones are written when the updates run, and the lock is held until then
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
// The queue of the host needs a wiki; here it is a list that runs when told to.
class WaitingUpdates {
	public static array $updates = [];
	public static function addCallableUpdate( $update ) {
		self::$updates[] = $update;
	}
	public static function run(): void {
		while ( self::$updates ) {
			array_shift( self::$updates )( "caller" );
		}
	}
}
class_alias( "WaitingUpdates", "DeferredUpdates" );
class_alias( "WaitingUpdates", "MediaWiki\\Deferred\\DeferredUpdates" );

class Locks extends LockManager {
	public static array $held = [];
	protected function doLock( array $paths, $type ) {
		self::$held += array_fill_keys( $paths, $type );
		return StatusValue::newGood();
	}
	protected function doUnlock( array $paths, $type ) {
		self::$held = array_diff_key( self::$held, array_flip( $paths ) );
		return StatusValue::newGood();
	}
}
$proxy = proxy( [ "replication" => "async", "lockManager" => new Locks( [] ) ] );
$proxy->prepare( [ "dir" => "mwstore://proxy/c/d" ] );
WaitingUpdates::run();
show( $proxy->create( [ "dst" => "mwstore://proxy/c/d/x", "content" => "1" ] ) );
show( [ tree(), Locks::$held ] );
WaitingUpdates::run();
show( [ tree(), Locks::$held ] );
// A source file that may vanish is not waited for.
file_put_contents( "$folder/source", "2" );
show( $proxy->store( [ "src" => "$folder/source", "dst" => "mwstore://proxy/c/d/y" ] ) );
unlink( "$folder/source" );
show( [ tree(), Locks::$held, count( WaitingUpdates::$updates ) ] );
// A write that is never run gives its lock back when it is dropped.
$proxy->create( [ "dst" => "mwstore://proxy/c/d/z", "content" => "3" ] );
show( Locks::$held );
WaitingUpdates::$updates = [];
show( Locks::$held );
CODE;
Fixtures\same( $code );
?>
--EXPECT--
7 lines alike
