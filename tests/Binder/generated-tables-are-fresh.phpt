--TEST--
The generated C tables agree with the stubs, and the check notices when they do not
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/harness.php';
is_file( Fixtures\root() . '/bin/generate' ) || die( 'skip bin/generate is not part of the PECL package' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$root = Fixtures\root();
$php = getenv( 'TEST_PHP_EXECUTABLE' ) ?: PHP_BINARY;
/** What `php -n bin/generate --check` finds stale among the C tables of that tree. */
$check = static function ( string $tree ) use ( $php ): void {
	exec( "$php -n " . escapeshellarg( "$tree/bin/generate" ) . ' --check 2>&1', $output, $status );
	$stale = preg_grep( '~^ext/generated/~', $output );
	echo $stale ? 'status ' . $status . ', ' . implode( ' ', $stale ) : 'fresh', "\n";
	// 1: something is stale, perhaps a file that this test does not look at.
	if ( $status > 1 || preg_grep( '/Fatal|Warning|Exception/', $output ) ) {
		echo implode( "\n", $output ), "\n";
	}
};
$check( $root );

// A copy in which something was changed on one side only.
$copy = Fixtures\temporary_folder();
foreach ( array_diff( scandir( $root ), [ '.', '..', '.git', '.work', 'build' ] ) as $name ) {
	is_dir( "$root/$name" ) ? Fixtures\copy_folder( "$root/$name", "$copy/$name" ) : copy( "$root/$name", "$copy/$name" );
}
$check( $copy );
$change = static function ( string $file, string $old, string $new ) use ( $copy, $check ): void {
	$text = file_get_contents( "$copy/$file" );
	str_contains( $text, $old ) || exit( "$file has no $old" );
	file_put_contents( "$copy/$file", str_replace( $old, $new, $text ) );
	$check( $copy );
	file_put_contents( "$copy/$file", $text );
};
$change( 'stubs/mwnative.stub.php', 'concatenate( object $self, array $params )', 'concatenate( object $self, ?array $params )' );
$change( 'stubs/1.39/FileBackendMultiWrite.php', 'public function fileExists( array $params )', 'public function fileExists( $params )' );
$change( 'stubs/1.43/FileBackendMultiWrite.php', 'protected $readIndex', 'protected $readIndexes' );
$change( 'ext/generated/mwnative_arginfo.h', 'ZEND_ME(MwNative_FileBackendMultiWrite, concatenate,', 'ZEND_ME(MwNative_FileBackendMultiWrite, Concatenate,' );
unlink( "$copy/ext/generated/shell_tables.h" );
$check( $copy );
?>
--EXPECT--
fresh
fresh
status 1, ext/generated/mwnative_arginfo.h is stale: run `php -n bin/generate`
status 1, ext/generated/shell_tables.h is stale: run `php -n bin/generate`
status 1, ext/generated/shell_tables.h is stale: run `php -n bin/generate`
status 1, ext/generated/mwnative_arginfo.h is stale: run `php -n bin/generate`
status 1, ext/generated/shell_tables.h is stale: run `php -n bin/generate`
