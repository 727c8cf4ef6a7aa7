--TEST--
A parent that changes on disk between two requests is compared anew: the next request steps aside, and binds again when it fits
--EXTENSIONS--
opcache
--INI--
opcache.enable=1
opcache.validate_timestamps=1
opcache.revalidate_freq=0
opcache.file_update_protection=0
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	$server = new Fixtures\Server( $host->code() . <<<'CODE'
		class_exists( $name );
		$status = mwnative_status()['classes']['FileBackendMultiWrite'];
		echo Fixtures\origin( $name ), ", $status[state]: $status[reason]\n";
		CODE );
	$time = time();
	// Timestamps set by hand: opcache goes by them, and seconds are too coarse for a test.
	$replace = static function ( array $changes ) use ( $host, &$time ): void {
		$host->change( 'FileBackend.php', $changes );
		touch( "$host->folder/FileBackend.php", $time += 10 );
		clearstatcache();
	};
	$final = 'final public function getFileSize( array $params ) {}';
	echo "$generation\n";
	echo $server->get(), $server->get();
	$replace( [ '// mutation: members' => 'abstract public function added(); // mutation: members' ] );
	$host->change( 'FileBackendMultiWrite.php', [ '// mutation: members' => 'public function added() {} // mutation: members' ] );
	touch( "$host->folder/FileBackendMultiWrite.php", $time );
	echo $server->get(), $server->get();
	$replace( [ 'abstract public function added(); // mutation' => '// mutation' ] );
	echo $server->get();
	// The same line numbers and the same number of everything: only a type differs.
	$replace( [ 'fileExists( array $params )' => 'fileExists( iterable $params )' ] );
	$host->change( 'FileBackendMultiWrite.php', [ 'fileExists( array $params )' => 'fileExists( iterable $params )' ] );
	touch( "$host->folder/FileBackendMultiWrite.php", $time );
	echo $server->get(), $server->get();
	echo $server->stop();
}
?>
--EXPECT--
1.39
shell, bound: 
shell, bound: 
host, stepped aside: FileBackend::added() is abstract there and the shell lacks it
host, stepped aside: FileBackend::added() is abstract there and the shell lacks it
shell, bound: 
host, stepped aside: argument 1 of FileBackend::fileExists() has another type there
host, stepped aside: argument 1 of FileBackend::fileExists() has another type there
1.43
shell, bound: 
shell, bound: 
host, stepped aside: Wikimedia\FileBackend\FileBackend::added() is abstract there and the shell lacks it
host, stepped aside: Wikimedia\FileBackend\FileBackend::added() is abstract there and the shell lacks it
shell, bound: 
host, stepped aside: argument 1 of Wikimedia\FileBackend\FileBackend::fileExists() has another type there
host, stepped aside: argument 1 of Wikimedia\FileBackend\FileBackend::fileExists() has another type there
