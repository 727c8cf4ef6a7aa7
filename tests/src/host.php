<?php
/**
 * What src/ answers (answers.c) against what the host's own PHP answers: storage
 * paths, renamed paths, timestamps, digests and files.
 *
 *	php host.php TREE PROGRAM FOLDER SEED
 *
 * Prints what differs, and at the end "host VERSION: N passed, N failed", counted in rules.
 */

require __DIR__ . '/comparison.php';

/** A byte put in, taken out or replaced. */
function damaged(string $text, string $odd): string {
	$at = mt_rand(0, strlen($text));
	return substr($text, 0, $at) . any(['', $odd[mt_rand(0, strlen($odd) - 1)]]) .
		substr($text, $at + mt_rand(0, 1));
}

/** All texts of up to $length of these characters. */
function allTexts(string $characters, int $length): array {
	$all = $last = [''];
	while ($length-- > 0) {
		$next = [];
		foreach ($last as $text) {
			foreach (str_split($characters) as $character) {
				$next[] = $text . $character;
			}
		}
		$all = array_merge($all, $next);
		$last = $next;
	}
	return $all;
}

// Paths

$parts = [
	'a', 'b', 'ab', 'File.jpg', '120px-File.jpg', 'é', '0', '00', '.', '..', '...', '....', '.a', 'a.', '..a', 'a..', 'a.b',
	'. ', ' .', ' ', '', '', "\0", ".\0", "\0.", '..\\', '\\', '\\..', "\n", ".\n", "\xff", '%2e%2e', '%2f', '~', '*', "'",
	'mwstore:', 'mwstore://', 'temp', '#', '?', '&amp;',
];
$names = [
	'local', 'local-multi', 'b', 'ab', '0', '00', '', '.', '..', ' ', "\0", "a\0b", 'a.b', 'a*', '[a-z]+', '^', '$', '(', ')',
	'!', '#', '\\', '\\\\', '\\1', '$1', '${1}', '$0', 'a\\', '\\E', '\\Q', '|', '?', '-', "\n", "a\n", 'é', "\xff", 'A', 'a/b', '{', 'a{2}',
];
$paths = [];
foreach (allTexts('/.a\\', 6) as $rest) {
	$paths[] = "mwstore://$rest";
	$paths[] = "mwstore://b/c/$rest";
}
$exhaustive = count($paths);
while (count($paths) < $exhaustive + 20000) {
	$path = any(['mwstore://', 'mwstore://', 'mwstore://', 'mwstore://', 'mwstore://', 'mwstore://', 'mwstore:/',
		'mwstore:', 'MWSTORE://', ' mwstore://', 'mwstore:///', '', '/', 'http://', "mwstore://\0"]);
	$path .= any(['b', 'b', any($names)]) . any(['/', '/', '/', '', '//', '\\']) . any(['c', 'c', any($parts)]);
	for ($i = mt_rand(0, 6); $i > 0; $i--) {
		$path .= any(['/', '/', '/', '/', '/', '//', '\\', '///', '']) . any($parts);
	}
	$path .= any(['', '', '', '/', '.', "\0"]);
	$paths[] = $path;
	$paths[] = damaged(any(['mwstore://local/wiki-public/a/ab/File.jpg', 'mwstore://b/c', 'mwstore://b/c/d/e.f/g']), "/.\\\0");
}
for ($i = 0; $i < 20; $i++) {
	$long = 'mwstore://b/c/' . str_repeat(any($parts) . 'xyz/', mt_rand(1000, 20000));
	$paths[] = $long . any($parts);
	$paths[] = $long . any(['/', '.', '../', './', '\\']) . 'z';
}
$ordinary = [];
while (count($ordinary) < 2000) {
	$path = 'mwstore://local-backend/wiki-public';
	for ($i = mt_rand(0, 5); $i > 0; $i--) {
		$path .= '/' . any(['a', 'ab', '0', 'thumb', 'archive', 'File_(1).tar.gz', '120px-É.png', '20260101000000!A.jpg']);
	}
	$ordinary[$path . mt_rand()] = $path . mt_rand();
}
$ordinary = array_values($ordinary);
$paths = array_merge($paths, $ordinary);

$broken = $vain = [];
$true = $false = $refused = 0;
foreach (ask(array_map(static fn ($path) => ['normal', $path], $paths)) as $i => $answer) {
	$normal = FileBackend::normalizeStoragePath($paths[$i]);
	if ($answer === '1') {
		$true++;
		if ($normal !== $paths[$i]) {
			$broken[] = $paths[$i] . ' is for the host ' . var_export($normal, true);
		}
	} else {
		$false++;
		$refused += $normal === null;
		if ($i >= count($paths) - count($ordinary)) {
			$vain[] = $paths[$i];
		}
	}
}
rule('a path that is said to be normal is what the host makes of it', $broken);
rule('an ordinary path is known to be normal', $vain);
atLeast(6000, $true, 'normal paths');
atLeast(6000, $false, 'other paths');
atLeast(3000, $refused, 'paths that the host refuses');

// Renaming, by the class that this project takes the place of

$substPaths = new ReflectionMethod(FileBackendMultiWrite::class, 'substPaths');
$unsubstPaths = new ReflectionMethod(FileBackendMultiWrite::class, 'unsubstPaths');
$name = new ReflectionProperty(FileBackend::class, 'name');
$proxy = (new ReflectionClass(FileBackendMultiWrite::class))->newInstanceWithoutConstructor();
$store = (new ReflectionClass(MemoryFileBackend::class))->newInstanceWithoutConstructor();
foreach ([$substPaths, $unsubstPaths, $name] as $member) {
	$member->setAccessible(true);
}
$questions = $expected = [];
for ($i = 0; $i < 20000; $i++) {
	$from = any($names) . any(['', '', any($names), randomBytes(2)]);
	$to = any($names) . any(['', '', any($names), randomBytes(2)]);
	$path = any(["mwstore://$from/" . any($parts) . any($parts), "mwstore://$from" . any($parts), any($paths)]);
	$path = any([$path, $path, damaged($path, "/.\\\0!a")]);
	if (strlen($path) > 1000) {
		continue;
	}
	// To the store and back are the same to src/; the host has a method for each.
	if ($i % 2) {
		$name->setValue($proxy, $from);
		$name->setValue($store, $to);
		$expected[] = $substPaths->invoke($proxy, $path, $store);
	} else {
		$name->setValue($store, $from);
		$name->setValue($proxy, $to);
		$expected[] = $unsubstPaths->invoke($proxy, $path, $store);
	}
	$questions[] = ['rename', $path, $from, $to];
}
$broken = [];
$renamed = $kept = 0;
foreach (ask($questions) as $i => $answer) {
	[, $path, $from, $to] = $questions[$i];
	$result = $answer === '-' ? $path : hex2bin($answer);
	$answer === '-' ? $kept++ : $renamed++;
	if ($result !== $expected[$i]) {
		$broken[] = "$path from $from to $to is $result, for the host " . var_export($expected[$i], true);
	}
}
rule('a path is renamed as the host renames it', $broken);
atLeast(5000, $renamed, 'paths to rename');
atLeast(3000, $kept, 'paths of other names');

// Timestamps

$texts = [];
for ($year = 1000; $year <= 9999; $year++) {
	foreach (['0228235959', '0229000000', '0301000000', '1231235959'] as $rest) {
		$texts[] = $year . $rest;
	}
}
for ($i = 0; $i < 20000; $i++) {
	$valid = gmdate('YmdHis', mt_rand(0, 9) < 5 ? mt_rand(0, 4102444800) : mt_rand(-30610224000, 253402300799));
	$texts[] = $valid;
	$texts[] = damaged($valid, '0123456789');
	$texts[] = any([
		damaged($valid, "0123456789 -+.T\n\0"), substr($valid, 0, 13), $valid . '0', "$valid\n",
		sprintf('%04d%02d%02d%02d%02d%02d', mt_rand(0, 9999), mt_rand(0, 14), mt_rand(0, 33), mt_rand(0, 25),
			mt_rand(0, 62), mt_rand(0, 62)),
		(string)mt_rand(0, 99999999999999),
	]);
}
$broken = $missed = [];
$true = $false = 0;
foreach (ask(array_map(static fn ($text) => ['time', $text], $texts)) as $i => $answer) {
	$text = $texts[$i];
	$exists = preg_match('/^([1-9]\d{3})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/D', $text, $m)
		&& checkdate((int)$m[2], (int)$m[3], (int)$m[1]) && $m[4] < 24 && $m[5] < 60 && $m[6] < 60;
	if (($answer !== '-') !== $exists) {
		$missed[] = "$text: $answer";
	}
	if ($answer === '-') {
		$false++;
		continue;
	}
	$true++;
	$host = Wikimedia\Timestamp\ConvertibleTimestamp::convert(TS_UNIX, $text);
	if ($host !== $answer) {
		$broken[] = "$text is $answer, for the host " . var_export($host, true);
	}
}
rule('a timestamp that is read is the host\'s moment', $broken);
rule('a timestamp is read when PHP\'s calendar has its date, from the year 1000 on', $missed);
atLeast(40000, $true, 'timestamps');
atLeast(15000, $false, 'texts that are none');

// Digests

$digests = [str_repeat("\0", 20), str_repeat("\xff", 20)];
while (count($digests) < 3000) {
	$zeros = mt_rand(0, 25) < 20 ? mt_rand(0, 20) : 0;
	$digests[] = str_repeat("\0", $zeros) . randomBytes(20 - $zeros);
}
$broken = [];
foreach (ask(array_map(static fn ($digest) => ['base36', $digest], $digests)) as $i => $answer) {
	$host = Wikimedia\base_convert(bin2hex($digests[$i]), 16, 36, 31);
	if ($answer !== $host) {
		$broken[] = bin2hex($digests[$i]) . " is $answer, for the host $host";
	}
}
rule('a digest has the digits that the host gives it', $broken);

// Files

$files = [];
foreach ([0, 1, 63, 64, 8191, 8192, 8193, 131071, 131072, 131073, 1048577] as $size) {
	$files[] = $file = "$folder/$size bytes";
	file_put_contents($file, substr(str_repeat(randomBytes(997), intdiv($size, 997) + 1), 0, $size));
}
$files[] = $program;
$files[] = "$folder/missing";
$broken = [];
foreach (ask(array_map(static fn ($file) => ['file', $file], $files)) as $i => $answer) {
	$host = (new FSFile($files[$i]))->getSha1Base36();
	exec('sha1sum --binary ' . escapeshellarg($files[$i]) . ' 2>&1', $output, $code);
	$tool = $code === 0 ? Wikimedia\base_convert(substr(array_pop($output), 0, 40), 16, 36, 31) : '-';
	if ($answer !== ($host === false ? '-' : $host) || $answer !== $tool) {
		$broken[] = "$files[$i] is $answer, for the host " . var_export($host, true) . ", for sha1sum $tool";
	}
}
rule('a file has the digest that the host and sha1sum give it', $broken);

report('host');
