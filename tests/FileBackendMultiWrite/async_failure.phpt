--TEST--
A deferred write that fails on a clone is logged and counted; the original says nothing
--EXTENSIONS--
mbstring
fileinfo
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/real-host.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/both.php';

$code = <<<'CODE'
// The queue of the host needs a wiki; here it is a list that runs when told to.
class WaitingUpdates {
	public static array $updates = [];
	public static function addCallableUpdate( $update ) {
		self::$updates[] = $update;
	}
	public static function run(): void {
		while ( self::$updates ) {
			array_shift( self::$updates )( "caller" );
		}
	}
}
class_alias( "WaitingUpdates", "DeferredUpdates" );
class_alias( "WaitingUpdates", "MediaWiki\\Deferred\\DeferredUpdates" );

class Refusing extends FSFileBackend {
	protected function doCreateInternal( array $params ) {
		return $this->newStatus( "backend-fail-create", $params["dst"] );
	}
	protected function doSecureInternal( $container, $dir, array $params ) {
		return $this->newStatus( "directorycreateerror", $params["dir"] );
	}
}
$logger = new Lines;
$proxy = proxy( [ "replication" => "async", "logger" => $logger ], [], [ "class" => Refusing::class ] );
show( $proxy->prepare( [ "dir" => "mwstore://proxy/c/d" ] ) );
WaitingUpdates::run();
show( $proxy->secure( [ "dir" => "mwstore://proxy/c/d", "noAccess" => true ] ) );
show( $proxy->create( [ "dst" => "mwstore://proxy/c/d/x", "content" => "1" ] ) );
show( $proxy->quickCreate( [ "dst" => "mwstore://proxy/c/d/y", "content" => "secret content" ] ) );
show( count( WaitingUpdates::$updates ) );
WaitingUpdates::run();
show( $logger->lines );
show( mwnative_status()["classes"]["FileBackendMultiWrite"]["counters"]["replicationFailures"] );
show( array_filter( tree(), static fn ( $file ) => !str_contains( $file, "ht" ) && !str_contains( $file, "index" ), ARRAY_FILTER_USE_KEY ) );
CODE;
Fixtures\each( $code );
?>
--EXPECT--
original:
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
3
["debug: FileBackendStore::ingestFreshFileStats: File {path} does not exist","debug: FileBackendStore::ingestFreshFileStats: File {path} does not exist","debug: FileBackendMultiWrite::doOperationsInternal: 'b' async replication; paths: [\"mwstore://proxy/c/d/x\"]","error: CreateFileOp failed: {\"content\":\"1\",\"dst\":\"mwstore://b/c/d/x\",\"dstExists\":false,\"failedAction\":\"attempt\"}","error: CreateFileOp failed: {\"content\":\"secret content\",\"dst\":\"mwstore://b/c/d/y\",\"overwrite\":true,\"failedAction\":\"attempt\"}"]
[]
{"a/wiki-c/d/x":"1","a/wiki-c/d/y":"secret content"}
native:
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
3
["error: FileBackendMultiWrite::doDirectoryOp: 'b' async replication failed","debug: FileBackendStore::ingestFreshFileStats: File {path} does not exist","debug: FileBackendStore::ingestFreshFileStats: File {path} does not exist","error: FileBackendMultiWrite::doDirectoryOp: 'b' async replication failed","debug: FileBackendMultiWrite::doOperationsInternal: 'b' async replication; paths: [\"mwstore://proxy/c/d/x\"]","error: CreateFileOp failed: {\"content\":\"1\",\"dst\":\"mwstore://b/c/d/x\",\"dstExists\":false,\"failedAction\":\"attempt\"}","error: FileBackendMultiWrite::doOperationsInternal: 'b' async replication failed; paths: [\"mwstore://proxy/c/d/x\"]","error: CreateFileOp failed: {\"content\":\"secret content\",\"dst\":\"mwstore://b/c/d/y\",\"overwrite\":true,\"failedAction\":\"attempt\"}","error: FileBackendMultiWrite::doQuickOperationsInternal: 'b' async replication failed"]
{"b":4}
{"a/wiki-c/d/x":"1","a/wiki-c/d/y":"secret content"}
