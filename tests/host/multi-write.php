<?php
/**
 * Settings of a wiki whose own uploads go through FileBackendMultiWrite, laid
 * over those that the installer wrote (MW_CONFIG_FILE). The class names are the
 * short ones, as in a configuration that came with older hosts.
 */

require MW_INSTALL_PATH . '/LocalSettings.php';

$wgEnableUploads = true;
$wgFileBackends[] = [
	'name' => 'pair',
	'class' => 'FileBackendMultiWrite',
	'lockManager' => 'fsLockManager',
	'syncChecks' => 1 | 4,
	'autoResync' => 'conservative',
	'backends' => [
		[
			'name' => 'pair-master',
			'class' => 'FSFileBackend',
			'lockManager' => 'nullLockManager',
			'basePath' => dirname( MW_INSTALL_PATH ) . '/pair-master',
			'isMultiMaster' => true,
		],
		[
			'name' => 'pair-clone',
			'class' => 'FSFileBackend',
			'lockManager' => 'nullLockManager',
			'basePath' => dirname( MW_INSTALL_PATH ) . '/pair-clone',
		],
	],
];
$wgLocalFileRepo = [
	'class' => 'LocalRepo',
	'name' => 'local',
	'backend' => 'pair',
	'url' => '/images',
	'hashLevels' => 2,
	'deletedHashLevels' => 3,
];
