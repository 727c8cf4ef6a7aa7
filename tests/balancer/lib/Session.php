<?php

namespace MwNative\Balancer;

use Closure;
use MwNative\Differential\Operation;
use MwNative\Differential\Rng;
use ReflectionMethod;
use ReflectionProperty;
use RuntimeException;
use Throwable;
use WeakReference;
use Wikimedia\Rdbms\DatabaseDomain;
use Wikimedia\Rdbms\DBConnRef;
use Wikimedia\Rdbms\DBExpectedError;
use Wikimedia\Rdbms\LoadBalancer;
use Wikimedia\Rdbms\LoadBalancerDisabled;
use Wikimedia\Rdbms\LoadBalancerSingle;
use Wikimedia\Rdbms\LoadMonitorNull;

/** The life of one load balancer: built by a plan, put through its steps, taken apart. */
final class Session {
	private static ?self $current = null;

	public readonly array $plan;
	public ?LoadBalancer $balancer = null;
	/** @var list<FakeDatabase> All connections ever made, so that none is destroyed early */
	public array $connections = [];
	/** @var list<DBConnRef> */
	public array $refs = [];
	/** The scripted clock of caches and monitor */
	public float $time;
	/** What FakeMonitor does */
	public string $monitor = 'nothing';
	/** What the session's position is: null, a position, or 'throws', 'calls' */
	public mixed $chronology = null;
	public ?Cache $srvCache = null;

	private Rng $rng;
	/** @var array<string,ServerScript> */
	private array $servers = [];
	private ?HostWANObjectCache $wanCache = null;
	private ?Cache $wanStore = null;
	private array $lastState = [];
	private ?WeakReference $ghost = null;
	/** Each configuration that servers were drawn for */
	private int $generation = 0;

	/** @param Closure $write Receives each finished trace record, or what has begun */
	public function __construct(private int $number, private int $seed, private Closure $write) {
		$this->rng = new Rng("balancer/$seed/$number");
		$this->plan = Plans::plan($this->rng->child('plan'));
		$this->time = $this->plan['time'];
		self::$current = $this;
	}

	public static function current(): self {
		return self::$current;
	}

	public function register(FakeDatabase $connection): int {
		$this->connections[] = $connection;
		return count($this->connections);
	}

	public function server(string $name): ServerScript {
		return $this->servers[$name] ??= new ServerScript();
	}

	/** How many servers the balancer started with. */
	public function serverCount(): int {
		return in_array($this->plan['kind'], ['single', 'disabled'], true) ? 1 : count($this->plan['servers']);
	}

	/** @return array<string,ServerScript> */
	public function servers(): array {
		return $this->servers;
	}

	/** @param int[] $skip Steps to leave out */
	public function run(int $steps, array $skip): void {
		($this->write)(['config' => $this->number, 'step' => 'plan', 'plan' => Canon::value($this->plan)], null);
		$this->step('build', fn () => $this->build());
		for ($i = 1; $i <= $steps && $this->balancer; $i++) {
			if (!in_array($i, $skip, true)) {
				$this->step((string)$i, fn (Rng $rng) => Ops::draw($rng, $this));
			}
		}
		if ($this->balancer) {
			$this->step('end', fn () => new Operation('end', [], function () {
				// One by one: a reference that goes may throw
				while ($this->refs) {
					$ref = array_shift($this->refs);
					try {
						unset($ref);
					} catch (Throwable $e) {
						Journal::note('while a reference went', $e);
					}
				}
			}));
		}
		$this->takeApart();
	}

	/** The balancer's own state, by the class that declares it. */
	public function read(string $property): mixed {
		return (new ReflectionProperty(LoadBalancer::class, $property))->getValue($this->balancer);
	}

	/** Calls a method, protected ones too. */
	public function call(string $method, array $args): mixed {
		Coverage::count($method);
		$reflection = new ReflectionMethod(LoadBalancer::class, $method);
		return $reflection->isPublic() ? $this->balancer->$method(...$args) : $reflection->invokeArgs($this->balancer, $args);
	}

	/** What a connection's callbacks do to the load balancer while it goes through its connections. */
	public function callBack(string $action, FakeDatabase $from): void {
		Journal::note("callback of {$from->label()}: $action");
		$balancer = $this->balancer;
		switch ($action) {
			case 'opens':
				$balancer->getConnectionInternal(LoadBalancer::DB_PRIMARY, [], 'third', 0);
				break;
			case 'opens outside':
				$balancer->getConnectionInternal(LoadBalancer::DB_PRIMARY, [], false, LoadBalancer::CONN_TRX_AUTOCOMMIT);
				break;
			case 'reads':
				$balancer->getConnectionInternal(LoadBalancer::DB_REPLICA);
				break;
			case 'closes all':
				$balancer->closeAll('Callback::closesAll');
				break;
			case 'begins':
				$balancer->beginPrimaryChanges('Callback::begins');
				break;
			case 'rolls back':
				$balancer->rollbackPrimaryChanges('Callback::rollsBack');
				break;
			case 'writes elsewhere':
				foreach ($this->connections as $other) {
					if ($other !== $from && $other->script['open']) {
						$other->script = ['level' => 1, 'writes' => true] + $other->script;
					}
				}
				break;
			case 'starts a transaction':
				$from->script['level'] = 1;
				break;
			case 'fails':
				throw new DBExpectedError($from, 'scripted failure of a callback');
			case 'fails badly':
				throw new RuntimeException('scripted bad failure of a callback');
		}
	}

	/** The position that the session had reached, as something that knows sessions would tell it. */
	public function chronology(LoadBalancer $balancer): ?FakePos {
		if ($this->chronology === 'throws') {
			throw new RuntimeException('scripted: no chronology');
		} elseif ($this->chronology === 'calls') {
			Journal::note('chronology asks', $balancer->getClusterName(), $balancer->getServerName(0), $balancer->hasStreamingReplicaServers());
			return null;
		}
		return $this->chronology;
	}

	/** Parameters for a constructor or reconfigure(), with live collaborators. */
	public function params(array $servers): array {
		$plan = $this->plan;
		$params = ['servers' => $servers] + $plan['options'];
		foreach ($servers as $server) {
			if (is_array($server)) {
				$this->server($server['serverName'] ?? $server['host'] ?? 'localhost');
			}
		}
		$domain = $plan['localDomain'];
		if ($domain !== null) {
			$params['localDomain'] = is_array($domain) ? DatabaseDomain::newFromId($domain['domain']) : $domain;
		}
		$params['databaseFactory'] = new FakeFactory(['cliMode' => $plan['cliMode'], 'agent' => 'fake']);
		$params['trxProfiler'] = new Profiler();
		$params['cliMode'] = $plan['cliMode'];
		if ($plan['srvCache']) {
			$params['srvCache'] = $this->srvCache;
		}
		if ($plan['wanCache']) {
			$params['wanCache'] = $this->wanCache;
		}
		if ($plan['loggers']) {
			foreach (['logger', 'connLogger', 'queryLogger', 'replLogger', 'perfLogger'] as $channel) {
				$params[$channel] = new Log($channel);
			}
		}
		if ($plan['errorLogger']) {
			$params['errorLogger'] = static fn (Throwable $e) => Journal::note('errorLogger', $e);
			$params['deprecationLogger'] = static fn ($text) => Journal::note('deprecationLogger', $text);
		}
		if ($plan['chronology']) {
			if (HostClass::isOld()) {
				$params['chronologyCallback'] = Collaborators::chronologyCallback();
			} else {
				$params['chronologyProtector'] = new Chronology();
			}
		}
		$params += match ($plan['monitor']) {
			'none' => [],
			'null' => ['loadMonitor' => ['class' => $this->number % 2 ? 'LoadMonitorNull' : LoadMonitorNull::class]],
			'fake' => ['loadMonitor' => ['class' => FakeMonitor::class, 'option' => 1]],
			'real' => ['loadMonitor' => ['class' => TimedMonitor::class, 'maxConnCount' => 2]],
		};
		return $params;
	}

	public function cacheLagTimes(array $lags): array {
		$cluster = $this->plan['options']['clusterName'] ?? $this->plan['servers'][0]['serverName'] ?? $this->plan['servers'][0]['host'];
		$this->wanCache->set($this->wanCache->makeGlobalKey('rdbms-lags', $cluster), $lags, 30);
		return $lags;
	}

	/** Draws servers for a new configuration: mostly the same ones, some gone, some changed. */
	public function changedServers(Rng $rng): array {
		$servers = $rng->chance(70) ? $rng->subset($this->plan['servers'], 75) : Plans::servers($rng, $this->plan['focus']);
		foreach ($servers as &$server) {
			if ($rng->chance(20)) {
				unset($server['groupLoads']);
			}
		}
		return $rng->chance(20) ? $rng->shuffle($servers) : $servers;
	}

	private function build(): Operation {
		$this->srvCache = new Cache();
		$this->srvCache->label = 'srvCache';
		$this->wanStore = new Cache();
		$this->wanStore->label = 'wanCache';
		$this->wanCache = new HostWANObjectCache(['cache' => $this->wanStore]);
		foreach ([$this->srvCache, $this->wanStore, $this->wanCache] as $cache) {
			$cache->setMockTime($this->time);
		}
		$plan = $this->plan;
		$params = $this->params($plan['servers']);
		// Half of the worlds are not all well from the start
		$changes = $this->rng->child('world');
		for ($i = $changes->chance(50) ? $changes->int(1, 8) : 0; $i > 0; $i--) {
			Changes::server($changes, $this);
		}
		if ($changes->chance(50)) {
			foreach ($this->servers as $server) {
				$server->pos = $changes->int(1, 6);
			}
		}
		$this->chronology = $changes->chance(50) ? Changes::position($changes) : null;
		if ($plan['kind'] === 'bad') {
			$params = Plans::spoil($plan['flaw'], $params);
		}
		return new Operation('construct', [$params], function () use ($plan, $params) {
			Coverage::count('__construct');
			$this->balancer = match ($plan['kind']) {
				'single' => $this->single($params),
				'disabled' => new LoadBalancerDisabled($params),
				default => $plan['class'] === 'probed' ? new ProbedBalancer($params) : new LoadBalancer($params),
			};
			$this->ghost = WeakReference::create($this->balancer);
		});
	}

	/** A balancer of one connection that exists already. */
	private function single(array $params): LoadBalancer {
		$connection = $params['databaseFactory']->create('sqlite', ['host' => 'lone', 'dbname' => 'wikidb', 'flags' => 16], 1);
		if ($this->number % 2) {
			return LoadBalancerSingle::newFromConnection($connection, $this->number % 4 === 1 ? [] : $params);
		}
		return new LoadBalancerSingle(['connection' => $connection] + $params);
	}

	/** Draws, runs and records one step. */
	private function step(string $name, callable $draw): void {
		$rng = $this->rng->child("step/$name");
		$changes = $name === 'build' || $name === 'end' ? [] : Changes::draw($rng->child('changes'), $this);
		$operation = $draw($rng->child('operation'));
		$record = [
			'config' => $this->number,
			'step' => $name,
			'operation' => $operation->name,
			'arguments' => Canon::value($operation->args),
			'changes' => Canon::value($changes),
		];
		($this->write)(null, $record);
		mt_srand($rng->int(1, 2000000000));
		Journal::start();
		try {
			$result = ($operation->run)();
			$record['result'] = Canon::value($result);
			if ($result instanceof DBConnRef && $rng->chance(60)) {
				$this->refs[] = $result;
			}
			unset($result);
		} catch (Throwable $e) {
			$record['thrown'] = Canon::throwable($e);
			unset($e);
		}
		$record['events'] = Journal::stop();
		$record['random'] = mt_rand();
		unset($operation);
		$record['state'] = $this->changedState();
		($this->write)($record, null);
	}

	/** What is not as it was after the step before: of the balancer and of all connections. */
	private function changedState(): array {
		$state = [];
		if ($this->balancer) {
			foreach (Canon::properties($this->balancer, LoadBalancer::class, HostClass::$properties) as $name => $value) {
				$state[$name] = Canon::json($value);
			}
		}
		foreach ($this->connections as $connection) {
			$state[$connection->label()] = Canon::json($connection->state());
		}
		$changed = array_diff_assoc($state, $this->lastState);
		$this->lastState = $state;
		return array_map(static fn ($json) => json_decode($json), $changed);
	}

	/** The balancer must be gone once nothing refers to it. */
	private function takeApart(): void {
		$this->balancer = null;
		$this->connections = $this->refs = [];
		$this->srvCache = $this->wanStore = $this->wanCache = null;
		gc_collect_cycles();
		($this->write)([
			'config' => $this->number,
			'step' => 'freed',
			'balancer is freed' => $this->ghost === null || $this->ghost->get() === null,
		], null);
	}
}
