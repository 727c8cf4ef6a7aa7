--TEST--
On MediaWiki 1.39 reflection of the bound class equals the original's, but for the names of MediaWiki 1.33
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/balancer.php';
skip_without_host( '1.39' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/balancer.php';

$code = <<<'CODE'
require_once dirname( ( new ReflectionFunction( 'balancer' ) )->getFileName() ) . '/describe.php';
echo json_encode( Fixtures\describe_class( 'Wikimedia\\Rdbms\\LoadBalancer' ), JSON_THROW_ON_ERROR );
CODE;
foreach ( [ '1.39' ] as $version ) {
	foreach ( [ 'original', 'native' ] as $which ) {
		$text = Fixtures\run( Fixtures\side_code( $version, $which ) . $code, Fixtures\side_settings( $which ) );
		$facts[$which] = str_replace( [ 'Wikimedia\\Rdbms\\LoadBalancer::', 'Wikimedia\\\\Rdbms\\\\', 'Wikimedia\\Rdbms\\' ], [ '', '', '' ], json_decode( $text, true ) ?? exit( substr( $text, 0, 2000 ) ) );
	}
	echo "$version: ", count( $facts['original'] ) > 120 ? 'much to compare' : 'too little', "\n";
	foreach ( array_diff( $facts['original'], $facts['native'] ) as $line ) {
		echo "- $line\n";
	}
	foreach ( array_diff( $facts['native'], $facts['original'] ) as $line ) {
		echo "+ $line\n";
	}
	$common = array_values( array_intersect( $facts['native'], $facts['original'] ) );
	Fixtures\check( 'in the same order', $common === array_values( array_intersect( $facts['original'], $facts['native'] ) ) );
}
?>
--EXPECT--
1.39: much to compare
+ property lagAllowed private  = false
+ property fallbackToPrimary private  = false
+ method waitForOne public ( $pos,  $timeout = null (optional)) required 1 prototype none
+ method openConnection public ( $i,  $domain = false (optional),  $flags = 0 (optional)) required 1 prototype none
+ method getMasterPos public () required 0 prototype none
+ method finalizeMasterChanges public () required 0 prototype none
+ method approveMasterChanges public (array $options) required 1 prototype none
+ method beginMasterChanges public ( $fname = "LoadBalancer::beginMasterChanges" (optional)) required 0 prototype none
+ method commitMasterChanges public ( $fname = "LoadBalancer::commitMasterChanges" (optional)) required 0 prototype none
+ method runMasterTransactionIdleCallbacks public () required 0 prototype none
+ method runMasterTransactionListenerCallbacks public () required 0 prototype none
+ method rollbackMasterChanges public ( $fname = "LoadBalancer::rollbackMasterChanges" (optional)) required 0 prototype none
+ method flushMasterSnapshots public ( $fname = "LoadBalancer::flushMasterSnapshots" (optional)) required 0 prototype none
+ method hasMasterConnection public () required 0 prototype none
+ method hasMasterChanges public () required 0 prototype none
+ method lastMasterChangeTimestamp public () required 0 prototype none
+ method hasOrMadeRecentMasterChanges public ( $age = null (optional)) required 0 prototype none
+ method pendingMasterChangeCallers public () required 0 prototype none
+ method allowLagged public ( $mode = null (optional)) required 0 prototype none
+ method forEachOpenMasterConnection public ( $callback, array $params = [] (optional)) required 1 prototype none
+ method forEachOpenReplicaConnection public ( $callback, array $params = [] (optional)) required 1 prototype none
+ method safeGetLag public (IDatabase $conn) required 1 prototype none
+ method safeWaitForMasterPos public (IDatabase $conn,  $pos = false (optional),  $timeout = null (optional)) required 1 prototype none
+ method setDomainPrefix public ( $prefix) required 1 prototype none
ok: in the same order
