<?php
/** A server that takes connections but never answers, until it does again. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	// 1.39 has no time-out for answers; PHP's own stands in for it.
	ini_set( 'mysqlnd.net_read_timeout', '1' );
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ],
		[ 'connectTimeout' => 1, 'receiveTimeout' => 1 ] );
	$name = [ 'primary', 'replica1', 'replica2' ];

	$t->step( 'it freezes between two reads' );
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$held = $lb->getConnection( DB_REPLICA );
	$t->run( 'the first read', static fn () => read( $held, 0 ) );
	$index = $lb->getReaderIndex();
	$cluster->freeze( $name[$index] );
	$t->run( 'the reference', static fn () => read( $held, 0 ) );
	$t->tag( 'lost-connection' );
	$t->run( 'a new reference', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'the primary', static fn () => answering( $lb->getConnection( DB_PRIMARY ) ) );
	$factory->destroy();
	$t->logs();
	$t->tag( '' );

	$t->step( 'it is frozen when a request begins' );
	$site->forget();
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'lag', static fn () => $lb->getLagTimes() );
	$factory->destroy();

	$t->step( 'the configuration has no time-outs' );
	// 1.43 measures with its own, so that nobody waits for long; in 1.39 only PHP's is left.
	ini_set( 'mysqlnd.net_read_timeout', $site->host === '1.39' ? '1' : '9' );
	$site->forget();
	$start = microtime( true );
	$factory = $site->request( $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] ) );
	$t->run( 'a read', static fn () => answering( $factory->getMainLB()->getConnection( DB_REPLICA ) ) );
	$t->line( 'soon: ' . var_export( microtime( true ) - $start < 9, true ) );
	$factory->destroy();
	ini_set( 'mysqlnd.net_read_timeout', '1' );

	$t->step( 'it answers again' );
	$cluster->thaw( $name[$index] );
	$cluster->settle();
	$site->forget();
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'by its index', static fn () => answering( $lb->getConnection( $index ) ) );
	$t->run( 'lag', static fn () => $lb->getLagTimes() );
	$factory->destroy();

	$t->step( 'the primary freezes' );
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 1 ) );
	$cluster->freeze( 'primary' );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'the next write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 2 ) );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$factory->destroy();
	$t->logs();
	$cluster->thaw( 'primary' );
	$cluster->settle();
	$site->forget();
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'it answers again, a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 3 ) );
	$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
	$factory->destroy();
};
