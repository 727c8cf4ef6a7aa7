<?php

namespace MwNative\Balancer;

use MwNative\Differential\Operation;
use MwNative\Differential\Rng;
use stdClass;
use Wikimedia\Rdbms\DatabaseDomain;
use Wikimedia\Rdbms\LoadBalancer;

/** Draws what to do with a load balancer next. */
final class Ops {
	/** How often each method is drawn; the arguments are drawn by a method of the same name here, or there are none. */
	private const METHODS = [
		'getConnection' => 60, 'getConnectionInternal' => 130, 'getServerConnection' => 70, 'getConnectionRef' => 12,
		'getLazyConnectionRef' => 6, 'getMaintenanceConnectionRef' => 15, 'getReaderIndex' => 70, 'getAnyOpenConnection' => 40,
		'reuseConnection' => 3, 'reuseConnectionInternal' => 25, 'closeAll' => 12, 'closeConnection' => 20, 'disable' => 2,
		'reconfigure' => 16, 'beginPrimaryChanges' => 12, 'finalizePrimaryChanges' => 12, 'approvePrimaryChanges' => 10,
		'commitPrimaryChanges' => 8, 'commitAll' => 8, 'rollbackPrimaryChanges' => 10, 'runPrimaryTransactionIdleCallbacks' => 8,
		'runPrimaryTransactionListenerCallbacks' => 8, 'flushPrimarySessions' => 10, 'flushReplicaSnapshots' => 8,
		'flushPrimarySnapshots' => 8, 'waitFor' => 14, 'waitForAll' => 26, 'waitForPrimaryPos' => 26, 'getPrimaryPos' => 16,
		'getReplicaResumePos' => 12, 'getLagTimes' => 14, 'getMaxLag' => 14, 'getReadOnlyReason' => 18, 'getLaggedReplicaMode' => 10,
		'laggedReplicaUsed' => 5, 'setTransactionListener' => 8, 'setTableAliases' => 4, 'setIndexAliases' => 4, 'setDomainAliases' => 12,
		'setLocalDomainPrefix' => 8, 'redefineLocalDomain' => 4, 'setTempTablesOnlyMode' => 8, 'resolveDomainID' => 10,
		'getClusterName' => 4, 'getLocalDomainID' => 3, 'getServerInfo' => 5, 'getServerName' => 6, 'getServerType' => 5,
		'getServerAttributes' => 6, 'getServerCount' => 3, 'hasReplicaServers' => 3, 'hasStreamingReplicaServers' => 3,
		'getWriterIndex' => 4, 'haveIndex' => 5, 'isNonZeroLoad' => 5, 'getTransactionRoundStage' => 6, 'hasPrimaryConnection' => 5,
		'hasPrimaryChanges' => 6, 'lastPrimaryChangeTimestamp' => 6, 'hasOrMadeRecentPrimaryChanges' => 8,
		'pendingPrimaryChangeCallers' => 6, 'explicitTrxActive' => 5, 'pingAll' => 14, 'forEachOpenConnection' => 5,
		'forEachOpenPrimaryConnection' => 5, 'setMockTime' => 3,
		// Protected
		'resolveDomainInstance' => 4, 'getExistingReaderIndex' => 4, 'sanitizeConnectionFlags' => 6, 'reallyOpenConnection' => 8,
		'getConnLogContext' => 4, 'configure' => 3,
	];

	/** What a session with a focus does much more often. */
	private const FOCUS = [
		'anything' => [],
		'readers' => ['getReaderIndex', 'getConnectionInternal', 'getLagTimes', 'getMaxLag', 'getReadOnlyReason', 'getLaggedReplicaMode', 'reconfigure'],
		'pools' => ['getConnectionInternal', 'getServerConnection', 'closeConnection', 'reuseConnectionInternal', 'getAnyOpenConnection', 'setLocalDomainPrefix', 'getConnection'],
		'rounds' => ['getConnectionInternal', 'beginPrimaryChanges', 'finalizePrimaryChanges', 'rollbackPrimaryChanges', 'flushPrimarySessions', 'setTransactionListener'],
		'waiting' => ['waitFor', 'waitForAll', 'waitForPrimaryPos', 'getReaderIndex', 'getPrimaryPos', 'getReplicaResumePos', 'getConnectionInternal'],
	];

	public static function draw(Rng $rng, Session $session): Operation {
		$focus = $session->plan['focus'];
		$kind = $rng->weighted([
			'method' => 100, 'round' => $focus === 'rounds' ? 120 : 20, 'use' => 20, 'drop' => 8, 'odd' => 2,
			'replicas' => $focus === 'waiting' ? 12 : 1, 'interrupted' => $focus === 'waiting' ? 12 : 1,
		]);
		if ($kind === 'round') {
			return self::call($rng, $session, self::nextInRound($rng, $session));
		} elseif ($kind === 'use' && $session->refs) {
			return self::useRef($rng, $session);
		} elseif ($kind === 'drop' && $session->refs) {
			return self::dropRef($rng, $session);
		} elseif ($kind === 'odd') {
			return self::odd($rng, $session);
		} elseif ($kind === 'replicas') {
			return self::replicasOnly($rng, $session);
		} elseif ($kind === 'interrupted') {
			return self::interruptedWait($rng, $session);
		}
		return self::call($rng, $session, $rng->weighted(self::methods($focus)));
	}

	/** @return array<string,int> How often each method that this host has is drawn */
	private static function methods(string $focus): array {
		static $methods = [];
		if (!isset($methods[$focus])) {
			foreach (self::METHODS as $name => $weight) {
				if (HostClass::has($name)) {
					$methods[$focus][$name] = $weight * (in_array($name, self::FOCUS[$focus], true) ? 5 : 1);
				}
			}
		}
		return $methods[$focus];
	}

	private static function call(Rng $rng, Session $session, string $method): Operation {
		$drawer = "{$method}Args";
		$args = method_exists(self::class, $drawer) ? self::$drawer($rng, $session) : [];
		return new Operation($method, $args, static fn () => $session->call($method, $args));
	}

	/** The step that a transaction round would take now. */
	private static function nextInRound(Rng $rng, Session $session): string {
		return match ($session->read('trxRoundStage')) {
			'cursory' => $session->read('trxRoundId') === false && $rng->chance(60) ? 'beginPrimaryChanges' : 'finalizePrimaryChanges',
			'finalized' => 'approvePrimaryChanges',
			'approved' => 'commitPrimaryChanges',
			'commit-callbacks', 'rollback-callbacks' => $rng->chance(55)
				? 'runPrimaryTransactionIdleCallbacks' : 'runPrimaryTransactionListenerCallbacks',
			default => 'rollbackPrimaryChanges',
		};
	}

	private static function useRef(Rng $rng, Session $session): Operation {
		$i = $rng->int(0, count($session->refs) - 1);
		$method = $rng->pick([
			'trxLevel', 'getDomainID', 'getServerName', 'isOpen', 'ping', 'getReferenceRole', 'getLBInfo', 'tablePrefix', 'getDBname',
			'lastDoneWrites', 'explicitTrxActive', 'getType', 'getLag', 'close',
		]);
		$args = $method === 'getLBInfo' ? ['serverIndex'] : [];
		return new Operation("use of a reference: $method", [$session->refs[$i]], static fn () => $session->refs[$i]->$method(...$args));
	}

	private static function dropRef(Rng $rng, Session $session): Operation {
		$i = $rng->int(0, count($session->refs) - 1);
		return new Operation('a reference goes', [$i], static function () use ($session, $i) {
			[$ref] = array_splice($session->refs, $i, 1);
			unset($ref);
		});
	}

	/** Connections to replicas and none to the primary, which single calls seldom come to. */
	private static function replicasOnly(Rng $rng, Session $session): Operation {
		return new Operation('replicas only', [], static function () use ($session) {
			$session->call('closeAll', []);
			for ($i = 1; $i < $session->serverCount(); $i++) {
				$session->call('getServerConnection', [$i, $session->read('localDomain')->getId(), LoadBalancer::CONN_SILENCE_ERRORS]);
			}
			return HostClass::isOld()
				? $session->call('getReplicaResumePos', [])
				: $session->call('getAnyOpenConnection', [LoadBalancer::DB_REPLICA]);
		});
	}

	/** Something reads while the balancer waits: a reader is chosen with a position set. */
	private static function interruptedWait(Rng $rng, Session $session): Operation {
		$names = array_keys($session->servers());
		$name = $names ? $rng->pick(array_slice($names, 1) ?: $names) : 'localhost';
		$position = Changes::position($rng);
		return new Operation('interrupted wait', [$name, $position], static function () use ($session, $name, $position) {
			$session->server($name)->action = 'reads';
			return $session->call('waitForAll', [$position]);
		});
	}

	/** Arguments of kinds that the method does not take. */
	private static function odd(Rng $rng, Session $session): Operation {
		$position = Changes::position($rng);
		[$method, $args] = $rng->pick([
			['getConnection', []],
			['getConnection', ['x']],
			['getConnection', [0, [], 5]],
			['getConnection', [0, [], null]],
			['getConnection', [0, [], []]],
			['getConnection', [0, [], false, 'x']],
			['getConnection', [0, [], false, null]],
			['getConnectionInternal', [null]],
			['getConnectionInternal', ['0']],
			['getConnectionInternal', ['1']],
			['getConnectionInternal', [1.0]],
			['getConnectionInternal', [true]],
			['getConnectionInternal', [[]]],
			['getConnectionInternal', [-1, null]],
			['getConnectionInternal', [-1, 7]],
			['getConnectionInternal', [-1, [[]]]],
			['getConnectionInternal', [-1, [null, 'api']]],
			['getConnectionInternal', [-1, new stdClass()]],
			['getConnectionInternal', [0, [], false, null]],
			['getServerConnection', [0]],
			['getServerConnection', [0, false]],
			['getServerConnection', [0, null]],
			['getServerConnection', ['0', '']],
			['getServerConnection', ['1', 'other']],
			['getServerConnection', [null, '']],
			['getAnyOpenConnection', [null]],
			['getAnyOpenConnection', ['0']],
			['getAnyOpenConnection', [[]]],
			['getAnyOpenConnection', [0, 'x']],
			['getReaderIndex', [null]],
			['getReaderIndex', [['api']]],
			['getReaderIndex', [0]],
			['getServerName', [null]],
			['getServerName', ['0']],
			['getServerName', [1.5]],
			['getServerName', [[]]],
			['getServerInfo', [null]],
			['getServerInfo', ['x']],
			['getServerType', ['x']],
			['resolveDomainID', [null]],
			['resolveDomainID', [true]],
			['resolveDomainID', [7]],
			['resolveDomainID', [1.5]],
			['resolveDomainID', [[]]],
			['resolveDomainID', [new stdClass()]],
			['waitForAll', [null]],
			['waitForAll', [$position, 'x']],
			['waitForAll', [$position, '3']],
			['waitForAll', [$position, [1]]],
			['waitForPrimaryPos', [null]],
			['waitForPrimaryPos', [new stdClass()]],
			['setTransactionListener', ['name', 'no such function']],
			['setTransactionListener', [[], null]],
			['setTableAliases', [null]],
			['setDomainAliases', ['x']],
			['setLocalDomainPrefix', [null]],
			['setLocalDomainPrefix', [5]],
			['redefineLocalDomain', [null]],
			['redefineLocalDomain', ['a-b-c-d']],
			['setTempTablesOnlyMode', [true, null]],
			['setTempTablesOnlyMode', [true, []]],
			['setTempTablesOnlyMode', [1]],
			['approvePrimaryChanges', ['x']],
			['approvePrimaryChanges', [null]],
			['approvePrimaryChanges', []],
			['beginPrimaryChanges', [null]],
			['beginPrimaryChanges', [false]],
			['beginPrimaryChanges', [7]],
			['beginPrimaryChanges', ['']],
			['closeAll', [null]],
			['hasOrMadeRecentPrimaryChanges', ['x']],
			['hasOrMadeRecentPrimaryChanges', ['5']],
			['reconfigure', [[]]],
			['reconfigure', [['servers' => []]]],
			['reconfigure', [['servers' => 'x']]],
			['reconfigure', [['servers' => [1 => ['type' => 'mysql', 'load' => 1]]]]],
			['reconfigure', [null]],
		]);
		return new Operation($method, $args, static fn () => $session->call($method, $args));
	}

	// Kinds of arguments

	private static function index(Rng $rng, Session $session): int {
		$count = $session->serverCount();
		return match ($rng->weighted(['primary' => 25, 'replica' => 30, 'writer' => 10, 'server' => 32, 'wrong' => 3])) {
			'primary' => -2,
			'replica' => -1,
			'writer' => 0,
			'server' => $rng->int(0, $count - 1),
			'wrong' => $rng->pick([$count, 99, -3]),
		};
	}

	private static function serverIndex(Rng $rng, Session $session): int {
		$count = $session->serverCount();
		return $rng->chance(94) ? $rng->int(0, $count - 1) : $rng->pick([$count, 99, -1, -2]);
	}

	private static function groups(Rng $rng, int $index): mixed {
		if ($index > 0 && $rng->chance(90)) {
			return $rng->pick([[], false]);
		}
		return $rng->pick([
			[], [], [], [], false, 'api', 'api', 'dump', 'empty', 'unknown', '', ['api'], ['unknown', 'dump'], ['unknown'], ['empty', 'api'], [''],
		]);
	}

	private static function domain(Rng $rng, Session $session): mixed {
		return match ($rng->weighted(['local' => 45, 'id' => 35, 'object' => 8, 'alias' => 8, 'bad' => 2])) {
			'local' => false,
			'id' => $rng->pick(Plans::DOMAINS),
			'object' => DatabaseDomain::newFromId($rng->pick(Plans::DOMAINS)),
			'alias' => $rng->pick(['alias1', 'alias2']),
			'bad' => 'a-b-c-d-e',
		};
	}

	/** As getServerConnection() wants it: resolved. */
	private static function domainId(Rng $rng, Session $session): mixed {
		$local = $session->read('localDomain')->getId();
		return $rng->pick([$local, $local, $local, '', '', ...Plans::DOMAINS]);
	}

	private static function flags(Rng $rng): int {
		return $rng->pick([0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 8, 12]);
	}

	/** @return array Nothing, or the caller's name */
	private static function caller(Rng $rng): array {
		return $rng->chance(50) ? [] : [$rng->pick(['Caller::one', 'Caller::two'])];
	}

	/** @return array The first few of some arguments, at least $least */
	private static function some(Rng $rng, int $least, array $args): array {
		return array_slice($args, 0, $rng->chance(50) ? count($args) : $rng->int($least, count($args)));
	}

	private static function handle(Rng $rng, Session $session): mixed {
		if ($session->refs && $rng->chance(12)) {
			return $rng->pick($session->refs);
		}
		return $session->connections ? $rng->pick($session->connections) : null;
	}

	// Arguments of each method

	private static function getConnectionArgs(Rng $rng, Session $session): array {
		$i = self::index($rng, $session);
		return self::some($rng, 1, [$i, self::groups($rng, $i), self::domain($rng, $session), self::flags($rng)]);
	}

	private static function getConnectionRefArgs(Rng $rng, Session $session): array {
		return self::getConnectionArgs($rng, $session);
	}

	private static function getLazyConnectionRefArgs(Rng $rng, Session $session): array {
		return self::getConnectionArgs($rng, $session);
	}

	private static function getMaintenanceConnectionRefArgs(Rng $rng, Session $session): array {
		return self::getConnectionArgs($rng, $session);
	}

	private static function getConnectionInternalArgs(Rng $rng, Session $session): array {
		return self::getConnectionArgs($rng, $session);
	}

	private static function getServerConnectionArgs(Rng $rng, Session $session): array {
		return self::some($rng, 2, [self::serverIndex($rng, $session), self::domainId($rng, $session), self::flags($rng)]);
	}

	private static function getReaderIndexArgs(Rng $rng, Session $session): array {
		return self::some($rng, 0, [
			$rng->pick([false, false, '', 'api', 'dump', 'empty', 'unknown']),
			self::domain($rng, $session),
		]);
	}

	private static function getAnyOpenConnectionArgs(Rng $rng, Session $session): array {
		return self::some($rng, 1, [self::index($rng, $session), self::flags($rng)]);
	}

	private static function reuseConnectionArgs(Rng $rng, Session $session): array {
		return [self::handle($rng, $session)];
	}

	private static function reuseConnectionInternalArgs(Rng $rng, Session $session): array {
		return [self::handle($rng, $session)];
	}

	private static function closeConnectionArgs(Rng $rng, Session $session): array {
		return [self::handle($rng, $session)];
	}

	private static function getConnLogContextArgs(Rng $rng, Session $session): array {
		return self::some($rng, 1, [self::handle($rng, $session), $rng->pick([['x' => 1], ['db_server' => 'mine', 5], []])]);
	}

	private static function reconfigureArgs(Rng $rng, Session $session): array {
		$servers = $session->changedServers($rng);
		return [$session->params($rng->chance(90) ? $servers : array_values(array_slice($servers, 1)))];
	}

	private static function configureArgs(Rng $rng, Session $session): array {
		return self::reconfigureArgs($rng, $session);
	}

	private static function closeAllArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function disableArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function beginPrimaryChangesArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function finalizePrimaryChangesArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function approvePrimaryChangesArgs(Rng $rng): array {
		$limit = $rng->pick([0, 0, 1, 2, 3, 10]);
		if (HostClass::isOld()) {
			$limit = $rng->chance(25) ? [] : ['maxWriteDuration' => $rng->chance(20) ? 1.5 : $limit];
		}
		return [$limit, ...self::caller($rng)];
	}

	private static function commitPrimaryChangesArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function commitAllArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function rollbackPrimaryChangesArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function runPrimaryTransactionIdleCallbacksArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function runPrimaryTransactionListenerCallbacksArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function flushPrimarySessionsArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function flushReplicaSnapshotsArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function flushPrimarySnapshotsArgs(Rng $rng): array {
		return self::caller($rng);
	}

	private static function waitForArgs(Rng $rng): array {
		return [$rng->chance(92) ? Changes::position($rng) : $rng->pick([null, false])];
	}

	private static function waitForAllArgs(Rng $rng): array {
		return self::some($rng, 1, [Changes::position($rng), $rng->pick([null, 0, 1, 5, 2.9, -4])]);
	}

	private static function waitForPrimaryPosArgs(Rng $rng, Session $session): array {
		$handle = self::handle($rng, $session);
		if (!HostClass::isOld()) {
			return [$handle];
		}
		return self::some($rng, 1, [$handle, $rng->chance(50) ? Changes::position($rng) : $rng->pick([false, null]), $rng->pick([null, 0, 5, 0.5])]);
	}

	private static function getLagTimesArgs(Rng $rng, Session $session): array {
		return self::some($rng, 0, [self::domain($rng, $session)]);
	}

	private static function getMaxLagArgs(Rng $rng, Session $session): array {
		return self::some($rng, 0, [self::domain($rng, $session)]);
	}

	private static function getReadOnlyReasonArgs(Rng $rng, Session $session): array {
		return self::some($rng, 0, [self::domain($rng, $session)]);
	}

	private static function getLaggedReplicaModeArgs(Rng $rng, Session $session): array {
		return self::some($rng, 0, [self::domain($rng, $session)]);
	}

	private static function setTransactionListenerArgs(Rng $rng): array {
		return self::some($rng, 1, [$rng->pick(['first', 'second']), $rng->chance(70) ? static fn () => null : null]);
	}

	private static function setTableAliasesArgs(Rng $rng): array {
		return [$rng->pick([[], ['t' => ['dbname' => 'shared', 'schema' => null, 'prefix' => '']]])];
	}

	private static function setIndexAliasesArgs(Rng $rng): array {
		return [$rng->pick([[], ['index' => 'real_index']])];
	}

	private static function setDomainAliasesArgs(Rng $rng): array {
		return [$rng->pick([
			[],
			['alias1' => 'other-mw_', 'alias2' => DatabaseDomain::newFromId('third')],
			['alias1' => 'wikidb-mw_'],
			['alias2' => 'a-b-c-d', 'other' => 'wikidb'],
		])];
	}

	private static function setLocalDomainPrefixArgs(Rng $rng): array {
		return [$rng->pick(['', 'mw_', 'unittest_'])];
	}

	private static function redefineLocalDomainArgs(Rng $rng): array {
		return [$rng->chance(80) ? $rng->pick(Plans::DOMAINS) : DatabaseDomain::newFromId('other-mw_')];
	}

	private static function setTempTablesOnlyModeArgs(Rng $rng, Session $session): array {
		return [$rng->chance(65), self::domainId($rng, $session)];
	}

	private static function resolveDomainIDArgs(Rng $rng, Session $session): array {
		return [self::domain($rng, $session)];
	}

	private static function resolveDomainInstanceArgs(Rng $rng, Session $session): array {
		return [self::domain($rng, $session)];
	}

	private static function getServerInfoArgs(Rng $rng, Session $session): array {
		return [self::serverIndex($rng, $session)];
	}

	private static function getServerNameArgs(Rng $rng, Session $session): array {
		return [self::serverIndex($rng, $session)];
	}

	private static function getServerTypeArgs(Rng $rng, Session $session): array {
		return [self::serverIndex($rng, $session)];
	}

	private static function getServerAttributesArgs(Rng $rng, Session $session): array {
		return [self::serverIndex($rng, $session)];
	}

	private static function haveIndexArgs(Rng $rng, Session $session): array {
		return [self::serverIndex($rng, $session)];
	}

	private static function isNonZeroLoadArgs(Rng $rng, Session $session): array {
		return [self::serverIndex($rng, $session)];
	}

	private static function hasOrMadeRecentPrimaryChangesArgs(Rng $rng): array {
		return $rng->pick([[], [null], [INF], [0], [10], [-3.5]]);
	}

	private static function forEachOpenConnectionArgs(Rng $rng): array {
		$callback = static fn (...$args) => Journal::note('for each', $args);
		return self::some($rng, 1, [$callback, $rng->pick([[], ['x', 2]])]);
	}

	private static function forEachOpenPrimaryConnectionArgs(Rng $rng): array {
		return self::forEachOpenConnectionArgs($rng);
	}

	private static function setMockTimeArgs(Rng $rng, Session $session): array {
		$time = 1500000000.0;
		return [&$time];
	}

	private static function getExistingReaderIndexArgs(Rng $rng): array {
		return [$rng->pick(['', 'api', 'unknown'])];
	}

	private static function sanitizeConnectionFlagsArgs(Rng $rng, Session $session): array {
		return [self::flags($rng), self::domainId($rng, $session)];
	}

	private static function reallyOpenConnectionArgs(Rng $rng, Session $session): array {
		$lbInfo = HostClass::isOld()
			? $rng->pick([['autoCommitOnly' => true], ['autoCommitOnly' => false], []])
			: $rng->pick([['connCategory' => 'round'], ['connCategory' => 'gauge', 'x' => 1], ['connCategory' => 'auto-commit']]);
		return [self::serverIndex($rng, $session), DatabaseDomain::newFromId($rng->pick(Plans::DOMAINS)), $lbInfo];
	}
}
