<?php
/**
 * The client of tests/fpm/run.
 *
 *   client.php prepare FOLDER              writes the hosts and the script that serves requests
 *   client.php send FOLDER COUNT MODE      sends the requests and judges the answers
 */

require __DIR__ . '/../fixtures/harness.php';
require __DIR__ . '/../fixtures/differing-subclasses.php';

const GENERATIONS = [ '1.39', '1.43' ];

/** Requests before the worker's memory is first looked at: caches and traces fill up. */
const WARM_UP = 0.25;
/** Growth of the worker's own memory that is allowed: less than 32 bytes a request. */
const MARGIN_KILOBYTES = 384;

function prepare( string $folder ): void {
	foreach ( GENERATIONS as $generation ) {
		$host = Fixtures\Host::copy( $generation );
		Fixtures\copy_folder( $host->folder, "$folder/$generation" );
		Differing\write_subclasses( "$folder/$generation", $host->name() );
	}
	file_put_contents( "$folder/serve.php", '<?php require ' .
		var_export( dirname( __DIR__ ) . '/fixtures/differing-subclasses.php', true ) . <<<'CODE'
		;
		ob_start();
		$n = (int)$_SERVER['QUERY_STRING'];
		Differing\serve( __DIR__ . [ '/1.39', '/1.43' ][$n % 2], $n );
		$jit = opcache_get_status( false )['jit'] ?? [];
		header( 'X-Worker: ' . getmypid() );
		header( 'X-Jit: ' . ( empty( $jit['on'] ) ? 'off' : 'on, ' . ( $jit['buffer_size'] - $jit['buffer_free'] ) ) );
		CODE );
}

/** One FastCGI record. */
function record( int $type, string $content ): string {
	return pack( 'CCnnCx', 1, $type, 1, strlen( $content ), 0 ) . $content;
}

/** One request over a connection of its own: the headers and the body of the answer. */
function request( string $socket, string $script, string $query ): array {
	$connection = @stream_socket_client( "unix://$socket", $error, $message, 30 );
	if ( !$connection ) {
		return [ '', "no connection: $message" ];
	}
	stream_set_timeout( $connection, 30 );
	$parameters = '';
	foreach ( [ 'SCRIPT_FILENAME' => $script, 'QUERY_STRING' => $query, 'REQUEST_METHOD' => 'GET' ] as $name => $value ) {
		$parameters .= pack( 'CN', strlen( $name ), strlen( $value ) | 0x80000000 ) . $name . $value;
	}
	// 1: begin, as a responder; 4: parameters and their end; 5: the end of the empty body.
	fwrite( $connection, record( 1, pack( 'nCx5', 1, 0 ) ) . record( 4, $parameters ) . record( 4, '' ) . record( 5, '' ) );
	$bytes = stream_get_contents( $connection );
	$output = '';
	$complete = false;
	for ( $at = 0; $at + 8 <= strlen( $bytes ); $at += 8 + $head['length'] + $head['padding'] ) {
		$head = unpack( 'Cversion/Ctype/nid/nlength/Cpadding', $bytes, $at );
		if ( $head['type'] === 6 || $head['type'] === 7 ) {
			$output .= substr( $bytes, $at + 8, $head['length'] );
		}
		$complete = $complete || $head['type'] === 3;
	}
	$parts = explode( "\r\n\r\n", $output, 2 ) + [ '', '' ];
	return $complete ? $parts : [ $parts[0], "an answer that breaks off: $output" ];
}

/** Memory that is the process's own (not shared with others), in kilobytes. */
function own_memory( int $process ): int {
	preg_match( '/^RssAnon:\s+(\d+) kB/m', (string)@file_get_contents( "/proc/$process/status" ), $found );
	return (int)( $found[1] ?? -1 );
}

function send( string $folder, int $count, string $mode ): bool {
	$start = hrtime( true );
	$complaints = [];
	$wrong = $bound = $before = 0;
	$workers = [];
	$jit = 'off';
	for ( $n = 0; $n < $count; $n++ ) {
		[ $headers, $body ] = request( "$folder/socket", "$folder/serve.php", (string)$n );
		if ( $body !== Differing\expected( $n ) && $wrong++ < 3 ) {
			$complaints[] = "request $n\n- " . Differing\expected( $n ) . "\n+ $body";
		}
		$bound += str_starts_with( $body, 'bound |' );
		if ( preg_match( '/X-Worker: (\d+)/', $headers, $found ) ) {
			$workers[$found[1]] = true;
		}
		if ( $n === (int)( $count * WARM_UP ) ) {
			$before = own_memory( (int)array_key_last( $workers ) );
		}
	}
	if ( preg_match( '/X-Jit: (.*)/', $headers, $found ) ) {
		$jit = trim( $found[1] );
	}
	$after = own_memory( (int)array_key_last( $workers ) );
	if ( $wrong ) {
		$complaints[] = "$wrong wrong answers";
	}
	if ( $bound !== $count ) {
		$complaints[] = "$bound of $count requests were bound";
	}
	if ( count( $workers ) !== 1 ) {
		$complaints[] = count( $workers ) . ' workers instead of one: it ended on the way';
	}
	if ( $before <= 0 || $after - $before > MARGIN_KILOBYTES ) {
		$complaints[] = "the worker grew from $before to $after kB (allowed: " . MARGIN_KILOBYTES . ')';
	}
	if ( ( $mode === 'tracing' ) !== str_starts_with( $jit, 'on, ' ) || $jit === 'on, 0' ) {
		$complaints[] = "the JIT is $jit";
	}
	printf( "%s: %d requests, %d bound, %d wrong, %d kB after the warm-up, %d kB at the end, JIT %s, %.1f s\n",
		$mode, $count, $bound, $wrong, $before, $after, $jit, ( hrtime( true ) - $start ) / 1e9 );
	foreach ( $complaints as $complaint ) {
		echo '  ', substr( $complaint, 0, 1500 ), "\n";
	}
	return !$complaints;
}

[ , $command, $folder ] = $argv;
exit( $command === 'prepare' ? prepare( $folder ) ?? 0 : (int)!send( $folder, (int)$argv[3], $argv[4] ) );
