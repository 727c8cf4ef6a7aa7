--TEST--
opcache.preload: the class is not bound while preloading, and an original that was preloaded stays
--EXTENSIONS--
opcache
--SKIPIF--
<?php
if ( getenv( 'USE_ZEND_ALLOC' ) === '0' ) {
	exit( 'skip under valgrind: the process in which opcache preloads ends without freeing what PHP allocated' );
}
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

foreach ( [ '1.39', '1.43' ] as $generation ) {
	$host = Fixtures\Host::copy( $generation );
	$folder = $host->folder;
	$name = var_export( $host->name(), true );
	$preload = static fn ( string $code ): array => [
		'opcache.enable' => 1, 'opcache.enable_cli' => 1, 'error_log' => '/dev/null',
		'opcache.preload' => file_put_contents( "$folder/preload.php", "<?php\n$code" ) ? "$folder/preload.php" : '',
	] + ( trim( shell_exec( 'id -u' ) ) === '0' ? [ 'opcache.preload_user' => 'root' ] : [] );
	$ask = "require '$folder/autoload.php'; require " . var_export( dirname( __DIR__ ) . '/fixtures/harness.php', true ) .
		"; defined( 'MW_VERSION' ) || define( 'MW_VERSION', '$generation.0' );" . <<<CODE
		echo class_exists( $name ) ? Fixtures\\origin( $name ) : 'not found', ', ',
			mwnative_status()['classes']['FileBackendMultiWrite']['state'],
			', ', \$hostLoads ? 'loaded by the request: ' . implode( ' ', \$hostLoads ) : 'nothing loaded by the request', "\\n";
		CODE;

	echo "$generation, the original looked up while preloading: ",
		Fixtures\run( $ask, $preload( "require '$folder/start.php'; class_exists( $name );" ) );
	echo "$generation, the original's files compiled: ", Fixtures\run( $ask, $preload( implode( array_map(
		static fn ( $file ) => "opcache_compile_file( '$folder/$file.php' );",
		[ 'HostNamed', 'FileBackend', 'FileBackendMultiWrite' ] ) ) ) );
	echo "$generation, the parent alone preloaded: ",
		Fixtures\run( $ask, $preload( "require '$folder/HostNamed.php'; require '$folder/FileBackend.php';" ) );
}
?>
--EXPECT--
1.39, the original looked up while preloading: host, original loaded first, nothing loaded by the request
1.39, the original's files compiled: host, original loaded first, nothing loaded by the request
1.39, the parent alone preloaded: shell, bound, nothing loaded by the request
1.43, the original looked up while preloading: host, original loaded first, nothing loaded by the request
1.43, the original's files compiled: host, original loaded first, nothing loaded by the request
1.43, the parent alone preloaded: shell, bound, nothing loaded by the request
