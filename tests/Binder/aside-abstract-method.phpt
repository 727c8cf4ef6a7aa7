--TEST--
Steps aside when the parent or one of its interfaces has an abstract method that the shell lacks
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

foreach ( [ '1.39', '1.43' ] as $generation ) {
	foreach ( [
		'in the parent' => [ 'FileBackend.php', '// mutation: members', 'abstract public function added();' ],
		'protected and static' => [ 'FileBackend.php', '// mutation: members', 'abstract protected static function added();' ],
		'in an interface of the parent' =>
			[ 'HostNamed.php', 'public function getName();', 'public function getName(); public static function added();' ],
		'in an interface of PHP' => [ 'FileBackend.php', 'implements HostNamed', 'implements HostNamed, \\Countable' ],
	] as $case => [ $file, $old, $new ] ) {
		$visibility = str_contains( $new, 'protected' ) ? 'protected' : 'public';
		$static = str_contains( $new, 'static' ) ? 'static' : '';
		$own = str_contains( $new, 'Countable' ) ? 'public function count(): int { return 0; }'
			: "$visibility $static function added() {}";
		$changes = [ $file => [ $old => $new ], 'FileBackendMultiWrite.php' => [ '// mutation: members' => $own ] ];
		echo "$generation, $case: ", Host::copy( $generation, $changes )->outcome(), "\n";
	}
	// The shell has it, but the host's parent no longer asks for it: no reason to step aside.
	echo "$generation, one less: ", Host::copy( $generation, [ 'FileBackend.php' =>
		[ 'abstract public function preloadFileStat( array $params );' => '' ] ] )->outcome(), "\n";
}
?>
--EXPECT--
1.39, in the parent: aside: FileBackend::added() is abstract there and the shell lacks it
1.39, protected and static: aside: FileBackend::added() is abstract there and the shell lacks it
1.39, in an interface of the parent: aside: HostNamed::added() is abstract there and the shell lacks it
1.39, in an interface of PHP: aside: Countable::count() is abstract there and the shell lacks it
1.39, one less: bound
1.43, in the parent: aside: Wikimedia\FileBackend\FileBackend::added() is abstract there and the shell lacks it
1.43, protected and static: aside: Wikimedia\FileBackend\FileBackend::added() is abstract there and the shell lacks it
1.43, in an interface of the parent: aside: HostNamed::added() is abstract there and the shell lacks it
1.43, in an interface of PHP: aside: Countable::count() is abstract there and the shell lacks it
1.43, one less: bound
