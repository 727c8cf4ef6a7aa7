--TEST--
SCRIPT FLUSH, CLIENT KILL, a full memory and a restart in the middle of it break nothing
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
$pool = pool( $server );
$round = static function ( string $what, callable ...$before ) use ( $pool, $labels ): void {
	This::$log->take();
	$told = [];
	$before[0] && $before[0]();
	$told[] = message( $pool->acquireForMe() );
	isset( $before[1] ) && $before[1]();
	$told[] = message( $pool->release() );
	show( [ $what => $told, 'log' => This::$log->take( $labels ), 'held' => peek( $pool, 'slot' ) ] );
};
$nothing = static fn () => null;
$flush = static fn () => $server->command( [ 'SCRIPT', 'FLUSH' ] );
$kill = static fn () => $server->command( [ 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes' ] );
$round( 'nothing', $nothing, $nothing );
$round( 'scripts forgotten', $flush, $flush );
$round( 'connections closed', $kill, $kill );
$round( 'nothing', $nothing, $nothing );
// The slot that was given before is lost with all the others.
$round( 'all keys gone', static fn () => $server->command( [ 'FLUSHALL' ] ), static fn () => $server->command( [ 'FLUSHALL' ] ) );

$full = static fn () => $server->command( [ 'CONFIG', 'SET', 'maxmemory', '1' ] );
$room = static fn () => $server->command( [ 'CONFIG', 'SET', 'maxmemory', '0' ] );
// Scripts that begin with what needs no memory may go on: no slot is lost.
$round( 'memory is full', $full, $nothing );
$server->command( [ 'FLUSHALL' ] );
$round( 'memory is full, and there is no pool yet', $nothing, $nothing );
$pool->acquireForMe();
$waiter = waiter( $server )->tell();
until( static fn () => blocked( $server ) === 1 );
show( [ message( $pool->release() ), 'waiter' => $waiter->line(), $waiter->tell()->line() ] );
show( [ 'an error, to be sure' => substr( $server->command( [ 'SET', 'x', 'y' ] ), 0, 4 ) ] );
$room();
$round( 'replaced by another kind', static fn () => $server->command( [ 'SET', keys( $pool )['due'], 'a string' ] ), $nothing );
$server->command( [ 'FLUSHALL' ] );
$round( 'nothing', $nothing, $nothing );

// Closed while somebody waits.
$pool->acquireForMe();
$waiter = waiter( $server )->tell();
until( static fn () => blocked( $server ) === 1 );
$server->command( [ 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes' ] );
show( message( $pool->release() ) );
show( $waiter->line() );
$waiter->tell()->line();
show( [ 'and then' => $waiter->tell()->line(), $waiter->tell()->line() ] );

// Read-only, as a replica is.
$server->command( [ 'REPLICAOF', '127.0.0.1', '1' ] );
$round( 'a replica', $nothing, $nothing );
$server->command( [ 'REPLICAOF', 'NO', 'ONE' ] );
$round( 'nothing', $nothing, $nothing );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"nothing":["LOCKED","RELEASED"],"log":[],"held":null}
{"scripts forgotten":["LOCKED","RELEASED"],"log":[],"held":null}
{"connections closed":["LOCKED","RELEASED"],"log":[],"held":null}
{"nothing":["LOCKED","RELEASED"],"log":[],"held":null}
{"all keys gone":["LOCKED","RELEASED"],"log":[],"held":null}
{"memory is full":["LOCKED","RELEASED"],"log":[],"held":null}
{"memory is full, and there is no pool yet":["LOCKED","RELEASED"],"log":[],"held":null}
{"0":"RELEASED","waiter":"LOCKED","1":"RELEASED"}
{"an error, to be sure":"-OOM"}
{"replaced by another kind":["pool-error-unknown","NOT_LOCKED"],"log":["error: Lua script error on server \"a\": {lua_error}"],"held":null}
{"nothing":["LOCKED","RELEASED"],"log":[],"held":null}
"RELEASED"
"pool-servererror | a"
{"and then":"LOCKED","0":"RELEASED"}
{"a replica":["pool-error-unknown","NOT_LOCKED"],"log":["error: Lua script error on server \"a\": {lua_error}"],"held":null}
{"nothing":["LOCKED","RELEASED"],"log":[],"held":null}
