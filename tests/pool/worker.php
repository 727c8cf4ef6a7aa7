<?php
/**
 * One life of a worker of tests/pool: from some step to its last or to its death.
 *
 * What a step does is drawn from the seed, the number of the worker and that of the step alone; what comes of it
 * depends on the others. Each step leaves one line in the worker's file, before what ends the process.
 */

namespace Pool;

use Random\Engine\Xoshiro256StarStar;
use Random\Randomizer;

/** The death that was planned. */
class Planned extends \Exception {
}

/** What the handler of a signal throws out of a wait. */
class Interrupt extends \Exception {
}

class Worker {
	/** How often each kind of step is drawn, in 10,000; the rest is plain work. */
	private const KINDS = [
		'kill-holding' => 8,
		'kill-waiting' => 12,
		'exit-holding' => 40,
		'throw-holding' => 30,
		'fatal-holding' => 20,
		'time-limit' => 4,
		'interrupt' => 150,
		'interrupt-throw' => 50,
		'nested' => 200,
		'twice' => 200,
	];
	/** What the original cannot do. */
	private const NATIVE_ONLY = [ 'time-limit', 'interrupt', 'interrupt-throw' ];
	private const KILLS = [ 'kill-holding', 'kill-waiting' ];

	private bool $native;
	/** @var Board[] */
	private array $boards = [];
	/** @var object[] Pools that were used before, by what they were made of */
	private array $made = [];
	private Randomizer $draw;
	/** @var resource */
	private $file;
	private int $signals = 0;
	private bool $throws = false;

	/** @param resource $nest Where the nest is asked for signals */
	public function __construct( private Plan $plan, private int $number, private $nest ) {
		$this->native = $plan->side( $number ) === 'native';
		foreach ( $plan->pools() as $pool => $_ ) {
			$this->boards[$pool] = new Board( $plan, $pool );
		}
		$this->file = fopen( "$plan->folder/steps-$number", 'a' );
		// Before the class registers its own: what is released then is counted out before.
		register_shutdown_function( fn () => array_map( fn ( $board ) => $board->leave( $number ), $this->boards ) );
		pcntl_async_signals( true );
		pcntl_signal( SIGUSR1, function () {
			$this->signals++;
			if ( $this->throws ) {
				$this->throws = false;
				throw new Interrupt;
			}
		} );
	}

	public function live( int $from ): void {
		$parent = posix_getppid();
		for ( $step = $from; $step <= $this->plan->last() && posix_getppid() === $parent; $step++ ) {
			$this->draw = new Randomizer( new Xoshiro256StarStar(
				hash( 'sha256', "{$this->plan->seed} $this->number $step", true ) ) );
			$this->step( $step, $this->kind( $step ) );
			if ( $step % 25 === 0 ) {
				// The end of a request, as far as the class is concerned.
				$this->made ? get_class( reset( $this->made ) )::releaseAll() : null;
				$this->made = [];
			}
		}
	}

	private function chance( float $share ): bool {
		return $this->draw->getInt( 1, 1000000 ) <= $share * 1000000;
	}

	/** Sleeps for some milliseconds. */
	private function sleep( float $least, float $most ): void {
		usleep( $this->draw->getInt( (int)( $least * 1000 ), (int)( $most * 1000 ) ) );
	}

	private function kind( int $step ): string {
		$number = $this->draw->getInt( 1, 10000 );
		foreach ( self::KINDS as $kind => $frequency ) {
			$number -= $frequency;
			if ( $number <= 0 ) {
				return in_array( $kind, $this->plan->without )
					|| ( !$this->native && in_array( $kind, self::NATIVE_ONLY ) )
					|| ( $step >= $this->plan->calm_from() && in_array( $kind, self::KILLS ) )
					|| ( $kind === 'nested' && $this->plan->mixed ) ? 'work' : $kind;
			}
		}
		return 'work';
	}

	/** In each stretch of steps most workers want the same pool. */
	private function pool( int $step ): int {
		$pools = count( $this->plan->pools() );
		$wanted = crc32( "{$this->plan->seed} " . intdiv( $step, 25 ) ) % $pools;
		return $this->chance( 0.6 ) ? $wanted : $this->draw->getInt( 0, $pools - 1 );
	}

	private function get( int $pool ): object {
		$hooked = $this->chance( 0.15 );
		$deferred = $this->chance( 0.25 );
		$id = "$pool $hooked $deferred";
		if ( $this->chance( 0.5 ) || !isset( $this->made[$id] ) ) {
			$this->made[$id] = $this->plan->make( $pool, $hooked && $this->native ? HookedPool::class : Pool::class,
				[ 'deferRelease' => $deferred ] );
		}
		return $this->made[$id];
	}

	private function timeout( int $pool ): float|int|null {
		if ( !$this->native ) {
			return 1;
		}
		if ( $this->chance( 0.25 ) ) {
			return 0;
		}
		if ( $this->chance( 0.15 ) && !$this->plan->mixed ) {
			return null;
		}
		// Waits are mostly short: so are half of the timeouts.
		return $this->draw->getInt( 1, $this->chance( 0.5 ) ? 5 : 200 ) / 1000;
	}

	/** One line: what was done and what came of it. */
	private function note( int $step, string $kind, string $result ): void {
		fwrite( $this->file, "$step $kind $result\n" );
	}

	/** The nest sends this process a signal soon. */
	private function ask_for( int $signal, float $milliseconds ): void {
		fwrite( $this->nest, "$this->number " . getmypid() . " $signal " . ( hrtime( true ) / 1e6 + $milliseconds ) );
	}

	private function step( int $step, string $kind ): void {
		$pool = $this->pool( $step );
		$counter = $this->get( $pool );
		$for_anyone = $this->chance( 0.4 );
		$timeout = $this->timeout( $pool );
		$signals = $this->signals;
		$outer = null;
		switch ( $kind ) {
			case 'kill-waiting':
				$this->note( $step, $kind, 'killed' );
				$this->wait_for_death( $pool, $for_anyone );
			case 'interrupt':
			case 'interrupt-throw':
				$timeout = 0.2;
				$this->ask_for( SIGUSR1, $this->draw->getInt( 0, 5000 ) / 1000 );
				break;
			case 'time-limit':
				// The answer is a fatal error if the wait takes longer; the second process will see to that.
				$this->note( $step, $kind, 'limited' );
				set_time_limit( 1 );
				$timeout = 3;
				break;
			case 'nested':
				if ( $pool === 3 ) {
					$kind = 'work';
					break;
				}
				$outer = $this->plan->make( 3 );
				if ( $this->acquire( $outer, 3, false, 0.1 )[0] !== LOCKED ) {
					$outer = null;
				}
		}

		[ $code, $waited ] = $this->acquire( $counter, $pool, $for_anyone, $timeout, $kind === 'interrupt-throw' );
		$interrupted = $code === TIMEOUT && $this->signals > $signals;
		if ( $kind === 'interrupt' || $kind === 'interrupt-throw' ) {
			for ( $i = 0; $i < 2000 && $this->signals === $signals; $i++ ) {
				usleep( 500 );
			}
		} elseif ( $kind === 'time-limit' ) {
			set_time_limit( 0 );
		}
		if ( $code === LOCKED ) {
			$this->hold( $counter, $pool, $step, $kind );
		}
		if ( $outer ) {
			$this->release( $outer, 3 );
		}
		if ( $kind !== 'time-limit' ) {
			$this->note( $step, $kind, $this->word( $code, $waited, $interrupted ) );
		}
		if ( $code === QUEUE_FULL || $code === TIMEOUT ) {
			$this->sleep( 0.5, 3 );
		}
		if ( !$this->native ) {
			// After DONE the original believes that it holds something.
			forget_held();
		}
	}

	private function word( int $code, bool $waited, bool $interrupted ): string {
		return match ( $code ) {
			LOCKED => $waited ? 'locked-after-wait' : 'locked',
			DONE => 'done',
			QUEUE_FULL => 'queue-full',
			TIMEOUT => $interrupted ? 'interrupted' : ( $waited ? 'timeout' : 'timeout-at-once' ),
			default => "code$code",
		};
	}

	/** @return array Result code (0: none that is expected), and whether it took a wait */
	private function acquire( object $counter, int $pool, bool $for_anyone, float|int|null $timeout, bool $throws = false ): array {
		$start = microtime( true );
		try {
			$this->throws = $throws;
			$status = $for_anyone ? $counter->acquireForAnyone( $timeout ) : $counter->acquireForMe( $timeout );
			$code = $status->isOK() ? $status->value : 0;
			if ( !in_array( $code, [ LOCKED, DONE, QUEUE_FULL, TIMEOUT ] ) ||
				( $code === LOCKED ) !== ( $counter->held_slot() !== null ) || ( $code === DONE && !$for_anyone )
			) {
				$this->plan->report( 'results', "acquire: $status, slot " . json_encode( $counter->held_slot() ) );
			}
		} catch ( Interrupt ) {
			// It may have come when all was done.
			$code = $counter->held_slot() !== null ? LOCKED : TIMEOUT;
		} finally {
			$this->throws = false;
		}
		$took = microtime( true ) - $start;
		$seconds = $timeout ?? $this->plan->pools()[$pool]['timeout'];
		if ( $code === LOCKED ) {
			$this->boards[$pool]->enter( $this->number, $counter->held_slot(), $counter->held_since(),
				$took > $seconds + $this->plan->too_long() );
		}
		if ( $code === TIMEOUT && $took > $seconds + 5 ) {
			$this->plan->report( 'late', sprintf( 'TIMEOUT of %.3f s after %.3f s', $seconds, $took ) );
		}
		// A wait that ended within a millisecond passes for none.
		return [ $code, $took > 0.001 && $seconds > 0 ];
	}

	private function release( object $counter, int $pool ): void {
		$this->boards[$pool]->leave( $this->number );
		$status = $counter->release();
		if ( !$status->isOK() || $status->value !== RELEASED || $counter->held_slot() !== null ) {
			$this->plan->report( 'results', "release: $status" );
		}
	}

	/** Holds the slot for a while, and gives it back or dies. */
	private function hold( object $counter, int $pool, int $step, string $kind ): void {
		$this->sleep( 0.2, 3 );
		switch ( $kind ) {
			case 'kill-holding':
				$this->note( $step, $kind, 'killed' );
				posix_kill( getmypid(), SIGKILL );
			case 'exit-holding':
				$this->note( $step, $kind, 'ended' );
				exit( 7 );
			case 'throw-holding':
				$this->note( $step, $kind, 'ended' );
				throw new Planned;
			case 'fatal-holding':
				$this->note( $step, $kind, 'ended' );
				trigger_error( 'planned', E_USER_ERROR );
			case 'twice':
				$again = $counter->acquireForMe( 0 );
				if ( $again->isOK() && $again->value !== LOCK_HELD ) {
					$this->plan->report( 'results', "a second acquire: $again" );
				}
		}
		$slot = $counter->held_slot();
		$this->release( $counter, $pool );
		if ( $kind === 'twice' && $counter->release()->value !== NOT_LOCKED ) {
			$this->plan->report( 'results', 'a second release was not refused' );
		}
		Sabotage::after_release( $this->plan, $this->number, $pool, $slot );
	}

	/** @return never */
	private function wait_for_death( int $pool, bool $for_anyone ): void {
		$end = microtime( true ) + 5;
		$this->ask_for( SIGKILL, $this->draw->getInt( 0, 30000 ) / 1000 );
		while ( microtime( true ) < $end ) {
			$counter = $this->plan->make( $pool );
			if ( $this->acquire( $counter, $pool, $for_anyone, $this->native ? 0.2 : 1 )[0] === LOCKED ) {
				usleep( 40000 );
				$this->release( $counter, $pool );
			}
			$this->native || forget_held();
		}
		$this->plan->report( 'ends', "worker $this->number asked to be killed and was not" );
		exit( 1 );
	}
}
