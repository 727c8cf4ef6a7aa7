--TEST--
Each method of a shell is one call of its body with its own arguments, and each body serves a shell
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
require __DIR__ . '/../fixtures/shell-audit.php';

/** @return array{array<string,string>,array<string,int>,array<string,int>} The shells of a class by host, its bodies, what they require */
function shells_and_bodies( string $class ): array {
	$bodies = $required = $shells = [];
	foreach ( ( new ReflectionClass( "MwNative\\$class" ) )->getMethods() as $method ) {
		$bodies[$method->name] = $method->getNumberOfParameters();
		$required[$method->name] = $method->getNumberOfRequiredParameters();
	}
	foreach ( glob( ini_get( 'mwnative.stub_path' ) . "/*/$class.php" ) as $file ) {
		$shells[basename( dirname( $file ) )] = file_get_contents( $file );
		// What the parts call serves too.
		foreach ( glob( dirname( $file ) . '/parts/*.php' ) as $part ) {
			preg_match_all( "/\b$class::(\w+)\( /", file_get_contents( $part ), $calls );
			$bodies = array_diff_key( $bodies, array_flip( $calls[1] ) );
		}
	}
	// C itself hands them to the host.
	unset( $bodies['warnOfException'], $bodies['warnOfDeprecation'] );
	return [ $shells, $bodies, $required ];
}
echo "As they are:\n";
foreach ( [ 'LoadBalancer', 'PoolCounterRedis', 'FileBackendMultiWrite' ] as $class ) {
	[ $shells, $bodies, $required ] = shells_and_bodies( $class );
	$found = Fixtures\audit_shells( $shells, $bodies, $required );
	echo "$class: ", count( $shells ), ' shells, ', count( $bodies ), ' bodies, ', json_encode( $found ), "\n";
}

echo "What the audit notices:\n";
$change = static function ( string $old, string $new ) use ( $shells, $bodies ): void {
	str_contains( $shells['1.43'], $old ) || exit( "no $old" );
	$shells['1.43'] = str_replace( $old, $new, $shells['1.43'] );
	echo implode( "\n", Fixtures\audit_shells( $shells, $bodies ) ), "\n";
};
$change( 'Body::concatenate( $this', 'Body::concatenat( $this' );
$change( 'Body::concatenate( $this, $params )', 'Body::getFileList( $this, $params )' );
$change( '->fileExists( $realParams )', '->getFileSize( $realParams )' );
$change( '->fileExists( $realParams )', '->fileExists( $params )' );
$change( 'substOpPaths( $this, $ops, $backend )', 'substOpPaths( $this, $backend, $ops )' );
$change( 'substOpPaths( $this, $ops, $backend )', 'substOpPaths( $this, $ops )' );
$change( 'return Body::getFileList(', 'Body::getFileList(' );
$change( "\t\treturn Body::getFileList", "\t\t\$params['more'] = 1;\n\t\treturn Body::getFileList" );
unset( $bodies['getFileList'] );
echo implode( "\n", Fixtures\audit_shells( $shells, $bodies ) ), "\n";
$bodies += [ 'getFileList' => 2, 'nobodyCallsIt' => 1 ];
echo implode( "\n", Fixtures\audit_shells( $shells, $bodies ) ), "\n";
?>
--EXPECT--
As they are:
LoadBalancer: 2 shells, 107 bodies, []
PoolCounterRedis: 2 shells, 13 bodies, []
FileBackendMultiWrite: 2 shells, 31 bodies, []
What the audit notices:
1.43: concatenate() calls Body::concatenat()
1.43: the C side has no body concatenat
1.43: concatenate() calls Body::getFileList()
1.43: fileExists( array $params ) calls getFileSize() of the backend
1.43: fileExists() calls Body::reader()
1.43: substOpPaths() hands over $this, $backend, $ops
1.43: substOpPaths() hands over $this, $ops
1.43: getFileList() drops what its body returns
1.43: getFileList() is more than one call
1.43: getFileListForWrite() is more than one call
no shell calls the body getFileListForWrite
1.39: the C side has no body getFileList
1.43: the C side has no body getFileList
no shell calls the body nobodyCallsIt
