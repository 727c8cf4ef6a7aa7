<?php

namespace MwNative\Differential;

use Closure;
use FileBackendStore;
use FSFileBackend;
use MemoryFileBackend;

/**
 * One store seen from behind, not through its class: to damage files, to pin
 * down their times, to list what is really there.
 */
final class Shelf {
	/** The clock of the caches inside the stores; microtime() would make entries expire at random. */
	private static ?float $cacheClock = null;

	private function __construct(
		private FileBackendStore $store,
		private string $domain,
		private ?string $root
	) {
	}

	/** @param ?string $root The folder of an FSFileBackend */
	public static function open(FileBackendStore $store, string $domain, ?string $root): self {
		$shelf = new self($store, $domain, $root);
		self::inside($store, FileBackendStore::class, function (?float &$clock) {
			$this->cheapCache->setMockTime($clock);
			$this->expensiveCache->setMockTime($clock);
		}, [&self::$cacheClock]);
		if ($store instanceof FSFileBackend) {
			self::inside($store, FSFileBackend::class, function (?float &$clock) {
				$this->usableDirCache->setMockTime($clock);
			}, [&self::$cacheClock]);
		}
		return $shelf;
	}

	public static function setCacheClock(float $time): void {
		self::$cacheClock = $time;
	}

	public function name(): string {
		return $this->store->getName();
	}

	/** Writes a file behind the store's back; makes its folder. */
	public function put(string $path, string $content, int $mtime): void {
		if ($this->root !== null) {
			$file = $this->file($path);
			@mkdir(dirname($file), 0777, true);
			@file_put_contents($file, $content);
			@touch($file, $mtime);
			clearstatcache();
		} else {
			$this->memory(fn (array &$files) => $files["$this->domain-$path"] =
				['data' => $content, 'mtime' => gmdate('YmdHis', $mtime)]);
		}
	}

	public function remove(string $path): void {
		if ($this->root !== null) {
			@unlink($this->file($path));
			clearstatcache();
		} else {
			$this->memory(function (array &$files) use ($path) {
				unset($files["$this->domain-$path"]);
			});
		}
	}

	/** Replaces a file by a folder, or makes its folder unwritable, so that real I/O fails. */
	public function obstruct(string $path): void {
		if ($this->root !== null) {
			@unlink($this->file($path));
			@mkdir($this->file($path), 0777, true);
			clearstatcache();
		}
	}

	public function setTime(string $path, int $mtime): void {
		if ($this->root !== null) {
			if (is_file($this->file($path))) {
				touch($this->file($path), $mtime);
				clearstatcache();
			}
		} else {
			$this->memory(function (array &$files) use ($path, $mtime) {
				if (isset($files["$this->domain-$path"])) {
					$files["$this->domain-$path"]['mtime'] = gmdate('YmdHis', $mtime);
				}
			});
		}
	}

	/**
	 * Gives every file that was written in the real present the time $clock. (The
	 * present begins a day early: file times lag behind time() by a few milliseconds.)
	 */
	public function settle(int $clock): void {
		$realStart = Canon::presentBegins();
		if ($this->root === null) {
			$real = gmdate('YmdHis', $realStart);
			$this->memory(function (array &$files) use ($real, $clock) {
				foreach ($files as &$file) {
					if ($file['mtime'] >= $real) {
						$file['mtime'] = gmdate('YmdHis', $clock);
					}
				}
			});
			return;
		}
		foreach ($this->walk() as $file) {
			if (filemtime($file) >= $realStart) {
				touch($file, $clock);
			}
		}
		clearstatcache();
	}

	/** @return list<array{string,string,string}> Path, content, mtime of everything in the store, sorted */
	public function tree(): array {
		$tree = [];
		if ($this->root === null) {
			$this->memory(function (array &$files) use (&$tree) {
				foreach ($files as $path => $file) {
					$tree[] = [Canon::text($path), Canon::text($file['data']), $file['mtime']];
				}
			});
		} else {
			foreach ($this->walk() as $file) {
				$path = substr($file, strlen($this->root) + 1);
				$tree[] = [Canon::text($path), Canon::text(file_get_contents($file)), gmdate('YmdHis', filemtime($file))];
			}
		}
		sort($tree);
		return $tree;
	}

	private function file(string $path): string {
		return "$this->root/$this->domain-$path";
	}

	/** @return string[] */
	private function walk(): array {
		clearstatcache();
		$found = [];
		$queue = is_dir($this->root) ? [$this->root] : [];
		while ($queue) {
			$folder = array_pop($queue);
			foreach (scandir($folder) as $entry) {
				if ($entry === '.' || $entry === '..') {
					continue;
				} elseif (is_dir("$folder/$entry")) {
					$queue[] = "$folder/$entry";
				} else {
					$found[] = "$folder/$entry";
				}
			}
		}
		return $found;
	}

	private function memory(callable $do): void {
		self::inside($this->store, MemoryFileBackend::class, function () use ($do) {
			$do($this->files);
		});
	}

	/** Runs a closure with access to what is protected in $object. */
	public static function inside(object $object, string $class, Closure $do, array $args = []): mixed {
		return Closure::bind($do, $object, $class)(...$args);
	}
}
