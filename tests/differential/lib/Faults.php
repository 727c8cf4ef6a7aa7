<?php

namespace MwNative\Differential;

use ArrayIterator;
use Closure;
use Error;
use FileBackendError;
use Generator;
use LogicException;
use RuntimeException;
use StatusValue;

/**
 * Scripted misbehaviour of the stores. Whether a call fails, and how, depends
 * on the seed, the config, the step, the store, the method and how often the
 * method was called in this step: never on anything else, so that one missing
 * or additional call does not move every fault after it.
 */
final class Faults {
	/** Methods that lie more often than others; and those whose failure ends most operations early. */
	private const FREQUENCY = [
		'doGetFileStat' => 2, 'getFileStat' => 2, 'doGetFileSha1Base36' => 1.5, 'getFileSha1Base36' => 1.5,
		'isPathUsableInternal' => 0.2, 'doGetFileStatMulti' => 0.5,
	];

	private static string $key = '';
	/** @var array<string,array{rate:int,kinds:string[]}> Store name => character */
	private static array $characters = [];
	private static bool $armed = false;
	/** @var array<string,int> */
	private static array $counts = [];

	/** @param array<string,array> $characters Store name => ['rate' => percent, 'kinds' => names] */
	public static function cast(array $characters): void {
		self::$characters = $characters;
	}

	public static function startStep(string $key, bool $armed): void {
		self::$key = $key;
		self::$armed = $armed;
		self::$counts = [];
	}

	public static function stopStep(): void {
		self::$armed = false;
	}

	/** A number from 0 to 99 that depends on the step, the name and how often it was asked. */
	public static function draw(string $what): int {
		$count = self::$counts[$what] = (self::$counts[$what] ?? 0) + 1;
		return hexdec(substr(hash('sha256', self::$key . "/$what/$count"), 0, 8)) % 100;
	}

	/**
	 * Answers a call on a store, faithfully or not.
	 *
	 * @param Closure $parent Does what the store itself would do
	 */
	public static function answer(string $store, string $method, array $args, Closure $parent): mixed {
		$character = self::$characters[$store] ?? null;
		$rate = ($character['rate'] ?? 0) * (self::FREQUENCY[$method] ?? 1);
		if (!self::$armed || self::draw("$store.$method") >= $rate) {
			return $parent(...$args);
		}
		$names = [];
		foreach (self::catalogue($method) as $kind => $faults) {
			if (in_array($kind, $character['kinds'], true)) {
				array_push($names, ...$faults);
			}
		}
		if ($names === []) {
			return $parent(...$args);
		}
		$fault = $names[self::draw("$store.$method.which") % count($names)];
		Journal::note("fault $store.$method", $fault);
		return self::commit($fault, $store, $method, $args, $parent);
	}

	/** @return array<string,string[]> Kind of misbehaviour => names of faults that make sense for the method */
	private static function catalogue(string $method): array {
		$any = [
			'throw' => ['runtime exception', 'backend exception', 'error', 'exception with previous'],
			'noise' => ['warning', 'notice', 'deprecation'],
		];
		switch ($method) {
			case '__construct':
			case 'scopedProfileSection':
			case 'doPrimeContainerCache':
			case 'getOperationsInternal':
				return array_slice($any, 0, $method === 'getOperationsInternal' ? 2 : 0);
			case 'doGetFileStat':
			case 'getFileStat':
				return $any + [
					'error' => ['null', 'null', 'false'],
					'lie' => ['size+1', 'size as text', 'mtime+29', 'mtime+31', 'mtime-31', 'mtime+3600', 'absent', 'made up'],
					'odd' => ['no size', 'empty array', 'empty array', 'empty array', 'empty array', 'mtime unix', 'mtime iso', 'mtime int', 'with sha1', 'size 0', 'with xattr'],
					'wild' => ['no mtime', 'mtime garbage', 'true', 'text', 'list', 'object', 'zero', 'mtime null'],
				];
			case 'doGetFileSha1Base36':
			case 'getFileSha1Base36':
				return $any + [
					'error' => ['null', 'false'],
					'lie' => ['other hash', 'empty text'],
					'odd' => ['zero', 'true', 'empty array'],
				];
			case 'isPathUsableInternal':
				return $any + ['error' => ['false'], 'odd' => ['zero', 'null', 'empty text', 'text', 'empty array']];
			case 'doCreateInternal':
			case 'doStoreInternal':
			case 'doCopyInternal':
			case 'doMoveInternal':
			case 'doDeleteInternal':
			case 'doDescribeInternal':
				return $any + [
					'error' => ['fatal status', 'fatal status', 'done but fatal', 'fatal twice'],
					'lie' => ['not done but good', 'done with warning'],
					'odd' => ['status with value'],
				];
			case 'doPrepareInternal':
			case 'doSecureInternal':
			case 'doPublishInternal':
			case 'doCleanInternal':
			case 'doConcatenate':
			case 'doStreamFile':
			case 'addShellboxInputFile':
			case 'concatenate':
			case 'streamFile':
			case 'doPrepare':
			case 'doSecure':
			case 'doPublish':
			case 'doClean':
			case 'doOperationsInternal':
			case 'doQuickOperationsInternal':
				return $any + [
					'error' => ['fatal status', 'done but fatal', 'fatal twice'],
					'lie' => ['not done but good', 'done with warning', 'counts'],
					'wild' => ['null', 'true', 'empty array', 'object'],
				];
			case 'doGetLocalReferenceMulti':
			case 'doGetLocalCopyMulti':
			case 'doGetFileContentsMulti':
			case 'getFileContentsMulti':
			case 'getLocalReferenceMulti':
			case 'getLocalCopyMulti':
				return $any + [
					'error' => ['all null', 'all false', 'one null'],
					'lie' => ['reversed', 'one missing'],
					'odd' => ['empty array', 'extra entries', 'iterator', 'generator that throws'],
					'wild' => ['null', 'false', 'text', 'object', 'int keys', 'generator with odd keys'],
				];
			case 'getDirectoryListInternal':
			case 'getFileListInternal':
			case 'getDirectoryList':
			case 'getFileList':
				return $any + [
					'error' => ['null'],
					'lie' => ['empty array', 'made-up list'],
					'odd' => ['iterator', 'generator that throws', 'list of mixed', 'repeated list'],
					'wild' => ['false', 'text', 'object', 'generator with odd keys'],
				];
			case 'getFeatures':
				return $any + ['error' => ['null'], 'odd' => ['zero', 'text', 'all bits']];
			case 'doGetFileStatMulti':
				return $any + ['error' => ['all null', 'all false'], 'lie' => ['stats of nothing'], 'odd' => ['empty array']];
			case 'preloadFileStat':
				return $any + ['error' => ['false', 'null'], 'odd' => ['text']];
			case 'getPathsToLockForOpsInternal':
				return $any + ['odd' => ['empty lock paths'], 'wild' => ['empty array', 'null', 'lock paths of text', 'one lock type']];
			case 'getFileHttpUrl':
				return $any + ['error' => ['null'], 'lie' => ['text'], 'odd' => ['empty array', 'false']];
			case 'fileExists':
			case 'directoryExists':
			case 'doDirectoryExists':
				return $any + ['error' => ['null'], 'lie' => ['not'], 'odd' => ['zero', 'text']];
			case 'getFileTimestamp':
			case 'getFileSize':
			case 'getFileXAttributes':
			case 'getFileProps':
			case 'doGetFileXAttributes':
				return ['throw' => $any['throw'], 'noise' => $any['noise'], 'error' => ['false', 'null']] +
					($method === 'doGetFileXAttributes' ? ['lie' => ['xattr']] : ['odd' => ['text', 'object']]);
			case 'doClearCache':
				return ['noise' => $any['noise']];
			case 'clearCache':
			case 'preloadCache':
			case 'setLogger':
				return $any + ['lie' => ['null']];
			default:
				return ['noise' => $any['noise']];
		}
	}

	private static function commit(string $fault, string $store, string $method, array $args, Closure $parent): mixed {
		$what = "scripted fault in $store.$method";
		switch ($fault) {
			case 'runtime exception':
				throw new RuntimeException($what, 7);
			case 'backend exception':
				throw new FileBackendError($what);
			case 'error':
				throw new Error($what);
			case 'exception with previous':
				throw new LogicException($what, 3, new RuntimeException('the cause'));
			case 'warning':
				trigger_error($what, E_USER_WARNING);
				return $parent(...$args);
			case 'notice':
				trigger_error($what, E_USER_NOTICE);
				return $parent(...$args);
			case 'deprecation':
				trigger_error($what, E_USER_DEPRECATED);
				return $parent(...$args);
			case 'null':
				return null;
			case 'false':
				return false;
			case 'true':
				return true;
			case 'zero':
				return 0;
			case 'text':
				return 'some text';
			case 'empty text':
				return '';
			case 'list':
				return ['a', 'b'];
			case 'empty array':
				return [];
			case 'object':
				return new \stdClass();
			case 'not':
				return !$parent(...$args);
			case 'all bits':
				return 255;
			case 'xattr':
				return ['headers' => ['X-A' => '1'], 'metadata' => ['M' => '2']];
			case 'other hash':
				return 'phoiac9h4m842xq45sp7s6u21eteeq1';
			case 'iterator':
				$list = $parent(...$args);
				return is_array($list) ? new ArrayIterator($list) : $list;
			case 'generator that throws':
				return self::throwing($parent(...$args), $what);
			case 'generator with odd keys':
				return self::oddKeys();
			case 'made-up list':
				return ['made/up', 'f1.txt', 'f1.txt', 'zzz'];
			case 'list of mixed':
				return ['f1.txt', 5, '5', 5.0, null, true, 'F1.TXT', 'f1.txt'];
			case 'repeated list':
				$list = $parent(...$args);
				$list = is_array($list) ? $list : [];
				return array_merge($list, $list);
			case 'empty lock paths':
				return [\LockManager::LOCK_UW => [], \LockManager::LOCK_EX => []];
			case 'lock paths of text':
				return [\LockManager::LOCK_UW => 'mwstore://x/y', \LockManager::LOCK_EX => 'mwstore://x/y/z'];
			case 'one lock type':
				return [\LockManager::LOCK_UW => []];
		}
		if (str_contains($fault, 'status') || in_array($fault, ['done but fatal', 'fatal twice', 'not done but good', 'done with warning', 'counts'])) {
			return self::statusFault($fault, $store, $method, $args, $parent);
		} elseif (str_starts_with($method, 'doGetFileStat') && !str_ends_with($method, 'Multi') || $method === 'getFileStat') {
			return self::statFault($fault, $parent(...$args));
		}
		return self::mapFault($fault, $args[0]['srcs'] ?? [], $parent(...$args));
	}

	private static function statusFault(string $fault, string $store, string $method, array $args, Closure $parent): mixed {
		switch ($fault) {
			case 'fatal status':
				return StatusValue::newFatal('backend-fail-internal', $store);
			case 'fatal twice':
				$status = StatusValue::newFatal('backend-fail-internal', $store);
				$status->fatal('backend-fail-connect', $method);
				$status->warning('a warning', ['with' => 'params'], 5);
				return $status;
			case 'not done but good':
				return StatusValue::newGood();
			case 'status with value':
				return StatusValue::newGood(['a' => 'value']);
		}
		$status = $parent(...$args);
		if ($status instanceof StatusValue) {
			switch ($fault) {
				case 'done but fatal':
					$status->fatal('backend-fail-internal', $store);
					break;
				case 'done with warning':
					$status->warning('scripted-warning', $store, $method);
					break;
				case 'counts':
					$status->successCount += 3;
					$status->failCount += 2;
					$status->success['x'] = false;
			}
		}
		return $status;
	}

	private static function statFault(string $fault, mixed $stat): mixed {
		if ($fault === 'made up' || !is_array($stat)) {
			return $stat ?: ['size' => 3, 'mtime' => '20120203040506'];
		}
		$unix = static fn (): int => (int)wfTimestamp(TS_UNIX, $stat['mtime']);
		switch ($fault) {
			case 'absent':
				return false;
			case 'size+1':
				return ['size' => $stat['size'] + 1] + $stat;
			case 'size as text':
				return ['size' => (string)$stat['size']] + $stat;
			case 'size 0':
				return ['size' => 0] + $stat;
			case 'no size':
				unset($stat['size']);
				return $stat;
			case 'no mtime':
				unset($stat['mtime']);
				return $stat;
			case 'mtime null':
				return ['mtime' => null] + $stat;
			case 'mtime garbage':
				return ['mtime' => 'yesterday-ish'] + $stat;
			case 'mtime unix':
				return ['mtime' => (string)$unix()] + $stat;
			case 'mtime int':
				return ['mtime' => $unix()] + $stat;
			case 'mtime iso':
				return ['mtime' => wfTimestamp(TS_ISO_8601, $stat['mtime'])] + $stat;
			case 'with sha1':
				return $stat + ['sha1' => 'phoiac9h4m842xq45sp7s6u21eteeq1'];
			case 'with xattr':
				return $stat + ['xattr' => ['headers' => ['A' => 'b'], 'metadata' => []]];
		}
		return ['mtime' => wfTimestamp(TS_MW, $unix() + (int)substr($fault, 5))] + $stat;
	}

	private static function mapFault(string $fault, array $paths, mixed $map): mixed {
		$map ??= [];
		if (!is_array($map)) {
			return $map;
		}
		$last = array_key_last($map);
		switch ($fault) {
			case 'all null':
				return array_fill_keys($paths, null);
			case 'all false':
				return array_fill_keys($paths, false);
			case 'one null':
				return $last === null ? $map : [$last => null] + $map;
			case 'one missing':
				array_pop($map);
				return $map;
			case 'reversed':
				return array_reverse($map, true);
			case 'extra entries':
				return $map + ['mwstore://elsewhere/c1/x' => null, 'plain' => null];
			case 'int keys':
				return [5 => null, 'mwstore://a/b/c' => null];
			case 'stats of nothing':
				return array_fill_keys($paths, ['size' => 1, 'mtime' => '20120203040506']);
		}
		return $map;
	}

	private static function throwing(mixed $list, string $what): Generator {
		foreach (is_iterable($list) ? $list : [] as $key => $item) {
			yield $key => $item;
			break;
		}
		throw new RuntimeException($what);
	}

	private static function oddKeys(): Generator {
		yield 'mwstore://a/c1/f1.txt' => null;
		yield null => 'null key';
		yield 3 => 'int key';
		yield 1.5 => 'float key';
		yield ['mwstore://a/c1/x'] => 'array key';
	}
}
