--TEST--
Servers are chosen by weight: exactly, never one of weight 0, and the same ones as by the original for the same random numbers
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/balancer.php';
skip_without_host( '1.43' );
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/balancer.php';

$code = <<<'CODE'
/** Without caches and connections around the choice. */
class Choosing extends Wikimedia\Rdbms\LoadBalancer {
	public function getLagTimes( $domain = false ) {
		return [];
	}

	public function choose( array $loads ) {
		return This::$version === '1.39'
			? Closure::bind( fn () => $this->getRandomNonLagged( $loads, 'wiki' ), $this, parent::class )()
			: Closure::bind( fn () => $this->getRandomNonLagged( $loads ), $this, parent::class )();
	}
}
$balancer = balancer( [ 'p' => 0, 'r' => 1 ], [], Choosing::class );
/** How likely is it that an exact choice is so far off? 3 degrees of freedom: 40.5 once in a hundred million times. */
function check_choice( Choosing $balancer, array $loads, int $number ): void {
	$picked = array_fill_keys( array_keys( $loads ), 0 );
	for ( $i = 0; $i < $number; $i++ ) {
		$picked[$balancer->choose( $loads )]++;
	}
	$far = 0;
	foreach ( $loads as $index => $load ) {
		if ( $load > 0 ) {
			$expected = $number * $load / array_sum( $loads );
			$far += ( $picked[$index] - $expected ) ** 2 / $expected;
		} elseif ( $picked[$index] > 0 ) {
			echo "server $index of weight 0 was picked\n";
		}
	}
	echo json_encode( $loads ), $far < 40.5 ? ": by weight\n" : ": NOT by weight: " . json_encode( $picked ) . "\n";
}
mt_srand( 1 );
// Valgrind takes fifty times as long.
$number = getenv( 'USE_ZEND_ALLOC' ) === '0' ? 20000 : 1000000;
check_choice( $balancer, [ 1 => 1, 2 => 3, 3 => 6, 5 => 90 ], $number );
check_choice( $balancer, [ 0, 100, 0, 100, 0 ], $number / 10 );
check_choice( $balancer, [ 1 => 0.5, 2 => 0.25, 3 => 0, 4 => 0.25 ], $number / 10 );
show( $balancer->choose( [ 0, 0, 0 ] ) );
show( $balancer->choose( [] ) );
CODE;
Fixtures\native( $code );

$code .= <<<'CODE'
mt_srand( 2 );
$loads = [ 0, 1, 2.5, 0, '3', 100 ];
for ( $i = 0; $i < 2000; $i++ ) {
	echo $balancer->choose( $loads ), $i % 100 === 99 ? "\n" : '';
}
echo mt_rand(), "\n";
CODE;
Fixtures\original_and_native_alike( 'putenv( "USE_ZEND_ALLOC=0" );' . $code );
?>
--EXPECT--
{"1":1,"2":3,"3":6,"5":90}: by weight
[0,100,0,100,0]: by weight
{"1":0.5,"2":0.25,"3":0,"4":0.25}: by weight
false
false
26 lines alike
