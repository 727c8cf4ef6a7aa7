<?php
# The driver of `bin/bench file`: a native and an original worker, in lock step.
#
# Batches are a few milliseconds and alternate between the workers, so that what
# else the machine does hits both. Each sitting starts fresh processes, since where
# code and data happen to lie in memory moves figures by some percent.

require_once __DIR__ . '/lib.php';
require_once __DIR__ . '/cases.php';

const BENCH_SIDES = [ 'native', 'original' ];
const BENCH_SLICE_NS = 4e5;
const BENCH_HASH_TARGET = 2.5;

/** @return string[] */
function benchFileCommand( array $options, string $side ): array {
	return [
		$options['php'], ...benchOpcache( $options ), ...benchExtension( $options, $side ),
		__DIR__ . '/file_worker.php', $options['tree'], $options['folder'],
	];
}

/** @return BenchWorker[] */
function benchFileWorkers( array $options ): array {
	$workers = [];
	foreach ( BENCH_SIDES as $side ) {
		$workers[$side] = new BenchWorker( benchPinned( $options, benchFileCommand( $options, $side ) ), $side );
	}
	return $workers;
}

/** @return array What the workers are, once it is sure that they are what they should be */
function benchFileInfo( array $workers, array $options ): array {
	foreach ( $workers as $side => $worker ) {
		$info = json_decode( $worker->ask( 'info' ), true );
		if ( ( $info['servedBy'] ?? '' ) !== $side ) {
			benchFail( "the $side worker runs the class that is " . ( $info['servedBy'] ?? 'not there' ) );
		}
		if ( !$info['opcache'] || $info['jit'] !== (bool)$options['jit'] ) {
			benchFail( "opcache or JIT of the $side worker is not as asked for" );
		}
	}
	return $info;
}

/** @return int[] Calls a slice, by case: the same for both sides */
function benchFileTimes( BenchWorker $worker, array $cases ): array {
	$times = [];
	foreach ( $cases as $name => $case ) {
		$worker->ask( "batch $name 20" );
		[ $proxied ] = explode( ' ', $worker->ask( "batch $name 20" ) );
		$times[$name] = max( 1, (int)round( BENCH_SLICE_NS / max( 1.0, (float)$proxied ) ) );
	}
	return $times;
}

/** One round: every case once on both sides. */
function benchFileRound( array $workers, array $times, int $round, array &$samples ): void {
	# Neither side always goes first.
	$sides = $round % 2 ? array_reverse( BENCH_SIDES ) : BENCH_SIDES;
	foreach ( $times as $name => $count ) {
		$added = [];
		foreach ( $sides as $side ) {
			[ $proxied, $direct ] = array_map( 'floatval', explode( ' ', $workers[$side]->ask( "batch $name $count" ) ) );
			$added[$side] = $proxied - $direct;
			$samples[$name]["$side direct"]->add( $direct );
			$samples[$name][$side]->add( $added[$side] );
		}
		# A round in which the machine did something else may even be negative: it counts all the same.
		$samples[$name]['ratio']->add( $added['native'] / ( $added['original'] ?: NAN ) );
	}
}

function benchSamples( array $keys ): array {
	return array_map( static fn () => new BenchSample(), array_flip( $keys ) );
}

function benchHashRounds( array $workers, int $rounds ): array {
	$samples = benchSamples( [ 'native', 'original', 'sha1_file', 'ratio', 'original ratio' ] );
	for ( $round = 0; $round < $rounds; $round++ ) {
		foreach ( $round % 2 ? array_reverse( BENCH_SIDES ) : BENCH_SIDES as $side ) {
			[ $checked, $plain ] = array_map( 'floatval', explode( ' ', $workers[$side]->ask( 'hash' ) ) );
			$samples[$side]->add( $checked );
			$samples['sha1_file']->add( $plain );
			$samples[$side === 'native' ? 'ratio' : 'original ratio']->add( $plain / $checked );
		}
	}
	return $samples;
}

/** The large file, in one copy: a hard link has the same bytes to hash. */
function benchMakeLargeFile( BenchStores $stores, int $megabytes ): void {
	$paths = array_map( static fn ( $store ) => $stores->localPath( $store, '0/00/Large.tif' ), BenchStores::STORES );
	foreach ( $paths as $path ) {
		if ( !is_dir( dirname( $path ) ) ) {
			mkdir( dirname( $path ), 0777, true );
		}
	}
	$file = fopen( $paths[0], 'wb' );
	for ( $i = 0; $i < $megabytes; $i++ ) {
		if ( fwrite( $file, random_bytes( 1 << 20 ) ) !== 1 << 20 ) {
			benchFail( "$megabytes MB do not fit where {$paths[0]} is" );
		}
	}
	fclose( $file );
	if ( !@link( $paths[0], $paths[1] ) && !copy( $paths[0], $paths[1] ) ) {
		benchFail( "{$paths[1]} cannot be made" );
	}
}

/**
 * Instructions a call, counted by callgrind: they do not depend on what else the
 * machine does. One run a side; each reading is what was executed since the one before.
 */
function benchFileInstructions( array $options, array $cases ): array {
	$times = $arguments = $counts = [];
	foreach ( $cases as $name => $case ) {
		$times[$name] = str_contains( $case['label'], '100 paths' ) ? 5 : 200;
		$arguments[] = "$name={$times[$name]}";
	}
	foreach ( BENCH_SIDES as $side ) {
		benchSay( "counting instructions: $side" );
		$out = "{$options['folder']}/callgrind-$side";
		$command = [
			'valgrind', '--tool=callgrind', '--dump-before=getppid', "--callgrind-out-file=$out", '--quiet',
			...benchFileCommand( $options, $side ), '--count', ...$arguments,
		];
		$process = proc_open( $command, [ [ 'file', '/dev/null', 'r' ], [ 'file', '/dev/null', 'w' ] ], $pipes );
		if ( proc_close( $process ) !== 0 ) {
			benchFail( "valgrind failed on the $side side" );
		}
		foreach ( array_keys( $cases ) as $i => $name ) {
			# Readings begin at 1, three a case; the first of the three belongs to what went before.
			$proxied = benchReading( $out, 3 * $i + 2 );
			$direct = benchReading( $out, 3 * $i + 3 );
			$counts[$name][$side] = ( $proxied - $direct ) / $times[$name];
			$counts[$name]["$side direct"] = $direct / $times[$name];
		}
	}
	return $counts;
}

function benchReading( string $out, int $number ): int {
	$text = @file_get_contents( "$out.$number" );
	if ( !is_string( $text ) || !preg_match( '/^(?:summary|totals): (\d+)/m', $text, $found ) ) {
		benchFail( "callgrind left no reading number $number" );
	}
	return (int)$found[1];
}

function benchVerdict( bool $met ): string {
	return $met ? 'yes' : 'NO';
}

function benchPrintInstructions( array $cases, array $counts ): array {
	$rows = [ [ 'instructions that the class adds to a call', 'native', 'original', 'ratio', 'backends', 'target', 'met' ] ];
	$figures = [];
	foreach ( $cases as $name => $case ) {
		$ratio = $counts[$name]['native'] / $counts[$name]['original'];
		$rows[] = [
			$case['label'],
			number_format( $counts[$name]['native'] ),
			number_format( $counts[$name]['original'] ),
			sprintf( '%.3f', $ratio ),
			number_format( $counts[$name]['original direct'] ),
			'<= ' . $case['target'],
			benchVerdict( $ratio <= $case['target'] ),
		];
		$figures[$name] = [ 'label' => $case['label'], 'ratio' => $ratio, 'target' => $case['target'] ] + $counts[$name];
	}
	echo benchTable( $rows );
	return $figures;
}

function benchPrintTimes( array $cases, array $samples ): array {
	$rows = [ [ 'what the class adds to a call', 'native', 'original', 'ratio', 'p10..p90', 'of medians', 'backends', 'target', 'met' ] ];
	$figures = [];
	foreach ( $cases as $name => $case ) {
		$ratio = $samples[$name]['ratio'];
		$native = $samples[$name]['native'];
		$original = $samples[$name]['original'];
		$met = $ratio->median() <= $case['target'];
		$rows[] = [
			$case['label'],
			benchTime( $native->median() ),
			benchTime( $original->median() ),
			sprintf( '%.3f', $ratio->median() ),
			sprintf( '%.3f..%.3f', $ratio->quantile( 0.1 ), $ratio->quantile( 0.9 ) ),
			sprintf( '%.3f', $native->median() / $original->median() ),
			benchTime( $samples[$name]['original direct']->median() ),
			'<= ' . $case['target'],
			benchVerdict( $met ),
		];
		$figures[$name] = [
			'label' => $case['label'],
			'nativeNs' => $native->summary(),
			'originalNs' => $original->summary(),
			'directNativeNs' => $samples[$name]['native direct']->summary(),
			'directOriginalNs' => $samples[$name]['original direct']->summary(),
			'ratio' => $ratio->summary(),
			'ratioOfMedians' => $native->median() / $original->median(),
			'rounds' => $ratio->count(),
			'target' => $case['target'],
			'met' => $met,
		];
	}
	echo benchTable( $rows );
	return $figures;
}

function benchPrintHash( array $samples, int $megabytes, bool $hasShaInstructions ): array {
	$rate = static fn ( BenchSample $sample ) => 2 * $megabytes * ( 1 << 20 ) / $sample->median();
	$ratio = $samples['ratio'];
	$met = $hasShaInstructions ? $ratio->median() >= BENCH_HASH_TARGET : null;
	echo benchTable( [
		[ "hashing a file of $megabytes MB", 'rate', 'of sha1_file\'s', 'p10..p90', 'target', 'met' ],
		[
			'consistencyCheck, native',
			sprintf( '%.2f GB/s', $rate( $samples['native'] ) ),
			sprintf( '%.2f', $ratio->median() ),
			sprintf( '%.2f..%.2f', $ratio->quantile( 0.1 ), $ratio->quantile( 0.9 ) ),
			$met === null ? 'none' : '>= ' . BENCH_HASH_TARGET,
			$met === null ? '-' : benchVerdict( $met ),
		],
		[
			'consistencyCheck, original',
			sprintf( '%.2f GB/s', $rate( $samples['original'] ) ),
			sprintf( '%.2f', $samples['original ratio']->median() ),
			sprintf( '%.2f..%.2f', $samples['original ratio']->quantile( 0.1 ), $samples['original ratio']->quantile( 0.9 ) ),
			'', '',
		],
		[ 'sha1_file()', sprintf( '%.2f GB/s', $rate( $samples['sha1_file'] ) ), '1.00', '', '', '' ],
	] );
	echo $hasShaInstructions ? "This processor has SHA instructions.\n"
		: "This processor has no SHA instructions: the target is meant for those that do.\n";
	return [
		'megabytes' => $megabytes,
		'nativeGBs' => $rate( $samples['native'] ),
		'originalGBs' => $rate( $samples['original'] ),
		'sha1FileGBs' => $rate( $samples['sha1_file'] ),
		'ratio' => $ratio->summary(),
		'rounds' => $ratio->count(),
		'target' => BENCH_HASH_TARGET,
		'met' => $met,
	];
}

$options = benchOptions( $argv );
$machine = benchMachine();
$loadBefore = benchLoad();
if ( !$options['instructions'] ) {
	benchWarnIfBusy();
}
$stores = new BenchStores( $options['folder'] );
$stores->fill();
benchMakeLargeFile( $stores, (int)$options['megabytes'] );

$workers = benchFileWorkers( $options );
$info = benchFileInfo( $workers, $options );
$cases = $info['cases'];
$figures = [
	'machine' => $machine,
	'host' => "MediaWiki {$info['host']}",
	'jit' => $info['jit'],
	'loadBefore' => $loadBefore,
];
printf(
	"MediaWiki %s, PHP %s, opcache on, JIT %s; %s, %d processors; load before: %s\n\n",
	$info['host'], $info['php'], $info['jit'] ? 'on' : 'off', $machine['cpu'], $machine['processors'], $loadBefore
);

if ( $options['instructions'] ) {
	array_map( static fn ( BenchWorker $worker ) => $worker->stop(), $workers );
	$figures['instructions'] = benchPrintInstructions( $cases, benchFileInstructions( $options, $cases ) );
	benchWriteJson( $options, $figures );
	exit( 0 );
}

$samples = array_map(
	static fn () => benchSamples( [ 'native', 'original', 'native direct', 'original direct', 'ratio' ] ),
	$cases
);
$sittings = (int)$options['sittings'];
$times = benchFileTimes( $workers['original'], $cases );
for ( $sitting = 1; $sitting <= $sittings; $sitting++ ) {
	benchSay( "sitting $sitting of $sittings" );
	if ( $sitting > 1 ) {
		array_map( static fn ( BenchWorker $worker ) => $worker->stop(), $workers );
		$workers = benchFileWorkers( $options );
		benchFileInfo( $workers, $options );
	}
	$unused = array_map( static fn ( $of ) => benchSamples( array_keys( $of ) ), $samples );
	benchFileRound( $workers, $times, 0, $unused );
	benchFileRound( $workers, $times, 1, $unused );
	for ( $round = 0; $round < (int)$options['rounds']; $round++ ) {
		benchFileRound( $workers, $times, $round, $samples );
	}
}
benchSay( 'hashing' );
$hash = benchHashRounds( $workers, (int)$options['hash-rounds'] );
array_map( static fn ( BenchWorker $worker ) => $worker->stop(), $workers );

$figures['added'] = benchPrintTimes( $cases, $samples );
echo "\n";
$figures['hash'] = benchPrintHash( $hash, (int)$options['megabytes'], $machine['sha_ni'] );
$figures['loadAfter'] = benchLoad();
printf( "\n%d rounds in %d sittings; load after: %s\n", $sittings * (int)$options['rounds'], $sittings, $figures['loadAfter'] );
benchWriteJson( $options, $figures );
