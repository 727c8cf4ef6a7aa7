--TEST--
resyncFiles copies and deletes; in conservative mode it keeps what is newer or stray
--EXTENSIONS--
mbstring
fileinfo
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/real-host.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/both.php';

$code = <<<'CODE'

foreach ( [ true, "conservative", false ] as $mode ) {
	$logger = new Lines;
	$proxy = proxy( [ "syncChecks" => 7, "logger" => $logger ], [], [], [] );
	$paths = [];
	foreach ( [ "same", "changed", "missing", "stray", "newer" ] as $name ) {
		$paths[] = "mwstore://proxy/c/$name";
		damage( "a", "c/$name", "content of $name" );
		damage( "b", "c/$name", "content of $name" );
		damage( "c", "c/$name", "content of $name" );
	}
	damage( "b", "c/changed", "other" );
	damage( "c", "c/missing", null );
	damage( "a", "c/stray", null );
	damage( "b", "c/newer", "newer" );
	touch( "$folder/a/wiki-c/newer", 1000000000 );
	touch( "$folder/a/wiki-c/changed", 1000000000 );
	touch( "$folder/b/wiki-c/changed", 900000000 );
	show( $proxy->consistencyCheck( $paths ) );
	$proxy->clearCache();
	show( $proxy->resyncFiles( $paths, $mode ) );
	show( $logger->lines );
	$proxy->clearCache();
	show( $proxy->consistencyCheck( $paths ) );
	show( tree() );
}
CODE;
Fixtures\same( $code );
?>
--EXPECT--
15 lines alike
