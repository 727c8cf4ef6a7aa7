--TEST--
Loggers that release or throw, key getters that use or lose the connection or throw, and strangers in the list of holders do no harm
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/pool.php';
Fixtures\skip_without_pool();
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/pool.php';

$code = <<<'CODE'
use Fixtures\RedisServer;

/** Does something when a line comes. */
class ActingLog extends Psr\Log\AbstractLogger {
	public function __construct( private Closure $act ) {
	}

	public function log( $level, $message, array $context = [] ): void {
		( $this->act )();
	}
}

function with_log( PoolCounterRedis $pool, Closure $act ): PoolCounterRedis {
	( fn () => $this->logger = new ActingLog( $act ) )->call( $pool );
	return $pool;
}

class Getter extends PoolCounterRedis {
	public ?Closure $act = null;

	protected function getSlotRTimeSetKey() {
		$this->act && ( $this->act )( $this );
		return parent::getSlotRTimeSetKey();
	}

	protected function registerAcquisitionTime( $conn, $slot, $now ) {
		return parent::registerAcquisitionTime( $conn, $slot, $now );
	}

	public function connection(): object {
		return $this->getConnection()->getValue();
	}

	public static function add( mixed $stranger ): void {
		self::$active['stranger'] = $stranger;
	}
}

$server = RedisServer::start();

// A logger releases the object whose release it hears of: the keys that are sent are still the pool's own.
$pool = pool( $server, [ 'deferRelease' => true ] );
$pool->acquireForMe();
$pool->release();
$pool->acquireForMe();
$pool->release();
$server->kill();
$server->restart();
$server->command( [ 'CONFIG', 'SET', 'slowlog-log-slower-than', '0' ] );
$server->command( [ 'CONFIG', 'SET', 'slowlog-max-len', '1000' ] );
$depth = 0;
$pool = pool( $server, [ 'deferRelease' => true ], 'again' );
with_log( $pool, static function () use ( $pool, &$depth ) {
	if ( $depth++ < 3 ) {
		$pool->release();
		$filler = [];
		for ( $i = 0; $i < 200; $i++ ) {
			$filler[] = str_repeat( 'M', 20 + $i );
		}
	}
} );
$first = told( $pool->acquireForMe() );
$server->kill();
$server->restart();
$server->command( [ 'CONFIG', 'SET', 'slowlog-log-slower-than', '0' ] );
$second = told( $pool->release() );
$strange = 0;
foreach ( $server->command( [ 'SLOWLOG', 'GET', '1000' ] ) as $entry ) {
	foreach ( preg_grep( '/^EVAL/i', [ $entry[3][0] ] ) as $command ) {
		$strange += !str_starts_with( $entry[3][3], 'poolcounter:' );
	}
}
show( [ 'logger releases' => $first, $second, 'strange keys' => $strange, 'then' => told( $pool->release() ) ] );

// A logger that throws when the server of a slot is lost: told by the exception, and the process may lock again.
$other = RedisServer::start();
$pool = pool( $other, [], 'lost' );
show( told( $pool->acquireForMe() ) );
$other->kill();
with_log( $pool, static fn () => throw new DomainException( 'the logger' ) );
show( [ 'logger throws' => caught( static fn () => $pool->release() )->getMessage(), 'slot' => peek( $pool, 'slot' ),
	'then' => told( $pool->release() ), 'another' => told( pool( $server, [], 'x' )->acquireForMe() ) ] );
PoolCounterRedis::releaseAll();

// A key getter loses the connection that the hook is about to use.
$pool = pool( $server, [], 'getter', 'Type', 'Getter' );
$pool->act = static function ( $pool ) {
	static $calls = 0;
	if ( $calls++ < 2 ) {
		caught( static fn () => $pool->connection()->client( 'KILL', 'TYPE', 'normal', 'SKIPME', 'no' ) );
		caught( static fn () => $pool->connection()->ping() );
	}
};
$status = caught( static fn () => $pool->acquireForMe() );
show( [ 'getter loses the connection' => $status instanceof Throwable ? $status : in_array( message( $status ), [ 'LOCKED', 'pool-error-unknown' ] ) ] );
PoolCounterRedis::releaseAll();

// A key getter throws: at each of its calls in turn. No slot is lost.
$result = [];
for ( $throw_at = 1; $throw_at <= 4; $throw_at++ ) {
	$pool = pool( $server, [], "throw", 'Type', 'Getter' );
	$calls = 0;
	$pool->act = static function () use ( &$calls, $throw_at ) {
		if ( ++$calls === $throw_at ) {
			throw new DomainException( 'the getter' );
		}
	};
	$status = caught( static fn () => $pool->acquireForMe() );
	$result[] = $status instanceof Throwable ? 'thrown' : told( $status );
	$pool->act = null;
	caught( static fn () => $pool->release() );
}
show( [ 'getter throws' => $result, 'free' => free_slots( $server, pool( $server, [], 'throw' ) ) ] );

// Strangers in the list of holders.
foreach ( [ new stdClass, 'text', null, new ArrayObject ] as $stranger ) {
	Getter::add( $stranger );
	show( caught( static fn () => PoolCounterRedis::releaseAll() ) );
}

// Keys of redisConfig that mean nothing do not make another connection.
$before = substr_count( $server->command( [ 'CLIENT', 'LIST' ] ), "\n" );
for ( $i = 0; $i < 5; $i++ ) {
	$pool = pool( $server, [ 'redisConfig' => [ 'connectTimeout' => 20, 'readTimeout' => 20, 'loggerTag' => "request $i" ] ], "tag$i" );
	$pool->acquireForMe();
	$pool->release();
}
show( [ 'more connections' => substr_count( $server->command( [ 'CLIENT', 'LIST' ] ), "\n" ) - $before ] );

// A child does not complain of answers that its parent is owed.
$pool = pool( $server, [ 'deferRelease' => true ], 'parent' );
$pool->acquireForMe();
$pool->release();
This::$log->take();
$child = pcntl_fork();
if ( !$child ) {
	$own = pool( $server, [], 'child' );
	show( [ 'child' => told( $own->acquireForMe() ), 'log' => This::$log->take(), told( $own->release() ) ] );
	pcntl_exec( '/bin/true' );
}
pcntl_waitpid( $child, $ended );

// The answer that the server took along is told when no logger is left.
ini_set( 'error_log', '/dev/null' );

// What says "no limit" in another way than 0 is no time to live of -2.
set_time_limit( 0 );
ini_set( 'max_execution_time', '-1' );
show( [ 'lock TTL' => peek( pool( $server ), 'lockTTL' ) ] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"logger releases":"LOCKED","0":"RELEASED","strange keys":0,"then":"NOT_LOCKED"}
"LOCKED"
{"logger throws":"the logger","slot":null,"then":"NOT_LOCKED","another":"LOCKED"}
{"getter loses the connection":true}
{"getter throws":["thrown","thrown","LOCKED","LOCKED"],"free":1}
null
null
null
null
{"more connections":0}
{"child":"LOCKED","log":[],"0":"RELEASED"}
{"lock TTL":3600}
