<?php
/**
 * Writes the page that is slow to parse: pool_page.php FOLDER ROWS
 *
 * A list as wikis have them, each row a template that calls another one and
 * ParserFunctions: one file a page, named as the page, for importTextFiles.php.
 */

[ , $folder, $rows ] = $argv;

const CONVERT = <<<'WIKITEXT'
	<includeonly>{{#switch: {{{2|}}}
	| km2 = {{formatnum: {{{1}}} }} km² ({{formatnum: {{#expr: {{{1}}} * 0.3861 round 1 }} }} sq mi)
	| m = {{formatnum: {{{1}}} }} m ({{formatnum: {{#expr: {{{1}}} / 0.3048 round 0 }} }} ft)
	| C = {{#expr: {{{1}}} round 1 }} °C ({{#expr: {{{1}}} * 9 / 5 + 32 round 1 }} °F)
	| #default = {{{1}}} {{{2|}}}
	}}</includeonly>
	WIKITEXT;

const PLACE = <<<'WIKITEXT'
	<includeonly>|-
	| id="{{anchorencode: {{{name}}} }}" | {{padleft: {{{number}}} | 4 }}
	| [[{{{name}}}]]{{#if: {{{twin|}}} | <br /><small>twin town: [[{{{twin}}}]]</small> }}
	| [[{{{county}}} county|{{ucfirst: {{lc: {{{county}}} }} }}]]
	| {{formatnum: {{{people}}} }}
	| {{Convert | {{{area}}} | km2 }}
	| {{formatnum: {{#expr: {{{people}}} / {{{area}}} round 1 }} }}
	| {{Convert | {{{height}}} | m }}
	| {{#expr: 15 - {{{height}}} * 0.0065 round 1 }}: {{Convert | {{#expr: 15 - {{{height}}} * 0.0065 }} | C }}
	| {{#ifexpr: {{{people}}} > 50000 | ''city'' | {{#ifexpr: {{{people}}} > 5000 | town | village }} }}
	</includeonly>
	WIKITEXT;

$list = <<<'WIKITEXT'
	Made up for the mwnative demo, so that a parse takes a while.
	{| class="wikitable sortable"
	! !! Place !! County !! People !! Area !! per km² !! Height !! Mean temperature !! Kind

	WIKITEXT;
for ( $i = 1; $i <= $rows; $i++ ) {
	$list .= "{{Place | number = $i | name = Place $i | county = COUNTY " . chr( 65 + $i % 26 ) .
		' | people = ' . ( $i * 7919 ) % 120000 . ' | area = ' . ( 2 + ( $i * 31 ) % 90 ) .
		' | height = ' . ( $i * 53 ) % 1900 . ( $i % 3 ? '' : ' | twin = Place ' . ( $rows + $i ) ) . " }}\n";
}
$list .= "|}\nHere the list of $rows places ends.\n";

foreach ( [ 'Template:Convert' => CONVERT, 'Template:Place' => PLACE, 'List of places' => $list ] as $title => $text ) {
	file_put_contents( "$folder/$title.txt", $text );
}
