--TEST--
A body called with an object that is not of the bound class throws a TypeError, and the class works all the same afterwards
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use MwNative\FileBackendMultiWrite as Body;

$refused = static function ( callable $call ): void {
	try {
		$call();
		echo "NOT REFUSED\n";
	} catch ( TypeError | ArgumentCountError $e ) {
		echo $e::class, ': ', $e->getMessage(), "\n";
	}
};
$host = Fixtures\Host::copy( '1.43' )->start();
$store = $host->store();
$store = new $store( [ 'name' => 'a' ] );
$refused( static fn () => Body::reader( new stdClass, [], $real ) );
// Before the class is bound: what is learned of the store here must not be believed later.
$refused( static fn () => Body::reader( $store, [ 'src' => 'mwstore://a/c/x' ], $real ) );
$refused( static fn () => Body::construct( $store, [] ) );
$proxy = new FileBackendMultiWrite( $host->configuration() );
var_dump( $proxy->fileExists( [ 'src' => 'mwstore://proxy/c/x' ] ) );
$refused( static fn () => Body::reader( $store, [ 'src' => 'mwstore://a/c/x' ], $real ) );
var_dump( Body::reader( $proxy, [ 'src' => 'mwstore://proxy/c/x' ], $real )->fileExists( $real ) );
foreach ( ( new ReflectionClass( Body::class ) )->getMethods() as $method ) {
	$arguments = [ new stdClass ];
	foreach ( array_slice( $method->getParameters(), 1 ) as $parameter ) {
		$value = [ 'array' => [], 'object' => $store, 'string' => '', 'mixed' => null ]
			[ ltrim( (string)$parameter->getType(), '?' ) ];
		$parameter->isPassedByReference() ? $arguments[] = &$value : $arguments[] = $value;
	}
	try {
		$method->invokeArgs( null, $arguments );
		echo "$method->name: NOT REFUSED\n";
	} catch ( TypeError $e ) {
	}
	try {
		$method->invokeArgs( null, [] );
		echo "$method->name without arguments: NOT REFUSED\n";
	} catch ( ArgumentCountError $e ) {
	}
}
?>
--EXPECT--
TypeError: MwNative\FileBackendMultiWrite serves objects of the bound class only, stdClass given
TypeError: MwNative\FileBackendMultiWrite serves objects of the bound class only, Wikimedia\FileBackend\FileBackendStore given
TypeError: MwNative\FileBackendMultiWrite serves objects of the bound class only, Wikimedia\FileBackend\FileBackendStore given
string(26) "fileExists mwstore://a/c/x"
TypeError: MwNative\FileBackendMultiWrite serves objects of the bound class only, Wikimedia\FileBackend\FileBackendStore given
string(26) "fileExists mwstore://a/c/x"
