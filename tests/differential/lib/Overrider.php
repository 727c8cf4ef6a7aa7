<?php

namespace MwNative\Differential;

use ReflectionClass;
use ReflectionMethod;
use ReflectionParameter;

/**
 * Declares subclasses whose overrides hand each call to a hook:
 * Hook::around($object, 'method', $arguments, $callTheParent).
 */
final class Overrider {
	/**
	 * @param string $name Class to declare, in this namespace
	 * @param string $parent Its parent, full name
	 * @param string[]|null $methods What to override; null for all that can be
	 * @param string $hook Class with a static around()
	 * @param string $members Further class members, as source text
	 */
	public static function declare(
		string $name, string $parent, ?array $methods, string $hook, string $members = ''
	): string {
		$class = new ReflectionClass($parent);
		$methods ??= self::overridable($class);
		$source = 'namespace ' . __NAMESPACE__ . ";\nclass $name extends \\$parent {\n$members";
		foreach ($methods as $method) {
			$source .= self::method($class->getMethod($method), $hook);
		}
		eval("$source}\n");
		return __NAMESPACE__ . "\\$name";
	}

	/** @return string[] Names of all methods that a subclass may override, the constructor included */
	public static function overridable(ReflectionClass $class): array {
		$names = [];
		foreach ($class->getMethods() as $method) {
			$magic = str_starts_with($method->getName(), '__') && !$method->isConstructor();
			if (!$method->isFinal() && !$method->isPrivate() && !$method->isStatic() && !$magic) {
				$names[] = $method->getName();
			}
		}
		sort($names);
		return $names;
	}

	private static function method(ReflectionMethod $method, string $hook): string {
		$name = $method->getName();
		$parameters = implode(', ', array_map(self::parameter(...), $method->getParameters()));
		$type = $method->hasReturnType() ? ': ' . self::type($method->getReturnType()) : '';
		$visibility = $method->isProtected() ? 'protected' : 'public';
		return "$visibility function $name($parameters)$type {\n" .
			"\treturn \\$hook::around(\$this, '$name', \\func_get_args(), fn (...\$a) => parent::$name(...\$a));\n}\n";
	}

	private static function parameter(ReflectionParameter $parameter): string {
		$text = $parameter->hasType() ? self::type($parameter->getType()) . ' ' : '';
		$text .= ($parameter->isPassedByReference() ? '&' : '') . ($parameter->isVariadic() ? '...' : '');
		$text .= '$' . $parameter->getName();
		if ($parameter->isDefaultValueAvailable()) {
			$text .= ' = ' . var_export($parameter->getDefaultValue(), true);
		}
		return $text;
	}

	private static function type(\ReflectionType $type): string {
		if ($type instanceof \ReflectionNamedType) {
			$name = ($type->isBuiltin() || in_array($type->getName(), ['self', 'static']) ? '' : '\\') . $type->getName();
			return ($type->allowsNull() && !in_array($name, ['mixed', 'null']) ? '?' : '') . $name;
		}
		return implode('|', array_map(self::type(...), $type->getTypes()));
	}
}
