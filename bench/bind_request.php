<?php
# One request of `bin/bench bind`: what loading the class costs when its parent is
# there, and what the first call costs beyond a second one. Nanoseconds, as JSON.

require_once __DIR__ . '/host.php';
benchBootHost( $_SERVER['BENCH_TREE'] );
require_once __DIR__ . '/cases.php';

class_exists( benchHostClass( 'FileBackend' ) );
class_exists( benchHostClass( 'FSFileBackend' ) );
$class = benchHostClass( 'FileBackendMultiWrite' );

# What reading the clock and a lookup of a known class take.
class_exists( 'BenchCase' );
$start = hrtime( true );
class_exists( 'BenchCase' );
$nothing = hrtime( true ) - $start;

$start = hrtime( true );
class_exists( $class );
$load = hrtime( true ) - $start;

$proxy = ( new BenchStores( '/nonexistent' ) )->proxy( $class );
$calls = [];
for ( $i = 0; $i < 2; $i++ ) {
	$start = hrtime( true );
	$proxy->getFeatures();
	$calls[] = hrtime( true ) - $start;
}

echo json_encode( [
	'servedBy' => benchServedBy(),
	'opcache' => (bool)( opcache_get_status( false )['opcache_enabled'] ?? false ),
	'load' => $load - $nothing,
	'firstCall' => $calls[0] - $calls[1],
] );
