<?php
/**
 * What the processes of tests/pool share: the pools, the host's class, and who holds what.
 */

namespace Pool;

require_once __DIR__ . '/../fixtures/real-host.php';

/** Result codes of the host's PoolCounter. */
const LOCKED = 1;
const RELEASED = 2;
const DONE = 3;
const NOT_LOCKED = -2;
const QUEUE_FULL = -3;
const TIMEOUT = -4;
const LOCK_HELD = -5;

/** What run was asked for; every process gets the same, as JSON. */
class Plan {
	public string $folder;
	public string $host;
	public int $seed;
	public int $steps;
	public int $processes;
	public bool $mixed;
	public string $sabotage;
	/** Seconds after which the slot of a process that was killed is given to others. */
	public int $ttl;
	/** @var string[] Kinds of steps that are not made */
	public array $without;

	public static function read( string $json ): self {
		$plan = new self;
		foreach ( json_decode( $json, true, 512, JSON_THROW_ON_ERROR ) as $name => $value ) {
			$plan->$name = $value;
		}
		return $plan;
	}

	/** @return string native or original: the class that this worker uses */
	public function side( int $worker ): string {
		return $this->mixed && $worker % 2 ? 'original' : 'native';
	}

	/** The last step of each worker; the first is 1. */
	public function last(): int {
		return intdiv( $this->steps + $this->processes - 1, $this->processes );
	}

	/** From this step on nobody is killed, so that what the killed left is gone when all have ended. */
	public function calm_from(): int {
		return max( 1, (int)( $this->last() * 0.93 ) );
	}

	/** A hold that lasts longer may lose its slot by right: the machine was too slow for the test. */
	public function too_long(): float {
		return $this->ttl / 2;
	}

	/**
	 * The pools. The original knows whole seconds only, and takes 0 for ever; what is stale in a pool
	 * depends on its timeout, so that all its workers must be told the same.
	 */
	public function pools(): array {
		$pools = [
			[ 'key' => 'alpha', 'workers' => 1, 'maxqueue' => 3, 'timeout' => 0.2 ],
			[ 'key' => 'beta', 'workers' => 2, 'maxqueue' => 1, 'timeout' => 0.1 ],
			[ 'key' => 'gamma', 'workers' => 5, 'maxqueue' => 6, 'timeout' => 0.05 ],
			[ 'key' => 'nowait:delta', 'workers' => 3, 'maxqueue' => 4, 'timeout' => 0 ],
		];
		if ( $this->mixed ) {
			foreach ( $pools as &$pool ) {
				$pool['timeout'] = 1;
			}
			$pools[3]['key'] = 'delta';
		}
		return $pools;
	}

	/** A pool of those with the class of this process. */
	public function make( int $pool, string $class = Pool::class, array $more = [] ): object {
		$made = new $class( $more + $this->pools()[$pool] + [
			'servers' => [ 'one' => "$this->folder/redis" ],
			'redisConfig' => [ 'connectTimeout' => 10, 'readTimeout' => 20, 'persistent' => true ],
		], "type$pool", $this->pools()[$pool]['key'] );
		$made->set_ttl( $this->ttl );
		return $made;
	}

	/** Redis' names for what a pool is kept in. */
	public function redis_keys( int $pool ): array {
		$end = sha1( $this->pools()[$pool]['key'] ) . '-' . $this->pools()[$pool]['workers'];
		return [ 'slots' => "poolcounter:l-slots-$end", 'due' => "poolcounter:z-renewtime-$end",
			'waiters' => "poolcounter:z-wait-$end" ];
	}

	/** Loads the host and its class, ready to be used as Pool and HookedPool. */
	public function start_host( string $side ): void {
		start_real_host( $this->host );
		// Outside of a wiki there is none, and 1.39 asks for one.
		\MediaWiki\Logger\LoggerFactory::registerProvider( new \MediaWiki\Logger\NullSpi );
		$name = $this->host === '1.39' ? 'PoolCounterRedis' : 'MediaWiki\\PoolCounter\\PoolCounterRedis';
		class_alias( $name, 'Pool\\HostPool' );
		require __DIR__ . '/pools.php';
		// An exception out of a signal's handler may fall into the loading of a class, which is lost then.
		foreach ( [ 'Wikimedia\\ObjectCache\\RedisConnRef', 'RedisConnRef', 'MediaWiki\\Status\\Status', 'Status' ] as $class ) {
			class_exists( $class );
		}
		$state = function_exists( 'mwnative_status' ) ? mwnative_status()['classes']['PoolCounterRedis']['state'] : 'not there';
		if ( ( $state === 'bound' ) !== ( $side === 'native' ) ) {
			throw new \Exception( "the $side class was to be used, and the native one is $state" );
		}
	}

	/** A property was violated, or something happened that is to be counted. */
	public function report( string $property, string $detail ): void {
		file_put_contents( "$this->folder/reports", "$property\t" . strtr( $detail, "\t\n", '  ' ) . "\n", FILE_APPEND );
	}
}

/**
 * Who holds what, outside of the pool: a file for each pool with a line for each worker.
 * The system gives up the lock of a process that is killed.
 */
class Board {
	private const LINE = 64;
	/** @var resource */
	private $file;

	public function __construct( private Plan $plan, private int $pool ) {
		$this->file = fopen( "$plan->folder/board-$pool", 'c+' );
		stream_set_read_buffer( $this->file, 0 );
	}

	/** Writes down that the worker holds a slot since then, and compares. A slow one does not count. */
	public function enter( int $worker, string $slot, float $since, bool $slow ): void {
		$workers = $this->plan->pools()[$this->pool]['workers'];
		flock( $this->file, LOCK_EX );
		fseek( $this->file, 0 );
		$lines = str_split( str_pad( (string)fread( $this->file, self::LINE * $this->plan->processes ),
			self::LINE * $this->plan->processes ), self::LINE );
		$this->write( $worker, sprintf( '%s %.6f %d', $slot, $since, getmypid() ) );
		flock( $this->file, LOCK_UN );
		$holders = [];
		foreach ( $lines as $other => $line ) {
			$words = explode( ' ', trim( $line ) );
			if ( $other === $worker || count( $words ) < 3 ) {
				continue;
			}
			if ( microtime( true ) - (float)$words[1] > $this->plan->too_long() ) {
				$this->plan->report( 'slow', "a holder in pool $this->pool" );
				continue;
			}
			$holders[$other] = "worker $other: " . trim( $line );
		}
		if ( $slow ) {
			$this->plan->report( 'slow', "worker $worker itself, pool $this->pool" );
			return;
		}
		$me = "worker $worker: slot $slot since $since in pool $this->pool";
		if ( count( $holders ) + 1 > $workers ) {
			$this->plan->report( 'holders', "$me; " . implode( ', ', $holders ) );
		}
		foreach ( $holders as $holder ) {
			if ( preg_match( "/: $slot /", $holder ) ) {
				$this->plan->report( 'same slot', "$me; $holder" );
			}
		}
		if ( !ctype_digit( $slot ) || $slot < 1 || $slot > $workers ) {
			$this->plan->report( 'same slot', "$me is none of the pool's" );
		}
	}

	public function leave( int $worker ): void {
		$this->write( $worker, '' );
	}

	private function write( int $worker, string $text ): void {
		fseek( $this->file, self::LINE * $worker );
		fwrite( $this->file, str_pad( $text, self::LINE ) );
	}
}

/** A connection to the Redis server that has nothing to do with the pools. */
class Redis {
	/** @var resource */
	private $socket;

	public function __construct( Plan $plan ) {
		$this->socket = stream_socket_client( "unix://$plan->folder/redis" );
	}

	public function send( array ...$commands ): void {
		$text = '';
		foreach ( $commands as $words ) {
			$text .= '*' . count( $words ) . "\r\n";
			foreach ( $words as $word ) {
				$text .= '$' . strlen( (string)$word ) . "\r\n$word\r\n";
			}
		}
		fwrite( $this->socket, $text );
	}

	public function receive(): mixed {
		$line = fgets( $this->socket );
		if ( $line === false ) {
			throw new \Exception( 'the Redis server is gone' );
		}
		$rest = substr( $line, 1, -2 );
		switch ( $line[0] ) {
			case '$':
				return $rest === '-1' ? false : substr( stream_get_contents( $this->socket, $rest + 2 ), 0, -2 );
			case '*':
				$list = [];
				for ( $i = 0; $i < (int)$rest; $i++ ) {
					$list[] = $this->receive();
				}
				return $list;
			case ':':
				return (int)$rest;
			case '-':
				throw new \Exception( "Redis: $rest" );
			default:
				return $rest;
		}
	}

	public function call( ...$words ): mixed {
		$this->send( $words );
		return $this->receive();
	}

	/** All of them at one moment. */
	public function at_once( array $commands ): array {
		$this->send( [ 'MULTI' ], ...[ ...$commands, [ 'EXEC' ] ] );
		for ( $i = 0; $i <= count( $commands ); $i++ ) {
			$this->receive();
		}
		return $this->receive();
	}
}
