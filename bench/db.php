<?php
# The driver of `bin/bench db`: a native and an original worker in lock step for what a
# call costs, then two php-fpm servers in turn for what a page view costs.
#
# As in file.php, batches are short and alternate, and each sitting starts fresh processes.

require_once __DIR__ . '/lib.php';
require_once __DIR__ . '/db_page.php';

const BENCH_SLICE_NS = 4e5;

/** @return array<string,string> The sides, and which class each must have */
function benchDbSides( array $options ): array {
	return $options['self'] ? [ 'one' => 'original', 'other' => 'original' ] :
		[ 'native' => 'native', 'original' => 'original' ];
}

/** @return BenchWorker[] */
function benchDbWorkers( array $options, array $sides ): array {
	$workers = [];
	foreach ( $sides as $side => $serves ) {
		$folder = "{$options['folder']}/calls-$side";
		is_dir( $folder ) || mkdir( $folder );
		$workers[$side] = new BenchWorker( benchPinned( $options, [
			$options['php'], ...benchOpcache( $options ), ...benchExtension( $options, $serves ),
			__DIR__ . '/db_worker.php', $options['tree'], $folder,
		] ), $side );
	}
	return $workers;
}

/** @return array What the workers are, once it is sure that they are what they should be */
function benchDbInfo( array $options, array $sides, array $workers ): array {
	foreach ( $workers as $side => $worker ) {
		$info = json_decode( $worker->ask( 'info' ), true );
		if ( ( $info['servedBy'] ?? '' ) !== $sides[$side] ) {
			benchFail( "LoadBalancer in the $side worker: " . ( $info['servedBy'] ?? 'no answer' ) );
		}
		if ( !$info['opcache'] || $info['jit'] !== (bool)$options['jit'] ) {
			benchFail( "opcache or JIT of the $side worker is not as asked for" );
		}
	}
	return $info;
}

/** @return int[] Calls a slice, by case: the same for both sides */
function benchDbTimes( BenchWorker $worker, array $cases ): array {
	$times = [];
	foreach ( $cases as $name => $case ) {
		$worker->ask( "batch $name 20" );
		[ $took ] = explode( ' ', $worker->ask( "batch $name 20" ) );
		$times[$name] = max( 1, (int)round( BENCH_SLICE_NS / max( 1.0, (float)$took ) ) );
	}
	return $times;
}

/** One round: every case once on both sides. */
function benchDbRoundOfCases( array $workers, array $times, int $round, array &$samples ): void {
	[ $first, $second ] = array_keys( $workers );
	foreach ( $times as $name => $count ) {
		$took = $own = [];
		# Neither side always goes first.
		foreach ( $round % 2 ? [ $second, $first ] : [ $first, $second ] as $side ) {
			[ $call, $floor ] = array_map( 'floatval', explode( ' ', $workers[$side]->ask( "batch $name $count" ) ) );
			$took[$side] = $call;
			$own[$side] = $call - $floor;
			$samples[$name][$side]->add( $call );
			$samples[$name]["$side floor"]->add( $floor );
		}
		$samples[$name]['ratio']->add( $took[$first] / $took[$second] );
		$samples[$name]['own']->add( $own[$first] / ( $own[$second] ?: NAN ) );
	}
}

function benchDbSamples( array $sides, array $cases ): array {
	[ $first, $second ] = array_keys( $sides );
	$keys = array_flip( [ $first, $second, "$first floor", "$second floor", 'ratio', 'own' ] );
	return array_map( static fn () => array_map( static fn () => new BenchSample(), $keys ), $cases );
}

/** @return array{array,array,int} What the workers are, samples by case, rounds */
function benchDbCalls( array $options, array $sides ): array {
	$sittings = (int)$options['sittings'];
	for ( $sitting = 1; $sitting <= $sittings; $sitting++ ) {
		benchSay( "calls, sitting $sitting of $sittings" );
		$workers = benchDbWorkers( $options, $sides );
		$info = benchDbInfo( $options, $sides, $workers );
		# The second side is the original, whatever the first one is.
		$times ??= benchDbTimes( end( $workers ), $info['cases'] );
		$samples ??= benchDbSamples( $sides, $info['cases'] );
		$unused = benchDbSamples( $sides, $info['cases'] );
		benchDbRoundOfCases( $workers, $times, 0, $unused );
		benchDbRoundOfCases( $workers, $times, 1, $unused );
		for ( $round = 0; $round < (int)$options['rounds']; $round++ ) {
			benchDbRoundOfCases( $workers, $times, $round, $samples );
		}
		array_map( static fn ( BenchWorker $worker ) => $worker->stop(), $workers );
	}
	return [ $info, $samples, $sittings * (int)$options['rounds'] ];
}

function benchPrintCalls( array $sides, array $cases, array $samples ): array {
	[ $first, $second ] = array_keys( $sides );
	$rows = [ [ 'a call', $first, $second, 'ratio', 'p10..p90', 'of medians', 'target', 'met', 'floor', 'own ratio', 'p10..p90' ] ];
	$figures = [];
	foreach ( $cases as $name => $case ) {
		$of = $samples[$name];
		$ratio = $of['ratio'];
		$ofMedians = $of[$first]->median() / $of[$second]->median();
		$met = $ratio->median() <= $case['target'];
		$spread = static fn ( BenchSample $sample ) => sprintf( '%.3f..%.3f', $sample->quantile( 0.1 ), $sample->quantile( 0.9 ) );
		$rows[] = [
			$case['label'],
			benchTime( $of[$first]->median() ),
			benchTime( $of[$second]->median() ),
			sprintf( '%.3f', $ratio->median() ),
			$spread( $ratio ),
			sprintf( '%.3f', $ofMedians ),
			"<= {$case['target']}",
			$met ? 'yes' : 'NO',
			...( $case['hasFloor'] ? [
				benchTime( $of["$second floor"]->median() ), sprintf( '%.3f', $of['own']->median() ), $spread( $of['own'] ),
			] : [ '-', '-', '-' ] ),
		];
		$figures[$name] = [
			'label' => $case['label'],
			"{$first}Ns" => $of[$first]->summary(),
			"{$second}Ns" => $of[$second]->summary(),
			'ratio' => $ratio->summary(),
			'ratioOfMedians' => $ofMedians,
			'rounds' => $ratio->count(),
			'target' => $case['target'],
			'met' => $met,
		] + ( $case['hasFloor'] ? [
			"{$first}FloorNs" => $of["$first floor"]->summary(),
			"{$second}FloorNs" => $of["$second floor"]->summary(),
			'ownRatio' => $of['own']->summary(),
		] : [] );
	}
	echo benchTable( $rows );
	return $figures;
}

# A signal ends the servers too.
pcntl_async_signals( true );
pcntl_signal( SIGTERM, static fn () => exit( 143 ) );

$options = benchOptions( $argv );
$machine = benchMachine();
$loadBefore = benchLoad();
benchWarnIfBusy();
$sides = benchDbSides( $options );
$figures = [
	'machine' => $machine,
	'host' => "MediaWiki {$options['version']}",
	'jit' => (bool)$options['jit'],
	'self' => (bool)$options['self'],
	'loadBefore' => $loadBefore,
];
printf(
	"MediaWiki %s, PHP %s, opcache on, JIT %s; %s, %d processors; load before: %s\n",
	$options['version'], PHP_VERSION, $options['jit'] ? 'on' : 'off', $machine['cpu'], $machine['processors'], $loadBefore
);
if ( $options['self'] ) {
	echo "The original against itself: each ratio should be 1.\n";
}
if ( $options['part'] !== 'pages' ) {
	[ $info, $samples, $rounds ] = benchDbCalls( $options, $sides );
	echo "\n";
	$figures['calls'] = benchPrintCalls( $sides, $info['cases'], $samples );
	echo "Primary: the host's DatabaseSqlite on a file. Replicas: a subclass of it that is open and has no file\n" .
		"(bench/db_replica.php). Floor: the calls that the original makes on the database, made directly;\n" .
		"own ratio: what is above the floor. $rounds rounds in {$options['sittings']} sittings.\n";
}
if ( $options['part'] !== 'calls' ) {
	$views = [];
	foreach ( explode( ',', $options['stores'] ) as $store ) {
		$views[$store] = benchPageViews( $options, $sides, $store, (int)$options['requests'] );
	}
	echo "\n";
	$figures['pages'] = benchPrintPages( $sides, $views );
	echo "{$options['requests']} views a side in " . benchPageSittings( (int)$options['requests'] ) . " sittings; one wiki, two php-fpm of one process each; " .
		"met: not slower as far as can be told.\n";
}
$figures['loadAfter'] = benchLoad();
echo "Load after: {$figures['loadAfter']}\n";
benchWriteJson( $options, $figures );
