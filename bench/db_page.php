<?php
# The second part of `bin/bench db`: whole page views, from two php-fpm masters of one
# process each, which serve one wiki and differ in the extension alone.

require_once __DIR__ . '/fastcgi.php';

const BENCH_PAGE_TARGET = 1.00;
const BENCH_PAGE_WARM_UP = 25;

/** One php-fpm, and a connection to it; ended with this process. */
final class BenchFpm {
	/** @var resource|null */
	private $process;
	private BenchFastCgi $client;
	private readonly string $log;

	/**
	 * @param array $options
	 * @param string $side
	 * @param string[] $extension PHP's options that turn the extension on, or none
	 * @param array<string,string> $environment What the wiki's settings look up
	 */
	public function __construct(
		private readonly array $options, private readonly string $side, array $extension, array $environment
	) {
		$base = "{$options['folder']}/fpm-$side";
		$this->log = "$base-php.log";
		$lines = [
			'[global]', 'daemonize = no', "error_log = $base.log",
			'[www]', "listen = $base.sock", 'pm = static', 'pm.max_children = 1', 'pm.max_requests = 0',
			"php_admin_value[error_log] = {$this->log}", 'php_admin_value[display_errors] = 0',
		];
		if ( posix_geteuid() === 0 ) {
			array_push( $lines, 'user = root', 'group = root' );
		}
		foreach ( array_filter( $environment, 'strlen' ) as $name => $value ) {
			$lines[] = "env[$name] = \"$value\"";
		}
		file_put_contents( "$base.conf", implode( "\n", $lines ) . "\n" );
		@unlink( "$base.sock" );
		register_shutdown_function( [ $this, 'stop' ] );
		$this->process = proc_open(
			benchPinned( $options, [
				$options['fpm'], '-R', '-F', '-y', "$base.conf", ...benchOpcache( $options ), ...$extension,
				# As on a server, and enough for all of MediaWiki.
				'-d', 'opcache.validate_timestamps=0', '-d', 'opcache.memory_consumption=256',
				'-d', 'opcache.interned_strings_buffer=32', '-d', 'opcache.max_accelerated_files=20000',
				'-d', 'apc.enabled=1', '-d', 'apc.shm_size=64M',
			] ),
			[ [ 'file', '/dev/null', 'r' ], [ 'file', '/dev/null', 'w' ], [ 'file', "$base.out", 'w' ] ],
			$pipes
		);
		try {
			$this->client = new BenchFastCgi( "$base.sock" );
		} catch ( RuntimeException $error ) {
			benchFail( "the $side php-fpm did not start: " . @file_get_contents( "$base.out" ) . $error->getMessage() );
		}
	}

	/** @return string The page */
	public function view( string $query ): string {
		return $this->client->request( "{$this->options['pages']}/wiki/index.php", [
			'SCRIPT_NAME' => '/index.php', 'DOCUMENT_ROOT' => "{$this->options['pages']}/wiki",
			'REQUEST_URI' => "/index.php?$query", 'QUERY_STRING' => $query,
			'SERVER_NAME' => 'localhost', 'SERVER_PORT' => '80', 'HTTP_HOST' => 'localhost',
			'REMOTE_ADDR' => '127.0.0.1', 'HTTP_ACCEPT_ENCODING' => 'identity', 'HTTP_USER_AGENT' => 'bench',
		] );
	}

	/** Ends the run unless this is the page, made by the class that this side should have. */
	public function check( string $page, string $expected ): void {
		if ( !preg_match( '/<meta name="bench" content="(\w+)">/', $page, $found ) || !str_contains( $page, '</html>' ) ) {
			benchFail( "the {$this->side} php-fpm sent no page: " . substr( trim( strip_tags( $page ) ), 0, 500 ) .
				$this->complaints() );
		}
		if ( $found[1] !== $expected ) {
			benchFail( "the {$this->side} php-fpm runs the {$found[1]} class" );
		}
	}

	/** What PHP logged, its beginning. */
	public function complaints(): string {
		return substr( (string)@file_get_contents( $this->log ), 0, 2000 );
	}

	public function stop(): void {
		if ( $this->process ) {
			proc_terminate( $this->process );
			proc_close( $this->process );
			$this->process = null;
		}
	}
}

/** The two of them. @return BenchFpm[] */
function benchPageServers( array $options, array $sides, string $store ): array {
	$environment = [
		'MW_CONFIG_FILE' => __DIR__ . '/db_settings.php',
		'BENCH_SETTINGS' => "{$options['pages']}/settings-$store.php",
		'BENCH_SOCKETS' => $store === 'sqlite' ? '' : $options['mysql'],
	];
	$servers = [];
	foreach ( $sides as $side => $serves ) {
		# Each its own, or one side would find what the other has left there.
		$cache = "{$options['folder']}/cache-$store-$side";
		is_dir( $cache ) || mkdir( $cache );
		$servers[$side] = new BenchFpm(
			$options, $side, $serves === 'native' ? benchExtension( $options, 'native' ) : [],
			$environment + [ 'BENCH_CACHE' => $cache ]
		);
	}
	return $servers;
}

/** Fills the caches, and makes sure that the servers are what they should be. */
function benchPageWarmUp( array $options, array $sides, array $servers, string $query ): array {
	foreach ( $servers as $side => $server ) {
		for ( $i = 0; $i < BENCH_PAGE_WARM_UP; $i++ ) {
			$server->check( $server->view( $query ), $sides[$side] );
		}
		$page = $server->view( "$query&bench=1" );
		$facts = preg_match( '/<!--bench:(\{.*?\})-->/', $page, $found ) ? json_decode( $found[1], true ) : [];
		if ( !$facts || !$facts['opcache'] || $facts['full'] || !$facts['apcu'] || $facts['jit'] !== (bool)$options['jit'] ) {
			benchFail( "opcache, JIT or APCu of the $side php-fpm is not as asked for: " . json_encode( $facts ) );
		}
		if ( $facts['state'] !== ( $sides[$side] === 'native' ? 'bound' : null ) ) {
			benchFail( "LoadBalancer on the $side php-fpm: " . ( $facts['state'] ?? 'no extension' ) );
		}
	}
	return $facts;
}

/** How often the servers are started afresh: what they differ by from start to start is noise, too. */
function benchPageSittings( int $requests ): int {
	return max( 2, min( 20, 2 * intdiv( $requests, 100 ) ) );
}

/** @return array<string,BenchSample> Nanoseconds a view of each side, and 'ratio' */
function benchPageViews( array $options, array $sides, string $store, int $requests ): array {
	$names = array_keys( $sides );
	$sittings = benchPageSittings( $requests );
	$samples = array_map( static fn () => new BenchSample(), array_flip( [ ...$names, 'ratio' ] ) );
	$query = 'title=Main_Page';
	for ( $sitting = 1; $sitting <= $sittings; $sitting++ ) {
		benchSay( "page views on $store, sitting $sitting of $sittings" );
		# Nor is it always the same one that is started and warmed first.
		$servers = benchPageServers( $options, $sitting % 2 ? $sides : array_reverse( $sides ), $store );
		$facts = benchPageWarmUp( $options, $sides, $servers, $query );
		$share = intdiv( $requests * $sitting, $sittings ) - intdiv( $requests * ( $sitting - 1 ), $sittings );
		for ( $request = 0; $request < $share; $request++ ) {
			$took = [];
			# Neither side always goes first.
			foreach ( $request % 2 ? array_reverse( $names ) : $names as $side ) {
				$start = hrtime( true );
				$page = $servers[$side]->view( $query );
				$took[$side] = hrtime( true ) - $start;
				$servers[$side]->check( $page, $sides[$side] );
				$samples[$side]->add( $took[$side] );
			}
			$samples['ratio']->add( $took[$names[0]] / $took[$names[1]] );
		}
		foreach ( $servers as $side => $server ) {
			$server->stop();
			if ( $server->complaints() !== '' ) {
				benchSay( "the $side php-fpm logged: " . $server->complaints() );
			}
		}
	}
	benchSay( "{$facts['scripts']} scripts in opcache" );
	return $samples;
}

/** @return float[] Between which the median of all such values is, with 95 % certainty */
function benchMedianRange( BenchSample $sample ): array {
	$reach = 0.98 / sqrt( $sample->count() );
	return [ $sample->quantile( max( 0, 0.5 - $reach ) ), $sample->quantile( min( 1, 0.5 + $reach ) ) ];
}

/** @param array<string,array<string,BenchSample>> $views By store */
function benchPrintPages( array $sides, array $views ): array {
	[ $first, $second ] = array_keys( $sides );
	$rows = [ [
		'a page view, php-fpm', $first, $second, 'ratio', 'p10..p90', '95 % of the median', 'of medians', 'target', 'met',
	] ];
	$figures = [];
	foreach ( $views as $store => $samples ) {
		$ratio = $samples['ratio'];
		[ $low, $high ] = benchMedianRange( $ratio );
		# Not slower, as far as can be told.
		$met = $low <= BENCH_PAGE_TARGET;
		$ofMedians = $samples[$first]->median() / $samples[$second]->median();
		$rows[] = [
			"Main Page on $store",
			benchTime( $samples[$first]->median() ),
			benchTime( $samples[$second]->median() ),
			sprintf( '%.3f', $ratio->median() ),
			sprintf( '%.3f..%.3f', $ratio->quantile( 0.1 ), $ratio->quantile( 0.9 ) ),
			sprintf( '%.4f..%.4f', $low, $high ),
			sprintf( '%.4f', $ofMedians ),
			sprintf( '<= %.2f', BENCH_PAGE_TARGET ),
			$met ? 'yes' : 'NO',
		];
		$figures[$store] = [
			"{$first}Ns" => $samples[$first]->summary(),
			"{$second}Ns" => $samples[$second]->summary(),
			'ratio' => $ratio->summary() + [ 'low' => $low, 'high' => $high ],
			'ratioOfMedians' => $ofMedians,
			'requests' => $ratio->count(),
			'target' => BENCH_PAGE_TARGET,
			'met' => $met,
		];
	}
	echo benchTable( $rows );
	return $figures;
}
