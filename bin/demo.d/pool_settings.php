<?php
# The settings of the demo's second act. Its php-fpm names pool/LocalSettings.php as
# the wiki's settings file (MW_CONFIG_FILE), which loads the wiki's own and then this.

# One process parses a page, the others that want it wait for the result. Nothing
# here is special to mwnative: the PHP original takes the same array.
if ( getenv( 'MWNATIVE_DEMO_MODE' ) !== 'without' ) {
	$wgPoolCounterConf['ArticleView'] = [
		'class' => 'PoolCounterRedis',
		'workers' => 1,
		'maxqueue' => 50,
		'timeout' => 15,
		'servers' => [ 'demo' => "$demoPool/redis.sock" ],
		'redisConfig' => [ 'connectTimeout' => 1, 'persistent' => true ],
	];
}

# All caches are in memory that php-fpm's workers share (APCu), so that nobody
# waits for a lock of SQLite.
$wgMainCacheType = CACHE_ACCEL;
$wgParserCacheType = CACHE_ACCEL;
$wgMessageCacheType = CACHE_ACCEL;
$wgSessionCacheType = CACHE_ACCEL;
$wgCacheDirectory = "$demoPool/cache";

# The page uses them.
wfLoadExtension( 'ParserFunctions' );

# What the wiki says of the pool when something is wrong; and what each request did.
foreach ( [ 'poolcounter', 'redis', 'exception', 'error', 'fatal' ] as $demoChannel ) {
	$wgDebugLogGroups[$demoChannel] = "$demoPool/log/$demoChannel.log";
}
if ( isset( $_SERVER['MWNATIVE_DEMO_REQUEST'] ) ) {
	require __DIR__ . '/pool_witness.php';
}
