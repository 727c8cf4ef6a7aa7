<?php

namespace MwNative\MariaDb;

use mysqli;
use RuntimeException;

/** The servers as their administrator sees them: what a scenario does to them. */
final class Cluster {
	public const REPLICAS = [ 'replica1', 'replica2' ];
	/** Seconds after which something that must happen has not. */
	private const PATIENCE = 120;

	/** @var resource[] clients in the background */
	private array $clients = [];

	/** @param array<string,int> $ports by server */
	public function __construct( private string $folder, public readonly array $ports, public readonly string $password ) {
	}

	/** Runs one statement as root on a connection of its own; the rows. */
	public function admin( string $server, string $sql ): array {
		$connection = $this->connect( $server );
		$rows = $this->query( $connection, $sql );
		$connection->close();
		return $rows;
	}

	public function connect( string $server ): mysqli {
		mysqli_report( MYSQLI_REPORT_OFF );
		$connection = mysqli_init();
		if ( !$connection->real_connect( 'localhost', 'root', '', '', 0, "{$this->folder}/$server/s" ) ) {
			throw new RuntimeException( "root cannot connect to $server: " . mysqli_connect_error() );
		}
		return $connection;
	}

	public function query( mysqli $connection, string $sql ): array {
		$result = $connection->query( $sql );
		if ( $result === false ) {
			throw new RuntimeException( "$sql: {$connection->error}" );
		}
		return $result === true ? [] : $result->fetch_all( MYSQLI_ASSOC );
	}

	public function kill( string $server ): void {
		$this->control( 'kill', $server );
	}

	/** Stops a server from answering; its connections stay and the kernel accepts new ones. */
	public function freeze( string $server ): void {
		$this->control( 'freeze', $server );
	}

	public function thaw( string $server ): void {
		$this->control( 'thaw', $server );
	}

	/** A server that was killed comes back, and everybody follows again. */
	public function revive( string $server ): void {
		$this->control( 'start', $server );
		foreach ( $server === 'primary' ? self::REPLICAS : [ $server ] as $replica ) {
			// A thread that waits to connect again would wait for a second.
			$this->admin( $replica, 'STOP SLAVE' );
			$this->admin( $replica, 'START SLAVE' );
		}
		$this->settle();
	}

	/** Until the replicas have applied all that is in the primary. */
	public function settle( array $replicas = self::REPLICAS ): void {
		$position = $this->admin( 'primary', 'SELECT @@gtid_binlog_pos AS p' )[0]['p'];
		foreach ( $replicas as $replica ) {
			$status = [];
			try {
				$this->until( "$replica has caught up", function () use ( $replica, $position, &$status ) {
					$status = $this->status( $replica );
					return $status['Slave_IO_Running'] === 'Yes' && $status['Slave_SQL_Running'] === 'Yes' &&
						$status['Seconds_Behind_Master'] === '0' &&
						$this->admin( $replica, 'SELECT @@gtid_slave_pos AS p' )[0]['p'] === $position;
				} );
			} catch ( RuntimeException $e ) {
				throw new RuntimeException( "{$e->getMessage()}: " . json_encode( array_intersect_key( $status, array_flip( [
					'Slave_IO_Running', 'Last_IO_Error', 'Slave_SQL_Running', 'Last_SQL_Error', 'Seconds_Behind_Master', 'Gtid_IO_Pos',
				] ) ) ) );
			}
		}
	}

	public function status( string $replica ): array {
		return $this->admin( $replica, 'SHOW SLAVE STATUS' )[0];
	}

	/** Until a condition holds, without regard to how long that takes on this machine. */
	public function until( string $what, callable $condition ): void {
		$end = microtime( true ) + self::PATIENCE;
		while ( !$condition() ) {
			if ( microtime( true ) > $end ) {
				throw new RuntimeException( "it does not happen that $what" );
			}
			usleep( 10000 );
		}
	}

	public function stopApplying( string ...$replicas ): void {
		foreach ( $replicas as $replica ) {
			$this->admin( $replica, 'STOP SLAVE SQL_THREAD' );
		}
	}

	/** The replica applies everything that many seconds late. */
	public function delay( string $replica, int $seconds ): void {
		$this->admin( $replica, 'STOP SLAVE' );
		$this->admin( $replica, "CHANGE MASTER TO MASTER_DELAY=$seconds" );
		$this->admin( $replica, 'START SLAVE' );
	}

	/** Another process runs statements on a server after a moment; see finish(). */
	public function later( string $server, float $seconds, string $sql ): void {
		$client = proc_open(
			[ 'mariadb', '--no-defaults', '-uroot', '-S', "{$this->folder}/$server/s", '-e', "DO SLEEP($seconds); $sql" ],
			[ [ 'file', '/dev/null', 'r' ], [ 'file', '/dev/null', 'w' ], [ 'file', "{$this->folder}/client.log", 'a' ] ],
			$pipes
		);
		$this->clients[] = $client ?: throw new RuntimeException( 'no client can be started' );
	}

	/** The same, as soon as a message comes that has this text. */
	public function laterWhen( Recorder $recorder, string $text, string $server, string $sql ): void {
		// The message comes a moment before the wait that it announces.
		$recorder->when( $text, fn () => $this->later( $server, 0.2, $sql ) );
	}

	/** Until the processes of later() have ended. */
	public function finish(): void {
		foreach ( $this->clients as $client ) {
			proc_close( $client );
		}
		$this->clients = [];
	}

	/** All servers run, replicate without delay, and hold the same few rows. */
	public function reset(): void {
		$this->finish();
		foreach ( array_keys( $this->ports ) as $server ) {
			$this->control( 'thaw', $server );
			$this->control( 'start', $server );
		}
		$this->admin( 'primary', 'SET GLOBAL read_only=0' );
		foreach ( [ 'wiki.note', 'wiki.pre_note', 'wiki2.note' ] as $table ) {
			// What a killed process left in a transaction may still hold the table for a moment.
			$this->admin( 'primary', "TRUNCATE TABLE $table" );
			$this->admin( 'primary', "INSERT INTO $table VALUES (0, '$table')" );
		}
		foreach ( self::REPLICAS as $replica ) {
			$status = $this->status( $replica );
			if ( $status['SQL_Delay'] !== '0' ) {
				$this->delay( $replica, 0 );
			} elseif ( $status['Slave_IO_Running'] !== 'Yes' || $status['Slave_SQL_Running'] !== 'Yes' ) {
				$this->admin( $replica, 'STOP SLAVE' );
				$this->admin( $replica, 'START SLAVE' );
			}
		}
		$this->settle();
	}

	private function control( string $action, string $server ): void {
		exec( escapeshellarg( __DIR__ . '/../control' ) . ' ' . escapeshellarg( $this->folder ) .
			" $action $server 2>&1", $output, $code );
		if ( $code !== 0 ) {
			throw new RuntimeException( "$action of $server failed: " . implode( "\n", $output ) );
		}
	}
}
