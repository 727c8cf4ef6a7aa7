<?php
/** A request whose replica connection was lost: does anything bring it to a replica again? */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$name = [ 'primary', 'replica1', 'replica2' ];
	foreach ( [ 'the other replica is alive' => false, 'the replica is back' => true ] as $what => $back ) {
		$t->tag( '' );
		$t->step( $what );
		$site->forget();
		$factory = $site->request( $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] ) );
		$lb = $factory->getMainLB();
		$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
		$index = $lb->getReaderIndex();
		$factory->flushReplicaSnapshots( 'Scenario' );
		$t->tag( 'lost-connection' );
		$cluster->kill( $name[$index] );
		// The driver tries once to connect again, in vain.
		$t->run( 'a read that finds out', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
		if ( $back ) {
			$cluster->revive( $name[$index] );
		}
		foreach ( [ 1, 2, 3 ] as $try ) {
			$t->run( "read $try after it", static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
		}
		$t->run( 'by its index', static fn () => answering( $lb->getConnection( $index ) ) );
		$t->run( 'the reader is', static fn () => $lb->getReaderIndex() );
		$t->run( 'after flushing', static function () use ( $factory, $lb ) {
			$factory->flushReplicaSnapshots( 'Scenario' );
			return answering( $lb->getConnection( DB_REPLICA ) );
		} );
		$t->run( 'after closeAll', static function () use ( $lb ) {
			$lb->closeAll( 'Scenario' );
			return answering( $lb->getConnection( DB_REPLICA ) );
		} );
		$factory->destroy();
		$t->logs();
		$cluster->revive( $name[$index] );
	}
};
