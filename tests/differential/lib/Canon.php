<?php

namespace MwNative\Differential;

use Closure;
use FileBackend;
use FSFile;
use ReflectionReference;
use StatusValue;
use Throwable;
use Traversable;

/**
 * Turns any value into plain data that is equal in two processes when, and
 * only when, the values mean the same: temporary names, places in source files
 * and the present time are masked, everything else is kept, order included.
 */
final class Canon {
	private const LONG = 400;
	private const DEPTH = 12;

	/** @var array<string,string> Path => mask, longest first */
	private static array $paths = [];
	private static int $started;

	/** @param array<string,string> $paths Folder => what to write in its place */
	public static function init(array $paths): void {
		uksort($paths, static fn ($a, $b) => strlen($b) <=> strlen($a));
		self::$paths = $paths;
		self::$started = time() - 86400;
	}

	/** Times after this are of the real present, not scripted ones. */
	public static function presentBegins(): int {
		return self::$started;
	}

	public static function value(mixed $value, int $depth = 0): mixed {
		if ($value === null || is_bool($value)) {
			return $value;
		} elseif (is_int($value)) {
			return $value >= self::$started && $value < self::$started + 30 * 86400 ? 'int now' : $value;
		} elseif (is_float($value)) {
			return ['float' => var_export($value, true)];
		} elseif (is_string($value)) {
			return self::text($value);
		} elseif ($depth > self::DEPTH) {
			return '(too deep)';
		} elseif (is_array($value)) {
			return self::map($value, $depth);
		} elseif (is_object($value)) {
			return self::object($value, $depth);
		}
		return get_debug_type($value);
	}

	/** Arguments of a call, positional or named. */
	public static function args(array $args): array {
		return array_map(static fn ($arg) => self::value($arg, 1), $args);
	}

	/** The value as one line of JSON. */
	public static function json(mixed $canonical): string {
		return json_encode($canonical, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE |
			JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);
	}

	public static function text(string $text): string {
		if (str_contains($text, '/')) {
			$text = strtr($text, self::$paths);
			$text = preg_replace('!(localcopy_|create_|temp_)[0-9a-f]{12}!', '$1*', $text);
		}
		if (str_contains($text, '.tmpfsfile')) {
			$text = preg_replace('!(?<=^|/)\.[0-9a-f]+_[0-9a-z]{25}_[0-9a-z]{25}\.tmpfsfile!', '.*.tmpfsfile', $text);
		}
		if (str_contains($text, ' on line ') || str_contains($text, ' at line ')) {
			// PHP leaves the place out when the caller is not PHP code
			$text = preg_replace(
				['/, called in \S+ on line \d+/', '/(?<= passed) in \S+ on line \d+/', '/ in \S+ (on|at) line \d+/'],
				['', '', ' in * $1 line *'],
				$text
			);
		}
		if (str_contains($text, 'sec]')) {
			$text = preg_replace('/\[[\d.E+-]+ sec\]/', '[* sec]', $text);
		}
		if (str_contains($text, 'Last-Modified: ')) {
			$text = preg_replace('/(?<=Last-Modified: ).*/', '*', $text);
		}
		if (preg_match('/\d{10}/', $text)) {
			$text = preg_replace_callback('/(?<!\d)(\d{14}|\d{10})(?!\d)/', static function ($m) {
				$first = strlen($m[1]) === 14 ? gmdate('YmdHis', self::$started) : (string)self::$started;
				return $m[1] >= $first && $m[1][0] <= '2' ? '(now)' : $m[1];
			}, $text);
		}
		if (!mb_check_encoding($text, 'UTF-8')) {
			$text = '(bytes)' . addcslashes($text, "\x80..\xff");
		}
		if (strlen($text) > self::LONG) {
			$text = mb_strcut($text, 0, 160) . '…(' . strlen($text) . ' bytes, ' . sha1($text) . ')';
		}
		return $text;
	}

	public static function throwable(Throwable $e): array {
		$out = [
			'@' => self::className($e),
			'message' => self::text($e->getMessage()),
			'code' => self::value($e->getCode(), 1),
		];
		if ($e->getPrevious()) {
			$out['previous'] = self::throwable($e->getPrevious());
		}
		return $out;
	}

	public static function className(object $object): string {
		$class = get_class($object);
		return str_contains($class, "\0") ? strstr($class, "\0", true) : $class;
	}

	private static function map(array $array, int $depth): array|object {
		if (count($array) > 200) {
			$all = self::json(array_map(static fn ($v) => self::value($v, $depth + 1), $array));
			return ['(array)' => count($array), 'sha1' => sha1($all)];
		}
		$out = [];
		foreach ($array as $key => $value) {
			$item = self::value($value, $depth + 1);
			if (ReflectionReference::fromArrayElement($array, $key)) {
				$item = ['&' => $item];
			}
			$out[is_string($key) ? self::key($key) : $key] = $item;
		}
		if (array_is_list($array)) {
			return array_values($out);
		}
		return (object)$out;
	}

	/** json_encode() drops properties whose name starts with NUL. */
	private static function key(string $key): string {
		return strtr(self::text($key), ["\0" => '(NUL)']);
	}

	private static function object(object $object, int $depth): mixed {
		if ($object instanceof Throwable) {
			return self::throwable($object);
		} elseif ($object instanceof Closure) {
			return ['@' => 'Closure'];
		} elseif ($object instanceof StatusValue) {
			return self::status($object, $depth);
		} elseif ($object instanceof FSFile) {
			$path = $object->getPath();
			return [
				'@' => self::className($object),
				'path' => self::text($path),
				'content' => is_file($path) ? self::text((string)file_get_contents($path)) : null,
			];
		} elseif ($object instanceof FileBackend) {
			return ['@' => self::className($object), 'name' => $object->getName()];
		} elseif ($object instanceof Odd) {
			return ['@' => self::className($object), 'state' => self::value($object->state(), $depth + 1)];
		} elseif ($object instanceof Traversable) {
			return self::iterate($object, $depth);
		}
		return ['@' => self::className($object)];
	}

	private static function status(StatusValue $status, int $depth): array {
		$errors = [];
		foreach ($status->getErrors() as $error) {
			$message = $error['message'];
			if (is_object($message)) {
				$message = ['@' => self::className($message), 'key' => $message->getKey()];
			}
			$errors[] = [$error['type'], $message, self::value($error['params'], $depth + 1)];
		}
		return [
			'@' => self::className($status),
			'ok' => $status->isOK(),
			'value' => self::value($status->value, $depth + 1),
			'success' => self::value($status->success, $depth + 1),
			'counts' => [$status->successCount, $status->failCount],
			'errors' => $errors,
		];
	}

	/** What an iterator yields, as it comes; files of a disk folder have no order, so those are sorted. */
	private static function iterate(Traversable $list, int $depth): array {
		$items = [];
		$out = ['@' => self::className($list)];
		try {
			foreach ($list as $key => $item) {
				$items[] = [self::value($key, $depth + 1), self::value($item, $depth + 1)];
				if (count($items) >= 500) {
					$out['cut'] = true;
					break;
				}
			}
		} catch (Throwable $e) {
			$out['thrown'] = self::throwable($e);
		}
		if (str_contains($out['@'], 'FSFileBackend')) {
			$items = array_map(static fn ($pair) => $pair[1], $items);
			sort($items);
		}
		return $out + ['items' => $items];
	}
}
