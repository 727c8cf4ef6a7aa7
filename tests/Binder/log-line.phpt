--TEST--
The reason for stepping aside is logged once a process, and again when it changes
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$host = Fixtures\Host::copy( '1.43' );
$server = new Fixtures\Server( 'define( "MW_VERSION", $_GET["version"] );' .
	"require '$host->folder/autoload.php'; echo class_exists( 'FileBackendMultiWrite' ) ? mwnative_status()['classes']['FileBackendMultiWrite']['state'] : '?', \"\\n\";" );
foreach ( [ '1.50', '1.50', '1.50', '1.51', '1.51', '1.43', '1.51', '1.51' ] as $version ) {
	echo "$version: ", $server->get( [ 'version' => $version ] );
}
$server->stop();
echo implode( "\n", $server->errorLog() ), "\n";
?>
--EXPECT--
1.50: stepped aside
1.50: stepped aside
1.50: stepped aside
1.51: stepped aside
1.51: stepped aside
1.43: bound
1.51: stepped aside
1.51: stepped aside
mwnative: the host's own FileBackendMultiWrite is used: MediaWiki 1.50 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
mwnative: the host's own FileBackendMultiWrite is used: MediaWiki 1.51 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
mwnative: the host's own FileBackendMultiWrite is used: MediaWiki 1.51 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
