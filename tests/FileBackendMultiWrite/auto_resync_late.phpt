--TEST--
Whether to mend is decided after the check and the log line, which may change it
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

class Late extends FileBackendMultiWrite {
	public $then = [];
	private function follow( string $where ) {
		if ( array_key_exists( $where, $this->then ) ) { unset( $this->autoResync ); $this->autoResync = $this->then[$where]; $GLOBALS["filled"] = str_split( str_repeat( "conservatibe", 50 ), 12 ); }
	}
	public function arm( $mode ) { $this->autoResync = &$mode; }
	public function log() { $this->follow( "log" ); }
	public function consistencyCheck( array $paths ) { $status = parent::consistencyCheck( $paths ); $this->follow( "check" ); return $status; }
	protected function substOpBatchPaths( array $ops, Wikimedia\FileBackend\FileBackendStore|FileBackendStore $backend ) { $this->follow( "subst" ); return parent::substOpBatchPaths( $ops, $backend ); }
	public function resyncFiles( array $paths, $mode = true ) { show( [ "resync", $mode ] ); return parent::resyncFiles( $paths, $mode ); }
}
class Noticing extends Psr\Log\AbstractLogger {
	public $proxy;
	public function log( $level, $message, array $context = [] ) { $level === "error" && $this->proxy->log(); }
}
foreach ( [ false, true, 1, "conser" . strtolower( "VATIVE" ) ] as $before ) {
	foreach ( [ "check", "log", "subst" ] as $where ) {
		foreach ( [ false, true, "conser" . strtolower( "VATIVE" ) ] as $after ) {
			$logger = new Noticing;
			$proxy = proxy( [ "proxyClass" => Late::class, "syncChecks" => 1, "logger" => $logger ] );
			$logger->proxy = $proxy;
			$proxy->arm( $before );
			$proxy->then = [ $where => $after ];
			damage( "a", "c/x", "one" );
			damage( "b", "c/x", "other" );
			touch( "$folder/a/wiki-c/x", time() - 100 );
			show( [ $before, $where, $after ] );
			show( caught( static fn () => $proxy->create( [ "dst" => "mwstore://proxy/c/x", "content" => "1", "overwrite" => true ] ) ) );
			show( tree() );
			$logger->proxy = null;
		}
	}
}
CODE;
Fixtures\same( $code );
?>
--EXPECT--
132 lines alike
