<?php
# One side of `bin/bench file`: a process with the native class or with the
# original. It reads commands from standard input, a line each, and answers with a line:
#   info               what this process is, as JSON
#   batch CASE TIMES   nanoseconds of a proxied and of a direct call, TIMES a slice
#   hash               nanoseconds of a consistencyCheck that hashes the large file
#                      in both stores, and of sha1_file() on both
# With --count CASE=TIMES... it runs the cases between calls of getppid(), where
# callgrind takes its readings, and ends.
#
# Usage: file_worker.php TREE FOLDER [--count CASE=TIMES...]

const BENCH_SLICES = 9;
const BENCH_LARGE_FILE = '0/00/Large.tif';

require_once __DIR__ . '/host.php';
require_once __DIR__ . '/lib.php';
require_once __DIR__ . '/cases.php';

[ , $tree, $folder ] = $argv;
benchBootHost( $tree );
require_once __DIR__ . '/proxy.php';

$stores = new BenchStores( $folder );
$cases = benchCases( $stores );

/**
 * Short slices, proxied and direct in turn, and the median slice of each: what drifts
 * hits both alike, and a slice in which the process lost the processor does not count.
 *
 * @return float[] Nanoseconds a call, proxied and direct
 */
function benchBatch( BenchCase $case, int $times ): array {
	$proxied = new BenchSample();
	$direct = new BenchSample();
	( $case->prepare )();
	for ( $slice = 0; $slice < BENCH_SLICES; $slice++ ) {
		$proxied->add( ( $case->proxied )( $times ) / $times );
		$direct->add( ( $case->direct )( $times ) / $times );
	}
	return [ $proxied->median(), $direct->median() ];
}

/** @return int[] */
function benchHash( BenchStores $stores ): array {
	static $proxy;
	$proxy ??= $stores->proxy( benchHostClass( 'FileBackendMultiWrite' ), 4 );
	$path = BenchStores::storagePath( BenchStores::NAME, BENCH_LARGE_FILE );
	foreach ( BenchStores::backendsOf( $proxy ) as $backend ) {
		$backend->clearCache();
	}
	# A large file is read ahead by a thread, which wants a processor of its own, as it has on a server.
	static $freed = false;
	if ( !$freed && shell_exec( 'command -v taskset' ) ) {
		shell_exec( 'taskset -apc 0-' . ( (int)shell_exec( 'nproc --all' ) - 1 ) . ' ' . getmypid() );
		$freed = true;
	}
	$start = hrtime( true );
	$status = $proxy->consistencyCheck( [ $path ] );
	$checked = hrtime( true ) - $start;
	if ( !$status->isOK() ) {
		fwrite( STDERR, "the stores do not agree about the large file\n" );
		exit( 1 );
	}
	$start = hrtime( true );
	foreach ( BenchStores::STORES as $store ) {
		sha1_file( $stores->localPath( $store, BENCH_LARGE_FILE ) );
	}
	return [ $checked, hrtime( true ) - $start ];
}

if ( ( $argv[3] ?? '' ) === '--count' ) {
	foreach ( array_slice( $argv, 4 ) as $argument ) {
		[ $name, $times ] = explode( '=', $argument );
		( $cases[$name]->prepare )();
		( $cases[$name]->prepare )();
		posix_getppid();
		( $cases[$name]->proxied )( (int)$times );
		posix_getppid();
		( $cases[$name]->direct )( (int)$times );
		posix_getppid();
	}
	exit( 0 );
}

while ( ( $line = fgets( STDIN ) ) !== false ) {
	$command = explode( ' ', trim( $line ) );
	switch ( $command[0] ) {
		case 'info':
			$opcache = opcache_get_status( false );
			$answer = json_encode( [
				'servedBy' => benchServedBy(),
				'host' => MW_VERSION,
				'php' => PHP_VERSION,
				'opcache' => (bool)( $opcache['opcache_enabled'] ?? false ),
				'jit' => (bool)( $opcache['jit']['on'] ?? false ),
				'cases' => array_map(
					static fn ( BenchCase $case ) => [ 'label' => $case->label, 'target' => $case->target ],
					$cases
				),
			] );
			break;
		case 'batch':
			$answer = implode( ' ', benchBatch( $cases[$command[1]], (int)$command[2] ) );
			break;
		case 'hash':
			$answer = implode( ' ', benchHash( $stores ) );
			break;
		default:
			$answer = '?';
	}
	echo "$answer\n";
}
