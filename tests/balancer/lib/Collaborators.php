<?php
/** What a load balancer is given to work with: each notes how it is used. */

namespace MwNative\Balancer;

use Closure;
use Psr\Log\AbstractLogger;
use RuntimeException;
use Wikimedia\Rdbms\ChronologyProtector;
use Wikimedia\Rdbms\DatabaseFactory;
use Wikimedia\Rdbms\ILoadBalancer;
use Wikimedia\Rdbms\ILoadMonitor;
use Wikimedia\Rdbms\LoadMonitor;
use Wikimedia\Rdbms\TransactionProfiler;

final class Log extends AbstractLogger {
	public function __construct(private string $channel) {
	}

	public function log($level, $message, array $context = []) {
		Journal::note("log $this->channel $level", (string)$message, Canon::context($context));
	}
}

final class FakeFactory extends DatabaseFactory {
	public function create($type, $params = [], $connect = 1) {
		Journal::note('factory create', $type, $params, $connect);
		return parent::create($type, $params, $connect);
	}

	public function attributesFromType($dbType, $driver = null) {
		Journal::note('factory attributesFromType', $dbType, $driver);
		return parent::attributesFromType($dbType, $driver);
	}

	protected function getClass($dbType, $driver = null) {
		return match ($dbType) {
			'mysql' => FakeMysql::class,
			'sqlite' => FakeSqlite::class,
			'postgres' => FakePostgres::class,
			default => parent::getClass($dbType, $driver),
		};
	}
}

final class Cache extends HostHashBagOStuff {
	public string $label = 'cache';

	protected function doGet($key, $flags = 0, &$casToken = null) {
		$value = parent::doGet($key, $flags, $casToken);
		Journal::note("$this->label get", $key, $flags, $value);
		return $value;
	}

	protected function doSet($key, $value, $exptime = 0, $flags = 0) {
		Journal::note("$this->label set", $key, $value, $exptime, $flags);
		return parent::doSet($key, $value, $exptime, $flags);
	}

	protected function doDelete($key, $flags = 0) {
		Journal::note("$this->label delete", $key, $flags);
		return parent::doDelete($key, $flags);
	}
}

final class Profiler extends TransactionProfiler {
	public function recordConnection($server, $db, bool $isPrimary) {
		Journal::note('profiler recordConnection', $server, $db, $isPrimary);
		parent::recordConnection($server, $db, $isPrimary);
	}

	public function silenceForScope(string $type = '') {
		Journal::note('profiler silenceForScope');
		return new \Wikimedia\ScopedCallback(static fn () => Journal::note('profiler is heard again'));
	}
}

/** Scales loads, and on 1.39 tells lag times, as the session's script says. */
final class FakeMonitor implements ILoadMonitor {
	public function __construct(private $lb, $sCache, $wCache, $options = []) {
		Journal::note('monitor construct', $lb, $sCache, $wCache, $options);
	}

	public function setLogger($logger): void {
		Journal::note('monitor setLogger', $logger);
	}

	public function setStatsdDataFactory($statsFactory) {
		Journal::note('monitor setStatsdDataFactory', $statsFactory);
	}

	public function scaleLoads(array &$weightByServer, $domain = null) {
		Journal::note('monitor scaleLoads', $weightByServer, $domain);
		$mode = Session::current()->monitor;
		switch ($mode) {
			case 'halves':
				$weightByServer = array_map(static fn ($weight) => $weight / 2, $weightByServer);
				break;
			case 'first':
				$weightByServer = array_slice($weightByServer, 0, 1, true);
				break;
			case 'zeroes':
				$weightByServer = array_map(static fn () => 0, $weightByServer);
				break;
			case 'empties':
				$weightByServer = [];
				break;
			case 'calls':
				foreach ($weightByServer as $i => $weight) {
					$this->lb->getAnyOpenConnection($i);
					$this->lb->getServerName($i);
				}
				break;
			case 'connects':
				$i = array_key_last($weightByServer) ?? 0;
				$this->lb->getServerConnection($i, ILoadBalancer::DOMAIN_ANY, ILoadBalancer::CONN_SILENCE_ERRORS);
				break;
			case 'throws':
				throw new RuntimeException('scripted: no loads');
		}
	}

	public function getLagTimes(array $serverIndexes, $domain) {
		Journal::note('monitor getLagTimes', $serverIndexes, $domain);
		$lags = [];
		foreach ($serverIndexes as $i) {
			$lag = Session::current()->server($this->lb->getServerName($i))->lag;
			$lags[$i] = $lag === 'throws' ? false : $lag;
		}
		return $lags;
	}

	public function setMockTime(&$time) {
		Journal::note('monitor setMockTime', $time);
	}
}

/** The host's own, on the scripted clock. */
final class TimedMonitor extends LoadMonitor {
	protected function getCurrentTime() {
		return Session::current()->time;
	}
}

/** 1.43 asks an object for the session's position. */
final class Chronology extends ChronologyProtector {
	public function getSessionPrimaryPos(ILoadBalancer $lb) {
		Journal::note('chronology getSessionPrimaryPos', $lb);
		return Session::current()->chronology($lb);
	}
}

final class Collaborators {
	/** 1.39 calls something that is to call waitFor(). */
	public static function chronologyCallback(): Closure {
		return static function ($lb) {
			Journal::note('chronology callback', $lb);
			$pos = Session::current()->chronology($lb);
			if ($pos) {
				$lb->waitFor($pos);
			}
		};
	}
}
