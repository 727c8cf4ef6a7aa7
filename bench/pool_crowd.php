<?php
# Many processes on few slots, for `bin/bench pool`: each takes one, gives it back at
# once and asks again, until the time is over.

/** One crowd: processes are forked, so that fifty of them are made at once. */
final class BenchPoolCrowd {
	public function __construct(
		private readonly string $side,
		private readonly string $address,
		private readonly bool $fresh,
		private readonly int $processes,
		private readonly int $workers,
		private readonly int $milliseconds,
		private readonly int $timeout
	) {
	}

	/** @return array Sums over the processes, and what the extremes among them got */
	public function run(): array {
		# All begin at the same time, when each is connected.
		$start = hrtime( true ) + 500_000_000;
		$pipes = [];
		for ( $i = 0; $i < $this->processes; $i++ ) {
			[ $ours, $theirs ] = stream_socket_pair( STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0 );
			if ( pcntl_fork() === 0 ) {
				fwrite( $theirs, json_encode( $this->takePart( $start ) ) );
				exit( 0 );
			}
			fclose( $theirs );
			$pipes[] = $ours;
		}
		$results = array_map( static fn ( $pipe ) => json_decode( stream_get_contents( $pipe ), true ), $pipes );
		while ( pcntl_wait( $status ) > 0 );
		if ( in_array( null, $results, true ) ) {
			fwrite( STDERR, "a process of the crowd ended without a result\n" );
			exit( 1 );
		}
		$of = static fn ( string $what ) => array_column( $results, $what );
		return [
			'locked' => array_sum( $of( 'locked' ) ),
			'handOffs' => array_sum( $of( 'handOffs' ) ),
			'fewest' => min( $of( 'locked' ) ),
			'most' => max( $of( 'locked' ) ),
			'timeouts' => array_sum( $of( 'timeouts' ) ),
			'others' => array_sum( $of( 'others' ) ),
			'longestMs' => max( $of( 'longest' ) ) / 1e6,
		];
	}

	private function takePart( int $start ): array {
		$this->connect();
		$make = $this->side === 'native' ? static fn ( $config, $key ) => new PoolCounterRedis( $config, 'Bench', $key )
			: static fn ( $config, $key ) => benchWaitingOriginal( $config, $key );
		$config = $this->config();
		$key = "bench:crowd:{$this->side}:" . posix_getppid();
		$pool = $make( $config, $key );
		$locked = $late = $timeouts = $others = $longest = 0;
		time_nanosleep( 0, max( 1, $start - hrtime( true ) ) );
		$end = $start + $this->milliseconds * 1_000_000;
		for ( $now = hrtime( true ); $now < $end; $now = hrtime( true ) ) {
			$asked = $now;
			if ( $this->fresh ) {
				$pool = $make( $config, $key );
			}
			$code = $pool->acquireForMe()->value;
			$now = hrtime( true );
			if ( $code === PoolCounter::LOCKED ) {
				$pool->release();
				# What came after the end had to wait for it, and is not to be counted.
				$now < $end ? $locked++ : $late++;
			} elseif ( $code === PoolCounter::TIMEOUT ) {
				$timeouts++;
			} else {
				$others++;
			}
			$longest = max( $longest, $now - $asked );
		}
		return [
			'locked' => $locked,
			'handOffs' => max( 0, $this->waits( $pool ) - $timeouts - $late ),
			'timeouts' => $timeouts,
			'others' => $others,
			'longest' => $longest,
		];
	}

	private function config(): array {
		return benchPoolConfig( $this->address, [
			'workers' => $this->workers, 'maxqueue' => $this->processes, 'timeout' => $this->timeout,
		] );
	}

	/** By a pool that nobody else uses: the connection is the process's, not the object's. */
	private function connect(): void {
		$pool = new PoolCounterRedis( $this->config(), 'BenchConnect', 'bench:connect:' . getmypid() );
		$pool->acquireForMe();
		$pool->release();
	}

	/** How often this process had to wait. */
	private function waits( object $pool ): int {
		return $this->side === 'native' ? mwnative_status()['classes']['PoolCounterRedis']['counters']['Bench']['waited']
			: $pool::$waits;
	}
}

/** The original counts nothing itself: a subclass looks at what its server answered. */
function benchWaitingOriginal( array $config, string $key ): PoolCounterRedis {
	return new class( $config, 'Bench', $key ) extends PoolCounterRedis {
		public static int $waits = 0;

		protected function initAndPopPoolSlotList( $conn, $now ) {
			$answer = parent::initAndPopPoolSlotList( $conn, $now );
			self::$waits += $answer === 'QUEUE_WAIT' ? 1 : 0;
			return $answer;
		}
	};
}
