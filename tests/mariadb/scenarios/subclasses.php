<?php
/** Subclasses, the host's and others: what they override is what happens. */

namespace MwNative\MariaDb;

use Wikimedia\Rdbms\DatabaseDomain;
use Wikimedia\Rdbms\IDatabase;
use Wikimedia\Rdbms\LoadBalancer;
use Wikimedia\Rdbms\LoadBalancerSingle;

final class TalkingBalancer extends LoadBalancer {
	/** @var string[] */
	public static array $calls = [];
	public static bool $refuse = false;

	protected function reallyOpenConnection( $i, DatabaseDomain $domain, array $lbInfo ) {
		self::$calls[] = "open $i/{$domain->getId()} " . implode( ',', array_keys( $lbInfo ) );
		if ( self::$refuse && $i > 0 ) {
			throw new \RuntimeException( 'the subclass refuses' );
		}
		return parent::reallyOpenConnection( $i, $domain, $lbInfo );
	}

	protected function getExistingReaderIndex( $group ) {
		$index = parent::getExistingReaderIndex( $group );
		self::$calls[] = "existing '$group' $index";
		return $index;
	}

	protected function getConnLogContext( IDatabase $conn, array $extras = [] ) {
		self::$calls[] = 'context ' . implode( ',', array_keys( $extras ) );
		return [ 'fname' => 'the subclass' ] + parent::getConnLogContext( $conn, $extras );
	}

	public function getServerName( $i ): string {
		return strtoupper( parent::getServerName( $i ) );
	}
}

return static function ( Transcript $t, Site $site, Cluster $cluster ): void {
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ] );
	$calls = static function () use ( $t ): void {
		$t->line( 'calls: ' . implode( '; ', TalkingBalancer::$calls ) );
		TalkingBalancer::$calls = [];
	};

	$t->step( 'a subclass that talks' );
	$lb = new TalkingBalancer( [ 'servers' => $servers ] + $site->services() );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$calls();
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 1 ) );
	$calls();
	$t->run( 'commit', static fn () => $lb->getConnection( DB_PRIMARY )->commit( 'Scenario', 'flush' ) );
	$t->run( 'wait', static fn () => $lb->waitForAll( $lb->getPrimaryPos(), 10 ) );
	$calls();
	$t->run( 'names', static fn () => [ $lb->getServerName( 1 ), $lb->getClusterName() ] );
	$t->run( 'the end', static fn () => $lb->closeAll( 'Scenario' ) );

	$t->step( 'a subclass that throws' );
	$site->forget();
	TalkingBalancer::$calls = [];
	$lb = new TalkingBalancer( [ 'servers' => $servers ] + $site->services() );
	TalkingBalancer::$refuse = true;
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$calls();
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 2 ) );
	$t->run( 'lag', static fn () => $lb->getLagTimes() );
	TalkingBalancer::$refuse = false;
	TalkingBalancer::$calls = [];
	$t->run( 'it no longer throws', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$calls();
	$t->run( 'the end', static fn () => $lb->closeAll( 'Scenario' ) );

	$t->step( 'the host\'s balancer of one connection' );
	$site->forget();
	$other = $site->balancer( $servers );
	$connection = $other->getServerConnection( 0, 'wiki' );
	$lb = LoadBalancerSingle::newFromConnection( $connection, [ 'localDomain' => 'wiki' ] );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'a write', static fn () => write( $lb->getConnection( DB_PRIMARY ), 3 ) );
	$t->run( 'pending', static fn () => [ $lb->hasPrimaryChanges(), $other->hasPrimaryChanges(), $lb->getServerCount(), $lb->getReaderIndex() ] );
	$t->run( 'another database', static fn () => read( $lb->getConnection( DB_REPLICA, [], 'wiki2' ), 0 ) );
	$t->run( 'a round', static function () use ( $lb ) {
		$lb->finalizePrimaryChanges( 'Scenario' );
		$lb->approvePrimaryChanges( ...( method_exists( $lb, 'getTransactionRoundStage' ) ? [ [], 'Scenario' ] : [ 0, 'Scenario' ] ) );
		$lb->commitPrimaryChanges( 'Scenario' );
		$lb->runPrimaryTransactionIdleCallbacks( 'Scenario' );
		return $lb->runPrimaryTransactionListenerCallbacks( 'Scenario' );
	} );
	$t->run( 'stored', static fn () => count( $cluster->admin( 'primary', 'SELECT 1 FROM wiki.note WHERE id=3' ) ) );
	$t->run( 'the end', static fn () => $lb->closeAll( 'Scenario' ) );
	$t->run( 'the connection', static fn () => $connection->isOpen() );
	$t->run( 'the other balancer', static fn () => answering( $other->getConnection( DB_PRIMARY ) ) );
};
