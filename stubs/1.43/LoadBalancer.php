<?php
/**
 * LoadBalancer as MediaWiki 1.43 declares it, with the names of MediaWiki 1.33 besides. The work is done by the
 * body, MwNative\LoadBalancer, in C: ext/load_balancer/.
 *
 * This file is included by the binder when the host first asks for the class;
 * nothing else needs to load it.
 *
 * @license GPL-2.0-or-later
 */

namespace Wikimedia\Rdbms;

use MwNative\LoadBalancer as Body;
use Liuggio\StatsdClient\Factory\StatsdDataFactoryInterface;
use Psr\Log\LoggerInterface;
use Wikimedia\ObjectCache\BagOStuff;
use Wikimedia\ObjectCache\WANObjectCache;

/**
 * Chooses database servers, tracks connections to them, and runs transaction rounds over them, through the host's own
 * Database classes.
 *
 * @since 0.3.0
 */
class LoadBalancer implements ILoadBalancerForOwner {
	/** @var ILoadMonitor */
	private $loadMonitor;
	/** @var BagOStuff */
	private $srvCache;
	/** @var WANObjectCache */
	private $wanCache;
	/** @var DatabaseFactory */
	private $databaseFactory;
	/** @var TransactionProfiler */
	private $trxProfiler;
	/** @var StatsdDataFactoryInterface */
	private $statsd;
	/** @var LoggerInterface */
	private $logger;
	/** @var callable ( Throwable ) */
	private $errorLogger;
	/** @var DatabaseDomain */
	private $localDomain;
	/** @var array<string,array<int,Database[]>> (category => server index => connections) */
	private $conns;
	/** @var string */
	private $clusterName;
	/** @var ServerInfo */
	private $serverInfo;
	/** @var array<string,array<int,int|float>> (group => server index => weight) */
	private $groupLoads;
	/** @var string */
	private $defaultGroup;
	/** @var array[] (table => [ dbname, schema, prefix ]) */
	private $tableAliases = [];
	/** @var string[] (alias => index) */
	private $indexAliases = [];
	/** @var DatabaseDomain[]|string[] (alias => domain) */
	private $domainAliases = [];
	/** @var callable[] (name => listener) */
	private $trxRecurringCallbacks = [];
	/** @var bool[] (domain => true) */
	private $tempTablesOnlyMode = [];
	/** @var string|false Who began the round; false: none is explicit */
	private $trxRoundId = false;
	/** @var string ROUND_* */
	private $trxRoundStage = self::ROUND_CURSORY;
	/** @var int[] (group => index of its reader) */
	private $readIndexByGroup = [];
	/** @var DBPrimaryPos|null What the session must see */
	private $waitForPos;
	/** @var bool Was a replica used that lags too much? */
	private $laggedReplicaMode = false;
	/** @var string|false */
	private $readOnlyReason = false;
	/** @var int Connections made so far */
	private $connectionCounter = 0;
	/** @var bool */
	private $disabled = false;
	private ?ChronologyProtector $chronologyProtector = null;
	/** @var bool */
	private $chronologyProtectorCalled = false;
	/** @var Database|null The last that failed */
	private $lastErrorConn;
	/** @var DatabaseDomain[] (identifier => domain), the last one */
	private $nonLocalDomainCache = [];
	/** @var int What references compare: another number, another configuration */
	private $modcount = 0;

	/** @var bool Whether lag plays no role when a reader is chosen; ours */
	private $lagAllowed = false;
	/** @var bool Whether reads may go to the primary when no replica answers; ours */
	private $fallbackToPrimary = false;
	/** @var bool Whether there is known to be more than one server; ours */
	private $hasReplicas = false;

	/** Key of Database::getLBInfo(): index of the server */
	private const INFO_SERVER_INDEX = 'serverIndex';
	/** Key of Database::getLBInfo(): CATEGORY_* */
	private const INFO_CONN_CATEGORY = 'connCategory';
	/** So many connections are worth a warning */
	private const CONN_HELD_WARN_THRESHOLD = 10;
	/** Seconds to wait for replication */
	private const MAX_WAIT_DEFAULT = 10;
	/** Seconds for which it is kept whether the primary is read-only */
	private const TTL_CACHE_READONLY = 5;
	/** Tracked; takes part in rounds */
	private const CATEGORY_ROUND = 'round';
	/** Tracked; every statement commits */
	private const CATEGORY_AUTOCOMMIT = 'auto-commit';
	/** Not tracked; asks how a server is */
	private const CATEGORY_GAUGE = 'gauge';
	/** Writes go on */
	private const ROUND_CURSORY = 'cursory';
	/** Ready to be checked */
	private const ROUND_FINALIZED = 'finalized';
	/** Ready to commit */
	private const ROUND_APPROVED = 'approved';
	/** Committed; callbacks are due */
	private const ROUND_COMMIT_CALLBACKS = 'commit-callbacks';
	/** Rolled back; callbacks are due */
	private const ROUND_ROLLBACK_CALLBACKS = 'rollback-callbacks';
	/** Failed half way */
	private const ROUND_ERROR = 'error';
	/** No reader was chosen */
	private const READER_INDEX_NONE = -1;

	/** The primary, by its name until MediaWiki 1.36. */
	public const DB_MASTER = self::DB_PRIMARY;

	/**
	 * @param array $params
	 * @see configure()
	 */
	public function __construct( #[\SensitiveParameter] array $params ) {
		Body::construct( $this, $params );
	}

	/**
	 * Takes the configuration in.
	 *
	 * @param array $params
	 *  - servers: (array[]) list; the first is the primary. Each: type, host, dbname, user, password, flags (DBO_*), load
	 *    (int|float), groupLoads (group => weight), serverName, 'max lag' (seconds), 'is static' (bool), driver,
	 *    connectTimeout, receiveTimeout (seconds)
	 *  - localDomain: (DatabaseDomain|string) default for connections
	 *  - clusterName: (string) default: the primary's name
	 *  - defaultGroup: (string) the group that is read from when nothing is said
	 *  - readOnlyReason: (string) why nothing may be written
	 *  - loadMonitor: (array) class, and its own settings
	 *  - srvCache, wanCache, databaseFactory, logger, errorLogger, trxProfiler, statsdDataFactory, chronologyProtector:
	 *    services; each has a default
	 *  - roundStage: STAGE_POSTCOMMIT_CALLBACKS or STAGE_POSTROLLBACK_CALLBACKS
	 *  - fallbackToPrimary: (bool) when no replica answers, read from the primary although its load is 0; ours, default
	 *    false. Also taken from the primary's entry in servers
	 * @throws \InvalidArgumentException There is no server
	 * @throws \UnexpectedValueException Servers are no list, or two have one name
	 */
	protected function configure( #[\SensitiveParameter] array $params ): void {
		Body::configure( $this, $params );
	}

	/**
	 * @return array<string,array> No connections (category => [])
	 */
	private static function newTrackedConnectionsArray() {
		return Body::newTrackedConnectionsArray();
	}

	/**
	 * @return string Name of the cluster, for caches and logs
	 */
	public function getClusterName(): string {
		return $this->clusterName;
	}

	/**
	 * @return string Identifier of the local domain
	 */
	public function getLocalDomainID(): string {
		return Body::getLocalDomainID( $this );
	}

	/**
	 * @param DatabaseDomain|string|false $domain Identifier, alias, or false: the local domain
	 * @return string Identifier
	 */
	public function resolveDomainID( $domain ): string {
		return Body::resolveDomainID( $this, $domain );
	}

	/**
	 * @param DatabaseDomain|string|false $domain Identifier, alias, or false: the local domain
	 * @return DatabaseDomain
	 */
	final protected function resolveDomainInstance( $domain ): DatabaseDomain {
		return Body::resolveDomainInstance( $this, $domain );
	}

	/**
	 * The first group that has servers, or the default.
	 *
	 * @param string[]|string|false $groups Query groups in order of preference; [] or false: the default group
	 * @param int $i Index of a server, DB_PRIMARY or DB_REPLICA
	 * @return string
	 * @throws \LogicException Groups and the index of a replica exclude each other
	 */
	private function resolveGroups( $groups, $i ) {
		return Body::resolveGroups( $this, $groups, $i );
	}

	/**
	 * Takes CONN_TRX_AUTOCOMMIT out where a second connection would wait for the first, or miss its temporary tables.
	 *
	 * @param int $flags Bits of CONN_*
	 * @param string $domain Identifier
	 * @return int
	 */
	protected function sanitizeConnectionFlags( $flags, $domain ) {
		return Body::sanitizeConnectionFlags( $this, $flags, $domain );
	}

	/**
	 * @param IDatabase $conn
	 * @param int $flags Bits of CONN_*
	 * @throws DBUnexpectedError A transaction is open where there must be none
	 */
	private function enforceConnectionFlags( IDatabase $conn, $flags ) {
		Body::enforceConnectionFlags( $this, $conn, $flags );
	}

	/**
	 * One of the servers by weight, without those that lag too much.
	 *
	 * @param array<int,int|float> $loads (index => weight)
	 * @param int|float $sessionLagLimit Seconds that the session can bear
	 * @return int|false Index; false: all lag
	 */
	private function getRandomNonLagged( array $loads, $sessionLagLimit = INF ) {
		return Body::getRandomNonLagged( $this, $loads, $sessionLagLimit );
	}

	/**
	 * Which server a group reads from. Chosen once, and its connection stays open.
	 *
	 * @param string|false $group
	 * @return int|false Index; false: none can be reached
	 */
	public function getReaderIndex( $group = false ) {
		return Body::getReaderIndex( $this, $group );
	}

	/**
	 * @param string $group
	 * @return int Index that was chosen before, or READER_INDEX_NONE
	 */
	protected function getExistingReaderIndex( $group ) {
		return Body::getExistingReaderIndex( $this, $group );
	}

	/**
	 * The first server that answers, by weight and lag.
	 *
	 * @param array<int,int|float> $loads (index => weight)
	 * @return int|false Index; false: none is left to ask
	 */
	private function pickReaderIndex( array $loads ) {
		return Body::pickReaderIndex( $this, $loads );
	}

	/**
	 * Waits until the replicas have reached a position.
	 *
	 * @param DBPrimaryPos $pos
	 * @param int|null $timeout Seconds; null: 10
	 * @return bool
	 */
	public function waitForAll( DBPrimaryPos $pos, $timeout = null ) {
		return Body::waitForAll( $this, $pos, $timeout );
	}

	/**
	 * @param int $i Index
	 * @return bool
	 */
	private function serverHasLoadInAnyGroup( $i ) {
		return Body::serverHasLoadInAnyGroup( $this, $i );
	}

	/**
	 * @param int $i Index, DB_PRIMARY, or DB_REPLICA: any server
	 * @param int $flags Bits of CONN_*
	 * @return IDatabaseForOwner|false False: none is open
	 */
	public function getAnyOpenConnection( $i, $flags = 0 ) {
		return Body::getAnyOpenConnection( $this, $i, $flags );
	}

	/**
	 * @param Database[][] $connsByServer (index => connections)
	 * @return IDatabaseForOwner|false
	 */
	private function pickAnyOpenConnection( array $connsByServer ) {
		return Body::pickAnyOpenConnection( $this, $connsByServer );
	}

	/**
	 * Waits until a server has reached the position that the session must see.
	 *
	 * @param int $index
	 * @param int|null $timeout Seconds; null: 10
	 * @return bool
	 */
	private function awaitSessionPrimaryPos( $index, $timeout = null ) {
		return Body::awaitSessionPrimaryPos( $this, $index, $timeout );
	}

	/**
	 * A reference, which connects when it is first used.
	 *
	 * @param int $i Index of a server, DB_PRIMARY or DB_REPLICA
	 * @param string[]|string|false $groups Query groups in order of preference; [] or false: the default group
	 * @param DatabaseDomain|string|false $domain Identifier or alias; false: the local domain
	 * @param int $flags Bits of CONN_*
	 * @return DBConnRef
	 * @throws \UnexpectedValueException CONN_SILENCE_ERRORS makes no sense here
	 */
	public function getConnection( $i, $groups = [], $domain = false, $flags = 0 ) {
		return Body::getConnection( $this, $i, $groups, $domain, $flags );
	}

	/**
	 * A live connection.
	 *
	 * @param int $i Index of a server, DB_PRIMARY or DB_REPLICA
	 * @param string[]|string|false $groups Query groups in order of preference; [] or false: the default group
	 * @param DatabaseDomain|string|false $domain Identifier or alias; false: the local domain
	 * @param int $flags Bits of CONN_*
	 * @return IDatabase
	 * @throws DBError
	 */
	public function getConnectionInternal( $i, $groups = [], $domain = false, $flags = 0 ): IDatabase {
		return Body::getConnectionInternal( $this, $i, $groups, $domain, $flags );
	}

	/**
	 * A live connection to one server. A replica's connection that was lost is replaced.
	 *
	 * @param int $i Index
	 * @param string $domain Identifier
	 * @param int $flags Bits of CONN_*
	 * @return IDatabaseForOwner|false False: it failed, with CONN_SILENCE_ERRORS
	 * @throws DBConnectionError
	 * @throws DBAccessError After disable()
	 */
	public function getServerConnection( $i, $domain, $flags = 0 ) {
		return Body::getServerConnection( $this, $i, $domain, $flags );
	}

	/**
	 * @deprecated since MediaWiki 1.39: getConnection()
	 * @param int $i Index of a server, DB_PRIMARY or DB_REPLICA
	 * @param string[]|string|false $groups Query groups in order of preference; [] or false: the default group
	 * @param DatabaseDomain|string|false $domain Identifier or alias; false: the local domain
	 * @param int $flags Bits of CONN_*
	 * @return DBConnRef
	 */
	public function getConnectionRef( $i, $groups = [], $domain = false, $flags = 0 ): DBConnRef {
		return Body::getConnectionRef( $this, $i, $groups, $domain, $flags );
	}

	/**
	 * A reference for schema changes.
	 *
	 * @param int $i Index of a server, DB_PRIMARY or DB_REPLICA
	 * @param string[]|string|false $groups Query groups in order of preference; [] or false: the default group
	 * @param DatabaseDomain|string|false $domain Identifier or alias; false: the local domain
	 * @param int $flags Bits of CONN_*
	 * @return DBConnRef
	 */
	public function getMaintenanceConnectionRef( $i, $groups = [], $domain = false, $flags = 0 ): DBConnRef {
		return Body::getMaintenanceConnectionRef( $this, $i, $groups, $domain, $flags );
	}

	/**
	 * @param int $i Index
	 * @param DatabaseDomain $domain
	 * @param int $flags Bits of CONN_*
	 * @return IDatabase|null Null: it failed
	 */
	private function reuseOrOpenConnectionForNewRef( $i, DatabaseDomain $domain, $flags = 0 ) {
		return Body::reuseOrOpenConnectionForNewRef( $this, $i, $domain, $flags );
	}

	/**
	 * @param Database $conn
	 * @param DatabaseDomain $domain
	 * @throws \UnexpectedValueException The connection is on another domain
	 */
	private function assertConnectionDomain( Database $conn, DatabaseDomain $domain ) {
		Body::assertConnectionDomain( $this, $conn, $domain );
	}

	/**
	 * @param int $i Index
	 * @return array (Database::ATTR_* => value)
	 */
	public function getServerAttributes( $i ) {
		return Body::getServerAttributes( $this, $i );
	}

	/**
	 * Opens a connection, whatever is open already.
	 *
	 * @param int $i Index
	 * @param DatabaseDomain $domain
	 * @param array $lbInfo More of what Database::getLBInfo() tells
	 * @return Database Open or not
	 * @throws DBAccessError After disable()
	 * @throws \InvalidArgumentException No such server
	 */
	protected function reallyOpenConnection( $i, DatabaseDomain $domain, array $lbInfo ) {
		return Body::reallyOpenConnection( $this, $i, $domain, $lbInfo );
	}

	/**
	 * Asks ChronologyProtector, once, what the session must see.
	 */
	private function loadSessionPrimaryPos() {
		Body::loadSessionPrimaryPos( $this );
	}

	/**
	 * @param string $extraLbError What the load balancer has to say of it
	 * @throws DBConnectionError
	 */
	private function reportConnectionError( $extraLbError = '' ) {
		Body::reportConnectionError( $this, $extraLbError );
	}

	/**
	 * @return int Number of servers
	 */
	public function getServerCount() {
		return $this->serverInfo->getServerCount();
	}

	/**
	 * @return bool
	 */
	public function hasReplicaServers() {
		return $this->serverInfo->hasReplicaServers();
	}

	/**
	 * @return bool Are there replicas that are not static?
	 */
	public function hasStreamingReplicaServers() {
		return $this->serverInfo->hasStreamingReplicaServers();
	}

	/**
	 * @param int $i Index
	 * @return string
	 */
	public function getServerName( $i ): string {
		return $this->serverInfo->getServerName( $i );
	}

	/**
	 * @param int $i Index
	 * @return array|false As configured
	 */
	public function getServerInfo( $i ) {
		return $this->serverInfo->getServerInfo( $i );
	}

	/**
	 * @param int $i Index
	 * @return string
	 */
	public function getServerType( $i ) {
		return $this->serverInfo->getServerType( $i );
	}

	/**
	 * @return DBPrimaryPos|false Where the primary is; false: it does not replicate
	 */
	public function getPrimaryPos() {
		return Body::getPrimaryPos( $this );
	}

	/**
	 * Takes servers out of groups that they have left, and forgets the connections if one has. References take new ones when their
	 * transactions are over.
	 *
	 * @param array $params As for the constructor
	 */
	public function reconfigure( #[\SensitiveParameter] array $params ) {
		Body::reconfigure( $this, $params );
	}

	/**
	 * Closes all connections for good.
	 *
	 * @param string $fname Name of the caller, for logs
	 */
	public function disable( $fname = __METHOD__ ) {
		Body::disable( $this, $fname );
	}

	/**
	 * Closes all connections.
	 *
	 * @param string $fname Name of the caller, for logs
	 */
	public function closeAll( $fname = __METHOD__ ) {
		Body::closeAll( $this, $fname );
	}

	/**
	 * @param IDatabaseForOwner $conn
	 * @throws \RuntimeException It is a reference
	 */
	public function closeConnection( IDatabaseForOwner $conn ) {
		Body::closeConnection( $this, $conn );
	}

	/**
	 * Runs what was to run before the commit, until nothing is added any more.
	 *
	 * @param string $fname Name of the caller, for logs
	 * @return int How many callbacks ran
	 * @throws DBTransactionError It is not the time for it
	 */
	public function finalizePrimaryChanges( $fname = __METHOD__ ) {
		return Body::finalizePrimaryChanges( $this, $fname );
	}

	/**
	 * Checks that every connection can commit.
	 *
	 * @param int $maxWriteDuration Seconds that the writes may have taken; 0: no limit
	 * @param string $fname Name of the caller, for logs
	 * @throws DBTransactionError
	 */
	public function approvePrimaryChanges( int $maxWriteDuration, $fname = __METHOD__ ) {
		Body::approvePrimaryChanges( $this, $maxWriteDuration, $fname );
	}

	/**
	 * Begins a round.
	 *
	 * @param string $fname Name of the caller, for logs
	 * @throws DBTransactionError
	 */
	public function beginPrimaryChanges( $fname = __METHOD__ ) {
		Body::beginPrimaryChanges( $this, $fname );
	}

	/**
	 * Commits on every connection.
	 *
	 * @param string $fname Name of the caller, for logs
	 * @throws DBTransactionError It failed on these servers
	 */
	public function commitPrimaryChanges( $fname = __METHOD__ ) {
		Body::commitPrimaryChanges( $this, $fname );
	}

	/**
	 * Runs what was to run after the commit or roll-back.
	 *
	 * @param string $fname Name of the caller, for logs
	 * @return \Throwable|null The first error
	 */
	public function runPrimaryTransactionIdleCallbacks( $fname = __METHOD__ ) {
		return Body::runPrimaryTransactionIdleCallbacks( $this, $fname );
	}

	/**
	 * Tells the listeners. The round is over.
	 *
	 * @param string $fname Name of the caller, for logs
	 * @return \Throwable|null The first error
	 */
	public function runPrimaryTransactionListenerCallbacks( $fname = __METHOD__ ) {
		return Body::runPrimaryTransactionListenerCallbacks( $this, $fname );
	}

	/**
	 * Rolls back on every connection.
	 *
	 * @param string $fname Name of the caller, for logs
	 */
	public function rollbackPrimaryChanges( $fname = __METHOD__ ) {
		Body::rollbackPrimaryChanges( $this, $fname );
	}

	/**
	 * Frees locks and temporary tables.
	 *
	 * @param string $fname Name of the caller, for logs
	 * @throws DBTransactionError Writes are pending
	 */
	public function flushPrimarySessions( $fname = __METHOD__ ) {
		Body::flushPrimarySessions( $this, $fname );
	}

	/**
	 * @param string|string[] $stage ROUND_*
	 * @throws DBTransactionError
	 */
	private function assertTransactionRoundStage( $stage ) {
		Body::assertTransactionRoundStage( $this, $stage );
	}

	/**
	 * @param Database $conn Takes part in the round, if its category does
	 */
	private function applyTransactionRoundFlags( Database $conn ) {
		Body::applyTransactionRoundFlags( $this, $conn );
	}

	/**
	 * @param Database $conn
	 */
	private function undoTransactionRoundFlags( Database $conn ) {
		Body::undoTransactionRoundFlags( $this, $conn );
	}

	/**
	 * @param string $fname Name of the caller, for logs
	 */
	public function flushReplicaSnapshots( $fname = __METHOD__ ) {
		Body::flushReplicaSnapshots( $this, $fname );
	}

	/**
	 * @param string $fname Name of the caller, for logs
	 */
	public function flushPrimarySnapshots( $fname = __METHOD__ ) {
		Body::flushPrimarySnapshots( $this, $fname );
	}

	/**
	 * @return bool Is one open?
	 */
	public function hasPrimaryConnection() {
		return Body::hasPrimaryConnection( $this );
	}

	/**
	 * @return bool Are writes or callbacks pending?
	 */
	public function hasPrimaryChanges() {
		return Body::hasPrimaryChanges( $this );
	}

	/**
	 * @return float|false UNIX time of the last write
	 */
	public function lastPrimaryChangeTimestamp() {
		return Body::lastPrimaryChangeTimestamp( $this );
	}

	/**
	 * @param float|null $age Seconds; null: 10
	 * @return bool
	 */
	public function hasOrMadeRecentPrimaryChanges( $age = null ) {
		return Body::hasOrMadeRecentPrimaryChanges( $this, $age );
	}

	/**
	 * @return string[] Who wrote
	 */
	public function pendingPrimaryChangeCallers() {
		return Body::pendingPrimaryChangeCallers( $this );
	}

	/**
	 * @return bool
	 */
	public function explicitTrxActive() {
		return Body::explicitTrxActive( $this );
	}

	private function setLaggedReplicaMode(): void {
		Body::setLaggedReplicaMode( $this );
	}

	/**
	 * @return bool Was a replica used that lags too much?
	 */
	public function laggedReplicaUsed() {
		return $this->laggedReplicaMode;
	}

	/**
	 * @return string|false False: writes are possible
	 */
	public function getReadOnlyReason() {
		return Body::getReadOnlyReason( $this );
	}

	/**
	 * @param IDatabaseForOwner|null $conn One to ask, if there is one
	 * @return bool
	 */
	private function isPrimaryRunningReadOnly( ?IDatabaseForOwner $conn = null ) {
		return Body::isPrimaryRunningReadOnly( $this,
			fn ( $former ) => Body::askWhetherReadOnly( $this, $conn, $former ) );
	}

	/**
	 * @return bool Does every connection answer?
	 */
	public function pingAll() {
		return Body::pingAll( $this );
	}

	/**
	 * @return \Generator|Database[]
	 */
	private function getOpenConnections() {
		yield from Body::getOpenConnections( $this );
	}

	/**
	 * @return \Generator|Database[]
	 */
	private function getOpenPrimaryConnections() {
		yield from Body::getOpenPrimaryConnections( $this );
	}

	/**
	 * @return array{string,float|int,int} Host, seconds and index of the replica that lags most
	 */
	public function getMaxLag() {
		return Body::getMaxLag( $this );
	}

	/**
	 * @return array<int,float|int|false> (index => seconds); false: it does not replicate
	 */
	public function getLagTimes() {
		return Body::getLagTimes( $this, fn () => Body::measureLagTimes( $this ) );
	}

	/**
	 * Waits until a replica is where the primary is now.
	 *
	 * @param IDatabase $conn
	 * @return bool
	 */
	public function waitForPrimaryPos( IDatabase $conn ) {
		return Body::waitForPrimaryPos( $this, $conn );
	}

	/**
	 * @param string $name
	 * @param callable|null $callback Null: no more
	 */
	public function setTransactionListener( $name, ?callable $callback = null ) {
		Body::setTransactionListener( $this, $name, $callback );
	}

	/**
	 * @param array[] $aliases (table => [ dbname, schema, prefix ])
	 */
	public function setTableAliases( array $aliases ) {
		Body::setTableAliases( $this, $aliases );
	}

	/**
	 * @param string[] $aliases (alias => index)
	 */
	public function setIndexAliases( array $aliases ) {
		Body::setIndexAliases( $this, $aliases );
	}

	/**
	 * @param string[] $aliases (alias => domain)
	 */
	public function setDomainAliases( array $aliases ) {
		Body::setDomainAliases( $this, $aliases );
	}

	/**
	 * @param string $prefix Of tables
	 */
	public function setLocalDomainPrefix( $prefix ) {
		Body::setLocalDomainPrefix( $this, $prefix );
	}

	/**
	 * @param DatabaseDomain|string $domain
	 */
	public function redefineLocalDomain( $domain ) {
		Body::redefineLocalDomain( $this, $domain );
	}

	/**
	 * @param bool $value
	 * @param string $domain
	 * @return bool As it was
	 */
	public function setTempTablesOnlyMode( $value, $domain ) {
		return Body::setTempTablesOnlyMode( $this, $value, $domain );
	}

	/**
	 * @param IDatabase $conn
	 * @return string
	 */
	private function stringifyConn( IDatabase $conn ) {
		return Body::stringifyConn( $this, $conn );
	}

	/**
	 * @return bool
	 */
	private function fieldHasBit( int $flags, int $bit ) {
		return ( $flags & $bit ) === $bit;
	}

	/**
	 * @param IDatabase $conn
	 * @param array $extras
	 * @return array db_server, db_domain and the extras
	 */
	protected function getConnLogContext( IDatabase $conn, array $extras = [] ) {
		return Body::getConnLogContext( $this, $conn, $extras );
	}

	/**
	 * @param float|null &$time
	 */
	public function setMockTime( &$time ) {
		$this->loadMonitor->setMockTime( $time );
	}

	// ---- names of MediaWiki 1.33 that this host has dropped ----

	/**
	 * Waits, now if a reader is chosen or else when it will be, until it has reached a position.
	 *
	 * @param DBPrimaryPos|false $pos
	 * @deprecated ChronologyProtector does it; waitForAll() for all replicas
	 */
	public function waitFor( $pos ) {
		Body::waitFor( $this, $pos );
	}

	/**
	 * Waits until one replica has reached a position.
	 *
	 * @param DBPrimaryPos|false $pos
	 * @param int|null $timeout Seconds; null: 10
	 * @return bool
	 * @deprecated waitForAll()
	 */
	public function waitForOne( $pos, $timeout = null ) {
		return Body::waitForOne( $this, $pos, $timeout );
	}

	/**
	 * @param int $i Index
	 * @param DatabaseDomain|string|false $domain Identifier or alias; false: the local domain
	 * @param int $flags Bits of CONN_*
	 * @return Database|false False: it failed
	 * @deprecated getServerConnection()
	 */
	public function openConnection( $i, $domain = false, $flags = 0 ) {
		return Body::openConnection( $this, $i, $domain, $flags );
	}

	/**
	 * @return int
	 * @deprecated ServerInfo::WRITER_INDEX, which is 0
	 */
	public function getWriterIndex() {
		return ServerInfo::WRITER_INDEX;
	}

	/**
	 * @param int $i
	 * @return bool
	 * @deprecated getServerInfo() !== false
	 */
	public function haveIndex( $i ) {
		return $this->serverInfo->hasServerIndex( $i );
	}

	/**
	 * @param int $i Index
	 * @return bool Does the generic group read from it?
	 * @deprecated getServerInfo()
	 */
	public function isNonZeroLoad( $i ) {
		return Body::isNonZeroLoad( $this, $i );
	}

	/**
	 * @return DBPrimaryPos|false
	 * @deprecated getPrimaryPos()
	 */
	public function getMasterPos() {
		return $this->getPrimaryPos();
	}

	/**
	 * @param string $fname Name of the caller, for logs
	 * @deprecated LBFactory::commitPrimaryChanges()
	 */
	public function commitAll( $fname = __METHOD__ ) {
		$this->commitPrimaryChanges( $fname );
		$this->flushPrimarySnapshots( $fname );
		$this->flushReplicaSnapshots( $fname );
	}

	/**
	 * @return int
	 * @deprecated finalizePrimaryChanges()
	 */
	public function finalizeMasterChanges() {
		return $this->finalizePrimaryChanges();
	}

	/**
	 * @param array $options maxWriteDuration: seconds
	 * @deprecated approvePrimaryChanges()
	 */
	public function approveMasterChanges( array $options ) {
		return $this->approvePrimaryChanges( (int)( $options['maxWriteDuration'] ?? 0 ) );
	}

	/**
	 * @param string $fname Name of the caller, for logs
	 * @deprecated beginPrimaryChanges()
	 */
	public function beginMasterChanges( $fname = __METHOD__ ) {
		$this->beginPrimaryChanges( $fname );
	}

	/**
	 * @param string $fname Name of the caller, for logs
	 * @deprecated commitPrimaryChanges()
	 */
	public function commitMasterChanges( $fname = __METHOD__ ) {
		$this->commitPrimaryChanges( $fname );
	}

	/**
	 * @return \Throwable|null
	 * @deprecated runPrimaryTransactionIdleCallbacks()
	 */
	public function runMasterTransactionIdleCallbacks() {
		return $this->runPrimaryTransactionIdleCallbacks();
	}

	/**
	 * @return \Throwable|null
	 * @deprecated runPrimaryTransactionListenerCallbacks()
	 */
	public function runMasterTransactionListenerCallbacks() {
		return $this->runPrimaryTransactionListenerCallbacks();
	}

	/**
	 * @param string $fname Name of the caller, for logs
	 * @deprecated rollbackPrimaryChanges()
	 */
	public function rollbackMasterChanges( $fname = __METHOD__ ) {
		$this->rollbackPrimaryChanges( $fname );
	}

	/**
	 * @param string $fname Name of the caller, for logs
	 * @deprecated flushPrimarySnapshots()
	 */
	public function flushMasterSnapshots( $fname = __METHOD__ ) {
		$this->flushPrimarySnapshots( $fname );
	}

	/**
	 * @return bool
	 * @deprecated hasPrimaryConnection()
	 */
	public function hasMasterConnection() {
		return $this->hasPrimaryConnection();
	}

	/**
	 * @return bool
	 * @deprecated hasPrimaryChanges()
	 */
	public function hasMasterChanges() {
		return $this->hasPrimaryChanges();
	}

	/**
	 * @return float|false
	 * @deprecated lastPrimaryChangeTimestamp()
	 */
	public function lastMasterChangeTimestamp() {
		return $this->lastPrimaryChangeTimestamp();
	}

	/**
	 * @param float|null $age Seconds; null: 10
	 * @return bool
	 * @deprecated hasOrMadeRecentPrimaryChanges()
	 */
	public function hasOrMadeRecentMasterChanges( $age = null ) {
		return $this->hasOrMadeRecentPrimaryChanges( $age );
	}

	/**
	 * @return string[]
	 * @deprecated pendingPrimaryChangeCallers()
	 */
	public function pendingMasterChangeCallers() {
		return $this->pendingPrimaryChangeCallers();
	}

	/**
	 * Does nothing: connections are shared by all who use them.
	 *
	 * @param IDatabase $conn
	 * @deprecated Not needed
	 */
	public function reuseConnection( IDatabase $conn ) {
		// Connections are not taken from anybody, so none is given back.
	}

	/**
	 * @param int $i Index of a server, DB_PRIMARY or DB_REPLICA
	 * @param string[]|string|false $groups Query groups in order of preference; [] or false: the default group
	 * @param DatabaseDomain|string|false $domain Identifier or alias; false: the local domain
	 * @param int $flags Bits of CONN_*
	 * @return DBConnRef
	 * @deprecated getConnection()
	 */
	public function getLazyConnectionRef( $i, $groups = [], $domain = false, $flags = 0 ) {
		return $this->getConnection( $i, $groups, $domain, $flags );
	}

	/**
	 * @param string|false $domain Not used
	 * @return bool Does the reader lag? It is chosen if it is not yet
	 * @deprecated laggedReplicaUsed()
	 */
	public function getLaggedReplicaMode( $domain = false ) {
		return Body::getLaggedReplicaMode( $this );
	}

	/**
	 * @param bool|null $mode Whether lag plays no role when a reader is chosen; null: as it is
	 * @return bool
	 * @deprecated 'max lag' of a server, INF
	 */
	public function allowLagged( $mode = null ) {
		return Body::allowLagged( $this, $mode );
	}

	/**
	 * @param callable $callback ( Database, ...$params )
	 * @param array $params
	 * @deprecated Not needed outside
	 */
	public function forEachOpenConnection( $callback, array $params = [] ) {
		Body::forEachOpenConnection( $this, $callback, $params );
	}

	/**
	 * @param callable $callback ( Database, ...$params )
	 * @param array $params
	 * @deprecated Not needed outside
	 */
	public function forEachOpenMasterConnection( $callback, array $params = [] ) {
		Body::forEachOpenMasterConnection( $this, $callback, $params );
	}

	/**
	 * @param callable $callback ( Database, ...$params )
	 * @param array $params
	 * @deprecated Not needed outside
	 */
	public function forEachOpenReplicaConnection( $callback, array $params = [] ) {
		Body::forEachOpenReplicaConnection( $this, $callback, $params );
	}

	/**
	 * @param IDatabase $conn
	 * @return float|int|false Seconds; 0 where nothing replicates
	 * @deprecated IDatabase::getLag()
	 */
	public function safeGetLag( IDatabase $conn ) {
		return Body::safeGetLag( $this, $conn );
	}

	/**
	 * @param IDatabase $conn A replica
	 * @param DBPrimaryPos|false $pos False: where the primary is now
	 * @param int|null $timeout Seconds; null: 10
	 * @return bool
	 * @deprecated waitForPrimaryPos()
	 */
	public function safeWaitForMasterPos( IDatabase $conn, $pos = false, $timeout = 10 ) {
		return Body::safeWaitForMasterPos( $this, $conn, $pos, $timeout );
	}

	/**
	 * @param string $prefix
	 * @deprecated setLocalDomainPrefix()
	 */
	public function setDomainPrefix( $prefix ) {
		$this->setLocalDomainPrefix( $prefix );
	}
}
