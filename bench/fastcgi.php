<?php
# As much of FastCGI as one request at a time over a Unix socket needs.

final class BenchFastCgi {
	private const BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, STDERR = 7;
	private const RESPONDER = 1, KEEP_CONNECTION = 1;

	/** @var resource */
	private $socket;

	public function __construct( string $path ) {
		# The server may not listen yet.
		for ( $try = 0; $try < 200; $try++ ) {
			$socket = @stream_socket_client( "unix://$path", $errno, $error, 5 );
			if ( $socket ) {
				$this->socket = $socket;
				return;
			}
			usleep( 25000 );
		}
		throw new RuntimeException( "no FastCGI server at $path: $error" );
	}

	/** @return string What the script printed, without the headers */
	public function request( string $script, array $params = [] ): string {
		$params += [
			'SCRIPT_FILENAME' => $script, 'REQUEST_METHOD' => 'GET', 'SERVER_PROTOCOL' => 'HTTP/1.1',
			'GATEWAY_INTERFACE' => 'CGI/1.1', 'REDIRECT_STATUS' => '200',
		];
		$body = '';
		foreach ( $params as $name => $value ) {
			$body .= self::length( $name ) . self::length( $value ) . $name . $value;
		}
		fwrite(
			$this->socket,
			self::record( self::BEGIN, pack( 'nCx5', self::RESPONDER, self::KEEP_CONNECTION ) )
				. self::record( self::PARAMS, $body ) . self::record( self::PARAMS, '' ) . self::record( self::STDIN, '' )
		);
		$output = '';
		do {
			$head = unpack( 'Cversion/Ctype/nid/nlength/Cpadding', $this->read( 8 ) );
			$content = $this->read( $head['length'] );
			$this->read( $head['padding'] );
			if ( $head['type'] === self::STDOUT ) {
				$output .= $content;
			} elseif ( $head['type'] === self::STDERR ) {
				throw new RuntimeException( "the request failed: $content" );
			}
		} while ( $head['type'] !== self::END );
		return explode( "\r\n\r\n", $output, 2 )[1] ?? '';
	}

	private function read( int $length ): string {
		$bytes = '';
		while ( strlen( $bytes ) < $length ) {
			$piece = fread( $this->socket, $length - strlen( $bytes ) );
			if ( $piece === false || $piece === '' ) {
				throw new RuntimeException( 'the FastCGI server hung up' );
			}
			$bytes .= $piece;
		}
		return $bytes;
	}

	private static function record( int $type, string $content ): string {
		return pack( 'CCnnCx', 1, $type, 1, strlen( $content ), 0 ) . $content;
	}

	private static function length( string $text ): string {
		return strlen( $text ) < 128 ? chr( strlen( $text ) ) : pack( 'N', strlen( $text ) | 0x80000000 );
	}
}
