--TEST--
resyncFiles tells that the master's file cannot be fetched and leaves the clone alone
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

class Vanishing extends FSFileBackend {
	public static $answer = null;
	protected function doGetLocalReferenceMulti( array $params ) {
		return array_fill_keys( $params["srcs"], self::$answer );
	}
	protected function doGetFileSha1Base36( array $params ) {
		return str_repeat( "0", 30 ) . "1";
	}
}
foreach ( [ null, false ] as Vanishing::$answer ) {
	$logger = new Lines;
	$proxy = proxy( [ "logger" => $logger ], [ "class" => Vanishing::class ] );
	damage( "a", "c/x", "new" );
	damage( "b", "c/x", "old" );
	$result = caught( static fn () => $proxy->resyncFiles( [ "mwstore://proxy/c/x" ] ) );
	show( $result instanceof Throwable ? "thrown" : $result );
	show( $logger->lines );
	show( tree() );
}
CODE;
Fixtures\each( $code );
?>
--EXPECT--
original:
"thrown"
[]
{"a/wiki-c/x":"new","b/wiki-c/x":"old"}
"thrown"
[]
{"a/wiki-c/x":"new","b/wiki-c/x":"old"}
native:
{"ok":false,"success":[],"errors":[["backend-fail-read","mwstore://proxy/c/x"]]}
["error: FileBackendMultiWrite::resyncFiles: file 'mwstore://a/c/x' cannot be read","error: FileBackendMultiWrite::resyncFiles: failed to resync: [\"mwstore://proxy/c/x\"]"]
{"a/wiki-c/x":"new","b/wiki-c/x":"old"}
{"ok":false,"success":[],"errors":[["backend-fail-read","mwstore://proxy/c/x"]]}
["error: FileBackendMultiWrite::resyncFiles: file 'mwstore://a/c/x' cannot be read","error: FileBackendMultiWrite::resyncFiles: failed to resync: [\"mwstore://proxy/c/x\"]"]
{"a/wiki-c/x":"new","b/wiki-c/x":"old"}
