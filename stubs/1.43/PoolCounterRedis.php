<?php
/**
 * PoolCounterRedis as MediaWiki 1.43 declares it. The work is done by the body,
 * MwNative\PoolCounterRedis, in C: src/ and ext/pool_counter/.
 *
 * This file is included by the binder when the host first asks for the class;
 * nothing else needs to load it.
 *
 * @license GPL-2.0-or-later
 */

namespace MediaWiki\PoolCounter;

use MwNative\PoolCounterRedis as Body;
use MediaWiki\Status\Status;
use Wikimedia\ObjectCache\RedisConnRef;

/**
 * A semaphore over Redis: at most `workers` processes do work of one key at a time,
 * at most `maxqueue` more wait for them, each at most `timeout` seconds.
 *
 * @since 0.2.0
 */
class PoolCounterRedis extends PoolCounter {
	/** @var null Not made: placement is computed in C, once a process for a set of servers */
	protected $ring;
	/** @var null Not made: connections are kept in C */
	protected $pool;
	/** @var string[] Addresses by label, as configured */
	protected $serversByLabel;
	/** @var string SHA-1 of the key, in hex */
	protected $keySha1;
	/** @var int Seconds after which a slot that was not released is given to others */
	protected $lockTTL;
	/** @var RedisConnRef|null What getConnection() gave; null as long as nothing asked for it */
	protected $conn;
	/** @var string|null Number of the slot that is held */
	protected $slot;
	/** @var int|null AWAKE_*, while a slot is held */
	protected $onRelease;
	/** @var string|null Name of the last acquisition; no other has it */
	protected $session;
	/** @var float|null UNIX time at which the slot was acquired */
	protected $slotTime;

	/** @var string The pool's type, a key of $wgPoolCounterConf; ours */
	private $poolType;
	/** @var int|null Which servers the body is to use; ours */
	private $serverSet;
	/** @var bool Whether release() waits for no reply; ours */
	private $deferRelease = false;

	/** A released slot goes to one waiter. */
	private const AWAKE_ONE = 1;
	/** Besides, all who wait for somebody to do the work are told that it is done. */
	private const AWAKE_ALL = 2;

	/** @var PoolCounterRedis[]|null Those that hold a slot, by session; null before the first is made */
	protected static $active = null;

	/**
	 * @param array $conf
	 *  - workers: (int) how many may hold a slot, at least 1
	 *  - maxqueue: (int) how many may wait, 0 or more
	 *  - timeout: (int|float) seconds that they wait at most; 0: not at all
	 *  - slots: (int) keys of the type are hashed to so many pools; 0: a pool for each key
	 *  - fastStale: (bool) the host's
	 *  - servers: (label => address) host:port, [ipv6]:port, tcp:// or tls://host:port, or the path of a
	 *    unix socket
	 *  - redisConfig: connectTimeout, readTimeout (seconds, default 1; 0: no limit), persistent (bool),
	 *    password (string, or [ user, password ]), user (string), database (int), and for TLS cafile (string),
	 *    verifyPeer (bool, default true), peerName (string)
	 *  - deferRelease: (bool) release() does not wait for the server's reply, default false
	 * @param string $type A key of $wgPoolCounterConf
	 * @param string $key What the work is about
	 * @throws \InvalidArgumentException A key of the configuration has an impossible value
	 */
	public function __construct( #[\SensitiveParameter] $conf, $type, $key ) {
		Body::construct( $this, $conf, $type, $key );
	}

	/**
	 * A connection to the first server of the key that can be reached.
	 *
	 * @return Status Its value is a MwNative\RedisConnection; or pool-servererror
	 */
	protected function getConnection() {
		return Body::getConnection( $this );
	}

	/**
	 * Acquires a slot to do the work.
	 *
	 * @param int|float|null $timeout Seconds to wait at most; null: as configured
	 * @return Status LOCKED, QUEUE_FULL, TIMEOUT, LOCK_HELD; or pool-servererror,
	 *   pool-error-unknown, poolcounter-usage-error
	 */
	public function acquireForMe( $timeout = null ) {
		return Body::acquireForMe( $this, $timeout );
	}

	/**
	 * The same, but content with somebody else doing the work.
	 *
	 * @param int|float|null $timeout Seconds to wait at most; null: as configured
	 * @return Status As acquireForMe(), and DONE
	 */
	public function acquireForAnyone( $timeout = null ) {
		return Body::acquireForAnyone( $this, $timeout );
	}

	/**
	 * Gives the slot back. Whatever the status says, none is held any more.
	 *
	 * @return Status RELEASED, NOT_LOCKED; or pool-error-unknown
	 */
	public function release() {
		return Body::release( $this );
	}

	/**
	 * @param int $doWakeup AWAKE_*
	 * @param int|float|null $timeout Seconds; null: as configured
	 * @return Status
	 */
	protected function waitForSlotOrNotif( $doWakeup, $timeout = null ) {
		return Body::waitForSlotOrNotif( $this, $doWakeup, $timeout );
	}

	/**
	 * Takes a free slot or joins the queue.
	 *
	 * @param RedisConnRef $conn What getConnection() gave
	 * @param float $now UNIX time
	 * @return string|false Number of a slot, QUEUE_FULL, QUEUE_WAIT or TIMEOUT
	 */
	protected function initAndPopPoolSlotList( RedisConnRef $conn, $now ) {
		return Body::initAndPopPoolSlotList( $this, $conn, $now );
	}

	/**
	 * Leaves the queue, with a slot that was handed over or without.
	 *
	 * @param RedisConnRef $conn What getConnection() gave
	 * @param string $slot Number of the slot; "w": none
	 * @param float $now UNIX time
	 * @return int|false
	 */
	protected function registerAcquisitionTime( RedisConnRef $conn, $slot, $now ) {
		return Body::registerAcquisitionTime( $this, $conn, $slot, $now );
	}

	/**
	 * @return string Key of the list of free slots
	 */
	protected function getSlotListKey() {
		return Body::getSlotListKey( $this );
	}

	/**
	 * @return string Key of the sorted set of (slot => UNIX time from which on it counts as lost)
	 */
	protected function getSlotRTimeSetKey() {
		return Body::getSlotRTimeSetKey( $this );
	}

	/**
	 * @return string Key of the sorted set of (waiting session => UNIX time of its registration)
	 */
	protected function getWaitSetKey() {
		return Body::getWaitSetKey( $this );
	}

	/**
	 * @return string Key of the list that wakes those who wait for the work to be done
	 */
	protected function getWakeupListKey() {
		return Body::getWakeupListKey( $this );
	}

	/**
	 * Releases every slot that this process holds; called when a request ends.
	 */
	public static function releaseAll() {
		Body::releaseAll();
	}
}
