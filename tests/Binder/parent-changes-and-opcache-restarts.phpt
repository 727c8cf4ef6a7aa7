--TEST--
A parent that changed before opcache was restarted is compared anew, even where its class lies at the same address
--EXTENSIONS--
opcache
--INI--
opcache.enable=1
opcache.validate_timestamps=0
opcache.file_update_protection=0
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	$server = new Fixtures\Server( 'if ( isset( $_GET["reset"] ) ) { echo opcache_reset() ? "reset\n" : "NO RESET\n"; return; }' .
		$host->code() . <<<'CODE'
		class_exists( $name );
		$status = mwnative_status()['classes']['FileBackendMultiWrite'];
		echo Fixtures\origin( $name ), ", $status[state]: $status[reason]\n";
		CODE );
	echo "$generation\n", $server->get(), $server->get();
	// As a deployment does it. Same size, lines and numbers of everything: only a type differs.
	foreach ( [ 'FileBackend.php', 'FileBackendMultiWrite.php' ] as $file ) {
		$host->change( $file, [ 'fileExists( array $params )' => 'fileExists( mixed $params )' ] );
	}
	echo $server->get( [ 'reset' => 1 ] ), $server->get(), $server->get(), $server->stop();
}
?>
--EXPECT--
1.39
shell, bound: 
shell, bound: 
reset
host, stepped aside: argument 1 of FileBackend::fileExists() has another type there
host, stepped aside: argument 1 of FileBackend::fileExists() has another type there
1.43
shell, bound: 
shell, bound: 
reset
host, stepped aside: argument 1 of Wikimedia\FileBackend\FileBackend::fileExists() has another type there
host, stepped aside: argument 1 of Wikimedia\FileBackend\FileBackend::fileExists() has another type there
