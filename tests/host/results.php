<?php
/**
 * Reads PHPUnit's JUnit logs: results.php LOG [LOG_OF_THE_ORIGINAL]
 *
 * First line: how many tests there were, passed, failed of our own doing, failed with
 * the original as well, were skipped, and gave a warning; separated by spaces. Then a
 * line for each failure: "own" or "shared", the test's name, and the message, by tabs.
 *
 * A failure is our own if the original does not have it. So is a test that the
 * original passes and that we skip, or do not run at all.
 */

declare( strict_types = 1 );

/** @return array<string,array{state:string,warned:bool,message:string}> by test name; empty if the log cannot be read */
function readLog( string $file ): array {
	libxml_use_internal_errors( true );
	$log = is_file( $file ) ? simplexml_load_file( $file ) : false;
	$tests = $times = [];
	foreach ( $log ? $log->xpath( '//testcase' ) : [] as $case ) {
		$owner = (string)( $case['class'] ?? $case->xpath( '..' )[0]['name'] );
		$fault = $case->error[0] ?? $case->failure[0] ?? null;
		$warning = $case->warning[0] ?? null;
		// A test that asked for an assertion of PHPUnit's past has passed all the same.
		$old = str_contains( (string)$warning, 'will be removed in PHPUnit' );
		$name = "$owner::{$case['name']}";
		// some providers give several data sets one name: the second is "… (2)"
		$times[$name] = ( $times[$name] ?? 0 ) + 1;
		$tests[ $times[$name] > 1 ? "$name ($times[$name])" : $name ] = [
			'state' => match ( true ) {
				$fault !== null, $warning !== null && !$old => 'failed',
				isset( $case->skipped ) => 'skipped',
				default => 'passed',
			},
			'warned' => $warning !== null,
			'message' => trim( (string)( $fault ?? $warning ) ),
		];
	}
	return $tests;
}

/** One line, of bounded length. */
function flat( string $text, int $limit ): string {
	return mb_strimwidth( preg_replace( '/\s*[\x00-\x1f]+\s*/', ' | ', mb_scrub( $text ) ), 0, $limit, '…' );
}

$tests = readLog( $argv[1] );
$originals = isset( $argv[2] ) ? readLog( $argv[2] ) : [];

$own = $shared = [];
foreach ( $tests as $name => $test ) {
	$original = $originals[$name]['state'] ?? 'missing';
	if ( $test['state'] === 'failed' && $original === 'failed' ) {
		$shared[$name] = $test['message'];
	} elseif ( $test['state'] === 'failed' ) {
		$own[$name] = $test['message'];
	} elseif ( $test['state'] === 'skipped' && $original === 'passed' ) {
		$own[$name] = 'skipped, while the original passes';
	}
}
foreach ( array_diff_key( $originals, $tests ) as $name => $original ) {
	$own[$name] = "did not run, while the original {$original['state']}";
}

$states = array_count_values( array_column( $tests, 'state' ) );
$warned = count( array_filter( array_column( $tests, 'warned' ) ) );
printf(
	"%d %d %d %d %d %d\n",
	count( $tests ), $states['passed'] ?? 0, count( $own ), count( $shared ), $states['skipped'] ?? 0, $warned
);
foreach ( [ 'own' => $own, 'shared' => $shared ] as $kind => $failures ) {
	foreach ( $failures as $name => $message ) {
		printf( "%s\t%s\t%s\n", $kind, flat( (string)$name, 200 ), flat( $message, 1000 ) );
	}
}
