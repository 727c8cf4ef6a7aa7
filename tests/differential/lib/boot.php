<?php
/**
 * Brings a host up without a database, a wiki or a session: its own Setup.php
 * with settings of ours. Everything FileBackendMultiWrite can reach is then the
 * host's own code: autoloader, services, DeferredUpdates.
 */

namespace MwNative\Differential;

/** Loads the host in $tree. Only for the global scope's sake is this a function called once. */
function bootHost(string $tree, string $scratch): void {
	define('MEDIAWIKI', true);
	define('MW_ENTRY_POINT', 'cli');
	define('MW_NO_SESSION', 1);
	define('MW_NO_SESSION_HANDLER', 1);
	define('MW_INSTALL_PATH', $tree);
	define('MW_CONFIG_CALLBACK', __NAMESPACE__ . '\\configureHost');
	$GLOBALS['wgCommandLineMode'] = true;
	$GLOBALS['differentialScratch'] = $scratch;
}

/** Called by Setup.php in place of LocalSettings.php. */
function configureHost(): void {
	$settings = [
		'Server' => 'http://localhost',
		'ScriptPath' => '',
		'DBtype' => 'sqlite',
		'DBname' => 'differential',
		'SQLiteDataDir' => $GLOBALS['differentialScratch'],
		'TmpDirectory' => $GLOBALS['differentialScratch'],
		'MainCacheType' => CACHE_NONE,
		'MessageCacheType' => CACHE_NONE,
		'ParserCacheType' => CACHE_NONE,
		'LanguageConverterCacheType' => CACHE_NONE,
		'LocalisationCacheConf' => [
			'class' => 'LocalisationCache',
			'store' => 'array',
			'storeClass' => false,
			'storeDirectory' => false,
			'storeServer' => [],
			'forceRecache' => false,
			'manualRecache' => false,
		],
		'ShowExceptionDetails' => true,
	];
	foreach ($settings as $name => $value) {
		$GLOBALS["wg$name"] = $value;
	}
}

/**
 * Loads FileBackendStore from a copy without the word "final", so that
 * recording subclasses see every call the proxy makes, with its arguments, and
 * can answer anything at all. Must run before the host loads the class.
 */
function unsealStore(string $tree, string $scratch): void {
	$source = file_get_contents("$tree/includes/libs/filebackend/FileBackendStore.php");
	$open = preg_replace('/^(\s*)final (?=(public|protected|static))/m', '$1', $source, -1, $count);
	if ($count < 10) {
		fail("the unsealed store would be no different: $count final methods found");
	}
	$file = "$scratch/UnsealedFileBackendStore.php";
	file_put_contents($file, $open);
	require $file;
}

/** Ends the worker with a reason; the harness shows it. */
function fail(string $reason): never {
	fwrite(STDERR, "worker: $reason\n");
	exit(3);
}
