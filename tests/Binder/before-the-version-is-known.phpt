--TEST--
Before MW_VERSION is defined, or where it is no text, nothing is bound and nothing is decided
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$state = static function (): void {
	$status = mwnative_status();
	echo json_encode( $status['host'] ), ' ', $status['classes']['FileBackendMultiWrite']['state'], "\n";
};
$host = Fixtures\Host::copy( '1.43' );
var_dump( class_exists( 'FileBackendMultiWrite' ) );
$state();
$asked = [];
spl_autoload_register( static function ( string $class ) use ( &$asked ): void {
	$asked[] = $class;
} );
var_dump( class_exists( 'Wikimedia\\FileBackend\\FileBackendMultiWrite' ) );
$state();
$host->start();
echo implode( ' ', $asked ), "\n";
var_dump( class_exists( 'FileBackendMultiWrite' ) );
$state();

foreach ( [ '143', '1.43', '[ "1.43.0" ]', 'null', 'true' ] as $version ) {
	$other = Fixtures\Host::copy( '1.43', [ 'start.php' => [ "'1.43.0'" => $version ] ] );
	echo $version, ': ', $other->outcome(), "\n";
}
?>
--EXPECT--
bool(false)
null not asked for
bool(false)
null not asked for
Wikimedia\FileBackend\FileBackendMultiWrite
bool(true)
"1.43.0" bound
143: aside: the host's file was included or preloaded before the class was looked up BUT the state is 'original loaded first'
1.43: aside: the host's file was included or preloaded before the class was looked up BUT the state is 'original loaded first'
[ "1.43.0" ]: aside: the host's file was included or preloaded before the class was looked up BUT the state is 'original loaded first'
null: aside: the host's file was included or preloaded before the class was looked up BUT the state is 'original loaded first'
true: aside: the host's file was included or preloaded before the class was looked up BUT the state is 'original loaded first'
