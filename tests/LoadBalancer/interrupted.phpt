--TEST--
Code that runs in the middle of a call and takes away what the call works with: destructors, the cycle collector, error handlers, loggers that throw, exit and the end of a fiber
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

$position = <<<'CODE'
use Wikimedia\Rdbms\DBPrimaryPos;
use Wikimedia\Rdbms\LoadBalancer;

class Position implements DBPrimaryPos {
	public function __construct( public int $number ) {
	}
	public static function newFromArray( array $data ) {
		return new self( $data['number'] );
	}
	public function toArray(): array {
		return [ 'number' => $this->number ];
	}
	public function asOfTime() {
		return 1.0;
	}
	public function hasReached( DBPrimaryPos $position ) {
		return $this->number >= $position->number;
	}
	public function channelsMatch( DBPrimaryPos $position ) {
		return true;
	}
	public function __toString(): string {
		return "position $this->number";
	}
	// 1.39 wants them.
	public function serialize() {
	}
	public function unserialize( $text ) {
	}
	public function __serialize(): array {
		return $this->toArray();
	}
	public function __unserialize( array $data ): void {
	}
}
CODE;
Fixtures\original_and_native_alike( $position . <<<'CODE'

// A listener that is replaced, and whose destructor adds others.
class Listener {
	public function __construct( private LoadBalancer $balancer ) {
	}
	public function hear() {
	}
	public function __destruct() {
		for ( $i = 0; $i < 40; $i++ ) {
			$this->balancer->setTransactionListener( "more$i", static fn () => 1 );
		}
	}
}
$balancer = balancer( [ 'p' => 1 ] );
$balancer->setTransactionListener( 'x', [ new Listener( $balancer ), 'hear' ] );
$balancer->setTransactionListener( 'x', static fn () => 'second' );
$junk = array_map( static fn ( $i ) => [ "a$i", "b$i", $i ], range( 1, 50 ) );
show( [ get_class( peek( $balancer, 'trxRecurringCallbacks' )['x'] ), count( peek( $balancer, 'trxRecurringCallbacks' ) ) ] );
$balancer->getConnectionInternal( DB_PRIMARY );

// The collector starts while a connection is noted down, and somebody's destructor closes all.
class Closes {
	public $self;
	public function __construct( public LoadBalancer $balancer ) {
		$this->self = $this;
	}
	public function __destruct() {
		$this->balancer->closeAll( 'destructor' );
	}
}
for ( $left = 0; $left <= 25; $left++ ) {
	gc_collect_cycles();
	$balancer = balancer( [ 'p' => 1, 'r' => 1 ] );
	new Closes( $balancer );
	while ( gc_status()['roots'] < 10000 - $left ) {
		$filling = new stdClass;
		$filling->self = $filling;
		unset( $filling );
	}
	try {
		$connection = $balancer->getServerConnection( 0, 'other' );
		$balancer->reuseConnectionInternal( $connection );
	} catch ( Throwable $e ) {
		unset( $e );
	}
	try {
		$connection = $balancer->getServerConnection( 0, 'wiki' );
	} catch ( Throwable $e ) {
		unset( $e );
	}
	unset( $connection, $balancer );
}
show( 'collected' );

// The configuration is somebody's reference, and gone when it is looked at.
$list = parameters( [ 'p' => 1, 'r' => 1, 's' => 1 ] )['servers'];
foreach ( $list as &$server ) {
	unset( $server['load'] );
}
unset( $server );
$balancer = balancer( [ 'p' => 1, 'r' => 1, 's' => 1 ] );
set_error_handler( static function () use ( &$list ) {
	$list = null;
	return true;
} );
show( get_debug_type( caught( static fn () => $balancer->reconfigure( [ 'servers' => &$list ] ) ) ) );
restore_error_handler();

// The end of a fiber runs what a finally block would.
class DatabaseSleeps extends DatabaseScripted {
	public function getPrimaryPos() {
		Fiber::suspend();
		return new Position( 1 );
	}
}
Servers::take();
$balancer = balancer( [ 'p' => [ 'load' => 1, 'type' => 'sleeps' ] ] );
$fiber = new Fiber( static fn () => $balancer->getPrimaryPos() );
$fiber->start();
unset( $fiber );
gc_collect_cycles();
show( Servers::take() );

// A logger that throws: the connection is not kept.
class Thrower extends Psr\Log\AbstractLogger {
	public static ?string $on = null;
	public function log( $level, $message, array $context = [] ): void {
		if ( self::$on !== null && str_contains( $message, self::$on ) ) {
			self::$on = null;
			throw new RuntimeException( 'thrown by the logger' );
		}
	}
}
$log = new Thrower;
foreach ( [ 'opened new connection for local', 'connection error for local', 'connection error for foreign' ] as $text ) {
	Servers::$dead = str_starts_with( $text, 'connection' ) ? [ 'q' ] : [];
	$balancer = balancer( [ 'q' => 0, 'r' => 1 ], [ 'connLogger' => $log ] );
	Thrower::$on = $text;
	caught( static fn () => $balancer->getServerConnection( 0, str_ends_with( $text, 'foreign' ) ? 'other' : 'wiki' ) );
	Thrower::$on = null;
	if ( method_exists( $balancer, 'getLocalConnection' ) || property_exists( $balancer, 'conns' ) ) {
		show( array_map( static fn ( $servers ) => count( $servers ), peek( $balancer, 'conns' ) ) );
	}
}
CODE );

// Error handlers that close everything while a number that is no whole one is a key: with how many
// warnings that goes is another matter, but it must come to an end.
Fixtures\native( <<<'CODE'
foreach ( range( 1, 14 ) as $at ) {
	$balancer = balancer( [ 'p' => 1, 'r' => 1 ] );
	$balancer->setDomainAliases( [ 'a' . rand() => 'x' . rand(), 'b' . rand() => 'y' . rand() ] );
	$balancer->getServerConnection( 1, 'wiki' );
	$seen = 0;
	set_error_handler( static function ( $level, $text ) use ( $balancer, &$seen, $at ) {
		if ( str_contains( $text, 'Implicit conversion' ) && ++$seen === $at ) {
			$balancer->closeAll();
			$balancer->setDomainAliases( [] );
		}
		return true;
	} );
	caught( static fn () => $balancer->getServerConnection( 1.5, 'wiki' ) );
	caught( static fn () => $balancer->getServerConnection( 1.5, 'other' ) );
	caught( static fn () => $balancer->resolveDomainID( 1.5 ) );
	restore_error_handler();
}
show( 'survived' );
CODE );

// exit() in a wait passes over what a finally block would do, and ends the process.
foreach ( [ 'waitFor', 'waitForOne', 'waitForAll' ] as $method ) {
	Fixtures\native( $position . <<<CODE

class DatabaseLeaving extends DatabaseScripted {
	public function primaryPosWait( DBPrimaryPos \$position, \$timeout ) {
		echo "leaving\\n";
		exit( 0 );
	}
}
register_shutdown_function( static fn () => print( "shut down\\n" ) );
error_reporting( E_ALL & ~E_DEPRECATED );
\$balancer = balancer( [ 'p' => 0, 'r' => [ 'load' => 1, 'type' => 'leaving' ] ] );
\$balancer->getReaderIndex();
\$balancer->$method( new Position( 5 ) );
CODE );
}
?>
--EXPECT--
7 lines alike
"survived"
leaving
shut down
leaving
shut down
leaving
shut down
