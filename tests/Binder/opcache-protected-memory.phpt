--TEST--
Nothing that opcache keeps is written to: binding and calls work with its memory protected
--EXTENSIONS--
opcache
--INI--
opcache.enable=1
opcache.protect_memory=1
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	$server = new Fixtures\Server( $host->code() . <<<'CODE'
		class Sub extends FileBackendMultiWrite {
			public function fileExists( array $params ) {
				return 'sub ' . parent::fileExists( $params );
			}
		}
		$store = str_replace( 'MultiWrite', 'Store', $name );
		foreach ( [ $name, 'Sub' ] as $class ) {
			// The configuration and the parameters are constant arrays, which opcache keeps too.
			$proxy = new $class( [ 'name' => 'proxy', 'noPushDirConts' => [ 'none' ], 'backends' => [
				[ 'name' => 'a', 'class' => $store, 'isMultiMaster' => true ], [ 'name' => 'b', 'class' => $store ] ] ] );
			$proxy->clearCache( [ 'mwstore://proxy/c/x' ] );
			echo $proxy->fileExists( [ 'src' => 'mwstore://proxy/c/x', 'latest' => true ] ), ', ',
				implode( ', ', $proxy->getFileContentsMulti( [ 'srcs' => [ 'mwstore://proxy/c/y', 'mwstore://proxy/c/z' ] ] ) ),
				$proxy->prepare( [ 'dir' => 'mwstore://proxy/c' ] )->isOK() ? ', prepared' : '', "\n";
		}
		CODE );
	$answers = [ $server->get(), $server->get(), $server->get() ];
	echo "$generation, ", count( array_unique( $answers ) ), " different answer\n", $answers[2], $server->stop();
}
?>
--EXPECT--
1.39, 1 different answer
fileExists mwstore://a/c/x, getFileContentsMulti mwstore://a/c/y, getFileContentsMulti mwstore://a/c/z, prepared
sub fileExists mwstore://a/c/x, getFileContentsMulti mwstore://a/c/y, getFileContentsMulti mwstore://a/c/z, prepared
1.43, 1 different answer
fileExists mwstore://a/c/x, getFileContentsMulti mwstore://a/c/y, getFileContentsMulti mwstore://a/c/z, prepared
sub fileExists mwstore://a/c/x, getFileContentsMulti mwstore://a/c/y, getFileContentsMulti mwstore://a/c/z, prepared
