<?php

namespace MwNative\Differential;

use ArrayIterator;
use ArrayObject;
use Generator;
use stdClass;

/**
 * Configurations that are wrong, or strange but legal. Each starts from a good
 * one, and one to three changes are made to it; which of several mistakes is
 * reported first is compared too.
 */
final class BadConfigs {
	/**
	 * @param array $config A good configuration
	 * @return array{string[],array} What was changed, and the result
	 */
	public static function spoil(Rng $rng, array $config): array {
		$changes = [];
		for ($n = (int)$rng->weighted([1 => 6, 2 => 3, 3 => 1]); $n > 0; $n--) {
			$change = $rng->pick(array_keys(self::changes()));
			// The later changes expect the shape that the earlier ones may have destroyed
			if (is_array($config['backends'] ?? null)) {
				$changes[] = $change;
				$config = self::changes()[$change]($rng, $config);
			}
		}
		return [$changes, $config];
	}

	/** @return array<string,callable> */
	private static function changes(): array {
		$set = static fn (string $key, array $values) => static function (Rng $rng, array $config) use ($key, $values) {
			$config[$key] = $rng->pick($values);
			return $config;
		};
		$drop = static fn (string $key) => static function (Rng $rng, array $config) use ($key) {
			unset($config[$key]);
			return $config;
		};
		// Changes one of the backends' configurations
		$one = static fn (callable $do) => static function (Rng $rng, array $config) use ($do) {
			if ($config['backends'] !== []) {
				$key = $rng->pick(array_keys($config['backends']));
				if (is_array($config['backends'][$key])) {
					$config['backends'][$key] = $do($rng, $config['backends'][$key]);
				}
			}
			return $config;
		};
		$oneSet = static fn (string $key, array $values) => $one(static fn (Rng $rng, array $c) => [$key => $rng->pick($values)] + $c);
		$oneDrop = static fn (string $key) => $one(static fn (Rng $rng, array $c) => array_diff_key($c, [$key => 1]));
		$each = static fn (callable $do) => static function (Rng $rng, array $config) use ($do) {
			foreach ($config['backends'] as $i => $backend) {
				$config['backends'][$i] = is_array($backend) ? $do($backend) : $backend;
			}
			return $config;
		};
		$rekey = static fn (callable $key) => static function (Rng $rng, array $config) use ($key) {
			$backends = [];
			foreach (array_values($config['backends']) as $i => $backend) {
				$backends[$key($rng, $i)] = $backend;
			}
			return ['backends' => $backends] + $config;
		};
		return [
			'no proxy name' => $drop('name'),
			'odd proxy name' => $set('name', [null, '', 5, true, 'a b', 'a/b', 'ü', "a\n", ['a'], 1.5, str_repeat('n', 255), str_repeat('n', 256), '0', new OddText('obj')]),
			'no domain' => $drop('domainId'),
			'odd domain' => $set('domainId', [null, 5, '', ['x'], true]),
			'wiki id instead' => static fn (Rng $rng, array $c) => ['wikiId' => 'old'] + array_diff_key($c, ['domainId' => 1]),
			'no backends' => $drop('backends'),
			'odd backends' => $set('backends', [null, [], '', 'text', 5, false, new stdClass(), [null], [[]], ['x'], [5]]),
			'iterator' => static fn (Rng $rng, array $c) => ['backends' => new ArrayIterator($c['backends'])] + $c,
			'generator' => static fn (Rng $rng, array $c) => ['backends' => self::generate($c['backends'], $rng->pick([false, true]))] + $c,
			'no master' => $each(static fn (array $b) => ['isMultiMaster' => false] + $b),
			'all masters' => $each(static fn (array $b) => ['isMultiMaster' => true] + $b),
			'another master' => $oneSet('isMultiMaster', [true, 1, 'yes', '1', [0], 1.5]),
			'not quite a master' => $oneSet('isMultiMaster', [false, 0, '0', '', [], null, 0.0]),
			'affinity' => $oneSet('readAffinity', [true, 1, 'x', '0', [], null]),
			'one name for all' => $each(static fn (array $b) => ['name' => 'same'] + $b),
			'no store name' => $oneDrop('name'),
			'odd store name' => $oneSet('name', [null, '', 5, true, false, 1.5, 'a b', 'ü', "x\n", str_repeat('n', 256), ['x'], new OddThing(), new OddText('t')]),
			'numeric names' => static function (Rng $rng, array $c) {
				foreach (array_keys($c['backends']) as $n => $key) {
					if (is_array($c['backends'][$key])) {
						$c['backends'][$key]['name'] = ['5', 5, '05', 5.0][$n % 4];
					}
				}
				return $c;
			},
			'no class' => $oneDrop('class'),
			'odd class' => $oneSet('class', [
				null, '', 'NoSuchClass', '\\NoSuchClass', 'self', 'static', 'parent', 'FileBackendStore', 'FileBackend', 'Countable',
				stdClass::class, 5, true, [], new stdClass(), 'memoryfilebackend', '\\MemoryFileBackend', ' MemoryFileBackend',
				'MemoryFileBackend::x', "Memory\0", ArrayObject::class, 'FileBackendMultiWrite', 'Closure', 'Generator', 'StatusValue',
				new ArrayObject(), static fn () => 1, 'MwNative\\Differential\\OddThrower', 'MwNative\\Differential\\Journal',
			]),
			'a store that is none' => static fn (Rng $rng, array $c) => ['backends' =>
				$c['backends'] + [99 => ['name' => 'alien', 'class' => $rng->pick([stdClass::class, OddThing::class])]]] + $c,
			'store config is no array' => static function (Rng $rng, array $c) {
				$key = array_key_first($c['backends']) ?? 0;
				$fields = is_array($c['backends'][$key] ?? null) ? $c['backends'][$key] : [];
				$c['backends'][$key] = $rng->pick([
					null, 'text', 5, true, false, '', 1.5, new stdClass(), new ArrayObject($fields), new OddOp($fields),
				]);
				return $c;
			},
			'negative keys' => $rekey(static fn (Rng $rng, int $i) => -3 - $i),
			'keys around zero' => $rekey(static fn (Rng $rng, int $i) => $i - 1),
			'odd keys' => $rekey(static fn (Rng $rng, int $i) => [
				$rng->pick(['', ' ', '-1x', '0x', '-', 'a', '-5', "\0", '1e3', '-1.5', ' 1', 'null']), 'z', 'y', 'x', 'w',
			][$i] ?? "k$i"),
			'huge keys' => $rekey(static fn (Rng $rng, int $i) => PHP_INT_MAX - 5 + $i),
			'references' => static function (Rng $rng, array $c) {
				foreach ($c['backends'] as &$backend) {
					$keep[] = &$backend;
				}
				return $c;
			},
			'odd syncChecks' => $set('syncChecks', [null, '3', 'x', '7x', [], true, false, 8, -1, 1.5, new stdClass()]),
			'odd autoResync' => $set('autoResync', [null, 0, 1, '', 'x', [], 'CONSERVATIVE', new stdClass()]),
			'odd replication' => $set('replication', [null, true, 'async ', 'ASYNC', 'async', ['async'], 0]),
			'odd logger' => $set('logger', [null, 'text', new stdClass(), false, []]),
			'odd lock manager' => $set('lockManager', [null, 'text', new stdClass(), false, []]),
			'odd status wrapper' => $set('statusWrapper', [null, 'no_such_function', [], false, 5, 'strlen', 'Status::wrap', ['x', 'y']]),
			'odd readOnly' => $set('readOnly', [null, true, false, 5, '', '0', 'reason', ['x'], new OddText('why')]),
			'odd parallelize' => $set('parallelize', [null, 5, '', 'implicit', ['x'], new OddText('off')]),
			'odd temp folder' => $set('tmpDirectory', [null, '', '/nonexistent', 5]),
			'extra keys' => static fn (Rng $rng, array $c) => $c + ['unknown' => 1, 'concurrency' => 'x', 0 => 'zero'],
			'store keeps its own' => $one(static fn (Rng $rng, array $b) => $b + ['readOnly' => 'x', 'lockManager' => 'y', 'logger' => 'z', 'domainId' => 7]),
		];
	}

	private static function generate(array $backends, bool $odd): Generator {
		Journal::note('backends generator starts');
		foreach ($backends as $key => $backend) {
			yield ($odd ? [$key] : $key) => $backend;
			Journal::note('backends generator', $key);
		}
	}
}
