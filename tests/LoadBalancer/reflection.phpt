--TEST--
On real hosts reflection of the bound class equals the original's, but for the names of MediaWiki 1.33
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/balancer.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/balancer.php';

$code = <<<'CODE'
require_once dirname( ( new ReflectionFunction( 'balancer' ) )->getFileName() ) . '/describe.php';
echo json_encode( Fixtures\describe_class( 'Wikimedia\\Rdbms\\LoadBalancer' ), JSON_THROW_ON_ERROR );
CODE;
foreach ( Fixtures\hosts() as $version ) {
	foreach ( [ 'original', 'native' ] as $which ) {
		$text = Fixtures\run( Fixtures\side_code( $version, $which ) . $code, Fixtures\side_settings( $which ) );
		$facts[$which] = str_replace( 'Wikimedia\\Rdbms\\', '', json_decode( $text, true ) ?? exit( substr( $text, 0, 2000 ) ) );
	}
	echo "$version: ", count( $facts['original'] ) > 150 ? 'much to compare' : 'too little', "\n";
	foreach ( array_diff( $facts['original'], $facts['native'] ) as $line ) {
		echo '- ', str_replace( 'LoadBalancer::', '', $line ), "\n";
	}
	foreach ( array_diff( $facts['native'], $facts['original'] ) as $line ) {
		echo '+ ', str_replace( 'LoadBalancer::', '', $line ), "\n";
	}
	$common = array_values( array_intersect( $facts['native'], $facts['original'] ) );
	Fixtures\check( 'in the same order', $common === array_values( array_intersect( $facts['original'], $facts['native'] ) ) );
}
?>
--EXPECT--
