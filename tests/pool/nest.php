<?php
/**
 * Where the workers of one side are born: loads the host once, forks each worker, counts out the dead and
 * replaces them, and sends the signals that workers ask for.
 *
 *   nest.php PLAN SIDE
 */

namespace Pool;

require __DIR__ . '/setup.php';
require __DIR__ . '/sabotage.php';
require __DIR__ . '/worker.php';

class Nest {
	/** @var int[] Process ids, by worker */
	private array $living = [];
	/** @var array[] [ milliseconds, process id, signal ] */
	private array $signals = [];
	/** @var Board[] */
	private array $boards;
	/** @var resource[] */
	private array $pair;

	public function __construct( private Plan $plan, private string $side ) {
		$this->boards = array_map( fn ( $pool ) => new Board( $plan, $pool ), array_keys( $plan->pools() ) );
		$this->pair = stream_socket_pair( STREAM_PF_UNIX, STREAM_SOCK_DGRAM, 0 );
		stream_set_blocking( $this->pair[0], false );
	}

	public function run(): void {
		$parent = posix_getppid();
		for ( $worker = 0; $worker < $this->plan->processes; $worker++ ) {
			if ( $this->plan->side( $worker ) === $this->side ) {
				$this->bear( $worker, 1 );
			}
		}
		while ( $this->living ) {
			$read = [ $this->pair[0] ];
			$none = null;
			stream_select( $read, $none, $none, 0, 1000 );
			while ( ( $words = fread( $this->pair[0], 200 ) ) ) {
				[ $worker, $pid, $signal, $time ] = explode( ' ', $words );
				$this->signals[] = [ (float)$time, (int)$worker, (int)$pid, (int)$signal ];
			}
			foreach ( $this->signals as $i => [ $time, $worker, $pid, $signal ] ) {
				if ( hrtime( true ) / 1e6 >= $time ) {
					unset( $this->signals[$i] );
					// Not yet waited for: no other process can have its id.
					( $this->living[$worker] ?? 0 ) === $pid && posix_kill( $pid, $signal );
				}
			}
			while ( ( $pid = pcntl_waitpid( -1, $status, WNOHANG ) ) > 0 ) {
				$this->bury( array_search( $pid, $this->living ), $status );
			}
			if ( posix_getppid() !== $parent ) {
				array_map( fn ( $pid ) => posix_kill( $pid, SIGKILL ), $this->living );
				exit( 1 );
			}
		}
	}

	private function bear( int $worker, int $from ): void {
		$pid = pcntl_fork();
		if ( $pid === 0 ) {
			( new Worker( $this->plan, $worker, $this->pair[1] ) )->live( $from );
			exit( 0 );
		}
		$this->living[$worker] = $pid;
	}

	private function bury( int $worker, int $status ): void {
		unset( $this->living[$worker] );
		foreach ( $this->boards as $board ) {
			$board->leave( $worker );
		}
		$end = pcntl_wifsignaled( $status ) ? 'signal ' . pcntl_wtermsig( $status ) : 'exit ' . pcntl_wexitstatus( $status );
		$lines = @file( "{$this->plan->folder}/steps-$worker", FILE_IGNORE_NEW_LINES ) ?: [];
		[ $step, $kind, $result ] = explode( ' ', end( $lines ) ?: '0 none none' );
		$planned = match ( $result ) {
			'killed' => [ 'signal 9' ],
			'ended' => [ $kind === 'exit-holding' ? 'exit 7' : 'exit 255' ],
			'limited' => [ 'exit 255' ],
			default => [],
		};
		if ( (int)$step >= $this->plan->last() && $result !== 'killed' && $result !== 'ended' ) {
			$planned[] = 'exit 0';
		}
		if ( !in_array( $end, $planned ) ) {
			$this->plan->report( 'ends', "worker $worker ended with $end after step $step ($kind $result)" );
			$step++;
		}
		if ( $result === 'limited' && $end === 'exit 255' ) {
			$this->plan->report( 'limit', "worker $worker" );
		}
		if ( $result === 'killed' ) {
			file_put_contents( "{$this->plan->folder}/last-kill", microtime( true ) );
		}
		if ( (int)$step < $this->plan->last() ) {
			$this->bear( $worker, $step + 1 );
		}
	}
}

[ , $json, $side ] = $argv;
$plan = Plan::read( $json );
$plan->start_host( $side );
( new Nest( $plan, $side ) )->run();
