<?php
# What one request did, for pool_clients.php: written to pool/requests/ID.json when
# the request has ended. ID comes with the request as MWNATIVE_DEMO_REQUEST.

$demoRequest = "$demoPool/requests/" . basename( $_SERVER['MWNATIVE_DEMO_REQUEST'] );
$demoParses = 0;

# Called once for each page text that the parser turned into HTML.
$wgHooks['ContentAlterParserOutput'][] = static function ( $content, $title ) use ( &$demoParses ) {
	if ( $title->getPrefixedText() === 'List of places' ) {
		$demoParses++;
	}
};

# MediaWiki says here whether a process that was told DONE found the result in the
# parser cache, and whether one that waited in vain shows what the cache has, with a
# notice that the servers are overloaded. A file for this request alone.
$wgDebugLogGroups['PoolWorkArticleView'] = "$demoRequest.log";
$wgDebugLogGroups['dirty'] = "$demoRequest.log";

register_shutdown_function( static function () use ( $demoRequest, &$demoParses ) {
	$class = class_exists( 'PoolCounterRedis', false ) ? new ReflectionClass( 'PoolCounterRedis' ) : null;
	$usage = getrusage();
	$log = is_file( "$demoRequest.log" ) ? file_get_contents( "$demoRequest.log" ) : '';
	$facts = [
		'worker' => getmypid(),
		'parses' => $demoParses,
		'done' => substr_count( $log, 'parser cache hit' ),
		'inVain' => substr_count( $log, 'dirty output' ),
		'cpu' => $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec'] +
			( $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'] ) / 1e6,
		'opcache' => (bool)( opcache_get_status( false )['opcache_enabled'] ?? false ),
		'apcu' => function_exists( 'apcu_enabled' ) && apcu_enabled(),
		'host' => MW_VERSION,
		'php' => PHP_VERSION,
		'class' => $class ? $class->getName() : null,
		'file' => $class ? $class->getFileName() : null,
		'native' => mwnative_status()['classes']['PoolCounterRedis'],
	];
	file_put_contents( "$demoRequest.part", json_encode( $facts ) );
	rename( "$demoRequest.part", "$demoRequest.json" );
} );
