--TEST--
Servers on unix paths, names and IPv6, with password, user and database; a wrong password is told in the log, and nowhere are secrets
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
$options = [ '--requirepass', 'SECRET', '--user', 'wiki', 'on', '>SECRET2', '~*', '+@all' ];
$server = Fixtures\RedisServer::start_on_loopback( $options );
[ , $port ] = explode( ':', $server->address );
$round = static function ( string $what, string $address, array $redis ): void {
	$pool = pool( [ 'a' => $address ], [ 'redisConfig' => $redis + [ 'readTimeout' => 20, 'connectTimeout' => 20 ] ] );
	This::$log->take();
	$texts = [ $told = told( @$pool->acquireForMe() ), told( $pool->release() ), ...This::$log->reasons ];
	// Its scripts are new to the server: what the original says of that is not what this is about.
	This::$log->lines = preg_grep( '/Used eval/', This::$log->lines, PREG_GREP_INVERT );
	show( [ $what => strtok( $told, ' ' ), 'log' => This::$log->take( [ $address => 'a' ] ) ] );
	if ( This::$which === 'native' ) {
		ob_start();
		var_dump( $pool );
		print_r( $pool );
		try {
			pool( [ 'a' => $address ], [ 'redisConfig' => [ 'database' => -1 ] + $redis ] );
		} catch ( Throwable $e ) {
			echo $e;
		}
		$texts[] = ob_get_clean();
		$texts[] = serialize( $pool );
		$texts[] = json_encode( mwnative_status() );
		if ( str_contains( strtoupper( implode( ' ', $texts ) ), 'SECRET' ) ) {
			show( [ 'the secret is shown' => $texts ] );
		}
	}
};
$round( 'host:port', $server->address, [ 'password' => 'SECRET' ] );
// The barest of machines does not know its own name.
$round( 'a name', ( gethostbynamel( 'localhost' ) ? 'localhost' : '127.0.0.1' ) . ":$port", [ 'password' => 'SECRET' ] );
$round( 'user and password', $server->address, [ 'password' => [ 'wiki', 'SECRET2' ] ] );
$round( 'a database', $server->address, [ 'password' => 'SECRET', 'database' => 3 ] );
$round( 'no password', $server->address, [] );
$round( 'a wrong password', $server->address, [ 'password' => 'NOT-SECRET' ] );
$round( 'a wrong user', $server->address, [ 'password' => [ 'SECRET-USER', 'SECRET' ] ] );
if ( This::$which === 'native' ) {
	$round( 'user beside the password', $server->address, [ 'user' => 'wiki', 'password' => 'SECRET2' ] );
	$round( 'tcp://', "tcp://$server->address", [ 'password' => 'SECRET' ] );
	$round( 'no such database', $server->address, [ 'password' => 'SECRET', 'database' => 99 ] );
	$thrown = caught( static fn () => pool( [ 'a' => "tls://$server->address" ] ) );
	$has_tls = mwnative_status()['libraries']['TLS to Redis'];
	show( [ 'TLS' => str_starts_with( $has_tls, 'yes' ) ? 'clear' : ( $thrown instanceof InvalidArgumentException && str_contains( $thrown->getMessage(), 'TLS' ) ? 'clear' : $thrown ) ] );
}
// Another database has pools of its own; the last one of the first was the default.
$connection = stream_socket_client( "tcp://$server->address" );
show( [ $server->command( [ 'AUTH', 'SECRET' ], $connection ), $server->command( [ 'SELECT', '3' ], $connection ),
	This::$which === 'native' ? $server->command( [ 'DBSIZE' ], $connection ) : 'the original knows no databases' ] );
if ( @stream_socket_server( 'tcp://[::1]:0' ) ) {
	$pool = pool( Fixtures\RedisServer::start_on_loopback( [], '::1' ) );
	show( [ 'IPv6' => told( $pool->acquireForMe() ), told( $pool->release() ) ] );
} else {
	show( [ 'IPv6' => 'LOCKED', 'RELEASED' ] );
}
$unix = Fixtures\RedisServer::start();
$round( 'a path', $unix->address, [] );
$round( 'a password that is not asked for', $unix->address, [ 'password' => 'SECRET' ] );
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
{"host:port":"LOCKED","log":[]}
{"a name":"LOCKED","log":[]}
{"user and password":"LOCKED","log":[]}
{"a database":"LOCKED","log":[]}
{"no password":"pool-error-unknown","log":["error: Lua script error on server \"a\": {lua_error}"]}
{"a wrong password":"pool-servererror","log":["error: Redis exception connecting to \"a\""]}
{"a wrong user":"pool-servererror","log":["error: Redis exception connecting to \"a\""]}
["OK","OK","the original knows no databases"]
{"IPv6":"LOCKED","0":"RELEASED"}
{"a path":"LOCKED","log":[]}
{"a password that is not asked for":"pool-servererror","log":["error: Redis exception connecting to \"a\""]}
native:
{"host:port":"LOCKED","log":[]}
{"a name":"LOCKED","log":[]}
{"user and password":"LOCKED","log":[]}
{"a database":"LOCKED","log":[]}
{"no password":"pool-error-unknown","log":["error: Lua script error on server \"a\": {lua_error}"]}
{"a wrong password":"pool-servererror","log":["error: Redis exception connecting to \"a\""]}
{"a wrong user":"pool-servererror","log":["error: Redis exception connecting to \"a\""]}
{"user beside the password":"LOCKED","log":[]}
{"tcp://":"LOCKED","log":[]}
{"no such database":"pool-servererror","log":["error: Redis exception connecting to \"a\""]}
{"TLS":"clear"}
["OK","OK",2]
{"IPv6":"LOCKED","0":"RELEASED"}
{"a path":"LOCKED","log":[]}
{"a password that is not asked for":"pool-servererror","log":["error: Redis exception connecting to \"a\""]}
