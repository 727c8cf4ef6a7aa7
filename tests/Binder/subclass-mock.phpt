--TEST--
A subclass as a mock generator writes it: made without constructor, methods replaced, the rest real
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
require __DIR__ . '/../fixtures/subclass.php';

/** What mock generators do: a class of an unlikely name, whose methods ask a handler first. */
function mock( string $parent, array $methods ): string {
	static $number = 0;
	$name = 'Mock_' . ++$number;
	$code = "class $name extends \\$parent { public array \$answers = []; public function __construct() {}\n";
	foreach ( $methods as $method ) {
		$reflection = new ReflectionMethod( $parent, $method );
		$code .= ( $reflection->isPublic() ? 'public' : 'protected' ) . " function $method( " .
			implode( ', ', array_map( Fixtures\parameter( ... ), $reflection->getParameters() ) ) .
			" ) { return array_key_exists( '$method', \$this->answers ) ? \$this->answers['$method'] : " .
			"call_user_func_array( [ parent::class, '$method' ], func_get_args() ); }\n";
	}
	eval( "$code public function __clone() {} }" );
	return $name;
}

$host = Fixtures\Host::copy( '1.43' )->start();
$methods = array_map( static fn ( $method ) => $method->name, array_filter(
	( new ReflectionClass( $host->name() ) )->getMethods(), static fn ( $method ) =>
		!$method->isFinal() && !$method->isPrivate() && !$method->isStatic() && !$method->isConstructor() ) );
$class = mock( $host->name(), $methods );

$mock = ( new ReflectionClass( $class ) )->newInstanceWithoutConstructor();
var_dump( $mock instanceof FileBackendMultiWrite );
$mock->answers = [ 'fileExists' => 'mocked', 'getFeatures' => 12 ];
var_dump( $mock->fileExists( [ 'src' => 'x' ] ), $mock->getFeatures() );

// The proxy that was never built has no backends: the same error as the original's, no crash.
try {
	$mock->getFileSize( [ 'src' => 'mwstore://proxy/c/x' ] );
} catch ( Error $e ) {
	echo $e::class, "\n";
}

// Built by hand, as tests do that set protected properties.
$proxy = new FileBackendMultiWrite( $host->configuration() );
foreach ( [ 'backends', 'masterIndex', 'readIndex', 'name' ] as $property ) {
	$property = new ReflectionProperty( $host->name(), $property );
	$property->setValue( $mock, $property->getValue( $proxy ) );
}
var_dump( $mock->getFileSize( [ 'src' => 'mwstore://proxy/c/x' ] ) );

// A method that the body calls on its own object is the mock's.
$mock->answers['substOpPaths'] = [ 'src' => 'mwstore://a/another/place' ];
var_dump( $mock->getFileSize( [ 'src' => 'mwstore://proxy/c/x' ] ) );
$mock->answers['getReadIndexFromParams'] = 1;
var_dump( $mock->getFileStat( [ 'src' => 'mwstore://proxy/c/x' ] ) );

// Only some methods, and a mock of a mock.
$some = mock( $host->name(), [ 'fileExists' ] );
$more = mock( $some, [ 'getFileSize' ] );
$mock = new $more;
$mock->answers = [ 'fileExists' => 'mocked below', 'getFileSize' => 'mocked above' ];
var_dump( $mock->fileExists( [] ), $mock->getFileSize( [] ), get_parent_class( $more ) === $some );
?>
--EXPECTF--
bool(true)
string(6) "mocked"
int(12)

Warning: Undefined array key -1 in %s on line %d
TypeError
string(27) "getFileSize mwstore://a/c/x"
string(37) "getFileSize mwstore://a/another/place"
string(37) "getFileStat mwstore://a/another/place"
string(12) "mocked below"
string(12) "mocked above"
bool(true)
