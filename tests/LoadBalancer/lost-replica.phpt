--TEST--
A replica's connection that was lost in the middle of a request is replaced; with the original every later read fails
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
$balancer = balancer( [ 'p' => 0, 'r' => 1 ] );
echo 'reads from ', reads_from( $balancer ), "\n";
$balancer->getConnectionInternal( DB_REPLICA )->lose();
echo 'the connection is lost: ', reads_from( $balancer ), "\n";
echo 'again: ', reads_from( $balancer ), "\n";

// The server itself is gone: another one of the group reads on.
$balancer = balancer( [ 'p' => 0, 'a' => 1, 'b' => 1 ] );
$first = reads_from( $balancer );
$balancer->getConnectionInternal( DB_REPLICA )->lose();
Servers::$dead = [ $first ];
$second = reads_from( $balancer );
echo 'the server is dead: ', in_array( $second, [ 'a', 'b' ] ) && $second !== $first ? 'the other' : $second, "\n";
$third = reads_from( $balancer );
echo 'and stays with it: ', $third === $second && in_array( $third, [ 'a', 'b' ] ) ? 'yes' : 'no', "\n";
Servers::$dead = [ 'a', 'b' ];
$balancer->getConnectionInternal( DB_PRIMARY );

// All are gone.
$balancer = balancer( [ 'p' => 0, 'r' => 1 ] );
Servers::$dead = [];
reads_from( $balancer );
$balancer->getConnectionInternal( DB_REPLICA )->lose();
Servers::$dead = [ 'r' ];
Servers::take();
echo 'none is left: ', reads_from( $balancer ), "\n";
echo 'asked: ', implode( ', ', array_unique( Servers::take() ) ), "\n";

// The primary's connection is not replaced behind a round's back.
Servers::$dead = [];
$primary = $balancer->getConnectionInternal( DB_PRIMARY );
$balancer->beginPrimaryChanges( 'test' );
$primary->lose();
try {
	$balancer->getConnectionInternal( DB_PRIMARY );
	echo "a new one\n";
} catch ( Throwable $thrown ) {
	echo get_class( $thrown ), "\n";
}
CODE;
Fixtures\original_and_native( $code );
?>
--EXPECT--
original:
reads from r
the connection is lost: fails
again: fails
the server is dead: fails
and stays with it: no
none is left: fails
asked: 
Wikimedia\Rdbms\DBConnectionError
native:
reads from r
the connection is lost: r
again: r
the server is dead: the other
and stays with it: yes
none is left: fails
asked: connect r
Wikimedia\Rdbms\DBConnectionError
