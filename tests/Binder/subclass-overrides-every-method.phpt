--TEST--
A userland subclass can override every method that is not final, call its parent's, and add what it likes
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	echo Fixtures\run( $host->code() . 'require ' . var_export( dirname( __DIR__ ) . '/fixtures/subclass.php', true ) . <<<'CODE'
		;
		$own = array_filter( ( new ReflectionClass( $name ) )->getMethods(), static fn ( $method ) =>
			$method->class === $name && !$method->isFinal() && !$method->isPrivate() );
		eval( Fixtures\subclass( 'Sub', $name, array_map( static fn ( $method ) => $method->name, $own ) ) );
		$sub = new ReflectionClass( 'Sub' );
		$missed = array_filter( $own, static fn ( $method ) => $sub->getMethod( $method->name )->class !== 'Sub' );
		echo count( $own ), ' methods overridden, not the subclass\'s: ', json_encode( $missed ), "\n";
		$proxy = new Sub( [ 'name' => 'proxy', 'backends' => [
			[ 'name' => 'a', 'class' => str_replace( 'MultiWrite', 'Store', $name ), 'isMultiMaster' => true ],
			[ 'name' => 'b', 'class' => str_replace( 'MultiWrite', 'Store', $name ) ],
		] ] );
		$proxy->calls = [];
		var_dump( $proxy->fileExists( [ 'src' => 'mwstore://proxy/c/x' ] ) );
		echo '  ', implode( ' ', $proxy->calls ), "\n";
		$proxy->calls = [];
		var_dump( $proxy->prepare( [ 'dir' => 'mwstore://proxy/c' ] )->isOK() );
		echo '  ', implode( ' ', $proxy->calls ), "\n";
		$proxy->calls = [];
		$proxy->clearCache( [ 'mwstore://proxy/c/x' ] );
		echo '  ', implode( ' ', $proxy->calls ), "\n";
		CODE );
}
?>
--EXPECT--
38 methods overridden, not the subclass's: []
string(26) "fileExists mwstore://a/c/x"
  fileExists getReadIndexFromParams substOpPaths substOpBatchPaths substPaths
bool(true)
  doPrepare doDirectoryOp substOpPaths substOpBatchPaths substPaths substOpPaths substOpBatchPaths substPaths
  clearCache substPaths substPaths
39 methods overridden, not the subclass's: []
string(26) "fileExists mwstore://a/c/x"
  fileExists getReadIndexFromParams substOpPaths substOpBatchPaths substPaths
bool(true)
  doPrepare doDirectoryOp substOpPaths substOpBatchPaths substPaths substOpPaths substOpBatchPaths substPaths
  clearCache substPaths substPaths
