--TEST--
A shell that is forbidden or gone in a later request of the same process makes that request step aside quietly
--EXTENSIONS--
opcache
--INI--
opcache.enable=1
opcache.revalidate_freq=0
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	$stubs = Fixtures\temporary_folder();
	Fixtures\copy_folder( ini_get( 'mwnative.stub_path' ), $stubs );
	$allowed = var_export( implode( PATH_SEPARATOR, [ $host->folder, dirname( __DIR__ ) ] ), true );
	$server = new Fixtures\Server( "if ( isset( \$_GET['limited'] ) ) { ini_set( 'open_basedir', $allowed ); }" .
		$host->code() . <<<'CODE'
		class_exists( $name );
		$status = mwnative_status()['classes']['FileBackendMultiWrite'];
		echo Fixtures\origin( $name ), ", $status[state]: $status[reason]\n";
		CODE, [ 'mwnative.stub_path' => $stubs ] );
	$get = static function ( array $parameters = [] ) use ( $server, $stubs ): void {
		echo strtr( $server->get( $parameters ), [ $stubs => 'SHELLS' ] );
	};
	echo "$generation\n";
	$get();
	$get();
	$get( [ 'limited' => 1 ] );
	$get();
	rename( "$stubs/$generation", "$stubs/away" );
	$get();
	rename( "$stubs/away", "$stubs/$generation" );
	$get();
	echo $server->stop();
}
?>
--EXPECT--
1.39
shell, bound: 
shell, bound: 
host, stepped aside: open_basedir forbids the shell SHELLS/1.39/FileBackendMultiWrite.php: add its folder
shell, bound: 
host, stepped aside: the shell SHELLS/1.39/FileBackendMultiWrite.php cannot be read (No such file or directory): reinstall the extension or set mwnative.stub_path
shell, bound: 
1.43
shell, bound: 
shell, bound: 
host, stepped aside: open_basedir forbids the shell SHELLS/1.43/FileBackendMultiWrite.php: add its folder
shell, bound: 
host, stepped aside: the shell SHELLS/1.43/FileBackendMultiWrite.php cannot be read (No such file or directory): reinstall the extension or set mwnative.stub_path
shell, bound: 
