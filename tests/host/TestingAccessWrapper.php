<?php
declare( strict_types = 1 );

namespace Wikimedia;

use InvalidArgumentException;
use LogicException;
use ReflectionClass;
use ReflectionClassConstant;
use ReflectionMethod;
use ReflectionProperty;

/**
 * Opens the private and protected members of an object or of a class to a test.
 *
 * The host's tests ask for a class of this name, which no Debian package holds.
 * This one is written for this project, from the way the tests use it.
 */
final class TestingAccessWrapper {
	/**
	 * @param ReflectionClass $class
	 * @param object|null $object null where only static members are opened
	 */
	private function __construct(
		private readonly ReflectionClass $class,
		private readonly ?object $object
	) {
	}

	/**
	 * Opens the instance and static members of one object.
	 *
	 * @throws InvalidArgumentException if it is not an object
	 */
	public static function newFromObject( mixed $object ): self {
		if ( !is_object( $object ) ) {
			throw new InvalidArgumentException( 'expected an object, got ' . get_debug_type( $object ) );
		}
		return new self( new ReflectionClass( $object ), $object );
	}

	/**
	 * Opens the static members of one class.
	 *
	 * @throws \ReflectionException if there is no such class
	 */
	public static function newFromClass( string $class ): self {
		return new self( new ReflectionClass( $class ), null );
	}

	/** The value of a class constant, whatever its visibility. */
	public static function constant( string $class, string $constant ): mixed {
		return ( new ReflectionClassConstant( $class, $constant ) )->getValue();
	}

	/** A new object, not wrapped, of a class whose constructor may be private. */
	public static function construct( string $class, mixed ...$arguments ): object {
		$reflection = new ReflectionClass( $class );
		$object = $reflection->newInstanceWithoutConstructor();
		$reflection->getConstructor()?->invoke( $object, ...$arguments );
		return $object;
	}

	public function __call( string $name, array $arguments ): mixed {
		if ( !$this->class->hasMethod( $name ) ) {
			// for the object's own __call, or PHP's own error
			return $this->objectFor( $name )->$name( ...$arguments );
		}
		$method = $this->class->getMethod( $name );
		return $method->invoke( $method->isStatic() ? null : $this->objectFor( $name ), ...$arguments );
	}

	public function __get( string $name ): mixed {
		$property = $this->findProperty( $name );
		if ( !$property ) {
			// a dynamic property, or the object's own __get
			return $this->objectFor( $name )->$name;
		}
		return $property->getValue( $property->isStatic() ? null : $this->objectFor( $name ) );
	}

	public function __set( string $name, mixed $value ): void {
		$property = $this->findProperty( $name );
		if ( !$property ) {
			$this->objectFor( $name )->$name = $value;
		} elseif ( $property->isStatic() ) {
			$property->setValue( null, $value );
		} else {
			$property->setValue( $this->objectFor( $name ), $value );
		}
	}

	public function __isset( string $name ): bool {
		$property = $this->findProperty( $name );
		if ( !$property ) {
			return isset( $this->objectFor( $name )->$name );
		}
		$object = $property->isStatic() ? null : $this->objectFor( $name );
		return $property->isInitialized( $object ) && $property->getValue( $object ) !== null;
	}

	/** The declaration nearest to the class; reflection hides the private ones of parents. */
	private function findProperty( string $name ): ?ReflectionProperty {
		for ( $class = $this->class; $class; $class = $class->getParentClass() ) {
			if ( $class->hasProperty( $name ) ) {
				return $class->getProperty( $name );
			}
		}
		return null;
	}

	private function objectFor( string $member ): object {
		return $this->object ?? throw new LogicException(
			"{$this->class->getName()}::$member is no static member: wrap an object to reach it"
		);
	}
}
