<?php

namespace MwNative\Differential;

use Closure;
use FileBackendMultiWrite;
use ReflectionClass;
use RuntimeException;
use StatusValue;

/**
 * Userland subclasses of FileBackendMultiWrite, as extensions of the host might
 * have them: overrides of a random set of methods, most of which call the
 * parent, some of which answer something else.
 */
final class Proxies {
	/** Lets the outside reach protected methods from within a subclass. */
	private const PROBE = "\tpublic function probe(string \$method, array \$args) {\n" .
		"\t\treturn \$this->\$method(...\$args);\n\t}\n" .
		"\tpublic function probeParent(string \$method, array \$args) {\n" .
		"\t\treturn parent::\$method(...\$args);\n\t}\n";

	/** Method => what an override may do instead of calling the parent. */
	private const BEHAVIOURS = [
		'getReadIndexFromParams' => ['last index', 'no such index', 'null', 'master'],
		'substPaths' => ['unchanged', 'null', 'other store'],
		'unsubstPaths' => ['unchanged', 'null', 'int'],
		'substOpPaths' => ['unchanged', 'latest added', 'empty'],
		'substOpBatchPaths' => ['unchanged', 'empty', 'reversed', 'null'],
		'fileStoragePathsForOps' => ['empty', 'doubled', 'with junk', 'null'],
		'hasVolatileSources' => ['true', 'false', 'zero', 'null', 'text'],
		'consistencyCheck' => ['good', 'fatal', 'null', 'warning'],
		'accessibilityCheck' => ['good', 'fatal', 'warning'],
		'resyncFiles' => ['good', 'fatal', 'null'],
		'getScopedLocksForOps' => ['null', 'fatal status argument', 'text'],
		'doDirectoryOp' => ['good', 'fatal'],
		'doPrepare' => ['good', 'fatal', 'null'],
		'doSecure' => ['good', 'true'],
		'doPublish' => ['fatal'],
		'doClean' => ['good', 'fatal'],
		'doQuickOperationsInternal' => ['good', 'fatal'],
		'concatenate' => ['fatal'],
		'fileExists' => ['true', 'false', 'null', 'zero'],
		'clearCache' => ['null'],
		'preloadCache' => ['null'],
		'preloadFileStat' => ['true', 'false'],
		'getFeatures' => ['zero', 'text'],
		'resolveFSFileObjects' => ['unchanged', 'reversed'],
		'scopedProfileSection' => ['null'],
	];

	/** @var array<string,string> Method => behaviour of the proxy in use */
	public static array $behaviours = [];

	/** @return array<string,string> Method => behaviour */
	public static function drawOverrides(Rng $rng): array {
		$methods = array_diff(Overrider::overridable(new ReflectionClass('FileBackendMultiWrite')), ['__construct']);
		$share = $rng->pick([4, 10, 30, 60, 100]);
		$bold = $rng->chance(60);
		$overrides = [];
		foreach ($rng->subset($methods, $share) as $method) {
			$odd = self::BEHAVIOURS[$method] ?? null;
			$overrides[$method] = $bold && $odd && $rng->chance($share > 30 ? 8 : 35)
				? $rng->pick([...$odd, 'throw', 'pass twice']) : 'pass';
		}
		if ($overrides === []) {
			$overrides[$rng->pick($methods)] = 'pass';
		}
		return $overrides;
	}

	/** Declares the class that a plan asks for; returns its name. */
	public static function declare(array $plan, string $id): string {
		self::$behaviours = $plan['overrides'];
		return match ($plan['class']) {
			'plain' => 'FileBackendMultiWrite',
			'probe' => self::probe(),
			'override' => Overrider::declare(
				"Proxy$id", 'FileBackendMultiWrite', array_keys($plan['overrides']), ProxyHook::class, self::PROBE
			),
		};
	}

	private static function probe(): string {
		static $name;
		return $name ??= Overrider::declare('Probe', 'FileBackendMultiWrite', [], ProxyHook::class, self::PROBE);
	}
}

/** Every call of an override goes through here. */
final class ProxyHook {
	public static function around(FileBackendMultiWrite $proxy, string $method, array $args, Closure $parent): mixed {
		Journal::note("override $method", ...$args);
		$first = $args[0] ?? null;
		switch (Proxies::$behaviours[$method] ?? 'pass') {
			case 'pass':
				return $parent(...$args);
			case 'pass twice':
				$parent(...$args);
				return $parent(...$args);
			case 'throw':
				throw new RuntimeException("scripted: override of $method");
			case 'unchanged':
				return $first;
			case 'null':
				return null;
			case 'true':
				return true;
			case 'false':
				return false;
			case 'zero':
				return 0;
			case 'int':
				return 42;
			case 'text':
				return 'text';
			case 'empty':
				return [];
			case 'good':
				return StatusValue::newGood();
			case 'warning':
				$status = StatusValue::newGood();
				$status->warning('override-warning', $method);
				return $status;
			case 'fatal':
				return StatusValue::newFatal('override-fatal', $method);
			case 'fatal status argument':
				$args[1]->fatal('override-fatal', $method);
				return null;
			case 'reversed':
				return array_reverse($parent(...$args));
			case 'doubled':
				$list = $parent(...$args);
				return array_merge($list, $list);
			case 'with junk':
				return array_merge($parent(...$args), [null, 5, 'junk', 'mwstore://elsewhere/c/f']);
			case 'latest added':
				return ['latest' => true] + $parent(...$args);
			case 'other store':
				return preg_replace('!^mwstore://[^/]*/!', 'mwstore://other/', $first);
			case 'last index':
				return array_key_last(self::stores($proxy));
			case 'no such index':
				return 'no such index';
			case 'master':
				return self::property($proxy, 'masterIndex');
		}
		throw new \LogicException("no such behaviour of $method");
	}

	private static function stores(FileBackendMultiWrite $proxy): array {
		return self::property($proxy, 'backends');
	}

	private static function property(FileBackendMultiWrite $proxy, string $name): mixed {
		return Shelf::inside($proxy, FileBackendMultiWrite::class, fn () => $this->$name);
	}
}
