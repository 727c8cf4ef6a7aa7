<?php
# The cycles of `bin/bench pool`: an acquisition and a release, without contention.
# Each case is a closure that takes how many are to be made.

/** @return Closure[] By name */
function benchPoolCases( string $side, string $address ): array {
	$many = benchPoolConfig( $address, [ 'workers' => BENCH_POOL_MANY_WORKERS ] );
	return [
		'fresh' => benchPoolFresh( benchPoolConfig( $address ), "bench:cycle:$side" ),
		'same' => benchPoolSame( new PoolCounterRedis( benchPoolConfig( $address ), 'Bench', "bench:cycle:$side" ) ),
		'many' => benchPoolSame( new PoolCounterRedis( $many, 'Bench', "bench:many:$side" ) ),
		'deferred' => benchPoolFresh( benchPoolConfig( $address, [ 'deferRelease' => true ] ), "bench:cycle:$side" ),
	];
}

/** A new object for each cycle, as MediaWiki makes one for each piece of work. */
function benchPoolFresh( array $config, string $key ): Closure {
	return static function ( int $times ) use ( $config, $key ): void {
		$codes = 0;
		for ( $i = 0; $i < $times; $i++ ) {
			$pool = new PoolCounterRedis( $config, 'Bench', $key );
			$codes += $pool->acquireForMe()->value;
			$codes += $pool->release()->value;
		}
		benchPoolCheckCodes( $codes, $times );
	};
}

function benchPoolSame( object $pool ): Closure {
	return static function ( int $times ) use ( $pool ): void {
		$codes = 0;
		for ( $i = 0; $i < $times; $i++ ) {
			$codes += $pool->acquireForMe()->value;
			$codes += $pool->release()->value;
		}
		benchPoolCheckCodes( $codes, $times );
	};
}

/** The host's client of poolcounterd, connected once, as a request does with several pools. @return Closure[] */
function benchPoolClientCases( string $address ): array {
	$config = benchPoolConfig( $address );
	# What connecting writes to the debug log asks for it.
	define( 'MW_ENTRY_POINT', 'cli' );
	# Without a time-out of its own it would give up on a busy machine.
	$manager = new MediaWiki\PoolCounter\PoolCounterConnectionManager( [ 'servers' => [ $address ], 'timeout' => 1 ] );
	$keeper = $manager->get( 'bench:cycle:client' );
	$fresh = static function ( int $times ) use ( $config, $manager ): void {
		$codes = 0;
		for ( $i = 0; $i < $times; $i++ ) {
			$pool = new MediaWiki\PoolCounter\PoolCounterClient( $config, 'Bench', 'bench:cycle:client' );
			$pool->setManager( $manager );
			$codes += $pool->acquireForMe()->value;
			$codes += $pool->release()->value;
		}
		benchPoolCheckCodes( $codes, $times );
	};
	if ( !$keeper->isOK() ) {
		fwrite( STDERR, "poolcounterd at $address cannot be reached: $keeper\n" );
		exit( 1 );
	}
	return [ 'fresh' => $fresh ];
}

/** Every cycle must have been a real one. */
function benchPoolCheckCodes( int $codes, int $times ): void {
	if ( $codes !== $times * ( PoolCounter::LOCKED + PoolCounter::RELEASED ) ) {
		fwrite( STDERR, "not every acquisition and release succeeded\n" );
		exit( 1 );
	}
}

/** @return float[] Nanoseconds a cycle: wall clock, user time, system time */
function benchPoolMeasure( Closure $cycles, int $times ): array {
	$before = getrusage();
	$start = hrtime( true );
	$cycles( $times );
	$wall = hrtime( true ) - $start;
	$after = getrusage();
	$spent = static fn ( string $kind ) => 1e9 * ( $after["ru_$kind.tv_sec"] - $before["ru_$kind.tv_sec"] )
		+ 1e3 * ( $after["ru_$kind.tv_usec"] - $before["ru_$kind.tv_usec"] );
	return [ $wall / $times, $spent( 'utime' ) / $times, $spent( 'stime' ) / $times ];
}
