<?php

namespace MwNative\Balancer;

/**
 * What the host's own class declares, read from its source, so that both sides draw
 * from the same methods and compare the same state: the native class may have more.
 */
final class HostClass {
	/** @var array<string,string> Method => public or protected */
	public static array $methods = [];
	/** @var list<string> */
	public static array $properties = [];
	/** @var list<string> */
	public static array $constants = [];

	public static function read(string $tree): void {
		$source = file_get_contents("$tree/includes/libs/rdbms/loadbalancer/LoadBalancer.php");
		preg_match_all('/^\t(?:final |static )*(public|protected) (?:static )?function (\w+)/m', $source, $found, PREG_SET_ORDER);
		foreach ($found as [, $visibility, $name]) {
			self::$methods[$name] = $visibility;
		}
		preg_match_all('/^\t(?:private|protected|public) (?:[?\w\\\\]+ )?\$(\w+)/m', $source, $found);
		self::$properties = $found[1];
		preg_match_all('/^\t(?:public|protected) const (\w+)/m', $source, $found);
		self::$constants = $found[1];
		if (count(self::$methods) < 40 || count(self::$properties) < 20) {
			fail("the source of the host's LoadBalancer is not as expected");
		}
	}

	public static function has(string $method): bool {
		return isset(self::$methods[$method]);
	}

	/** 1.39 tells positions through a callback, refers to foreign connections by count, and so on. */
	public static function isOld(): bool {
		return self::has('waitFor');
	}
}
