<?php
/**
 * The stores behind a proxy: the host's FSFileBackend and MemoryFileBackend,
 * plain, or as subclasses that journal each call and misbehave by script.
 */

namespace MwNative\Differential;

use ArrayIterator;
use Closure;
use FileBackendStore;
use FSFileBackend;
use MemoryFileBackend;
use ReflectionClass;

final class Stores {
	public const FS = FSFileBackend::class;
	public const MEMORY = MemoryFileBackend::class;

	/** Not worth a journal line: called from many places, and all callers are the host's own. */
	private const QUIET = [
		'resolveContainerName', 'resolveContainerPath', 'directoriesAreVirtual', 'getContentType', 'isLegalRelPath',
		'containerFSRoot', 'resolveToFSPath', 'resolveHashKey', 'chmod', 'unlink', 'rmdir', 'indexHtmlPrivate',
		'htaccessPrivate', 'cleanPathSlashes', 'trapWarnings', 'trapWarningsIgnoringNotFound', 'untrapWarnings',
		'getFileNotFoundRegex', 'isFileNotFoundError', 'newTempFileWithContent', 'getStreamerOptions', 'header',
		'resetOutputBuffer', 'getContainerSuffixes', 'isSingleShardPathInternal', 'isValidContainerName',
		'isValidShortContainerName', 'maxFileSizeInternal', 'resolveStoragePath', 'resolveStoragePathReal',
		'getContainerShard', 'getContainerHashLevels', 'fullContainerName', 'setContainerCache',
		'setFileCache', 'setConcurrencyFlags', 'ingestFreshFileStats', 'primeContainerCache', 'primeFileCache',
		'deleteFileCache', 'deleteContainerCache',
	];

	/** Declares MwNative\Differential\RecordingFS and RecordingMemory for the host at hand. */
	public static function declare(): void {
		foreach (['RecordingFS' => self::FS, 'RecordingMemory' => self::MEMORY] as $name => $parent) {
			$methods = array_diff(Overrider::overridable(new ReflectionClass($parent)), self::QUIET);
			Overrider::declare($name, $parent, $methods, StoreHook::class);
		}
	}

	public static function className(string $kind, bool $recording): string {
		return match (true) {
			$recording && $kind === 'fs' => __NAMESPACE__ . '\\RecordingFS',
			$recording => __NAMESPACE__ . '\\RecordingMemory',
			$kind === 'fs' => self::FS,
			default => self::MEMORY,
		};
	}
}

/** Every call on a recording store goes through here. */
final class StoreHook {
	public static function around(FileBackendStore $store, string $method, array $args, Closure $parent): mixed {
		$name = $method === '__construct' ? self::configuredName($args) : $store->getName();
		Journal::note("$name.$method", ...$args);
		$result = Faults::answer($name, $method, $args, $parent);
		if ($method === 'getFileListInternal' || $method === 'getDirectoryListInternal') {
			return self::inOrder($result);
		}
		return $result;
	}

	private static function configuredName(array $args): string {
		$name = is_array($args[0] ?? null) ? $args[0]['name'] ?? null : null;
		return is_string($name) ? $name : '(nameless)';
	}

	/** A disk folder lists its files in any order: pin it down. */
	private static function inOrder(mixed $list): mixed {
		if (!is_object($list) || !str_contains(get_class($list), 'FSFileBackend')) {
			return $list;
		}
		$items = iterator_to_array($list, false);
		sort($items);
		return new ArrayIterator($items);
	}
}
