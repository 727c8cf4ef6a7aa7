<?php

namespace MwNative\Balancer;

use Wikimedia\Rdbms\DBPrimaryPos;

/** A replication position: a number, and an age that is one of a few kinds. */
final class FakePos implements DBPrimaryPos {
	/** @param string $age none, old, fresh or future */
	public function __construct(public int $n, public string $age = 'none') {
	}

	public function asOfTime() {
		Journal::note("position $this->n asOfTime");
		return match ($this->age) {
			'none' => 0.0,
			'old' => 1000000000.0,
			'fresh' => microtime(true) - 3.3,
			'future' => 4000000000.0,
		};
	}

	public function hasReached(DBPrimaryPos $pos) {
		Journal::note("position $this->n hasReached", $pos);
		return $pos instanceof self && $this->n >= $pos->n;
	}

	public function channelsMatch(DBPrimaryPos $pos) {
		return true;
	}

	public function __toString() {
		return "pos$this->n";
	}

	public static function newFromArray(array $data) {
		Journal::note('position newFromArray', $data);
		return new self($data['n'], $data['age']);
	}

	public function toArray(): array {
		Journal::note("position $this->n toArray");
		return ['_type_' => self::class, 'n' => $this->n, 'age' => $this->age];
	}

	public function serialize() {
		return "$this->n $this->age";
	}

	public function unserialize($data) {
		[$n, $this->age] = explode(' ', $data);
		$this->n = (int)$n;
	}

	public function __serialize(): array {
		return [$this->n, $this->age];
	}

	public function __unserialize(array $data): void {
		[$this->n, $this->age] = $data;
	}
}
