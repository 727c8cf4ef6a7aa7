--TEST--
When every replica is dead, reads fail unless 'fallbackToPrimary' lets them go to the primary; lagged mode stays off
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
/** The host's own monitor, which refuses when no server lives. */
$monitor = [ 'loadMonitor' => [ 'class' => Wikimedia\Rdbms\LoadMonitor::class ], 'srvCache' => This::$version === '1.39'
	? new HashBagOStuff() : new Wikimedia\ObjectCache\HashBagOStuff() ];
Servers::$dead = [ 'a', 'b' ];
foreach ( [ 'no monitor' => [], 'monitor' => $monitor ] as $what => $more ) {
	foreach ( [ 'by default' => [], 'allowed' => [ 'fallbackToPrimary' => true ], 'allowed by the server' => [] ] as $how => $option ) {
		$primary = $how === 'allowed by the server' ? [ 'load' => 0, 'fallbackToPrimary' => true ] : 0;
		$balancer = balancer( [ 'p' => $primary, 'a' => 1, 'b' => 5 ], $option + $more );
		Logged::take();
		echo "$what, $how: ", reads_from( $balancer ), "\n";
		if ( $how !== 'by default' && This::$which === 'native' ) {
			show( [ 'index' => $balancer->getReaderIndex(), 'lagged' => $balancer->laggedReplicaUsed(),
				'logged' => preg_grep( '/primary p$/', Logged::take( 'warning' ) ) !== [] ] );
		}
	}
}
// Where a replica lives, the option changes nothing.
Servers::$dead = [ 'a' ];
echo reads_from( balancer( [ 'p' => 0, 'a' => 1, 'b' => 5 ], [ 'fallbackToPrimary' => true ] ) ), "\n";
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
no monitor, by default: fails
no monitor, allowed: fails
no monitor, allowed by the server: fails
monitor, by default: fails
monitor, allowed: fails
monitor, allowed by the server: fails
b
native:
no monitor, by default: fails
no monitor, allowed: p
{"index":0,"lagged":false,"logged":true}
no monitor, allowed by the server: p
{"index":0,"lagged":false,"logged":true}
monitor, by default: fails
monitor, allowed: p
{"index":0,"lagged":false,"logged":true}
monitor, allowed by the server: p
{"index":0,"lagged":false,"logged":true}
b
