<?php
/**
 * The clients of the demo's second act: pool_clients.php FOLDER MODE ROUNDS
 *
 * Speaks FastCGI to the php-fpm of FOLDER/pool. In each round the page is purged,
 * then 8 clients ask for it at once. What they got and what the workers did (see
 * pool_witness.php) goes to FOLDER/pool/MODE.json, where pool_report.php reads it.
 */

const CLIENTS = 8;
const PAGE = 'List of places';
/** Seconds after which an answer, or a worker's word on it, is given up. */
const PATIENCE = 60;

[ , $demo, $mode, $rounds ] = $argv;

function give_up( string $text ): void {
	fwrite( STDERR, "$text\n" );
	exit( 1 );
}

/** One FastCGI record. */
function record( int $type, string $content ): string {
	return pack( 'CCnnCx', 1, $type, 1, strlen( $content ), 0 ) . $content;
}

/** @param string[] $variables What a web server would tell of the request */
function fastcgi_request( array $variables ): string {
	$parameters = '';
	foreach ( $variables as $name => $value ) {
		$parameters .= pack( 'NN', strlen( $name ) | 0x80000000, strlen( $value ) | 0x80000000 ) . $name . $value;
	}
	// 1: begin, as a responder; 4: parameters and their end; 5: the end of the empty body.
	return record( 1, pack( 'nCx5', 1, 0 ) ) . record( 4, $parameters ) . record( 4, '' ) . record( 5, '' );
}

/** @return array Status, headers and body of an answer */
function fastcgi_answer( string $bytes ): array {
	$output = '';
	$complete = false;
	for ( $at = 0; $at + 8 <= strlen( $bytes ); $at += 8 + $head['length'] + $head['padding'] ) {
		$head = unpack( 'Cversion/Ctype/nid/nlength/Cpadding', $bytes, $at );
		// 6: output; 3: the end.
		$output .= $head['type'] === 6 ? substr( $bytes, $at + 8, $head['length'] ) : '';
		$complete = $complete || $head['type'] === 3;
	}
	[ $headers, $body ] = explode( "\r\n\r\n", $output, 2 ) + [ '', '' ];
	$status = preg_match( '/^Status: (\d+)/mi', $headers, $found ) ? (int)$found[1] : 200;
	return [ $complete ? $status : 0, $headers, $body ];
}

/**
 * Sends a request for each id at once and waits for all answers and for what the workers tell.
 *
 * @param string[] $ids
 * @return array[] Each: status, body, seconds from the first request to this answer; and the worker's facts
 */
function ask( array $ids, string $method, string $query ): array {
	global $demo;
	$connections = $bytes = $answers = [];
	$start = microtime( true );
	foreach ( $ids as $i => $id ) {
		$connections[$i] = @stream_socket_client( "unix://$demo/pool/fpm.sock", $error, $message, 10 );
		if ( !$connections[$i] ) {
			give_up( "no connection to php-fpm: $message, see $demo/pool/log/fpm.log" );
		}
		fwrite( $connections[$i], fastcgi_request( [
			'SCRIPT_FILENAME' => "$demo/native/wiki/index.php",
			'DOCUMENT_ROOT' => "$demo/native/wiki",
			'SCRIPT_NAME' => '/index.php',
			'REQUEST_URI' => "/index.php?$query",
			'QUERY_STRING' => $query,
			'REQUEST_METHOD' => $method,
			'CONTENT_TYPE' => $method === 'POST' ? 'application/x-www-form-urlencoded' : '',
			'CONTENT_LENGTH' => $method === 'POST' ? '0' : '',
			'GATEWAY_INTERFACE' => 'CGI/1.1',
			'SERVER_PROTOCOL' => 'HTTP/1.1',
			'SERVER_NAME' => 'localhost',
			'SERVER_PORT' => '80',
			'HTTP_HOST' => 'localhost',
			'REMOTE_ADDR' => '127.0.0.1',
			'MWNATIVE_DEMO_REQUEST' => $id,
		] ) );
		stream_set_blocking( $connections[$i], false );
		$bytes[$i] = '';
	}
	while ( $connections ) {
		$readable = $connections;
		$none = null;
		stream_select( $readable, $none, $none, 1 );
		foreach ( $readable as $i => $connection ) {
			$bytes[$i] .= stream_get_contents( $connection );
			if ( feof( $connection ) ) {
				[ $status, , $body ] = fastcgi_answer( $bytes[$i] );
				$answers[$i] = [ 'status' => $status, 'body' => $body, 'seconds' => microtime( true ) - $start ];
				// The worker goes on only when its client has hung up.
				fclose( $connection );
				unset( $connections[$i] );
			}
		}
		if ( microtime( true ) - $start > PATIENCE ) {
			give_up( count( $connections ) . ' of ' . count( $ids ) . ' requests got no answer within ' . PATIENCE .
				" seconds, see $demo/pool/log" );
		}
	}
	ksort( $answers );
	foreach ( $ids as $i => $id ) {
		$answers[$i] += facts( $id, $start + PATIENCE, $answers[$i] );
	}
	return $answers;
}

/** What the worker wrote of a request, after its answer was sent. */
function facts( string $id, float $until, array $answer ): array {
	global $demo;
	$file = "$demo/pool/requests/$id.json";
	while ( !is_file( $file ) ) {
		if ( microtime( true ) > $until || !in_array( $answer['status'], [ 200, 302 ] ) ) {
			give_up( "the request $id got the status {$answer['status']} and did not end as it should, see $demo/pool/log\n" .
				substr( trim( strip_tags( $answer['body'] ) ), 0, 500 ) );
		}
		usleep( 5000 );
		clearstatcache();
	}
	return json_decode( file_get_contents( $file ), true, 512, JSON_THROW_ON_ERROR );
}

/** The page's own part of an answer, without comments: those tell when and how fast it was parsed. */
function content( string $body ): string {
	return preg_match( '/<div id="mw-content-text".*<div class="printfooter"/s', $body, $found ) &&
		preg_match( '/Here the list of \d+ places ends\./', $found[0] )
		? preg_replace( '/<!--.*?-->/s', '', $found[0] ) : '';
}

/** @return float[] A pool type's counters, summed over all workers */
function counters( array $latest ): array {
	$sum = [];
	foreach ( $latest as $facts ) {
		foreach ( $facts['native']['counters']['ArticleView'] ?? [] as $name => $value ) {
			$sum[$name] = ( $sum[$name] ?? 0 ) + $value;
		}
	}
	return $sum;
}

/** Keeps each worker's last word, and adds to an answer the CPU seconds since that worker's previous one. */
function note( array &$latest, array $answers ): array {
	foreach ( $answers as $i => $answer ) {
		$worker = $answer['worker'];
		$answers[$i]['used'] = $answer['cpu'] - ( $latest[$worker]['cpu'] ?? 0 );
		unset( $answers[$i]['body'] );
		$latest[$worker] = $answers[$i];
	}
	return $answers;
}

function ids( string $name, int $count = CLIENTS ): array {
	return array_map( static fn ( $i ) => "{$GLOBALS['mode']}-$name-$i", range( 1, $count ) );
}

$page = http_build_query( [ 'title' => strtr( PAGE, ' ', '_' ) ] );
$latest = $results = [];

// The code is in opcache, what all pages need is in the cache, and every worker has been used.
foreach ( [ 1, CLIENTS, CLIENTS ] as $warm => $count ) {
	note( $latest, ask( ids( "warm$warm", $count ), 'GET', 'title=Main_Page' ) );
}
for ( $round = 1; $round <= $rounds; $round++ ) {
	// MediaWiki compares whole seconds: only a later one makes the cached result old.
	time_sleep_until( ceil( microtime( true ) ) + 0.01 );
	note( $latest, ask( ids( "purge$round", 1 ), 'POST', "$page&action=purge" ) );
	$before = counters( $latest );
	$answers = ask( ids( "round$round" ), 'GET', $page );
	foreach ( $answers as $i => $answer ) {
		$content = content( $answer['body'] );
		$answers[$i]['bytes'] = strlen( $answer['body'] );
		$answers[$i]['content'] = $content === '' ? null : sha1( $content );
	}
	file_put_contents( "$demo/pool/$mode.html", $answers[0]['body'] );
	$answers = note( $latest, $answers );
	$after = counters( $latest );
	foreach ( $after as $name => $value ) {
		$after[$name] -= $before[$name] ?? 0;
	}
	$results[] = [ 'answers' => $answers, 'counters' => $after ];
	$parses = array_sum( array_column( $answers, 'parses' ) );
	fprintf( STDERR, "  %-36s  %d %s, %d served from its result, all in %.2f s, CPU %.2f s\n",
		"round $round of $rounds: " . CLIENTS . ' clients at once', $parses, $parses === 1 ? 'parse' : 'parses',
		array_sum( array_column( $answers, 'done' ) ), max( array_column( $answers, 'seconds' ) ),
		array_sum( array_column( $answers, 'used' ) ) );
}
file_put_contents( "$demo/pool/$mode.json", json_encode( $results, JSON_PRETTY_PRINT ) );
