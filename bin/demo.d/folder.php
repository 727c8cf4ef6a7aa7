<?php
# The demo's other settings, required by each wiki's LocalSettings.php: they let
# the wiki take images, keep all it writes in the demo's folder, and make two
# runs comparable.

# The folder that holds wiki/, data/, store-a/ and store-b/.
$demoFolder = dirname( $IP );

$wgEnableUploads = true;
$wgFileExtensions = [ 'png', 'gif', 'jpg', 'jpeg' ];

# Thumbnails by PHP's GD: the same bytes in every run, so trees can be compared.
$wgUseImageMagick = false;
$wgThumbLimits = [ 120, 400 ];

# Nothing outside the demo's folder: Debian's package would use /var.
$wgUploadDirectory = "$demoFolder/locks";
$wgCacheDirectory = "$demoFolder/cache";
$wgTmpDirectory = "$demoFolder/tmp";
$wgDBerrorLog = "$demoFolder/log/dberror.log";
foreach ( [ 'exception', 'error', 'fatal' ] as $demoChannel ) {
	$wgDebugLogGroups[$demoChannel] = "$demoFolder/log/$demoChannel.log";
}

# Jobs are run by nobody here, and a command line has no shared cache.
$wgJobRunRate = 0;
$wgMainCacheType = CACHE_NONE;
