--TEST--
An invalid value is an exception that names its key and no secret; what the original takes is taken
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
$list = servers( $server );
$redis = 'redisConfig';
$wrong = [
	'servers' => [ [ 'servers' => null ], [ 'servers' => [] ], [ 'servers' => 'a' ], [ 'servers' => new stdClass ] ],
	'servers.x' => array_map( static fn ( $address ) => [ 'servers' => [ 'x' => $address ] ],
		[ '', null, 7, [], 'host:', 'host:0', 'host:65536', 'host:port', 'host:-1', ':6379', '[::1', '[::1]6379', '[]:1', 'http://host:1', 'redis://:SECRET@host', 'user:SECRET@host:1', "a\0b", '/' . str_repeat( 'x', 200 ) ] ),
	'redisConfig' => [ [ $redis => 'SECRET' ], [ $redis => 7 ] ],
	'workers' => [ [ 'workers' => 0 ], [ 'workers' => -1 ], [ 'workers' => 1.5 ], [ 'workers' => 'x' ], [ 'workers' => null ], [ 'workers' => [] ], [ 'workers' => true ], [ 'workers' => 1000000001 ] ],
	'maxqueue' => [ [ 'maxqueue' => -1 ], [ 'maxqueue' => 'x' ], [ 'maxqueue' => null ], [ 'maxqueue' => 0.5 ], [ 'maxqueue' => INF ] ],
	'timeout' => [ [ 'timeout' => -1 ], [ 'timeout' => 'x' ], [ 'timeout' => null ], [ 'timeout' => INF ], [ 'timeout' => NAN ], [ 'timeout' => [] ] ],
	'slots' => [ [ 'slots' => -1 ], [ 'slots' => 'x' ], [ 'slots' => 1.5 ], [ 'slots' => [] ], [ 'slots' => true ], [ 'slots' => 1e10 ] ],
	'redisConfig.connectTimeout' => [ [ $redis => [ 'connectTimeout' => -1 ] ], [ $redis => [ 'connectTimeout' => 'x' ] ], [ $redis => [ 'connectTimeout' => NAN ] ] ],
	'redisConfig.readTimeout' => [ [ $redis => [ 'readTimeout' => '' ] ], [ $redis => [ 'readTimeout' => [] ] ], [ $redis => [ 'readTimeout' => INF ] ] ],
	'redisConfig.password' => [ [ $redis => [ 'password' => 1.5 ] ], [ $redis => [ 'password' => [] ] ], [ $redis => [ 'password' => [ 'a', 'SECRET', 'c' ] ] ], [ $redis => [ 'password' => [ 'user', false ] ] ], [ $redis => [ 'password' => [ 'x' => 'SECRET' ] ] ], [ $redis => [ 'password' => true ] ] ],
	'redisConfig.user' => [ [ $redis => [ 'user' => 'SECRET' ] ], [ $redis => [ 'user' => true, 'password' => 'SECRET' ] ], [ $redis => [ 'user' => [], 'password' => 'SECRET' ] ] ],
	'redisConfig.database' => [ [ $redis => [ 'database' => -1 ] ], [ $redis => [ 'database' => 'x' ] ], [ $redis => [ 'database' => 1.5 ] ] ],
	'redisConfig.cafile' => [ [ $redis => [ 'cafile' => '' ] ], [ $redis => [ 'cafile' => 7 ] ], [ $redis => [ 'cafile' => "a\0b" ] ] ],
	'redisConfig.peerName' => [ [ $redis => [ 'peerName' => '' ] ], [ $redis => [ 'peerName' => [] ] ] ],
];
ini_set( 'zend.exception_ignore_args', '0' );
$texts = [];
foreach ( $wrong as $key => $configs ) {
	foreach ( $configs as $config ) {
		$thrown = caught( static fn () => new PoolCounterRedis( $config + [ 'workers' => 1, 'maxqueue' => 1, 'timeout' => 1, 'servers' => $list, 'redisConfig' => [ 'password' => 'SECRET' ] ], 'Type', 'key' ) );
		$text = $thrown instanceof Throwable ? get_class( $thrown ) . ': ' . $thrown->getMessage() : 'accepted';
		if ( !str_starts_with( $text, 'InvalidArgumentException: ' ) || !str_contains( $text, "'$key'" ) ) {
			show( [ "not refused as '$key'" => json_encode( $config ), 'but' => $text ] );
		}
		if ( str_contains( $text . print_r( array_filter( $thrown->getTrace(), static fn ( $frame ) => str_contains( $frame['class'] ?? '', 'PoolCounter' ) ), true ), 'SECRET' ) ) {
			show( [ 'tells the password' => $text ] );
		}
		$texts[$key][$text] = true;
	}
}
foreach ( $texts as $key => $list_of_texts ) {
	foreach ( $list_of_texts as $text => $true ) {
		echo "$text\n";
	}
}
// Nor does the frame of the parent's constructor tell it.
class Key {
	public function __toString(): string { throw new DomainException( 'the key' ); }
}
$config = [ 'workers' => 1, 'maxqueue' => 1, 'timeout' => 1, 'servers' => $list, 'redisConfig' => [ 'password' => 'SECRET' ] ];
$thrown = caught( static fn () => new PoolCounterRedis( $config, 'Type', new Key ) );
$frames = array_filter( $thrown->getTrace(), static fn ( $frame ) => str_contains( $frame['class'] ?? '', 'PoolCounter' ) );
show( [ $thrown->getMessage(), 'tells the password' => str_contains( print_r( $frames, true ), 'SECRET' ), 'the caller keeps it' => isset( $config['redisConfig'] ) ] );
// No array at all is the parent's business.
show( preg_replace( '/(MediaWiki\\\\PoolCounter\\\\)|Argument #1.*/', '', caught( static fn () => new PoolCounterRedis( 'x', 'Type', 'key' ) )->getMessage() ) );

// What is taken.
$accepted = [
	'numbers as text' => [ 'workers' => '2', 'maxqueue' => '3', 'timeout' => '0.5', 'slots' => '4' ],
	'floats' => [ 'workers' => 2.0, 'maxqueue' => 3.0, 'timeout' => 0.5, 'slots' => 4.0 ],
	'no limits of time' => [ $redis => [ 'connectTimeout' => 0, 'readTimeout' => '0' ] ],
	'less than no limit of time' => [ $redis => [ 'connectTimeout' => 20, 'readTimeout' => -1 ] ],
	'a queue without end' => [ 'maxqueue' => PHP_INT_MAX ],
	'a long queue' => [ 'maxqueue' => 10000000000 ],
	'a long queue as text' => [ 'maxqueue' => '1e30' ],
	'false: no slots' => [ 'slots' => false ],
	'null: not given' => [ 'slots' => null, 'fastStale' => null, $redis => null ],
	'nulls within' => [ $redis => [ 'connectTimeout' => null, 'readTimeout' => null, 'password' => null, 'user' => null, 'database' => null, 'cafile' => null, 'peerName' => null, 'persistent' => null, 'verifyPeer' => null ] ],
	'what others know' => [ 'class' => 'PoolCounterRedis', 'unknown' => [ 1 ], $redis => [ 'serializer' => 'php', 'logger' => new Psr\Log\NullLogger, 'unknown' => 1 ] ],
];
foreach ( $accepted as $what => $config ) {
	$pool = pool( $list, $config );
	show( [ $what => told( $pool->acquireForMe() ), told( $pool->release() ) ] );
}
$guarded = Fixtures\RedisServer::start( [ '--requirepass', '123456', '--user', '7', 'on', '>8', '~*', '+@all' ] );
foreach ( [ 123456, [ 7, 8 ] ] as $number ) {
	$pool = pool( $guarded, [ $redis => [ 'password' => $number ] ] );
	show( [ 'a password of digits' => told( $pool->acquireForMe() ), told( $pool->release() ) ] );
}
// References, as configuration often holds them.
$address = $list['a'];
$password = null;
$config = [ 'servers' => [ 'a' => &$address ], 'redisConfig' => [ 'password' => &$password ] ];
$pool = pool( [], $config + [ 'servers' => &$config['servers'] ] );
show( [ 'references' => told( $pool->acquireForMe() ), told( $pool->release() ) ] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers' must be an array of label => address, of 1 to 1024 servers
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' is no address of a server: the address is empty
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' must be an address: host:port, [ipv6]:port, tls://host:port or the path of a unix socket
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' is no address of a server: the port of the address is not one of 1 to 65535
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' is no address of a server: the address has no host
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' is no address of a server: the address has a bracket that is not closed
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' is no address of a server: the address goes on after its bracket
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' is no address of a server: the address has an unknown scheme (known: tls://, tcp://)
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' is no address of a server: the address has an "@": a user or a password does not belong there
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' is no address of a server: the address has a NUL byte
InvalidArgumentException: PoolCounterRedis: the configuration's 'servers.x' is no address of a server: the address is too long a path for a unix socket
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig' must be an array
InvalidArgumentException: PoolCounterRedis: the configuration's 'workers' must be a whole number from 1 to 1000000000
InvalidArgumentException: PoolCounterRedis: the configuration's 'maxqueue' must be a whole number of at least 0
InvalidArgumentException: PoolCounterRedis: the configuration's 'timeout' must be a number of seconds, 0 or more
InvalidArgumentException: PoolCounterRedis: the configuration's 'slots' must be a whole number from 0 to 1000000000
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig.connectTimeout' must be a number of seconds, 0 (no limit) or more
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig.readTimeout' must be a number of seconds; 0 or less is no limit
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig.password' must be a string or an integer
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig.password' must be a string, an integer or [ user, password ]
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig.user' needs a 'password' beside it
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig.user' must be a string or an integer
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig.database' must be a whole number from 0 to 1000000000
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig.cafile' must be a string that is not empty
InvalidArgumentException: PoolCounterRedis: the configuration's 'redisConfig.peerName' must be a string that is not empty
{"0":"the key","tells the password":false,"the caller keeps it":true}
"PoolCounter::__construct(): "
{"numbers as text":"LOCKED","0":"RELEASED"}
{"floats":"LOCKED","0":"RELEASED"}
{"no limits of time":"LOCKED","0":"RELEASED"}
{"less than no limit of time":"LOCKED","0":"RELEASED"}
{"a queue without end":"LOCKED","0":"RELEASED"}
{"a long queue":"LOCKED","0":"RELEASED"}
{"a long queue as text":"LOCKED","0":"RELEASED"}
{"false: no slots":"LOCKED","0":"RELEASED"}
{"null: not given":"LOCKED","0":"RELEASED"}
{"nulls within":"LOCKED","0":"RELEASED"}
{"what others know":"LOCKED","0":"RELEASED"}
{"a password of digits":"LOCKED","0":"RELEASED"}
{"a password of digits":"LOCKED","0":"RELEASED"}
{"references":"LOCKED","0":"RELEASED"}
