--TEST--
Steps aside when a method of the parent has a signature that the shell's does not fit
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

$exists = 'public function fileExists( array $params )';
$clear = 'public function clearCache( ?array $paths = null )';
$operations = 'protected function doOperationsInternal( array $ops, array $opts )';
$constructor = 'public function __construct( array $config )';
$cases = [
	'another type' => [ $exists, 'public function fileExists( iterable $params )' ],
	'a nullable type' => [ $exists, 'public function fileExists( ?array $params )' ],
	'no longer nullable' => [ $clear, 'public function clearCache( array $paths )' ],
	'no type' => [ $exists, 'public function fileExists( $params )' ],
	'a union' => [ $exists, 'public function fileExists( array|string $params )' ],
	'one argument more' => [ $exists, 'public function fileExists( array $params, $more )' ],
	'one optional argument more' => [ $exists, 'public function fileExists( array $params, $more = null )' ],
	'one argument less' => [ $operations, 'protected function doOperationsInternal( array $ops )' ],
	'the last argument optional' => [ $operations, 'protected function doOperationsInternal( array $ops, array $opts = [] )' ],
	'a variadic argument' => [ $exists, 'public function fileExists( array ...$params )' ],
	'a variadic argument more' => [ $exists, 'public function fileExists( array $params, ...$more )' ],
	'by reference' => [ $exists, 'public function fileExists( array &$params )' ],
	'a returned reference' => [ $exists, 'public function &fileExists( array $params )' ],
	'a return type' => [ $exists, 'public function fileExists( array $params ): ?bool' ],
	'static' => [ $exists, 'public static function fileExists( array $params )' ],
	'public where we are protected' => [ $operations, 'public function doOperationsInternal( array $ops, array $opts )' ],
	'a class of another name' => [ 'array $ops, StatusValue $status', 'array $ops, \\OtherStatus $status' ],
	'a class of the same name in another namespace' => [ 'array $ops, StatusValue $status', 'array $ops, \\Other\\StatusValue $status' ],
	'self' => [ 'array $ops, StatusValue $status', 'array $ops, self $status', 'array $ops, FileBackend $status' ],
];
foreach ( $cases as $case => $texts ) {
	[ $old, $new ] = $texts;
	// The host's own class has the same change, as it must have to load.
	echo "$case: ", Host::copy( '1.43', [
		'FileBackend.php' => [ $old => $new ],
		'FileBackendMultiWrite.php' => [ $old => $texts[2] ?? $new ],
	] )->outcome(), "\n";
}

// A constructor binds its children only where it is abstract, here or further up.
echo 'another constructor: ', Host::copy( '1.43', [
	'FileBackend.php' => [ $constructor => 'public function __construct( array $config, ?string $more = null )' ],
] )->outcome(), "\n";
echo 'an abstract constructor: ', Host::copy( '1.43', [
	'FileBackend.php' => [ 'public function __construct(' => 'public function setUp(',
		'// mutation: members' => 'abstract public function __construct( array $config, $more );' ],
	'FileBackendMultiWrite.php' => [ '// mutation: members' => 'public function __construct( array $config, $more ) {}' ],
] )->outcome(), "\n";
echo 'a constructor of an interface: ', Host::copy( '1.43', [
	'HostNamed.php' => [ 'public function getName();' => 'public function getName(); public function __construct( array $config, $more );' ],
	'FileBackend.php' => [ $constructor => 'public function __construct( array $config, $more )' ],
	'FileBackendMultiWrite.php' => [ '// mutation: members' => 'public function __construct( array $config, $more ) {}' ],
] )->outcome(), "\n";
?>
--EXPECT--
another type: aside: argument 1 of Wikimedia\FileBackend\FileBackend::fileExists() has another type there
a nullable type: aside: argument 1 of Wikimedia\FileBackend\FileBackend::fileExists() has another type there
no longer nullable: aside: argument 1 of Wikimedia\FileBackend\FileBackend::clearCache() has another type there
no type: aside: argument 1 of Wikimedia\FileBackend\FileBackend::fileExists() has another type there
a union: aside: argument 1 of Wikimedia\FileBackend\FileBackend::fileExists() has another type there
one argument more: aside: Wikimedia\FileBackend\FileBackend::fileExists() takes 2 to 2 arguments there, the shell 1 to 1
one optional argument more: aside: Wikimedia\FileBackend\FileBackend::fileExists() takes 1 to 2 arguments there, the shell 1 to 1
one argument less: aside: Wikimedia\FileBackend\FileBackend::doOperationsInternal() takes 1 to 1 arguments there, the shell 2 to 2
the last argument optional: aside: Wikimedia\FileBackend\FileBackend::doOperationsInternal() takes 1 to 2 arguments there, the shell 2 to 2
a variadic argument: aside: Wikimedia\FileBackend\FileBackend::fileExists() is variadic or returns a reference there
a variadic argument more: aside: Wikimedia\FileBackend\FileBackend::fileExists() is variadic or returns a reference there
by reference: aside: argument 1 of Wikimedia\FileBackend\FileBackend::fileExists() has another type there
a returned reference: aside: Wikimedia\FileBackend\FileBackend::fileExists() is variadic or returns a reference there
a return type: aside: Wikimedia\FileBackend\FileBackend::fileExists() returns another type there
static: aside: Wikimedia\FileBackend\FileBackend::fileExists() is static there
public where we are protected: aside: Wikimedia\FileBackend\FileBackend::doOperationsInternal() is public there
a class of another name: aside: argument 2 of Wikimedia\FileBackend\FileBackend::getScopedLocksForOps() has another type there
a class of the same name in another namespace: aside: argument 2 of Wikimedia\FileBackend\FileBackend::getScopedLocksForOps() has another type there
self: aside: argument 2 of Wikimedia\FileBackend\FileBackend::getScopedLocksForOps() has another type there
another constructor: bound
an abstract constructor: aside: Wikimedia\FileBackend\FileBackend::__construct() takes 2 to 2 arguments there, the shell 1 to 1
a constructor of an interface: aside: Wikimedia\FileBackend\FileBackend::__construct() takes 2 to 2 arguments there, the shell 1 to 1
