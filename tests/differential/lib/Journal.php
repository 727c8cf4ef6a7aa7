<?php

namespace MwNative\Differential;

use Closure;
use Wikimedia\AtEase\AtEase;

/**
 * What happened during one step, in order: calls on backends, overrides, locks,
 * log records, PHP warnings, scripted faults. One list for all of them, so that
 * their order against each other is compared too.
 */
final class Journal {
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
		if (self::$open) {
			self::$events[] = $details === [] ? [$what] : [$what, ...Canon::args(array_values($details))];
		}
	}

	/**
	 * Undoes what a failed step left behind: a store traps or silences warnings,
	 * then something throws, and nobody gives them back.
	 */
	public static function regainErrors(Closure $handler): void {
		Closure::bind(static function () {
			self::$suppressCount = 0;
		}, null, AtEase::class)();
		error_reporting(E_ALL);
		for ($i = 0; $i < 50; $i++) {
			$top = set_error_handler($handler);
			restore_error_handler();
			if ($top === $handler) {
				return;
			}
			restore_error_handler();
		}
		set_error_handler($handler);
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
