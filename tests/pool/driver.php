<?php
/**
 * Starts the nests, looks at the pools while the workers are at it, and judges when all have ended.
 *
 *   driver.php PLAN SETTINGS      (SETTINGS: as JSON, what the nest of native workers gets on its command line)
 */

namespace Pool;

require __DIR__ . '/setup.php';
require __DIR__ . '/sabotage.php';

class Driver {
	/** What is judged, in the order in which it is printed */
	private const PROPERTIES = [
		'holders' => 'never more holders than workers',
		'same slot' => 'no slot is held by two',
		'queue' => 'never more waiting than maxqueue',
		'uncounted' => 'whoever waits is counted',
		'list' => 'a slot is in the list once at most',
		'lost' => 'no slot is lost',
		'kept back' => 'unless somebody was killed, every slot is within reach at the end',
		'waiters' => 'no waiter is left behind',
		'keys' => 'an idle pool is whole and expires',
		'results' => 'all results are of those that may be',
		'late' => 'no wait takes much longer than its timeout',
		'ends' => 'every process ends as planned',
		'log' => 'PHP has nothing to say that was not planned',
		'progress' => 'everything happens often enough',
		'valid' => 'few were slowed down for too long',
	];
	/** Seconds after which a slot that was handed to a process that died is given to others. */
	private const HANDOVER = 30;

	private Redis $redis;
	/** @var string[][] What was found, by property */
	private array $found = [];
	/** @var float[][] Since when a slot seems lost, by pool and slot */
	private array $missing = [];
	private int $samples = 0;
	private int $uncounted = 0;
	private array $most_waiting;

	public function __construct( private Plan $plan, private array $settings ) {
		$this->redis = new Redis( $plan );
		$this->most_waiting = array_fill_keys( array_keys( $plan->pools() ), 0 );
	}

	private function find( string $property, string $detail ): void {
		$this->found[$property][] = $detail;
	}

	/** @return resource[] */
	private function start_nests( string $json ): array {
		$nests = [];
		foreach ( $this->plan->mixed ? [ 'native', 'original' ] : [ 'native' ] as $side ) {
			$settings = [ ...( $side === 'native' ? $this->settings : [] ), '-d', 'display_errors=0', '-d', 'log_errors=1',
				'-d', "error_log={$this->plan->folder}/php.log", '-d', 'max_execution_time=0' ];
			$nests[$side] = proc_open( [ PHP_BINARY, ...$settings, __DIR__ . '/nest.php', $json, $side ],
				[ [ 'file', '/dev/null', 'r' ], STDERR, STDERR ], $pipes );
		}
		return $nests;
	}

	public function run( string $json ): bool {
		$start = microtime( true );
		$nests = $this->start_nests( $json );
		$limit = $start + 60 + $this->plan->steps / 100;
		$next = $start;
		while ( $nests ) {
			usleep( 2000 );
			$this->sample();
			if ( microtime( true ) > $next ) {
				$next = microtime( true ) + ( $this->plan->sabotage ? 0.02 : 1 );
				$this->plan->sabotage ? Sabotage::meanwhile( $this->plan, $this->redis ) : $this->redis->call( 'SCRIPT', 'FLUSH' );
			}
			foreach ( $nests as $side => $nest ) {
				$status = proc_get_status( $nest );
				if ( !$status['running'] ) {
					unset( $nests[$side] );
					if ( $status['exitcode'] !== 0 ) {
						$this->find( 'ends', "the nest of the $side workers ended with {$status['exitcode']}" );
					}
				}
			}
			if ( microtime( true ) > $limit ) {
				$this->find( 'progress', 'not done in ' . (int)( $limit - $start ) . ' s' );
				array_map( fn ( $nest ) => proc_terminate( $nest, SIGKILL ), $nests );
				break;
			}
		}
		$took = microtime( true ) - $start;
		$this->read_reports();
		$this->judge_progress();
		printf( "%d samples; most waiting at once: %s; %d samples with a wait that is not counted\n",
			$this->samples, implode( ', ', $this->most_waiting ), $this->uncounted );
		if ( $this->plan->sabotage !== 'standstill' ) {
			$this->judge_the_end( microtime( true ) );
		}
		return $this->verdict( $took );
	}

	/** All pools at one moment. */
	private function sample(): void {
		$commands = [ [ 'INFO', 'clients' ] ];
		foreach ( $this->plan->pools() as $pool => $_ ) {
			$keys = $this->plan->redis_keys( $pool );
			array_push( $commands, [ 'ZCARD', $keys['waiters'] ], [ 'LRANGE', $keys['slots'], 0, -1 ],
				[ 'ZRANGE', $keys['due'], 0, -1, 'WITHSCORES' ] );
		}
		$answers = $this->redis->at_once( $commands );
		$this->samples++;
		$all = $most = 0;
		foreach ( $this->plan->pools() as $pool => $conf ) {
			[ $waiting, $free, $due ] = array_slice( $answers, 1 + 3 * $pool, 3 );
			$all += $waiting;
			$most += $conf['maxqueue'];
			$this->most_waiting[$pool] = max( $this->most_waiting[$pool], $waiting );
			if ( $waiting > $conf['maxqueue'] ) {
				$this->find( 'queue', "$waiting waiting in pool $pool" );
			}
			$this->look_at_slots( $pool, $conf['workers'], $free, $due );
		}
		preg_match( '/^blocked_clients:(\d+)/m', $answers[0], $match );
		if ( $this->plan->mixed ) {
			// The waiters of the original share one entry.
			return;
		}
		if ( $match[1] > $most ) {
			$this->find( 'queue', "$match[1] connections wait, in all pools" );
		}
		if ( $match[1] > $all ) {
			// One is forgotten a moment before its wait ends if that is twice the pool's timeout.
			$this->uncounted++;
		}
	}

	/** Every slot is free, or there is a time from which on it will be. */
	private function look_at_slots( int $pool, int $workers, array $free, array $due ): void {
		if ( count( $free ) !== count( array_unique( $free ) ) ) {
			$this->find( 'list', "pool $pool: " . implode( ' ', $free ) );
		}
		$now = microtime( true );
		$missing = [];
		for ( $i = 0; $i < count( $due ); $i += 2 ) {
			if ( (float)$due[$i + 1] < 0 && !in_array( $due[$i], $free ) ) {
				$missing[$due[$i]] = $this->missing[$pool][$due[$i]] ?? $now;
				// With the original a waiter may take a slot of which nobody knew that somebody waited for it.
				if ( $now - $missing[$due[$i]] > $this->plan->too_long() ) {
					$this->find( 'lost', "slot $due[$i] of pool $pool is nowhere since " . ( $now - $missing[$due[$i]] ) . ' s' );
				}
			}
		}
		$this->missing[$pool] = $missing;
		if ( count( $due ) !== 0 && count( $due ) !== 2 * $workers && !$this->plan->sabotage ) {
			$this->find( 'list', "pool $pool has due times of " . count( $due ) / 2 . ' slots' );
		}
	}

	private function read_reports(): void {
		foreach ( @file( "{$this->plan->folder}/reports", FILE_IGNORE_NEW_LINES ) ?: [] as $line ) {
			$this->find( ...explode( "\t", $line, 2 ) );
		}
		foreach ( @file( "{$this->plan->folder}/php.log", FILE_IGNORE_NEW_LINES ) ?: [] as $line ) {
			if ( str_contains( $line, 'PHP ' ) && !preg_match( '/Uncaught Pool\\\\Planned|Fatal error:  planned in|Maximum execution time of 1 second/', $line ) ) {
				$this->find( 'log', $line );
			}
		}
	}

	private function judge_progress(): void {
		$counts = [];
		$kinds = [];
		for ( $worker = 0; $worker < $this->plan->processes; $worker++ ) {
			$side = $this->plan->side( $worker );
			foreach ( @file( "{$this->plan->folder}/steps-$worker", FILE_IGNORE_NEW_LINES ) ?: [] as $line ) {
				[ , $kind, $result ] = explode( ' ', $line );
				$counts[$side][$result] = ( $counts[$side][$result] ?? 0 ) + 1;
				$kinds[$side][$kind] = ( $kinds[$side][$kind] ?? 0 ) + 1;
			}
		}
		foreach ( $counts as $side => $results ) {
			ksort( $results );
			ksort( $kinds[$side] );
			echo "$side: ", array_sum( $results ), " steps\n";
			foreach ( [ 'results' => $results, 'kinds' => $kinds[$side] ] as $name => $list ) {
				echo "  $name: ", implode( ', ', array_map( fn ( $word, $n ) => "$n $word", array_keys( $list ), $list ) ), "\n";
			}
			// In 1,000 steps at least.
			$least = $side === 'native'
				? [ 'locked' => 50, 'locked-after-wait' => 20, 'done' => 5, 'queue-full' => 10, 'timeout' => 5,
					'timeout-at-once' => 10 ] + ( $this->plan->without ? [] : [ 'interrupted' => 0.2 ] )
				: [ 'locked' => 50, 'locked-after-wait' => 20 ];
			foreach ( $least as $result => $share ) {
				if ( ( $results[$result] ?? 0 ) < $share * array_sum( $results ) / 1000 ) {
					$this->find( 'progress', "$side: only " . ( $results[$result] ?? 0 ) . " $result" );
				}
			}
			foreach ( array_sum( $results ) >= 5000 ? [ 'killed', 'ended' ] : [] as $result ) {
				if ( ( $results[$result] ?? 0 ) === 0 && !$this->plan->without ) {
					$this->find( 'progress', "$side: nobody $result" );
				}
			}
		}
		$made = array_sum( array_map( 'array_sum', $counts ) );
		if ( $made < $this->plan->steps ) {
			$this->find( 'progress', "only $made steps" );
		}
		printf( "%d waits were ended by the time limit\n", count( $this->found['limit'] ?? [] ) );
		$slow = count( $this->found['slow'] ?? [] );
		// So many only where the machine stands still again and again.
		if ( $slow > $made / 50 ) {
			$this->find( 'valid', "$slow times somebody was slower than {$this->plan->too_long()} s" );
		}
		printf( "%d times somebody was slower than %.1f s, and not counted\n", $slow, $this->plan->too_long() );
		if ( $this->uncounted > $this->samples / 200 ) {
			$this->find( 'uncounted', "in $this->uncounted of $this->samples samples more wait than are registered" );
		}
	}

	/** @return float The time at which the last slot is due that nobody will give back */
	private function limbo( bool $killed ): float {
		$last = 0;
		foreach ( $this->plan->pools() as $pool => $conf ) {
			$keys = $this->plan->redis_keys( $pool );
			[ $free, $due ] = $this->redis->at_once( [ [ 'LRANGE', $keys['slots'], 0, -1 ],
				[ 'ZRANGE', $keys['due'], 0, -1, 'WITHSCORES' ] ] );
			for ( $i = 0; $i < count( $due ); $i += 2 ) {
				if ( in_array( $due[$i], $free ) ) {
					continue;
				}
				if ( (float)$due[$i + 1] < 0 ) {
					$this->find( 'lost', "slot $due[$i] of pool $pool is nowhere at the end" );
				} else {
					$slot = sprintf( 'slot %d of pool %d is held by nobody for another %.1f s',
						$due[$i], $pool, $due[$i + 1] - microtime( true ) );
					echo "$slot\n";
					if ( !$killed ) {
						$this->find( 'kept back', $slot );
					}
					$last = max( $last, (float)$due[$i + 1] );
				}
			}
			// An expiry would hide what was lost.
			foreach ( $keys as $key ) {
				$this->redis->call( 'PERSIST', $key );
			}
		}
		return $last;
	}

	private function judge_the_end( float $ended ): void {
		$this->plan->start_host( 'native' );
		$stale = 2 * max( array_column( $this->plan->pools(), 'timeout' ) ) + 0.5;
		$killed = (float)@file_get_contents( "{$this->plan->folder}/last-kill" );
		$due = $this->limbo( $killed > 0 );
		if ( $ended - $killed > $stale ) {
			// Nobody was killed in a while: the others have struck themselves off.
			$this->judge_waiters( 'at once' );
		}
		$now = microtime( true );
		$wait = max( $due - $now, $ended + $stale - $now, 0 ) + 0.1;
		if ( $wait > self::HANDOVER + $this->plan->ttl + 1 ) {
			$this->find( 'lost', "a slot will be given out in $wait s only" );
			$wait = self::HANDOVER;
		}
		usleep( (int)( $wait * 1e6 ) );
		$this->judge_waiters( 'when all are stale' );
		foreach ( $this->plan->pools() as $pool => $conf ) {
			$this->judge_pool( $pool, $conf['workers'] );
		}
	}

	private function acquire_now( int $pool ): object|int {
		$counter = $this->plan->make( $pool );
		$status = $counter->acquireForMe( 0 );
		forget_held();
		return $status->value === LOCKED ? $counter : (int)$status->value;
	}

	/** After one acquire in each pool. */
	private function judge_waiters( string $when ): void {
		foreach ( $this->plan->pools() as $pool => $_ ) {
			$counter = $this->acquire_now( $pool );
			is_object( $counter ) && $counter->release();
			$left = $this->redis->call( 'ZRANGE', $this->plan->redis_keys( $pool )['waiters'], 0, -1, 'WITHSCORES' );
			if ( $left ) {
				$this->find( 'waiters', "pool $pool, $when: " . implode( ' ', $left ) . ', now ' . microtime( true ) );
			}
		}
	}

	/** As many slots as workers can be had, and no more; afterwards all are free. */
	private function judge_pool( int $pool, int $workers ): void {
		$holders = [];
		while ( count( $holders ) <= $workers && is_object( $holder = $this->acquire_now( $pool ) ) ) {
			$holders[$holder->held_slot()] = $holder;
		}
		$slots = array_keys( $holders );
		sort( $slots );
		if ( $slots !== range( 1, $workers ) ) {
			$this->find( 'lost', "of pool $pool these slots can be had: " . implode( ' ', $slots ) . " (workers: $workers)" );
		}
		if ( count( $holders ) === $workers && $holder !== TIMEOUT && $holder !== QUEUE_FULL ) {
			$this->find( 'results', "one more than workers of pool $pool: $holder" );
		}
		array_map( fn ( $holder ) => $holder->release(), $holders );
		$keys = $this->plan->redis_keys( $pool );
		[ $free, $due, $left, $left_due ] = $this->redis->at_once( [ [ 'LRANGE', $keys['slots'], 0, -1 ],
			[ 'ZRANGE', $keys['due'], 0, -1, 'WITHSCORES' ], [ 'PTTL', $keys['slots'] ], [ 'PTTL', $keys['due'] ] ] );
		sort( $free );
		$expected = [];
		foreach ( range( 1, $workers ) as $slot ) {
			array_push( $expected, (string)$slot, '-1' );
		}
		if ( $free !== array_map( 'strval', range( 1, $workers ) ) || $due !== $expected ) {
			$this->find( 'keys', "pool $pool: free " . implode( ' ', $free ) . ', due ' . implode( ' ', $due ) );
		}
		if ( $left <= 0 || $left_due <= 0 || abs( $left - $left_due ) > 100 ) {
			$this->find( 'keys', "pool $pool: the list expires in $left ms, the due times in $left_due ms" );
		}
	}

	private function verdict( float $took ): bool {
		$failed = 0;
		foreach ( self::PROPERTIES as $property => $text ) {
			$details = $this->found[$property] ?? [];
			echo $details ? 'FAIL' : 'ok  ', "  $property: $text\n";
			foreach ( array_slice( $details, 0, 5 ) as $detail ) {
				echo "        $detail\n";
			}
			if ( count( $details ) > 5 ) {
				echo '        and ', count( $details ) - 5, " more\n";
			}
			$failed += (bool)$details;
		}
		printf( "%.1f s\n", $took );
		echo count( self::PROPERTIES ) - $failed, " passed, $failed failed\n";
		return !$failed;
	}
}

[ , $json, $settings ] = $argv;
$plan = Plan::read( $json );
exit( ( new Driver( $plan, json_decode( $settings, true ) ) )->run( $json ) ? 0 : 1 );
