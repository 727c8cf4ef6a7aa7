--TEST--
While a step of a round runs, a client that goes away does not end it; afterwards, and in the next request, all is as it was
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
$web = new Fixtures\Server( Fixtures\side_code( This::$version, This::$which ) . <<<'WEB'
	class Asking extends DatabaseScripted {
		public function flushSnapshot( $fname = __METHOD__, $flush = self::FLUSHING_ONE ) {
			echo 'begin: ', ignore_user_abort(), "\n";
			if ( isset( $_GET['fail'] ) ) {
				throw new LogicException( 'no' );
			}
			if ( isset( $_GET['fatal'] ) ) {
				undefined_function_that_ends_the_request_if_nobody_catches();
			}
			if ( isset( $_GET['exit'] ) ) {
				exit( "exit\n" );
			}
		}
	}
	class_alias( 'Asking', 'DatabaseAsking' );
	ini_set( 'display_errors', '0' );
	echo 'before: ', ignore_user_abort(), "\n";
	if ( isset( $_GET['own'] ) ) {
		ignore_user_abort( true );
	}
	$balancer = balancer( [ 'p' => [ 'load' => 1, 'type' => 'asking' ] ] );
	$balancer->getConnectionInternal( DB_PRIMARY );
	try {
		$balancer->beginPrimaryChanges( 'test' );
	} catch ( LogicException $thrown ) {
		echo "caught\n";
	}
	echo 'after: ', ignore_user_abort(), "\n";
	WEB, Fixtures\side_settings( This::$which ) );
foreach ( [ [], [ 'own' => 1 ], [ 'fail' => 1 ], [ 'fatal' => 1 ], [], [ 'exit' => 1 ], [] ] as $parameters ) {
	echo json_encode( $parameters ), ' ', str_replace( "\n", ', ', $web->get( $parameters ) ), "\n";
}
$web->stop() === '' || show( 'the web server has something to say' );
CODE;
Fixtures\original_and_native_alike( $code );
Fixtures\native( $code );
?>
--EXPECT--
7 lines alike
[] before: 0, begin: 1, after: 0, 
{"own":1} before: 0, begin: 1, after: 1, 
{"fail":1} before: 0, begin: 1, caught, after: 0, 
{"fatal":1} before: 0, begin: 1, 
[] before: 0, begin: 1, after: 0, 
{"exit":1} before: 0, begin: 1, exit, 
[] before: 0, begin: 1, after: 0,
