<?php

namespace MwNative\Differential;

use FSLockManager;
use LockManager;
use StatusValue;

/** Checks, resyncs, caches and locks; and the damage that gives them something to find. */
final class OpsCare {
	public static function draw(Rng $rng, Session $session): Operation {
		$paths = $session->paths;
		switch ($rng->weighted([
			'consistencyCheck' => 10, 'resyncFiles' => 14, 'accessibilityCheck' => 5, 'clearCache' => 4, 'preloadCache' => 2,
			'preloadFileStat' => 3, 'getScopedLocksForOps' => 5, 'getFeatures' => 1, 'finals' => 2,
		])) {
			case 'consistencyCheck':
				return Operations::call($rng, 'consistencyCheck', [self::pathList($rng, $paths)]);
			case 'resyncFiles':
				$args = [self::pathList($rng, $paths)];
				if ($rng->chance(75)) {
					$args[] = $rng->pick([true, false, 'conservative', 'conservative', null, '', 1, 'Conservative']);
				}
				return Operations::call($rng, 'resyncFiles', $args);
			case 'accessibilityCheck':
				return Operations::call($rng, 'accessibilityCheck', [self::pathList($rng, $paths)]);
			case 'clearCache':
				$args = $rng->pick([[], [null], [[]], [self::pathList($rng, $paths)], [self::pathList($rng, $paths)]]);
				return Operations::call($rng, 'clearCache', $args);
			case 'preloadCache':
				return Operations::call($rng, 'preloadCache', [self::pathList($rng, $paths)]);
			case 'preloadFileStat':
				$params = ['srcs' => $paths->several($rng)];
				if ($rng->chance(50)) {
					$params['latest'] = $rng->pick([true, false]);
				}
				return Operations::call($rng, 'preloadFileStat', [$params]);
			case 'getScopedLocksForOps':
				return self::scopedLocks($rng, $session);
			case 'getFeatures':
				return Operations::call($rng, 'getFeatures', []);
		}
		return self::finals($rng, $session);
	}

	/** @return array A list of paths; sometimes with repetitions, keys or junk */
	private static function pathList(Rng $rng, Paths $paths): array {
		$list = $paths->several($rng, 5);
		if ($rng->chance(10) && $list !== []) {
			$list[] = $list[0];
		}
		if ($rng->chance(5)) {
			$list[] = OpsHelper::oddPath($rng, $paths);
		}
		if ($rng->chance(5)) {
			$keyed = [];
			foreach ($list as $i => $path) {
				$keyed["key $i"] = $path;
			}
			return $keyed;
		}
		return $list;
	}

	private static function scopedLocks(Rng $rng, Session $session): Operation {
		$ops = [];
		for ($n = $rng->int(0, 3); $n > 0; $n--) {
			$ops[] = OpsWrite::op($rng, $session);
		}
		$status = StatusValue::newGood();
		if ($rng->chance(10)) {
			$status->fatal('failed before');
		}
		return Operations::call($rng, 'getScopedLocksForOps', [$ops, $status]);
	}

	/** Methods that the proxy inherits and does not change. */
	private static function finals(Rng $rng, Session $session): Operation {
		$paths = $session->paths;
		[$method, $args] = $rng->pick([
			['getName', []],
			['getDomainId', []],
			['isReadOnly', []],
			['getReadOnlyReason', []],
			['hasFeatures', [$rng->int(0, 7)]],
			['getRootStoragePath', []],
			['getContainerStoragePath', ['c1']],
			['lockFiles', [[$paths->file($rng)], LockManager::LOCK_EX]],
			['unlockFiles', [[$paths->file($rng)], LockManager::LOCK_EX]],
			['getScopedFileLocks', [[$paths->file($rng)], LockManager::LOCK_UW, StatusValue::newGood()]],
		]);
		return Operations::call($rng, $method, $args);
	}

	/** Changes one store behind the backs of all classes. */
	public static function drawDamage(Rng $rng, Session $session): Operation {
		if ($session->shelves === []) {
			return new Operation('nothing to damage', [], static fn () => null);
		}
		$shelf = $rng->pick(array_values($session->shelves));
		$path = $session->paths->inside($rng);
		$kind = $rng->weighted(['change' => 5, 'same' => 1, 'remove' => 4, 'time' => 3, 'obstruct' => 1, 'everywhere' => 3, 'drift' => 6, 'split' => 5]);
		$content = $session->paths->content($rng);
		$off = $rng->pick($kind === 'split' ? [-60, -1, 0, 0, 0, 1, 60] : [-100000, -3600, -31, -30, -30, -29, 0, 29, 30, 30, 31, 3600]);
		$time = $session->now + $off;
		$then = $rng->weighted(['nothing' => 5, 'check' => 3, 'resync' => 1, 'conservative' => 3]);
		return new Operation("damage: $kind, then $then", [$shelf->name(), $path, $content, $off], static function (Session $session) use ($shelf, $path, $kind, $content, $time, $off, $then) {
			switch ($kind) {
				case 'change':
					$shelf->put($path, $content, $time);
					break;
				case 'same':
					$shelf->put($path, 'a', $time);
					break;
				case 'remove':
					$shelf->remove($path);
					break;
				case 'time':
					$shelf->setTime($path, $time);
					break;
				case 'obstruct':
					$shelf->obstruct($path);
					break;
				case 'everywhere':
					foreach ($session->shelves as $each) {
						$each->put($path, $content, $time);
					}
					break;
				case 'drift':
				case 'split':
					// The same file everywhere, but for the time or, at the same length, the content of one
					foreach ($session->shelves as $each) {
						$each->put($path, 'abc', $session->now);
					}
					$shelf->put($path, $kind === 'drift' ? 'abc' : 'xyz', $time);
			}
			// Caches know nothing of it, unless somebody tells them
			if ($off % 2 === 0 || $then !== 'nothing') {
				$session->proxy->clearCache();
			}
			$proxyPath = "mwstore://{$session->plan['name']}/$path";
			return match ($then) {
				'nothing' => null,
				'check' => $session->proxy->consistencyCheck([$proxyPath]),
				'resync' => $session->proxy->resyncFiles([$proxyPath]),
				'conservative' => $session->proxy->resyncFiles([$proxyPath], 'conservative'),
			};
		});
	}

	/** Lets go of kept locks, or takes some as another process would. */
	public static function drawLocks(Rng $rng, Session $session): Operation {
		if ($rng->chance(50)) {
			return new Operation('release locks', [], static fn (Session $session) => $session->release());
		}
		$path = $rng->chance(50) ? $session->paths->file($rng) : dirname($session->paths->file($rng));
		$type = $rng->pick([LockManager::LOCK_UW, LockManager::LOCK_EX]);
		return new Operation('lock as somebody else', [$path, $type], static function (Session $session) use ($path, $type) {
			$other = new FSLockManager(['lockDirectory' => $session->folder('locks')]);
			$session->held[] = $other;
			return $other->lock([$path], $type);
		});
	}
}
