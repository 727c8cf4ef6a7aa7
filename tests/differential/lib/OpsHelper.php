<?php

namespace MwNative\Differential;

use ArrayObject;
use FileBackendMultiWrite;
use ReflectionProperty;

/** The protected helpers, called with what their callers would never pass; wrong calls; changed properties. */
final class OpsHelper {
	public static function draw(Rng $rng, Session $session): Operation {
		$paths = $session->paths;
		switch ($rng->weighted([
			'substPaths' => 4, 'unsubstPaths' => 4, 'substOpPaths' => 3, 'substOpBatchPaths' => 3, 'fileStoragePathsForOps' => 4,
			'hasVolatileSources' => 3, 'getReadIndexFromParams' => 2, 'doDirectoryOp' => 2, 'internals' => 2,
		])) {
			case 'substPaths':
				return self::withStore($rng, $session, 'substPaths', self::pathsArgument($rng, $session, false));
			case 'unsubstPaths':
				return self::withStore($rng, $session, 'unsubstPaths', self::pathsArgument($rng, $session, true));
			case 'substOpPaths':
				return self::withStore($rng, $session, 'substOpPaths', self::opArgument($rng, $session));
			case 'substOpBatchPaths':
				return self::withStore($rng, $session, 'substOpBatchPaths', self::batchArgument($rng, $session));
			case 'fileStoragePathsForOps':
				return Operations::callInside($rng, 'fileStoragePathsForOps', [self::batchArgument($rng, $session)]);
			case 'hasVolatileSources':
				return Operations::callInside($rng, 'hasVolatileSources', [self::batchArgument($rng, $session)]);
			case 'getReadIndexFromParams':
				return Operations::callInside($rng, 'getReadIndexFromParams', [$rng->pick([[], ['latest' => self::any($rng, $paths)], ['latest' => true]])]);
			case 'doDirectoryOp':
				$method = $rng->pick(['prepare', 'doPrepare', 'doSecure', 'clean', 'getFeatures', 'noSuchMethod', 'DOPUBLISH', 'fileExists', 'doGetFileStat']);
				return Operations::callInside($rng, 'doDirectoryOp', [$method, ['dir' => $paths->anyFolder($rng), 'src' => $paths->any($rng)]]);
		}
		return self::internals($rng, $session);
	}

	private static function internals(Rng $rng, Session $session): Operation {
		$paths = $session->paths;
		$batch = [OpsWrite::op($rng, $session)];
		return Operations::callInside($rng, ...$rng->pick([
			['doOperationsInternal', [$batch, []]],
			['doQuickOperationsInternal', [$batch, []]],
			['doPrepare', [['dir' => $paths->anyFolder($rng)]]],
			['doSecure', [['dir' => $paths->anyFolder($rng)]]],
			['doPublish', [['dir' => $paths->anyFolder($rng)]]],
			['doClean', [['dir' => $paths->anyFolder($rng), 'recursive' => true]]],
			['resolveFSFileObjects', [$batch]],
			['newStatus', []],
			['newStatus', ['backend-fail-stat', 'x']],
			['scopedProfileSection', ['section']],
		]));
	}

	/** A helper that takes a store: the right kind mostly, else a wrong kind of object. */
	private static function withStore(Rng $rng, Session $session, string $method, mixed $first): Operation {
		$which = $rng->weighted(['store' => 90, 'stranger' => 4, 'proxy' => 2, 'null' => 1, 'object' => 1]);
		$stores = Session::storesOf($session->proxy);
		$store = match ($which) {
			'store' => $stores ? $rng->pick($stores) : null,
			'stranger' => new \MemoryFileBackend(['name' => 'stranger', 'domainId' => 'x']),
			'proxy' => $session->proxy,
			'null' => null,
			'object' => new OddThing(),
		};
		return Operations::callInside($rng, $method, [$first, $store]);
	}

	/** What substPaths() and unsubstPaths() may meet. */
	private static function pathsArgument(Rng $rng, Session $session, bool $storePaths): mixed {
		$paths = $session->paths;
		if ($storePaths && $session->shelves !== []) {
			$paths = new Paths($rng->pick(array_keys($session->shelves)), [$session->plan['name']], $session->plan['hot']);
		}
		$path = $paths->any($rng);
		switch ($rng->weighted(['one' => 4, 'list' => 4, 'keyed' => 2, 'junk list' => 3, 'nested' => 1, 'odd' => 5, 'references' => 1, 'many' => 1])) {
			case 'one':
				return $path;
			case 'list':
				return $paths->several($rng, 6);
			case 'keyed':
				return ['a' => $path, 5 => $paths->any($rng), '' => $paths->any($rng), -1 => $path];
			case 'junk list':
				return [$path, self::oddPath($rng, $paths), $path, self::oddPath($rng, $paths)];
			case 'nested':
				return [$path, [$path, [$path]], 'x' => ['y' => $path]];
			case 'references':
				$list = [$path, $path];
				$cell = &$list[1];
				return $list;
			case 'many':
				return array_fill(0, $rng->int(100, 3000), $path);
		}
		return self::oddPath($rng, $paths);
	}

	private static function opArgument(Rng $rng, Session $session): mixed {
		$paths = $session->paths;
		$op = $rng->chance(60) ? OpsWrite::op($rng, $session) : [];
		$op = is_array($op) ? $op : [];
		foreach (['src', 'srcs', 'dst', 'dir', 'SRC', 'other'] as $key) {
			if ($rng->chance(40)) {
				$op[$key] = self::pathsArgument($rng, $session, false);
			}
		}
		if ($rng->chance(10)) {
			$cell = $paths->file($rng);
			$op['src'] = &$cell;
		}
		return $op;
	}

	private static function batchArgument(Rng $rng, Session $session): array {
		$batch = [];
		for ($n = $rng->int(0, 4); $n > 0; $n--) {
			$batch[] = match ($rng->weighted(['op' => 6, 'odd op' => 3, 'strange' => 3, 'odd' => 1])) {
				'op' => OpsWrite::op($rng, $session),
				'odd op' => self::opArgument($rng, $session),
				'strange' => OpsWrite::strange($rng, $session),
				'odd' => self::oddPath($rng, $session->paths),
			};
		}
		if ($rng->chance(10)) {
			$keyed = [];
			foreach ($batch as $i => $op) {
				$keyed[['x', 7, '', 'y'][$i]] = $op;
			}
			return $keyed;
		}
		if ($rng->chance(5) && $batch !== []) {
			$cell = &$batch[0];
		}
		return $batch;
	}

	/** In place of a path. */
	public static function oddPath(Rng $rng, Paths $paths): mixed {
		$path = $paths->file($rng);
		if ($rng->chance(4)) {
			return $rng->chance(50) ? str_repeat($path, 20000) : $path . str_repeat('x', 1 << 20);
		}
		return $rng->pick([
			null, true, false, 0, 5, -1, 1.5, NAN, INF, '', [], [$path], [[$path]], ['k' => $path], [null], [5, 1.5, true, null],
			new OddText($path), new OddText('x'), new OddThing(), new OddThrower(), [new OddText($path)], [new OddThing()],
			new OddOp(['src' => $path]), new ArrayObject([$path]), static fn () => 1, STDERR,
			[str_repeat("\0", 1000), "mwstore://\0"],
			"$path\n$path", "\n$path", "mwstore://$path", substr($path, 0, 11),
		]);
	}

	private static function any(Rng $rng, Paths $paths): mixed {
		return $rng->chance(50) ? self::oddPath($rng, $paths) : $rng->pick([true, false, '0', 0.0, 'no', [0], null]);
	}

	/** Calls that PHP itself refuses, or that carry the wrong things in the right places. */
	public static function drawMisuse(Rng $rng, Session $session): Operation {
		$paths = $session->paths;
		$method = $rng->pick([
			'fileExists', 'getFileStat', 'getFileList', 'getFileContentsMulti', 'getLocalReferenceMulti', 'concatenate', 'streamFile',
			'directoryExists', 'getDirectoryList', 'clearCache', 'preloadCache', 'preloadFileStat', 'consistencyCheck', 'accessibilityCheck',
			'resyncFiles', 'getScopedLocksForOps', 'getFeatures', 'doOperations', 'doQuickOperations', 'getFileSha1Base36', 'getFileHttpUrl',
			'prepare', 'clean', 'getLocalCopyMulti', 'getFileProps', 'getFileSize', 'getFileTimestamp', 'getFileXAttributes',
			'substPaths', 'doDirectoryOp', 'noSuchMethod', 'FILEEXISTS',
		]);
		$args = [];
		for ($n = $rng->int(0, 3); $n > 0; $n--) {
			$args[] = $rng->chance(50) ? self::oddPath($rng, $paths)
				: $rng->pick([[], ['src' => self::oddPath($rng, $paths)], ['srcs' => self::oddPath($rng, $paths)], ['dir' => self::oddPath($rng, $paths)]]);
		}
		if ($rng->chance(10)) {
			$args = ['params' => ['src' => $paths->file($rng)]] + ($rng->chance(50) ? [] : ['nonsense' => 1]);
		}
		return new Operation("$method (misuse)", $args, static fn (Session $session) => $session->proxy->$method(...$args));
	}

	/** Subclasses own the protected properties too: what if one of them changes? */
	public static function drawMutation(Rng $rng, Session $session): Operation {
		[$property, $value] = $rng->pick([
			['syncChecks', $rng->int(0, 7)],
			['autoResync', $rng->pick([false, true, 'conservative'])],
			['asyncWrites', $rng->pick([true, false, 1, 0])],
			['masterIndex', $rng->pick(array_keys(Session::read($session->proxy, 'backends')) ?: [0])],
			['readIndex', $rng->pick(array_keys(Session::read($session->proxy, 'backends')) ?: [0])],
			['readIndex', 'no such index'],
			['name', $rng->pick(['p', 'a', 'ab', 'renamed'])],
			['logger', new JournalLogger()],
			['readOnly', $rng->pick(['', 'now read-only'])],
			['statusWrapper', $rng->pick([null, [JournalStatus::class, 'wrap']])],
			['backends', 'reversed'],
			['backends', 'reference'],
			['backends', 'without the last'],
		]);
		return new Operation("change property $property", [$value], static function (Session $session) use ($property, $value) {
			$reflection = new ReflectionProperty(FileBackendMultiWrite::class, $property);
			if ($property === 'backends') {
				$stores = $reflection->getValue($session->proxy);
				if ($value === 'reference') {
					Shelf::inside($session->proxy, FileBackendMultiWrite::class, function () {
						static $keep;
						$keep = &$this->backends;
						unset($keep);
						$copy = $this->backends;
						$this->backends = &$copy;
					});
					return 'reference';
				}
				$value = $value === 'reversed' ? array_reverse($stores, true) : (count($stores) > 1 ? array_slice($stores, 0, -1, true) : $stores);
			}
			$reflection->setValue($session->proxy, $value);
			return Session::stateOf($session->proxy);
		});
	}
}
