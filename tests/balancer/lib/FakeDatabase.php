<?php

namespace MwNative\Balancer;

use RuntimeException;
use Wikimedia\Rdbms\Database;
use Wikimedia\Rdbms\DatabaseDomain;
use Wikimedia\Rdbms\DBConnectionError;
use Wikimedia\Rdbms\DBExpectedError;
use Wikimedia\Rdbms\DBPrimaryPos;
use Wikimedia\Rdbms\DBUnexpectedError;
use Wikimedia\Rdbms\QueryStatus;

/**
 * A connection that records every call and answers from a script. What a load
 * balancer keeps in a connection (flags, information about itself, domain) is kept
 * by the host's own code.
 */
abstract class FakeDatabase extends Database {
	protected const TYPE = '';
	protected const INDEPENDENT = false;

	public readonly int $number;
	private string $name;
	private bool $initialized = false;

	/** Changed by the session between steps */
	public array $script = [
		'open' => false,
		'level' => 0,
		'writes' => false,
		'callbacks' => false,
		'explicit' => false,
		'locks' => false,
		'ping' => true,
		'duration' => 0.0,
		'pre' => [],        // what each runOnTransactionPreCommitCallbacks() does, in turn
		'idle' => [],       // the same for runOnTransactionIdleCallbacks()
		'listeners' => [],  // the same for runTransactionListenerCallbacks()
		'commit' => null,   // what commit() throws
		'rollback' => null,
		'select' => null,   // what selectDomain() throws, or 'ignores'
		'close' => null,
		'wrote' => false,   // time of the last write
		'error' => '',
	];

	public function __construct(array $params) {
		parent::__construct($params);
		$this->name = $params['serverName'] ?? $params['host'] ?? 'localhost';
		$this->number = Session::current()->register($this);
	}

	public function label(): string {
		$index = $this->lbInfo['serverIndex'] ?? '?';
		return "#$this->number@$index";
	}

	/** Everything that may change about this connection, for the trace. */
	public function state(): array {
		$flags = $this->flagsHolder ?? $this;
		$class = isset($this->flagsHolder) ? get_class($flags) : Database::class;
		$read = static fn (string $name) => (new \ReflectionProperty($class, $name))->getValue($flags);
		return [
			'domain' => $this->currentDomain->getId(),
			'flags' => $read('flags'),
			'prior flags' => $read('priorFlags'),
			'lbInfo' => Canon::value($this->lbInfo),
		] + array_map(Canon::value(...), $this->script);
	}

	private function note(string $method, mixed ...$args): void {
		Journal::note($this->label() . " $method", ...$args);
	}

	private function server(): ServerScript {
		return Session::current()->server($this->name);
	}

	/** As server(), where the load balancer may be called back: an exception handler or a hook could do so. */
	private function askServer(): ServerScript {
		$server = $this->server();
		if ($server->action !== null) {
			$action = $server->action;
			$server->action = null;
			Session::current()->callBack($action, $this);
		}
		return $server;
	}

	/** Throws what a script says, if it says so. */
	private function mayThrow(?string $kind): void {
		match ($kind) {
			null, 'ignores' => null,
			'db' => throw new DBExpectedError($this, "scripted database error on $this->name"),
			'connection' => throw new DBConnectionError($this, 'scripted loss'),
			'other' => throw new RuntimeException("scripted failure on $this->name"),
		};
	}

	/** One entry of a list of things to do: a count, or something done to the load balancer first. */
	private function act(string $list): int {
		$entry = array_shift($this->script[$list]);
		if ($entry === null) {
			return 0;
		}
		[$count, $action] = $entry;
		if ($action !== null) {
			Session::current()->callBack($action, $this);
		}
		return $count;
	}

	public function isOpen() {
		// With the answer: what follows from a lost connection is easier to follow in a trace
		$this->note('isOpen', $this->script['open']);
		return $this->script['open'];
	}

	public function initConnection() {
		$this->note('initConnection');
		$server = $this->server();
		if ($server->connect === 'down') {
			$this->script['error'] = 'scripted: server is down';
			throw new DBConnectionError($this, 'scripted: server is down');
		} elseif ($server->connect === 'broken') {
			throw new RuntimeException('scripted: driver is broken');
		} elseif ($server->connect === 'mute') {
			return;
		}
		$this->script['open'] = true;
		if ($server->strays) {
			$server->strays = false;
			$this->currentDomain = new DatabaseDomain('stray', null, '');
		}
	}

	public function close($fname = __METHOD__) {
		$this->note('close', $fname);
		$this->mayThrow($this->script['close']);
		$this->script['open'] = false;
		return true;
	}

	public function lastError() {
		$this->note('lastError');
		return $this->script['error'];
	}

	public function getServerName() {
		$this->note('getServerName');
		return $this->name;
	}

	public function getServer() {
		return $this->name;
	}

	public function getDBname() {
		$this->note('getDBname');
		return parent::getDBname();
	}

	public function getDomainID() {
		$this->note('getDomainID');
		return parent::getDomainID();
	}

	public function tablePrefix($prefix = null) {
		$this->note('tablePrefix', $prefix);
		return parent::tablePrefix($prefix);
	}

	public function dbSchema($schema = null) {
		$this->note('dbSchema', $schema);
		return parent::dbSchema($schema);
	}

	public function databasesAreIndependent() {
		$this->note('databasesAreIndependent');
		return static::INDEPENDENT;
	}

	public function selectDomain($domain) {
		$this->note('selectDomain', $domain);
		$this->mayThrow($this->script['select']);
		if ($this->script['select'] !== 'ignores') {
			$domain = DatabaseDomain::newFromId($domain);
			$this->currentDomain = $domain->getDatabase() === null
				? new DatabaseDomain($this->currentDomain->getDatabase(), $this->currentDomain->getSchema(), $domain->getTablePrefix())
				: $domain;
			$this->platform->setCurrentDomain($this->currentDomain);
		}
		return true;
	}

	public function getLBInfo($name = null) {
		$this->note('getLBInfo', $name);
		return parent::getLBInfo($name);
	}

	public function setLBInfo($nameOrArray, $value = null) {
		$this->note('setLBInfo', $nameOrArray, $value);
		parent::setLBInfo($nameOrArray, $value);
	}

	public function setFlag($flag, $remember = self::REMEMBER_NOTHING) {
		$this->note('setFlag', $flag, $remember);
		return parent::setFlag($flag, $remember);
	}

	public function clearFlag($flag, $remember = self::REMEMBER_NOTHING) {
		$this->note('clearFlag', $flag, $remember);
		return parent::clearFlag($flag, $remember);
	}

	public function restoreFlags($state = self::RESTORE_PRIOR) {
		$this->note('restoreFlags', $state);
		return parent::restoreFlags($state);
	}

	public function getFlag($flag) {
		$this->note('getFlag', $flag);
		return parent::getFlag($flag);
	}

	public function setTableAliases(array $aliases) {
		$this->note('setTableAliases', $aliases);
		return parent::setTableAliases($aliases);
	}

	public function setIndexAliases(array $aliases) {
		$this->note('setIndexAliases', $aliases);
		return parent::setIndexAliases($aliases);
	}

	public function setTransactionListener($name, ?callable $callback = null) {
		$this->note('setTransactionListener', $name, $callback);
	}

	public function trxLevel() {
		$this->note('trxLevel');
		return $this->script['level'];
	}

	public function writesPending() {
		$this->note('writesPending');
		return $this->script['writes'];
	}

	public function writesOrCallbacksPending() {
		$this->note('writesOrCallbacksPending');
		return $this->script['writes'] || $this->script['callbacks'];
	}

	public function pendingWriteQueryDuration($type = self::ESTIMATE_TOTAL) {
		$this->note('pendingWriteQueryDuration', $type);
		return $this->script['duration'];
	}

	public function pendingWriteCallers() {
		$this->note('pendingWriteCallers');
		return $this->script['writes'] ? ["Writer::of$this->number", 'Writer::both'] : [];
	}

	public function pendingWriteAndCallbackCallers(): array {
		$this->note('pendingWriteAndCallbackCallers');
		return $this->script['writes'] ? ["Writer::of$this->number", 'Callback::both'] : [];
	}

	public function explicitTrxActive() {
		$this->note('explicitTrxActive');
		return $this->script['explicit'];
	}

	public function sessionLocksPending() {
		$this->note('sessionLocksPending');
		return $this->script['locks'];
	}

	public function lastDoneWrites() {
		$this->note('lastDoneWrites');
		return $this->script['wrote'];
	}

	public function ping(&$rtt = null) {
		$this->note('ping');
		return $this->script['ping'];
	}

	private function endTransaction(): void {
		$this->script = ['level' => 0, 'writes' => false, 'duration' => 0.0] + $this->script;
	}

	public function commit($fname = __METHOD__, $flush = self::FLUSHING_ONE) {
		$this->note('commit', $fname, $flush);
		$this->mayThrow($this->script['commit']);
		$this->endTransaction();
	}

	public function rollback($fname = __METHOD__, $flush = self::FLUSHING_ONE) {
		$this->note('rollback', $fname, $flush);
		$this->mayThrow($this->script['rollback']);
		$this->endTransaction();
	}

	public function flushSnapshot($fname = __METHOD__, $flush = self::FLUSHING_ONE) {
		$this->note('flushSnapshot', $fname, $flush);
		$this->mayThrow($this->script['commit'] === 'other' ? 'other' : null);
	}

	public function flushSession($fname = __METHOD__, $flush = self::FLUSHING_ONE) {
		$this->note('flushSession', $fname, $flush);
		$this->mayThrow($this->script['rollback']);
	}

	public function setTrxEndCallbackSuppression($suppress) {
		$this->note('setTrxEndCallbackSuppression', $suppress);
	}

	public function runOnTransactionPreCommitCallbacks() {
		$this->note('runOnTransactionPreCommitCallbacks');
		return $this->act('pre');
	}

	public function runOnTransactionIdleCallbacks($trigger, array &$errors = []) {
		$this->note('runOnTransactionIdleCallbacks', $trigger, $errors);
		$count = $this->act('idle');
		if ($count > 1) {
			$errors[] = new DBUnexpectedError($this, "scripted error in an idle callback of #$this->number");
		}
		return $count;
	}

	public function runTransactionListenerCallbacks($trigger, array &$errors = []) {
		$this->note('runTransactionListenerCallbacks', $trigger, $errors);
		if ($this->act('listeners') > 1) {
			$errors[] = new RuntimeException("scripted error in a listener of #$this->number");
		}
	}

	public function getLag() {
		$this->note('getLag');
		$lag = $this->askServer()->lag;
		if ($lag === 'throws') {
			throw new DBExpectedError($this, 'scripted: no lag known');
		}
		return $lag;
	}

	public function serverIsReadOnly() {
		$this->note('serverIsReadOnly');
		$readOnly = $this->askServer()->readOnly;
		if ($readOnly === 'throws') {
			throw new DBExpectedError($this, 'scripted: not known whether read-only');
		}
		return $readOnly;
	}

	private function position(): DBPrimaryPos|false {
		$server = $this->askServer();
		if ($server->pos === 'throws') {
			throw new DBExpectedError($this, 'scripted: no position known');
		}
		return $server->pos === null ? false : new FakePos($server->pos, $server->age);
	}

	public function getPrimaryPos() {
		$this->note('getPrimaryPos');
		return $this->position();
	}

	public function getReplicaPos() {
		$this->note('getReplicaPos');
		return $this->position();
	}

	public function primaryPosWait(DBPrimaryPos $pos, $timeout) {
		$this->note('primaryPosWait', $pos, $timeout);
		$wait = $this->askServer()->wait;
		if ($wait === 'throws') {
			throw new DBExpectedError($this, 'scripted: cannot wait');
		}
		return $wait;
	}

	/** The host's load monitor asks how many connections there are. */
	public function query($sql, $fname = __METHOD__, $flags = 0) {
		$this->note('query', $fname);
		$this->mayThrow($this->script['select']);
		return false;
	}

	public function getType() {
		return static::TYPE;
	}

	public function __destruct() {
		// The parent's would call back
	}

	public function __toString() {
		return $this->label();
	}

	// What the host's class leaves open, and no load balancer uses

	protected function open($server, $user, $password, $db, $schema, $tablePrefix) {
	}

	protected function closeConnection() {
		return true;
	}

	protected function doSingleStatementQuery(string $sql): QueryStatus {
		throw new \LogicException('no queries');
	}

	public function indexInfo($table, $index, $fname = __METHOD__) {
		return false;
	}

	public function strencode($s) {
		return $s;
	}

	public function tableExists($table, $fname = __METHOD__) {
		return false;
	}

	protected function fetchAffectedRowCount() {
		return 0;
	}

	protected function lastInsertId() {
		return 0;
	}

	public function insertId() {
		return 0;
	}

	public function lastErrno() {
		return 0;
	}

	public function getSoftwareLink() {
		return '';
	}

	public function getServerVersion() {
		return '1';
	}

	public function fieldInfo($table, $field) {
		return false;
	}
}

/** As MySQL is: one connection can be switched to any database. */
final class FakeMysql extends FakeDatabase {
	protected const TYPE = 'mysql';
}

/** As SQLite is: a file, which only one can write to. */
final class FakeSqlite extends FakeDatabase {
	protected const TYPE = 'sqlite';

	public static function getAttributes() {
		return [self::ATTR_DB_IS_FILE => true, self::ATTR_DB_LEVEL_LOCKING => true];
	}
}

/** As PostgreSQL is: another database needs another connection. */
final class FakePostgres extends FakeDatabase {
	protected const TYPE = 'postgres';
	protected const INDEPENDENT = true;

	public static function getAttributes() {
		return [self::ATTR_SCHEMAS_AS_TABLE_GROUPS => true];
	}
}
