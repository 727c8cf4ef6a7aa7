<?php
# What `bin/bench file` measures. A case is the calls through the proxy and the
# same calls made directly on its backends; the class itself adds the difference.

/** One case. Both closures take a number of calls and return nanoseconds. */
final class BenchCase {
	/**
	 * @param string $label
	 * @param float|null $target Native / original of what the class adds, at most; null: for information
	 * @param Closure(int):int $proxied
	 * @param Closure(int):int $direct
	 * @param Closure():void $prepare Brings the caches into the state to be measured, not timed
	 */
	public function __construct(
		public readonly string $label,
		public readonly ?float $target,
		public readonly Closure $proxied,
		public readonly Closure $direct,
		public readonly Closure $prepare
	) {
	}
}

/** Two folders, a proxy over them, and the same files in both. */
final class BenchStores {
	public const FILES = 100;
	public const NAME = 'bench-multi';
	public const STORES = [ 'bench-master', 'bench-clone' ];
	public const CONTAINER = 'local-public';
	private const DOMAIN = 'bench';

	/** @param string $folder On a tmpfs */
	public function __construct( private readonly string $folder ) {
	}

	/** Names as MediaWiki makes them, two levels of folders by the name's MD5. */
	public static function fileNames(): array {
		$names = [];
		for ( $i = 0; $i < self::FILES; $i++ ) {
			$name = "Mountains_of_the_north_$i.jpg";
			$hash = md5( $name );
			$names[] = "{$hash[0]}/{$hash[0]}{$hash[1]}/$name";
		}
		return $names;
	}

	/** Where a file of a store is. */
	public function localPath( string $store, string $name ): string {
		return "{$this->folder}/$store/" . self::DOMAIN . '-' . self::CONTAINER . "/$name";
	}

	public static function storagePath( string $backend, string $name ): string {
		return "mwstore://$backend/" . self::CONTAINER . "/$name";
	}

	/** Makes the files that every case reads. */
	public function fill(): void {
		foreach ( self::fileNames() as $i => $name ) {
			foreach ( self::STORES as $store ) {
				$path = $this->localPath( $store, $name );
				if ( !is_dir( dirname( $path ) ) ) {
					mkdir( dirname( $path ), 0777, true );
				}
				file_put_contents( $path, str_repeat( "$i,", 500 ) );
				touch( $path, 1700000000 + $i );
			}
		}
	}

	/** @param string $class FileBackendMultiWrite or a subclass */
	public function proxy( string $class, int $syncChecks = 1 ): object {
		$backends = [];
		foreach ( self::STORES as $i => $store ) {
			$backends[] = [
				'name' => $store,
				'class' => benchHostClass( 'FSFileBackend' ),
				'basePath' => "{$this->folder}/$store",
				'isMultiMaster' => $i === 0,
			];
		}
		return new $class( [
			'name' => self::NAME,
			'domainId' => self::DOMAIN,
			'tmpDirectory' => $this->folder,
			'syncChecks' => $syncChecks,
			'backends' => $backends,
		] );
	}

	/** The backends of a proxy of any class. @return FileBackendStore[] */
	public static function backendsOf( object $proxy ): array {
		$property = new ReflectionProperty( benchHostClass( 'FileBackendMultiWrite' ), 'backends' );
		$property->setAccessible( true );
		return $property->getValue( $proxy );
	}
}

/** @return BenchCase[] By name */
function benchCases( BenchStores $stores ): array {
	$class = benchHostClass( 'FileBackendMultiWrite' );
	$proxy = $stores->proxy( $class );
	$names = BenchStores::fileNames();
	$cases = [];

	foreach ( [ 'fileExists' => 'benchFileExists', 'getFileStat' => 'benchGetFileStat' ] as $method => $make ) {
		$cases[$method] = $make( $proxy, $names[0] );
	}

	$reachable = $stores->proxy( BenchProxy::class );
	$one = BenchStores::storagePath( BenchStores::NAME, $names[0] );
	$all = array_map( static fn ( $name ) => BenchStores::storagePath( BenchStores::NAME, $name ), $names );
	$cases['substPaths1'] = benchSubstPaths( 'substPaths, 1 path', 0.35, $reachable, $one );
	$cases['substPaths100'] = benchSubstPaths( 'substPaths, 100 paths', 0.6, $reachable, $all );

	$checks = [ 1 => 'size', 3 => 'size, time', 7 => 'size, time, SHA-1 known' ];
	foreach ( $checks as $bits => $what ) {
		$cases["consistencyCheck$bits"] = benchConsistencyCheck(
			"consistencyCheck, 100 paths: $what", $stores->proxy( $class, $bits ), $names, (bool)( $bits & 4 )
		);
	}
	$cases['accessibilityCheck'] = benchAccessibilityCheck( $proxy, $names );
	return $cases;
}

/** Empties the caches of the backends, then makes both kinds of calls once. */
function benchWarm( object $proxy, Closure $proxied, Closure $direct ): Closure {
	$backends = BenchStores::backendsOf( $proxy );
	return static function () use ( $backends, $proxied, $direct ): void {
		foreach ( $backends as $backend ) {
			$backend->clearCache();
		}
		$proxied( 1 );
		$direct( 1 );
	};
}

# The loops name their method, since a call by a variable name costs more.

function benchFileExists( object $proxy, string $name ): BenchCase {
	$master = BenchStores::backendsOf( $proxy )[0];
	$params = [ 'src' => BenchStores::storagePath( BenchStores::NAME, $name ) ];
	$real = [ 'src' => BenchStores::storagePath( BenchStores::STORES[0], $name ) ];
	$loop = static function ( object $backend, array $params, int $times ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			$backend->fileExists( $params );
		}
		return hrtime( true ) - $start;
	};
	$proxied = static fn ( int $times ) => $loop( $proxy, $params, $times );
	$direct = static fn ( int $times ) => $loop( $master, $real, $times );
	return new BenchCase( 'fileExists', 0.3, $proxied, $direct, benchWarm( $proxy, $proxied, $direct ) );
}

function benchGetFileStat( object $proxy, string $name ): BenchCase {
	$master = BenchStores::backendsOf( $proxy )[0];
	$params = [ 'src' => BenchStores::storagePath( BenchStores::NAME, $name ), 'latest' => true ];
	$real = [ 'src' => BenchStores::storagePath( BenchStores::STORES[0], $name ), 'latest' => true ];
	$loop = static function ( object $backend, array $params, int $times ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			$backend->getFileStat( $params );
		}
		return hrtime( true ) - $start;
	};
	$proxied = static fn ( int $times ) => $loop( $proxy, $params, $times );
	$direct = static fn ( int $times ) => $loop( $master, $real, $times );
	return new BenchCase( 'getFileStat, latest', 0.3, $proxied, $direct, benchWarm( $proxy, $proxied, $direct ) );
}

/** @param string|string[] $paths */
function benchSubstPaths( string $label, float $target, BenchProxy $proxy, $paths ): BenchCase {
	$backend = $proxy->backends()[0];
	return new BenchCase(
		$label,
		$target,
		static fn ( int $times ) => $proxy->timeSubstPaths( $times, $paths, $backend ),
		static fn ( int $times ) => $proxy->timeSubstNothing( $times, $paths, $backend ),
		static function (): void {
		}
	);
}

/**
 * @param string $label
 * @param object $proxy
 * @param string[] $names
 * @param bool $hashes Does the proxy compare digests?
 */
function benchConsistencyCheck( string $label, object $proxy, array $names, bool $hashes ): BenchCase {
	[ $master, $clone ] = BenchStores::backendsOf( $proxy );
	$paths = $real = $params = [];
	foreach ( $names as $name ) {
		$paths[] = BenchStores::storagePath( BenchStores::NAME, $name );
	}
	foreach ( BenchStores::STORES as $i => $store ) {
		foreach ( $names as $name ) {
			$path = BenchStores::storagePath( $store, $name );
			$real[$i]['srcs'][] = $path;
			$params[$i][] = [ 'src' => $path, 'latest' => true ];
		}
		$real[$i]['latest'] = true;
	}
	[ $masterParams, $cloneParams ] = $params;

	$proxied = static function ( int $times ) use ( $proxy, $paths ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			$proxy->consistencyCheck( $paths );
		}
		return hrtime( true ) - $start;
	};
	# The original's order of calls: all of one file, master first.
	$direct = static function ( int $times ) use ( $master, $clone, $real, $masterParams, $cloneParams, $hashes ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			$master->preloadFileStat( $real[0] );
			$clone->preloadFileStat( $real[1] );
			foreach ( $masterParams as $file => $params ) {
				$master->getFileStat( $params );
				if ( $hashes ) {
					$master->getFileSha1Base36( $params );
					$clone->getFileStat( $cloneParams[$file] );
					$clone->getFileSha1Base36( $cloneParams[$file] );
				} else {
					$clone->getFileStat( $cloneParams[$file] );
				}
			}
		}
		return hrtime( true ) - $start;
	};
	return new BenchCase( $label, 0.35, $proxied, $direct, benchWarm( $proxy, $proxied, $direct ) );
}

/**
 * @param object $proxy
 * @param string[] $names
 */
function benchAccessibilityCheck( object $proxy, array $names ): BenchCase {
	[ $master, $clone ] = BenchStores::backendsOf( $proxy );
	$paths = $masterPaths = $clonePaths = [];
	foreach ( $names as $name ) {
		$paths[] = BenchStores::storagePath( BenchStores::NAME, $name );
		$masterPaths[] = BenchStores::storagePath( BenchStores::STORES[0], $name );
		$clonePaths[] = BenchStores::storagePath( BenchStores::STORES[1], $name );
	}
	$proxied = static function ( int $times ) use ( $proxy, $paths ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			$proxy->accessibilityCheck( $paths );
		}
		return hrtime( true ) - $start;
	};
	$direct = static function ( int $times ) use ( $master, $clone, $masterPaths, $clonePaths ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			foreach ( $masterPaths as $file => $path ) {
				$master->isPathUsableInternal( $path );
				$clone->isPathUsableInternal( $clonePaths[$file] );
			}
		}
		return hrtime( true ) - $start;
	};
	return new BenchCase(
		'accessibilityCheck, 100 paths', 0.35, $proxied, $direct, benchWarm( $proxy, $proxied, $direct )
	);
}
