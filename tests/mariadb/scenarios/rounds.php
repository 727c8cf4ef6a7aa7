<?php
/** Transaction rounds over several databases and several load balancers. */

namespace MwNative\MariaDb;

use Wikimedia\Rdbms\Database;
use Wikimedia\Rdbms\IDatabase;

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] );
	$address = static fn ( string $server ) => "127.0.0.1:{$cluster->ports[$server]}";
	// Two sections, each with a load balancer, on the same servers by other names.
	$configuration = [
		'sectionsByDB' => [ 'wiki' => 's1', 'wiki2' => 's2' ],
		'sectionLoads' => [
			's1' => [ 'one' => 0, 'one-replica' => 100 ],
			's2' => [ 'two' => 0, 'two-replica' => 100 ],
		],
		'hostsByName' => [ 'one' => $address( 'primary' ), 'one-replica' => $address( 'replica1' ),
			'two' => $address( 'primary' ), 'two-replica' => $address( 'replica2' ) ],
		'serverTemplate' => $site->template(),
	];
	$ways = [
		'one balancer' => static fn () => $site->request( $servers ),
		'two balancers' => static fn () => $site->multi( $configuration ),
		'one balancer on the command line' => static fn () => $site->request( $servers, [ 'cliMode' => true ] ),
	];
	// What is in the tables, seen by somebody else.
	$stored = static function () use ( $cluster ): string {
		$ids = static fn ( string $table ) => implode( ',', array_column( $cluster->admin( 'primary', "SELECT id FROM $table WHERE id > 0 ORDER BY id" ), 'id' ) );
		return 'wiki: ' . $ids( 'wiki.note' ) . '; wiki2: ' . $ids( 'wiki2.note' );
	};
	foreach ( $ways as $way => $make ) {
		foreach ( [ 'wiki.note', 'wiki2.note' ] as $table ) {
			$cluster->admin( 'primary', "DELETE FROM $table WHERE id > 0" );
		}
		$site->forget();
		$factory = $make();
		$local = static fn (): IDatabase => $factory->getMainLB( 'wiki' )->getConnection( DB_PRIMARY, [], 'wiki' );
		$other = static fn (): IDatabase => $factory->getMainLB( 'wiki2' )->getConnection( DB_PRIMARY, [], 'wiki2' );
		$show = static fn () => $t->line( "stored: {$stored()}" );

		$t->step( "$way: a round that is committed" );
		$t->run( 'a read before', static fn () => read( $local(), 0 ) );
		$t->run( 'begin', static fn () => $factory->beginPrimaryChanges( 'Round' ) );
		$t->run( 'the round', static fn () => [ $factory->hasTransactionRound(), $factory->isReadyForRoundOperations() ] );
		$t->run( 'a write', static fn () => write( $local(), 1 ) );
		$t->run( 'elsewhere', static fn () => write( $other(), 1 ) );
		$t->run( 'callbacks', static function () use ( $t, $local, $other ) {
			$local()->onTransactionPreCommitOrIdle( static function () use ( $t, $local, $other ) {
				$t->line( 'before the commit: writes, and asks for more' );
				write( $local(), 2 );
				$other()->onTransactionPreCommitOrIdle( static function () use ( $t, $other ) {
					$t->line( 'before the commit, elsewhere' );
					write( $other(), 2 );
				}, 'Scenario::callback' );
			}, 'Scenario::callback' );
			$local()->onTransactionCommitOrIdle( static function () use ( $t, $local, $other ) {
				$t->line( 'after the commit: writes' );
				write( $local(), 3 );
				write( $other(), 3 );
			}, 'Scenario::callback' );
			$local()->onTransactionResolution( static fn ( $how ) => $t->line( "resolved: $how" ), 'Scenario::callback' );
		} );
		$t->run( 'the connection is in', static fn () => $local()->getLBInfo( Database::LB_TRX_ROUND_ID ) );
		$t->run( 'pending', static fn () => [ $factory->hasPrimaryChanges(),
			$factory->getMainLB( 'wiki' )->pendingPrimaryChangeCallers(), $factory->getMainLB( 'wiki2' )->explicitTrxActive() ] );
		$t->run( 'commit of another', static fn () => $local()->commit( 'Other' ) );
		$show();
		$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$show();
		$t->run( 'nothing is left', static fn () => [ $factory->hasTransactionRound(), $factory->hasPrimaryChanges(),
			$local()->getLBInfo( Database::LB_TRX_ROUND_ID ) ] );
		// On the command line it is stored at once, in a request with the next commit.
		$t->run( 'a write outside of rounds', static fn () => write( $local(), 5 ) );
		$show();
		$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Scenario' ) );
		$show();

		$t->step( "$way: a listener" );
		$factory->getMainLB( 'wiki' )->setTransactionListener( 'listener', static fn ( $how ) => $t->line( "heard: $how" ) );
		$factory->beginPrimaryChanges( 'Round' );
		write( $local(), 4 );
		$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$factory->getMainLB( 'wiki' )->setTransactionListener( 'listener', null );

		$t->step( "$way: a round that is given up" );
		$factory->beginPrimaryChanges( 'Round' );
		$t->run( 'writes', static function () use ( $t, $local, $other ) {
			write( $local(), 10 );
			write( $other(), 10 );
			$local()->onTransactionResolution( static fn ( $how ) => $t->line( "resolved: $how" ), 'Scenario::callback' );
			$local()->onTransactionCommitOrIdle( static fn () => $t->line( 'this must not run' ), 'Scenario::callback' );
		} );
		$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Round' ) );
		$show();

		$t->step( "$way: a query fails in a round" );
		$factory->beginPrimaryChanges( 'Round' );
		$t->run( 'a write', static fn () => write( $local(), 20 ) );
		$t->run( 'the same again', static fn () => write( $local(), 20 ) );
		$t->run( 'a query that is wrong', static fn () => $local()->query( 'SELECT nothing FROM nowhere', 'Scenario' ) );
		$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Round' ) );
		$show();
		$t->run( 'a round with an error that ends it', static function () use ( $factory, $local ) {
			$factory->beginPrimaryChanges( 'Round' );
			write( $local(), 22 );
			$local()->query( "UPDATE note SET body='x", 'Scenario::broken' );
		} );
		$t->run( 'a write', static fn () => write( $local(), 23 ) );
		$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Round' ) );
		$show();
		$t->run( 'the next round', static function () use ( $factory, $local ) {
			$factory->beginPrimaryChanges( 'Round' );
			write( $local(), 21 );
			$factory->commitPrimaryChanges( 'Round' );
		} );
		$show();

		$t->step( "$way: an atomic section that nobody ends" );
		$factory->beginPrimaryChanges( 'Round' );
		$t->run( 'a write in it', static function () use ( $local ) {
			$local()->startAtomic( 'Section' );
			write( $local(), 30 );
		} );
		$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Round' ) );
		$show();

		$t->step( "$way: a callback fails" );
		$factory->beginPrimaryChanges( 'Round' );
		write( $local(), 40 );
		$local()->onTransactionPreCommitOrIdle( static fn () => throw new \RuntimeException( 'no' ), 'Scenario::callback' );
		$t->run( 'commit, before it', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Round' ) );
		$factory->beginPrimaryChanges( 'Round' );
		write( $local(), 41 );
		$local()->onTransactionCommitOrIdle( static fn () => throw new \RuntimeException( 'too late' ), 'Scenario::callback' );
		$t->run( 'commit, after it', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$show();
		$t->run( 'the next round', static fn () => $factory->beginPrimaryChanges( 'Round' ) );
		$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Round' ) );
		$factory->beginPrimaryChanges( 'Round' );
		write( $local(), 42 );
		$local()->onTransactionCommitOrIdle( static fn () => write( $local(), 42 ), 'Scenario::callback' );
		$t->run( 'commit, a query fails after it', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$show();
		$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Round' ) );

		$t->step( "$way: the connection is lost in a round" );
		$t->run( 'writes', static function () use ( $factory, $local, $other, $cluster ) {
			$factory->beginPrimaryChanges( 'Round' );
			write( $local(), 50 );
			write( $other(), 50 );
			$cluster->admin( 'primary', 'KILL ' . $local()->query( 'SELECT CONNECTION_ID() AS id', 'Scenario' )->fetchObject()->id );
		} );
		$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Round' ) );
		$t->run( 'flush', static fn () => $factory->flushPrimarySessions( 'Round' ) );
		$show();
		if ( $way === 'one balancer' ) {
			$t->run( 'it is lost, and was idle so long that somebody asks', static function () use ( $factory, $local, $cluster ) {
				$factory->beginPrimaryChanges( 'Round' );
				write( $local(), 52 );
				$cluster->admin( 'primary', 'KILL ' . $local()->query( 'SELECT CONNECTION_ID() AS id', 'Scenario' )->fetchObject()->id );
				// A connection that has answered within a second is believed to be alive.
				usleep( 1300000 );
			} );
			$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
			$t->run( 'rollback', static fn () => $factory->rollbackPrimaryChanges( 'Round' ) );
			$show();
		}
		$t->run( 'a write after it', static function () use ( $factory, $local ) {
			write( $local(), 51 );
			$factory->commitPrimaryChanges( 'Round' );
		} );
		$show();

		$t->step( "$way: without a round" );
		$t->run( 'a write', static fn () => write( $local(), 60 ) );
		$show();
		$t->run( 'shutdown', static fn () => $factory->shutdown() );
		$show();
		$t->run( 'the limit of time', static function () use ( $factory, $local ) {
			write( $local(), 61 );
			$local()->query( 'UPDATE note SET body=SLEEP(1.2) WHERE id=61', 'Scenario::slow' );
		} );
		// How long it took is in the message.
		try {
			$factory->commitPrimaryChanges( 'Scenario', ...( $site->host === '1.39' ? [ [ 'maxWriteDuration' => 0.1 ] ] : [ 1 ] ) );
			$t->line( 'committed' );
		} catch ( \Throwable $e ) {
			$t->line( preg_replace( '/spent [\d.]+s/', 'spent <seconds>', get_class( $e ) . ': ' . $e->getMessage() ) );
		}
		$t->withoutLogs();
		$factory->rollbackPrimaryChanges( 'Scenario' );
		$t->run( 'a round in a round', static function () use ( $factory, $local ) {
			write( $local(), 62 );
			$factory->commitPrimaryChanges( 'Scenario' );
			$factory->beginPrimaryChanges( 'Round' );
			write( $local(), 63 );
			$factory->beginPrimaryChanges( 'Other' );
		} );
		$t->run( 'commit', static fn () => $factory->commitPrimaryChanges( 'Round' ) );
		$factory->destroy();
		$t->logs();
		$show();
	}

	$t->step( 'callbacks that ask for callbacks on other connections' );
	$limit = $site->host === '1.39' ? [] : 0;
	foreach ( [ [ 'wiki', 'wiki2' ], [ 'wiki2', 'wiki' ] ] as [ $from, $to ] ) {
		$lb = $site->balancer( $servers );
		// Both are held: a host may have a connection for each.
		[ $fromDb, $toDb ] = [ $lb->getConnection( DB_PRIMARY, [], $from ), $lb->getConnection( DB_PRIMARY, [], $to ) ];
		$lb->beginPrimaryChanges( 'Scenario' );
		write( $toDb, 80 );
		write( $fromDb, 80 );
		$fromDb->onTransactionPreCommitOrIdle( static function () use ( $t, $toDb, $to ) {
			$toDb->onTransactionPreCommitOrIdle( static fn () => $t->line( "before the commit of $to" ), 'Scenario::callback' );
		}, 'Scenario::callback' );
		$fromDb->onTransactionCommitOrIdle( static function () use ( $t, $toDb, $to ) {
			write( $toDb, 81 );
			$toDb->onTransactionCommitOrIdle( static fn () => $t->line( "after the commit of $to" ), 'Scenario::callback' );
		}, 'Scenario::callback' );
		$t->run( 'finalize', static fn () => $lb->finalizePrimaryChanges( 'Scenario' ) );
		$t->run( 'approve', static fn () => $lb->approvePrimaryChanges( $limit, 'Scenario' ) );
		$t->run( 'commit', static fn () => $lb->commitPrimaryChanges( 'Scenario' ) );
		$t->run( 'idle callbacks', static fn () => $lb->runPrimaryTransactionIdleCallbacks( 'Scenario' ) );
		$t->run( 'listeners', static fn () => $lb->runPrimaryTransactionListenerCallbacks( 'Scenario' ) );
		$t->line( "stored: {$stored()}" );
		foreach ( [ 'wiki.note', 'wiki2.note' ] as $table ) {
			$cluster->admin( 'primary', "DELETE FROM $table WHERE id >= 80" );
		}
		// In 1.39 a reference to another database must not outlive its connection; see domains.
		unset( $fromDb, $toDb );
		$lb->closeAll( 'Scenario' );
	}

	$t->step( 'stages in the wrong order' );
	$lb = $site->balancer( $servers );
	write( $lb->getConnection( DB_PRIMARY ), 70 );
	$t->run( 'approve', static fn () => $lb->approvePrimaryChanges( $limit, 'Scenario' ) );
	$t->run( 'commit', static fn () => $lb->commitPrimaryChanges( 'Scenario' ) );
	$t->run( 'idle callbacks', static fn () => $lb->runPrimaryTransactionIdleCallbacks( 'Scenario' ) );
	$t->run( 'listeners', static fn () => $lb->runPrimaryTransactionListenerCallbacks( 'Scenario' ) );
	$t->run( 'flush', static fn () => $lb->flushPrimarySessions( 'Scenario' ) );
	$t->run( 'finalize', static fn () => $lb->finalizePrimaryChanges( 'Scenario' ) );
	$t->run( 'finalize again', static fn () => $lb->finalizePrimaryChanges( 'Scenario' ) );
	$t->run( 'begin', static fn () => $lb->beginPrimaryChanges( 'Scenario' ) );
	$t->run( 'approve', static fn () => $lb->approvePrimaryChanges( $limit, 'Scenario' ) );
	$t->run( 'commit', static fn () => $lb->commitPrimaryChanges( 'Scenario' ) );
	$t->run( 'idle callbacks', static fn () => $lb->runPrimaryTransactionIdleCallbacks( 'Scenario' ) );
	$t->run( 'listeners', static fn () => $lb->runPrimaryTransactionListenerCallbacks( 'Scenario' ) );
	$t->run( 'begin', static fn () => $lb->beginPrimaryChanges( 'Scenario' ) );
	$t->run( 'begin again', static fn () => $lb->beginPrimaryChanges( 'Scenario' ) );
	$t->run( 'rollback', static fn () => $lb->rollbackPrimaryChanges( 'Scenario' ) );
	$t->run( 'idle callbacks', static fn () => $lb->runPrimaryTransactionIdleCallbacks( 'Scenario' ) );
	$t->run( 'listeners', static fn () => $lb->runPrimaryTransactionListenerCallbacks( 'Scenario' ) );
	$lb->closeAll( 'Scenario' );
};
