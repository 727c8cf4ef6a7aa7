<?php

namespace MwNative\Balancer;

/** How a server behaves at the moment; all connections to it share this. */
final class ServerScript {
	/** up; down: DBConnectionError; broken: another exception; mute: no exception, but no connection either */
	public string $connect = 'up';
	/** A number of seconds, false, or 'throws' */
	public mixed $lag = 0;
	/** A bool or 'throws' */
	public mixed $readOnly = false;
	/** The position that the primary is at; null: unknown; 'throws' */
	public mixed $pos = 1;
	public string $age = 'none';
	/** What waiting for a position ends with */
	public mixed $wait = 0;
	/** The next connection ends up in the wrong domain */
	public bool $strays = false;
	/** What the next question to the server does to the load balancer first, see Session::callBack() */
	public ?string $action = null;

	public function state(): array {
		return array_map(Canon::value(...), get_object_vars($this));
	}
}
