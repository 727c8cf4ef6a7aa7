--TEST--
A damaged shell makes the extension step aside; a fatal error in one is said aloud and leaves later requests their error_reporting; disable_classes
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Host::copy( $generation );
	$stubs = Fixtures\temporary_folder();
	Fixtures\copy_folder( ini_get( 'mwnative.stub_path' ), $stubs );
	$shell = "$stubs/$generation/FileBackendMultiWrite.php";
	$text = file_get_contents( $shell );

	file_put_contents( $shell, substr( $text, 0, (int)( strlen( $text ) / 2 ) ) );
	echo preg_replace( '/\(.*\)/', '(why)', strtr( $host->outcome( [ 'mwnative.stub_path' => $stubs ] ), [ $stubs => 'SHELLS' ] ) ), "\n";

	// The engine ends the request at this one.
	$space = preg_match( '/^namespace .*;$/m', $text, $match ) ? $match[0] : '';
	file_put_contents( $shell, "<?php\n$space\nclass FileBackendMultiWrite {\nfunction a() {}\nfunction a() {}\n}\n" );
	$server = new Fixtures\Server( '$level = static fn () => error_reporting() === E_ALL ? "all" : error_reporting();
		register_shutdown_function( static fn () => print( " [shutdown: " . $level() . "]" ) );
		echo $level(), " ";' .
		'if ( $_GET["bind"] ?? false ) { ' . $host->code() . ' class_exists( $name ); }',
		[ 'mwnative.stub_path' => $stubs, 'error_reporting' => E_ALL, 'display_errors' => '1', 'html_errors' => '0' ] );
	foreach ( [ 'yes', '' ] as $bind ) {
		$answer = $server->get( [ 'bind' => $bind ] );
		echo preg_match( '/Cannot redeclare \S+/', $answer, $found ) ? $found[0] : '-', ', ', preg_replace( '/\s.*\[/s', ' [', $answer ), "\n";
	}
	$server->stop();

	file_put_contents( $shell, $text );
	echo $host->outcome( [ 'mwnative.stub_path' => $stubs, 'disable_classes' => 'MwNative\FileBackendMultiWrite' ] ), "\n";
	echo $host->outcome( [ 'mwnative.stub_path' => $stubs ] ), "\n";
}
?>
--EXPECT--
aside: the shell SHELLS/1.39/FileBackendMultiWrite.php is damaged (why): reinstall the extension
Cannot redeclare FileBackendMultiWrite::a(), all [shutdown: all]
-, all [shutdown: all]
aside: its body is in disable_classes
bound
aside: the shell SHELLS/1.43/FileBackendMultiWrite.php is damaged (why): reinstall the extension
Cannot redeclare Wikimedia\FileBackend\FileBackendMultiWrite::a(), all [shutdown: all]
-, all [shutdown: all]
aside: its body is in disable_classes
bound
