<?php
# A host without a wiki: MediaWiki's autoloader, constants and libraries, as far
# as its file backends need them. Nothing is configured and no database is opened.

error_reporting( E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED );

/** @param string $tree The unpacked MediaWiki */
function benchBootHost( string $tree ): void {
	define( 'MEDIAWIKI', true );
	define( 'MW_INSTALL_PATH', $tree );
	# MediaWiki's files assign their globals in the scope that includes them.
	global $IP, $wgAutoloadClasses;
	$IP = $tree;
	require_once "$tree/includes/BootstrapHelperFunctions.php";
	require_once "$tree/includes/AutoLoader.php";
	require_once "$tree/includes/Defines.php";
	require_once "$tree/vendor/autoload.php";
	require_once "$tree/includes/GlobalFunctions.php";
}

/**
 * A class of the file backends under the name that this host declares it by.
 *
 * @param string $name Without a namespace
 */
function benchHostClass( string $name ): string {
	return version_compare( MW_VERSION, '1.43', '<' ) ? $name : "Wikimedia\\FileBackend\\$name";
}

/** Which class serves FileBackendMultiWrite in this process: 'native' or 'original'? */
function benchServedBy(): string {
	$file = ( new ReflectionClass( benchHostClass( 'FileBackendMultiWrite' ) ) )->getFileName();
	return str_starts_with( $file, MW_INSTALL_PATH ) ? 'original' : 'native';
}
