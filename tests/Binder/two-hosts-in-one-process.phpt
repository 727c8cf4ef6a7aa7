--TEST--
One process serves hosts of both generations, request by request
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$hosts = [ '1.39' => Fixtures\Host::copy( '1.39' ), '1.43' => Fixtures\Host::copy( '1.43' ) ];
$server = new Fixtures\Server( 'switch ( $_GET["host"] ) {' .
	"case '1.39': {$hosts['1.39']->code()} break; case '1.43': {$hosts['1.43']->code()} break; }" . <<<'CODE'
	$proxy = new FileBackendMultiWrite( [ 'name' => 'proxy', 'backends' => [
		[ 'name' => 'a', 'class' => substr( $name, 0, -10 ) . 'Store', 'isMultiMaster' => true ],
	] ] );
	$status = mwnative_status()['classes']['FileBackendMultiWrite'];
	echo "$status[state], $status[host], $status[name], ", $proxy->fileExists( [ 'src' => 'mwstore://proxy/c/x' ] ), "\n";
	CODE );
foreach ( [ '1.39', '1.43', '1.43', '1.39', '1.39', '1.43' ] as $generation ) {
	echo $server->get( [ 'host' => $generation ] );
}
echo $server->stop();
?>
--EXPECT--
bound, 1.39, FileBackendMultiWrite, fileExists mwstore://a/c/x
bound, 1.43, Wikimedia\FileBackend\FileBackendMultiWrite, fileExists mwstore://a/c/x
bound, 1.43, Wikimedia\FileBackend\FileBackendMultiWrite, fileExists mwstore://a/c/x
bound, 1.39, FileBackendMultiWrite, fileExists mwstore://a/c/x
bound, 1.39, FileBackendMultiWrite, fileExists mwstore://a/c/x
bound, 1.43, Wikimedia\FileBackend\FileBackendMultiWrite, fileExists mwstore://a/c/x
