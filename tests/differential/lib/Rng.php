<?php

namespace MwNative\Differential;

use Random\Engine\Xoshiro256StarStar;
use Random\Randomizer;

/**
 * Seeded draws. Each generator is keyed by text ("seed/config/step/purpose"),
 * so that one step can be drawn again without the steps before it, and nothing
 * the code under test does with mt_rand() can move it.
 */
final class Rng {
	private Randomizer $random;

	public function __construct(private string $key) {
		$this->random = new Randomizer(new Xoshiro256StarStar(hash('sha256', $key, true)));
	}

	/** A generator of its own for one purpose; drawing from it does not move this one. */
	public function child(string $purpose): self {
		return new self("$this->key/$purpose");
	}

	public function int(int $min, int $max): int {
		return $this->random->getInt($min, $max);
	}

	/** True in $percent of 100 draws. */
	public function chance(int $percent): bool {
		return $this->random->getInt(0, 99) < $percent;
	}

	public function pick(array $list): mixed {
		return $list[array_keys($list)[$this->random->getInt(0, count($list) - 1)]];
	}

	/** @param array<string,int> $weights Name => weight; returns a name */
	public function weighted(array $weights): string {
		$draw = $this->random->getInt(1, array_sum($weights));
		foreach ($weights as $name => $weight) {
			$draw -= $weight;
			if ($draw <= 0) {
				return (string)$name;
			}
		}
		throw new \LogicException('weights changed while drawing');
	}

	/** Each element with probability $percent, order kept. */
	public function subset(array $list, int $percent): array {
		return array_values(array_filter($list, fn () => $this->chance($percent)));
	}

	public function shuffle(array $list): array {
		return $this->random->shuffleArray($list);
	}
}
