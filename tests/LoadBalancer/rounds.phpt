--TEST--
Rounds on a real database: callbacks that add callbacks, errors half way, and every wrong moment, as with the original
--EXTENSIONS--
mbstring
pdo
pdo_sqlite
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/balancer.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/balancer.php';

$code = <<<'CODE'
use Wikimedia\Rdbms\IDatabase;

$folder = sys_get_temp_dir() . '/mwnative-rounds-' . getmypid();
mkdir( $folder );
register_shutdown_function( static fn () => array_map( 'unlink', glob( "$folder/*" ) ) && rmdir( $folder ) );
$server = [ 'type' => 'sqlite', 'dbFilePath' => "$folder/wiki.sqlite", 'dbname' => 'wiki', 'load' => 1, 'flags' => DBO_DEFAULT | DBO_TRX ];
$steps = [ 'begin', 'finalize', 'approve', 'commit', 'idle', 'listeners', 'rollback', 'flush', 'snapshots' ];
$step = static function ( $balancer, string $name ) {
	try {
		$result = match ( $name ) {
			'begin' => $balancer->beginPrimaryChanges( 'test' ),
			'finalize' => $balancer->finalizePrimaryChanges( 'test' ),
			'approve' => $balancer->approvePrimaryChanges( This::$version === '1.39' ? [ 'maxWriteDuration' => 6 ] : 6, 'test' ),
			'commit' => $balancer->commitPrimaryChanges( 'test' ),
			'idle' => $balancer->runPrimaryTransactionIdleCallbacks( 'test' ),
			'listeners' => $balancer->runPrimaryTransactionListenerCallbacks( 'test' ),
			'rollback' => $balancer->rollbackPrimaryChanges( 'test' ),
			'flush' => $balancer->flushPrimarySessions( 'test' ),
			'snapshots' => $balancer->flushPrimarySnapshots( 'test' ),
		};
		$text = $result instanceof Throwable ? 'gave ' . get_class( $result ) . ': ' . $result->getMessage() : json_encode( $result );
	} catch ( Throwable $thrown ) {
		$text = 'threw ' . get_class( $thrown ) . ': ' . $thrown->getMessage();
	}
	echo "$name: $text; ", peek( $balancer, 'trxRoundStage' ), ' ', json_encode( peek( $balancer, 'trxRoundId' ) ), "\n";
};
$make = static function () use ( $server ) {
	$balancer = balancer( [ 'p' => $server ] );
	$balancer->getConnectionInternal( DB_PRIMARY );
	return $balancer;
};

echo "Every step after every step:\n";
foreach ( $steps as $first ) {
	foreach ( $steps as $second ) {
		$balancer = $make();
		$step( $balancer, $first );
		$step( $balancer, $second );
		$balancer->closeAll();
	}
}

echo "Callbacks that add callbacks:\n";
$balancer = $make();
$connection = $balancer->getConnectionInternal( DB_PRIMARY );
$connection->query( 'CREATE TABLE t (a int)', 'test' );
$connection->commit( 'test', 'flush' );
$balancer->setTransactionListener( 'ear', static function ( $trigger ) {
	echo "listener $trigger\n";
} );
$step( $balancer, 'begin' );
$connection->insert( 't', [ 'a' => 1 ], 'test' );
$connection->onTransactionPreCommitOrIdle( static function () use ( $connection ) {
	echo "before 1\n";
	$connection->insert( 't', [ 'a' => 2 ], 'test' );
	$connection->onTransactionPreCommitOrIdle( static function () {
		echo "before 2\n";
	}, 'test' );
	$connection->onTransactionCommitOrIdle( static function () use ( $connection ) {
		echo "after 1\n";
		$connection->onTransactionCommitOrIdle( static function () {
			echo "after 2\n";
			throw new LogicException( 'in the second' );
		}, 'test' );
	}, 'test' );
}, 'test' );
$connection->onTransactionResolution( static function ( $trigger ) {
	echo "resolution $trigger\n";
}, 'test' );
foreach ( [ 'finalize', 'approve', 'commit', 'idle', 'listeners', 'rollback', 'idle', 'listeners' ] as $name ) {
	$step( $balancer, $name );
}
show( $connection->selectFieldValues( 't', 'a', [], 'test', [ 'ORDER BY' => 'a' ] ) );

echo "A callback fails before the commit:\n";
$step( $balancer, 'begin' );
$connection->insert( 't', [ 'a' => 3 ], 'test' );
$connection->onTransactionPreCommitOrIdle( static fn () => throw new LogicException( 'half way' ), 'test' );
foreach ( [ 'finalize', 'approve', 'finalize', 'rollback', 'idle', 'listeners' ] as $name ) {
	$step( $balancer, $name );
}
show( $connection->selectRowCount( 't', '*', [], 'test' ) );

echo "A section is left open, and a transaction of somebody's own:\n";
$step( $balancer, 'begin' );
$connection->startAtomic( 'somebody' );
$connection->insert( 't', [ 'a' => 4 ], 'test' );
foreach ( [ 'finalize', 'approve', 'rollback', 'listeners' ] as $name ) {
	$step( $balancer, $name );
}
show( [ $balancer->hasPrimaryChanges(), $balancer->pendingPrimaryChangeCallers(), $balancer->explicitTrxActive() ] );
foreach ( Logged::take( 'error logger', 'error' ) as $line ) {
	echo preg_replace( '/ \[[0-9a-f]+\]|[\d.]+ ?m?s\b/', '', $line ), "\n";
}
CODE;
Fixtures\original_and_native_alike( $code );
$text = Fixtures\run( Fixtures\side_code( '1.43', 'native' ) . $code, Fixtures\side_settings( 'native' ) );
echo strstr( $text, 'Callbacks that' );
?>
--EXPECT--
196 lines alike
Callbacks that add callbacks:
begin: null; cursory "test"
before 1
before 2
finalize: 2; finalized "test"
approve: null; approved "test"
commit: null; commit-callbacks false
after 1
after 2
idle: threw LogicException: in the second; error false
listeners: threw Wikimedia\Rdbms\DBTransactionError: Transaction should be in the callback stage (not 'error'); error false
rollback: null; rollback-callbacks false
idle: null; rollback-callbacks false
listener 3
listeners: null; cursory false
["1","2"]
A callback fails before the commit:
begin: null; cursory "test"
finalize: threw LogicException: half way; error "test"
approve: threw Wikimedia\Rdbms\DBTransactionError: Transaction 'test' round stage must be ''finalized'' (not 'error'); error "test"
finalize: threw Wikimedia\Rdbms\DBTransactionError: Transaction 'test' round stage must be ''cursory'/'finalized'' (not 'error'); error "test"
rollback: null; rollback-callbacks false
idle: null; rollback-callbacks false
listener 3
listeners: null; cursory false
2
A section is left open, and a transaction of somebody's own:
begin: null; cursory "test"
finalize: 0; finalized "test"
approve: threw Wikimedia\Rdbms\DBTransactionError: Explicit transaction still active; a caller might have failed to call endAtomic() or cancelAtomic().; error "test"
rollback: null; rollback-callbacks false
listeners: null; cursory false
[false,[],false]
