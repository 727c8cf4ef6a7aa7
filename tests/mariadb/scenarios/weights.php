<?php
/**
 * Writes go to the primary, reads to the replicas by weight. The choices come from PHP's own
 * random numbers, so both classes must draw the same ones and as many of them.
 */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$t->step( 'one request' );
	$factory = $site->request( $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] ) );
	$lb = $factory->getMainLB();
	$t->run( 'a write goes to', static function () use ( $lb ) {
		$db = $lb->getConnection( DB_PRIMARY );
		write( $db, 1 );
		return answering( $db );
	} );
	$t->run( 'a read goes to', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'and the next', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'servers', static fn () => [ $lb->getServerCount(), $lb->hasReplicaServers(), $lb->hasStreamingReplicaServers(),
		$lb->getServerName( 0 ), $lb->getServerName( 2 ), $lb->getServerType( 1 ), $lb->getServerInfo( 7 ), $lb->getClusterName() ] );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$t->run( 'ping', static fn () => $lb->pingAll() );
	$factory->destroy();

	$t->step( 'weights' );
	$weights = [
		'equal' => [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ],
		'one to four' => [ 'primary' => 0, 'replica1' => 100, 'replica2' => 400 ],
		'the primary too' => [ 'primary' => 100, 'replica1' => 100, 'replica2' => 100 ],
		'one of no weight' => [ 'primary' => 0, 'replica1' => 0, 'replica2' => 100 ],
		'fractions' => [ 'primary' => 0, 'replica1' => 0.5, 'replica2' => 1.5 ],
		'nobody' => [ 'primary' => 0, 'replica1' => 0, 'replica2' => 0 ],
	];
	foreach ( $weights as $name => $loads ) {
		foreach ( [ 'a seed for each' => 100, 'one stream' => $name === 'equal' ? 400 : 100 ] as $way => $count ) {
			mt_srand( 4711 );
			$chosen = [];
			for ( $i = 0; $i < $count; $i++ ) {
				if ( $way === 'a seed for each' ) {
					mt_srand( $i );
				}
				$lb = $site->balancer( $site->servers( $loads ) );
				try {
					$index = var_export( $lb->getReaderIndex(), true );
				} catch ( \Throwable $e ) {
					$index = $t->thrown( $e );
				}
				$chosen[$index] = ( $chosen[$index] ?? 0 ) + 1;
				$lb->closeAll( 'Scenario' );
			}
			ksort( $chosen );
			$t->withoutLogs();
			$t->line( "$name, $way: " . json_encode( $chosen ) . ', then ' . mt_rand( 0, 999999 ) );
		}
	}

	$t->step( 'groups' );
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ], [
		'replica1' => [ 'groupLoads' => [ 'dump' => 100 ] ],
		'replica2' => [ 'groupLoads' => [ 'api' => 100, 'dump' => 0 ] ],
	] );
	foreach ( [ 'dump', 'api', 'other', [ 'other', 'api' ], [ 'dump', 'api' ], [], false, '' ] as $groups ) {
		mt_srand( 3 );
		$lb = $site->balancer( $servers );
		$t->run( 'a read of ' . json_encode( $groups ), static fn () => answering( $lb->getConnection( DB_REPLICA, $groups ) ) );
		$t->run( 'its index', static fn () => $lb->getReaderIndex( is_string( $groups ) ? $groups : false ) );
		$lb->closeAll( 'Scenario' );
	}
	$lb = $site->balancer( $servers );
	$t->run( 'a group with an index', static fn () => answering( $lb->getConnection( 1, 'dump' ) ) );
	$t->run( 'an index that is not there', static fn () => answering( $lb->getConnection( 9 ) ) );
	$t->run( 'silence is not for getConnection', static fn () => $lb->getConnection( DB_REPLICA, [], false, $lb::CONN_SILENCE_ERRORS ) );
	foreach ( [ 0, 1, 2 ] as $index ) {
		$t->run( "server $index by its index", static fn () => answering( $lb->getConnection( $index ) ) );
	}
	$lb = $site->balancer( $servers, [ 'defaultGroup' => 'api' ] );
	$t->run( 'a default group', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );

	$t->step( 'one server' );
	$lb = $site->balancer( $site->servers( [ 'primary' => 1 ] ) );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'lag', static fn () => [ $lb->getLagTimes(), $lb->getMaxLag() ] );
	$t->run( 'an empty list', static fn () => $site->balancer( [] ) );
};
