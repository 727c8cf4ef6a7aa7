<?php

namespace MwNative\MariaDb;

use Throwable;

/**
 * What a scenario saw, in lines that are the same in every run: no addresses, ports, times,
 * positions, and no numbers that somebody else counts.
 */
final class Transcript {
	/** @var array<string,string> text => what stands for it */
	private array $names = [];
	/** @var array<string,string> pattern => replacement */
	private const VARYING = [
		// The order matters: longer forms first.
		'/\b\d+-\d+-\d+(,\d+-\d+-\d+)*\b/' => '<gtid>',
		'/\b(bin|relay)\.\d+(\/\d+)?/' => '<binlog>',
		'/\b[0-9a-f]{32}\b/' => '<hash>',
		'/\b\d{10}(\.\d+)?\b/' => '<time>',
		'/\b\d+\.\d+(E-?\d+)?\b/' => '<number>',
		'/(wait|timeout|GTID_WAIT)\((.*?), \d+\)/i' => '$1($2, <seconds>)',
		'/ on line \d+/' => '',
		'/0x[0-9a-f]+/' => '<address>',
	];
	private string $tag = '';
	/** Every text that went through, before anything was replaced; see passwords. */
	public string $raw = '';
	public string $traces = '';

	public function __construct( private Recorder $recorder, Cluster $cluster ) {
		foreach ( $cluster->ports as $server => $port ) {
			$this->names["127.0.0.1:$port"] = "<$server>";
			$this->names["127.0.0.1 ($port)"] = "<$server>";
		}
		$this->names[$cluster->password] = '<PASSWORD>';
		set_error_handler( function ( int $level, string $message ) {
			if ( error_reporting() & $level ) {
				$this->line( "PHP says ($level): $message" );
			}
			return true;
		} );
	}

	/** All lines from here on may differ as intended under that name. */
	public function tag( string $tag ): void {
		$this->tag = $tag === '' ? '' : "[$tag] ";
	}

	/** A part of the scenario, with random numbers of its own: an intended difference ends with it. */
	public function step( string $what ): void {
		mt_srand( crc32( $what ) );
		$this->line( '' );
		$this->line( "== $what" );
	}

	/** Does something; its result or what it threw, and what was logged meanwhile. */
	public function run( string $what, callable $action ): mixed {
		$result = null;
		try {
			$result = $action();
			$this->line( "$what: " . self::describe( $result ) );
		} catch ( Throwable $e ) {
			$this->line( "$what throws " . $this->thrown( $e ) );
		}
		$this->logs();
		return $result;
	}

	public function thrown( Throwable $e ): string {
		$this->raw .= $e->getMessage() . "\n";
		$this->traces .= $e->getTraceAsString() . "\n";
		$text = get_class( $e ) . ': ' . $e->getMessage();
		return $e->getPrevious() ? $text . ' | after ' . $this->thrown( $e->getPrevious() ) : $text;
	}

	public function line( string $text ): void {
		$this->raw .= "$text\n";
		echo $this->tag, strtr( $this->normal( $text ), [ "\n" => '\n', "\t" => '\t' ] ), "\n";
	}

	/** What was logged since the last time. */
	public function logs(): void {
		foreach ( $this->recorder->take() as $record ) {
			$this->line( "\t$record" );
		}
	}

	/** Forgets what was logged since the last time, where only a result is of interest. */
	public function withoutLogs(): void {
		$this->raw .= implode( "\n", $this->recorder->take() );
	}

	private function normal( string $text ): string {
		$text = strtr( $text, $this->names );
		return preg_replace( array_keys( self::VARYING ), array_values( self::VARYING ), $text );
	}

	private static function describe( mixed $value ): string {
		if ( is_object( $value ) ) {
			return get_class( $value );
		}
		if ( is_float( $value ) ) {
			return 'float';
		}
		if ( is_array( $value ) ) {
			$parts = [];
			foreach ( $value as $key => $part ) {
				$parts[] = ( array_is_list( $value ) ? '' : "$key=" ) . self::describe( $part );
			}
			return '[' . implode( ', ', $parts ) . ']';
		}
		return is_string( $value ) ? "'$value'" : var_export( $value, true );
	}
}
