--TEST--
A lazy ghost of PHP 8.4 is made when it is first used; a lazy proxy is refused
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/balancer.php';
skip_without_host( '1.43' );
if ( PHP_VERSION_ID < 80400 ) {
	exit( 'skip PHP has no lazy objects before 8.4' );
}
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/balancer.php';

$code = <<<'CODE'
$class = new ReflectionClass( Wikimedia\Rdbms\LoadBalancer::class );
$made = 0;
$ghost = $class->newLazyGhost( static function ( $object ) use ( &$made ) {
	$made++;
	$object->__construct( parameters( [ 'p' => 0, 'r' => 1 ] ) );
} );
show( $made );
show( [ reads_from( $ghost ), $made ] );
$proxy = $class->newLazyProxy( static fn () => balancer( [ 'p' => 0, 'r' => 1 ] ) );
show( caught( static fn () => $proxy->getReaderIndex() ) );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
0
["r",1]
"Error: mwnative: a lazy proxy of Wikimedia\\Rdbms\\LoadBalancer has its properties elsewhere: use a lazy ghost"
