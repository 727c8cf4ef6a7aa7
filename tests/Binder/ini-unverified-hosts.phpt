--TEST--
mwnative.unverified_hosts=1 takes the nearest older shell on an unverified host, where the tree fits it
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

function outcome( string $tree, string $version, int $unverified, array $changes = [] ): void {
	$host = Host::copy( $tree, $changes );
	$host->change( 'start.php', [ "$tree.0" => $version ] );
	echo "$version, ", $unverified ? 'allowed' : 'not allowed', ': ',
		$host->outcome( [ 'mwnative.unverified_hosts' => $unverified ] ), "\n";
}

outcome( '1.39', '1.41.0', 0 );
outcome( '1.39', '1.41.0', 1 );
outcome( '1.39', '1.35.0', 1 );
outcome( '1.43', '1.45.1', 1 );
outcome( '1.43', '1.44.0-alpha', 1, [
	'FileBackend.php' => [ '// mutation: members' => 'abstract public function newInThisVersion();' ],
	'FileBackendMultiWrite.php' => [ '// mutation: members' => 'public function newInThisVersion() {}' ],
] );
// 1.42 has 1.43's names: the name that the 1.39 shell would serve is not what this host asks for.
outcome( '1.39', 'nonsense', 1 );
?>
--EXPECT--
1.41.0, not allowed: aside: MediaWiki 1.41.0 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
1.41.0, allowed: bound
1.35.0, allowed: bound
1.45.1, allowed: bound
1.44.0-alpha, allowed: aside: Wikimedia\FileBackend\FileBackend::newInThisVersion() is abstract there and the shell lacks it
nonsense, allowed: aside: MediaWiki nonsense is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
