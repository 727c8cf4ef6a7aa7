--TEST--
With opcache.file_cache the class binds from a cold and from a warm cache, with and without shared memory
--EXTENSIONS--
opcache
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	foreach ( [ 0, 1 ] as $only ) {
		$cache = Fixtures\temporary_folder();
		foreach ( [ 'cold', 'warm', 'warm again' ] as $state ) {
			echo "$generation, ", $only ? 'no shared memory' : 'shared memory', ", $state: ", Fixtures\run( $host->code() . <<<'CODE'
				class Sub extends FileBackendMultiWrite {
					public function fileExists( array $params ) {
						return 'sub ' . parent::fileExists( $params );
					}
				}
				$proxy = new Sub( [ 'name' => 'proxy', 'backends' => [
					[ 'name' => 'a', 'class' => str_replace( 'MultiWrite', 'Store', $name ), 'isMultiMaster' => true ] ] ] );
				echo Fixtures\origin( $name ), ', ', $proxy->fileExists( [ 'src' => 'mwstore://proxy/c/x' ] ), "\n";
				CODE, [ 'opcache.enable' => 1, 'opcache.enable_cli' => 1, 'opcache.jit' => 'disable',
					'opcache.file_cache' => $cache, 'opcache.file_cache_only' => $only ] );
		}
		$cached = [];
		foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( $cache ) ) as $file ) {
			$cached[] = basename( $file );
		}
		Fixtures\check( 'the shell is in the cache', in_array( 'FileBackendMultiWrite.php.bin', $cached ) );
	}
}
?>
--EXPECT--
1.39, shared memory, cold: shell, sub fileExists mwstore://a/c/x
1.39, shared memory, warm: shell, sub fileExists mwstore://a/c/x
1.39, shared memory, warm again: shell, sub fileExists mwstore://a/c/x
ok: the shell is in the cache
1.39, no shared memory, cold: shell, sub fileExists mwstore://a/c/x
1.39, no shared memory, warm: shell, sub fileExists mwstore://a/c/x
1.39, no shared memory, warm again: shell, sub fileExists mwstore://a/c/x
ok: the shell is in the cache
1.43, shared memory, cold: shell, sub fileExists mwstore://a/c/x
1.43, shared memory, warm: shell, sub fileExists mwstore://a/c/x
1.43, shared memory, warm again: shell, sub fileExists mwstore://a/c/x
ok: the shell is in the cache
1.43, no shared memory, cold: shell, sub fileExists mwstore://a/c/x
1.43, no shared memory, warm: shell, sub fileExists mwstore://a/c/x
1.43, no shared memory, warm again: shell, sub fileExists mwstore://a/c/x
ok: the shell is in the cache
