<?php
/**
 * The demo's tables: report.php FOLDER
 *
 * Reads what the steps left in FOLDER (results.jsonl and damage.tsv of either
 * wiki) and hashes both stores by itself, with no MediaWiki and no extension
 * loaded. Exits with 1 if the demo did not end as it should.
 */

require __DIR__ . '/tables.php';

$demo = realpath( $argv[1] );

const WIKIS = [ 'original', 'native' ];
const STORES = [ 'store-a', 'store-b' ];
const LABELS = [
	'upload' => 'upload %d images (importImages)',
	'thumbnails' => 'make %d thumbnails',
	'move' => 'move an image',
	'delete' => 'delete an image',
	'check' => 'check %d files',
	'find' => 'check %d files, 3 damaged',
	'mend' => 'resync %d files',
	'verify' => 'check %d files, mended',
	'reads' => '%d reads of a size',
];

$problems = [];

/** @return array[] Every result of a wiki: [ step => [ result of round 1, … ] ] */
function results( string $folder ): array {
	$steps = [];
	foreach ( file( "$folder/results.jsonl" ) as $line ) {
		$result = json_decode( $line, true, 512, JSON_THROW_ON_ERROR );
		$steps[$result['step']][] = $result;
	}
	return $steps;
}

/** @return string[] The SHA-1 of every file under a folder, by its path there. */
function hashes( string $folder ): array {
	$hashes = [];
	$files = new RecursiveIteratorIterator(
		new RecursiveDirectoryIterator( $folder, FilesystemIterator::SKIP_DOTS ) );
	foreach ( $files as $file ) {
		$hashes[substr( $file->getPathname(), strlen( $folder ) + 1 )] = sha1_file( $file->getPathname() );
	}
	ksort( $hashes );
	return $hashes;
}

/** A file's path in a store without what all of them share. */
function name( string $path ): string {
	return preg_replace( '/^[^-]*-local-/', '', $path );
}

$results = $stores = [];
foreach ( WIKIS as $wiki ) {
	$results[$wiki] = results( "$demo/$wiki" );
	foreach ( STORES as $store ) {
		$stores[$wiki][$store] = hashes( "$demo/$wiki/$store" );
	}
}

heading( 'The class in use' );
$rows = [];
foreach ( WIKIS as $wiki ) {
	$last = end( $results[$wiki]['verify'] );
	$calls = 0;
	foreach ( array_merge( ...array_values( array_diff_key( $results[$wiki], [ 'reads' => 1 ] ) ) ) as $result ) {
		$calls += $result['native']['counters']['calls'] ?? 0;
	}
	$native = $last['native'] ?? null;
	$rows[] = [
		$wiki,
		$last['class'],
		$native ? "native ({$native['state']}), $calls calls into C" : 'PHP',
		preg_replace( '~^.*/(?=(stubs|includes)/)~', '', $last['file'] ),
	];
}
table( [ 'wiki', 'class of the backend', 'runs', 'declared in' ], $rows );
echo "  MediaWiki {$last['host']}, PHP {$last['php']}\n";

heading( 'Every file and its SHA-1 in both stores' );
$rows = [];
$paths = array_unique( array_merge( ...array_map(
	static fn ( $wiki ) => array_merge( ...array_map( 'array_keys', array_values( $stores[$wiki] ) ) ), WIKIS ) ) );
sort( $paths );
foreach ( $paths as $path ) {
	$seen = [];
	foreach ( WIKIS as $wiki ) {
		foreach ( STORES as $store ) {
			$seen[] = $stores[$wiki][$store][$path] ?? null;
		}
	}
	$same = count( array_unique( $seen ) ) === 1;
	if ( !$same ) {
		$problems[] = "$path is not the same everywhere";
	}
	$rows[] = [ name( $path ), ...array_map( 'short', $seen ), $same ? 'same' : 'DIFFERS' ];
}
table( [ 'file', 'original a', 'original b', 'native a', 'native b', 'all four' ], $rows );

heading( 'Damaged by hand in store-b, found by the check, mended by the resync' );
$rows = [];
$text = '';
foreach ( WIKIS as $wiki ) {
	$found = array_column( end( $results[$wiki]['find'] )['found'], 'text', 'path' );
	$clean = !end( $results[$wiki]['check'] )['found'] && !end( $results[$wiki]['verify'] )['found'];
	if ( !$clean ) {
		$problems[] = "the check found differences in the $wiki wiki before the damage or after the resync";
	}
	foreach ( file( "$demo/$wiki/damage.tsv", FILE_IGNORE_NEW_LINES ) as $line ) {
		[ $kind, $file, $before, $damaged ] = explode( "\t", $line );
		$path = substr( $file, strlen( "$demo/$wiki/store-b/" ) );
		$after = $stores[$wiki]['store-b'][$path] ?? '-';
		$named = array_filter( array_keys( $found ), static fn ( $stored ) => str_ends_with( $stored, '/' . name( $path ) )
			|| str_ends_with( $stored, 'local-' . name( $path ) ) );
		$text = $named ? $found[reset( $named )] : $text;
		if ( !$named || $after !== $before ) {
			$problems[] = "the {$kind} file $path was not found or not mended in the $wiki wiki";
		}
		$rows[] = [ $wiki, $kind, name( $path ), short( $before ), short( $damaged ),
			$named ? 'found' : 'MISSED', short( $after ), $after === $before ? 'mended' : 'DIFFERS' ];
	}
	if ( count( $found ) !== 3 ) {
		$problems[] = 'the check named ' . count( $found ) . " files of 3 in the $wiki wiki";
	}
}
table( [ 'wiki', 'damage', 'file in store-b', 'before', 'damaged', 'check', 'after', '' ], $rows );
echo "  The check's words: $text\n";

heading( 'Times in milliseconds' );
$rows = [];
foreach ( LABELS as $step => $label ) {
	$times = array_map( static fn ( $wiki ) => array_column( $results[$wiki][$step], 'ms' ), array_combine( WIKIS, WIKIS ) );
	$overlap = max( $times['original'] ) >= min( $times['native'] ) && max( $times['native'] ) >= min( $times['original'] );
	$change = median( $times['native'] ) / median( $times['original'] ) - 1;
	$rows[] = [
		sprintf( $label, $results['native'][$step][0]['count'] ?? 0 ),
		...array_merge( ...array_map( static fn ( $some ) => [
			sprintf( '%.1f', median( $some ) ),
			sprintf( '%.1f to %.1f', min( $some ), max( $some ) ),
		], array_values( $times ) ) ),
		$overlap ? 'within the noise' : sprintf( '%+.0f %%', $change * 100 ),
	];
}
table( [ 'step', 'original', '', 'native', '', 'native against original' ], $rows, [ 1, 3 ] );
$rounds = count( $results['native']['upload'] );
echo "  The median of $rounds rounds and their range, the two wikis in turn step by step; a difference is named where\n",
	"  the ranges do not overlap. Uploads, thumbnails, moves and deletions are nearly all MediaWiki's own work, GD and\n",
	"  the disk, which no class can save. The class alone is measured by bin/bench.\n";

end_with( $problems, 'Both wikis ended with equal stores; the damage was found and mended.' );
