<?php
# What `bin/bench pool` says of its figures, and their targets.

/** @return string[][] Which samples are set against each other, round by round */
function benchPoolRatios(): array {
	return [
		[ 'native fresh', 'original fresh' ],
		[ 'native fresh', 'floor waited' ],
		[ 'native same', 'original same' ],
		[ 'native same', 'floor waited' ],
		[ 'native many', 'original many' ],
		[ 'native deferred', 'floor waited' ],
		[ 'native deferred', 'floor pipelined' ],
		[ 'floor pipelined', 'floor waited' ],
		[ 'client fresh', 'floor waited' ],
	];
}

/** One comparison. */
final class BenchPoolRow {
	/**
	 * @param string $label
	 * @param BenchSample $value
	 * @param string $against What the other value is
	 * @param BenchSample $other
	 * @param BenchSample $ratio
	 * @param float|null $most Target of the ratio; null: for information
	 * @param float|null $least The same for what should be large
	 * @param Closure(float):string|null $show How values are shown; null: as times
	 */
	public function __construct(
		private readonly string $label,
		private readonly BenchSample $value,
		private readonly string $against,
		private readonly BenchSample $other,
		private readonly BenchSample $ratio,
		private readonly ?float $most = null,
		private readonly ?float $least = null,
		private readonly ?Closure $show = null
	) {
	}

	private function isMet(): ?bool {
		if ( $this->most !== null ) {
			return $this->ratio->median() <= $this->most;
		}
		return $this->least !== null ? $this->ratio->median() >= $this->least : null;
	}

	/** @return string[] */
	public function forTable(): array {
		$show = $this->show ?? benchTime( ... );
		$met = $this->isMet();
		return [
			$this->label,
			$show( $this->value->median() ),
			$this->against,
			$show( $this->other->median() ),
			sprintf( '%.3f', $this->ratio->median() ),
			sprintf( '%.3f..%.3f', $this->ratio->quantile( 0.1 ), $this->ratio->quantile( 0.9 ) ),
			sprintf( '%.3f', $this->value->median() / $this->other->median() ),
			$this->most !== null ? "<= {$this->most}" : ( $this->least !== null ? ">= {$this->least}" : '-' ),
			$met === null ? '-' : ( $met ? 'yes' : 'NO' ),
		];
	}

	public function forJson(): array {
		return [
			'label' => $this->label,
			'value' => $this->value->summary(),
			'against' => $this->against,
			'other' => $this->other->summary(),
			'ratio' => $this->ratio->summary(),
			'ratioOfMedians' => $this->value->median() / $this->other->median(),
			'most' => $this->most,
			'least' => $this->least,
			'met' => $this->isMet(),
		];
	}
}

/** @return BenchPoolRow[] */
function benchPoolRows( BenchPoolFigures $figures ): array {
	$row = static fn ( string $label, string $one, string $against, string $other, ?float $most = null ) =>
		new BenchPoolRow( $label, $figures->of( $one ), $against, $figures->of( $other ), $figures->of( "$one / $other" ), $most );
	$wakeUp = static fn ( string $side, string $trip, ?float $most = null ) => new BenchPoolRow(
		"wake-up, $side", $figures->of( "$side wake-up" ), "round trip ($trip)", $figures->of( $trip ),
		$figures->of( "$side wake-up in $trip" ), $most
	);
	$crowd = static fn ( string $label, string $objects, ?float $least = null ) => new BenchPoolRow(
		$label, $figures->of( "native $objects hand-offs" ), 'original', $figures->of( "original $objects hand-offs" ),
		$figures->of( "$objects hand-offs, native / original" ), null, $least,
		static fn ( float $rate ) => sprintf( '%.0f/s', $rate )
	);
	$many = BENCH_POOL_MANY_WORKERS;
	$rows = [
		$row( 'acquire + release, fresh object', 'native fresh', 'original', 'original fresh', 0.35 ),
		$row( '', 'native fresh', 'floor', 'floor waited', 1.25 ),
		$row( '  user time', 'native user', 'original', 'original user', 0.15 ),
		$row( '  user and system time', 'native user+system', 'original', 'original user+system' ),
		$row( 'same object', 'native same', 'original', 'original same' ),
		$row( '', 'native same', 'floor', 'floor waited' ),
		$row( "same object, $many workers", 'native many', 'original', 'original many', 0.12 ),
		$row( 'deferRelease, fresh object', 'native deferred', 'floor', 'floor waited', 0.75 ),
		$row( '', 'native deferred', 'floor, pipelined', 'floor pipelined' ),
		$row( 'floor, release pipelined', 'floor pipelined', 'floor', 'floor waited' ),
		$wakeUp( 'native', 'EVALSHA', 2 ),
		$wakeUp( 'native', 'PING' ),
		$wakeUp( 'original', 'EVALSHA' ),
		$crowd( 'hand-offs, fresh objects', 'fresh', 3 ),
		$crowd( 'hand-offs, same objects', 'same' ),
	];
	if ( $figures->has( 'client fresh' ) ) {
		$rows[] = $row( 'PoolCounterClient, fresh object', 'client fresh', 'floor', 'floor waited' );
	}
	return $rows;
}

/** @param BenchPoolRow[] $rows */
function benchPoolTable( array $rows ): string {
	$head = [ 'a cycle is acquire + release', 'median', 'against', 'its median', 'ratio', 'p10..p90', 'of medians', 'target', 'met' ];
	return benchTable( [ $head, ...array_map( static fn ( BenchPoolRow $row ) => $row->forTable(), $rows ) ] );
}

/** Whether all were served, and how evenly: the worst of all rounds, and the medians. */
function benchPoolCrowdText( BenchPoolFigures $figures ): string {
	$text = sprintf( "%d processes on %d slots:\n", BENCH_POOL_CROWD['processes'], BENCH_POOL_CROWD['workers'] );
	foreach ( [ 'fresh', 'same' ] as $objects ) {
		foreach ( BENCH_SIDES as $side ) {
			$of = static fn ( string $what ) => $figures->of( "$side $objects crowd $what" );
			$unserved = (int)( $of( 'timeouts' )->quantile( 1 ) + $of( 'others' )->quantile( 1 ) );
			$text .= sprintf(
				"  %s, %s objects: not served: %d%s; %.0f to %.0f acquisitions a process, longest %.1f ms\n",
				$side, $objects, $unserved, $side === 'native' ? ( $unserved === 0 ? ' (target: 0, met)' : ' (target: 0, NOT met)' ) : '',
				$of( 'fewest' )->median(), $of( 'most' )->median(), $of( 'longestMs' )->median()
			);
		}
	}
	return $text;
}
