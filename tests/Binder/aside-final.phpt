--TEST--
Steps aside when the parent is final where the shell would override or extend it
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

/** A host whose parent has this member; the host's own class, which must load, makes room for it. */
function outcome( string $generation, string $member, ?string $abstract, ?string $method ): void {
	$parent = [ '// mutation: members' => $member ];
	if ( $abstract !== null ) {
		$parent[$abstract] = '';
	}
	$host = Host::copy( $generation, [ 'FileBackend.php' => $parent ] );
	if ( $method !== null ) {
		$host->change( 'FileBackendMultiWrite.php', [ "function $method(" => "function another$method(" ] );
		$host->change( 'FileBackendStore.php', [ "function $method(" => "function another$method(" ] );
	}
	echo "$generation, $member ", $host->outcome(), "\n";
}

foreach ( [ '1.39', '1.43' ] as $generation ) {
	outcome( $generation, 'final public function fileExists( array $params ) {}',
		'abstract public function fileExists( array $params );', 'fileExists' );
	outcome( $generation, 'final protected function doPrepare( array $params ) {}',
		'abstract protected function doPrepare( array $params );', 'doPrepare' );
	outcome( $generation, 'final protected function substPaths( $paths ) {}', null, null );
	outcome( $generation, 'final public const CHECK_SIZE = 1;', null, null );
	outcome( $generation, 'final public function somethingElse() {}', null, null );
}
?>
--EXPECT--
1.39, final public function fileExists( array $params ) {} aside: FileBackend::fileExists() is final there and the shell overrides it
1.39, final protected function doPrepare( array $params ) {} aside: FileBackend::doPrepare() is final there and the shell overrides it
1.39, final protected function substPaths( $paths ) {} aside: FileBackend::substPaths() is final there and the shell overrides it
1.39, final public const CHECK_SIZE = 1; aside: FileBackend already has a constant CHECK_SIZE
1.39, final public function somethingElse() {} bound
1.43, final public function fileExists( array $params ) {} aside: Wikimedia\FileBackend\FileBackend::fileExists() is final there and the shell overrides it
1.43, final protected function doPrepare( array $params ) {} aside: Wikimedia\FileBackend\FileBackend::doPrepare() is final there and the shell overrides it
1.43, final protected function substPaths( $paths ) {} aside: Wikimedia\FileBackend\FileBackend::substPaths() is final there and the shell overrides it
1.43, final public const CHECK_SIZE = 1; aside: Wikimedia\FileBackend\FileBackend already has a constant CHECK_SIZE
1.43, final public function somethingElse() {} bound
