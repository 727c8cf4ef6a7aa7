<?php
/**
 * Runs one scenario of one side and prints its transcript.
 *
 * Usage: scenario.php VERSION original|native SCENARIO FOLDER PORT PORT PORT
 *        scenario.php VERSION original|native       (only whether that class is in use)
 *
 * Exit code 3: the class of that side is not the one in use, so nothing was tested.
 */

namespace MwNative\MariaDb;

use Wikimedia\Rdbms\IDatabase;

require __DIR__ . '/../fixtures/real-host.php';

error_reporting( E_ALL );
ini_set( 'display_errors', 'stderr' );
[ , $version, $side, $scenario, $folder ] = $argv + [ 3 => null, null ];
\start_real_host( $version );
foreach ( [ 'Cluster', 'Recorder', 'Transcript', 'Site', "monitor-$version" ] as $file ) {
	require __DIR__ . "/lib/$file.php";
}

/** Which server a connection leads to. */
function answering( $db ): string {
	$id = (int)$db->query( 'SELECT @@server_id AS id', 'Scenario::answering' )->fetchObject()->id;
	return [ 1 => 'primary', 'replica1', 'replica2' ][$id] ?? "server $id";
}

function write( $db, int $id, string $body = 'text' ): void {
	$db->insert( 'note', [ 'id' => $id, 'body' => $body ], 'Scenario::write' );
}

function read( $db, int $id ): string|false {
	return $db->selectField( 'note', 'body', [ 'id' => $id ], 'Scenario::read' );
}

/** The class in use must be the one of this side; a run with the other proves nothing. */
function expect_side( string $side ): void {
	class_exists( \Wikimedia\Rdbms\LoadBalancer::class );
	$status = function_exists( 'mwnative_status' ) ? \mwnative_status()['classes']['LoadBalancer'] ?? null : null;
	$state = $status['state'] ?? 'not served by this build';
	if ( $side === 'native' ? $state === 'bound' : !function_exists( 'mwnative_status' ) ) {
		return;
	}
	fwrite( STDERR, $side === 'native'
		? "the native LoadBalancer is not in use: $state" . ( empty( $status['reason'] ) ? '' : " ({$status['reason']})" ) . "\n"
		: "the extension is loaded where the original is to be tested\n" );
	exit( 3 );
}

expect_side( $side );
if ( $scenario === null ) {
	exit( 0 );
}
$cluster = new Cluster(
	$folder,
	array_combine( [ 'primary', 'replica1', 'replica2' ], array_map( 'intval', array_slice( $argv, 5, 3 ) ) ),
	getenv( 'MWNATIVE_PASSWORD' )
);
$cluster->reset();
$recorder = new Recorder();
$transcript = new Transcript( $recorder, $cluster );
$site = new Site( $version, $cluster, $recorder );
$transcript->line( $scenario );
mt_srand( 42 );
( require __DIR__ . "/scenarios/$scenario.php" )( $transcript, $site, $cluster, $recorder );
$transcript->logs();
$cluster->finish();
$transcript->line( 'the end' );
