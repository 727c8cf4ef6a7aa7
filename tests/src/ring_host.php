<?php
/**
 * What src/hash_ring answers (ring_answers.c) against the host's HashRing and
 * ArrayUtils::consistentHashSort().
 *
 *	php ring_host.php TREE PROGRAM FOLDER SEED
 *
 * Prints what differs, and at the end "host ring VERSION: N passed, N failed", counted in rules.
 */

require __DIR__ . '/comparison.php';

// The host's class once more, with a hash whose positions are cut down to the bits of a mask: a
// ring of a few locations then has the collisions of one of thousands.
$mask = 0;
eval('namespace Masked;
use InvalidArgumentException, RuntimeException, Serializable, UnexpectedValueException;
function hash($algorithm, $text, $binary) {
	global $mask;
	return \hash($algorithm, $text, $binary) & str_repeat(pack("V", $mask), 5);
}
?>' . file_get_contents("$tree/includes/libs/HashRing.php"));

/** Sets the mask (0: all bits). @return string The class to use */
function ringClass(int $bits): string {
	global $mask;
	$mask = $bits;
	return $bits ? Masked\HashRing::class : HashRing::class;
}

function property(object $ring, string $name): ReflectionProperty {
	$property = new ReflectionProperty($ring, $name);
	$property->setAccessible(true);
	return $property;
}

/** A ring without nodes, which the host's constructor would not build. */
function bareRing(array $labels, int $bits): object {
	$class = ringClass($bits);
	$ring = (new ReflectionClass($class))->newInstanceWithoutConstructor();
	property($ring, 'algo')->setValue($ring, 'sha1');
	property($ring, 'weightByLocation')->setValue($ring, array_fill_keys($labels, 10));
	return $ring;
}

/** The nodes of a ring, position => label, when every collision leaves the node whose name is last. */
function meantNodes(array $labels, int $bits): array {
	$ring = bareRing($labels, $bits);
	$quartet = new ReflectionMethod($ring, 'getNodePositionQuartet');
	$quartet->setAccessible(true);
	$digests = (int)(1 / count($labels) * 40 * count($labels));
	$names = $nodes = [];
	foreach ($labels as $label) {
		for ($number = 0; $number < 4 * $digests; $number++) {
			$positions = $number % 4 ? $positions : $quartet->invoke($ring, $label . '-' . intdiv($number, 4));
			$position = (int)$positions[$number % 4];
			$name = "$number@$label";
			if (!isset($names[$position]) || strcmp($name, $names[$position]) > 0) {
				$names[$position] = $name;
				$nodes[$position] = $label;
			}
		}
	}
	ksort($nodes);
	return $nodes;
}

/** @return array The nodes of the host's ring, position => label */
function hostNodes(object $ring): array {
	return array_column(
		array_map(static fn ($node) => [(int)$node[0], (string)$node[1]], property($ring, 'baseRing')->getValue($ring)), 1, 0
	);
}

/** @return object|null The host's ring; null when it refuses the labels */
function hostRing(array $labels, int $weight, int $bits): ?object {
	$class = ringClass($bits);
	try {
		return new $class(array_fill_keys($labels, $weight));
	} catch (UnexpectedValueException $e) {
		return null;
	}
}

/** A ring of the host's class with the nodes that it means to have. */
function meantRing(array $labels, int $bits): object {
	$ring = bareRing($labels, $bits);
	$nodes = [];
	foreach (meantNodes($labels, $bits) as $position => $label) {
		$nodes[] = [(float)$position, $label];
	}
	property($ring, 'baseRing')->setValue($ring, $nodes);
	return $ring;
}

/** Keys that a node serves, as many as wanted. */
function keysOf(array $nodes, int $position, int $wanted): array {
	$before = -1;
	foreach ($nodes as $at => $label) {
		if ($at >= $position) {
			break;
		}
		$before = $at;
	}
	$keys = [];
	while (count($keys) < $wanted) {
		$key = 'key ' . mt_rand();
		$at = unpack('V', sha1($key, true))[1];
		if ($at > $before && $at <= $position) {
			$keys[] = $key;
		}
	}
	return $keys;
}

function randomKey(): string {
	switch (mt_rand(0, 9)) {
		case 0:
			return (string)mt_rand(0, 1000000);
		case 1:
			return randomBytes(mt_rand(0, 40));
		case 2:
			return str_repeat(any(['a', 'é', "\0", '0']), mt_rand(0, 500));
		default:
			return any(['enwiki', 'dewiki', 'commonswiki']) . ':' . any(['pcache:idhash:', 'ArticleView:', 'FileRender:']) .
				mt_rand() . '-0!canonical';
	}
}

/** @return array[] $count random keys, with limits from $least to $most */
function keys(int $count, int $least, int $most): array {
	$keys = [];
	while ($count-- > 0) {
		$keys[] = [randomKey(), mt_rand($least, $most)];
	}
	return $keys;
}

/**
 * Asks both for the locations of all keys of all rings.
 *
 * @param array[] $rings Each [labels, weight, mask, [[key, limit], ...], host's ring]
 */
function compare(string $rule, array $rings): void {
	$questions = $expected = $broken = [];
	foreach ($rings as [$labels, $weight, $bits, $keys, $ring]) {
		ringClass($bits);
		foreach ($labels as $i => $label) {
			$questions[] = ['location', $label];
			$expected[] = (string)($i + 1);
		}
		$questions[] = ['ring', $weight, $bits];
		$expected[] = (string)count($labels);
		$indexes = array_flip($labels);
		foreach ($keys as [$key, $limit]) {
			$found = $ring->getLocations($key, $limit);
			ArrayUtils::consistentHashSort($found, $key);
			$questions[] = ['locate', $key, $limit];
			$expected[] = implode(' ', array_map(static fn ($label) => $indexes[$label], $found));
		}
	}
	foreach (ask($questions) as $i => $answer) {
		if ($answer !== $expected[$i]) {
			$broken[] = implode(' ', $questions[$i]) . ": $answer, for the host $expected[$i]";
		}
	}
	rule($rule, $broken);
}

/** Of the ring that the host builds. */
function ringOf(array $labels, int $weight, array $keys): array {
	return [$labels, $weight, 0, $keys, hostRing($labels, $weight, 0)];
}

// Sizes

$rings = $others = $large = [];
$count = 0;
for ($size = 1; $size <= 50; $size++) {
	$labels = [];
	$name = any(['rdb1', 'redis', '10.0.0.', 'poolcounter-', '']);
	while (count($labels) < $size) {
		$labels[] = $name . (count($labels) + 1);
	}
	if (mt_rand(0, 1)) {
		shuffle($labels);
	}
	$rings[] = ringOf($labels, 10, keys(2000, 3, 3));
	$count += 2000;
	$others[] = ringOf($labels, any([1, 3, 7, 10, 2147483647]), keys(150, 0, $size + 2));
}
compare('three locations of a key are those of the host, in its order, in rings of 1 to 50', $rings);
atLeast(100000, $count, 'keys');
compare('so they are of any number and with any weight', $others);
foreach ([96, 98, 103, 200] as $size) {
	$large[] = ringOf(array_map(static fn ($i) => "rdb$i:6379", range(1, $size)), 10, keys(200, 1, 12));
}
compare('so they are in larger rings', $large);

// Labels

$rings = [];
foreach ([
	['1', '2', '3'], ['0', '-1', '007', '1e1', '10', '10.0', ' 10', '10 '], ['9223372036854775807', '9223372036854775808'],
	['rdb1001:6379', 'rdb1001:6380', 'rdb1002:6379', '[2001:db8::1]:6379'], ['', 'a'], ['', '0', "\0", "\0\0"], [''], ['7'],
	['é', "e\u{301}", '日本語', "\xff\xfe"], ['a', 'A', 'a ', 'a-1', 'a-1-1', '@', '1@a', '@a'], ["a\nb", "a\tb", "a\0b", 'a b'],
	[str_repeat('a', 1000), str_repeat('a', 1001), str_repeat('b', 100000)], ['cache-a', 'cache-b'],
] as $labels) {
	$rings[] = ringOf($labels, 10, keys(600, 1, 1));
	$rings[] = ringOf($labels, 10, keys(200, 0, 4));
}
compare('labels may be numbers, empty, long and of any bytes', $rings);

// Collisions of real positions: pairs of labels that share one

$owners = $pairs = [];
for ($i = 0; $i < 5000; $i++) {
	for ($j = 0; $j < 40; $j++) {
		foreach (unpack('V4', sha1("db$i-$j", true)) as $position) {
			if (isset($owners[$position]) && $owners[$position] !== $i) {
				$pairs[] = ["db{$owners[$position]}", "db$i", $position];
			}
			$owners[$position] = $i;
		}
	}
}
unset($owners);
$built = $refused = $strange = [];
$won = [0, 0];
foreach ($pairs as $i => [$first, $second, $position]) {
	[$third, $fourth, $other] = $pairs[($i + 1) % count($pairs)];
	$four = [$first, $second, $third, $fourth];
	shuffle($four);
	foreach ([[$first, $second], [$second, $first], $four] as $labels) {
		$ring = hostRing($labels, 10, 0);
		$nodes = meantNodes($labels, 0);
		$keys = keys(20, 1, 1);
		foreach (count($labels) === 4 ? [$position, $other] : [$position] as $at) {
			foreach (keysOf($nodes, $at, 5) as $key) {
				$keys[] = [$key, 1];
			}
		}
		if ($ring) {
			$built[] = [$labels, 10, 0, $keys, $ring];
			$won[array_search($nodes[$position], [$first, $second], true)]++;
			if (hostNodes($ring) !== $nodes) {
				$strange[] = implode(' ', $labels);
			}
		} else {
			$refused[] = [$labels, 10, 0, $keys, meantRing($labels, 0)];
		}
	}
}
compare('a key before a position that two labels share is the host\'s', $built);
atLeast(100, count($built), 'rings with a shared position');
atLeast(20, min($won), 'rings in which it is the first label\'s, and as many in which it is the second\'s,');
compare('a ring that the host refuses leaves a shared position to the node whose name is last', $refused);
atLeast(5, count($refused), 'rings that the host refuses');

$labels = array_map(static fn ($i) => "db$i", range(1, 2000));
rule('the host refuses a ring of 2000', hostRing($labels, 10, 0) ? ['it does not'] : []);
compare('so it is among 2000 locations', [[$labels, 10, 0, keys(300, 1, 8), meantRing($labels, 0)]]);

// Collisions of positions of few bits, of which there are many

$built = $refused = [];
for ($i = 0; $i < 1200; $i++) {
	$bits = $i % 3 === 0 ? mt_rand(1, 11) : mt_rand(12, 17);
	$labels = [];
	for ($size = mt_rand(1, 4); $size > 0; $size--) {
		$labels[] = any([
			'rdb' . mt_rand(), (string)mt_rand(), any(['', '1', '10', '9', '01', 'a', 'aa', 'A', "a\0", '@', "\xff"]),
		]);
	}
	$labels = array_values(array_unique($labels));
	$mask = (1 << $bits) - 1;
	$ring = hostRing($labels, 10, $mask);
	$keys = keys(20, 1, count($labels));
	if ($ring) {
		$nodes = hostNodes($ring);
		if ($nodes !== meantNodes($labels, $mask)) {
			$strange[] = implode(' ', $labels);
		}
		if (count($nodes) < 160 * count($labels)) {
			$built[] = [$labels, 10, $mask, $keys, $ring];
		}
	} else {
		$refused[] = [$labels, 10, $mask, $keys, meantRing($labels, $mask)];
	}
}
compare('rings of many collisions are the host\'s', $built);
atLeast(200, count($built), 'of them');
compare('where the host refuses them, every collision leaves the node whose name is last', $refused);
atLeast(200, count($refused), 'of those');
rule('the host never builds a ring in which a collision left another node', $strange);

report('host ring');
