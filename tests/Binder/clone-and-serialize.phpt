--TEST--
A clone and an unserialized copy are proxies of their own; unset properties are read as PHP reads them
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use function Fixtures\check;

$host = Fixtures\Host::copy( '1.43' )->start();
class Sub extends FileBackendMultiWrite {
	public $log = [];

	public function rename( string $name ): void {
		$this->name = $name;
	}

	public function forget( string $property ): void {
		unset( $this->$property );
	}
}
$read = static fn ( $proxy, $name ) => $proxy->fileExists( [ 'src' => "mwstore://$name/c/x" ] );
$proxy = new Sub( $host->configuration() );
$clone = clone $proxy;
$clone->rename( 'clone' );
check( 'the clone has its own name', $read( $clone, 'clone' ) === 'fileExists mwstore://a/c/x' );
check( 'the first has kept its own', $read( $proxy, 'proxy' ) === 'fileExists mwstore://a/c/x' );
check( 'the clone no longer answers to it', $read( $clone, 'proxy' ) === 'fileExists mwstore://proxy/c/x' );
$copy = unserialize( serialize( $proxy ) );
check( 'the copy is equal', $copy == $proxy && $copy !== $proxy );
$copy->rename( 'copy' );
check( 'the copy works', $read( $copy, 'copy' ) === 'fileExists mwstore://a/c/x' );
check( 'var_export and print_r see the properties', str_contains( print_r( $proxy, true ), '[masterIndex:protected] => 0' ) );

$clone->forget( 'readIndex' );
try {
	var_dump( $read( $clone, 'clone' ) );
} catch ( Error $e ) {
	echo $e::class, "\n";
}
unset( $clone, $copy );
gc_collect_cycles();
check( 'the first outlives its copies', $read( $proxy, 'proxy' ) === 'fileExists mwstore://a/c/x' );
?>
--EXPECTF--
ok: the clone has its own name
ok: the first has kept its own
ok: the clone no longer answers to it
ok: the copy is equal
ok: the copy works
ok: var_export and print_r see the properties

Warning: Undefined property: Sub::$readIndex in %s on line %d

Warning: Undefined array key "" in %s on line %d
TypeError
ok: the first outlives its copies
