<?php

namespace MwNative\Differential;

use Closure;

/** One thing to do, with the arguments that the trace shows before and after. */
final class Operation {
	/** @param Closure $run Does it; receives the Session */
	public function __construct(public readonly string $name, public array $args, public readonly Closure $run) {
	}
}
