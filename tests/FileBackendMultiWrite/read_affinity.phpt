--TEST--
Reads go to the backend with read affinity, with latest to the master; lists to the master
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

foreach ( [ [ [], [ "readAffinity" => true ] ], [ [ "readAffinity" => true ], [] ], [ [], [], [ "readAffinity" => true ] ] ] as $backends ) {
	$proxy = proxy( [], ...$backends );
	foreach ( array_keys( $backends ) as $i ) {
		$name = chr( ord( "a" ) + $i );
		damage( $name, "c/x", str_repeat( $name, $i + 1 ) );
		touch( "$folder/$name/wiki-c/x", 1000000000 + $i );
		damage( $name, "c/d/only-$name", "" );
	}
	foreach ( [ [], [ "latest" => true ], [ "latest" => false ], [ "latest" => 0 ], [ "latest" => "yes" ] ] as $more ) {
		$params = [ "src" => "mwstore://proxy/c/x" ] + $more;
		show( [ $proxy->fileExists( $params ), $proxy->getFileSize( $params ), $proxy->getFileTimestamp( $params ), $proxy->getFileStat( $params ),
			$proxy->getFileSha1Base36( $params ), $proxy->getFileContents( $params ), $proxy->getFileXAttributes( $params ),
			$proxy->getFileHttpUrl( $params ), $proxy->getFileProps( $params )["size"] ] );
		$many = [ "srcs" => [ "mwstore://proxy/c/x", "mwstore://proxy/c/missing" ] ] + $more;
		show( [ $proxy->getFileContentsMulti( $many ), array_map( "get_debug_type", $proxy->getLocalReferenceMulti( $many ) ),
			array_map( "get_debug_type", $proxy->getLocalCopyMulti( $many ) ), $proxy->preloadFileStat( $many ) ] );
		$dir = [ "dir" => "mwstore://proxy/c" ] + $more;
		foreach ( [ $dir, $dir + [ "forWrite" => true ], [ "dir" => "mwstore://proxy/none" ] ] as $which ) {
			$files = $proxy->getFileList( $which );
			if ( $files !== null ) { $files = is_array( $files ) ? $files : iterator_to_array( $files ); show( [ count( $files ), array_keys( $files ) ] ); }
			show( [ $proxy->directoryExists( $which ), is_array( $files ) ? ( sort( $files ) ? $files : 0 ) : $files,
				iterator_to_array( $proxy->getDirectoryList( $which ) ) ] );
		}
	}
	show( [ $proxy->getFeatures(), $proxy->hasFeatures( FileBackend::ATTR_UNICODE_PATHS ) ] );
	exec( "rm -rf " . escapeshellarg( $folder ) . "/*" );
	clearstatcache();
}
CODE;
Fixtures\same( $code );
?>
--EXPECT--
123 lines alike
