<?php

namespace MwNative\MariaDb;

use Psr\Log\AbstractLogger;
use Throwable;

/** Collects what all loggers of a request are told. */
final class Recorder {
	/** Debug messages of these classes only: the driver tells about each query, with its duration. */
	private const TALKERS = '/^(Wikimedia\\\\Rdbms\\\\)?(LoadBalancer|LoadMonitor|LBFactory|ChronologyProtector)/';

	/** @var string[] */
	private array $records = [];
	/** Everything, with all of the context, for those who search in it. */
	public string $raw = '';
	/** The traces of the exceptions in the contexts. */
	public string $traces = '';
	/** @var array<string,callable> what to do when something is said, once */
	private array $awaited = [];

	public function logger( string $channel ): AbstractLogger {
		return new class( $this, $channel ) extends AbstractLogger {
			public function __construct( private Recorder $recorder, private string $channel ) {
			}

			public function log( $level, $message, array $context = [] ): void {
				$this->recorder->record( $this->channel, (string)$level, (string)$message, $context );
			}
		};
	}

	/**
	 * Does something as soon as a message with that text comes: a scenario can so act in the
	 * middle of a call, without a guess at how long the call needs to get there.
	 */
	public function when( string $text, callable $action ): void {
		$this->awaited[$text] = $action;
	}

	public function record( string $channel, string $level, string $message, array $context ): void {
		$values = [];
		foreach ( $context as $key => $value ) {
			$text = match ( true ) {
				$value instanceof Throwable => get_class( $value ),
				is_array( $value ) => implode( ',', array_map( 'strval', $value ) ),
				is_scalar( $value ) => is_bool( $value ) ? var_export( $value, true ) : (string)$value,
				$value === null => 'null',
				$value instanceof \Stringable => (string)$value,
				default => get_debug_type( $value ),
			};
			$this->raw .= "$key=$text\n";
			if ( $value instanceof Throwable ) {
				$this->raw .= $value->getMessage() . "\n";
				$this->traces .= $value->getTraceAsString() . "\n";
			}
			$values[$key] = $text;
		}
		$this->raw .= "$message\n";
		$said = strtr( $message, array_combine( array_map( static fn ( $key ) => "{{$key}}", array_keys( $values ) ), $values ) );
		foreach ( $this->awaited as $text => $action ) {
			if ( str_contains( $said, $text ) ) {
				unset( $this->awaited[$text] );
				$action();
			}
		}
		if ( $level === 'debug' && !preg_match( self::TALKERS, $message ) ) {
			return;
		}
		$rest = [];
		foreach ( $values as $key => $text ) {
			if ( str_contains( $message, "{{$key}}" ) ) {
				$message = str_replace( "{{$key}}", $text, $message );
			} else {
				// The rest has durations, traces and SQL of the driver in it.
				$rest[] = in_array( $key, [ 'db_server', 'db_domain', 'method', 'last_error', 'failed_hosts',
					'primarydb', 'connections', 'fname' ], true ) ? "$key=$text" : $key;
			}
		}
		sort( $rest );
		$this->records[] = "$channel $level: $message" . ( $rest ? ' (' . implode( ', ', $rest ) . ')' : '' );
	}

	/** @return string[] what was recorded since the last time */
	public function take(): array {
		$records = $this->records;
		$this->records = [];
		return $records;
	}
}
