<?php
/**
 * A dead replica beside a live one, at several weights. The host's monitor takes the weight of
 * the dead one away and scales the rest by connections, which can leave nothing.
 */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$cluster->kill( 'replica1' );
	$t->tag( 'dead-heavy-replica' );
	// Far enough from where the number of connections decides, which others count too.
	foreach ( [ [ 100, 1 ], [ 100, 40 ], [ 100, 100 ], [ 1, 100 ] ] as [ $dead, $alive ] ) {
		$t->step( "the dead one has $dead, the live one $alive" );
		foreach ( [ 1, 2 ] as $seed ) {
			mt_srand( $seed );
			$site->forget();
			// Here it is about the monitor's own weighing.
			$factory = $site->request( $site->servers( [ 'primary' => 0, 'replica1' => $dead, 'replica2' => $alive ] ),
				[ 'loadMonitor' => $site->monitor( [] ) ] );
			$t->run( "a read (seed $seed)", static fn () => answering( $factory->getMainLB()->getConnection( DB_REPLICA ) ) );
			$t->run( 'and another', static fn () => answering( $factory->getMainLB()->getConnection( DB_REPLICA ) ) );
			$factory->destroy();
		}
	}
};
