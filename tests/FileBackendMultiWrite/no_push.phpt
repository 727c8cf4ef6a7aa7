--TEST--
noPushQuickOps and noPushDirConts keep quick operations and directories on the master
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

foreach ( [ [], [ "noPushQuickOps" => true ], [ "noPushDirConts" => [ "c" ] ], [ "noPushQuickOps" => true, "noPushDirConts" => [ "c", "other" ] ] ] as $keys ) {
	$proxy = proxy( $keys );
	show( $proxy->prepare( [ "dir" => "mwstore://proxy/c/d" ] ) );
	show( $proxy->prepare( [ "dir" => "mwstore://proxy/cc/d" ] ) );
	show( $proxy->quickCreate( [ "dst" => "mwstore://proxy/cc/d/quick", "content" => "1" ] ) );
	show( $proxy->create( [ "dst" => "mwstore://proxy/cc/d/whole", "content" => "2" ] ) );
	show( [ tree(), is_dir( "$folder/a/wiki-c/d" ), is_dir( "$folder/b/wiki-c/d" ), is_dir( "$folder/b/wiki-cc/d" ) ] );
	exec( "rm -rf " . escapeshellarg( "$folder/a" ) . " " . escapeshellarg( "$folder/b" ) );
	clearstatcache();
}
CODE;
Fixtures\each( $code );
?>
--EXPECT--
original:
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
[{"a/wiki-cc/d/quick":"1","a/wiki-cc/d/whole":"2","b/wiki-cc/d/quick":"1","b/wiki-cc/d/whole":"2"},true,true,true]
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
[{"a/wiki-cc/d/quick":"1","a/wiki-cc/d/whole":"2","b/wiki-cc/d/quick":"1","b/wiki-cc/d/whole":"2"},true,true,true]
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
[{"a/wiki-cc/d/quick":"1","a/wiki-cc/d/whole":"2","b/wiki-cc/d/quick":"1","b/wiki-cc/d/whole":"2"},true,true,true]
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
[{"a/wiki-cc/d/quick":"1","a/wiki-cc/d/whole":"2","b/wiki-cc/d/quick":"1","b/wiki-cc/d/whole":"2"},true,true,true]
native:
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
[{"a/wiki-cc/d/quick":"1","a/wiki-cc/d/whole":"2","b/wiki-cc/d/quick":"1","b/wiki-cc/d/whole":"2"},true,true,true]
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
[{"a/wiki-cc/d/quick":"1","a/wiki-cc/d/whole":"2","b/wiki-cc/d/whole":"2"},true,true,true]
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
[{"a/wiki-cc/d/quick":"1","a/wiki-cc/d/whole":"2","b/wiki-cc/d/quick":"1","b/wiki-cc/d/whole":"2"},true,false,true]
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
{"ok":true,"success":[true],"errors":[]}
[{"a/wiki-cc/d/quick":"1","a/wiki-cc/d/whole":"2","b/wiki-cc/d/whole":"2"},true,false,true]
