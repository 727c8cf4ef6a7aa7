<?php
# One side of `bin/bench pool`: a process with the native class, the original, or
# the host's client of poolcounterd. It reads commands from standard input, a line each,
# and answers with a line:
#   info                    what this process is, as JSON
#   cycles CASE TIMES       nanoseconds of wall clock, user and system time for each
#                           acquisition and release
#   hold                    takes the only slot of a pool
#   wait                    takes it when it is released; answers with the moment at which it has it
#   release                 gives it back; answers with the moment before
#   crowd fresh|same PROCESSES WORKERS MILLISECONDS TIMEOUT
#                           so many processes take and release a pool's slots as often as they
#                           can, with a new object each time or with one; what came of it, as JSON.
#                           Only for a process that has not connected yet.
# Moments are those of the machine's monotonic clock, in nanoseconds.
#
# Usage: pool_worker.php TREE SIDE ADDRESS

require_once __DIR__ . '/host.php';
require_once __DIR__ . '/pool_config.php';
require_once __DIR__ . '/pool_cycles.php';
require_once __DIR__ . '/pool_crowd.php';

[ , $tree, $side, $address ] = $argv;
benchBootHost( $tree );
# Outside of a wiki there is no configuration to make loggers from.
MediaWiki\Logger\LoggerFactory::registerProvider( new MediaWiki\Logger\NullSpi );

$cases = $side === 'client' ? benchPoolClientCases( $address ) : benchPoolCases( $side, $address );
# The key of a side is its own, so that neither finds a pool as the other has left it.
$only = $side === 'client' ? null
	: new PoolCounterRedis( benchPoolConfig( $address, [ 'workers' => 1 ] ), 'Bench', "bench:wake-up:$side" );

/** @param int $expected PoolCounter's code */
function benchPoolExpect( object $status, int $expected ): void {
	if ( $status->value !== $expected ) {
		fwrite( STDERR, "the pool's answer is not $expected: $status\n" );
		exit( 1 );
	}
}

while ( ( $line = fgets( STDIN ) ) !== false ) {
	$command = explode( ' ', trim( $line ) );
	switch ( $command[0] ) {
		case 'info':
			$opcache = opcache_get_status( false );
			$answer = json_encode( [
				'servedBy' => $side === 'client' ? 'client' : benchPoolServedBy(),
				'host' => MW_VERSION,
				'php' => PHP_VERSION,
				'phpredis' => phpversion( 'redis' ),
				'opcache' => (bool)( $opcache['opcache_enabled'] ?? false ),
				'jit' => (bool)( $opcache['jit']['on'] ?? false ),
			] );
			break;
		case 'cycles':
			$answer = implode( ' ', benchPoolMeasure( $cases[$command[1]], (int)$command[2] ) );
			break;
		case 'hold':
			benchPoolExpect( $only->acquireForMe(), PoolCounter::LOCKED );
			$answer = 'held';
			break;
		case 'wait':
			$status = $only->acquireForMe();
			$moment = hrtime( true );
			benchPoolExpect( $status, PoolCounter::LOCKED );
			$answer = $moment;
			break;
		case 'release':
			$moment = hrtime( true );
			$status = $only->release();
			benchPoolExpect( $status, PoolCounter::RELEASED );
			$answer = $moment;
			break;
		case 'crowd':
			$numbers = array_map( 'intval', array_slice( $command, 2 ) );
			$crowd = new BenchPoolCrowd( $side, $address, $command[1] === 'fresh', ...$numbers );
			$answer = json_encode( $crowd->run() );
			break;
		default:
			$answer = '?';
	}
	echo "$answer\n";
}
