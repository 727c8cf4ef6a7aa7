<?php
# The demo's file stores; each wiki's LocalSettings.php ends with a require of
# this file. Nothing in it is special to mwnative: the PHP original takes the
# same arrays, and the extension alone decides which class serves them.
# $demoFolder is the folder with wiki/, data/, store-a/ and store-b/.

# Two folders on the local disk ...
foreach ( [ 'store-a', 'store-b' ] as $demoStore ) {
	$wgFileBackends[] = [
		'name' => $demoStore,
		'class' => 'FSFileBackend',
		'basePath' => "$demoFolder/$demoStore",
		'lockManager' => 'fsLockManager',
	];
}

# ... behind one FileBackendMultiWrite. store-a is the master, which answers
# reads; store-b is its clone, written to right after it.
$wgFileBackends[] = [
	'name' => 'both',
	'class' => 'FileBackendMultiWrite',
	'lockManager' => 'fsLockManager',
	# Before every write compare what both stores hold: 1 is size, 4 is SHA-1.
	'syncChecks' => 1 | 4,
	'backends' => [
		[ 'name' => 'store-a', 'template' => 'store-a', 'isMultiMaster' => true ],
		[ 'name' => 'store-b', 'template' => 'store-b' ],
	],
];

# The wiki's own files live there.
$wgLocalFileRepo = [
	'class' => 'LocalRepo',
	'name' => 'local',
	'backend' => 'both',
	'url' => "$wgScriptPath/img_auth.php",
	'hashLevels' => 2,
	'deletedHashLevels' => 3,
];
