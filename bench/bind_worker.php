<?php
# The shell's cost a call, in one process: a shell method with a small body, against
# the same body called directly. Usage: bind_worker.php TREE; each line of input asks
# for a measurement of so many calls a slice, answered by nanoseconds a call: shell, body.

use MwNative\FileBackendMultiWrite as Body;

require_once __DIR__ . '/lib.php';
require_once __DIR__ . '/host.php';
require_once __DIR__ . '/cases.php';
benchBootHost( $argv[1] );

final class BenchShell extends FileBackendMultiWrite {
	/** @return float[] Nanoseconds a call: shell, body */
	public function measure( int $times ): array {
		$params = [ 'src' => 'mwstore://bench-multi/local-public/a.jpg' ];
		$shell = new BenchSample();
		$body = new BenchSample();
		for ( $slice = 0; $slice < 9; $slice++ ) {
			$start = hrtime( true );
			for ( $i = 0; $i < $times; $i++ ) {
				$this->getReadIndexFromParams( $params );
			}
			$shell->add( ( hrtime( true ) - $start ) / $times );
			$start = hrtime( true );
			for ( $i = 0; $i < $times; $i++ ) {
				Body::getReadIndexFromParams( $this, $params );
			}
			$body->add( ( hrtime( true ) - $start ) / $times );
		}
		return [ $shell->median(), $body->median() ];
	}
}

$shell = ( new BenchStores( '/nonexistent' ) )->proxy( BenchShell::class );
while ( ( $line = fgets( STDIN ) ) !== false ) {
	echo implode( ' ', $shell->measure( (int)$line ) ) . "\n";
}
