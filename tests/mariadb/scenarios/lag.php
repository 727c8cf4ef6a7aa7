<?php
/** Replicas that are late: by a delay that is set, and by a lock that stops the applying. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	// Seconds depend on the machine; on which side of a limit they are must not.
	$class = static fn ( $lag ) => match ( true ) {
		$lag === false => 'false',
		$lag === 0 => 'none',
		$lag >= 20 => 'much',
		default => 'some',
	};
	$look = static function ( string $what, array $loads, array $more = [] ) use ( $t, $site, $class ): void {
		$site->forget();
		$t->line( "-- $what" );
		$lb = $site->balancer( $site->servers( $loads, $more ) );
		$t->withoutLogs();
		$lags = array_map( $class, $lb->getLagTimes() );
		ksort( $lags );
		[ $host, $greatest, $index ] = $lb->getMaxLag();
		$t->line( 'lag times: ' . json_encode( $lags ) . ", greatest: $host ($index): " . $class( $greatest ) );
		// How many seconds is in the messages, so only the choice is shown.
		try {
			$t->line( 'reader: ' . answering( $lb->getConnection( DB_REPLICA ) ) );
		} catch ( \Throwable $e ) {
			$t->line( 'reader: ' . $t->thrown( $e ) );
		}
		$t->line( 'lagged: ' . json_encode( [ $lb->laggedReplicaUsed(), $lb->getReadOnlyReason() ] ) );
		$t->withoutLogs();
		$lb->closeAll( 'Scenario' );
	};
	$replicas = [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ];

	$t->step( 'a delay of 30 seconds' );
	$cluster->delay( 'replica1', 30 );
	$cluster->admin( 'primary', "INSERT INTO wiki.note VALUES (1, 'late')" );
	$cluster->until( 'the delay is counted', static function () use ( $cluster ) {
		$status = $cluster->status( 'replica1' );
		return $status['SQL_Remaining_Delay'] !== null && $status['Slave_IO_Running'] === 'Yes';
	} );
	$cluster->settle( [ 'replica2' ] );
	$look( 'the default limit', $replicas );
	$look( 'a lower limit', $replicas, [ 'max lag' => 10 ] );
	$look( 'a lower limit for the other', $replicas, [ 'replica2' => [ 'max lag' => 10 ] ] );
	$look( 'a higher limit', $replicas, [ 'max lag' => 1000 ] );
	$look( 'of no weight', [ 'primary' => 0, 'replica1' => 0, 'replica2' => 100 ] );
	$look( 'the only one', [ 'primary' => 0, 'replica1' => 100 ] );
	$look( 'the only one, a lower limit', [ 'primary' => 0, 'replica1' => 100 ], [ 'max lag' => 10 ] );
	$look( 'the only one, the primary may read', [ 'primary' => 1, 'replica1' => 100 ], [ 'max lag' => 10 ] );

	$t->step( 'the lags are kept' );
	$site->forget();
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100 ], [ 'max lag' => 10 ] );
	$times = static fn () => array_map( $class, $site->balancer( $servers )->getLagTimes() );
	$t->line( 'first: ' . json_encode( $times() ) );
	$cluster->delay( 'replica1', 0 );
	$cluster->settle();
	$t->line( 'at once: ' . json_encode( $times() ) );
	Site::$now += 120;
	// In 1.39 the answer that is too old may serve once more.
	$t->line( 'after two minutes: ' . json_encode( $times() ) );
	Site::$now += 120;
	$t->line( 'after four: ' . json_encode( $times() ) );
	$t->withoutLogs();

	$t->step( 'a table that somebody reads' );
	$lock = $cluster->connect( 'replica1' );
	$cluster->query( $lock, 'LOCK TABLES wiki.note READ' );
	$cluster->admin( 'primary', "INSERT INTO wiki.note VALUES (2, 'locked out')" );
	$cluster->until( 'the replica is late', static fn () => (int)$cluster->status( 'replica1' )['Seconds_Behind_Master'] >= 1 );
	$cluster->settle( [ 'replica2' ] );
	$look( 'the default limit', [ 'primary' => 0, 'replica1' => 100 ] );
	$look( 'no lag is allowed', $replicas, [ 'max lag' => 0 ] );
	$look( 'the only one, no lag is allowed', [ 'primary' => 0, 'replica1' => 100 ], [ 'max lag' => 0 ] );
	$lock->close();
	$cluster->settle();
	$look( 'it has caught up', $replicas, [ 'max lag' => 0 ] );
};
