<?php
# The driver of `bin/bench pool`: native and original workers and the floor, in lock step
# on one Redis server.
#
# Every process that is measured runs on the same processor, Redis and this driver on another:
# where a wake-up has to go moves each figure by some 20 µs. Batches are a few milliseconds and alternate,
# and each sitting starts fresh processes. Ratios are made within a round.
#
# A round trip, in which the wake-up is counted, is half of the floor's cycle: one EVALSHA, since
# a wake-up consists of two. The same in PINGs, which Redis answers without Lua, is shown besides.
#
# Linux splits processor time into user and system by what it sees at each tick of its timer (sum and wall clock
# are exact), so the figure for user time wants many seconds of cycles and is not made per batch.
#
# The host's client of poolcounterd is measured beside them where there is one to be had (1.43; Debian's
# package poolcounter).

require_once __DIR__ . '/lib.php';
require_once __DIR__ . '/pool_config.php';
require_once __DIR__ . '/pool_servers.php';
require_once __DIR__ . '/pool_sitting.php';
require_once __DIR__ . '/pool_table.php';

const BENCH_POOL_WAKEUPS = 60;
const BENCH_POOL_CPU_ROUNDS = 5;
const BENCH_POOL_CROWD_ROUNDS = 2;

$options = benchOptions( $argv );
$machine = benchMachine();
$loadBefore = benchLoad();
benchWarnIfBusy();
pcntl_async_signals( true );
pcntl_signal( SIGTERM, static fn () => exit( 143 ) );

$tcp = (bool)$options['tcp'];
$server = benchStartRedis( $options, $tcp );
$poolCounter = benchStartPoolCounter( $options );
$figures = new BenchPoolFigures();
$sittings = (int)$options['sittings'];
$rounds = (int)$options['rounds'];
for ( $number = 1; $number <= $sittings; $number++ ) {
	benchSay( "sitting $number of $sittings" );
	$sitting = new BenchPoolSitting( $options, $server->address, $poolCounter, $figures );
	$info = $sitting->info();
	$sitting->round( 0, false );
	for ( $round = 0; $round < $rounds; $round++ ) {
		$sitting->round( $round, true );
	}
	$sitting->wakeUps( min( $rounds, BENCH_POOL_WAKEUPS ) );
	$sitting->processorTime( min( $rounds, BENCH_POOL_CPU_ROUNDS ) );
	$sitting->crowds( 'fresh', BENCH_POOL_CROWD_ROUNDS );
	$sitting->crowds( 'same', 1 );
	$sitting->stop();
}
$redisVersion = ( new BenchRedisClient( $server->address ) )->version();
$server->stop();
$poolCounter?->stop();

printf(
	"MediaWiki %s, PHP %s, opcache on, JIT %s; Redis %s on a %s, phpredis %s; %s, %d processors; load before: %s\n\n",
	$info['host'], $info['php'], $info['jit'] ? 'on' : 'off', $redisVersion, $tcp ? 'loopback port' : 'unix socket',
	$info['phpredis'], $machine['cpu'], $machine['processors'], $loadBefore
);
$rows = benchPoolRows( $figures );
echo benchPoolTable( $rows );
echo "\n" . benchPoolCrowdText( $figures );
$loadAfter = benchLoad();
printf( "\n%d rounds in %d sittings; load after: %s\n", $sittings * $rounds, $sittings, $loadAfter );
benchWriteJson( $options, [
	'machine' => $machine,
	'host' => "MediaWiki {$info['host']}",
	'redis' => $redisVersion,
	'tcp' => $tcp,
	'jit' => $info['jit'],
	'loadBefore' => $loadBefore,
	'loadAfter' => $loadAfter,
	'rounds' => $sittings * $rounds,
	'rows' => array_map( static fn ( BenchPoolRow $row ) => $row->forJson(), $rows ),
	'samples' => $figures->summaries(),
] );
