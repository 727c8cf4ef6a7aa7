<?php
# One side of `bin/bench db`: a process with the native class or with the original.
# It reads commands from standard input, a line each, and answers with a line:
#   info               what this process is, as JSON
#   batch CASE TIMES   nanoseconds of a call through the load balancer and of its
#                      floor (0: it has none), TIMES a slice
#
# Usage: db_worker.php TREE FOLDER

const BENCH_SLICES = 9;

require_once __DIR__ . '/host.php';
require_once __DIR__ . '/lib.php';
require_once __DIR__ . '/db_cases.php';

[ , $tree, $folder ] = $argv;
benchBootHost( $tree );
require_once __DIR__ . '/db_replica.php';
$cases = benchDbCases( $folder );

/**
 * Short slices, both kinds in turn, and the median slice of each: what drifts hits both
 * alike, and a slice in which the process lost the processor does not count.
 *
 * @return float[] Nanoseconds a call: balanced, floor
 */
function benchDbBatch( BenchDbCase $case, int $times ): array {
	$balanced = new BenchSample();
	$floor = new BenchSample();
	for ( $slice = 0; $slice < BENCH_SLICES; $slice++ ) {
		$balanced->add( ( $case->balanced )( $times ) / $times );
		$floor->add( $case->floor ? ( $case->floor )( $times ) / $times : 0 );
	}
	return [ $balanced->median(), $floor->median() ];
}

while ( ( $line = fgets( STDIN ) ) !== false ) {
	$command = explode( ' ', trim( $line ) );
	switch ( $command[0] ) {
		case 'info':
			$opcache = opcache_get_status( false );
			$answer = json_encode( [
				'servedBy' => benchDbServedBy(),
				'host' => MW_VERSION,
				'php' => PHP_VERSION,
				'opcache' => (bool)( $opcache['opcache_enabled'] ?? false ),
				'jit' => (bool)( $opcache['jit']['on'] ?? false ),
				'cases' => array_map( static fn ( BenchDbCase $case ) => [
					'label' => $case->label, 'target' => $case->target, 'hasFloor' => $case->floor !== null,
				], $cases ),
			] );
			break;
		case 'batch':
			$answer = implode( ' ', benchDbBatch( $cases[$command[1]], (int)$command[2] ) );
			break;
		default:
			$answer = '?';
	}
	echo "$answer\n";
}
