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
 *             operation, arguments, changes, result or thrown, events, random, state
 *   diverges  (optional) true if the two are in different states from then on, so
 *             that the rest of the config cannot be compared
 */

/** Is there a log line that ends so? */
$logged = static function (array $record, string $end): bool {
	foreach ($record['events'] ?? [] as $event) {
		if (is_string($event[0] ?? null) && str_starts_with($event[0], 'log ') && str_ends_with((string)($event[1] ?? ''), $end)) {
			return true;
		}
	}
	return false;
};

/** Were weights scaled, another number drawn thereafter, and does nobody log why? */
$draws_more = static function (array $original, array $native): bool {
	$names = array_map(static fn ($event) => is_string($event[0] ?? null) ? $event[0] : '', $original['events'] ?? []);
	return in_array('monitor scaleLoads', $names, true) && ($original['random'] ?? null) !== ($native['random'] ?? null)
		&& !array_filter($names, static fn ($name) => str_starts_with($name, 'log '));
};

/** How many servers were tried as readers, as it is logged. */
$tried = static fn (array $record): int => count(array_filter($record['events'] ?? [],
	static fn ($event) => is_string($event[1] ?? null) && preg_match('/pickReaderIndex: (Using reader #|connecting to )/', $event[1])));

/** What each did where they first differ, and what both did just before: [ original's event, native's event, common ]. */
$parting = static function (array $original, array $native): array {
	$before = null;
	for ($i = 0; isset($original['events'][$i]) || isset($native['events'][$i]); $i++) {
		$one = $original['events'][$i] ?? null;
		$other = $native['events'][$i] ?? null;
		if ($one != $other) {
			return [$one, $other, $before];
		}
		$before = $one;
	}
	return [null, null, $before];
};

return [
	[
		'id' => 'lost-replica',
		'reason' => 'a connection of a replica that was lost is replaced, and a reader that cannot be reached any more too',
		'hosts' => ['1.39', '1.43'],
		'diverges' => true,
		'mend' => static function (array $original, array $native) use ($logged, $parting): array {
			if ($logged($native, 'was lost; opening another') || $logged($native, 'cannot be reached any more; choosing another')) {
				return $native;
			}
			// The same where nobody logs.
			[$one, $other, $before] = $parting($original, $native);
			$failed = ($original['thrown']['@'] ?? '') === 'Wikimedia\\Rdbms\\DBConnectionError';
			$found_lost = $before !== null && preg_match('/^#\d+@(?:\?|[1-9]\d*) (isOpen|getServerName)$/D', (string)$before[0]);
			$unpinned = $native['step'] !== 'build'
				&& isset($native['state']['readIndexByGroup']) && !isset($original['state']['readIndexByGroup']);
			// The original reports the replica whose connection was lost, where the native class asks another.
			$reports = $failed && preg_match('/^#\d+@[1-9]\d* getServerName$/D', (string)($one[0] ?? ''));
			// Before it gives a reader up, the native class sees whether another connection to that server is open.
			$looks = preg_match('/^#\d+@[1-9]\d* isOpen$/D', (string)($other[0] ?? '')) && preg_match('/ lastError$/D', (string)($before[0] ?? ''));
			return $found_lost || ($failed && $one === null) || $unpinned || $reports || $looks ? $native : $original;
		},
	],
	[
		'id' => 'rounded-weights',
		'reason' => 'weights that the monitor has scaled to 0 for all servers give way to the configured ones',
		'hosts' => ['1.39', '1.43'],
		'diverges' => true,
		'mend' => static fn (array $original, array $native): array =>
			(($logged($original, 'pickReaderIndex: no suitable server found') || $logged($original, 'pickReaderIndex: pickRandom() returned false'))
				&& $tried($native) > $tried($original))
			|| $draws_more($original, $native)
				? $native : $original,
	],
];
