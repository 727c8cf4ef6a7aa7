<?php

namespace MwNative\Differential;

/** Reads a trace line by line, one line ahead. */
final class TraceReader {
	/** @var resource */
	private $file;
	private ?string $line = null;

	public function __construct(string $path) {
		$this->file = fopen($path, 'rb');
		$this->next();
	}

	/** The line at hand, null at the end. */
	public function current(): ?string {
		return $this->line;
	}

	public function next(): void {
		$line = fgets($this->file);
		$this->line = $line === false ? null : rtrim($line, "\n");
	}

	/** Leaves out what remains of a config; returns the number of lines. */
	public function skipConfig(?int $config): int {
		$count = 0;
		while ($this->line !== null && $config !== null && (self::decode($this->line)['config'] ?? null) === $config) {
			$count++;
			$this->next();
		}
		return $count;
	}

	public static function decode(string $line): array {
		return json_decode($line, true, 512, JSON_THROW_ON_ERROR);
	}
}
