<?php
# What `bin/bench db` measures call by call: a load balancer of 12 servers, and, as the
# floor, the calls that it makes on a database object, made directly.

use Wikimedia\Rdbms\DatabaseDomain;
use Wikimedia\Rdbms\DatabaseFactory;
use Wikimedia\Rdbms\IDatabase;
use Wikimedia\Rdbms\LoadBalancer;
use Wikimedia\Rdbms\TransactionProfiler;

/** One case. Both closures take a number of calls and return nanoseconds. */
final class BenchDbCase {
	/**
	 * @param string $label
	 * @param float $target Native / original of the whole call, at most
	 * @param Closure(int):int $balanced
	 * @param ?Closure(int):int $floor
	 */
	public function __construct(
		public readonly string $label,
		public readonly float $target,
		public readonly Closure $balanced,
		public readonly ?Closure $floor = null
	) {
	}
}

/** Which class serves LoadBalancer in this process: 'native', 'original', or what is wrong? */
function benchDbServedBy(): string {
	$file = ( new ReflectionClass( LoadBalancer::class ) )->getFileName();
	if ( str_starts_with( (string)realpath( $file ), realpath( MW_INSTALL_PATH ) . '/' ) ) {
		return 'original';
	}
	$state = function_exists( 'mwnative_status' ) ?
		mwnative_status()['classes']['LoadBalancer']['state'] ?? 'unknown to the extension' : 'not known at all';
	return $state === 'bound' ? 'native' : $state;
}

/** The load balancer, as a factory of the host's would set it up for a web request. */
final class BenchDbCluster {
	public const SERVERS = 12;
	public const GROUPS = [ 'api', 'dump', 'recentchanges', 'vslow' ];
	public const DATABASE = 'bench';

	/** @param string $folder On a tmpfs; the primary's file goes there */
	public function __construct( private readonly string $folder ) {
	}

	/** @return array[] The primary, and replicas of which each group has some */
	public function servers(): array {
		$servers = [];
		for ( $i = 0; $i < self::SERVERS; $i++ ) {
			$servers[$i] = [
				'host' => "db$i.example",
				'serverName' => "db$i",
				'type' => $i === 0 ? 'sqlite' : 'bench',
				'dbname' => self::DATABASE,
				'user' => 'wiki',
				'password' => 'secret',
				'flags' => IDatabase::DBO_DEFAULT,
				'load' => $i === 0 ? 0 : 100 + 10 * $i,
				'groupLoads' => $i === 0 ? [] : [ self::GROUPS[$i % count( self::GROUPS )] => $i ],
			];
		}
		$servers[0]['dbDirectory'] = $this->folder;
		return $servers;
	}

	/** @return array The constructor's parameter: all that a factory hands down, so that nothing is made anew */
	public function parameters(): array {
		# An older host takes classes that have no namespace yet.
		$cache = static function ( string $class ): object {
			return class_exists( "Wikimedia\\ObjectCache\\$class" ) ?
				new ( "Wikimedia\\ObjectCache\\$class" )() : new $class();
		};
		$logger = new Psr\Log\NullLogger();
		$srvCache = $cache( 'HashBagOStuff' );
		$wan = class_exists( 'Wikimedia\\ObjectCache\\WANObjectCache' ) ?
			'Wikimedia\\ObjectCache\\WANObjectCache' : 'WANObjectCache';
		return [
			'localDomain' => new DatabaseDomain( self::DATABASE, null, '' ),
			'servers' => $this->servers(),
			'loadMonitor' => [ 'class' => 'LoadMonitorNull' ],
			'readOnlyReason' => false,
			'srvCache' => $srvCache,
			'wanCache' => new $wan( [ 'cache' => $srvCache ] ),
			'databaseFactory' => new DatabaseFactory( [ 'cliMode' => false ] ),
			'trxProfiler' => new TransactionProfiler(),
			'logger' => $logger,
			'connLogger' => $logger,
			'perfLogger' => $logger,
			'queryLogger' => $logger,
			'replLogger' => $logger,
			'errorLogger' => static function ( Throwable $error ): void {
				throw $error;
			},
			'deprecationLogger' => static function (): void {
			},
			'statsdDataFactory' => new NullStatsdDataFactory(),
			# As in a web request: connections take part in rounds, also without cli's exceptions.
			'cliMode' => false,
			'agent' => '',
			'maxLag' => 6,
		];
	}
}

/** @return BenchDbCase[] By name */
function benchDbCases( string $folder ): array {
	$cluster = new BenchDbCluster( $folder );
	$lb = new LoadBalancer( $cluster->parameters() );
	$primary = $lb->getConnectionInternal( DB_PRIMARY );
	$replica = $lb->getConnectionInternal( DB_REPLICA );
	if ( !$replica instanceof DatabaseBench || $primary instanceof DatabaseBench ) {
		throw new RuntimeException( 'the load balancer took other connections than it should' );
	}
	return [
		'construct' => benchDbConstruct( $cluster->parameters() ),
		'replica' => benchDbConnection( 'getConnectionInternal(DB_REPLICA), open', $lb, DB_REPLICA, $replica ),
		'primary' => benchDbConnection( 'getConnectionInternal(DB_PRIMARY), open', $lb, DB_PRIMARY, $primary ),
		'round' => benchDbRound( $lb, $primary ),
		'readerIndex' => benchDbReaderIndex( $lb ),
	];
}

/** Is this the host whose load balancer keeps connections by domain, and asks about read-only each time? */
function benchDbIsOlderHost(): bool {
	return version_compare( MW_VERSION, '1.40', '<' );
}

# The loops name their method, since a call by a variable name costs more.

function benchDbConstruct( array $parameters ): BenchDbCase {
	return new BenchDbCase(
		sprintf( 'constructor, %d servers, %d groups', BenchDbCluster::SERVERS, count( BenchDbCluster::GROUPS ) ),
		0.5,
		static function ( int $times ) use ( $parameters ): int {
			# What was constructed is in a cycle with its monitor: it goes when nobody looks at the clock.
			gc_collect_cycles();
			$start = hrtime( true );
			for ( $i = 0; $i < $times; $i++ ) {
				new LoadBalancer( $parameters );
			}
			return hrtime( true ) - $start;
		}
	);
}

function benchDbConnection( string $label, LoadBalancer $lb, int $index, object $database ): BenchDbCase {
	$domain = new DatabaseDomain( BenchDbCluster::DATABASE, null, '' );
	$newer = static function ( int $times ) use ( $database, $domain ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			if ( $database->databasesAreIndependent() ) {
				$database->getDBname();
			}
			$database->selectDomain( $domain );
			$database->getDomainID();
			$database->isOpen();
		}
		return hrtime( true ) - $start;
	};
	$older = static function ( int $times ) use ( $database ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			$database->getDomainID();
			$database->isOpen();
		}
		return hrtime( true ) - $start;
	};
	$olderPrimary = static function ( int $times ) use ( $database ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			$database->getDomainID();
			$database->isOpen();
			$database->getServerName();
			$database->getDBname();
			$database->dbSchema();
			$database->setLBInfo( $database::LB_READ_ONLY_REASON, false );
		}
		return hrtime( true ) - $start;
	};
	return new BenchDbCase(
		$label,
		0.4,
		static function ( int $times ) use ( $lb, $index ): int {
			$start = hrtime( true );
			for ( $i = 0; $i < $times; $i++ ) {
				$lb->getConnectionInternal( $index );
			}
			return hrtime( true ) - $start;
		},
		match ( true ) {
			!benchDbIsOlderHost() => $newer,
			$index === DB_PRIMARY => $olderPrimary,
			default => $older,
		}
	);
}

function benchDbRound( LoadBalancer $lb, object $database ): BenchDbCase {
	$limits = benchDbIsOlderHost() ? [] : 0;
	$category = benchDbIsOlderHost() ? 'autoCommitOnly' : 'connCategory';
	return new BenchDbCase(
		'a round of transactions, 1 primary open',
		0.5,
		static function ( int $times ) use ( $lb, $limits ): int {
			$start = hrtime( true );
			for ( $i = 0; $i < $times; $i++ ) {
				$lb->beginPrimaryChanges( __METHOD__ );
				$lb->finalizePrimaryChanges( __METHOD__ );
				$lb->approvePrimaryChanges( $limits, __METHOD__ );
				$lb->commitPrimaryChanges( __METHOD__ );
				$lb->runPrimaryTransactionIdleCallbacks( __METHOD__ );
				$lb->runPrimaryTransactionListenerCallbacks( __METHOD__ );
			}
			return hrtime( true ) - $start;
		},
		static function ( int $times ) use ( $database, $category ): int {
			$errors = [];
			$start = hrtime( true );
			for ( $i = 0; $i < $times; $i++ ) {
				# begin
				$database->flushSnapshot( __METHOD__ );
				$database->getLBInfo( $category );
				$database->getFlag( $database::DBO_DEFAULT );
				$database->setFlag( $database::DBO_TRX, $database::REMEMBER_PRIOR );
				$database->getFlag( $database::DBO_TRX );
				$database->setLBInfo( $database::LB_TRX_ROUND_ID, __METHOD__ );
				# finalize
				$database->runOnTransactionPreCommitCallbacks();
				$database->setTrxEndCallbackSuppression( true );
				# approve
				$database->explicitTrxActive();
				$database->pendingWriteQueryDuration( $database::ESTIMATE_DB_APPLY );
				$database->writesOrCallbacksPending();
				$database->sessionLocksPending();
				# commit
				$database->commit( __METHOD__, $database::FLUSHING_ALL_PEERS );
				$database->getLBInfo( $category );
				$database->getFlag( $database::DBO_TRX );
				$database->setLBInfo( $database::LB_TRX_ROUND_ID, null );
				$database->getFlag( $database::DBO_DEFAULT );
				$database->restoreFlags( $database::RESTORE_PRIOR );
				# callbacks
				$database->setTrxEndCallbackSuppression( false );
				$database->trxLevel();
				$database->runOnTransactionIdleCallbacks( $database::TRIGGER_COMMIT, $errors );
				$database->writesPending();
				$database->trxLevel();
				$database->commit( __METHOD__, $database::FLUSHING_ALL_PEERS );
				$database->runTransactionListenerCallbacks( $database::TRIGGER_COMMIT, $errors );
			}
			return hrtime( true ) - $start;
		}
	);
}

function benchDbReaderIndex( LoadBalancer $lb ): BenchDbCase {
	return new BenchDbCase(
		'getReaderIndex, already chosen',
		0.6,
		static function ( int $times ) use ( $lb ): int {
			$start = hrtime( true );
			for ( $i = 0; $i < $times; $i++ ) {
				$lb->getReaderIndex();
			}
			return hrtime( true ) - $start;
		}
	);
}
