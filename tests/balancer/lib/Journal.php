<?php

namespace MwNative\Balancer;

/**
 * What happened during one step, in order: calls on connections, caches and
 * collaborators, log records, PHP warnings. One list for all of them, so that
 * their order against each other is compared too.
 */
final class Journal {
	private const MANY = 400;
	/** @var list<array> */
	private static array $events = [];
	private static bool $open = false;

	public static function start(): void {
		self::$events = [];
		self::$open = true;
	}

	/** @return list<array> The events since start() */
	public static function stop(): array {
		self::$open = false;
		return self::$events;
	}

	/** Notes an event; the values are made canonical at once, before anything changes them. */
	public static function note(string $what, mixed ...$details): void {
		if (!self::$open) {
			return;
		}
		self::$events[] = [$what, ...array_map(Canon::value(...), array_values($details))];
		if (count(self::$events) > self::MANY) {
			// A loop that does not end would take the machine's memory along
			self::$open = false;
			throw new \OutOfBoundsException('too many events in one step');
		}
	}

	/** A PHP error handler: silenced errors are not part of the behaviour. */
	public static function phpError(int $level, string $message): bool {
		if (error_reporting() & $level) {
			static $names = [
				E_WARNING => 'warning',
				E_NOTICE => 'notice',
				E_DEPRECATED => 'deprecated',
				E_USER_ERROR => 'user error',
				E_USER_WARNING => 'user warning',
				E_USER_NOTICE => 'user notice',
				E_USER_DEPRECATED => 'user deprecated',
				E_RECOVERABLE_ERROR => 'recoverable error',
			];
			self::note('php ' . ($names[$level] ?? $level), $message);
		}
		return true;
	}
}
