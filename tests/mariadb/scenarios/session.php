<?php
/** A client reads its own writes: the position that one request leaves is waited for by the next. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster, Recorder $recorder ): void {
	$both = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] );
	$single = $site->servers( [ 'primary' => 0, 'replica1' => 100 ] );

	// Writes a row and ends as a request does; what the client brings along to the next one.
	$first = static function ( array $servers, int $id, ?callable $meanwhile = null ) use ( $t, $site ): array {
		$site->forget();
		$factory = $site->request( $servers );
		$client = $index = null;
		$t->run( "the first request writes $id", static fn () => write( $factory->getMainLB()->getConnection( DB_PRIMARY ), $id, "row $id" ) );
		// A host may take no writes when it sees at their beginning that replicas are late.
		$meanwhile && $meanwhile();
		$t->run( 'and commits', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
		$t->run( 'and ends', static function () use ( $factory, &$client, &$index ) {
			$factory->shutdown( $factory::SHUTDOWN_NORMAL, null, $index, $client );
			return $index;
		} );
		$factory->destroy();
		return [ 'ChronologyClientId' => $client, 'ChronologyPositionIndex' => $index ];
	};
	$second = static function ( array $servers, array $client, int $id ) use ( $t, $site ) {
		$site->forget();
		$factory = $site->request( $servers, [], $client );
		$lb = $factory->getMainLB();
		$t->run( "the second request reads $id", static fn () => read( $lb->getConnection( DB_REPLICA ), $id ) );
		$t->run( 'from', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
		$t->run( 'lagged', static fn () => [ $lb->laggedReplicaUsed(), $factory->laggedReplicaUsed(), $lb->getReadOnlyReason() ] );
		return $factory;
	};

	$t->step( 'replicas that follow' );
	$client = $first( $both, 1 );
	$second( $both, $client, 1 )->destroy();

	$t->step( 'nothing was written' );
	$factory = $site->request( $both );
	$t->run( 'a read', static fn () => answering( $factory->getMainLB()->getConnection( DB_REPLICA ) ) );
	$t->run( 'the end', static function () use ( $factory ) {
		$factory->shutdown( $factory::SHUTDOWN_NORMAL, null, $index );
		return $index;
	} );
	$factory->destroy();

	$t->step( 'a replica that is late for a moment' );
	// It applies, but cannot while somebody reads the table; readers can.
	$lock = $cluster->connect( 'replica1' );
	$cluster->query( $lock, 'LOCK TABLES wiki.note READ' );
	$client = $first( $single, 2 );
	$cluster->laterWhen( $recorder, 'waiting for replica DB db-replica1', 'replica1', "KILL {$lock->thread_id}" );
	$second( $single, $client, 2 )->destroy();
	$cluster->settle();

	$t->step( 'one of two has stopped applying, then goes on' );
	$client = $first( $both, 3, static fn () => $cluster->stopApplying( 'replica1' ) );
	$second( $both, $client, 3 )->destroy();
	$cluster->admin( 'replica1', 'START SLAVE' );
	$cluster->settle();

	$t->step( 'the only one has stopped applying, then goes on' );
	$client = $first( $single, 4, static fn () => $cluster->stopApplying( 'replica1' ) );
	$cluster->laterWhen( $recorder, 'waiting for replica DB db-replica1', 'replica1', 'START SLAVE' );
	$second( $single, $client, 4 )->destroy();
	$cluster->finish();
	$cluster->settle();

	$t->step( 'a position that another request of this machine has seen' );
	$client = $first( $single, 5 );
	$cluster->settle();
	$second( $single, $client, 5 )->destroy();
	$factory = $site->request( $single, [], $client );
	$t->run( 'the third reads', static fn () => read( $factory->getMainLB()->getConnection( DB_REPLICA ), 5 ) );
	$factory->destroy();

	$t->step( 'a client that has lost its index' );
	$site->forget();
	$factory = $site->request( $single, [], [ 'ChronologyPositionIndex' => 99 ] + $client );
	$t->run( 'it reads', static fn () => read( $factory->getMainLB()->getConnection( DB_REPLICA ), 5 ) );
	$factory->destroy();

	$t->step( 'the only one has stopped for good' );
	$client = $first( $single, 6, static fn () => $cluster->stopApplying( 'replica1' ) );
	$factory = $second( $single, $client, 6 );
	$t->run( 'a write in lagged mode', static fn () => write( $factory->getMainLB()->getConnection( DB_PRIMARY ), 7 ) );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$factory->destroy();
};
