--TEST--
An original whose file was included first stays, under all its names, and the status says so
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Host::copy( $generation );
	echo Fixtures\run( $host->code() . <<<'CODE'
		require dirname( ( new ReflectionClass( 'HostNamed' ) )->getFileName() ) . '/FileBackendMultiWrite.php';
		foreach ( array_unique( [ $name, 'FileBackendMultiWrite' ] ) as $one ) {
			var_dump( class_exists( $one ) );
			echo $one, ' of the ', Fixtures\origin( $one ), "\n";
		}
		$status = mwnative_status()['classes']['FileBackendMultiWrite'];
		unset( $status['counters'] );
		echo json_encode( $status, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES ), "\n";
		CODE );
}
?>
--EXPECT--
bool(true)
FileBackendMultiWrite of the host
{
    "state": "original loaded first",
    "reason": "the host's file was included or preloaded before the class was looked up",
    "host": null,
    "name": null,
    "parent": null
}
bool(true)
Wikimedia\FileBackend\FileBackendMultiWrite of the host
bool(true)
FileBackendMultiWrite of the host
{
    "state": "original loaded first",
    "reason": "the host's file was included or preloaded before the class was looked up",
    "host": null,
    "name": null,
    "parent": null
}
