--TEST--
Steps aside on a version of MediaWiki that is not verified, and on what is no version
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$versions = [ "'1.39.0'", "'1.39'", "'1.39.99-alpha'", "'1.38.4'", "'1.40.0'", "'1.42.3'", "'1.44.0-alpha'", "'2.39.0'",
	"'0.39'", "'1'", "'1.'", "'1.x'", "''", "'MediaWiki'", "'139.0'", "'-1.39'", "'1.-39'", "'99999999999999999999.1'", "'1.1000'" ];
foreach ( $versions as $version ) {
	$host = Fixtures\Host::copy( '1.39', [ 'start.php' => [ "'1.39.0'" => $version ] ] );
	echo "$version: {$host->outcome()}\n";
}
?>
--EXPECT--
'1.39.0': bound
'1.39': bound
'1.39.99-alpha': bound
'1.38.4': aside: MediaWiki 1.38.4 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'1.40.0': aside: MediaWiki 1.40.0 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'1.42.3': aside: MediaWiki 1.42.3 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'1.44.0-alpha': aside: MediaWiki 1.44.0-alpha is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'2.39.0': aside: MediaWiki 2.39.0 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'0.39': aside: MediaWiki 0.39 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'1': aside: MediaWiki 1 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'1.': aside: MediaWiki 1. is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'1.x': aside: MediaWiki 1.x is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'': aside: MediaWiki  is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'MediaWiki': aside: MediaWiki MediaWiki is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'139.0': aside: MediaWiki 139.0 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'-1.39': aside: MediaWiki -1.39 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'1.-39': aside: MediaWiki 1.-39 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'99999999999999999999.1': aside: MediaWiki 99999999999999999999.1 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
'1.1000': aside: MediaWiki 1.1000 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
