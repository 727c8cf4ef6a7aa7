<?php
/**
 * Compares two traces step by step. Prints the first difference of each kind;
 * writes "passed failed skipped" and each failed config with its step into the file --result.
 */

namespace MwNative\Differential;

require __DIR__ . '/lib/TraceReader.php';
require __DIR__ . '/lib/Difference.php';

$options = getopt('', ['original:', 'native:', 'host:', 'repeat:', 'result:', 'show:']);
$intended = array_filter(require __DIR__ . '/intended.php', static fn ($entry) => in_array($options['host'], $entry['hosts'], true));
$left = new TraceReader($options['original']);
$right = new TraceReader($options['native']);
$passed = $failed = $skipped = 0;
$failedConfigs = $used = $kinds = [];
$history = [];

for (;;) {
	$a = $left->current();
	$b = $right->current();
	if ($a === null && $b === null) {
		break;
	}
	if ($a === $b) {
		$record = TraceReader::decode($a);
		if (($record['step'] ?? '') === 'plan') {
			$history = [];
		}
		$history[] = $record;
		$passed++;
		$left->next();
		$right->next();
		continue;
	}
	$original = $a === null ? [] : TraceReader::decode($a);
	$native = $b === null ? [] : TraceReader::decode($b);
	$diverges = true;
	foreach ($intended as $entry) {
		$mended = ($entry['mend'])($original, $native);
		if ($mended !== $original) {
			$original = $mended;
			$used[$entry['id']] = ($used[$entry['id']] ?? 0) + 1;
			$diverges = $entry['diverges'] ?? false;
		}
		if ($original === $native) {
			break;
		}
	}
	if ($original === $native) {
		$passed++;
		$history[] = $native;
	} else {
		$difference = new Difference($original, $native);
		$kind = $difference->kind();
		$kinds[$kind] = ($kinds[$kind] ?? 0) + 1;
		if ($kinds[$kind] === 1 && count($kinds) <= (int)$options['show']) {
			echo $difference->describe($history, $options['repeat']);
		}
		$failed++;
		$diverges = true;
	}
	$left->next();
	$right->next();
	if ($diverges) {
		// Their stores may differ from here on, so they are left out of that comparison too.
		$failedConfigs[] = ($original['config'] ?? $native['config'] ?? 0) . ' ' . ($original['step'] ?? $native['step'] ?? '');
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
file_put_contents($options['result'], "$passed $failed $skipped\n" . implode("\n", $failedConfigs) . "\n");
exit($failed > 0 ? 1 : 0);
