<?php
/**
 * What breaks a pool in ways that the test must notice; see NAMES.
 */

namespace Pool;

class Sabotage {
	/** What is done => the properties of which at least one must be found violated */
	public const NAMES = [
		// Worker 0 now and then gives back a slot that it does not hold.
		'double-release' => [ 'same slot', 'holders', 'list' ],
		// Worker 0 now and then takes a free slot behind the pool's back. (One of which the pool knew nothing else
		// would be given out again.)
		'thief' => [ 'lost' ],
		// The due times are deleted now and then.
		'forgotten-holders' => [ 'holders', 'same slot' ],
		// Waiters who never were, more than the queue allows.
		'long-queue' => [ 'queue' ],
		// A waiter that nobody removes.
		'ghost' => [ 'waiters' ],
		// All waiters are struck off now and then.
		'uncounted-waiters' => [ 'uncounted' ],
		// There is nothing to get for anybody.
		'standstill' => [ 'progress' ],
		// Worker 0 is killed without having planned it.
		'crash' => [ 'ends' ],
	];

	private static int $releases = 0;

	public static function after_release( Plan $plan, int $worker, int $pool, string $slot ): void {
		if ( $worker !== 0 || !$plan->sabotage || ++self::$releases % 10 ) {
			return;
		}
		$keys = $plan->redis_keys( $pool );
		switch ( $plan->sabotage ) {
			case 'double-release':
				( new Redis( $plan ) )->call( 'RPUSH', $keys['slots'], $slot );
				break;
			case 'thief':
				$redis = new Redis( $plan );
				$stolen = $redis->call( 'LPOP', $keys['slots'] );
				$stolen && $redis->call( 'ZADD', $keys['due'], microtime( true ) + 3600, $stolen );
				break;
			case 'crash':
				posix_kill( getmypid(), SIGKILL );
		}
	}

	/** Every 20 ms or so, by the driver. */
	public static function meanwhile( Plan $plan, Redis $redis ): void {
		foreach ( $plan->pools() as $pool => $_ ) {
			$keys = $plan->redis_keys( $pool );
			switch ( $plan->sabotage ) {
				case 'forgotten-holders':
					$redis->call( 'DEL', $keys['due'] );
					break;
				case 'long-queue':
					for ( $i = 0; $i < 10; $i++ ) {
						$redis->call( 'ZADD', $keys['waiters'], microtime( true ), "false $i" );
					}
					break;
				case 'ghost':
					$redis->call( 'ZADD', $keys['waiters'], microtime( true ) + 3600, 'ghost' );
					break;
				case 'uncounted-waiters':
					$redis->call( 'DEL', $keys['waiters'] );
					break;
				case 'standstill':
					$redis->call( 'DEL', $keys['slots'] );
					$redis->call( 'ZADD', $keys['due'], microtime( true ) + 3600, 'none' );
					for ( $slot = 1; $slot <= 5; $slot++ ) {
						$redis->call( 'ZADD', $keys['due'], microtime( true ) + 3600, $slot );
					}
			}
		}
	}
}
