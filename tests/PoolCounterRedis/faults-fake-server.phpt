--TEST--
Whatever a broken server sends, there is a status within the time-outs, and nothing is held afterwards
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
// What is no answer of a pool, at each of the four questions; then what is no reply at all.
$wrong = [
	'an integer' => ":1\r\n", 'nothing' => "$-1\r\n", 'no list' => "*-1\r\n", 'an empty list' => "*0\r\n", 'a list' => "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
	'a list of three' => "*3\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\n1\r\n", 'a list of integers' => "*2\r\n:1\r\n:1\r\n", 'a list of nothing' => "*2\r\n$-1\r\n$-1\r\n",
	'a list with an error' => "*2\r\n$1\r\na\r\n-ERR no\r\n", 'a list in a list' => "*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n",
	'a status' => "+OK\r\n", 'a word' => "$3\r\nabc\r\n", 'an empty word' => "$0\r\n\r\n", 'a number with more behind' => "$3\r\n1\0" . "2\r\n",
	'too long a number' => "$21\r\n123456789012345678901\r\n", 'a negative number' => "$2\r\n-1\r\n", 'an error' => "-ERR no\r\n",
	'an empty error' => "-\r\n", 'NOSCRIPT' => "-NOSCRIPT no\r\n", 'a format' => "-%s%n%d\r\n",
];
$garbage = [
	'HTTP' => "HTTP/1.1 400 Bad Request\r\n\r\n", 'zeros' => "\0\0\0\0", 'line ends' => "\r\n\r\n", 'a length below nothing' => "$-5\r\n", 'a count below nothing' => "*-7\r\n",
	'too long a length' => "$999999999999999999999\r\n", 'too large a count' => "*2147483648\r\n", 'a length of letters' => "\$x\r\n", 'an integer of letters' => ":x\r\n",
	'too long a bulk' => "$5\r\nabcdefgh\r\n", 'two replies' => "$1\r\n1\r\n$1\r\n1\r\n",
];
$endless = [
	'bytes' => 'x', 'a line' => '+' . str_repeat( 'x', 4096 ), 'a bulk' => "$1073741824\r\n" . str_repeat( 'x', 4096 ),
	'lists in lists' => "*1\r\n", 'a list' => "*1073741824\r\n:1\r\n:1\r\n:1\r\n", 'big lists' => "*1000\r\n" . str_repeat( "*1000\r\n", 100 ),
];
$wait = "$10\r\nQUEUE_WAIT\r\n";
$slot = "$1\r\n1\r\n";
$handed = "*2\r\n$3\r\nkey\r\n$1\r\n1\r\n";
$done = ":1\r\n";
$before = [ 'ask' => [], 'wait' => [ $wait ], 'register' => [ $wait, $handed ], 'release' => [ $slot ] ];
$cut = [ 'ask' => $slot, 'wait' => $handed, 'register' => $done, 'release' => $done ];

$behaviours = [ [] ];
$names = [ '' ];
foreach ( $before as $question => $replies ) {
	$replies = array_map( static fn ( $reply ) => [ $reply, 'more' ], $replies );
	$add = static function ( string $name, string $bytes, string $then ) use ( $question, $replies, &$behaviours, &$names ) {
		// After NOSCRIPT the same comes again for EVAL.
		$behaviours[] = [ ...$replies, [ $bytes, $then ], [ $bytes, $then ] ];
		$names[] = "$question: $name";
	};
	foreach ( $wrong + $garbage as $name => $bytes ) {
		$add( $name, $bytes, 'more' );
	}
	foreach ( $garbage as $name => $bytes ) {
		$add( "$name, closed", $bytes, 'close' );
	}
	foreach ( $endless as $name => $bytes ) {
		$add( "endless $name", $bytes, 'again' );
	}
	for ( $length = 0; $length < strlen( $cut[$question] ); $length++ ) {
		$add( "cut at $length", substr( $cut[$question], 0, $length ), 'close' );
	}
	$add( 'silence', '', 'silence' );
	$add( 'silence in the middle', substr( $cut[$question], 0, 3 ), 'silence' );
}

// What is understood before the fault is noticed, or goes on without a server, has another status than the rest of its kind.
$expected = static function ( string $question, string $name ) use ( $wrong ): string {
	$base = str_replace( ', closed', '', $name );
	$is_reply = isset( $wrong[$base] ) || $base === 'too long a bulk' || $base === 'two replies';
	if ( $question === 'register' || $question === 'release' ) {
		return $base === 'an integer' ? 'LOCKED, RELEASED, NOT_LOCKED' : 'LOCKED, pool-error-unknown, NOT_LOCKED';
	}
	if ( $question === 'ask' && $base === 'two replies' ) {
		return 'LOCKED, pool-error-unknown, NOT_LOCKED';
	}
	if ( $question === 'wait' && in_array( $base, [ 'nothing', 'no list', 'an empty list' ] ) ) {
		return 'TIMEOUT';
	}
	return $is_reply ? 'pool-error-unknown' : 'pool-servererror';
};

$fake = new Fixtures\FakeRedis( $behaviours );
$counts = [];
set_error_handler( static function ( $type, $text ) { show( "PHP says: $text" ); return true; } );
foreach ( array_keys( $behaviours ) as $number ) {
	if ( $number === 0 ) {
		continue;
	}
	[ $question, $name ] = explode( ': ', $names[$number], 2 );
	$pool = pool( servers( $fake ), [ 'timeout' => 0.1,
		'redisConfig' => [ 'database' => $number, 'connectTimeout' => 60, 'readTimeout' => str_contains( $name, 'silence' ) ? 0.4 : 60 ] ] );
	$started = microtime( true );
	$status = $pool->acquireForAnyone();
	$result = message( $status );
	if ( $result === 'LOCKED' ) {
		$result .= ', ' . message( $pool->release() );
		$result .= ', ' . message( $pool->release() );
	}
	$seconds = microtime( true ) - $started;
	if ( $seconds > 30 ) {
		show( [ 'too slow' => $names[$number], 'seconds' => $seconds ] );
	}
	if ( $result !== $expected( $question, $name ) ) {
		show( [ $names[$number] => $result, 'expected' => $expected( $question, $name ), 'seconds' => $seconds, 'log' => [ This::$log->lines, This::$log->reasons ],
			'the server' => $fake->log() ] );
	}
	$counts["$question, $result"] = ( $counts["$question, $result"] ?? 0 ) + 1;
	if ( peek( $pool, 'slot' ) !== null || ( fn () => static::$active )->call( $pool ) !== [] ) {
		show( [ 'still held' => $names[$number] ] );
	}
	This::$log->take();
}
restore_error_handler();
foreach ( $counts as $what => $count ) {
	echo "$what: $count\n";
}
// The process is none the worse for it.
$server = Fixtures\RedisServer::start();
$pool = pool( $server );
show( [ told( $pool->acquireForMe() ), told( $pool->release() ) ] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
ask, pool-error-unknown: 22
ask, pool-servererror: 33
ask, LOCKED, pool-error-unknown, NOT_LOCKED: 2
wait, pool-error-unknown: 21
wait, TIMEOUT: 3
wait, pool-servererror: 46
register, LOCKED, RELEASED, NOT_LOCKED: 1
register, LOCKED, pool-error-unknown, NOT_LOCKED: 53
release, LOCKED, RELEASED, NOT_LOCKED: 1
release, LOCKED, pool-error-unknown, NOT_LOCKED: 53
["LOCKED","RELEASED"]
