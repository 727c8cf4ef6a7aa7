--TEST--
Key getters and hooks that a subclass overrides are used; its own commands go over the connection
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
$labels = array_flip( servers( $server ) );
class Keys extends PoolCounterRedis {
	protected function getSlotListKey() { return 'my-slots'; }
	protected function getSlotRTimeSetKey() { return 'my-due'; }
	protected function getWaitSetKey() { return 'my-waiters'; }
	protected function getWakeupListKey() { return 'my-wakeup'; }
}
$pool = pool( $server, [], 'key', 'Type', 'Keys' );
show( [ told( $pool->acquireForMe() ), $server->command( [ 'KEYS', '*' ] ), peek( $pool, 'slot' ) ] );
$waiter = new Worker( 'class Keys extends PoolCounterRedis {
	protected function getSlotListKey() { return "my-slots"; }
	protected function getSlotRTimeSetKey() { return "my-due"; }
	protected function getWaitSetKey() { return "my-waiters"; }
}
say( told( pool( $servers, [], "key", "Type", "Keys" )->acquireForAnyone() ) );', [ 'servers' => servers( $server ) ] );
until( static fn () => blocked( $server ) === 1 );
$names = $server->command( [ 'KEYS', 'my-*' ] );
sort( $names );
show( $names );
show( [ told( $pool->release() ), $waiter->line(), $waiter->end() ] );
$server->command( [ 'FLUSHALL' ] );

class Hooks extends PoolCounterRedis {
	public static array $calls = [];
	protected function getConnection() {
		self::$calls[] = 'getConnection';
		return parent::getConnection();
	}
	protected function waitForSlotOrNotif( $doWakeup, $timeout = null ) {
		self::$calls[] = [ 'waitForSlotOrNotif', $doWakeup, $timeout ];
		return parent::waitForSlotOrNotif( $doWakeup, $timeout );
	}
	protected function initAndPopPoolSlotList( $conn, $now ) {
		self::$calls[] = [ 'initAndPopPoolSlotList', get_class( $conn ), $conn instanceof RedisConnRef, abs( $now - microtime( true ) ) < 60 ];
		return parent::initAndPopPoolSlotList( $conn, $now );
	}
	protected function registerAcquisitionTime( $conn, $slot, $now ) {
		self::$calls[] = [ 'registerAcquisitionTime', $slot, abs( $now - microtime( true ) ) < 60 ];
		return parent::registerAcquisitionTime( $conn, $slot, $now );
	}
	protected function getSlotListKey() {
		// How often is nobody's business.
		self::$calls['key'] = 'getSlotListKey';
		return parent::getSlotListKey();
	}
}
$take = static function () { [ $calls, Hooks::$calls ] = [ Hooks::$calls, [] ]; return $calls; };
$pool = pool( $server, [], 'key', 'Type', 'Hooks' );
show( [ told( $pool->acquireForMe() ), $take() ] );
show( [ told( $pool->release() ), $take() ] );
$holder = waiter( $server );
$holder->tell()->line();
show( [ told( $pool->acquireForAnyone( 0 ) ), $take() ] );
show( [ told( $pool->acquireForAnyone( 0.1 ) ), $take() ] );
// Handed over.
$helper = new Worker( <<<'WORKER'
	$server = stream_socket_client( "unix://$servers[a]" );
	while ( true ) {
		fwrite( $server, "INFO clients\r\n" );
		$length = (int)substr( fgets( $server ), 1 );
		if ( str_contains( stream_get_contents( $server, $length + 2 ), 'blocked_clients:1' ) ) {
			break;
		}
		usleep( 2000 );
	}
	fwrite( $server, "RPUSH $key $value\r\n" );
	fgets( $server );
	WORKER, [ 'servers' => servers( $server ), 'key' => keys( $pool )['slots'], 'value' => '1' ] );
$take();
show( [ told( $pool->acquireForMe() ), array_values( array_filter( $take(), 'is_array' ) ), peek( $pool, 'slot' ) ] );
$helper->end();
show( [ told( $pool->release() ) ] );

// Its own answers.
class Answers extends PoolCounterRedis {
	public static $answer;
	protected function initAndPopPoolSlotList( $conn, $now ) {
		return is_callable( self::$answer ) ? ( self::$answer )( $conn ) : self::$answer;
	}
}
foreach ( [ 'QUEUE_FULL', 'TIMEOUT', false, null, 'nonsense', '', [], 7.5, static fn () => throw new DomainException( 'from the hook' ),
	static fn ( $conn ) => $conn->nonsense( 'x' ) ] as Answers::$answer ) {
	$pool = pool( $server, [], 'answers', 'Type', 'Answers' );
	$result = caught( static fn () => $pool->acquireForMe() );
	show( $result instanceof Throwable ? $result : told( $result ) );
}

// Commands of its own.
class Commands extends PoolCounterRedis {
	protected function initAndPopPoolSlotList( $conn, $now ) {
		show( [ $conn->set( 'mine', 'x y' ), $conn->get( 'mine' ), $conn->get( 'nothing' ), $conn->incr( 'number' ), $conn->rPush( 'list', 'a', 'b' ),
			$conn->lRange( 'list', 0, -1 ), $conn->blPop( [ 'none', 'list' ], 1 ), $conn->blPop( [ 'none' ], 0.05 ),
			$conn->luaEval( 'return { KEYS[1], ARGV[1], ARGV[2] }', [ 'k', 1, 'two' ], 1 ), $conn->luaEval( 'return 7', [], 0 ),
			$conn->getServer() === $this->serversByLabel['a'], $conn->getLastError() ] );
		show( caught( static fn () => $conn->luaEval( 'syntax error', [], 0 ) ) instanceof Exception );
		return parent::initAndPopPoolSlotList( $conn, $now );
	}
}
$pool = pool( $server, [], 'commands', 'Type', 'Commands' );
show( [ told( $pool->acquireForMe() ), told( $pool->release() ) ] );

class NoConnection extends PoolCounterRedis {
	public static $gives;
	protected function getConnection() { return self::$gives; }
}
foreach ( [ Status::newFatal( 'pool-servererror', 'mine' ), Status::newGood( null ), Status::newGood( new stdClass ), Status::newGood( [] ) ] as NoConnection::$gives ) {
	$pool = pool( $server, [], 'none', 'Type', 'NoConnection' );
	$result = caught( static fn () => $pool->acquireForMe() );
	show( $result instanceof Throwable ? $result : told( $result ) );
}
class Thrown extends PoolCounterRedis {
	protected function getWaitSetKey() { throw new DomainException( 'no key' ); }
}
show( caught( static fn () => pool( $server, [], 'thrown', 'Type', 'Thrown' )->acquireForMe() ) );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
["LOCKED",["my-due"],"1"]
["my-due","my-waiters"]
["RELEASED","LOCKED",""]
["LOCKED",{"0":["waitForSlotOrNotif",1,null],"1":"getConnection","key":"getSlotListKey","2":["initAndPopPoolSlotList","MwNative\\RedisConnection",true,true]}]
["RELEASED",[]]
["TIMEOUT",{"0":["waitForSlotOrNotif",2,0],"1":"getConnection","key":"getSlotListKey","2":["initAndPopPoolSlotList","MwNative\\RedisConnection",true,true]}]
["TIMEOUT",{"0":["waitForSlotOrNotif",2,0.1],"1":"getConnection","key":"getSlotListKey","2":["initAndPopPoolSlotList","MwNative\\RedisConnection",true,true]}]
["LOCKED",[["waitForSlotOrNotif",1,null],["initAndPopPoolSlotList","MwNative\\RedisConnection",true,true],["registerAcquisitionTime","1",true]],"1"]
["RELEASED"]
"QUEUE_FULL"
"TIMEOUT"
"pool-error-unknown | Server gave slot ''."
"pool-error-unknown | Server gave slot ''."
"pool-error-unknown | Server gave slot 'nonsense'."
"pool-error-unknown | Server gave slot ''."
"pool-error-unknown | Server gave slot ''."
"pool-error-unknown | Server gave slot ''."
"DomainException: from the hook"
"pool-error-unknown | ERR unknown command 'nonsense', with args beginning with: 'x' "
[true,"x y",false,1,2,["a","b"],["list","a"],[],["k","1","two"],7,true,null]
true
["LOCKED","RELEASED"]
"pool-servererror | mine"
"TypeError: PoolCounterRedis: getConnection() gave no connection"
"TypeError: PoolCounterRedis: the connection must be one that parent::getConnection() gave, stdClass given"
"TypeError: PoolCounterRedis: getConnection() gave no connection"
"DomainException: no key"
