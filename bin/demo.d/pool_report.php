<?php
/**
 * The tables of the demo's second act: pool_report.php FOLDER
 *
 * Reads what pool_clients.php left in FOLDER/pool. Exits with 1 if the native
 * class did not do what it is for: one parse, the others served from its result.
 */

require __DIR__ . '/tables.php';

$demo = realpath( $argv[1] );

const MODES = [
	'native' => 'native',
	'original' => 'the PHP original',
	'without' => 'no pool counter',
];

/** The numbers of a column, round by round: "1" if they are all the same, or "2, 3, 2". */
function each_round( array $rounds, callable $of ): string {
	$numbers = array_map( $of, $rounds );
	return count( array_unique( $numbers ) ) === 1 ? (string)$numbers[0] : implode( ', ', $numbers );
}

function sum( string $field ): callable {
	return static fn ( $round ) => array_sum( array_column( $round['answers'], $field ) );
}

function seconds( array $rounds, callable $of ): string {
	return sprintf( '%.2f', median( array_map( $of, $rounds ) ) );
}

/** Whether a client got the page as all others should. */
function is_page( array $answer ): bool {
	return $answer['status'] === 200 && $answer['content'] !== null && $answer['content'] === $GLOBALS['page'];
}

function what_it_did( array $answer ): string {
	if ( $answer['parses'] ) {
		return 'parsed the page' . ( $answer['done'] ? ' though told DONE' : '' );
	}
	if ( $answer['done'] ) {
		return 'waited, was told DONE, served the result';
	}
	return $answer['inVain'] ? 'waited in vain' : 'found it in the parser cache, asked no pool';
}

$results = [];
foreach ( MODES as $mode => $label ) {
	$results[$mode] = json_decode( file_get_contents( "$demo/pool/$mode.json" ), true, 512, JSON_THROW_ON_ERROR );
}
$native = $results['native'];
$last = end( $native );
$one = $last['answers'][0];
$clients = count( $last['answers'] );
// The page as a request makes it that asks nobody.
$page = $results['without'][0]['answers'][0]['content'];
$problems = [];

heading( 'The pool counter in use' );
$rows = [];
foreach ( MODES as $mode => $label ) {
	$answer = end( $results[$mode] )['answers'][0];
	$rows[] = [
		$label,
		$answer['class'] ?? '-',
		$mode === 'without' ? '-' : ( $answer['native']['state'] === 'bound' ? 'native (bound)' : "PHP ({$answer['native']['state']})" ),
		preg_replace( '~^.*/(?=(stubs|includes)/)~', '', $answer['file'] ?? '-' ),
	];
}
table( [ '', 'class', 'runs', 'declared in' ], $rows );
echo "  MediaWiki {$one['host']}, PHP {$one['php']}, php-fpm with $clients workers, opcache ",
	$one['opcache'] ? 'on' : 'off', ", Redis on a unix socket\n";

heading( "$clients clients ask at once for a page that was just purged" );
$rows = [];
foreach ( $results as $mode => $rounds ) {
	$rows[] = [
		MODES[$mode],
		(string)count( $rounds ),
		each_round( $rounds, sum( 'parses' ) ),
		each_round( $rounds, sum( 'done' ) ),
		each_round( $rounds, sum( 'inVain' ) ),
		each_round( $rounds, static fn ( $round ) => count( array_filter( $round['answers'], 'is_page' ) ) . " of $clients" ),
		seconds( $rounds, static fn ( $round ) => min( array_column( $round['answers'], 'seconds' ) ) ),
		seconds( $rounds, static fn ( $round ) => median( array_column( $round['answers'], 'seconds' ) ) ),
		seconds( $rounds, static fn ( $round ) => max( array_column( $round['answers'], 'seconds' ) ) ),
		seconds( $rounds, sum( 'used' ) ),
	];
}
table( [ '', 'rounds', 'parses', 'served from its result', 'waited in vain', '200, same page', 'first answer s', 'median', 'last', 'CPU s' ],
	$rows, [ 1, 2, 3, 4, 5, 6, 7, 8, 9 ] );
echo "  Counts of one round; where rounds differ, each. Times are seconds from the first request on, the median of the\n",
	"  rounds; CPU is that of php-fpm's workers. Who waited in vain, for the pool's whole timeout, is shown the page with\n",
	"  a notice that the servers are overloaded.\n";

heading( 'The last round with the native class, client by client' );
$rows = [];
foreach ( $last['answers'] as $i => $answer ) {
	$rows[] = [ (string)( $i + 1 ), (string)$answer['worker'], (string)$answer['status'], (string)$answer['bytes'],
		short( $answer['content'] ), sprintf( '%.2f', $answer['seconds'] ), sprintf( '%.2f', $answer['used'] ), what_it_did( $answer ) ];
}
table( [ 'client', 'worker', 'status', 'bytes', 'content', 'answer s', 'CPU s', 'what its worker did' ], $rows, [ 0, 1, 2, 3, 5, 6 ] );
$counters = array_map( static fn ( $value ) => is_float( $value ) ? round( $value, 2 ) : $value, $last['counters'] );
echo "  mwnative_status(), ArticleView, this round, all workers: ",
	urldecode( http_build_query( $counters, '', ', ' ) ), "\n";

foreach ( $native as $i => $round ) {
	$number = $i + 1;
	[ $parses, $done ] = [ sum( 'parses' )( $round ), sum( 'done' )( $round ) ];
	$idle = count( array_filter( $round['answers'], static fn ( $answer ) =>
		!$answer['parses'] && !$answer['done'] && !$answer['inVain'] ) );
	$strangers = array_filter( $round['answers'], static fn ( $answer ) => $answer['native']['state'] !== 'bound' );
	if ( $strangers ) {
		$status = array_diff_key( reset( $strangers )['native'], [ 'counters' => 1 ] );
		$problems[] = "round $number: " . count( $strangers ) . ' workers did not use the native class; mwnative_status() says why: ' .
			json_encode( $status, JSON_UNESCAPED_SLASHES );
		continue;
	}
	if ( $idle && $parses === 1 ) {
		$problems[] = "round $number: $idle clients came when the parse was over already; this machine needs a slower page: " .
			'run MWNATIVE_DEMO_ROWS=' . 2 * (int)getenv( 'MWNATIVE_DEMO_ROWS' ) . ' bin/demo (up to 5000)';
	} elseif ( $parses !== 1 || $done !== $clients - 1 ) {
		$problems[] = "round $number: $parses parses and $done served from a result, not 1 and " . ( $clients - 1 ) .
			"; look into poolcounter.log and redis.log in $demo/pool/log: after a time-out on a busy machine run bin/demo " .
			'again, anything else is a defect, please report it with these files';
	}
	if ( ( $round['counters']['acquired'] ?? 0 ) !== 1 || ( $round['counters']['doneByOthers'] ?? 0 ) !== $clients - 1 ) {
		$problems[] = "round $number: the class's own counters tell another story: " . json_encode( $round['counters'] );
	}
}
// What the original makes of it is its own affair.
foreach ( [ 'native', 'without' ] as $mode ) {
	foreach ( $results[$mode] as $i => $round ) {
		$wrong = $clients - count( array_filter( $round['answers'], 'is_page' ) );
		if ( $wrong ) {
			$problems[] = MODES[$mode] . ', round ' . ( $i + 1 ) . ": $wrong clients did not get the page; " .
				"the first answer of the last round is $demo/pool/$mode.html, the logs are in $demo/pool/log";
		}
	}
}
foreach ( [ 'opcache', 'apcu' ] as $needed ) {
	if ( !$one[$needed] ) {
		array_unshift( $problems, "$needed is off in php-fpm: look at php-fpm's php.ini and conf.d" );
	}
}
end_with( $problems, "One parse, $clients clients served by it, each time." );
