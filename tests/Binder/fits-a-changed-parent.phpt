--TEST--
Binds to a parent that has changed in ways that do not concern the shell
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

foreach ( [ '1.39', '1.43' ] as $generation ) {
	foreach ( [
		'more concrete methods' => 'public function more( int ...$x ): static { return $this; } final public static function evenMore() {}',
		'a private method of a name of ours' => 'private static function substPaths( string $one, int &$two ): ?int { return 1; }',
		'a private property of a name of ours' => 'private int $masterIndex = 5;',
		'magic methods' => 'public function __get( $name ) { return null; } public function __call( $name, $arguments ) {}',
		'a trait' => 'use \\MoreTrait;',
		'a concrete method where we have our own' => 'public function consistencyCheck( array $paths ) { return "the parent"; }',
		'a concrete method with our own types' => 'protected function substOpPaths( array $ops, FileBackendStore $backend ) {}',
	] as $case => $member ) {
		$host = Host::copy( $generation, [ 'FileBackend.php' => [ '// mutation: members' => $member ] ] );
		$host->change( 'start.php', [ "require __DIR__" => "trait MoreTrait { private \$traited = 1; public function traited() {} }\nrequire __DIR__" ] );
		echo "$generation, $case: {$host->outcome()}\n";
	}
}
?>
--EXPECT--
1.39, more concrete methods: bound
1.39, a private method of a name of ours: bound
1.39, a private property of a name of ours: bound
1.39, magic methods: bound
1.39, a trait: bound
1.39, a concrete method where we have our own: bound
1.39, a concrete method with our own types: bound
1.43, more concrete methods: bound
1.43, a private method of a name of ours: bound
1.43, a private property of a name of ours: bound
1.43, magic methods: bound
1.43, a trait: bound
1.43, a concrete method where we have our own: bound
1.43, a concrete method with our own types: bound
