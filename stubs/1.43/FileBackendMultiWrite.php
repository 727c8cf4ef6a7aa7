<?php
/**
 * FileBackendMultiWrite as MediaWiki 1.43 declares it. The work is done by the body,
 * MwNative\FileBackendMultiWrite, in C: src/ and ext/file_backend/.
 *
 * This file is included by the binder when the host first asks for the class;
 * nothing else needs to load it.
 *
 * @license GPL-2.0-or-later
 */

namespace Wikimedia\FileBackend;

use MwNative\FileBackendMultiWrite as Body;
use Shellbox\Command\BoxedCommand;
use StatusValue;

/**
 * A file backend that mirrors writes to several backends, checks that they
 * agree and mends them. Reads are served by the master or, without 'latest',
 * by the backend with read affinity.
 *
 * Storage paths are mwstore://<backend>/<container>/<path>: a proxy path carries
 * this object's name, a real path the name of one of its backends.
 *
 * @since 0.1.0
 */
class FileBackendMultiWrite extends FileBackend {
	/** @var FileBackendStore[] By index of the configuration */
	protected $backends = [];
	/** @var int|string Index of the master */
	protected $masterIndex = -1;
	/** @var int|string Index of the backend that serves reads without 'latest' */
	protected $readIndex = -1;

	/** @var int Bits of CHECK_* */
	protected $syncChecks = 0;
	/** @var string|bool false, true or 'conservative' */
	protected $autoResync = false;
	/** @var bool Whether clones are written after the response */
	protected $asyncWrites = false;

	/** @var bool Whether quick operations stay on the master; ours */
	protected $noPushQuickOps = false;
	/** @var string[] Containers whose directory operations stay on the master; ours */
	protected $noPushDirConts = [];

	/** Compare sizes. Public, unlike the host's, since it is meant for configuration. */
	public const CHECK_SIZE = 1;
	/** Compare modification times, 30 seconds apart at most. */
	public const CHECK_TIME = 2;
	/** Compare SHA-1 digests. */
	public const CHECK_SHA1 = 4;

	/**
	 * Builds the backends of the proxy.
	 *
	 * @param array $config The keys of FileBackend, and:
	 *  - backends: (index => array) the configuration of each backend: class (string),
	 *    name (string), isMultiMaster (bool; true for exactly one), readAffinity (bool;
	 *    reads without 'latest' go there), template (string; resolved by FileBackendGroup)
	 *  - syncChecks: (int) CHECK_SIZE | CHECK_TIME | CHECK_SHA1, default CHECK_SIZE
	 *  - autoResync: (bool|string) false, true or 'conservative', default false
	 *  - replication: (string) 'sync' or 'async', default 'sync'
	 *  - noPushQuickOps: (bool) quick operations go to the master alone, default false
	 *  - noPushDirConts: (string[]) containers whose directories are prepared, secured,
	 *    published and cleaned on the master alone, default none
	 * @throws \LogicException Two backends of one name, two masters or no master
	 * @throws \InvalidArgumentException A backend without a class
	 */
	public function __construct( array $config ) {
		Body::construct( $this, $config );
	}

	/**
	 * Checks, mends where autoResync says so, then writes to the master and, where
	 * that succeeded, to the clones.
	 *
	 * @param array[] $ops As for FileBackend::doOperations()
	 * @param array $opts As for FileBackend::doOperations()
	 * @return StatusValue success, successCount and failCount are the master's
	 */
	final protected function doOperationsInternal( array $ops, array $opts ) {
		return Body::doOperationsInternal( $this, $ops, $opts );
	}

	/**
	 * Do all backends agree on these files? To be called with the files locked or
	 * the proxy read-only.
	 *
	 * @param string[] $paths Proxy paths
	 * @return StatusValue backend-fail-stat, backend-fail-hash, backend-fail-synced
	 */
	public function consistencyCheck( array $paths ) {
		return Body::consistencyCheck( $this, $paths );
	}

	/**
	 * Can each backend hold these files?
	 *
	 * @param string[] $paths Proxy paths
	 * @return StatusValue backend-fail-usable for each path and backend
	 */
	public function accessibilityCheck( array $paths ) {
		return Body::accessibilityCheck( $this, $paths );
	}

	/**
	 * Makes the clones agree with the master. To be called with the files locked.
	 *
	 * @param string[] $paths Proxy paths
	 * @param string|bool $resyncMode true, or 'conservative': deletes nothing and
	 *   overwrites nothing that is newer than the master's
	 * @return StatusValue
	 */
	public function resyncFiles( array $paths, $resyncMode = true ) {
		return Body::resyncFiles( $this, $paths, $resyncMode );
	}

	/**
	 * @param array[] $ops
	 * @return string[] The distinct files that a batch reads or writes, proxy paths
	 */
	protected function fileStoragePathsForOps( array $ops ) {
		return Body::fileStoragePathsForOps( $this, $ops );
	}

	/**
	 * @param array[] $ops
	 * @param FileBackendStore $backend
	 * @return array[] The batch with real paths in src, srcs, dst and dir
	 */
	protected function substOpBatchPaths( array $ops, FileBackendStore $backend ) {
		return Body::substOpBatchPaths( $this, $ops, $backend );
	}

	/**
	 * @param array $ops One operation, or the parameters of a read
	 * @param FileBackendStore $backend
	 * @return array The same with real paths in src, srcs, dst and dir
	 */
	protected function substOpPaths( array $ops, FileBackendStore $backend ) {
		return Body::substOpPaths( $this, $ops, $backend );
	}

	/**
	 * @param string|string[] $paths Proxy paths
	 * @param FileBackendStore $backend
	 * @return string|string[] Real paths; what carries another name stays
	 */
	protected function substPaths( $paths, FileBackendStore $backend ) {
		return Body::substPaths( $this, $paths, $backend );
	}

	/**
	 * @param string|string[] $paths Real paths
	 * @param FileBackendStore $backend
	 * @return string|string[] Proxy paths; what carries another name stays
	 */
	protected function unsubstPaths( $paths, FileBackendStore $backend ) {
		return Body::unsubstPaths( $this, $paths, $backend );
	}

	/**
	 * @param array[] $ops
	 * @return bool Whether a source file may vanish before a deferred write
	 */
	protected function hasVolatileSources( array $ops ) {
		return Body::hasVolatileSources( $this, $ops );
	}

	/**
	 * Writes without locks and checks: the master first, then the clones.
	 *
	 * @param array[] $ops As for FileBackend::doQuickOperations()
	 * @param array $opts
	 * @return StatusValue success, successCount and failCount are the master's
	 */
	protected function doQuickOperationsInternal( array $ops, array $opts ) {
		return Body::doQuickOperationsInternal( $this, $ops, $opts );
	}

	/**
	 * Makes a directory usable on all backends.
	 *
	 * @param array $params dir (string), and what the stores take
	 * @return StatusValue
	 */
	protected function doPrepare( array $params ) {
		return Body::doPrepare( $this, $params );
	}

	/**
	 * Closes a directory to the public on all backends.
	 *
	 * @param array $params dir (string), and what the stores take
	 * @return StatusValue
	 */
	protected function doSecure( array $params ) {
		return Body::doSecure( $this, $params );
	}

	/**
	 * Opens a directory to the public on all backends.
	 *
	 * @param array $params dir (string), and what the stores take
	 * @return StatusValue
	 */
	protected function doPublish( array $params ) {
		return Body::doPublish( $this, $params );
	}

	/**
	 * Removes a directory that is empty on all backends.
	 *
	 * @param array $params dir (string), and what the stores take
	 * @return StatusValue
	 */
	protected function doClean( array $params ) {
		return Body::doClean( $this, $params );
	}

	/**
	 * @param string $method prepare, secure, publish or clean
	 * @param array $params dir (string), and what the stores take
	 * @return StatusValue
	 */
	protected function doDirectoryOp( $method, array $params ) {
		return Body::doDirectoryOp( $this, $method, $params );
	}

	/**
	 * @param array $params srcs (string[]), dst (string, a local path), parallelize (bool)
	 * @return StatusValue
	 */
	public function concatenate( array $params ) {
		return Body::concatenate( $this, $params );
	}

	/**
	 * @param array $params src (string), latest (bool)
	 * @return bool|null null: unknown because of an error
	 */
	public function fileExists( array $params ) {
		return Body::reader( $this, $params, $realParams )->fileExists( $realParams );
	}

	/**
	 * @param array $params src (string), latest (bool)
	 * @return string|false TS_MW
	 */
	public function getFileTimestamp( array $params ) {
		return Body::reader( $this, $params, $realParams )->getFileTimestamp( $realParams );
	}

	/**
	 * @param array $params src (string), latest (bool)
	 * @return int|false Bytes
	 */
	public function getFileSize( array $params ) {
		return Body::reader( $this, $params, $realParams )->getFileSize( $realParams );
	}

	/**
	 * @param array $params src (string), latest (bool)
	 * @return array|false|null mtime (string, TS_MW), size (int, bytes), …;
	 *   false: absent; null: unknown because of an error
	 */
	public function getFileStat( array $params ) {
		return Body::reader( $this, $params, $realParams )->getFileStat( $realParams );
	}

	/**
	 * @param array $params src (string), latest (bool)
	 * @return array|false headers (array), metadata (array)
	 */
	public function getFileXAttributes( array $params ) {
		return Body::reader( $this, $params, $realParams )->getFileXAttributes( $realParams );
	}

	/**
	 * @param array $params srcs (string[]), latest (bool), parallelize (bool)
	 * @return array (proxy path => string|false|null)
	 */
	public function getFileContentsMulti( array $params ) {
		return Body::getFileContentsMulti( $this, $params );
	}

	/**
	 * @param array $params src (string), latest (bool)
	 * @return string|false SHA-1 in base 36, 31 digits
	 */
	public function getFileSha1Base36( array $params ) {
		return Body::reader( $this, $params, $realParams )->getFileSha1Base36( $realParams );
	}

	/**
	 * @param array $params src (string), latest (bool)
	 * @return array As FSFile::getProps()
	 */
	public function getFileProps( array $params ) {
		return Body::reader( $this, $params, $realParams )->getFileProps( $realParams );
	}

	/**
	 * @param array $params src (string), headers (string[]), latest (bool),
	 *   headless (bool), options (array)
	 * @return StatusValue
	 */
	public function streamFile( array $params ) {
		return Body::reader( $this, $params, $realParams )->streamFile( $realParams );
	}

	/**
	 * @param array $params srcs (string[]), latest (bool), parallelize (bool)
	 * @return array (proxy path => FSFile|false|null)
	 */
	public function getLocalReferenceMulti( array $params ) {
		return Body::getLocalReferenceMulti( $this, $params );
	}

	/**
	 * @param array $params srcs (string[]), latest (bool), parallelize (bool)
	 * @return array (proxy path => TempFSFile|false|null)
	 */
	public function getLocalCopyMulti( array $params ) {
		return Body::getLocalCopyMulti( $this, $params );
	}

	/**
	 * @param array $params src (string), ttl (int, seconds), …
	 * @return string|null
	 */
	public function getFileHttpUrl( array $params ) {
		return Body::reader( $this, $params, $realParams )->getFileHttpUrl( $realParams );
	}

	/**
	 * Since 1.43 of the host.
	 *
	 * @param BoxedCommand $command
	 * @param string $boxedName
	 * @param array $params src (string)
	 * @return StatusValue
	 */
	public function addShellboxInputFile( BoxedCommand $command, string $boxedName, array $params ) {
		return Body::addShellboxInputFile( $this, $command, $boxedName, $params );
	}

	/**
	 * @param array $params dir (string)
	 * @return bool|null null: unknown because of an error
	 */
	public function directoryExists( array $params ) {
		return Body::masterReader( $this, $params, $realParams )->directoryExists( $realParams );
	}

	/**
	 * @param array $params dir (string), topOnly (bool)
	 * @return iterable<string>|null
	 */
	public function getDirectoryList( array $params ) {
		return Body::masterReader( $this, $params, $realParams )->getDirectoryList( $realParams );
	}

	/**
	 * @param array $params dir (string), topOnly (bool), adviseStat (bool), forWrite (bool: all backends)
	 * @return iterable<string>|null
	 */
	public function getFileList( array $params ) {
		return Body::getFileList( $this, $params );
	}

	/**
	 * Since 1.43 of the host.
	 *
	 * @param array $params dir (string)
	 * @return string[] The distinct files of all backends
	 */
	private function getFileListForWrite( $params ) {
		return Body::getFileListForWrite( $this, $params );
	}

	/** @return int FileBackend::ATTR_* of the master */
	public function getFeatures() {
		return Body::getFeatures( $this );
	}

	/** @param string[]|null $paths Proxy paths; null: everything */
	public function clearCache( ?array $paths = null ) {
		Body::clearCache( $this, $paths );
	}

	/** @param string[] $paths Proxy paths */
	public function preloadCache( array $paths ) {
		Body::preloadCache( $this, $paths );
	}

	/**
	 * @param array $params srcs (string[]), latest (bool)
	 * @return bool
	 */
	public function preloadFileStat( array $params ) {
		return Body::reader( $this, $params, $realParams )->preloadFileStat( $realParams );
	}

	/**
	 * @param array[] $ops
	 * @param StatusValue $status Receives the messages of the lock manager
	 * @return \ScopedLock|null
	 */
	public function getScopedLocksForOps( array $ops, StatusValue $status ) {
		return Body::getScopedLocksForOps( $this, $ops, $status );
	}

	/**
	 * @param array $params latest (bool)
	 * @return int|string Index of the master, or of the backend with read affinity
	 */
	protected function getReadIndexFromParams( array $params ) {
		return Body::getReadIndexFromParams( $this, $params );
	}
}
