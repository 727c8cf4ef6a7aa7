<?php
# The driver of `bin/bench bind`: a native and an original FastCGI server of one
# process each, asked in turn; then the shell's cost a call in a process of its own.

require_once __DIR__ . '/lib.php';
require_once __DIR__ . '/fastcgi.php';

const BENCH_SIDES = [ 'native', 'original' ];
const BENCH_BIND_TARGET_NS = 3000;
const BENCH_SHELL_TARGET_NS = 25;
const BENCH_SHELL_ROUNDS = 51;
const BENCH_SHELL_CALLS = 5000;

/** The servers of this run; ended with it. */
final class BenchServers {
	/** @var resource[] */
	private array $processes = [];
	/** @var BenchFastCgi[] */
	private array $clients = [];

	public function __construct( private readonly array $options ) {
		register_shutdown_function( [ $this, 'stop' ] );
		pcntl_async_signals( true );
		pcntl_signal( SIGTERM, static fn () => exit( 143 ) );
		foreach ( BENCH_SIDES as $side ) {
			$socket = "{$options['folder']}/$side.sock";
			$this->processes[$side] = proc_open(
				benchPinned( $options, [
					$options['cgi'], ...benchOpcache( $options ), ...benchExtension( $options, $side ), '-b', $socket,
				] ),
				[ [ 'file', '/dev/null', 'r' ], [ 'file', '/dev/null', 'w' ] ],
				$pipes,
				null,
				# One process, and no end to its requests.
				[ 'PHP_FCGI_CHILDREN' => '0', 'PHP_FCGI_MAX_REQUESTS' => '0' ] + getenv()
			);
			$this->clients[$side] = new BenchFastCgi( $socket );
		}
	}

	/** @return array What bind_request.php measured */
	public function ask( string $side ): array {
		$answer = $this->clients[$side]->request(
			__DIR__ . '/bind_request.php', [ 'BENCH_TREE' => $this->options['tree'] ]
		);
		$measured = json_decode( $answer, true );
		if ( !is_array( $measured ) ) {
			benchFail( "the $side server answered: " . strip_tags( $answer ) );
		}
		if ( $measured['servedBy'] !== $side || !$measured['opcache'] ) {
			benchFail( "the $side server runs the {$measured['servedBy']} class, or no opcache" );
		}
		return $measured;
	}

	public function stop(): void {
		foreach ( $this->processes as $process ) {
			# php-cgi outlives a plain SIGTERM while a connection is open.
			proc_terminate( $process, 9 );
			proc_close( $process );
		}
		$this->processes = [];
	}
}

function benchBindRow( string $label, BenchSample $native, ?BenchSample $original, ?float $target ): array {
	$range = static fn ( BenchSample $sample ) =>
		benchTime( $sample->quantile( 0.1 ) ) . ' .. ' . benchTime( $sample->quantile( 0.9 ) );
	return [
		$label,
		benchTime( $native->median() ),
		$range( $native ),
		$original ? benchTime( $original->median() ) : '-',
		$original ? $range( $original ) : '-',
		$target === null ? '-' : '<= ' . benchTime( $target ),
		$target === null ? '-' : ( $native->median() <= $target ? 'yes' : 'NO' ),
	];
}

$options = benchOptions( $argv );
$machine = benchMachine();
$loadBefore = benchLoad();
benchWarnIfBusy();
$requests = (int)$options['requests'];

$samples = [];
foreach ( BENCH_SIDES as $side ) {
	foreach ( [ 'load', 'firstCall' ] as $what ) {
		$samples[$what][$side] = new BenchSample();
	}
}
$servers = new BenchServers( $options );
benchSay( "$requests requests a side" );
# The first ones fill opcache.
for ( $request = -50; $request < $requests; $request++ ) {
	foreach ( $request % 2 ? array_reverse( BENCH_SIDES ) : BENCH_SIDES as $side ) {
		$measured = $servers->ask( $side );
		if ( $request >= 0 ) {
			$samples['load'][$side]->add( $measured['load'] );
			$samples['firstCall'][$side]->add( $measured['firstCall'] );
		}
	}
}
$servers->stop();

benchSay( 'the shell, call by call' );
$worker = new BenchWorker( benchPinned( $options, [
	$options['php'], ...benchOpcache( $options ), ...benchExtension( $options, 'native' ),
	__DIR__ . '/bind_worker.php', $options['tree'],
] ), 'shell' );
$shell = [ 'added' => new BenchSample(), 'body' => new BenchSample() ];
$worker->ask( (string)BENCH_SHELL_CALLS );
for ( $round = 0; $round < BENCH_SHELL_ROUNDS; $round++ ) {
	[ $through, $body ] = array_map( 'floatval', explode( ' ', $worker->ask( (string)BENCH_SHELL_CALLS ) ) );
	$shell['added']->add( $through - $body );
	$shell['body']->add( $body );
}
$worker->stop();

printf(
	"PHP %s, opcache on, JIT %s; %s, %d processors; load before and after: %s, %s\n\n",
	PHP_VERSION, $options['jit'] ? 'on' : 'off', $machine['cpu'], $machine['processors'], $loadBefore, benchLoad()
);
echo benchTable( [
	[ 'once a request', 'native', 'p10..p90', 'original', 'p10..p90', 'target', 'met' ],
	benchBindRow( 'loading the class', $samples['load']['native'], $samples['load']['original'], BENCH_BIND_TARGET_NS ),
	benchBindRow( 'first call, beyond a second', $samples['firstCall']['native'], $samples['firstCall']['original'], null ),
	[ 'each call', '', '', '', '', '', '' ],
	benchBindRow( 'the shell around its body', $shell['added'], null, BENCH_SHELL_TARGET_NS ),
	benchBindRow( 'the body of that call', $shell['body'], null, null ),
] );
$summaries = static fn ( array $of ) => array_map( static fn ( BenchSample $sample ) => $sample->summary(), $of );
benchWriteJson( $options, [
	'machine' => $machine,
	'jit' => (bool)$options['jit'],
	'loadBefore' => $loadBefore,
	'loadAfter' => benchLoad(),
	'requests' => $requests,
	'loadClassNs' => $summaries( $samples['load'] ) + [ 'target' => BENCH_BIND_TARGET_NS ],
	'firstCallNs' => $summaries( $samples['firstCall'] ),
	'shellNs' => $summaries( $shell ) + [ 'target' => BENCH_SHELL_TARGET_NS ],
] );
