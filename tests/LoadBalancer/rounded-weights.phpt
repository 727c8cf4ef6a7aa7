--TEST--
A live replica whose weight the host's monitor rounds to 0 is chosen all the same; with the original every read fails
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
/** Says of a server what the host's own monitor says of one that is dead, or that has a connection more than its share. */
class Rounding extends Wikimedia\Rdbms\LoadMonitorNull {
	public static array $scaled = [];

	public function scaleLoads( array &$weightByServer, $domain = null ) {
		$weightByServer = self::$scaled;
	}
}
Servers::$dead = [ 'dead' ];
$read = static function ( array $loads, array $scaled ): void {
	Rounding::$scaled = $scaled;
	$balancer = balancer( $loads, [ 'loadMonitor' => [ 'class' => 'Rounding' ] ] );
	$from = [];
	for ( $i = 0; $i < 20; $i++ ) {
		$from[reads_from( $balancer )] = true;
	}
	echo json_encode( $scaled ), ': ', implode( ', ', array_keys( $from ) ), "\n";
};
$read( [ 'p' => 0, 'dead' => 100, 'live' => 1 ], [ 0, 0, 0 ] );
$read( [ 'p' => 0, 'dead' => 100, 'live' => 100 ], [ 0, 0, 100 ] );
$read( [ 'p' => 0, 'dead' => 1, 'none' => 0 ], [ 0, 0, 0 ] );
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
[0,0,0]: fails
[0,0,100]: live
[0,0,0]: fails
native:
[0,0,0]: live
[0,0,100]: live
[0,0,0]: fails
