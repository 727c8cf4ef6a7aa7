<?php
/** A replica dies: before a request, in it, between two reads with a reference held, and comes back. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] );
	$name = [ 'primary', 'replica1', 'replica2' ];

	$t->step( 'it dies between two reads' );
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$held = $lb->getConnection( DB_REPLICA );
	$t->run( 'the first read', static fn () => read( $held, 0 ) );
	$index = $lb->getReaderIndex();
	$t->line( "the reader is $index" );
	$cluster->kill( $name[$index] );
	$t->run( 'the reference', static fn () => read( $held, 0 ) );
	$t->run( 'the reference again', static fn () => answering( $held ) );
	$t->tag( 'lost-connection' );
	$t->run( 'a new reference', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'by its index', static fn () => answering( $lb->getConnection( $index ) ) );
	$t->run( 'the other by its index', static fn () => answering( $lb->getConnection( 3 - $index ) ) );
	$t->run( 'the primary', static fn () => answering( $lb->getConnection( DB_PRIMARY ) ) );
	$t->run( 'any open one', static fn () => (bool)$lb->getAnyOpenConnection( DB_REPLICA ) );
	$t->run( 'ping', static fn () => $lb->pingAll() );
	$t->run( 'the end', static fn () => $factory->shutdown() );
	$factory->destroy();
	$t->logs();
	$t->tag( '' );

	$t->step( 'it is dead when a request begins' );
	foreach ( [ 1, 2, 3 ] as $seed ) {
		$site->forget();
		mt_srand( $seed );
		$factory = $site->request( $servers );
		$lb = $factory->getMainLB();
		$t->run( "a read (seed $seed)", static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
		$t->run( 'lag', static fn () => $lb->getLagTimes() );
		$t->run( 'by its index', static fn () => answering( $lb->getConnection( $index ) ) );
		$t->run( 'silently', static fn () => $lb->getServerConnection( $index, 'wiki', $lb::CONN_SILENCE_ERRORS ) );
		$t->run( 'wait for all', static fn () => $lb->waitForAll( $lb->getPrimaryPos(), 2 ) );
		$factory->destroy();
	}
	$t->step( 'without a monitor' );
	foreach ( [ 1, 2, 3, 4 ] as $seed ) {
		$site->forget();
		mt_srand( $seed );
		$factory = $site->request( $servers, [ 'loadMonitor' => [ 'class' => 'LoadMonitorNull' ] ] );
		$t->run( "a read (seed $seed)", static fn () => answering( $factory->getMainLB()->getConnection( DB_REPLICA ) ) );
		$factory->destroy();
	}

	$t->step( 'what others have learned' );
	$site->forget();
	foreach ( [ 'first', 'second' ] as $request ) {
		$factory = $site->request( $servers );
		$t->run( "the $request", static fn () => answering( $factory->getMainLB()->getConnection( DB_REPLICA ) ) );
		$factory->destroy();
	}
	$cluster->revive( $name[$index] );
	$factory = $site->request( $servers );
	$t->run( 'it is back, at once', static fn () => answering( $factory->getMainLB()->getConnection( DB_REPLICA ) ) );
	$factory->destroy();
	foreach ( [ 1, 2 ] as $minutes ) {
		Site::$now += 61;
		$factory = $site->request( $servers );
		$t->run( "after $minutes minutes", static fn () => answering( $factory->getMainLB()->getConnection( DB_REPLICA ) ) );
		$factory->destroy();
	}

	$t->step( 'it restarts between two reads' );
	$site->forget();
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$held = $lb->getConnection( DB_REPLICA );
	$t->run( 'the first read', static fn () => read( $held, 0 ) );
	$index = $lb->getReaderIndex();
	$cluster->kill( $name[$index] );
	$cluster->revive( $name[$index] );
	$t->run( 'the reference', static fn () => read( $held, 0 ) );
	$t->run( 'the reference again', static fn () => answering( $held ) );
	$t->run( 'a new reference', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$factory->destroy();

	$t->step( 'a connection is closed between two reads' );
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$held = $lb->getConnection( DB_REPLICA );
	$t->run( 'the first read', static fn () => read( $held, 0 ) );
	$t->run( 'the end of the transaction', static fn () => $factory->flushReplicaSnapshots( 'Scenario' ) );
	$id = $held->query( 'SELECT CONNECTION_ID() AS id', 'Scenario' )->fetchObject()->id;
	$factory->flushReplicaSnapshots( 'Scenario' );
	$cluster->admin( $name[$lb->getReaderIndex()], "KILL $id" );
	$t->run( 'the reference', static fn () => read( $held, 0 ) );
	$t->run( 'a new reference', static fn () => read( $lb->getConnection( DB_REPLICA ), 0 ) );
	$factory->destroy();

	$t->step( 'all are dead' );
	foreach ( Cluster::REPLICAS as $replica ) {
		$cluster->kill( $replica );
	}
	foreach ( [ 'of weight 0' => 0, 'of weight 100' => 100 ] as $what => $load ) {
		$site->forget();
		$factory = $site->request( $site->servers( [ 'primary' => $load, 'replica1' => 100, 'replica2' => 100 ] ) );
		$lb = $factory->getMainLB();
		if ( $load === 0 ) {
			$t->tag( 'primary-at-zero' );
		}
		$t->run( "a read, the primary being $what", static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
		$t->run( 'lagged', static fn () => [ $lb->laggedReplicaUsed(), $lb->getReadOnlyReason() ] );
		$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 10 + $load ) );
		$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
		$factory->destroy();
		$t->tag( '' );
	}
};
