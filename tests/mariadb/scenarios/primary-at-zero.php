<?php
/** Every replica is dead and the primary, which is alive, has no weight. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	foreach ( Cluster::REPLICAS as $replica ) {
		$cluster->kill( $replica );
	}
	$t->tag( 'primary-at-zero' );
	foreach ( [ 'the host\'s monitor' => null, 'no monitor' => [ 'class' => 'LoadMonitorNull' ] ] as $what => $monitor ) {
		foreach ( [ 'no weight' => 0, 'a weight of 1' => 1 ] as $weight => $load ) {
			$t->step( "$what, a primary of $weight" );
			$site->forget();
			$factory = $site->request( $site->servers( [ 'primary' => $load, 'replica1' => 100, 'replica2' => 100 ] ),
				$monitor ? [ 'loadMonitor' => $monitor ] : [] );
			$lb = $factory->getMainLB();
			$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
			$t->run( 'another', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
			$t->run( 'the reader', static fn () => $lb->getReaderIndex() );
			$t->run( 'the primary', static fn () => answering( $lb->getConnection( DB_PRIMARY ) ) );
			$t->run( 'a read after it', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
			$t->run( 'lagged', static fn () => [ $lb->laggedReplicaUsed(), $lb->getReadOnlyReason() ] );
			$t->run( 'lag', static fn () => [ $lb->getLagTimes(), $lb->getMaxLag() ] );
			$factory->destroy();
		}
	}
};
