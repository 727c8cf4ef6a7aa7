--TEST--
Odd values: NAN, NUL in texts, keys that are none, references and wrong types in private arrays, time-outs as text, positions of odd classes
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

Fixtures\original_and_native_alike( <<<'CODE'
use Wikimedia\Rdbms\LoadBalancer;

error_reporting( E_ALL & ~E_DEPRECATED );
$is143 = str_starts_with( MW_VERSION, '1.43' );
$told = static function ( callable $call ) {
	$result = caught( $call );
	show( $result instanceof Throwable ? get_class( $result ) . ': ' . $result->getMessage() : ( is_object( $result ) ? get_class( $result ) : $result ) );
};

// NAN is not more than anything.
class DatabaseNan extends DatabaseScripted {
	public function pendingWriteQueryDuration( $type = self::ESTIMATE_TOTAL ) {
		return NAN;
	}
	public function lastDoneWrites() {
		return NAN;
	}
}
$balancer = balancer( [ 'p' => [ 'load' => 1, 'type' => 'nan' ] ] );
$balancer->getConnectionInternal( DB_PRIMARY );
$balancer->finalizePrimaryChanges( 'test' );
$told( static fn () => $is143 ? $balancer->approvePrimaryChanges( 5, 'test' ) : $balancer->approvePrimaryChanges( [ 'maxWriteDuration' => 5 ], 'test' ) );
$told( static fn () => is_nan( $balancer->lastPrimaryChangeTimestamp() ) );
$told( static fn () => $balancer->hasOrMadeRecentPrimaryChanges() );

// A text of a server with a NUL in it.
class DatabaseNul extends DatabaseScripted {
	public function lastError() {
		return "bad \0 packet";
	}
}
Servers::$dead = [ 'p' ];
$told( static fn () => balancer( [ 'p' => [ 'load' => 1, 'type' => 'nul' ] ] )->getConnectionInternal( DB_PRIMARY ) );
Servers::$dead = [];

// What can be no key.
foreach ( [ true, false ] as $on ) {
	$told( static fn () => balancer( [ 'p' => 1 ] )->setTempTablesOnlyMode( $on, [] ) );
}

// A resource as the index of a server.
set_error_handler( static fn () => true );
$told( static fn () => balancer( [ 'p' => 1, 'r' => 1 ] )->getServerConnection( STDIN, 'wiki' )->getServerName() );
restore_error_handler();

// References to tracked connections.
$balancer = balancer( [ 'p' => 1, 'r' => 1 ] );
$balancer->getServerConnection( 0, 'wiki' );
$balancer->getServerConnection( 1, 'wiki' );
$references = [];
Closure::bind( function () use ( &$references ) {
	foreach ( $this->conns as &$servers ) {
		foreach ( $servers as &$pool ) {
			foreach ( $pool as &$connection ) {
				$references[] = &$connection;
			}
		}
	}
}, $balancer, LoadBalancer::class )();
$told( static fn () => $balancer->hasPrimaryConnection() );
$told( static fn () => $balancer->getServerConnection( 1, 'wiki' ) );
$told( static fn () => $balancer->closeAll( 'test' ) );

// References to the groups of servers.
$balancer = balancer( [ 'p' => 1, 'r' => 1 ] );
Closure::bind( function () use ( &$references ) {
	foreach ( $this->groupLoads as &$loads ) {
		$references[] = &$loads;
	}
}, $balancer, LoadBalancer::class )();
$told( static fn () => $balancer->getMaxLag() );
$told( static fn () => $balancer->reconfigure( [ 'servers' => parameters( [ 'p' => 1 ] )['servers'] ] ) );
show( peek( $balancer, 'groupLoads' ) );

// A monitor that names servers by text.
class Names extends Wikimedia\Rdbms\LoadMonitorNull {
	public function scaleLoads( array &$loads, $domain = false ) {
		$loads = [ 'x' => 1 ];
	}
}
class Refuses extends LoadBalancer {
	public int $asked = 0;
	public function getServerConnection( $i, $domain, $flags = 0 ) {
		return ++$this->asked > 1000 ? exit( "without end\n" ) : false;
	}
}
if ( $is143 ) {
	$balancer = balancer( [ 'p' => 0, 'r' => 1 ], [ 'loadMonitor' => [ 'class' => 'Names' ], 'logger' => new Psr\Log\NullLogger ], 'Refuses' );
	$told( static fn () => [ $balancer->getReaderIndex(), $balancer->asked ] );
}

// A monitor that cannot be made.
class Fails extends Wikimedia\Rdbms\LoadMonitorNull {
	public function __construct( $balancer, ...$more ) {
		throw new RuntimeException( 'no monitor' );
	}
	public function __destruct() {
		show( 'destroyed what was never made' );
	}
}
class Hidden {
	private function __construct() {
		show( 'made by force' );
	}
	public function __call( $name, $arguments ) {
	}
}
$told( static fn () => balancer( [ 'p' => 0, 'r' => 1 ], [ 'loadMonitor' => [ 'class' => 'Fails' ] ] ) );
$told( static fn () => balancer( [ 'p' => 0, 'r' => 1 ], [ 'loadMonitor' => [ 'class' => 'Hidden' ] ] )->getReaderIndex() );

if ( $is143 ) {
	// Loggers whose method is not for others.
	class Guarded {
		protected function debug( $message ) {
			show( 'protected' );
		}
		public function __call( $name, $arguments ) {
			show( "__call $name" );
		}
	}
	class Closed {
		private function debug( $message ) {
			show( 'private' );
		}
	}
	foreach ( [ 'Guarded', 'Closed' ] as $logger ) {
		$balancer = balancer( [ 'p' => 0, 'r' => 1 ] );
		$balancer->getServerConnection( 1, 'wiki' );
		Closure::bind( function () use ( $logger ) {
			$this->logger = new $logger;
		}, $balancer, LoadBalancer::class )();
		$told( static fn () => $balancer->getServerConnection( 1, 'wiki' ) );
	}

	// Positions from a cache, of classes that make none.
	class Cached extends Wikimedia\ObjectCache\EmptyBagOStuff {
		public $value;
		public function get( $key, $flags = 0 ) {
			return $this->value;
		}
	}
	class NotStatic {
		public $x = 5;
		public function newFromArray( $data ) {
			return $this->x;
		}
	}
	class Magic {
		public static function __callStatic( $name, $arguments ) {
			show( "__callStatic $name" );
			return null;
		}
	}
	class Private_ {
		private static function newFromArray( $data ) {
			show( 'private' );
			return null;
		}
	}
	foreach ( [ 'Magic', 'Private_', 'Wikimedia\Rdbms\DBPrimaryPos', 'NotStatic' ] as $class ) {
		$cache = new Cached;
		$cache->value = [ '_type_' => $class ];
		$balancer = balancer( [ 'p' => 0, 'r' => 1 ], [ 'srvCache' => $cache ] );
		Closure::bind( function () {
			$this->waitForPos = new Wikimedia\Rdbms\MySQLPrimaryPos( 'db1-bin.000001/1', 1.0 );
		}, $balancer, LoadBalancer::class )();
		$told( static fn () => $balancer->getReaderIndex() );
	}
} else {
	// A monitor that is no array: nobody would look at lag.
	$told( static fn () => balancer( [ 'p' => 1, 'r' => 1 ], [ 'loadMonitor' => 'LoadMonitorMySQL' ] )->getReaderIndex() );

	// A time-out that is no number.
	foreach ( [ '5', '0', false, true, '', 2.5 ] as $timeout ) {
		$balancer = balancer( [ 'p' => 1 ], [ 'waitTimeout' => $timeout ] );
		$told( static fn () => $balancer->hasOrMadeRecentPrimaryChanges() );
	}
}

// Errors on the way, after which nothing may be left.
class Attributes extends LoadBalancer {
	public function getServerAttributes( $i ) {
		throw new RuntimeException( 'no attributes' );
	}
}
$told( static fn () => balancer( [ 'p' => 1, 'r' => 1 ], [], 'Attributes' )->getConnectionInternal( 0, [], false, implode( '', [ '1', '7' ] ) ) );
class DatabaseLag extends DatabaseScripted {
	public function getLag() {
		return str_repeat( '1', 3 );
	}
	public static bool $closes = false;
	protected function closeConnection() {
		return self::$closes ? parent::closeConnection() : throw new RuntimeException( 'not closed' );
	}
}
if ( $is143 ) {
	$told( static fn () => balancer( [ 'p' => 1, 'r' => [ 'load' => 1, 'type' => 'lag' ] ] )->getLagTimes() );
	DatabaseLag::$closes = true;
	class Domain extends Wikimedia\Rdbms\DatabaseDomain {
		public function isUnspecified() {
			throw new RuntimeException( 'unspecified' );
		}
		public function getDatabase() {
			return implode( 'x', [ 'a', 'b', 'c' ] );
		}
		public function getId(): string {
			return 'unique';
		}
	}
	$told( static fn () => balancer( [ 'p' => 1 ] )->getServerConnection( 0, new Domain( 'db', null, '' ) ) );
}
CODE );

// A property that a subclass has taken away and serves itself: what is written to it is lost.
Fixtures\native( <<<'CODE'
class Takes extends Wikimedia\Rdbms\LoadBalancer {
	public function __set( $name, $value ) {
	}
	public function __get( $name ) {
		return [];
	}
}
$balancer = balancer( [ 'p' => 0, 'r' => 1 ], [], 'Takes' );
Closure::bind( function () {
	unset( $this->readIndexByGroup );
}, $balancer, Wikimedia\Rdbms\LoadBalancer::class )();
show( caught( static fn () => $balancer->getReaderIndex() ) );
// What such answers came from is held for a while: until there were some others.
$bare = ( new ReflectionClass( 'Takes' ) )->newInstanceWithoutConstructor();
Closure::bind( function () {
	unset( $this->tempTablesOnlyMode );
}, $bare, Wikimedia\Rdbms\LoadBalancer::class )();
for ( $i = 0; $i < 20; $i++ ) {
	$bare->setTempTablesOnlyMode( true, 'wiki' );
}
unset( $balancer, $bare );

// Tables that are none.
foreach ( [ [ 'round' => [ 1 => 'x' ], 'auto-commit' => [], 'local' => 'x' ], [ 'round' => 'x', 'local' => [ 1 => 'x' ] ], 'x', null ] as $connections ) {
	$balancer = balancer( [ 'p' => 1, 'r' => 1 ] );
	Closure::bind( function () use ( $connections ) {
		$this->conns = $connections;
	}, $balancer, Wikimedia\Rdbms\LoadBalancer::class )();
	show( get_debug_type( caught( static fn () => $balancer->getServerConnection( 1, 'wiki' ) ) ) );
}
CODE );
?>
--EXPECTF--
%r(23 or )?%r27 lines alike
1
"DatabaseScripted"
"DatabaseScripted"
"DatabaseScripted"
"DatabaseScripted"
