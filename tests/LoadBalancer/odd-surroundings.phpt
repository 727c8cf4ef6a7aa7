--TEST--
Odd surroundings: lists by reference, factories and overrides that give no connection, monitors that ask too early, exit and fibers
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
use Wikimedia\Rdbms\DatabaseFactory;
use Wikimedia\Rdbms\LoadBalancer;

error_reporting( E_ALL & ~E_WARNING );
$class = static fn ( callable $call ) => get_class( caught( $call ) );

// References in the list of servers.
$parameters = parameters( [ 'p' => 1, 'r' => 1 ] );
foreach ( $parameters['servers'] as &$server ) {
	$server['dbname'] = 'wiki';
}
$balancer = new LoadBalancer( $parameters );
show( [ $balancer->getServerCount(), peek( $balancer, 'groupLoads' ) ] );

// A monitor that asks before the balancer is ready.
class Hasty extends Wikimedia\Rdbms\LoadMonitorNull {
	public function __construct( $balancer, ...$more ) {
		show( [ $balancer->hasPrimaryConnection(), $balancer->pingAll(), $balancer->pendingPrimaryChangeCallers() ] );
	}
}
show( balancer( [ 'p' => 0, 'r' => 1 ], [ 'loadMonitor' => [ 'class' => 'Hasty' ] ] )->getReaderIndex() );

// A factory that gives nothing, when a reader is chosen and lost.
class Empty_ extends DatabaseFactory {
	public static bool $empty = false;

	public function create( $type, $params = [], $connect = 0 ) {
		return self::$empty ? null : parent::create( $type, $params, $connect );
	}
}
class_exists( 'Wikimedia\Rdbms\DBConnectionError' );
$balancer = balancer( [ 'p' => 0, 'r' => 1 ], [ 'databaseFactory' => new Empty_( [] ) ] );
echo reads_from( $balancer ), "\n";
Empty_::$empty = true;
show( $class( static fn () => $balancer->getServerConnection( 0, 'wiki' ) ) );

// Overrides that return what is no connection.
class Odd extends LoadBalancer {
	public function getServerConnection( $i, $domain, $flags = 0 ) {
		return true;
	}

	public function getAnyOpenConnection( $i, $flags = 0 ) {
		return true;
	}
}
$odd = balancer( [ 'p' => 0, 'r' => 1 ], [], 'Odd' );
show( [ caught( static fn () => $odd->getPrimaryPos() ) instanceof Error, caught( static fn () => $odd->getConnectionInternal( DB_PRIMARY ) ) instanceof Error ] );

// A reader that takes no more connections is no dead reader.
$balancer = balancer( [ 'p' => 0, 'a' => 1, 'b' => 1 ] );
$first = reads_from( $balancer );
Servers::$dead = [ $first ];
show( $class( static fn () => $balancer->getConnectionInternal( DB_REPLICA, [], false, LoadBalancer::CONN_TRX_AUTOCOMMIT ) ) );
show( reads_from( $balancer ) === $first );
Servers::$dead = [];

// A group without weights is no group of dead servers.
$balancer = balancer( [ 'p' => 0, 'r' => [ 'load' => 1, 'groupLoads' => [ 'slow' => 0 ] ] ], [ 'fallbackToPrimary' => true ] );
show( [ $balancer->getReaderIndex( 'slow' ), reads_from( $balancer ) ] );

// The primary by another key is the primary.
$balancer = balancer( [ 'p' => 1, 'r' => 1 ] );
$balancer->getServerConnection( '0', 'wiki' )->lose();
show( $class( static fn () => $balancer->getServerConnection( '0', 'wiki' ) ) );

// What is no number is not more than anything.
Servers::$lag = [ 'a' => NAN ];
$balancer = balancer( [ 'p' => 0, 'a' => 1 ] );
show( [ reads_from( $balancer ), $balancer->laggedReplicaUsed() ] );

// A fiber that ends, and exit(), in the middle of a call.
class DatabaseLeaving extends DatabaseScripted {
	public function getPrimaryPos() {
		if ( Fiber::getCurrent() ) {
			Fiber::suspend();
		} else {
			echo "leaving\n";
			exit( 0 );
		}
	}
}
$balancer = balancer( [ 'p' => [ 'load' => 1, 'type' => 'leaving' ] ] );
$fiber = new Fiber( static fn () => $balancer->getPrimaryPos() );
$fiber->start();
unset( $fiber );
gc_collect_cycles();
register_shutdown_function( static fn () => print( "shutdown\n" ) );
$balancer->getPrimaryPos();
CODE;
Fixtures\original_and_native_alike( $code );
Fixtures\native( $code );
?>
--EXPECT--
13 lines alike
[2,{"":[1,1]}]
[false,true,[]]
1
r
"Error"
[true,true]
"Wikimedia\\Rdbms\\DBConnectionError"
true
[false,"r"]
"Wikimedia\\Rdbms\\DBConnectionError"
["a",false]
leaving
shutdown
