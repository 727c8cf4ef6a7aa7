<?php

namespace MwNative\Differential;

/**
 * Draws the plan of one proxy: plain data, which the trace shows and from which
 * Session builds the real thing.
 */
final class Configs {
	/** Proxy name => names of its stores: prefixes of each other, equal ones, numbers. */
	private const NAMES = [
		['p', ['a', 'ab', 'a-b', 'abc']],
		['p', ['p1', 'p2', 'pp', 'P']],
		['ab', ['a', 'abc', 'ab-', 'b']],
		['a', ['a', 'ab', 'a-b', 'b-a']],
		['a-b', ['a', 'b', 'a-b-c', 'a_b']],
		['local-multi', ['local-fs', 'local-mem', 'local', 'remote_1']],
		['1', ['10', '01', '1', '100']],
		['A--_', ['-', '_', '--', 'A']],
	];

	private const CHARACTERS = [
		'sound' => ['rate' => 0, 'kinds' => []],
		'failing' => ['rate' => 15, 'kinds' => ['error']],
		'lying' => ['rate' => 25, 'kinds' => ['lie']],
		'odd' => ['rate' => 35, 'kinds' => ['odd', 'lie']],
		'noisy' => ['rate' => 10, 'kinds' => ['noise']],
		'throwing' => ['rate' => 6, 'kinds' => ['throw']],
		'wild' => ['rate' => 12, 'kinds' => ['wild', 'odd']],
		'all' => ['rate' => 15, 'kinds' => ['error', 'lie', 'odd', 'throw', 'noise', 'wild']],
		'broken' => ['rate' => 90, 'kinds' => ['error', 'throw']],
	];

	public static function plan(Rng $rng): array {
		[$name, $storeNames] = $rng->pick(self::NAMES);
		$count = (int)$rng->weighted([1 => 1, 2 => 5, 3 => 4, 4 => 2]);
		$storeNames = array_slice($rng->shuffle($storeNames), 0, $count);
		$faulty = $rng->chance(55);
		$plan = [
			'kind' => $rng->weighted(['proxy' => 93, 'mistakes' => 7]),
			'name' => $name,
			'domain' => $rng->pick(['wiki', 'wiki', 'my_wiki-en_']),
			'hot' => 'c1/' . $rng->pick(Paths::FILES),
			'class' => $rng->weighted(['plain' => 4, 'probe' => 2, 'override' => 4]),
			'overrides' => [],
			'options' => self::options($rng),
			'logger' => $rng->weighted(['journal' => 17, 'none' => 1, 'throwing' => 1]),
			'locks' => self::locks($rng),
			'statusWrapper' => $rng->weighted(['none' => 6, 'same' => 1, 'host' => 1, 'journal' => 2, 'string' => 1]),
			'deferred' => $rng->weighted(['held' => 4, 'opportunistic' => 1]),
			'faults' => $faulty ? $rng->pick([25, 50, 90]) : 0,
			'backends' => self::backends($rng, $storeNames, $faulty),
		];
		if ($plan['class'] === 'override') {
			$plan['overrides'] = Proxies::drawOverrides($rng);
		}
		return $plan;
	}

	private static function options(Rng $rng): array {
		$options = [];
		if ($rng->chance(85)) {
			$options['syncChecks'] = $rng->chance(92) ? $rng->int(0, 7) : $rng->pick(['3', '5x', 'x', true, false, null, 8, -1, 1.0, 6.5, [], [1]]);
		}
		if ($rng->chance(85)) {
			$options['autoResync'] = $rng->weighted(['no' => 3, 'yes' => 5, 'conservative' => 5, 'odd' => 1]);
			$options['autoResync'] = match ($options['autoResync']) {
				'no' => false,
				'yes' => true,
				'conservative' => 'conservative',
				'odd' => $rng->pick([null, 0, 1, '', 'Conservative', 'conservative ', []]),
			};
		}
		if ($rng->chance(60)) {
			$options['replication'] = $rng->weighted(['async' => 5, 'sync' => 2, 'ASYNC' => 1, '' => 1]);
		}
		if ($rng->chance(6)) {
			$options['readOnly'] = $rng->pick(['maintenance', '', '0', 0, 'x y']);
		}
		if ($rng->chance(15)) {
			$options['parallelize'] = $rng->pick(['off', 'implicit', 'explicit']);
		}
		return $options;
	}

	private static function locks(Rng $rng): array {
		$kind = $rng->weighted(['fs' => 7, 'null' => 1, 'none' => 2, 'scripted' => 3]);
		if ($kind !== 'scripted') {
			return ['kind' => $kind];
		}
		[$lockFails, $lockThrows, $unlockFails, $unlockThrows] = match ($rng->weighted(['grants' => 3, 'fails' => 2, 'throws' => 1, 'sticks' => 1, 'refuses' => 1])) {
			'grants' => [0, 0, 0, 0],
			'fails' => [10, 0, 20, 0],
			'throws' => [5, 3, 5, 0],
			'sticks' => [0, 0, 0, 4],
			'refuses' => [80, 0, 0, 0],
		};
		return compact('kind', 'lockFails', 'lockThrows', 'unlockFails', 'unlockThrows');
	}

	private static function backends(Rng $rng, array $names, bool $faulty): array {
		$master = $rng->int(0, count($names) - 1);
		$affinity = $rng->chance(50) ? $rng->int(0, count($names) - 1) : -1;
		$keys = $rng->weighted(['list' => 7, 'text' => 2, 'sparse' => 1, 'mixed' => 1]);
		$backends = [];
		foreach ($names as $i => $name) {
			$kind = $rng->weighted(['fs' => 5, 'memory' => 5]);
			$recording = $rng->chance(90);
			$backend = [
				'key' => match ($keys) {
					'list' => $i,
					'text' => ['first', 'b', 'Zz', 'x y'][$i],
					'sparse' => [7, 3, 40, 12][$i],
					'mixed' => ['k', 2, 'é', 0][$i],
				},
				'name' => $name,
				'kind' => $kind,
				'recording' => $recording,
				'character' => $faulty && $recording ? self::CHARACTERS[$rng->weighted([
					'sound' => 5, 'failing' => 3, 'lying' => 5, 'odd' => 4, 'noisy' => 1, 'throwing' => 2, 'wild' => 2, 'all' => 2, 'broken' => 1,
				])] : self::CHARACTERS['sound'],
				'extra' => [],
			];
			if ($i === $master) {
				$backend['extra']['isMultiMaster'] = $rng->pick([true, true, 1, 'yes']);
			} elseif ($rng->chance(30)) {
				$backend['extra']['isMultiMaster'] = $rng->pick([false, 0, '0', null, '']);
			}
			if ($i === $affinity) {
				$backend['extra']['readAffinity'] = true;
			} elseif ($rng->chance(10)) {
				$backend['extra']['readAffinity'] = $rng->pick([false, '0', true]);
			}
			if ($rng->chance(15)) {
				$backend['extra']['readOnly'] = 'the proxy drops this';
			}
			if ($rng->chance(10)) {
				$backend['extra']['domainId'] = 'the proxy replaces this';
			}
			if ($rng->chance(20)) {
				// 'implicit' would let operations of one batch race on a disk
				$backend['extra']['parallelize'] = $kind === 'memory' ? $rng->pick(['off', 'explicit', 'implicit']) : 'explicit';
			}
			if ($kind === 'fs' && $rng->chance(15)) {
				$backend['containerPaths'] = ['c2'];
			}
			$backends[] = $backend;
		}
		return $backends;
	}
}
