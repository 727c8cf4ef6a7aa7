<?php
/** A primary that takes no writes. */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] );

	$t->step( 'the server says so' );
	$cluster->admin( 'primary', 'SET GLOBAL read_only=1' );
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'the reason', static fn () => $lb->getReadOnlyReason() );
	// The connection that was opened to find out: does it know?
	$t->tag( 'read-only-asked-first' );
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 1 ) );
	$t->run( 'of the connection', static fn () => $lb->getConnection( DB_PRIMARY )->isReadOnly() );
	$t->tag( '' );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$factory->destroy();
	$factory = $site->request( $servers );
	$t->run( 'a write without asking', static fn () => write( $factory->getMainLB()->getConnection( DB_PRIMARY ), 1 ) );
	$factory->destroy();

	$t->step( 'it is kept for a while' );
	$cluster->admin( 'primary', 'SET GLOBAL read_only=0' );
	$lb = $site->balancer( $servers );
	$t->run( 'at once', static fn () => $lb->getReadOnlyReason() );
	Site::$now += 120;
	$lb = $site->balancer( $servers );
	$t->run( 'later', static fn () => $lb->getReadOnlyReason() );
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 2 ) );
	$lb->closeAll( 'Scenario' );

	$t->step( 'it becomes so in a transaction' );
	$site->forget();
	$factory = $site->request( $servers );
	$lb = $factory->getMainLB();
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 3 ) );
	// It waits for those who write: they must not wait for it.
	$cluster->later( 'primary', 0, 'SET GLOBAL read_only=1' );
	$cluster->until( 'it is asked for', static fn () => $cluster->admin( 'primary',
		"SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SET GLOBAL read\\_only%' OR @@read_only" ) !== [] );
	$t->run( 'commit', static fn () => $factory->rollbackPrimaryChanges( 'Scenario' ) );
	$cluster->finish();
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 4 ) );
	$t->run( 'commit', static fn () => $factory->rollbackPrimaryChanges( 'Scenario' ) );
	$factory->destroy();
	$cluster->admin( 'primary', 'SET GLOBAL read_only=0' );

	$t->step( 'the configuration says so' );
	$site->forget();
	$factory = $site->request( $servers, [ 'readOnlyReason' => 'We are moving.' ] );
	$lb = $factory->getMainLB();
	$t->run( 'the reason', static fn () => $lb->getReadOnlyReason() );
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 5 ) );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$factory->destroy();

	$t->step( 'a write to a replica' );
	$lb = $site->balancer( $servers );
	$t->run( 'through a reference', static fn () => write( $lb->getConnection( DB_REPLICA ), 6 ) );
	$t->run( 'through its index', static fn () => write( $lb->getConnection( 1 ), 6 ) );
	$t->run( 'for maintenance', static fn () => write( $lb->getMaintenanceConnectionRef( 1 ), 6 ) );
	$t->run( 'the primary by its index', static fn () => write( $lb->getConnection( 0 ), 6 ) );
	$lb->closeAll( 'Scenario' );
};
