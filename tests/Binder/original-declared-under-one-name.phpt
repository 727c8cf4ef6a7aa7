--TEST--
An original that has only one of its names so far stays: looking the other one up does not bind
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

ini_set( 'error_log', '/dev/null' );
$host = Fixtures\Host::copy( '1.43', [ 'FileBackendMultiWrite.php' => [ 'class_alias(' => '// class_alias(' ] ] )->start();
require "$host->folder/FileBackendMultiWrite.php";
var_dump( class_exists( 'FileBackendMultiWrite', false ) );
// The autoloader must not load the file a second time, which would be fatal.
spl_autoload_register( static function ( string $class ) use ( $host ): void {
	echo "autoloader: $class\n";
	class_alias( $host->name(), $class );
}, true, true );
var_dump( class_exists( 'FileBackendMultiWrite' ) );
echo Fixtures\origin( 'FileBackendMultiWrite' ), "\n";
$status = mwnative_status()['classes']['FileBackendMultiWrite'];
echo "$status[state]: $status[reason]\n";
?>
--EXPECT--
bool(false)
autoloader: FileBackendMultiWrite
bool(true)
host
stepped aside: one of its names is declared already
