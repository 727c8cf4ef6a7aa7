<?php
# Settings of the wiki that `bin/bench db` views, laid over those that the installer wrote
# ($BENCH_SETTINGS); loaded through MW_CONFIG_FILE, by both sides' pools alike.

require getenv( 'BENCH_SETTINGS' );

# As on a server with one line of care: caches in memory, texts in files, no jobs after a view.
$wgMainCacheType = CACHE_ACCEL;
$wgCacheDirectory = getenv( 'BENCH_CACHE' );
$wgJobRunRate = 0;

# The primary first; what follows it are its replicas. None: as the installer wrote.
foreach ( array_filter( explode( ',', (string)getenv( 'BENCH_SOCKETS' ) ) ) as $i => $socket ) {
	$wgDBservers[$i] = [
		'host' => "localhost:$socket",
		'type' => $wgDBtype,
		'dbname' => $wgDBname,
		'user' => $wgDBuser,
		'password' => $wgDBpassword,
		'flags' => DBO_DEFAULT,
		'load' => $i === 0 && str_contains( getenv( 'BENCH_SOCKETS' ), ',' ) ? 0 : 1,
	];
}

# Every page says which class served it, so that no answer is counted for the wrong side.
$wgHooks['BeforePageDisplay'][] = static function ( $out ): void {
	$file = realpath( ( new ReflectionClass( 'Wikimedia\\Rdbms\\LoadBalancer' ) )->getFileName() );
	$servedBy = str_starts_with( $file, realpath( MW_INSTALL_PATH ) . '/' ) ? 'original' : 'native';
	$out->addHeadItem( 'bench', "<meta name=\"bench\" content=\"$servedBy\">" );
	if ( isset( $_GET['bench'] ) ) {
		# Asked once a sitting, and not timed.
		$opcache = opcache_get_status( false );
		$facts = json_encode( [
			'state' => function_exists( 'mwnative_status' ) ?
				mwnative_status()['classes']['LoadBalancer']['state'] ?? 'unknown to the extension' : null,
			'opcache' => (bool)( $opcache['opcache_enabled'] ?? false ),
			'jit' => (bool)( $opcache['jit']['on'] ?? false ),
			'scripts' => $opcache['opcache_statistics']['num_cached_scripts'] ?? 0,
			'full' => $opcache['cache_full'] ?? false,
			'apcu' => function_exists( 'apcu_enabled' ) && apcu_enabled(),
		] );
		$out->addHeadItem( 'bench-facts', "<!--bench:$facts-->" );
	}
};
