<?php
/**
 * No password is in a message, in a log or in the text of an exception. Where a dump of the
 * balancer shows it is up to the class, so that line has a tag of its own.
 */

namespace MwNative\MariaDb;

return static function ( Transcript $t, Site $site, Cluster $cluster, Recorder $recorder ): void {
	$password = $cluster->password;
	// A server in use leaves the arguments out of traces; here all are to be seen.
	ini_set( 'zend.exception_ignore_args', '0' );
	ini_set( 'zend.exception_string_param_max_len', '1000' );
	$servers = $site->servers( [ 'primary' => 0, 'replica1' => 100, 'replica2' => 100 ],
		[ 'replica2' => [ 'user' => 'nobody' ] ] );

	$t->step( 'errors of all kinds' );
	$lb = $site->balancer( $servers );
	$t->run( 'a user who may not', static fn () => answering( $lb->getConnection( 2 ) ) );
	$t->run( 'a read', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'no such server', static fn () => $lb->getServerConnection( 9, 'wiki' ) );
	$t->run( 'no such type', static fn () => answering( $site->balancer( $site->servers( [ 'primary' => 1 ], [ 'type' => 'none' ] ) )->getConnection( 0 ) ) );
	$t->run( 'twice the same name', static fn () => $site->balancer( [ $servers[0], $servers[0] ] )->getServerCount() );
	$t->run( 'no list', static fn () => $site->balancer( [ 5 => $servers[0] ] ) );
	$t->run( 'no load', static fn () => $site->balancer( [ [ 'load' => null ] + $servers[0] ] )->getReaderIndex() );
	$cluster->kill( 'replica1' );
	$site->forget();
	$lb = $site->balancer( $servers );
	$t->run( 'nobody to read from', static fn () => answering( $lb->getConnection( DB_REPLICA ) ) );
	$t->run( 'wait', static fn () => $lb->waitForAll( $lb->getPrimaryPos(), 1 ) );

	$t->step( 'where it occurs' );
	$t->line( 'in the logs: ' . var_export( str_contains( $recorder->raw, $password ), true ) );
	$t->line( 'in the texts of exceptions: ' . var_export( str_contains( $t->raw, $password ), true ) );
	// Traces have the arguments of the driver's own functions, whichever class called them.
	$frames = [];
	foreach ( explode( "\n", $t->traces . $recorder->traces ) as $line ) {
		if ( str_contains( $line, $password ) ) {
			$frames[preg_replace( '/^#\d+ .*?: ([\w\\\\:>-]+)\(.*$/', '$1', $line )] = true;
		}
	}
	ksort( $frames );
	$t->line( 'as an argument in traces, of: ' . implode( ', ', array_keys( $frames ) ) );
	$t->tag( 'password-in-dump' );
	ob_start();
	var_dump( $lb );
	$dump = ob_get_clean();
	$t->line( 'in var_dump: ' . var_export( str_contains( $dump, $password ), true ) );
	$t->line( 'in print_r: ' . var_export( str_contains( print_r( $lb, true ), $password ), true ) );
	$t->line( 'in an array of it: ' . var_export( str_contains( print_r( (array)$lb, true ), $password ), true ) );
	$t->tag( '' );
	$t->line( 'in a server\'s description: ' . var_export( str_contains( print_r( $lb->getServerInfo( 1 ), true ), $password ), true ) );
};
