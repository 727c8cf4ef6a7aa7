<?php
/** Waiting for the replicas: after it, a row that was written is on each. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster, Recorder $recorder ): void {
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] );
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$rows = static fn ( int $id ) => [ read( $lb->getConnection( 1 ), $id ), read( $lb->getConnection( 2 ), $id ) ];

	$t->step( 'waitForAll' );
	$t->run( 'write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 1, 'first' ) );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$t->run( 'wait', static fn () => $lb->waitForAll( $lb->getPrimaryPos(), 10 ) );
	$t->run( 'the row', static fn () => $rows( 1 ) );
	$t->run( 'wait again', static fn () => $lb->waitForAll( $lb->getPrimaryPos(), 10 ) );
	$factory->flushReplicaSnapshots( 'Scenario' );

	$t->step( 'waitForReplication of the factory' );
	$t->run( 'write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 2, 'second' ) );
	$t->run( 'commit and wait', static fn () =>
		$factory->commitAndWaitForReplication( 'Scenario', $factory->getEmptyTransactionTicket( 'Scenario' ) ) );
	$factory->commitPrimaryChanges( 'Scenario' );
	$t->run( 'commit and wait with a ticket', static function () use ( $factory, $lb ) {
		$ticket = $factory->getEmptyTransactionTicket( 'Scenario' );
		write( $lb->getConnection( DB_PRIMARY ), 3, 'third' );
		return $factory->commitAndWaitForReplication( 'Scenario', $ticket );
	} );
	$t->run( 'the rows', static fn () => [ $rows( 2 ), $rows( 3 ) ] );
	$t->run( 'nothing since', static fn () => $factory->waitForReplication( [ 'ifWritesSince' => microtime( true ) + 10 ] ) );
	$factory->flushReplicaSnapshots( 'Scenario' );

	$t->step( 'waitForPrimaryPos' );
	write( $lb->getConnection( DB_PRIMARY ), 4, 'fourth' );
	$factory->commitPrimaryChanges( 'Scenario' );
	$t->run( 'of a reference', static fn () => $lb->waitForPrimaryPos( $lb->getConnection( 1 ) ) );
	$t->run( 'of a connection', static fn () => $lb->waitForPrimaryPos( $lb->getServerConnection( 2, 'wiki' ) ) );
	$t->run( 'of the primary', static fn () => $lb->waitForPrimaryPos( $lb->getConnection( DB_PRIMARY ) ) );
	$t->run( 'the row', static fn () => $rows( 4 ) );

	$t->step( 'a replica that does not apply' );
	$cluster->stopApplying( 'replica2' );
	write( $lb->getConnection( DB_PRIMARY ), 5, 'fifth' );
	$factory->commitPrimaryChanges( 'Scenario' );
	$t->run( 'wait for a second', static fn () => $lb->waitForAll( $lb->getPrimaryPos(), 1 ) );
	$t->run( 'the row', static fn () => $rows( 5 ) );
	$factory->flushReplicaSnapshots( 'Scenario' );
	$cluster->laterWhen( $recorder, 'waiting for replica DB db-replica2', 'replica2', 'START SLAVE' );
	$t->run( 'wait until it does', static fn () => $lb->waitForAll( $lb->getPrimaryPos(), 10 ) );
	$t->run( 'the row', static fn () => $rows( 5 ) );

	$t->step( 'positions in the binary log' );
	$site->forget();
	$old = $site->request( $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ], [ 'useGTIDs' => false ] ) );
	$oldLb = $old->getMainLB();
	$t->run( 'write', static fn () => write( $oldLb->getConnection( DB_PRIMARY ), 6, 'sixth' ) );
	$t->run( 'commit', static fn () => $old->commitPrimaryChanges( 'Scenario' ) );
	$t->run( 'the position', static fn () => (string)$oldLb->getPrimaryPos() );
	$t->run( 'wait', static fn () => $oldLb->waitForAll( $oldLb->getPrimaryPos(), 10 ) );
	$t->run( 'the row', static fn () => [ read( $oldLb->getConnection( 1 ), 6 ), read( $oldLb->getConnection( 2 ), 6 ) ] );
	$t->run( 'of a connection', static fn () => $oldLb->waitForPrimaryPos( $oldLb->getConnection( 1 ) ) );
	$old->destroy();

	$t->step( 'a request without connections' );
	$lb = $site->balancer( $servers );
	$t->run( 'position', static fn () => $lb->getPrimaryPos() );
	$position = $lb->getPrimaryPos();
	$t->run( 'open', static fn () => [ $lb->hasPrimaryConnection(), $lb->getAnyOpenConnection( DB_REPLICA ) ] );
	$t->run( 'wait', static fn () => $lb->waitForAll( $position ) );
	$lb = $site->balancer( $servers );
	$t->run( 'what is known of others', static fn () => $lb->waitForAll( $position ) );
	$t->run( 'a replica of no weight is left out', static fn () =>
		$site->balancer( $site->servers( [ 'primary' => 0, 'replica1' => 1, 'replica2' => 0 ] ) )->waitForAll( $position ) );
};
