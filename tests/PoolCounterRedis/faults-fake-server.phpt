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

$fake = new Fixtures\FakeRedis( $behaviours );
$results = [];
$slowest = [ '' => 0 ];
set_error_handler( static function ( $type, $text ) { show( "PHP says: $text" ); return true; } );
foreach ( array_keys( $behaviours ) as $number ) {
	if ( $number === 0 ) {
		continue;
	}
	[ $question ] = explode( ':', $names[$number] );
	$pool = pool( servers( $fake ), [ 'timeout' => 0.1,
		'redisConfig' => [ 'database' => $number, 'connectTimeout' => 60, 'readTimeout' => str_contains( $names[$number], 'silence' ) ? 0.4 : 60 ] ] );
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
	$results[$question][$result][] = substr( $names[$number], strlen( $question ) + 2 );
	if ( peek( $pool, 'slot' ) !== null || ( fn () => static::$active )->call( $pool ) !== [] ) {
		show( [ 'still held' => $names[$number] ] );
	}
}
restore_error_handler();
foreach ( $results as $question => $groups ) {
	ksort( $groups );
	foreach ( $groups as $result => $list ) {
		echo "$question, $result:\n  ", wordwrap( implode( ', ', $list ), 110, "\n  " ), "\n";
	}
}
// The process is none the worse for it.
$server = Fixtures\RedisServer::start();
$pool = pool( $server );
show( [ told( $pool->acquireForMe() ), told( $pool->release() ) ] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
ask, LOCKED, pool-error-unknown, NOT_LOCKED:
  two replies, two replies, closed
ask, pool-error-unknown:
  an integer, nothing, no list, an empty list, a list, a list of three, a list of integers, a list of nothing, a
  list with an error, a list in a list, a status, a word, an empty word, a number with more behind, too long a
  number, a negative number, an error, an empty error, NOSCRIPT, a format, too long a bulk, too long a bulk,
  closed
ask, pool-servererror:
  HTTP, zeros, line ends, a length below nothing, a count below nothing, too long a length, too large a count, a
  length of letters, an integer of letters, HTTP, closed, zeros, closed, line ends, closed, a length below
  nothing, closed, a count below nothing, closed, too long a length, closed, too large a count, closed, a length
  of letters, closed, an integer of letters, closed, endless bytes, endless a line, endless a bulk, endless
  lists in lists, endless a list, endless big lists, cut at 0, cut at 1, cut at 2, cut at 3, cut at 4, cut at 5,
  cut at 6, silence, silence in the middle
wait, TIMEOUT:
  nothing, no list, an empty list
wait, pool-error-unknown:
  an integer, a list, a list of three, a list of integers, a list of nothing, a list with an error, a list in a
  list, a status, a word, an empty word, a number with more behind, too long a number, a negative number, an
  error, an empty error, NOSCRIPT, a format, too long a bulk, two replies, too long a bulk, closed, two replies,
  closed
wait, pool-servererror:
  HTTP, zeros, line ends, a length below nothing, a count below nothing, too long a length, too large a count, a
  length of letters, an integer of letters, HTTP, closed, zeros, closed, line ends, closed, a length below
  nothing, closed, a count below nothing, closed, too long a length, closed, too large a count, closed, a length
  of letters, closed, an integer of letters, closed, endless bytes, endless a line, endless a bulk, endless
  lists in lists, endless a list, endless big lists, cut at 0, cut at 1, cut at 2, cut at 3, cut at 4, cut at 5,
  cut at 6, cut at 7, cut at 8, cut at 9, cut at 10, cut at 11, cut at 12, cut at 13, cut at 14, cut at 15, cut
  at 16, cut at 17, cut at 18, cut at 19, silence, silence in the middle
register, LOCKED, RELEASED, NOT_LOCKED:
  an integer
register, LOCKED, pool-error-unknown, NOT_LOCKED:
  nothing, no list, an empty list, a list, a list of three, a list of integers, a list of nothing, a list with
  an error, a list in a list, a status, a word, an empty word, a number with more behind, too long a number, a
  negative number, an error, an empty error, NOSCRIPT, a format, HTTP, zeros, line ends, a length below nothing,
  a count below nothing, too long a length, too large a count, a length of letters, an integer of letters, too
  long a bulk, two replies, HTTP, closed, zeros, closed, line ends, closed, a length below nothing, closed, a
  count below nothing, closed, too long a length, closed, too large a count, closed, a length of letters,
  closed, an integer of letters, closed, too long a bulk, closed, two replies, closed, endless bytes, endless a
  line, endless a bulk, endless lists in lists, endless a list, endless big lists, cut at 0, cut at 1, cut at 2,
  cut at 3, silence, silence in the middle
release, LOCKED, RELEASED, NOT_LOCKED:
  an integer
release, LOCKED, pool-error-unknown, NOT_LOCKED:
  nothing, no list, an empty list, a list, a list of three, a list of integers, a list of nothing, a list with
  an error, a list in a list, a status, a word, an empty word, a number with more behind, too long a number, a
  negative number, an error, an empty error, NOSCRIPT, a format, HTTP, zeros, line ends, a length below nothing,
  a count below nothing, too long a length, too large a count, a length of letters, an integer of letters, too
  long a bulk, two replies, HTTP, closed, zeros, closed, line ends, closed, a length below nothing, closed, a
  count below nothing, closed, too long a length, closed, too large a count, closed, a length of letters,
  closed, an integer of letters, closed, too long a bulk, closed, two replies, closed, endless bytes, endless a
  line, endless a bulk, endless lists in lists, endless a list, endless big lists, cut at 0, cut at 1, cut at 2,
  cut at 3, silence, silence in the middle
["LOCKED","RELEASED"]
