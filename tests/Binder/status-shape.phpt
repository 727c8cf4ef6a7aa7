--TEST--
mwnative_status() has the same keys and types in every state
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

$show = <<<'CODE'
	;
	function shape( mixed $value ): string {
		return !is_array( $value ) ? get_debug_type( $value ) : '{' . implode( ', ', array_map(
			static fn ( $key ) => "$key: " . shape( $value[$key] ), array_keys( $value ) ) ) . '}';
	}
	$status = mwnative_status();
	$class = $status['classes']['FileBackendMultiWrite'];
	echo $class['state'], $class['reason'] === '' ? '' : ', with a reason', "\n",
		strtr( shape( $status ), [ ', classes' => ",\n  classes", ', counters' => ",\n  counters", ', Pool' => ",\n  Pool" ] ), "\n",
		'  ', json_encode( [ $status['host'], $class['host'], $class['name'], $class['parent'] ] ), "\n";
	CODE;
$host = Host::copy( '1.43' );
$unknown = Host::copy( '1.43', [ 'start.php' => [ '1.43.0' => '1.49.0' ] ] );
$quiet = [ 'error_log' => '/dev/null' ];
echo Fixtures\run( $show );
echo Fixtures\run( $host->code() . 'class_exists( $name )' . $show );
echo Fixtures\run( $unknown->code() . 'class_exists( $name )' . $show, $quiet );
echo Fixtures\run( $host->code() . 'spl_autoload_call( $name )' . $show );
echo Fixtures\run( $host->code() . 'class_exists( $name )' . $show, [ 'mwnative.enable' => 0 ] );
var_dump( ( new ReflectionFunction( 'mwnative_status' ) )->getNumberOfParameters() );
try {
	mwnative_status( 1 );
} catch ( ArgumentCountError $e ) {
	echo $e->getMessage(), "\n";
}
?>
--EXPECT--
not asked for, with a reason
{version: string, enabled: bool, host: null, libraries: {OpenSSL: string, hiredis: string, TLS to Redis: string},
  classes: {FileBackendMultiWrite: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {calls: int, filesChecked: int, outOfSync: int, resynced: int, replicationFailures: {}}},
  PoolCounterRedis: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {}}, LoadBalancer: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {calls: int, connectionsOpened: int, connectionsFailed: int, readersChosen: int, laggedReplicaUsed: int}}}}
  [null,null,null,null]
bound
{version: string, enabled: bool, host: string, libraries: {OpenSSL: string, hiredis: string, TLS to Redis: string},
  classes: {FileBackendMultiWrite: {state: string, reason: string, host: string, name: string, parent: string,
  counters: {calls: int, filesChecked: int, outOfSync: int, resynced: int, replicationFailures: {}}},
  PoolCounterRedis: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {}}, LoadBalancer: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {calls: int, connectionsOpened: int, connectionsFailed: int, readersChosen: int, laggedReplicaUsed: int}}}}
  ["1.43.0","1.43","Wikimedia\\FileBackend\\FileBackendMultiWrite","Wikimedia\\FileBackend\\FileBackend"]
stepped aside, with a reason
{version: string, enabled: bool, host: string, libraries: {OpenSSL: string, hiredis: string, TLS to Redis: string},
  classes: {FileBackendMultiWrite: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {calls: int, filesChecked: int, outOfSync: int, resynced: int, replicationFailures: {}}},
  PoolCounterRedis: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {}}, LoadBalancer: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {calls: int, connectionsOpened: int, connectionsFailed: int, readersChosen: int, laggedReplicaUsed: int}}}}
  ["1.49.0",null,null,null]
original loaded first, with a reason
{version: string, enabled: bool, host: string, libraries: {OpenSSL: string, hiredis: string, TLS to Redis: string},
  classes: {FileBackendMultiWrite: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {calls: int, filesChecked: int, outOfSync: int, resynced: int, replicationFailures: {}}},
  PoolCounterRedis: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {}}, LoadBalancer: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {calls: int, connectionsOpened: int, connectionsFailed: int, readersChosen: int, laggedReplicaUsed: int}}}}
  ["1.43.0",null,null,null]
disabled, with a reason
{version: string, enabled: bool, host: string, libraries: {OpenSSL: string, hiredis: string, TLS to Redis: string},
  classes: {FileBackendMultiWrite: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {calls: int, filesChecked: int, outOfSync: int, resynced: int, replicationFailures: {}}},
  PoolCounterRedis: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {}}, LoadBalancer: {state: string, reason: string, host: null, name: null, parent: null,
  counters: {calls: int, connectionsOpened: int, connectionsFailed: int, readersChosen: int, laggedReplicaUsed: int}}}}
  ["1.43.0",null,null,null]
int(0)
mwnative_status() expects exactly 0 arguments, 1 given
