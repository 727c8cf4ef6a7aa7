<?php
/**
 * For the scripts that put the same questions to src/ and to the host's own PHP: loads
 * the host of the command line, asks a program, and counts rules.
 *
 *	php SCRIPT TREE PROGRAM FOLDER SEED
 */

error_reporting(E_ALL & ~E_DEPRECATED);
set_error_handler(static function ($level, $text, $file, $line) {
	if (error_reporting() & $level) {
		throw new ErrorException($text, 0, $level, $file, $line);
	}
	return false;
});
[, $tree, $program, $folder, $seed] = $argv;

if (extension_loaded('mwnative')) {
	fwrite(STDERR, "mwnative is loaded: the host's own code is wanted here\n");
	exit(1);
}
define('MEDIAWIKI', true);
define('MW_INSTALL_PATH', $tree);
require "$tree/includes/BootstrapHelperFunctions.php";
require "$tree/includes/AutoLoader.php";
require "$tree/includes/Defines.php";
require_once "$tree/vendor/autoload.php";

mt_srand((int)$seed);

/** @param array $list */
function any(array $list) {
	return $list[mt_rand(0, count($list) - 1)];
}

/** Any bytes. */
function randomBytes(int $length): string {
	$bytes = '';
	while ($length-- > 0) {
		$bytes .= chr(mt_rand(0, 255));
	}
	return $bytes;
}

/** Runs the program on a list of questions. @return string[] An answer for each */
function ask(array $questions): array {
	global $program, $folder;
	$lines = '';
	foreach ($questions as $question) {
		$lines .= array_shift($question) . "\t" . implode("\t", array_map('bin2hex', $question)) . "\n";
	}
	file_put_contents("$folder/questions", $lines);
	$process = proc_open(
		[$program], [['file', "$folder/questions", 'r'], ['file', "$folder/answers", 'w'], STDERR], $pipes
	);
	$code = proc_close($process);
	$answers = file("$folder/answers", FILE_IGNORE_NEW_LINES);
	if ($code !== 0 || count($answers) !== count($questions)) {
		throw new RuntimeException("$program ended with code $code after " . count($answers) .
			' of ' . count($questions) . ' answers');
	}
	return $answers;
}

$passed = $failed = 0;
/** A rule, and the texts that break it. */
function rule(string $name, array $broken): void {
	global $passed, $failed;
	if (!$broken) {
		$passed++;
		return;
	}
	$failed++;
	echo count($broken) . " times not so: $name\n";
	foreach (array_slice($broken, 0, 3) as $text) {
		echo "\t" . substr(addcslashes($text, "\0..\37\177..\377"), 0, 300) . "\n";
	}
}

/** A rule about how often something came up, so that no other rule is true of nothing. */
function atLeast(int $wanted, int $count, string $what): void {
	rule("at least $wanted $what were tried", $count >= $wanted ? [] : ["there were $count"]);
}

/** The last line, and the end. */
function report(string $about): void {
	global $passed, $failed;
	$version = preg_match('/^\d+\.\d+/', MW_VERSION, $m) ? $m[0] : MW_VERSION;
	echo "$about $version: $passed passed, $failed failed\n";
	exit($failed ? 1 : 0);
}
