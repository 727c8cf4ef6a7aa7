<?php
# What `bin/bench pool` measures, and with which processes.

const BENCH_SIDES = [ 'native', 'original' ];
const BENCH_POOL_BATCH_NS = 8e6;
const BENCH_POOL_CPU_BATCH_NS = 1e9;
const BENCH_POOL_CROWD = [ 'processes' => 50, 'workers' => 4, 'milliseconds' => 1500, 'timeout' => 4 ];
# What is measured in each round, by worker.
const BENCH_POOL_CYCLES = [
	'native' => [ 'fresh', 'same', 'many', 'deferred' ],
	'original' => [ 'fresh', 'same', 'many' ],
	'floor' => [ 'waited', 'pipelined', 'ping' ],
	'client' => [ 'fresh' ],
];

/** Everything that was measured: samples by name, made when first named. */
final class BenchPoolFigures {
	/** @var BenchSample[] */
	private array $samples = [];

	public function add( string $name, float $value ): void {
		$this->of( $name )->add( $value );
	}

	public function of( string $name ): BenchSample {
		return $this->samples[$name] ??= new BenchSample();
	}

	public function has( string $name ): bool {
		return isset( $this->samples[$name] );
	}

	public function summaries(): array {
		return array_map( static fn ( BenchSample $sample ) => $sample->summary(), $this->samples );
	}
}

/** The processes of one sitting. */
final class BenchPoolSitting {
	/** @var BenchWorker[] By name: native, original, floor, client */
	private array $workers;
	/** @var int[][] Cycles a batch, by worker and case */
	private array $times = [];

	public function __construct(
		private readonly array $options,
		private readonly string $address,
		?BenchServer $poolCounter,
		private readonly BenchPoolFigures $figures
	) {
		foreach ( BENCH_SIDES as $side ) {
			$this->workers[$side] = $this->start( $side );
		}
		$this->workers['floor'] = new BenchWorker( benchPinned( $options, [
			$options['floor'], $address, sha1( 'bench:cycle:floor' ), (string)BENCH_POOL_WORKERS,
			(string)BENCH_POOL_MAXQUEUE, (string)BENCH_POOL_TIMEOUT, (string)BENCH_POOL_LOCK_TTL,
		] ), 'floor' );
		if ( $poolCounter ) {
			$this->workers['client'] = $this->start( 'client', $poolCounter->address );
		}
		foreach ( $this->workers as $name => $worker ) {
			foreach ( BENCH_POOL_CYCLES[$name] as $case ) {
				$this->times[$name][$case] = $this->timesFor( $name, $case );
			}
		}
	}

	private function start( string $side, ?string $address = null ): BenchWorker {
		return new BenchWorker( benchPinned( $this->options, [
			$this->options['php'], ...benchOpcache( $this->options ), ...benchExtension( $this->options, 'native' ),
			# The original's side has the extension too, so that it can say what it does.
			'-d', 'mwnative.enable=' . ( $side === 'native' ? '1' : '0' ),
			__DIR__ . '/pool_worker.php', $this->options['tree'], $side, $address ?? $this->address,
		] ), $side );
	}

	/** @return array What the workers are, once it is sure that they are what they should be */
	public function info(): array {
		foreach ( array_diff_key( $this->workers, [ 'floor' => true ] ) as $side => $worker ) {
			$info = json_decode( $worker->ask( 'info' ), true );
			if ( ( $info['servedBy'] ?? '' ) !== $side ) {
				benchFail( "the $side worker runs the class that is " . ( $info['servedBy'] ?? 'not there' ) );
			}
			if ( !$info['opcache'] || $info['jit'] !== (bool)$this->options['jit'] ) {
				benchFail( "opcache or JIT of the $side worker is not as asked for" );
			}
		}
		return $info;
	}

	/** @return float[] Nanoseconds a cycle: wall clock, user, system */
	private function cycles( string $name, string $case, int $times ): array {
		return array_map( 'floatval', explode( ' ', $this->workers[$name]->ask( "cycles $case $times" ) ) );
	}

	private function timesFor( string $name, string $case ): int {
		$this->cycles( $name, $case, 20 );
		[ $wall ] = $this->cycles( $name, $case, 20 );
		return max( 1, (int)round( BENCH_POOL_BATCH_NS / $wall ) );
	}

	/** Every case of every worker once. */
	public function round( int $round, bool $counts ): void {
		$names = array_keys( $this->workers );
		# None always goes first.
		$first = $round % count( $names );
		$wall = [];
		foreach ( [ ...array_slice( $names, $first ), ...array_slice( $names, 0, $first ) ] as $name ) {
			foreach ( $this->times[$name] as $case => $times ) {
				[ $wall["$name $case"] ] = $this->cycles( $name, $case, $times );
			}
		}
		if ( $counts ) {
			foreach ( $wall as $name => $value ) {
				$this->figures->add( $name, $value );
			}
			foreach ( benchPoolRatios() as [ $one, $other ] ) {
				if ( isset( $wall[$one] ) ) {
					$this->figures->add( "$one / $other", $wall[$one] / $wall[$other] );
				}
			}
		}
	}

	/** Processor time, in batches of a second. */
	public function processorTime( int $rounds ): void {
		$times = [];
		foreach ( BENCH_SIDES as $side ) {
			$times[$side] = (int)ceil( $this->times[$side]['fresh'] * BENCH_POOL_CPU_BATCH_NS / BENCH_POOL_BATCH_NS );
		}
		for ( $round = 0; $round < $rounds; $round++ ) {
			$user = $both = [];
			foreach ( $round % 2 ? array_reverse( BENCH_SIDES ) : BENCH_SIDES as $side ) {
				[ , $user[$side], $system ] = $this->cycles( $side, 'fresh', $times[$side] );
				$both[$side] = $user[$side] + $system;
				$this->figures->add( "$side user", $user[$side] );
				$this->figures->add( "$side user+system", $both[$side] );
			}
			$this->figures->add( 'native user / original user', $user['native'] / ( $user['original'] ?: NAN ) );
			$this->figures->add( 'native user+system / original user+system', $both['native'] / $both['original'] );
		}
	}

	/** One process holds, another waits: from before the release to when the other has the slot. */
	public function wakeUps( int $count ): void {
		$redis = new BenchRedisClient( $this->address );
		$waiters = [];
		foreach ( BENCH_SIDES as $side ) {
			$waiters[$side] = $this->start( $side );
		}
		for ( $i = -3; $i < $count; $i++ ) {
			[ $waited ] = $this->cycles( 'floor', 'waited', 50 );
			[ $ping ] = $this->cycles( 'floor', 'ping', 50 );
			foreach ( $i % 2 ? array_reverse( BENCH_SIDES ) : BENCH_SIDES as $side ) {
				$took = $this->wakeUp( $this->workers[$side], $waiters[$side], $redis );
				if ( $i >= 0 ) {
					$this->figures->add( "$side wake-up", $took );
					$this->figures->add( "$side wake-up in EVALSHA", $took / ( $waited / 2 ) );
					$this->figures->add( "$side wake-up in PING", $took / $ping );
				}
			}
			if ( $i >= 0 ) {
				$this->figures->add( 'EVALSHA', $waited / 2 );
				$this->figures->add( 'PING', $ping );
			}
		}
		array_map( static fn ( BenchWorker $worker ) => $worker->stop(), $waiters );
	}

	private function wakeUp( BenchWorker $holder, BenchWorker $waiter, BenchRedisClient $redis ): float {
		$holder->ask( 'hold' );
		$waiter->tell( 'wait' );
		$redis->awaitWaiter();
		$released = (int)$holder->ask( 'release' );
		$locked = (int)$waiter->answer();
		$waiter->ask( 'release' );
		return $locked - $released;
	}

	/** Many processes on few slots. */
	public function crowds( string $objects, int $rounds ): void {
		for ( $round = 0; $round < $rounds; $round++ ) {
			$rates = [];
			foreach ( $round % 2 ? array_reverse( BENCH_SIDES ) : BENCH_SIDES as $side ) {
				$worker = $this->start( $side );
				$result = json_decode( $worker->ask( "crowd $objects " . implode( ' ', BENCH_POOL_CROWD ) ), true );
				$worker->stop();
				$rates[$side] = $result['handOffs'] / BENCH_POOL_CROWD['milliseconds'] * 1000;
				$this->figures->add( "$side $objects hand-offs", $rates[$side] );
				foreach ( $result as $what => $value ) {
					$this->figures->add( "$side $objects crowd $what", $value );
				}
			}
			$this->figures->add( "$objects hand-offs, native / original", $rates['native'] / ( $rates['original'] ?: NAN ) );
		}
	}

	public function stop(): void {
		array_map( static fn ( BenchWorker $worker ) => $worker->stop(), $this->workers );
	}
}
