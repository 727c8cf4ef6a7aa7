<?php

namespace MwNative\Balancer;

use Closure;
use ReflectionClass;
use ReflectionProperty;
use Throwable;
use Traversable;
use Wikimedia\Rdbms\DatabaseDomain;
use Wikimedia\Rdbms\DBConnRef;
use Wikimedia\Rdbms\DBError;
use Wikimedia\Rdbms\ILoadBalancer;

/**
 * Turns any value into plain data that is equal in two processes when, and only
 * when, the values mean the same. Connections are told by the order in which they
 * were made and their server index; nothing here calls a recording method.
 */
final class Canon {
	private const DEPTH = 10;
	private static string $tree = '';

	public static function init(string $tree): void {
		self::$tree = $tree;
	}

	public static function value(mixed $value, int $depth = 0): mixed {
		if ($value === null || is_bool($value) || is_int($value)) {
			return $value;
		} elseif (is_float($value)) {
			return 'float ' . var_export($value, true);
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

	public static function json(mixed $canonical): string {
		return json_encode($canonical, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE |
			JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);
	}

	public static function text(string $text): string {
		if (str_contains($text, '/')) {
			$text = str_replace(self::$tree, '{host}', $text);
		}
		if (str_contains($text, ' on line ')) {
			// PHP leaves the place out when the caller is not PHP code
			$text = preg_replace(
				['/, called in \S+.*? on line \d+/', '/(?<= passed) in \S+.*? on line \d+/', '/ in \S+ on line \d+/'],
				['', '', ' in * on line *'],
				$text
			);
		}
		if (!mb_check_encoding($text, 'UTF-8')) {
			$text = '(bytes)' . addcslashes($text, "\x80..\xff");
		}
		return $text;
	}

	public static function throwable(Throwable $e): array {
		$out = ['@' => self::className($e), 'message' => self::text($e->getMessage()), 'code' => $e->getCode()];
		if ($e instanceof DBError) {
			$out['db'] = self::value($e->db);
		}
		foreach (['getKey', 'getParams', 'getNormalizedMessage', 'getMessageContext'] as $getter) {
			if (method_exists($e, $getter)) {
				$out[$getter] = self::value($e->$getter());
			}
		}
		if ($e->getPrevious()) {
			$out['previous'] = self::throwable($e->getPrevious());
		}
		return $out;
	}

	/** The context of a log record: an exception by its class only, and no trace of the present time. */
	public static function context(array $context): array {
		foreach ($context as $key => $value) {
			if ($key === 'exception' && is_object($value)) {
				$context[$key] = get_class($value);
			} elseif ($key === 'maxlag' && is_float($value) && is_finite($value) && fmod($value, 0.25) !== 0.0) {
				// The age of a position counts in here: how old it is depends on when the test runs
				$context[$key] = '(age of a position)';
			}
		}
		return $context;
	}

	/**
	 * The properties that a class declares, read without its help.
	 *
	 * @param string[]|null $names Only these; one that is not there is told too
	 */
	public static function properties(object $object, string $class, ?array $names = null): array {
		$state = array_fill_keys($names ?? [], '(not declared)');
		foreach ((new ReflectionClass($class))->getProperties() as $property) {
			if ($names !== null && !in_array($property->getName(), $names, true)) {
				continue;
			}
			if ($property->getDeclaringClass()->getName() === $class && !$property->isStatic()) {
				$state[$property->getName()] = $property->isInitialized($object)
					? self::value($property->getValue($object)) : '(uninitialized)';
			}
		}
		ksort($state);
		return $state;
	}

	private static function className(object $object): string {
		$class = get_class($object);
		return str_contains($class, "\0") ? strstr($class, "\0", true) : $class;
	}

	private static function map(array $array, int $depth): array|object {
		$out = [];
		foreach ($array as $key => $value) {
			$out[is_string($key) ? strtr(self::text($key), ["\0" => '(NUL)']) : $key] = self::value($value, $depth + 1);
		}
		return array_is_list($array) ? array_values($out) : (object)$out;
	}

	private static function object(object $object, int $depth): mixed {
		if ($object instanceof Throwable) {
			return self::throwable($object);
		} elseif ($object instanceof Closure) {
			return '(closure)';
		} elseif ($object instanceof FakeDatabase) {
			return $object->label();
		} elseif ($object instanceof ILoadBalancer) {
			return '(load balancer)';
		} elseif ($object instanceof DatabaseDomain) {
			return 'domain ' . $object->getId();
		} elseif ($object instanceof FakePos) {
			return 'position ' . $object->n;
		} elseif ($object instanceof DBConnRef) {
			$ref = ['@' => 'DBConnRef'];
			foreach (['params', 'role', 'modCountRef', 'modCountFix', 'conn'] as $name) {
				$ref[$name] = self::value((new ReflectionProperty(DBConnRef::class, $name))->getValue($object), $depth + 1);
			}
			return $ref;
		} elseif (is_a($object, 'Wikimedia\\Rdbms\\ServerInfo')) {
			return self::properties($object, get_class($object));
		} elseif ($object instanceof Traversable) {
			$items = [];
			foreach ($object as $key => $item) {
				$items[] = [self::value($key, $depth + 1), self::value($item, $depth + 1)];
			}
			return ['@' => self::className($object), 'items' => $items];
		}
		return '(' . self::className($object) . ')';
	}
}
