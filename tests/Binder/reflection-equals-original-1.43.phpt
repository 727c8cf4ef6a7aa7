--TEST--
On a real MediaWiki 1.43 reflection of the bound class equals the original's, but for what we add
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/real-host.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$facts = [];
foreach ( [ 'original' => 0, 'bound' => 1 ] as $which => $enabled ) {
	$code = '$fixtures = ' . var_export( dirname( __DIR__ ) . '/fixtures', true ) . <<<'CODE'
		;
		require "$fixtures/real-host.php";
		require "$fixtures/describe.php";
		start_real_host( '1.43' );
		$name = 'Wikimedia\\FileBackend\\FileBackendMultiWrite';
		echo json_encode( [ 'state' => class_exists( $name ) ? mwnative_status()['classes']['FileBackendMultiWrite']['state'] : '?',
			'lines' => Fixtures\describe_class( $name ) ], JSON_THROW_ON_ERROR );
		CODE;
	$answer = json_decode( $text = Fixtures\run( $code, [ 'mwnative.enable' => $enabled ] ), true ) ?? exit( substr( $text, 0, 2000 ) );
	$facts[$which] = $answer['lines'];
	echo "$which: $answer[state]\n";
}
Fixtures\check( 'there is much to compare', count( $facts['original'] ) > 120 );
foreach ( array_diff( $facts['original'], $facts['bound'] ) as $line ) {
	echo "- $line\n";
}
foreach ( array_diff( $facts['bound'], $facts['original'] ) as $line ) {
	echo "+ $line\n";
}
// The order of methods and properties is part of what var_dump(), serialize() and mock generators see.
$common = array_values( array_intersect( $facts['bound'], $facts['original'] ) );
Fixtures\check( 'and in the same order', $common === array_values( array_intersect( $facts['original'], $facts['bound'] ) ) );
?>
--EXPECT--
original: disabled
bound: bound
ok: there is much to compare
- constant Wikimedia\FileBackend\FileBackendMultiWrite::CHECK_SIZE private int 1
- constant Wikimedia\FileBackend\FileBackendMultiWrite::CHECK_TIME private int 2
- constant Wikimedia\FileBackend\FileBackendMultiWrite::CHECK_SHA1 private int 4
+ constant Wikimedia\FileBackend\FileBackendMultiWrite::CHECK_SIZE public int 1
+ constant Wikimedia\FileBackend\FileBackendMultiWrite::CHECK_TIME public int 2
+ constant Wikimedia\FileBackend\FileBackendMultiWrite::CHECK_SHA1 public int 4
+ property Wikimedia\FileBackend\FileBackendMultiWrite::noPushQuickOps protected  = false
+ property Wikimedia\FileBackend\FileBackendMultiWrite::noPushDirConts protected  = []
ok: and in the same order
