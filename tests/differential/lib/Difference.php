<?php

namespace MwNative\Differential;

/** Where two records of the same step part. */
final class Difference {
	private const WIDTH = 700;
	/** @var list<array{string,mixed,mixed}> Place in the record, both values */
	private array $places = [];

	public function __construct(private array $original, private array $native) {
		$this->find($original, $native, '');
	}

	/** A name that differences of the same cause are likely to share. */
	public function kind(): string {
		$operation = $this->original['operation'] ?? $this->original['step'] ?? '(nothing)';
		$operation = preg_replace('/ \(.*| to \w+ file.*|:.*/', '', $operation);
		[$place, $a, $b] = $this->places[0] ?? ['', null, null];
		if (isset($this->native['died'])) {
			return "$operation: the native process died";
		}
		$text = static function ($v) {
			$name = is_array($v) ? $v['@'] ?? $v[0] ?? 'array' : get_debug_type($v);
			return is_string($name) ? $name : 'array';
		};
		if (str_starts_with($place, 'events')) {
			return "$operation: events: " . $text($a) . ' | ' . $text($b);
		}
		return "$operation: " . preg_replace('/\d+/', 'n', $place) . ': ' . $text($a) . ' | ' . $text($b);
	}

	/**
	 * @param array[] $history The records of the config before this one
	 * @param string $repeat A command, without the config
	 */
	public function describe(array $history, string $repeat): string {
		$record = $this->original + $this->native;
		$config = $record['config'] ?? '?';
		$out = sprintf("\nDIFFERENCE in config %s, step %s: %s\n", $config, $record['step'] ?? '?', $record['operation'] ?? '');
		$out .= "  repeat: $repeat --config $config\n";
		foreach ($history as $earlier) {
			if (isset($earlier['plan'])) {
				$out .= '  plan: ' . self::show($earlier['plan'], 3000) . "\n";
			}
		}
		foreach (array_slice($history, -3) as $earlier) {
			if (isset($earlier['operation'])) {
				$out .= "  before: step {$earlier['step']}: {$earlier['operation']} " . self::show($earlier['arguments'], 200) . "\n";
			}
		}
		$out .= '  arguments: ' . self::show($record['arguments'] ?? null, 1500) . "\n";
		foreach (array_slice($this->places, 0, 6) as [$place, $a, $b]) {
			$out .= "  at $place\n";
			if (preg_match('/^events\.(\d+)$/', $place, $m)) {
				for ($i = max(0, $m[1] - 4); $i < $m[1]; $i++) {
					$out .= '    both:     ' . self::show($this->original['events'][$i]) . "\n";
				}
			}
			$out .= '    original: ' . self::show($a) . "\n    native:   " . self::show($b) . "\n";
		}
		if (count($this->places) > 6) {
			$out .= '  and ' . (count($this->places) - 6) . " more places\n";
		}
		return $out;
	}

	private function find(mixed $a, mixed $b, string $place): void {
		if ($a === $b) {
			return;
		}
		// Of a list of events only the first difference means anything
		if ($place === 'events') {
			foreach (range(0, max(count($a ?? []), count($b ?? []))) as $i) {
				if (($a[$i] ?? null) !== ($b[$i] ?? null)) {
					$this->places[] = ["events.$i", $a[$i] ?? '(no event)', $b[$i] ?? '(no event)'];
					return;
				}
			}
		} elseif ($place !== '' && (!is_array($a) || !is_array($b) || array_is_list($a) !== array_is_list($b))) {
			$this->places[] = [$place, $a, $b];
		} else {
			$before = count($this->places);
			foreach (array_keys(($a ?? []) + ($b ?? [])) as $key) {
				$this->find($a[$key] ?? null, $b[$key] ?? null, $place === '' ? $key : "$place.$key");
			}
			if (count($this->places) === $before) {
				$this->places[] = [$place, $a, $b];
			}
		}
	}

	private static function show(mixed $value, int $width = self::WIDTH): string {
		$json = json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
		return strlen($json) > $width ? substr($json, 0, $width) . '…' : $json;
	}
}
