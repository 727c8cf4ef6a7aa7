<?php
/** The primary dies: reads go on, writes fail, until it is back. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] );

	$t->step( 'it dies in a transaction' );
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 1 ) );
	$t->run( 'pending', static fn () => [ $lb->hasPrimaryChanges(), $lb->pendingPrimaryChangeCallers() ] );
	$cluster->kill( 'primary' );
	$t->run( 'the next write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 2 ) );
	$t->run( 'a write after that', static fn () => write( $lb->getConnection( DB_PRIMARY ), 3 ) );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Scenario' ) );
	$t->run( 'the end', static fn () => $factory->shutdown() );
	$factory->destroy();
	$t->logs();

	$t->step( 'it is dead when a request begins' );
	$site->forget();
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'read-only?', static fn () => $lb->getReadOnlyReason() );
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 4 ) );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'a position', static fn () => $lb->getPrimaryPos() );
	$t->run( 'waiting for it', static fn () => $lb->waitForPrimaryPos( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'silently', static fn () => $lb->getServerConnection( 0, 'wiki', $lb::CONN_SILENCE_ERRORS ) );
	$t->run( 'is there a connection', static fn () => [ $lb->hasPrimaryConnection(), $lb->hasPrimaryChanges(),
		$lb->lastPrimaryChangeTimestamp(), $lb->hasOrMadeRecentPrimaryChanges() ] );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$factory->destroy();

	$t->step( 'it may read, and is dead' );
	foreach ( [ 1, 2, 3 ] as $seed ) {
		$site->forget();
		mt_srand( $seed );
		$lb = $site->balancer( $site->servers( [ 'primary' => 100, 'replica1' => 100, 'replica2' => 100 ] ) );
		$t->run( "a read (seed $seed)", static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
		$lb->closeAll( 'Scenario' );
	}

	$t->step( 'it is back' );
	$cluster->revive( 'primary' );
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'what was not committed', static fn () => read( $lb->getConnection( DB_PRIMARY ), 1 ) );
	$t->run( 'a write, with what the caches know', static fn () => write( $lb->getConnection( DB_PRIMARY ), 4 ) );
	$factory->destroy();
	$site->forget();
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 5 ) );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$t->run( 'wait', static fn () => $factory->waitForReplication() );

	$t->step( 'it restarts between two writes' );
	$t->run( 'an idle connection', static fn () => answering( $lb->getConnection( DB_PRIMARY ) ) );
	$factory->commitPrimaryChanges( 'Scenario' );
	$cluster->kill( 'primary' );
	$cluster->revive( 'primary' );
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 6 ) );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$t->run( 'the row', static fn () => read( $lb->getConnection( DB_PRIMARY ), 6 ) );
	$factory->destroy();
};
