--TEST--
Reflection shows a userland class with the project's documentation, and methods can be called through it
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use function Fixtures\check;

$host = Fixtures\Host::copy( '1.43' )->start();
$class = new ReflectionClass( 'FileBackendMultiWrite' );
check( 'it is userland', $class->isUserDefined() && !$class->isInternal() && $class->getExtensionName() === false );
check( 'neither final nor abstract', !$class->isFinal() && !$class->isAbstract() && $class->isInstantiable() && $class->isCloneable() );
check( 'under its canonical name', $class->name === $host->name() && $class->getShortName() === 'FileBackendMultiWrite' );
check( 'the class and each method are documented', $class->getDocComment() && !array_filter( $class->getMethods(),
	static fn ( $method ) => $method->class === $class->name && !$method->getDocComment() ) );
check( 'each property too', !array_filter( $class->getProperties(),
	static fn ( $property ) => $property->class === $class->name && !$property->getDocComment() ) );

$proxy = $class->newInstance( $host->configuration() );
$method = new ReflectionMethod( $proxy, 'substPaths' );
$store = $class->getProperty( 'backends' )->getValue( $proxy )[1];
var_dump( $method->invoke( $proxy, 'mwstore://proxy/c/x', $store ) );
$closure = $method->getClosure( $proxy );
var_dump( $closure( [ 'mwstore://proxy/c/x', 'mwstore://other/c/x' ], $store ) );
var_dump( ( fn () => $this->getReadIndexFromParams( [] ) )->call( $proxy ) );
var_dump( call_user_func_array( [ $proxy, 'fileExists' ], [ 'params' => [ 'src' => 'mwstore://proxy/c/x' ] ] ) );
var_dump( array_map( $proxy->getFileSize( ... ), [ [ 'src' => 'mwstore://proxy/c/x' ] ] ) );

$body = new ReflectionClass( 'MwNative\\FileBackendMultiWrite' );
check( 'the body is internal and final', $body->isInternal() && $body->isFinal() && $body->getExtensionName() === 'mwnative' );
check( 'the body has static methods only', !array_filter( $body->getMethods(), static fn ( $method ) => !$method->isStatic() ) );
?>
--EXPECT--
ok: it is userland
ok: neither final nor abstract
ok: under its canonical name
ok: the class and each method are documented
ok: each property too
string(15) "mwstore://b/c/x"
array(2) {
  [0]=>
  string(15) "mwstore://b/c/x"
  [1]=>
  string(19) "mwstore://other/c/x"
}
int(0)
string(26) "fileExists mwstore://a/c/x"
array(1) {
  [0]=>
  string(27) "getFileSize mwstore://a/c/x"
}
ok: the body is internal and final
ok: the body has static methods only
