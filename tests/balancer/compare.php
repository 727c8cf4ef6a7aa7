<?php
/**
 * Compares two traces step by step. Prints the first difference of each kind;
 * writes "passed failed skipped" and the first failed config with its step into
 * the file --result. After a difference that leaves the two in different states the
 * rest of the config is left out.
 */

namespace MwNative\Balancer;

use MwNative\Differential\Difference;
use MwNative\Differential\TraceReader;

require __DIR__ . '/../differential/lib/TraceReader.php';
require __DIR__ . '/../differential/lib/Difference.php';

$options = getopt('', ['original:', 'native:', 'host:', 'repeat:', 'result:', 'show:']);
$intended = array_filter(require __DIR__ . '/intended.php', static fn ($entry) => in_array($options['host'], $entry['hosts'], true));
$left = new TraceReader($options['original']);
$right = new TraceReader($options['native']);
$passed = $failed = $skipped = 0;
$used = $kinds = $history = [];
$firstFailed = '';

for (;;) {
	$a = $left->current();
	$b = $right->current();
	if ($a === null && $b === null) {
		break;
	}
	$original = $a === null ? [] : TraceReader::decode($a);
	$native = $b === null ? [] : ($a === $b ? $original : TraceReader::decode($b));
	$diverges = false;
	if ($a !== $b) {
		foreach ($intended as $entry) {
			$mended = ($entry['mend'])($original, $native);
			if ($mended !== $original) {
				$original = $mended;
				$used[$entry['id']] = ($used[$entry['id']] ?? 0) + 1;
				$diverges = $diverges || ($entry['diverges'] ?? false);
			}
			if ($original === $native) {
				break;
			}
		}
	}
	if ($original === $native) {
		if (($original['step'] ?? '') === 'plan') {
			$history = [];
		}
		$history[] = $original;
		$passed++;
	} else {
		$difference = new Difference($original, $native);
		$kind = $difference->kind();
		$kinds[$kind] = ($kinds[$kind] ?? 0) + 1;
		if ($kinds[$kind] === 1 && count($kinds) <= (int)$options['show']) {
			echo $difference->describe($history, $options['repeat']);
			$changes = json_encode($original['changes'] ?? [], JSON_UNESCAPED_SLASHES);
			echo '  changes before it: ', substr($changes, 0, 600), "\n";
		}
		$failed++;
		// Equal states can go on: one difference must not hide the next
		foreach (['state', 'random', 'changes', 'died', 'operation'] as $part) {
			$diverges = $diverges || ($original[$part] ?? null) !== ($native[$part] ?? null);
		}
		if ($firstFailed === '') {
			$firstFailed = ($original['config'] ?? $native['config'] ?? 0) . ' ' . ($original['step'] ?? $native['step'] ?? '');
		}
	}
	$left->next();
	$right->next();
	if ($diverges) {
		$config = $original['config'] ?? $native['config'] ?? null;
		$skipped += $left->skipConfig($config);
		$right->skipConfig($config);
	}
}

if (count($kinds) > 0) {
	arsort($kinds);
	echo count($kinds), " kinds of differences:\n";
	foreach ($kinds as $kind => $count) {
		printf("%6d  %s\n", $count, $kind);
	}
}
foreach ($used as $id => $count) {
	echo "intended difference $id: $count times\n";
}
file_put_contents($options['result'], "$passed $failed $skipped\n$firstFailed\n");
exit($failed > 0 ? 1 : 0);
