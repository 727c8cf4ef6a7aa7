<?php
/**
 * How both of the demo's reports look: headings, tables, numbers, the end.
 * Colours only on a terminal, and not if NO_COLOR is set.
 */

$colours = stream_isatty( STDOUT ) && !getenv( 'NO_COLOR' );

function colour( string $text, string $code ): string {
	return $GLOBALS['colours'] ? "\e[{$code}m$text\e[0m" : $text;
}

function heading( string $text ): void {
	echo "\n", colour( $text, '1' ), "\n";
}

/**
 * @param string[] $head
 * @param string[][] $rows
 * @param int[] $numbers Columns set to the right
 */
function table( array $head, array $rows, array $numbers = [] ): void {
	$widths = array_map( 'strlen', $head );
	foreach ( $rows as $row ) {
		foreach ( $row as $i => $cell ) {
			$widths[$i] = max( $widths[$i], strlen( $cell ) );
		}
	}
	$line = static function ( array $row ) use ( $widths, $numbers ): string {
		foreach ( $row as $i => $cell ) {
			$row[$i] = str_pad( $cell, $widths[$i], ' ', in_array( $i, $numbers ) ? STR_PAD_LEFT : STR_PAD_RIGHT );
		}
		return '  ' . rtrim( implode( '  ', $row ) ) . "\n";
	};
	echo $line( $head ), $line( array_map( static fn ( $width ) => str_repeat( '-', $width ), $widths ) );
	foreach ( $rows as $row ) {
		$cells = $line( $row );
		echo str_contains( $cells, 'DIFFERS' ) ? colour( $cells, '31' ) : $cells;
	}
}

function median( array $values ): float {
	sort( $values );
	$middle = intdiv( count( $values ), 2 );
	return count( $values ) % 2 ? $values[$middle] : ( $values[$middle - 1] + $values[$middle] ) / 2;
}

/** A SHA-1 short enough for a table, still long enough to compare by eye. */
function short( ?string $hash ): string {
	return $hash === null || $hash === '-' ? '(none)' : substr( $hash, 0, 12 );
}

/** The last lines: what is wrong, and the exit status 1, or one good sentence. */
function end_with( array $problems, string $good ): never {
	if ( $problems ) {
		heading( 'NOT as it should be' );
		echo '  ', implode( "\n  ", $problems ), "\n";
		exit( 1 );
	}
	echo "\n", colour( $good, '32' ), "\n";
	exit( 0 );
}
