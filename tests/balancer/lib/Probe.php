<?php

namespace MwNative\Balancer;

use ReflectionClass;
use ReflectionMethod;
use Wikimedia\Rdbms\LoadBalancer;

/**
 * Subclasses of the load balancer that note each call of a method that can be
 * overridden: a native method must call those it overrides, as the original does.
 */
final class Probe {
	public static function declare(): void {
		$code = 'namespace ' . __NAMESPACE__ . "; class ProbedBalancer extends \\Wikimedia\\Rdbms\\LoadBalancer {\n";
		foreach (self::methods() as $method) {
			$type = $method->getReturnType();
			$void = (string)$type === 'void';
			$name = $method->getName();
			$code .= ($method->isPublic() ? 'public' : 'protected') . " function $name(...\$args)" .
				($type === null ? '' : ': ' . ($type->isBuiltin() ? $type : "\\$type")) .
				"{ Journal::note('override $name', ...\$args); " . ($void ? '' : 'return ') . "parent::$name(...\$args); }\n";
		}
		eval("$code}");
	}

	/** @return list<ReflectionMethod> */
	private static function methods(): array {
		return array_filter((new ReflectionClass(LoadBalancer::class))->getMethods(), static function ($method) {
			foreach ($method->getParameters() as $parameter) {
				if ($parameter->isPassedByReference()) {
					return false;
				}
			}
			// The primary's index is 0 on every host, so the native class does not ask for it.
			if ($method->getName() === 'getWriterIndex') {
				return false;
			}
			return HostClass::has($method->getName()) && !$method->isPrivate() && !$method->isStatic() && !$method->isFinal() && !$method->isConstructor();
		});
	}

	/** What of the host's class is offered to callers and subclasses. */
	public static function api(): array {
		$class = new ReflectionClass(LoadBalancer::class);
		$api = ['interfaces' => $class->getInterfaceNames(), 'constants' => [], 'methods' => []];
		foreach (HostClass::$constants as $name) {
			$api['constants'][$name] = Canon::value($class->getConstant($name));
		}
		foreach ($class->getMethods() as $method) {
			if (HostClass::has($method->getName())) {
				$parameters = array_map(
					static fn ($p) => preg_replace('/^Parameter #\d+ /', '', (string)$p),
					$method->getParameters()
				);
				$api['methods'][$method->getName()] = implode(' ', \Reflection::getModifierNames($method->getModifiers())) .
					' ' . implode(', ', $parameters) . ' ' . $method->getReturnType();
			}
		}
		ksort($api['methods']);
		sort($api['interfaces']);
		return $api;
	}
}
