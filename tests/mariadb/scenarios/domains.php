<?php
/** Connections outside of transactions, other databases and prefixes, and the end of a balancer. */

namespace MwNative\MariaDb;

use Wikimedia\Rdbms\ILoadBalancer;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] );
	$lb = $site->balancer( $servers );
	$auto = ILoadBalancer::CONN_TRX_AUTOCOMMIT;
	// How many connections the wiki's user has.
	$connections = static function () use ( $cluster ): string {
		$count = static fn ( string $server ) => count( $cluster->admin( $server, "SELECT 1 FROM information_schema.processlist WHERE user='wiki'" ) );
		$counts = [];
		foreach ( array_keys( $cluster->ports ) as $server ) {
			$counts[$server] = $count( $server );
		}
		return json_encode( $counts );
	};
	// A server may need a moment to see that a connection was closed.
	$steady = static function () use ( $connections ): string {
		for ( $same = 0, $last = ''; $same < 3; usleep( 30000 ) ) {
			$now = $connections();
			$same = $now === $last ? $same + 1 : 0;
			$last = $now;
		}
		return $last;
	};

	$t->step( 'outside of transactions' );
	$t->run( 'a write in a transaction', static fn () => write( $lb->getConnection( DB_PRIMARY ), 1 ) );
	$t->run( 'a write outside', static fn () => write( $lb->getConnection( DB_PRIMARY, [], false, $auto ), 2 ) );
	$t->run( 'levels', static fn () => [ $lb->getConnection( DB_PRIMARY )->trxLevel(),
		$lb->getConnection( DB_PRIMARY, [], false, $auto )->trxLevel() ] );
	$t->run( 'what others see', static fn () => array_column( $cluster->admin( 'primary', 'SELECT id FROM wiki.note WHERE id>0' ), 'id' ) );
	$t->run( 'a transaction where there must be none', static fn () => $lb->getConnection( DB_PRIMARY, [], false, $auto )->begin( 'Scenario' ) );
	$t->run( 'a reference to it', static fn () => answering( $lb->getConnection( DB_PRIMARY, [], false, $auto ) ) );
	$t->run( 'any open', static fn () => (bool)$lb->getAnyOpenConnection( DB_PRIMARY, $auto ) );
	$t->run( 'it ends', static fn () => $lb->getConnection( DB_PRIMARY )->rollback( 'Scenario', 'flush' ) );
	$t->run( 'a read outside', static fn () => answering( $lb->getConnection( DB_REPLICA, [], false, $auto ) ) );
	$t->run( 'connections', $steady );
	$lb->closeAll( 'Scenario' );
	$t->run( 'connections after closeAll', $steady );

	$t->step( 'databases' );
	$lb = $site->balancer( $servers );
	$text = static fn ( $db ) => [ $db->getDomainID(), $db->getDBname(), $db->tablePrefix(), $db->tableName( 'note' ), read( $db, 0 ), answering( $db ) ];
	$references = [];
	foreach ( [ false, 'wiki', 'wiki2', 'wiki-pre_', 'wiki2-pre_' ] as $domain ) {
		foreach ( [ DB_PRIMARY, DB_REPLICA ] as $index ) {
			$references["$index " . json_encode( $domain )] = $reference = $lb->getConnection( $index, [], $domain );
			$t->run( 'domain ' . json_encode( $domain ) . " of $index", static fn () => $text( $reference ) );
		}
	}
	foreach ( $references as $name => $reference ) {
		$t->run( "the reference $name is still", static fn () => $text( $reference ) );
	}
	$t->run( 'a database that is not there', static fn () => $text( $lb->getConnection( DB_REPLICA, [], 'wiki3' ) ) );
	$t->run( 'the one before', static fn () => $text( $lb->getConnection( DB_REPLICA, [], 'wiki2' ) ) );
	$t->run( 'no database', static fn () => answering( $lb->getConnection( DB_REPLICA, [], ILoadBalancer::DOMAIN_ANY ) ) );
	$t->run( 'resolved', static fn () => [ $lb->resolveDomainID( false ), $lb->resolveDomainID( 'wiki2' ), $lb->getLocalDomainID() ] );
	$t->run( 'the end of the transactions', static function () use ( $lb ) {
		$lb->getConnection( DB_REPLICA )->rollback( 'Scenario', 'flush' );
		$lb->getConnection( DB_PRIMARY )->rollback( 'Scenario', 'flush' );
	} );
	$t->run( 'the one before', static fn () => $text( $lb->getConnection( DB_REPLICA, [], 'wiki2' ) ) );
	$t->run( 'no database', static fn () => answering( $lb->getConnection( DB_REPLICA, [], ILoadBalancer::DOMAIN_ANY ) ) );
	$t->run( 'connections', $steady );
	$t->run( 'release', static function () use ( &$references, &$reference ) {
		$references = [];
		$reference = null;
	} );
	$t->run( 'a prefix after that', static fn () => $text( $lb->getConnection( DB_PRIMARY, [], 'wiki-pre_' ) ) );

	$t->step( 'aliases and prefixes' );
	$lb->setDomainAliases( [ 'second' => 'wiki2' ] );
	$t->run( 'an alias', static fn () => $text( $lb->getConnection( DB_REPLICA, [], 'second' ) ) );
	$t->run( 'another local prefix', static fn () => $lb->setLocalDomainPrefix( 'pre_' ) );
	$t->run( 'a read', static fn () => $text( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'another local domain', static fn () => $lb->redefineLocalDomain( 'wiki2' ) );
	$t->run( 'a read', static fn () => $text( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'an aliased table', static function () use ( $lb ) {
		$lb->closeAll( 'Scenario' );
		$lb->setTableAliases( [ 'note' => [ 'dbname' => 'wiki', 'schema' => null, 'prefix' => 'pre_' ] ] );
		return read( $lb->getConnection( DB_REPLICA ), 0 );
	} );
	$t->run( 'only temporary tables', static fn () => [ $lb->setTempTablesOnlyMode( true, 'wiki2' ), $lb->setTempTablesOnlyMode( true, 'wiki2' ) ] );
	$t->run( 'a read outside of transactions', static fn () => answering( $lb->getConnection( DB_PRIMARY, [], false, $auto ) ) );
	$t->run( 'connections', $steady );

	$t->step( 'the end' );
	$held = $lb->getConnection( DB_REPLICA );
	$t->run( 'a reference', static fn () => answering( $held ) );
	$lb->closeAll( 'Scenario' );
	$t->run( 'connections after closeAll', $steady );
	$t->run( 'the reference', static fn () => answering( $held ) );
	$t->run( 'a new reference', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$unused = $lb->getConnection( DB_REPLICA );
	$t->run( 'disable', static fn () => $lb->disable( 'Scenario' ) );
	$t->run( 'connections after disable', $steady );
	$t->run( 'a new reference', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'one that was never used', static fn () => answering( $unused ) );
	$t->run( 'the primary', static fn () => answering( $lb->getConnection( DB_PRIMARY ) ) );
	$t->run( 'silently', static fn () => $lb->getServerConnection( 1, 'wiki', ILoadBalancer::CONN_SILENCE_ERRORS ) );
	$t->run( 'disable again', static fn () => $lb->disable( 'Scenario' ) );

	$t->step( 'references to another database that outlive their connection' );
	$lb = $site->balancer( $servers );
	$local = $lb->getConnection( DB_REPLICA );
	$foreign = $lb->getConnection( DB_REPLICA, [], 'wiki2' );
	$t->run( 'both are used', static fn () => [ read( $local, 0 ), read( $foreign, 0 ) ] );
	$lb->closeAll( 'Scenario' );
	$t->run( 'release of the local one', static function () use ( &$local ) {
		$local = null;
	} );
	$t->run( 'release of the other', static function () use ( &$foreign ) {
		$foreign = null;
	} );
	unset( $lb );

	$t->step( 'many connections' );
	$lb = $site->balancer( $servers );
	$keep = [];
	foreach ( [ 0, 1, 2 ] as $index ) {
		foreach ( [ 0, $auto ] as $flags ) {
			foreach ( [ 'wiki', 'wiki2', 'wiki-pre_' ] as $domain ) {
				$keep[] = $reference = $lb->getConnection( $index, [], $domain, $flags );
				$t->run( "$index, $domain" . ( $flags ? ', outside' : '' ), static fn () => answering( $reference ) );
			}
		}
	}
	$t->run( 'connections', $steady );
	unset( $keep, $reference, $lb );
	gc_collect_cycles();
	$t->run( 'connections when nobody holds the balancer', $steady );
};
