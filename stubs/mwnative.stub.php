<?php
/**
 * What the extension itself declares: the bodies and the status function.
 *
 * Arginfo (ext/generated/mwnative_arginfo.h) is generated from this file by
 * `bin/generate`; the tests fail when the two disagree. A wiki never names
 * these classes: it keeps using the host's names, which the shells in
 * stubs/<host>/ declare.
 */

namespace MwNative {

	use StatusValue;

	/**
	 * The body of FileBackendMultiWrite.
	 *
	 * Each method takes the host's object first and then what the method of the
	 * same name takes on the host; `construct` is the constructor. Calling one
	 * with an object that is not of the bound class throws a TypeError.
	 *
	 * Storage paths are `mwstore://<backend>/<container>/<path>`. "Proxy paths"
	 * carry the name of the FileBackendMultiWrite object, "real paths" that of
	 * one of its backends.
	 *
	 * @since 0.1.0
	 */
	final class FileBackendMultiWrite {
		/**
		 * Builds the backends of the proxy.
		 *
		 * @param object $self
		 * @param array $config All of FileBackend's keys, and:
		 *  - backends: (index => array) the configuration of each backend, with
		 *    class (string), name (string), isMultiMaster (bool, exactly one),
		 *    readAffinity (bool)
		 *  - syncChecks: (int) CHECK_SIZE | CHECK_TIME | CHECK_SHA1, 0 for none
		 *  - autoResync: (bool|string) false, true or 'conservative'
		 *  - replication: (string) 'sync' or 'async'
		 *  - noPushQuickOps: (bool) quick operations go to the master alone
		 *  - noPushDirConts: (string[]) containers whose prepare, secure, publish
		 *    and clean go to the master alone
		 * @throws \LogicException two backends of one name, two masters, no master
		 * @throws \InvalidArgumentException a backend without a class
		 */
		public static function construct( object $self, array $config ): mixed {
		}

		/**
		 * Runs a batch on the master and, where that succeeded, on the clones.
		 *
		 * @param object $self
		 * @param array[] $ops As for FileBackend::doOperations()
		 * @param array $opts As for FileBackend::doOperations()
		 * @return StatusValue success, successCount and failCount are the master's
		 */
		public static function doOperationsInternal( object $self, array $ops, array $opts ): mixed {
		}

		/**
		 * Runs a batch without locks and checks.
		 *
		 * @param object $self
		 * @param array[] $ops As for FileBackend::doQuickOperations()
		 * @param array $opts
		 * @return StatusValue success, successCount and failCount are the master's
		 */
		public static function doQuickOperationsInternal( object $self, array $ops, array $opts ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params dir (string), and what the store takes
		 * @return StatusValue
		 */
		public static function doPrepare( object $self, array $params ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params dir (string), and what the store takes
		 * @return StatusValue
		 */
		public static function doSecure( object $self, array $params ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params dir (string), and what the store takes
		 * @return StatusValue
		 */
		public static function doPublish( object $self, array $params ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params dir (string), and what the store takes
		 * @return StatusValue
		 */
		public static function doClean( object $self, array $params ): mixed {
		}

		/**
		 * Runs one of the four directory methods on the master and the clones.
		 *
		 * @param object $self
		 * @param mixed $method prepare, secure, publish or clean
		 * @param array $params dir (string)
		 * @return StatusValue
		 */
		public static function doDirectoryOp( object $self, mixed $method, array $params ): mixed {
		}

		/**
		 * Do all backends agree on these files?
		 *
		 * @param object $self
		 * @param string[] $paths Proxy paths, locked by the caller
		 * @return StatusValue backend-fail-stat, backend-fail-hash or
		 *  backend-fail-synced for each disagreement
		 */
		public static function consistencyCheck( object $self, array $paths ): mixed {
		}

		/**
		 * Can each backend hold these files?
		 *
		 * @param object $self
		 * @param string[] $paths Proxy paths
		 * @return StatusValue backend-fail-usable for each path and backend
		 */
		public static function accessibilityCheck( object $self, array $paths ): mixed {
		}

		/**
		 * Makes the clones agree with the master.
		 *
		 * @param object $self
		 * @param string[] $paths Proxy paths, locked by the caller
		 * @param mixed $resyncMode true, or 'conservative': deletes nothing and
		 *  overwrites nothing that is newer than the master's
		 * @return StatusValue
		 */
		public static function resyncFiles( object $self, array $paths, mixed $resyncMode ): mixed {
		}

		/**
		 * @param object $self
		 * @param array[] $ops
		 * @return string[] The distinct storage paths that a batch reads or writes
		 */
		public static function fileStoragePathsForOps( object $self, array $ops ): mixed {
		}

		/**
		 * @param object $self
		 * @param array[] $ops
		 * @param object $backend
		 * @return array[] The batch with real paths in src, srcs, dst and dir
		 */
		public static function substOpBatchPaths( object $self, array $ops, object $backend ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $ops One operation, or the parameters of a read
		 * @param object $backend
		 * @return array The same with real paths in src, srcs, dst and dir
		 */
		public static function substOpPaths( object $self, array $ops, object $backend ): mixed {
		}

		/**
		 * @param object $self
		 * @param string|string[] $paths Proxy paths
		 * @param object $backend
		 * @return string|string[] Real paths; what carries another name stays
		 */
		public static function substPaths( object $self, mixed $paths, object $backend ): mixed {
		}

		/**
		 * @param object $self
		 * @param string|string[] $paths Real paths
		 * @param object $backend
		 * @return string|string[] Proxy paths; what carries another name stays
		 */
		public static function unsubstPaths( object $self, mixed $paths, object $backend ): mixed {
		}

		/**
		 * @param object $self
		 * @param array[] $ops
		 * @return bool Whether a source file may vanish before a deferred write
		 */
		public static function hasVolatileSources( object $self, array $ops ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params srcs (string[]), dst (string, a local path)
		 * @return StatusValue
		 */
		public static function concatenate( object $self, array $params ): mixed {
		}

		/**
		 * The backend that serves a read: the master with 'latest', or the one with read affinity.
		 * The shell calls its method of the same name; made from C, that call would cost
		 * more than all else that the class does for a read.
		 *
		 * @param object $self
		 * @param array $params src (string), srcs (string[]) or dir (string), proxy paths; latest (bool)
		 * @param array &$realParams Receives $params with real paths
		 * @return mixed The host's FileBackendStore; whatever is in its place if an override has put it there, so
		 *  that the call says what is wrong. (An object by declaration would be one to the JIT.)
		 */
		public static function reader( object $self, array $params, mixed &$realParams ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params srcs (string[]), latest (bool), parallelize (bool)
		 * @return array (proxy path => string|false|null)
		 */
		public static function getFileContentsMulti( object $self, array $params ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params srcs (string[]), latest (bool), parallelize (bool)
		 * @return array (proxy path => FSFile|false|null)
		 */
		public static function getLocalReferenceMulti( object $self, array $params ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params srcs (string[]), latest (bool), parallelize (bool)
		 * @return array (proxy path => TempFSFile|false|null)
		 */
		public static function getLocalCopyMulti( object $self, array $params ): mixed {
		}

		/**
		 * Since 1.43 of the host.
		 *
		 * @param object $self
		 * @param object $command Shellbox\Command\BoxedCommand
		 * @param string $boxedName
		 * @param array $params src (string)
		 * @return StatusValue
		 */
		public static function addShellboxInputFile(
			object $self, object $command, string $boxedName, array $params
		): mixed {
		}

		/**
		 * The backend that serves what only the master knows.
		 * The shell calls its method of the same name; made from C, that call would cost
		 * more than all else that the class does for a read.
		 *
		 * @param object $self
		 * @param array $params src (string), srcs (string[]) or dir (string), proxy paths; latest (bool)
		 * @param array &$realParams Receives $params with real paths
		 * @return mixed As reader()
		 */
		public static function masterReader( object $self, array $params, mixed &$realParams ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params dir (string), topOnly (bool), adviseStat (bool), and
		 *  since 1.43 of the host forWrite (bool): the union over all backends
		 * @return iterable<string>|null
		 */
		public static function getFileList( object $self, array $params ): mixed {
		}

		/**
		 * Since 1.43 of the host.
		 *
		 * @param object $self
		 * @param mixed $params dir (string)
		 * @return string[] The distinct files of all backends
		 */
		public static function getFileListForWrite( object $self, mixed $params ): mixed {
		}

		/**
		 * @param object $self
		 * @return int FileBackend::ATTR_* of the master
		 */
		public static function getFeatures( object $self ): mixed {
		}

		/**
		 * @param object $self
		 * @param string[]|null $paths Proxy paths; null: everything
		 */
		public static function clearCache( object $self, ?array $paths ): mixed {
		}

		/**
		 * @param object $self
		 * @param string[] $paths Proxy paths
		 */
		public static function preloadCache( object $self, array $paths ): mixed {
		}

		/**
		 * @param object $self
		 * @param array[] $ops
		 * @param object $status Receives the lock manager's messages
		 * @return \ScopedLock|null
		 */
		public static function getScopedLocksForOps( object $self, array $ops, object $status ): mixed {
		}

		/**
		 * @param object $self
		 * @param array $params latest (bool)
		 * @return int|string Index of the master, or of the backend with read affinity
		 */
		public static function getReadIndexFromParams( object $self, array $params ): mixed {
		}
	}

	/**
	 * The body of PoolCounterRedis.
	 *
	 * Each method takes the host's object first and then what the method of the
	 * same name takes on the host; `construct` is the constructor. Calling one
	 * with an object that is not of the bound class throws a TypeError.
	 *
	 * Results are Status objects of the host whose value is a result code of PoolCounter.
	 *
	 * @since 0.2.0
	 */
	final class PoolCounterRedis {
		/**
		 * @param object $self
		 * @param array $conf See the shell
		 * @param string $type
		 * @param string $key
		 * @throws \InvalidArgumentException A key of the configuration has an impossible value
		 */
		public static function construct( object $self, mixed $conf, mixed $type, mixed $key ): mixed {
		}

		/**
		 * @param object $self
		 * @return object Status; its value is a MwNative\RedisConnection
		 */
		public static function getConnection( object $self ): mixed {
		}

		/**
		 * @param object $self
		 * @param int|float|null $timeout Seconds; null: as configured
		 * @return object Status: LOCKED, QUEUE_FULL, TIMEOUT, LOCK_HELD, or an error
		 */
		public static function acquireForMe( object $self, mixed $timeout ): mixed {
		}

		/**
		 * @param object $self
		 * @param int|float|null $timeout Seconds; null: as configured
		 * @return object Status: as acquireForMe(), and DONE
		 */
		public static function acquireForAnyone( object $self, mixed $timeout ): mixed {
		}

		/**
		 * @param object $self
		 * @return object Status: RELEASED, NOT_LOCKED, or an error; the slot is gone in any case
		 */
		public static function release( object $self ): mixed {
		}

		/**
		 * @param object $self
		 * @param int $doWakeup AWAKE_ONE or AWAKE_ALL of the shell
		 * @param int|float|null $timeout Seconds; null: as configured
		 * @return object Status
		 */
		public static function waitForSlotOrNotif( object $self, mixed $doWakeup, mixed $timeout ): mixed {
		}

		/**
		 * @param object $self
		 * @param object $conn A MwNative\RedisConnection
		 * @param float $now UNIX time
		 * @return string Number of a slot, QUEUE_FULL, QUEUE_WAIT or TIMEOUT
		 */
		public static function initAndPopPoolSlotList( object $self, object $conn, mixed $now ): mixed {
		}

		/**
		 * @param object $self
		 * @param object $conn A MwNative\RedisConnection
		 * @param string $slot Number of the slot; "w": none
		 * @param float $now UNIX time
		 * @return int 1
		 */
		public static function registerAcquisitionTime( object $self, object $conn, mixed $slot, mixed $now ): mixed {
		}

		/**
		 * @param object $self
		 * @return string
		 */
		public static function getSlotListKey( object $self ): mixed {
		}

		/**
		 * @param object $self
		 * @return string
		 */
		public static function getSlotRTimeSetKey( object $self ): mixed {
		}

		/**
		 * @param object $self
		 * @return string
		 */
		public static function getWaitSetKey( object $self ): mixed {
		}

		/**
		 * @param object $self
		 * @return string
		 */
		public static function getWakeupListKey( object $self ): mixed {
		}

		/**
		 * Releases what PoolCounterRedis::$active holds.
		 */
		public static function releaseAll(): mixed {
		}

		/**
		 * Sends a command over a connection.
		 *
		 * @param object $connection A MwNative\RedisConnection
		 * @param array $words The command and its arguments; arrays are flattened
		 * @param float $seconds How long to wait for the reply; below 0: readTimeout
		 * @return mixed As phpredis gives it
		 * @throws \RuntimeException An error reply, or the connection failed
		 */
		public static function command( object $connection, array $words, float $seconds ): mixed {
		}
	}

	/**
	 * The body of LoadBalancer.
	 *
	 * Each method takes the host's object first and then what the method of the same name takes on the host;
	 * `construct` is the constructor. Calling one with an object that is not of the bound class throws a TypeError.
	 * What the methods are for, and what the arrays hold, is said in the shells.
	 *
	 * @since 0.3.0
	 */
	final class LoadBalancer {
		/**
		 * As __construct() of the shell.
		 */
		public static function construct( object $self, array $params ): mixed {
		}

		/**
		 * As configure() of the shell.
		 */
		public static function configure( object $self, array $params ): mixed {
		}

		/**
		 * As newTrackedConnectionsArray() of the shell.
		 */
		public static function newTrackedConnectionsArray(): mixed {
		}

		/**
		 * As getLocalDomainID() of the shell.
		 */
		public static function getLocalDomainID( object $self ): mixed {
		}

		/**
		 * As resolveDomainID() of the shell.
		 */
		public static function resolveDomainID( object $self, mixed $domain ): mixed {
		}

		/**
		 * As resolveDomainInstance() of the shell.
		 */
		public static function resolveDomainInstance( object $self, mixed $domain ): mixed {
		}

		/**
		 * As resolveGroups() of the shell.
		 */
		public static function resolveGroups( object $self, mixed $groups, mixed $index ): mixed {
		}

		/**
		 * As sanitizeConnectionFlags() of the shell.
		 */
		public static function sanitizeConnectionFlags( object $self, mixed $flags, mixed $second, mixed $third = null ): mixed {
		}

		/**
		 * As enforceConnectionFlags() of the shell.
		 */
		public static function enforceConnectionFlags( object $self, object $connection, mixed $flags ): mixed {
		}

		/**
		 * As getRandomNonLagged() of the shell.
		 */
		public static function getRandomNonLagged( object $self, array $loads, mixed $second, mixed $third = null ): mixed {
		}

		/**
		 * As getReaderIndex() of the shell.
		 */
		public static function getReaderIndex( object $self, mixed $group, mixed $domain = false ): mixed {
		}

		/**
		 * As getExistingReaderIndex() of the shell.
		 */
		public static function getExistingReaderIndex( object $self, mixed $group ): mixed {
		}

		/**
		 * As pickReaderIndex() of the shell.
		 */
		public static function pickReaderIndex( object $self, array $loads, mixed $domain = null ): mixed {
		}

		/**
		 * As waitForAll() of the shell.
		 */
		public static function waitForAll( object $self, mixed $position, mixed $given ): mixed {
		}

		/**
		 * As serverHasLoadInAnyGroup() of the shell.
		 */
		public static function serverHasLoadInAnyGroup( object $self, mixed $index ): mixed {
		}

		/**
		 * As getAnyOpenConnection() of the shell.
		 */
		public static function getAnyOpenConnection( object $self, mixed $index, mixed $flags ): mixed {
		}

		/**
		 * As pickAnyOpenConnection() of the shell.
		 */
		public static function pickAnyOpenConnection( object $self, array $servers, mixed $autocommit = false ): mixed {
		}

		/**
		 * As awaitSessionPrimaryPos() of the shell.
		 */
		public static function awaitSessionPrimaryPos( object $self, mixed $index, mixed $timeout ): mixed {
		}

		/**
		 * As getConnection() of the shell.
		 */
		public static function getConnection( object $self, mixed $index, mixed $groups, mixed $domain, mixed $flags ): mixed {
		}

		/**
		 * As getConnectionInternal() of the shell.
		 */
		public static function getConnectionInternal( object $self, mixed $index, mixed $groups, mixed $domain, mixed $flags ): mixed {
		}

		/**
		 * As getServerConnection() of the shell.
		 */
		public static function getServerConnection( object $self, mixed $index, mixed $domain, mixed $flags ): mixed {
		}

		/**
		 * As getConnectionRef() of the shell.
		 */
		public static function getConnectionRef( object $self, mixed $index, mixed $groups, mixed $domain, mixed $flags ): mixed {
		}

		/**
		 * As getMaintenanceConnectionRef() of the shell.
		 */
		public static function getMaintenanceConnectionRef( object $self, mixed $index, mixed $groups, mixed $domain, mixed $flags ): mixed {
		}

		/**
		 * As reuseOrOpenConnectionForNewRef() of the shell.
		 */
		public static function reuseOrOpenConnectionForNewRef( object $self, mixed $index, mixed $domain, mixed $flags ): mixed {
		}

		/**
		 * As assertConnectionDomain() of the shell.
		 */
		public static function assertConnectionDomain( object $self, object $connection, mixed $domain ): mixed {
		}

		/**
		 * As getServerAttributes() of the shell.
		 */
		public static function getServerAttributes( object $self, mixed $index ): mixed {
		}

		/**
		 * As reallyOpenConnection() of the shell.
		 */
		public static function reallyOpenConnection( object $self, mixed $index, mixed $domain, array $info ): mixed {
		}

		/**
		 * As loadSessionPrimaryPos() of the shell.
		 */
		public static function loadSessionPrimaryPos( object $self ): mixed {
		}

		/**
		 * As reportConnectionError() of the shell.
		 */
		public static function reportConnectionError( object $self, mixed $extra = '' ): mixed {
		}

		/**
		 * As getPrimaryPos() of the shell.
		 */
		public static function getPrimaryPos( object $self ): mixed {
		}

		/**
		 * As reconfigure() of the shell.
		 */
		public static function reconfigure( object $self, array $params ): mixed {
		}

		/**
		 * As disable() of the shell.
		 */
		public static function disable( object $self, mixed $caller ): mixed {
		}

		/**
		 * As closeAll() of the shell.
		 */
		public static function closeAll( object $self, mixed $caller ): mixed {
		}

		/**
		 * As closeConnection() of the shell.
		 */
		public static function closeConnection( object $self, object $connection ): mixed {
		}

		/**
		 * As finalizePrimaryChanges() of the shell.
		 */
		public static function finalizePrimaryChanges( object $self, mixed $caller ): mixed {
		}

		/**
		 * As approvePrimaryChanges() of the shell.
		 */
		public static function approvePrimaryChanges( object $self, mixed $limit, mixed $caller ): mixed {
		}

		/**
		 * As beginPrimaryChanges() of the shell.
		 */
		public static function beginPrimaryChanges( object $self, mixed $caller ): mixed {
		}

		/**
		 * As commitPrimaryChanges() of the shell.
		 */
		public static function commitPrimaryChanges( object $self, mixed $caller ): mixed {
		}

		/**
		 * As runPrimaryTransactionIdleCallbacks() of the shell.
		 */
		public static function runPrimaryTransactionIdleCallbacks( object $self, mixed $caller ): mixed {
		}

		/**
		 * As runPrimaryTransactionListenerCallbacks() of the shell.
		 */
		public static function runPrimaryTransactionListenerCallbacks( object $self, mixed $caller ): mixed {
		}

		/**
		 * As rollbackPrimaryChanges() of the shell.
		 */
		public static function rollbackPrimaryChanges( object $self, mixed $caller ): mixed {
		}

		/**
		 * As flushPrimarySessions() of the shell.
		 */
		public static function flushPrimarySessions( object $self, mixed $caller ): mixed {
		}

		/**
		 * As assertTransactionRoundStage() of the shell.
		 */
		public static function assertTransactionRoundStage( object $self, mixed $allowed ): mixed {
		}

		/**
		 * As applyTransactionRoundFlags() of the shell.
		 */
		public static function applyTransactionRoundFlags( object $self, object $connection ): mixed {
		}

		/**
		 * As undoTransactionRoundFlags() of the shell.
		 */
		public static function undoTransactionRoundFlags( object $self, object $connection ): mixed {
		}

		/**
		 * As flushReplicaSnapshots() of the shell.
		 */
		public static function flushReplicaSnapshots( object $self, mixed $caller ): mixed {
		}

		/**
		 * As flushPrimarySnapshots() of the shell.
		 */
		public static function flushPrimarySnapshots( object $self, mixed $caller ): mixed {
		}

		/**
		 * As hasPrimaryConnection() of the shell.
		 */
		public static function hasPrimaryConnection( object $self ): mixed {
		}

		/**
		 * As hasPrimaryChanges() of the shell.
		 */
		public static function hasPrimaryChanges( object $self ): mixed {
		}

		/**
		 * As lastPrimaryChangeTimestamp() of the shell.
		 */
		public static function lastPrimaryChangeTimestamp( object $self ): mixed {
		}

		/**
		 * As hasOrMadeRecentPrimaryChanges() of the shell.
		 */
		public static function hasOrMadeRecentPrimaryChanges( object $self, mixed $age ): mixed {
		}

		/**
		 * As pendingPrimaryChangeCallers() of the shell.
		 */
		public static function pendingPrimaryChangeCallers( object $self ): mixed {
		}

		/**
		 * As explicitTrxActive() of the shell.
		 */
		public static function explicitTrxActive( object $self ): mixed {
		}

		/**
		 * As setLaggedReplicaMode() of the shell.
		 */
		public static function setLaggedReplicaMode( object $self ): mixed {
		}

		/**
		 * As getReadOnlyReason() of the shell.
		 */
		public static function getReadOnlyReason( object $self, mixed $domain = false ): mixed {
		}

		/**
		 * As isPrimaryRunningReadOnly() of the shell.
		 */
		public static function isPrimaryRunningReadOnly( object $self, object $ask, mixed $domain = null ): mixed {
		}

		/**
		 * As pingAll() of the shell.
		 */
		public static function pingAll( object $self ): mixed {
		}

		/**
		 * As getOpenConnections() of the shell.
		 */
		public static function getOpenConnections( object $self ): mixed {
		}

		/**
		 * As getOpenPrimaryConnections() of the shell.
		 */
		public static function getOpenPrimaryConnections( object $self ): mixed {
		}

		/**
		 * As getMaxLag() of the shell.
		 */
		public static function getMaxLag( object $self, mixed $domain = false ): mixed {
		}

		/**
		 * As getLagTimes() of the shell.
		 */
		public static function getLagTimes( object $self, mixed $second ): mixed {
		}

		/**
		 * As waitForPrimaryPos() of the shell.
		 */
		public static function waitForPrimaryPos( object $self, object $connection, mixed $position = false, mixed $given = null ): mixed {
		}

		/**
		 * As setTransactionListener() of the shell.
		 */
		public static function setTransactionListener( object $self, mixed $name, mixed $callback ): mixed {
		}

		/**
		 * As setTableAliases() of the shell.
		 */
		public static function setTableAliases( object $self, array $aliases ): mixed {
		}

		/**
		 * As setIndexAliases() of the shell.
		 */
		public static function setIndexAliases( object $self, array $aliases ): mixed {
		}

		/**
		 * As setDomainAliases() of the shell.
		 */
		public static function setDomainAliases( object $self, array $aliases ): mixed {
		}

		/**
		 * As setLocalDomainPrefix() of the shell.
		 */
		public static function setLocalDomainPrefix( object $self, mixed $prefix ): mixed {
		}

		/**
		 * As redefineLocalDomain() of the shell.
		 */
		public static function redefineLocalDomain( object $self, mixed $domain ): mixed {
		}

		/**
		 * As setTempTablesOnlyMode() of the shell.
		 */
		public static function setTempTablesOnlyMode( object $self, mixed $mode, mixed $domain ): mixed {
		}

		/**
		 * As stringifyConn() of the shell.
		 */
		public static function stringifyConn( object $self, object $connection ): mixed {
		}

		/**
		 * As getConnLogContext() of the shell.
		 */
		public static function getConnLogContext( object $self, object $connection, array $extras ): mixed {
		}

		/**
		 * As waitFor() of the shell.
		 */
		public static function waitFor( object $self, mixed $position ): mixed {
		}

		/**
		 * As waitForOne() of the shell.
		 */
		public static function waitForOne( object $self, mixed $position, mixed $timeout ): mixed {
		}

		/**
		 * As openConnection() of the shell.
		 */
		public static function openConnection( object $self, mixed $index, mixed $domain, mixed $flags ): mixed {
		}

		/**
		 * As isNonZeroLoad() of the shell.
		 */
		public static function isNonZeroLoad( object $self, mixed $index ): mixed {
		}

		/**
		 * As getLaggedReplicaMode() of the shell.
		 */
		public static function getLaggedReplicaMode( object $self, mixed $domain = false ): mixed {
		}

		/**
		 * As allowLagged() of the shell.
		 */
		public static function allowLagged( object $self, mixed $mode ): mixed {
		}

		/**
		 * As forEachOpenConnection() of the shell.
		 */
		public static function forEachOpenConnection( object $self, mixed $callback, array $more ): mixed {
		}

		/**
		 * As forEachOpenMasterConnection() of the shell.
		 */
		public static function forEachOpenMasterConnection( object $self, mixed $callback, array $more ): mixed {
		}

		/**
		 * As forEachOpenReplicaConnection() of the shell.
		 */
		public static function forEachOpenReplicaConnection( object $self, mixed $callback, array $more ): mixed {
		}

		/**
		 * As safeGetLag() of the shell.
		 */
		public static function safeGetLag( object $self, object $connection ): mixed {
		}

		/**
		 * As safeWaitForMasterPos() of the shell.
		 */
		public static function safeWaitForMasterPos( object $self, object $connection, mixed $position, mixed $given ): mixed {
		}

		/**
		 * What happens to errors that no errorLogger takes: a warning.
		 *
		 * @param object $exception
		 */
		public static function warnOfException( object $exception ): mixed {
		}

		/**
		 * Asks the primary, for a cache.
		 *
		 * @param object $self
		 * @param object|null $given A connection; null: one is opened
		 * @param mixed $former What the cache held
		 * @return int 1 or 0
		 */
		public static function askWhetherReadOnly( object $self, mixed $given, mixed $former ): mixed {
		}

		/**
		 * Asks every replica, for a cache.
		 *
		 * @param object $self
		 * @return array<int,float|int|false> (index => seconds)
		 */
		public static function measureLagTimes( object $self ): mixed {
		}

		/**
		 * As getLoadMonitor() of the shell for MediaWiki 1.39.
		 */
		public static function getLoadMonitor( object $self ): mixed {
		}

		/**
		 * As getConnectionIndex() of the shell for MediaWiki 1.39.
		 */
		public static function getConnectionIndex( object $self, mixed $asked, array $groups, mixed $domain ): mixed {
		}

		/**
		 * As setExistingReaderIndex() of the shell for MediaWiki 1.39.
		 */
		public static function setExistingReaderIndex( object $self, mixed $group, mixed $index ): mixed {
		}

		/**
		 * As setWaitForPositionIfHigher() of the shell for MediaWiki 1.39.
		 */
		public static function setWaitForPositionIfHigher( object $self, mixed $position ): mixed {
		}

		/**
		 * As doWait() of the shell for MediaWiki 1.39.
		 */
		public static function doWait( object $self, mixed $index, mixed $timeout ): mixed {
		}

		/**
		 * As reuseConnectionInternal() of the shell for MediaWiki 1.39.
		 */
		public static function reuseConnectionInternal( object $self, object $connection ): mixed {
		}

		/**
		 * As getLazyConnectionRef() of the shell for MediaWiki 1.39.
		 */
		public static function getLazyConnectionRef( object $self, mixed $index, mixed $groups, mixed $domain, mixed $flags ): mixed {
		}

		/**
		 * As getRoleFromIndex() of the shell for MediaWiki 1.39.
		 */
		public static function getRoleFromIndex( object $self, mixed $index ): mixed {
		}

		/**
		 * As getLocalConnection() of the shell for MediaWiki 1.39.
		 */
		public static function getLocalConnection( object $self, mixed $index, mixed $flags ): mixed {
		}

		/**
		 * As getForeignConnection() of the shell for MediaWiki 1.39.
		 */
		public static function getForeignConnection( object $self, mixed $index, mixed $domain, mixed $flags ): mixed {
		}

		/**
		 * As getTopologyRole() of the shell for MediaWiki 1.39.
		 */
		public static function getTopologyRole( object $self, mixed $index, array $server ): mixed {
		}

		/**
		 * As initConnFlags() of the shell for MediaWiki 1.39.
		 */
		public static function initConnFlags( object $self, mixed $flags ): mixed {
		}

		/**
		 * As lazyLoadReplicationPositions() of the shell for MediaWiki 1.39.
		 */
		public static function lazyLoadReplicationPositions( object $self ): mixed {
		}

		/**
		 * As getStreamingReplicaIndexes() of the shell for MediaWiki 1.39.
		 */
		public static function getStreamingReplicaIndexes( object $self ): mixed {
		}

		/**
		 * As getServerName() of the shell for MediaWiki 1.39.
		 */
		public static function getServerName( object $self, mixed $index ): mixed {
		}

		/**
		 * As getReplicaResumePos() of the shell for MediaWiki 1.39.
		 */
		public static function getReplicaResumePos( object $self ): mixed {
		}

		/**
		 * As isPrimaryConnectionReadOnly() of the shell for MediaWiki 1.39.
		 */
		public static function isPrimaryConnectionReadOnly( object $self, object $ask, object $connection, mixed $flags ): mixed {
		}

		/**
		 * As forEachOpenPrimaryConnection() of the shell for MediaWiki 1.39.
		 */
		public static function forEachOpenPrimaryConnection( object $self, mixed $callback, array $more ): mixed {
		}

		/**
		 * As getOpenReplicaConnections() of the shell for MediaWiki 1.39.
		 */
		public static function getOpenReplicaConnections( object $self ): mixed {
		}

		/**
		 * As getCurrentConnectionCount() of the shell for MediaWiki 1.39.
		 */
		public static function getCurrentConnectionCount( object $self ): mixed {
		}

		/**
		 * As getServerInfoStrict() of the shell for MediaWiki 1.39.
		 */
		public static function getServerInfoStrict( object $self, mixed $index, mixed $field ): mixed {
		}

		/**
		 * What happens to deprecations that no deprecationLogger takes: PHP is told.
		 *
		 * @param string $message
		 */
		public static function warnOfDeprecation( mixed $message ): mixed {
		}

		/**
		 * Asks a primary's connection whether it is read-only, for a cache.
		 *
		 * @param object $self
		 * @param object $connection
		 * @return int 1 or 0
		 */
		public static function askConnection( object $self, object $connection ): mixed {
		}

		/**
		 * Asks the primary whether it is read-only, for a cache.
		 *
		 * @param object $self
		 * @param object $domain Wikimedia\Rdbms\DatabaseDomain
		 * @return int 1 or 0
		 */
		public static function askPrimary( object $self, object $domain ): mixed {
		}
	}

	/**
	 * A write to a clone that waits in the host's DeferredUpdates, with the lock
	 * that protects it. Made by the body alone.
	 *
	 * @since 0.1.0
	 */
	final class DeferredWrite {
		private function __construct() {
		}

		/**
		 * @param mixed ...$ignored The host hands over the name of its caller
		 */
		public function __invoke( mixed ...$ignored ): void {
		}
	}
}

namespace {

	/**
	 * What the extension is doing in this process.
	 *
	 * @since 0.1.0
	 * @return array{version:string,enabled:bool,host:?string,libraries:array<string,string>,classes:array}
	 *  - version: of the extension
	 *  - enabled: mwnative.enable
	 *  - host: MW_VERSION, null before the host has defined it
	 *  - libraries: (name => text) the version of OpenSSL that runs and of the hiredis that was compiled
	 *    with; 'TLS to Redis': yes or no
	 *  - classes: (class name => array)
	 *    - state: 'bound', 'stepped aside', 'not asked for', 'original loaded first' or 'disabled'
	 *    - reason: (string) why it is not bound, '' when it is
	 *    - host: (string|null) the generation of the host whose shell was taken
	 *    - name: (string|null) the name of the bound class
	 *    - parent: (string|null) the host's class that it extends; of LoadBalancer, the interface
	 *    - counters: since the process started.
	 *      FileBackendMultiWrite: calls, filesChecked, outOfSync, resynced (int) and replicationFailures
	 *      (backend name => int). PoolCounterRedis: (pool type => array) of acquired, waited,
	 *      doneByOthers, queueFull, timedOut, failedOver, errors (int) and secondsWaited (float).
	 *      LoadBalancer: calls, connectionsOpened, connectionsFailed, readersChosen,
	 *      laggedReplicaUsed (int)
	 */
	function mwnative_status(): array {
	}
}
