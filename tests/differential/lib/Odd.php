<?php
/**
 * Values nobody should pass, but somebody will.
 */

namespace MwNative\Differential;

use ArrayAccess;
use Countable;
use Stringable;

/** An odd value that can show its inner state. */
interface Odd {
	public function state(): mixed;
}

/** Text in disguise; journals each conversion. */
class OddText implements Odd, Stringable {
	public function __construct(private string $text) {
	}

	public function __toString(): string {
		Journal::note('OddText to string');
		return $this->text;
	}

	public function state(): mixed {
		return $this->text;
	}
}

/** An operation that is no array; journals each access. */
class OddOp implements Odd, ArrayAccess {
	public function __construct(private array $fields) {
	}

	public function offsetExists(mixed $offset): bool {
		Journal::note('OddOp exists', $offset);
		return isset($this->fields[$offset]);
	}

	public function offsetGet(mixed $offset): mixed {
		Journal::note('OddOp get', $offset);
		return $this->fields[$offset] ?? null;
	}

	public function offsetSet(mixed $offset, mixed $value): void {
		Journal::note('OddOp set', $offset, $value);
		$this->fields[$offset] = $value;
	}

	public function offsetUnset(mixed $offset): void {
		Journal::note('OddOp unset', $offset);
		unset($this->fields[$offset]);
	}

	public function state(): mixed {
		return $this->fields;
	}
}

/** An object without any of the above. */
class OddThing implements Odd, Countable {
	public function count(): int {
		return 2;
	}

	public function state(): mixed {
		return null;
	}
}

/** Text whose conversion throws. */
class OddThrower implements Odd, Stringable {
	public function __toString(): string {
		throw new \RuntimeException('this text cannot be read');
	}

	public function state(): mixed {
		return null;
	}
}
