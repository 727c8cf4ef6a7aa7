<?php
/** The configuration changes in a request: a replica goes while its transaction is open. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$name = [ 'primary', 'replica1', 'replica2' ];
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] );
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$held = $lb->getConnection( DB_REPLICA );
	$primary = $lb->getConnection( DB_PRIMARY );

	$t->step( 'a replica is removed' );
	$t->run( 'a read', static fn () => answering( $held ) );
	$t->run( 'a write', static fn () => write( $primary, 1, 'kept' ) );
	$index = $lb->getReaderIndex();
	$rest = $site->servers( [ 'primary' => 0, $name[3 - $index] => 100 ] );
	// A host may look at more than the servers.
	$t->run( 'reconfigure', static fn () => $factory->reconfigure( [ 'servers' => $rest ] + $site->services() ) );
	$t->run( 'the reference, in its transaction', static fn () => answering( $held ) );
	$t->run( 'the reference to the primary', static fn () => [ $primary->trxLevel(), read( $primary, 1 ) ] );
	$t->run( 'a new reference', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	// What was written before must not depend on who keeps the reference.
	$t->tag( 'reconfigure-open-writes' );
	$t->run( 'pending', static fn () => [ $lb->hasPrimaryChanges(), $lb->getServerCount() ] );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$t->run( 'is it committed', static fn () => count( $cluster->admin( 'primary', 'SELECT 1 FROM wiki.note WHERE id=1' ) ) );
	$t->tag( '' );
	$t->run( 'the reference to the primary commits', static fn () => $primary->commit( 'Scenario', 'flush' ) );
	$t->run( 'the reference ends its transaction', static fn () => $held->flushSnapshot( 'Scenario' ) );
	$t->run( 'the reference', static fn () => answering( $held ) );
	$t->run( 'the reference to the primary', static fn () => answering( $primary ) );
	$t->run( 'is it committed', static fn () => count( $cluster->admin( 'primary', 'SELECT 1 FROM wiki.note WHERE id=1' ) ) );
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 2 ) );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );

	$t->step( 'the same again' );
	$t->run( 'reconfigure', static fn () => $factory->reconfigure( [ 'servers' => $rest ] + $site->services() ) );
	$t->run( 'the reference', static fn () => answering( $held ) );
	$factory->destroy();

	$t->step( 'weights and groups' );
	$site->forget();
	$lb = $site->balancer( $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ],
		[ 'replica1' => [ 'groupLoads' => [ 'dump' => 1 ] ] ] ) );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'a read of the group', static fn () => answering( $lb->getConnection( DB_REPLICA, 'dump' ) ) );
	$t->run( 'other weights', static fn () => $lb->reconfigure(
		[ 'servers' => $site->servers( [ 'primary' => 0, 'replica1' => 0, 'replica2' => 5 ] ) ] + $site->services() ) );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'a read of the group', static fn () => answering( $lb->getConnection( DB_REPLICA, 'dump' ) ) );
	$t->run( 'nothing', static fn () => $lb->reconfigure( [ 'servers' => [] ] + $site->services() ) );
	$lb->closeAll( 'Scenario' );

	$t->step( 'in a round' );
	$site->forget();
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$primary = $lb->getConnection( DB_PRIMARY );
	$factory->beginPrimaryChanges( 'Round' );
	$t->run( 'a write', static fn () => write( $primary, 3 ) );
	$t->run( 'reconfigure', static fn () => $factory->reconfigure( [ 'servers' => $rest ] + $site->services() ) );
	$t->tag( 'reconfigure-open-writes' );
	$t->run( 'a write', static fn () => write( $primary, 4 ) );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
	$t->run( 'stored', static fn () => count( $cluster->admin( 'primary', 'SELECT 1 FROM wiki.note WHERE id IN (3, 4)' ) ) );
	$t->run( 'another write', static fn () => write( $primary, 5 ) );
	$factory->destroy();
};
