<?php
/**
 * Compares the transcripts of two sides, scenario by scenario. Prints what differs with the
 * lines around it, then "N passed, N failed".
 *
 * Usage: compare.php FOLDER INTENDED SIDE "SCENARIO..." VERSION...
 */

namespace MwNative\MariaDb;

/**
 * The two lists side by side: [ line or null, line or null ] in order. Lines are aligned, so
 * that one that only one side has does not make all the following differ.
 */
function align( array $left, array $right ): array {
	$common = array_fill( 0, count( $left ) + 1, array_fill( 0, count( $right ) + 1, 0 ) );
	for ( $i = count( $left ) - 1; $i >= 0; $i-- ) {
		for ( $j = count( $right ) - 1; $j >= 0; $j-- ) {
			$common[$i][$j] = $left[$i] === $right[$j]
				? $common[$i + 1][$j + 1] + 1
				: max( $common[$i + 1][$j], $common[$i][$j + 1] );
		}
	}
	$pairs = [];
	for ( $i = $j = 0; $i < count( $left ) || $j < count( $right ); ) {
		if ( $i < count( $left ) && $j < count( $right ) && $left[$i] === $right[$j] ) {
			$pairs[] = [ $left[$i++], $right[$j++] ];
		} elseif ( $j === count( $right ) || ( $i < count( $left ) && $common[$i + 1][$j] >= $common[$i][$j + 1] ) ) {
			$pairs[] = [ $left[$i++], null ];
		} else {
			$pairs[] = [ null, $right[$j++] ];
		}
	}
	return $pairs;
}

/** The intended differences of one host: tag => reason. */
function read_intended( string $file, string $host ): array {
	$intended = [];
	foreach ( file( $file, FILE_IGNORE_NEW_LINES ) as $line ) {
		if ( trim( $line ) === '' || $line[0] === '#' ) {
			continue;
		}
		[ $version, $tag, $reason ] = preg_split( '/\s+/', $line, 3 ) + [ '', '', '' ];
		if ( $version === '*' || $version === $host ) {
			$intended[$tag] = $reason;
		}
	}
	return $intended;
}

function tag_of( string $line ): string {
	return preg_match( '/^\[([\w-]+)\]/', $line, $match ) ? $match[1] : '';
}

const CONTEXT = 3;

[ , $folder, $intendedFile, $side, $scenarios ] = $argv;
$scenarios = explode( ' ', $scenarios );
$passed = $failed = 0;
foreach ( array_slice( $argv, 5 ) as $host ) {
	if ( file_exists( "$folder/$host.failed" ) ) {
		echo "MediaWiki $host: its scenarios could not be run\n";
		$failed++;
		continue;
	}
	$intended = $side === 'native' ? read_intended( $intendedFile, $host ) : [];
	$used = $present = [];
	foreach ( $scenarios as $scenario ) {
		$lines = [];
		foreach ( [ 'original', $side ] as $which ) {
			$lines[] = file( "$folder/$host.$which.$scenario", FILE_IGNORE_NEW_LINES );
			// What PHP printed outside of the transcript is never expected.
			$errors = trim( file_get_contents( "$folder/$host.$which.$scenario.errors" ) );
			if ( $errors !== '' ) {
				echo "MediaWiki $host, $scenario, $which: unexpected output:\n\t", str_replace( "\n", "\n\t", $errors ), "\n";
				$failed++;
			}
			// Two that fail in the same way prove nothing.
			if ( end( $lines )[array_key_last( end( $lines ) )] !== 'the process ended with 0' ) {
				echo "MediaWiki $host, $scenario, $which: it did not come to its end\n";
				$failed++;
			}
		}
		$pairs = align( ...$lines );
		$bad = [];
		foreach ( $pairs as $at => [ $left, $right ] ) {
			$tag = tag_of( $left ?? $right );
			$present[$tag] = true;
			if ( $left === $right ) {
				$passed++;
			} elseif ( isset( $intended[$tag] ) ) {
				$used[$tag] = ( $used[$tag] ?? 0 ) + 1;
			} else {
				$bad[] = $at;
			}
		}
		$failed += count( $bad );
		if ( $bad ) {
			echo "MediaWiki $host, $scenario: ", count( $bad ), " lines differ (- original, + $side):\n";
			$shown = -1;
			foreach ( $bad as $at ) {
				$from = max( $shown + 1, $at - CONTEXT );
				if ( $from > $shown + 1 ) {
					echo "\t...\n";
				}
				for ( ; $from <= min( count( $pairs ) - 1, $at + CONTEXT ); $from++ ) {
					[ $left, $right ] = $pairs[$from];
					echo "\t", $left === $right ? " $left" : ( $right === null ? "-$left" : "+$right" ), "\n";
					$shown = $from;
				}
			}
		}
	}
	foreach ( $intended as $tag => $reason ) {
		if ( isset( $used[$tag] ) ) {
			echo "MediaWiki $host: {$used[$tag]} lines differ as intended ($tag): $reason\n";
			$passed++;
		} elseif ( isset( $present[$tag] ) ) {
			echo "MediaWiki $host: nothing differs in $tag, which is listed as intended\n";
			$failed++;
		}
	}
}
echo "$passed passed, $failed failed\n";
exit( $failed === 0 ? 0 : 1 );
