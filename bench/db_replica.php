<?php
# The database of type "bench": the host finds the class by this name. It is the host's
# SQLite class, so that whatever a load balancer calls runs the host's own code, but it opens
# no file: SQLite has no replicas, and a replica here only has to be there and open. About
# domains it answers as MySQL does, whose server holds many.

use Wikimedia\Rdbms\DatabaseDomain;

class DatabaseBench extends Wikimedia\Rdbms\DatabaseSqlite {
	public function __construct( array $params ) {
		# No name of a file: the parent keeps its locks beside one.
		unset( $params['dbFilePath'], $params['dbDirectory'] );
		parent::__construct( $params );
	}

	/** No server lets its client lock a whole database, and this one stands for a server. */
	public static function getAttributes() {
		return [];
	}

	public function getType() {
		return 'bench';
	}

	public function databasesAreIndependent() {
		return false;
	}

	protected function doSelectDomain( DatabaseDomain $domain ) {
		$this->currentDomain = $domain;
		$this->platform->setCurrentDomain( $domain );
		return true;
	}

	protected function open( $server, $user, $password, $db, $schema, $tablePrefix ) {
		$this->conn = new stdClass();
	}
}
