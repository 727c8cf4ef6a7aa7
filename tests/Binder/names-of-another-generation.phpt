--TEST--
A name that only another generation of the host uses goes to the host's autoloader and decides nothing
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$asked = [];
spl_autoload_register( static function ( string $class ) use ( &$asked ): void {
	$asked[] = $class;
} );
$host = Fixtures\Host::copy( '1.39' )->start();
$state = static fn (): string => mwnative_status()['classes']['FileBackendMultiWrite']['state'];

var_dump( class_exists( 'Wikimedia\\FileBackend\\FileBackendMultiWrite' ), $asked, $hostLoads, $state() );
var_dump( class_exists( 'FileBackendMultiWrite' ), $state() );
var_dump( class_exists( 'Wikimedia\\FileBackend\\FileBackendMultiWrite' ), $state() );
?>
--EXPECT--
bool(false)
array(1) {
  [0]=>
  string(43) "Wikimedia\FileBackend\FileBackendMultiWrite"
}
array(0) {
}
string(13) "not asked for"
bool(true)
string(5) "bound"
bool(false)
string(5) "bound"
