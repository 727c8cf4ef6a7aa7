<?php
/**
 * Settings of a wiki whose pools are PoolCounterRedis on the server that tests/host/run
 * started ($MWNATIVE_REDIS), laid over those that the installer wrote (MW_CONFIG_FILE).
 * The class name is the short one, as in a configuration that came with older hosts.
 */

require MW_INSTALL_PATH . '/LocalSettings.php';

foreach ( [ 'ArticleView', 'ApiParser', 'FileRender', 'SpecialContributions' ] as $type ) {
	$wgPoolCounterConf[$type] = [
		'class' => 'PoolCounterRedis',
		'servers' => [ 'one' => getenv( 'MWNATIVE_REDIS' ) ],
		'redisConfig' => [ 'connectTimeout' => 2, 'persistent' => true ],
		'timeout' => 15,
		'workers' => 2,
		'maxqueue' => 100,
	];
}
