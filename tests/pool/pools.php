<?php
/**
 * The classes of tests/pool over the host's; loaded when that is known as Pool\HostPool.
 */

namespace Pool;

/** The host's class with a window in it. */
class Pool extends HostPool {
	public function set_ttl( int $seconds ): void {
		$this->lockTTL = $seconds;
	}

	public function held_slot(): ?string {
		return $this->slot;
	}

	public function held_since(): ?float {
		return $this->slotTime;
	}
}

/** A subclass that overrides what the body would do in one go, as a wiki's may. */
class HookedPool extends Pool {
	protected function getConnection() {
		return parent::getConnection();
	}

	protected function registerAcquisitionTime( $conn, $slot, $now ) {
		return parent::registerAcquisitionTime( $conn, $slot, $now );
	}
}

/** Lets this process acquire again, whatever it holds. */
function forget_held(): void {
	$parent = get_parent_class( HostPool::class );
	( new \ReflectionProperty( $parent, 'acquiredMightWaitKey' ) )->setValue( null, 0 );
}
