<?php
# The servers of `bin/bench pool`: plain processes that end with this one, whatever ends it.

final class BenchServer {
	/** @var resource */
	private $process;

	/**
	 * @param string[] $command
	 * @param string $address Where it will answer: host:port or a socket's path
	 */
	public function __construct( array $command, public readonly string $address, string $log ) {
		# The signal is for when this process is killed before it can stop anything.
		$this->process = proc_open(
			[ 'setpriv', '--pdeathsig', 'KILL', ...$command ],
			[ [ 'file', '/dev/null', 'r' ], [ 'file', $log, 'w' ], [ 'file', $log, 'a' ] ],
			$pipes
		);
		register_shutdown_function( [ $this, 'stop' ] );
		for ( $tries = 0; !self::answers( $address ); $tries++ ) {
			if ( $tries === 500 || !proc_get_status( $this->process )['running'] ) {
				benchFail( "{$command[0]} does not answer at $address: " . trim( (string)file_get_contents( $log ) ) );
			}
			usleep( 10000 );
		}
	}

	public static function answers( string $address ): bool {
		return (bool)@stream_socket_client( ( $address[0] === '/' ? 'unix://' : 'tcp://' ) . $address );
	}

	public function stop(): void {
		if ( is_resource( $this->process ) ) {
			proc_terminate( $this->process, 9 );
			proc_close( $this->process );
		}
	}
}

/** @param bool $tcp On a loopback port instead of a unix socket */
function benchStartRedis( array $options, bool $tcp ): BenchServer {
	$command = [ $options['redis'], '--save', '', '--appendonly', 'no', '--daemonize', 'no', '--dir', $options['folder'] ];
	if ( $tcp ) {
		$port = benchFreePort();
		$address = "127.0.0.1:$port";
		array_push( $command, '--bind', '127.0.0.1', '--port', (string)$port );
	} else {
		$address = "{$options['folder']}/redis.sock";
		array_push( $command, '--port', '0', '--unixsocket', $address );
	}
	return new BenchServer( $command, $address, "{$options['folder']}/redis.log" );
}

/** poolcounterd chooses its port itself, so each run gives it an address of its own. */
function benchStartPoolCounter( array $options ): ?BenchServer {
	if ( $options['poolcounterd'] === '' ) {
		return null;
	}
	$address = sprintf( '127.75.%d.%d', random_int( 1, 254 ), random_int( 1, 254 ) );
	return new BenchServer(
		[ $options['poolcounterd'], '-l', $address ], "$address:7531", "{$options['folder']}/poolcounterd.log"
	);
}

/** A loopback port that nobody listens on. */
function benchFreePort(): int {
	$socket = stream_socket_server( 'tcp://127.0.0.1:0' );
	$port = (int)substr( strrchr( stream_socket_get_name( $socket, false ), ':' ), 1 );
	fclose( $socket );
	return $port;
}

/** One connection for the driver's own questions. */
final class BenchRedisClient {
	private Redis $redis;

	public function __construct( string $address ) {
		$this->redis = new Redis();
		if ( $address[0] === '/' ) {
			$this->redis->connect( $address );
		} else {
			[ $host, $port ] = explode( ':', $address );
			$this->redis->connect( $host, (int)$port );
		}
	}

	/** Returns when somebody waits in BLPOP. */
	public function awaitWaiter(): void {
		$until = hrtime( true ) + 10e9;
		while ( (int)$this->redis->info( 'clients' )['blocked_clients'] === 0 ) {
			if ( hrtime( true ) > $until ) {
				benchFail( 'nobody waits for the slot' );
			}
			usleep( 200 );
		}
	}

	public function version(): string {
		return $this->redis->info( 'server' )['redis_version'];
	}
}
