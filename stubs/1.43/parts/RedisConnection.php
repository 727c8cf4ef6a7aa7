<?php
/**
 * What PoolCounterRedis::getConnection() gives on MediaWiki 1.43. Included by the body when
 * a subclass first asks for it.
 *
 * @license GPL-2.0-or-later
 */

namespace MwNative;

use Psr\Log\LoggerInterface;
use Wikimedia\ObjectCache\RedisConnRef;

/**
 * A connection that the extension keeps, for subclasses of PoolCounterRedis that
 * speak to the server themselves. Commands are called by their names, as on the host's
 * own connections; their replies are Redis's own, not what phpredis makes of them: hGetAll()
 * gives a list of names and values in turn, zScore() a string, expire() 1; OK is true, nil is
 * false. Errors are thrown as RedisException where phpredis is installed, as RuntimeException
 * where it is not.
 *
 * @since 0.2.0
 */
final class RedisConnection extends RedisConnRef {
	/** @var int Which servers */
	private $serverSet;
	/** @var int Which of them */
	private $serverNumber;

	/**
	 * @param string $server Its address as configured
	 * @param LoggerInterface $logger
	 * @param int $serverSet
	 * @param int $serverNumber
	 */
	public function __construct( $server, $logger, $serverSet, $serverNumber ) {
		$this->server = $server;
		$this->logger = $logger;
		$this->serverSet = $serverSet;
		$this->serverNumber = $serverNumber;
	}

	/**
	 * @param string $name A command
	 * @param array $arguments Its arguments; arrays among them are flattened
	 * @return mixed
	 */
	public function __call( $name, $arguments ) {
		// A command that blocks says last for how long; the reply may come a little later.
		$blocks = preg_match( '/^b(l|r|z)/i', $name ) && $arguments;
		$reply = PoolCounterRedis::command( $this, [ $name, $arguments ], $blocks ? end( $arguments ) + 1 : -1 );
		return $reply === false && $blocks ? [] : $reply;
	}

	/**
	 * @param string $script Lua
	 * @param array $params Keys, then arguments
	 * @param int $numKeys
	 * @return mixed
	 */
	public function luaEval( $script, array $params, $numKeys ) {
		return PoolCounterRedis::command( $this, [ 'EVAL', $script, $numKeys, $params ], -1 );
	}

	/** The extension keeps the connection. */
	public function __destruct() {
	}
}
