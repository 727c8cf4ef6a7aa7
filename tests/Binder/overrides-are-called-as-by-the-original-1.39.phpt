--TEST--
On a real MediaWiki 1.39 a subclass's overrides are called in the order and with the arguments of the original
--EXTENSIONS--
mbstring
fileinfo
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/real-host.php';
skip_without_host( '1.39' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ [ 'autoResync' => false ], [ 'autoResync' => 'conservative', 'parallelize' => 'off' ],
	[ 'autoResync' => true, 'syncChecks' => 3 ] ] as $settings ) {
	$journals = [];
	foreach ( [ 'original' => 0, 'bound' => 1 ] as $which => $enabled ) {
		$code = '$fixtures = ' . var_export( dirname( __DIR__ ) . '/fixtures', true ) .
			'; $settings = ' . var_export( $settings, true ) . <<<'CODE'
			;
			require "$fixtures/harness.php";
			require "$fixtures/real-host.php";
			require "$fixtures/exercise.php";
			start_real_host( '1.39' );
			$lines = Fixtures\exercise( 'FileBackendMultiWrite', $settings );
			echo json_encode( [ mwnative_status()['classes']['FileBackendMultiWrite']['state'], $lines ], JSON_THROW_ON_ERROR );
			CODE;
		$answer = json_decode( $text = Fixtures\run( $code, [ 'mwnative.enable' => $enabled ] ), true ) ?? exit( substr( $text, 0, 2000 ) );
		$journals[$which] = $answer[1];
		echo "$which: $answer[0]\n";
	}
	Fixtures\check( 'much was called', count( $journals['original'] ) > 300 );
	$called = array_unique( preg_replace( '/^ *([\w>=]+).*/', '$1', $journals['original'] ) );
	Fixtures\check( count( $called ) . ' different methods', count( $called ) > 30 );
	$different = 0;
	foreach ( $journals['original'] as $i => $line ) {
		if ( $line !== ( $journals['bound'][$i] ?? null ) && $different++ < 5 ) {
			echo "line $i\n- $line\n+ ", $journals['bound'][$i] ?? '(the end)', "\n";
		}
	}
	Fixtures\check( 'the journals are the same', $journals['original'] === $journals['bound'] );
}
?>
--EXPECTF--
original: disabled
bound: bound
ok: much was called
ok: %d different methods
ok: the journals are the same
original: disabled
bound: bound
ok: much was called
ok: %d different methods
ok: the journals are the same
original: disabled
bound: bound
ok: much was called
ok: %d different methods
ok: the journals are the same
