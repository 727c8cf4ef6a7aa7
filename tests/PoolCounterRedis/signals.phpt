--TEST--
Signals break off no command of a subclass, nor do they prolong a time-out; their handlers run
--EXTENSIONS--
mbstring
pcntl
posix
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

pcntl_async_signals( true );
$hits = 0;
pcntl_signal( SIGUSR1, static function () use ( &$hits ) { $hits++; } );
/** What it gives, while signals come all the time. */
function under_signals( callable $call ): mixed {
	$parent = getmypid();
	$child = pcntl_fork();
	if ( !$child ) {
		while ( posix_getppid() === $parent ) {
			posix_kill( $parent, SIGUSR1 );
			usleep( 20000 );
		}
		posix_kill( getmypid(), 9 );
	}
	try {
		return $call();
	} finally {
		posix_kill( $child, 9 );
		// A signal may end this too.
		while ( pcntl_waitpid( $child, $status ) !== $child ) {
		}
	}
}

class Commands extends PoolCounterRedis {
	protected function initAndPopPoolSlotList( $conn, $now ) {
		$slow = 'local t = redis.call("TIME"); local e = t[1] + t[2] / 1e6 + 0.5; repeat t = redis.call("TIME") until t[1] + t[2] / 1e6 > e; return 7';
		show( [ 'a slow command' => under_signals( static fn () => caught( static fn () => $conn->luaEval( $slow, [], 0 ) ) ) ] );
		return parent::initAndPopPoolSlotList( $conn, $now );
	}
}
$server = RedisServer::start();
show( told( pool( $server, [], 'k', 'T', 'Commands' )->acquireForMe() ) );
PoolCounterRedis::releaseAll();
show( [ 'the handler ran' => $hits > 0 ] );

// Its connection is lost, and the server hangs: the connection that is to give the slot back has one time-out.
$server = RedisServer::start( [ '--requirepass', 'pw' ] );
$pool = pool( $server, [ 'redisConfig' => [ 'password' => 'pw', 'connectTimeout' => 1, 'readTimeout' => 1 ] ] );
show( told( $pool->acquireForMe() ) );
$connection = stream_socket_client( "unix://$server->address" );
$server->command( [ 'AUTH', 'pw' ], $connection );
$server->command( [ 'CLIENT', 'KILL', 'TYPE', 'normal' ], $connection );
$server->pause();
show( message( under_signals( static fn () => $pool->release() ) ) );
$server->go_on();
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"a slow command":7}
"LOCKED"
{"the handler ran":true}
"LOCKED"
"pool-error-unknown"
