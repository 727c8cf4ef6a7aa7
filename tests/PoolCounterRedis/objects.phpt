--TEST--
Objects that were cloned, copied, left without a constructor or robbed of properties do no harm
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
$server = Fixtures\RedisServer::start();
$try = static function ( string $what, callable $code ): void {
	$result = caught( $code );
	show( [ $what => $result instanceof StatusValue ? told( $result ) : ( $result instanceof Throwable
		? get_class( $result ) . ': ' . preg_replace( [ '/[\w\\\\]+\\\\(?=PoolCounter)/', '/, called in .*/' ], '', $result->getMessage() ) : $result ) ] );
};
$pool = pool( $server );
$pool->acquireForMe();
$clone = clone $pool;
$try( 'the clone holds what its original holds', static fn () => $clone->acquireForMe() );
$try( 'and may release it', static fn () => $clone->release() );
$try( 'which is done once', static fn () => $pool->release() );
show( [ 'free' => free_slots( $server, $pool ) ] );

$pool->acquireForMe();
$copy = unserialize( serialize( $pool ) );
$try( 'the copy releases', static fn () => $copy->release() );
$try( 'the first too', static fn () => $pool->release() );
show( [ 'free' => free_slots( $server, $pool ) ] );
$other = new Worker( <<<'WORKER'
	$copy = unserialize( hear() );
	foreach ( [ 'acquireForMe', 'acquireForAnyone', 'release' ] as $method ) {
		$result = caught( static fn () => $copy->$method() );
		say( $result instanceof Throwable ? preg_replace( '/[\w\\\\]+\\\\(?=Pool)/', '', $result->getMessage() ) : told( $result ) );
	}
	WORKER );
show( explode( "\n", trim( $other->tell( serialize( $pool ) )->end() ) ) );

class NoParent extends PoolCounterRedis {
	public function __construct() {}
}
foreach ( [ 'acquireForMe', 'acquireForAnyone', 'release', 'getConnection', 'waitForSlotOrNotif', 'getSlotListKey' ] as $method ) {
	foreach ( [ 'own constructor' => new NoParent, 'no constructor' => ( new ReflectionClass( 'PoolCounterRedis' ) )->newInstanceWithoutConstructor() ] as $what => $object ) {
		$try( "$what: $method", fn () => ( fn () => $method === 'waitForSlotOrNotif' ? $this->$method( 1 ) : $this->$method() )->call( $object ) );
	}
}

class Robbed extends PoolCounterRedis {
	public function rob( string $name ) { unset( $this->$name ); return $this; }
	public function put( string $name, $value ) { $this->$name = $value; return $this; }
}
set_error_handler( static fn () => true );
foreach ( [ 'key', 'keySha1', 'workers', 'maxqueue', 'timeout', 'lockTTL', 'logger', 'serversByLabel', 'conn', 'slot', 'session', 'slotTime', 'onRelease' ] as $name ) {
	foreach ( [ 'before', 'while held' ] as $when ) {
		// The type of the logger is the host's business.
		foreach ( $name === 'logger' ? [ 'unset' ] : [ 'unset', 'an array', 'an object', 'text', 'less than nothing' ] as $how ) {
			$server->command( [ 'FLUSHALL' ] );
			$pool = pool( $server, [ 'timeout' => 0 ], 'nowait:key', 'Type', 'Robbed' );
			$when === 'before' || $pool->acquireForMe();
			$results = [];
			foreach ( [ fn () => $how === 'unset' ? $pool->rob( $name ) : $pool->put( $name, [ 'an array' => [ 1 ], 'an object' => new stdClass, 'text' => 'text', 'less than nothing' => -1 ][$how] ),
				fn () => $pool->acquireForMe(), fn () => $pool->release() ] as $step ) {
				$result = caught( $step );
				$results[] = $result instanceof StatusValue ? message( $result ) : ( $result instanceof Throwable ? get_class( $result ) : 'done' );
			}
			$outcomes[implode( ', ', $results )][] = "$name $when: $how";
			PoolCounterRedis::releaseAll();
		}
	}
}
restore_error_handler();
ksort( $outcomes );
show( array_keys( $outcomes ) );

// A circle is collected, whether a slot is held or not; one that is held stays until it is released.
class Circle extends PoolCounterRedis {
	public $self;
	public static $ended = 0;
	public function __destruct() { self::$ended++; }
}
foreach ( [ false, true ] as $held ) {
	$pool = pool( $server, [ 'timeout' => 0 ], 'nowait:circle', 'Type', 'Circle' );
	$pool->self = $pool;
	$held && $pool->acquireForMe();
	unset( $pool );
	gc_collect_cycles();
	show( [ 'held' => $held, 'ended' => Circle::$ended ] );
}
PoolCounterRedis::releaseAll();
gc_collect_cycles();
show( [ 'released' => Circle::$ended, 'free' => free_slots( $server, pool( $server, [], 'nowait:circle' ) ) ] );

// Slots that such objects hid are released when the server is gone already; that is told.
ini_set( 'error_log', '/dev/null' );
$try( 'foreign', static fn () => MwNative\PoolCounterRedis::release( new stdClass ) );
$try( 'nothing', static fn () => MwNative\PoolCounterRedis::release() );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"the clone holds what its original holds":"poolcounter-usage-error | You may only aquire a single non-nowait lock."}
{"and may release it":"RELEASED"}
{"which is done once":"RELEASED"}
{"free":1}
{"the copy releases":"RELEASED"}
{"the first too":"RELEASED"}
{"free":1}
["PoolCounterRedis was not constructed in this process: it has no servers","PoolCounterRedis was not constructed in this process: it has no servers","NOT_LOCKED"]
{"own constructor: acquireForMe":"poolcounter-usage-error | Locks starting in nowait: must have 0 timeout."}
{"no constructor: acquireForMe":"poolcounter-usage-error | Locks starting in nowait: must have 0 timeout."}
{"own constructor: acquireForAnyone":"poolcounter-usage-error | Locks starting in nowait: must have 0 timeout."}
{"no constructor: acquireForAnyone":"poolcounter-usage-error | Locks starting in nowait: must have 0 timeout."}
{"own constructor: release":"NOT_LOCKED"}
{"no constructor: release":"NOT_LOCKED"}
{"own constructor: getConnection":"Error: NoParent was not constructed in this process: it has no servers"}
{"no constructor: getConnection":"Error: PoolCounterRedis was not constructed in this process: it has no servers"}
{"own constructor: waitForSlotOrNotif":"Error: NoParent was not constructed in this process: it has no servers"}
{"no constructor: waitForSlotOrNotif":"Error: PoolCounterRedis was not constructed in this process: it has no servers"}
{"own constructor: getSlotListKey":"poolcounter:l-slots--"}
{"no constructor: getSlotListKey":"poolcounter:l-slots--"}
["done, Error, NOT_LOCKED","done, LOCKED, RELEASED","done, LOCK_HELD, Error","done, LOCK_HELD, RELEASED","done, TIMEOUT, NOT_LOCKED","done, poolcounter-usage-error, NOT_LOCKED","done, poolcounter-usage-error, RELEASED"]
{"held":false,"ended":1}
{"held":true,"ended":1}
{"released":2,"free":1}
{"foreign":"TypeError: PoolCounterRedis serves objects of the bound class only, stdClass given"}
{"nothing":"ArgumentCountError: PoolCounterRedis::release() expects exactly 1 argument, 0 given"}
