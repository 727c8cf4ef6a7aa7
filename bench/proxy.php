<?php
# FileBackendMultiWrite with its protected methods within reach. Nothing is
# overridden: the native class must take its own ways.

class BenchProxy extends FileBackendMultiWrite {
	/** What substPaths() is measured against: the same call, and nothing done. */
	protected function substNothing( $paths, FileBackendStore $backend ) {
		return $paths;
	}

	public function timeSubstPaths( int $times, $paths, FileBackendStore $backend ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			$this->substPaths( $paths, $backend );
		}
		return hrtime( true ) - $start;
	}

	public function timeSubstNothing( int $times, $paths, FileBackendStore $backend ): int {
		$start = hrtime( true );
		for ( $i = 0; $i < $times; $i++ ) {
			$this->substNothing( $paths, $backend );
		}
		return hrtime( true ) - $start;
	}

	/** @return FileBackendStore[] */
	public function backends(): array {
		return $this->backends;
	}
}
