<?php

namespace MwNative\Balancer;

/** Which methods of the load balancer the steps called. */
final class Coverage {
	/** @var array<string,int> */
	private static array $called = [];

	public static function count(string $method): void {
		self::$called[$method] = (self::$called[$method] ?? 0) + 1;
	}

	public static function report(): array {
		$report = ['called' => self::$called, 'public' => [], 'protected' => []];
		foreach (HostClass::$methods as $name => $visibility) {
			$report[$visibility][] = $name;
		}
		return $report;
	}
}
