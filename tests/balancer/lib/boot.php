<?php
/**
 * Brings up what a host's database library needs, without a wiki: its autoloader
 * and its constants. GlobalFunctions.php is left out, so that wfDeprecated() can
 * be one that only notes its call (the host's tells its caller's place in a file,
 * which a native method does not have).
 */

namespace MwNative\Balancer {

	/** Ends the worker with a reason; the harness shows it. */
	function fail(string $reason): never {
		fwrite(STDERR, "worker: $reason\n");
		exit(3);
	}

	/** The files that the host's own entry points load first; at file scope there, hence the globals. */
	function hostFiles(string $tree): array {
		define('MEDIAWIKI', true);
		define('MW_ENTRY_POINT', 'cli');
		define('MW_INSTALL_PATH', $tree);
		return array_map(static fn ($file) => "$tree/$file", [
			'includes/BootstrapHelperFunctions.php', 'includes/AutoLoader.php', 'includes/Defines.php', 'vendor/autoload.php',
		]);
	}

	/**
	 * Loads the host's Database from a copy without the word "final", so that a
	 * scripted subclass sees every call that the load balancer makes and can answer
	 * anything. Must run before the host loads the class.
	 */
	function unsealDatabase(string $tree, string $scratch): void {
		$source = file_get_contents("$tree/includes/libs/rdbms/database/Database.php");
		$open = preg_replace('/^(\s*)final (?=(public|protected|static))/m', '$1', $source, -1, $count);
		if ($count < 10) {
			fail("the unsealed Database would be no different: $count final methods found");
		}
		file_put_contents("$scratch/UnsealedDatabase.php", $open);
		require "$scratch/UnsealedDatabase.php";
	}

	/** Some classes moved to a namespace between the hosts: gives them names that are the same on all. */
	function nameHostClasses(): void {
		foreach ([
			'HashBagOStuff' => 'Wikimedia\\ObjectCache\\HashBagOStuff',
			'WANObjectCache' => 'Wikimedia\\ObjectCache\\WANObjectCache',
		] as $old => $new) {
			class_alias(class_exists($new) ? $new : $old, __NAMESPACE__ . "\\Host$old");
		}
	}
}

namespace {
	function wfDeprecated($function, $version = false, $component = false, $callerOffset = 2) {
		MwNative\Balancer\Journal::note('wfDeprecated', $function, $version);
	}
}
