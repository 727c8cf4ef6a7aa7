<?php
# What the drivers share: processes, statistics, tables, facts about the machine.

function benchFail( string $text ): never {
	fwrite( STDERR, "bench: $text\n" );
	exit( 1 );
}

function benchSay( string $text ): void {
	fwrite( STDERR, "$text\n" );
}

/** A process that answers each line with a line. */
final class BenchWorker {
	/** @var resource */
	private $process;
	/** @var resource[] */
	private array $pipes = [];
	private string $asked = '';

	/** @param string[] $command */
	public function __construct( array $command, private readonly string $name ) {
		# Standard error is inherited: handing STDERR down would move its file offset.
		$this->process = proc_open( $command, [ [ 'pipe', 'r' ], [ 'pipe', 'w' ] ], $this->pipes );
		if ( !is_resource( $this->process ) ) {
			benchFail( "cannot start the $name worker" );
		}
	}

	public function ask( string $line ): string {
		$this->tell( $line );
		return $this->answer();
	}

	/** Asks and does not wait: answer() is due then. */
	public function tell( string $line ): void {
		$this->asked = $line;
		fwrite( $this->pipes[0], "$line\n" );
	}

	public function answer(): string {
		# Not in fgets(), where a signal would not be looked at before the answer has come.
		do {
			$read = [ $this->pipes[1] ];
			$none = [];
		} while ( @stream_select( $read, $none, $none, 60 ) !== 1 );
		$answer = fgets( $this->pipes[1] );
		if ( $answer === false ) {
			benchFail( "the {$this->name} worker ended at '{$this->asked}'" );
		}
		return trim( $answer );
	}

	public function stop(): void {
		array_map( 'fclose', $this->pipes );
		proc_close( $this->process );
	}
}

/** Many values of one thing. */
final class BenchSample {
	/** @var float[] */
	private array $values = [];

	public function add( float $value ): void {
		$this->values[] = $value;
	}

	public function count(): int {
		return count( $this->values );
	}

	/** @param float $share 0.5: the median */
	public function quantile( float $share ): float {
		$sorted = $this->values;
		sort( $sorted );
		$place = $share * ( count( $sorted ) - 1 );
		$below = $sorted[(int)floor( $place )];
		return $below + ( $place - floor( $place ) ) * ( $sorted[(int)ceil( $place )] - $below );
	}

	public function median(): float {
		return $this->quantile( 0.5 );
	}

	/** @return float[] Median, 10th and 90th percentile */
	public function summary(): array {
		return [ 'median' => $this->median(), 'p10' => $this->quantile( 0.1 ), 'p90' => $this->quantile( 0.9 ) ];
	}
}

/** @param string[][] $rows The first one is the head; all but the first column are set flush right */
function benchTable( array $rows ): string {
	$widths = [];
	foreach ( $rows as $row ) {
		foreach ( $row as $column => $text ) {
			$widths[$column] = max( $widths[$column] ?? 0, mb_strlen( $text ) );
		}
	}
	$table = '';
	foreach ( $rows as $row ) {
		$line = '';
		foreach ( $row as $column => $text ) {
			$space = str_repeat( ' ', $widths[$column] - mb_strlen( $text ) );
			$line .= $column === 0 ? $text . $space : "  $space$text";
		}
		$table .= rtrim( $line ) . "\n";
	}
	return $table;
}

/** Nanoseconds for a reader. */
function benchTime( float $ns ): string {
	if ( abs( $ns ) < 10000 ) {
		return sprintf( abs( $ns ) < 100 ? '%.1f ns' : '%.0f ns', $ns );
	}
	return abs( $ns ) < 1e7 ? sprintf( '%.1f µs', $ns / 1e3 ) : sprintf( '%.1f ms', $ns / 1e6 );
}

function benchLoad(): string {
	return implode( ' ', array_slice( explode( ' ', (string)file_get_contents( '/proc/loadavg' ) ), 0, 3 ) );
}

/** Says so when the machine is busy, since figures are then worth little. */
function benchWarnIfBusy(): void {
	if ( (float)benchLoad() > 0.5 ) {
		benchSay( 'warning: the machine is busy (load ' . benchLoad() . '): expect a wide spread' );
	}
}

/** @return array What a reader must know of the machine to compare figures */
function benchMachine(): array {
	$cpu = (string)file_get_contents( '/proc/cpuinfo' );
	preg_match( '/^model name\s*:\s*(.*)$/m', $cpu, $model );
	preg_match_all( '/^processor\s*:/m', $cpu, $processors );
	return [
		'cpu' => $model[1] ?? php_uname( 'm' ),
		'processors' => count( $processors[0] ),
		'sha_ni' => (bool)preg_match( '/\bsha_ni\b/', $cpu ),
		'kernel' => php_uname( 's' ) . ' ' . php_uname( 'r' ),
		'php' => PHP_VERSION,
	];
}

/** @return array<string,string> The options that the command handed down, KEY=VALUE */
function benchOptions( array $argv ): array {
	$options = [];
	foreach ( array_slice( $argv, 1 ) as $argument ) {
		[ $key, $value ] = explode( '=', $argument, 2 );
		$options[$key] = $value;
	}
	return $options;
}

/** @return string[] A process on the processor that is kept for measuring */
function benchPinned( array $options, array $command ): array {
	return $options['cpu'] === '' ? $command : [ 'taskset', '-c', $options['cpu'], ...$command ];
}

/** @return string[] PHP's options that turn the extension on, or none */
function benchExtension( array $options, string $side ): array {
	return $side === 'original' ? [] : [
		'-d', "extension={$options['extension']}",
		'-d', "mwnative.stub_path={$options['stubs']}",
	];
}

/** @return string[] opcache as on a server, for both sides alike */
function benchOpcache( array $options ): array {
	return [
		'-d', 'opcache.enable=1', '-d', 'opcache.enable_cli=1', '-d', 'opcache.file_update_protection=0',
		'-d', 'opcache.jit=' . ( $options['jit'] ? 'tracing' : 'disable' ),
		'-d', 'opcache.jit_buffer_size=' . ( $options['jit'] ? '64M' : '0' ),
	];
}

function benchWriteJson( array $options, array $figures ): void {
	if ( $options['json'] === '' ) {
		return;
	}
	$text = json_encode( $figures, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE );
	if ( file_put_contents( $options['json'], "$text\n" ) === false ) {
		benchFail( "{$options['json']} cannot be written" );
	}
	benchSay( "figures: {$options['json']}" );
}
