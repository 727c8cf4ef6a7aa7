--TEST--
No process shortens an expiry that another relies on; the original does, and a held slot is given away
--EXTENSIONS--
mbstring
ctype
igbinary
redis
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
$hours = new Worker( <<<'WORKER'
	$pool = pool( $servers, [ 'workers' => 2 ] );
	say( told( $pool->acquireForMe() ) );
	hear();
	say( told( $pool->release() ) );
	WORKER, [ 'servers' => servers( $server ) ] );
show( $hours->line() );
$pool = pool( $server, [ 'workers' => 2 ] );
$keys = keys( $pool );
$left = static fn () => array_map( static fn ( $key ) => match ( true ) {
	( $ms = $server->command( [ 'PTTL', $key ] ) ) < 0 => [ -1 => 'for ever', -2 => 'gone' ][$ms],
	$ms <= 31000 => 'half a minute', $ms <= 70000 => 'a minute', $ms <= 3601000 && $ms > 3500000 => 'an hour', default => $ms,
}, $keys );
show( $left() );
// Who has 30 s for its whole request.
$seconds = new Worker( <<<'WORKER'
	$pool = pool( $servers, [ 'workers' => 2 ] );
	say( told( $pool->acquireForMe() ) );
	hear();
	say( told( $pool->release() ) );
	hear();
	say( told( $pool->acquireForMe() ) );
	hear();
	$two = pool( $servers, [ 'workers' => 2 ], 'nowait:' );
	WORKER, [ 'servers' => servers( $server ) ], null, [ 'max_execution_time' => '30' ] );
show( [ $seconds->line(), $left() ] );
$waiter = waiter( $server, [ 'workers' => 2, 'timeout' => 15 ] )->tell();
until( static fn () => blocked( $server ) === 1 );
show( $left() );
show( [ $seconds->tell()->line(), $waiter->line(), $left() ] );
show( [ $waiter->tell()->line(), $left() ] );
// Nobody but the first holds anything any more.
show( [ $seconds->tell()->line(), $left() ] );
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
"LOCKED"
{"slots":"an hour","due":"an hour","waiters":"gone","wakeup":"gone"}
["LOCKED",{"slots":"gone","due":"a minute","waiters":"gone","wakeup":"gone"}]
{"slots":"gone","due":"an hour","waiters":"half a minute","wakeup":"gone"}
["RELEASED","LOCKED",{"slots":"gone","due":"an hour","waiters":"gone","wakeup":"gone"}]
["RELEASED",{"slots":"an hour","due":"an hour","waiters":"gone","wakeup":"gone"}]
["LOCKED",{"slots":"gone","due":"a minute","waiters":"gone","wakeup":"gone"}]
native:
"LOCKED"
{"slots":"an hour","due":"an hour","waiters":"gone","wakeup":"gone"}
["LOCKED",{"slots":"gone","due":"an hour","waiters":"gone","wakeup":"gone"}]
{"slots":"gone","due":"an hour","waiters":"half a minute","wakeup":"gone"}
["RELEASED","LOCKED",{"slots":"gone","due":"an hour","waiters":"gone","wakeup":"gone"}]
["RELEASED",{"slots":"an hour","due":"an hour","waiters":"gone","wakeup":"gone"}]
["LOCKED",{"slots":"gone","due":"an hour","waiters":"gone","wakeup":"gone"}]
