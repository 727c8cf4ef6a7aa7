<?php
/**
 * The differences that are meant: where the native class mends a defect of the
 * original. Everything else that differs is a failure.
 *
 * Each entry:
 *   id        a short name, which the run's summary counts
 *   reason    why the native class does not do as the original does
 *   hosts     the hosts it applies to
 *   mend      fn (array $original, array $native): array, from the record of the
 *             original to what it would be without the defect; a step passes if
 *             that is what the native class did. Records are the lines of a trace:
 *             operation, arguments, result or thrown, output, pending, events
 *   diverges  (optional) true if the stores hold different files from then on,
 *             so that the rest of the config cannot be compared
 */

/** Is the event a line in the log with this text in it? */
$logs = static fn ($event, string $text): bool =>
	is_array($event) && $event[0] === 'log error' && str_contains($event[1] ?? '', $text);

return [
	[
		'id' => 'async-failure',
		'reason' => 'a deferred write that fails on a clone is logged; the original drops its status',
		'hosts' => ['1.39', '1.43'],
		'mend' => static function (array $original, array $native) use ($logs): array {
			$rest = array_filter($native['events'] ?? [], static fn ($event) => !$logs($event, "' async replication failed"));
			if (count($rest) < count($native['events'] ?? []) && array_values($rest) === ($original['events'] ?? null)) {
				$original['events'] = $native['events'];
			}
			return $original;
		},
	],
	[
		'id' => 'resync-unreadable-master',
		'reason' => 'resyncFiles tells that the file of the master cannot be fetched; the original hands nothing to the clone as the source',
		'hosts' => ['1.39', '1.43'],
		'mend' => static function (array $original, array $native) use ($logs): array {
			// Where neither logs nor statuses are seen: how the original's resync ends, and what ours answers.
			$ends = ["File operation missing parameter 'src'.", 'Path cannot be empty'];
			if (in_array($original['thrown']['message'] ?? '', $ends, true)
				&& in_array('backend-fail-read', array_column($native['result']['errors'] ?? [], 1), true)) {
				return $native;
			}
			foreach ($native['events'] ?? [] as $i => $event) {
				if ($event !== ($original['events'][$i] ?? null)) {
					return $logs($event, "' cannot be read") || array_slice((array)$event, 0, 2) === ['status fatal', 'backend-fail-read']
						? $native : $original;
				}
			}
			return $original;
		},
		'diverges' => true,
	],
	[
		'id' => 'object-as-store-config',
		'reason' => 'an object in the place of the configuration of a store is refused before it is changed',
		'hosts' => ['1.39', '1.43'],
		'mend' => static fn (array $original, array $native): array =>
			($original['thrown']['@'] ?? '') === 'TypeError'
			&& preg_match('/^The configuration of backend \\d+ must be an array, /', $native['thrown']['message'] ?? '') ? $native : $original,
	],
];
