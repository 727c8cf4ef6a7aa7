<?php
# The pools of `bin/bench pool`, for its driver and its workers.

const BENCH_POOL_WORKERS = 4;
# A real configuration of a large wiki.
const BENCH_POOL_MANY_WORKERS = 432;
const BENCH_POOL_MAXQUEUE = 100;
const BENCH_POOL_TIMEOUT = 5;
# In seconds; what both classes choose where PHP sets no limit to a script.
const BENCH_POOL_LOCK_TTL = 3600;

/** Which class serves PoolCounterRedis in this process: 'native', 'original' or, when something is wrong, neither? */
function benchPoolServedBy(): string {
	$file = ( new ReflectionClass( 'PoolCounterRedis' ) )->getFileName();
	$state = mwnative_status()['classes']['PoolCounterRedis']['state'];
	$isOriginal = str_starts_with( $file, MW_INSTALL_PATH . '/' );
	if ( $state === 'bound' && !$isOriginal ) {
		return 'native';
	}
	return $state === 'disabled' && $isOriginal ? 'original' : "of $file, state $state";
}

/** @return array A pool's configuration as in $wgPoolCounterConf */
function benchPoolConfig( string $address, array $changes = [] ): array {
	return $changes + [
		'servers' => [ 'bench' => $address ],
		'redisConfig' => [
			'connectTimeout' => 1,
			# Above every timeout, since it cuts off the original's waits.
			'readTimeout' => 30,
			'persistent' => true,
		],
		'workers' => BENCH_POOL_WORKERS,
		'maxqueue' => BENCH_POOL_MAXQUEUE,
		'timeout' => BENCH_POOL_TIMEOUT,
	];
}
