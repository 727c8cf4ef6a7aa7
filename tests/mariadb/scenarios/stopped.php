<?php
/** Replicas that answer but no longer replicate. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$look = static function ( string $what, array $loads, array $more = [] ) use ( $t, $site ): void {
		$site->forget();
		$t->line( "-- $what" );
		$lb = $site->balancer( $site->servers( $loads, $more ) );
		$t->run( 'lag times', static fn () => $lb->getLagTimes() );
		$t->run( 'greatest', static fn () => $lb->getMaxLag() );
		$t->run( 'reader', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
		$t->run( 'lagged', static fn () => [ $lb->laggedReplicaUsed(), $lb->getReadOnlyReason() ] );
		$t->run( 'a write', static function () use ( $lb ) {
			$db = $lb->getConnection( DB_PRIMARY );
			$db->upsert( 'note', [ [ 'id' => 1, 'body' => 'x' ] ], 'id', [ 'body' => 'y' ], 'Scenario::write' );
			$db->commit( 'Scenario::write', 'flush' );
			return answering( $db );
		} );
		$lb->closeAll( 'Scenario' );
	};
	$replicas = [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ];

	$t->step( 'all follow' );
	$look( 'no limit', $replicas );
	$t->step( 'one has stopped' );
	$cluster->stopApplying( 'replica1' );
	$look( 'no limit of its own', $replicas );
	$look( 'a limit', $replicas, [ 'max lag' => 5 ] );
	$look( 'an infinite limit', $replicas, [ 'max lag' => INF ] );
	$look( 'it is static', $replicas, [ 'replica1' => [ 'is static' => true ] ] );
	$look( 'the only one', [ 'primary' => 0, 'replica1' => 100 ] );
	$look( 'the only one, the primary may read', [ 'primary' => 1, 'replica1' => 100 ] );
	$t->step( 'both have stopped' );
	$cluster->stopApplying( 'replica2' );
	$look( 'no limit of its own', $replicas );
	$look( 'the primary may read', [ 'primary' => 100 ] + $replicas );
	$t->step( 'one receives nothing' );
	$cluster->admin( 'replica1', 'STOP SLAVE' );
	$cluster->admin( 'replica2', 'START SLAVE' );
	$cluster->settle( [ 'replica2' ] );
	$look( 'no limit of its own', $replicas );
	$t->step( 'all follow again' );
	$cluster->admin( 'replica1', 'START SLAVE' );
	$cluster->settle();
	$look( 'no limit', $replicas );
};
