--TEST--
The names of MediaWiki 1.33 that hosts have dropped since keep their meaning
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/balancer.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/balancer.php';

$code = <<<'CODE'
use Wikimedia\Rdbms\LoadBalancer;
// 1.39 calls some of them deprecated, and says so.
error_reporting( E_ALL & ~E_USER_DEPRECATED & ~E_DEPRECATED );
$say = static function ( string $name, mixed $value ): void {
	echo "$name: ", is_object( $value ) ? get_class( $value ) : json_encode( $value ), "\n";
};
$thrown = static function ( callable $call ): string {
	try {
		return 'nothing thrown, ' . json_encode( $call() );
	} catch ( Throwable $thrown ) {
		return substr( strrchr( '\\' . get_class( $thrown ), '\\' ), 1 );
	}
};

foreach ( [ 'DB_MASTER' => 'DB_PRIMARY', 'DB_REPLICA' => 'DB_REPLICA', 'DOMAIN_ANY' => 'DOMAIN_ANY',
	'CONN_TRX_AUTOCOMMIT' => 'CONN_TRX_AUTOCOMMIT', 'STAGE_POSTCOMMIT_CALLBACKS' => 'STAGE_POSTCOMMIT_CALLBACKS',
	'STAGE_POSTROLLBACK_CALLBACKS' => 'STAGE_POSTROLLBACK_CALLBACKS' ] as $former => $today ) {
	$say( $former, constant( LoadBalancer::class . "::$former" ) === constant( LoadBalancer::class . "::$today" ) );
}

$balancer = balancer( [ 'p' => 0, 'a' => 1, 'b' => 0 ] );
$say( 'getWriterIndex', $balancer->getWriterIndex() );
$say( 'haveIndex', [ $balancer->haveIndex( 0 ), $balancer->haveIndex( 2 ), $balancer->haveIndex( 3 ) ] );
$say( 'isNonZeroLoad', [ $balancer->isNonZeroLoad( 0 ), $balancer->isNonZeroLoad( 1 ), $balancer->isNonZeroLoad( 2 ), $balancer->isNonZeroLoad( 7 ) ] );
$say( 'hasMasterConnection', $balancer->hasMasterConnection() );
$primary = $balancer->openConnection( $balancer->getWriterIndex() );
$say( 'openConnection', [ $primary->getServerName(), $primary === $balancer->getConnectionInternal( DB_PRIMARY ) ] );
Servers::$dead = [ 'b' ];
$say( 'openConnection of a dead server', $balancer->openConnection( 2 ) );
Servers::$dead = [];
$say( 'hasMasterConnection', $balancer->hasMasterConnection() );
$say( 'getMasterPos', $balancer->getMasterPos() );
$reference = $balancer->getLazyConnectionRef( DB_REPLICA );
$say( 'getLazyConnectionRef', [ get_class( $reference ), $reference->getServerName() ] );
$balancer->reuseConnection( $reference );
$say( 'reuseConnection', $reference->isOpen() );
$say( 'safeGetLag', $balancer->safeGetLag( $balancer->getConnectionInternal( DB_REPLICA ) ) );
Servers::$lag = [ 'a' => 3 ];
$say( 'safeGetLag', [ $balancer->safeGetLag( $balancer->getConnectionInternal( DB_REPLICA ) ), balancer( [ 'a' => 1 ] )->safeGetLag( $primary ) ] );

// Rounds.
$say( 'hasMasterChanges', $balancer->hasMasterChanges() );
$balancer->beginMasterChanges( 'round' );
$say( 'beginMasterChanges', [ peek( $balancer, 'trxRoundId' ), peek( $balancer, 'trxRoundStage' ) ] );
$say( 'again', $thrown( static fn () => $balancer->beginMasterChanges( 'round' ) ) );
$say( 'finalizeMasterChanges', $balancer->finalizeMasterChanges() );
$balancer->approveMasterChanges( [ 'maxWriteDuration' => 5 ] );
$say( 'approveMasterChanges', peek( $balancer, 'trxRoundStage' ) );
$balancer->commitMasterChanges( 'round' );
$say( 'commitMasterChanges', peek( $balancer, 'trxRoundStage' ) );
$say( 'runMasterTransactionIdleCallbacks', $balancer->runMasterTransactionIdleCallbacks() );
$say( 'runMasterTransactionListenerCallbacks', $balancer->runMasterTransactionListenerCallbacks() );
$say( 'stage', peek( $balancer, 'trxRoundStage' ) );
$balancer->rollbackMasterChanges( 'round' );
$say( 'rollbackMasterChanges', peek( $balancer, 'trxRoundStage' ) );
$balancer->runMasterTransactionListenerCallbacks();
$balancer->flushMasterSnapshots( 'test' );
$balancer->finalizeMasterChanges();
$balancer->approveMasterChanges( [] );
$balancer->commitAll( 'test' );
$say( 'commitAll', peek( $balancer, 'trxRoundStage' ) );
$say( 'changes', [ $balancer->lastMasterChangeTimestamp(), $balancer->hasOrMadeRecentMasterChanges(), $balancer->pendingMasterChangeCallers() ] );

// Each connection.
$names = [];
$note = static function ( $connection, ...$more ) use ( &$names ) {
	$names[] = $connection->getServerName() . implode( $more );
};
$balancer->forEachOpenConnection( $note, [ '!', '?' ] );
$balancer->forEachOpenMasterConnection( $note );
$balancer->forEachOpenReplicaConnection( $note, [ '.' ] );
$say( 'forEachOpen...', $names );
$say( 'an exception ends it', $thrown( static fn () => $balancer->forEachOpenConnection( static fn () => throw new \LogicException( 'x' ) ) ) );

// Lag.
Servers::$lag = [ 'a' => 1000, 'b' => 0 ];
$lagging = balancer( [ 'p' => 0, 'a' => 1 ] );
// On 1.39 it is the monitor that knows lag, and this one knows none.
$say( 'getLaggedReplicaMode', [ $lagging->laggedReplicaUsed(), $lagging->getLaggedReplicaMode() === ( This::$version !== '1.39' ),
	$lagging->laggedReplicaUsed() === ( This::$version !== '1.39' ) ] );
$allowing = balancer( [ 'p' => 0, 'a' => 1 ] );
$say( 'allowLagged', [ $allowing->allowLagged(), $allowing->allowLagged( true ), $allowing->allowLagged(), $allowing->getLaggedReplicaMode() ] );

// Positions.
$say( 'waitForOne', balancer( [ 'p' => 0, 'b' => 0 ] )->waitForOne( false ) );
$say( 'safeWaitForMasterPos', $balancer->safeWaitForMasterPos( $primary ) );
$say( 'setDomainPrefix', ( static function () use ( $balancer ) {
	$balancer->setDomainPrefix( 'x_' );
	return $balancer->getLocalDomainID();
} )() );
$balancer->closeConnection( $primary );
$say( 'closeConnection', [ $primary->isOpen(), $balancer->hasMasterConnection() ] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
DB_MASTER: true
DB_REPLICA: true
DOMAIN_ANY: true
CONN_TRX_AUTOCOMMIT: true
STAGE_POSTCOMMIT_CALLBACKS: true
STAGE_POSTROLLBACK_CALLBACKS: true
getWriterIndex: 0
haveIndex: [true,true,false]
isNonZeroLoad: [false,true,false,false]
hasMasterConnection: false
openConnection: ["p",true]
openConnection of a dead server: false
hasMasterConnection: true
getMasterPos: false
getLazyConnectionRef: ["Wikimedia\\Rdbms\\DBConnRef","a"]
reuseConnection: true
safeGetLag: 0
safeGetLag: [3,0]
hasMasterChanges: false
beginMasterChanges: ["round","cursory"]
again: "DBTransactionError"
finalizeMasterChanges: 0
approveMasterChanges: "approved"
commitMasterChanges: "commit-callbacks"
runMasterTransactionIdleCallbacks: null
runMasterTransactionListenerCallbacks: null
stage: "cursory"
rollbackMasterChanges: "rollback-callbacks"
commitAll: "commit-callbacks"
changes: [false,false,[]]
forEachOpen...: ["p!?","a!?","p","a."]
an exception ends it: "LogicException"
getLaggedReplicaMode: [false,true,true]
allowLagged: [false,true,true,false]
waitForOne: true
safeWaitForMasterPos: true
setDomainPrefix: "wiki-x_"
closeConnection: [false,false]
