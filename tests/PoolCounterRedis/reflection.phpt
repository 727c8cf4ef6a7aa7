--TEST--
On real hosts reflection of the bound class equals the original's, but for what we add; both names are one class
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/pool.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/pool.php';

$code = <<<'CODE'
require_once dirname( ( new ReflectionFunction( 'pool' ) )->getFileName() ) . '/describe.php';
$name = ( new ReflectionClass( 'PoolCounterRedis' ) )->getName();
echo json_encode( [ 'name' => $name, 'lines' => Fixtures\describe_class( $name ) ], JSON_THROW_ON_ERROR );
CODE;
// On every host the same.
$printed = [];
foreach ( Fixtures\hosts() as $version ) {
	ob_start();
	foreach ( [ 'original', 'native' ] as $which ) {
		$text = Fixtures\run( Fixtures\side_code( $version, $which ) . $code, Fixtures\side_settings( $which ) );
		$answer = json_decode( $text, true ) ?? exit( substr( $text, 0, 2000 ) );
		$names[$which] = $answer['name'];
		$facts[$which] = $answer['lines'];
	}
	Fixtures\check( 'one name, and much to compare', $names['original'] === $names['native'] && count( $facts['original'] ) > 50 );
	foreach ( array_diff( $facts['original'], $facts['native'] ) as $line ) {
		echo '- ', str_replace( "$names[native]::", '', $line ), "\n";
	}
	foreach ( array_diff( $facts['native'], $facts['original'] ) as $line ) {
		echo '+ ', str_replace( "$names[native]::", '', $line ), "\n";
	}
	$common = array_values( array_intersect( $facts['native'], $facts['original'] ) );
	Fixtures\check( 'and in the same order', $common === array_values( array_intersect( $facts['original'], $facts['native'] ) ) );
	$printed[] = ob_get_clean();
}
echo implode( array_unique( $printed ) );
?>
--EXPECT--
ok: one name, and much to compare
+ property poolType private  = null
+ property serverSet private  = null
+ property deferRelease private  = false
ok: and in the same order
