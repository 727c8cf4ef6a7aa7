--TEST--
Lookups that must not autoload find nothing and bind nothing, and find the class once it is bound
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$host = Fixtures\Host::copy( '1.43' )->start();
$names = [ 'Wikimedia\\FileBackend\\FileBackendMultiWrite', 'FileBackendMultiWrite' ];
$look = static function () use ( $names, $host ): void {
	foreach ( $names as $name ) {
		echo (int)class_exists( $name, false ), (int)interface_exists( $name, false ), (int)enum_exists( $name, false ),
			(int)( $host instanceof $name ), (int)is_a( $host, $name ), ' ';
	}
	echo mwnative_status()['classes']['FileBackendMultiWrite']['state'], ', loaded: ', implode( ' ', $GLOBALS['hostLoads'] ), "\n";
};

$look();
( static function ( int|FileBackendMultiWrite $x ) {
} )( 1 );
try {
	throw new Exception;
} catch ( FileBackendMultiWrite | Exception ) {
}
echo FileBackendMultiWrite::class, ' ', mwnative_status()['classes']['FileBackendMultiWrite']['state'], "\n";
var_dump( class_exists( $names[1] ) );
$look();
?>
--EXPECT--
00000 00000 not asked for, loaded: 
FileBackendMultiWrite not asked for
bool(true)
10000 10000 bound, loaded: FileBackend.php HostNamed.php
