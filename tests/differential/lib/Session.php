<?php

namespace MwNative\Differential;

use Closure;
use DeferredUpdates;
use FileBackendMultiWrite;
use FileBackendStore;
use ReflectionProperty;
use ScopedLock;
use Throwable;
use WeakReference;
use Wikimedia\ScopedCallback;

/**
 * The life of one proxy: built by a plan, put through its steps, taken apart.
 * Each of these is one line of the trace.
 */
final class Session {
	/** Scripted time of the first step; every step is a minute later than the one before. */
	public const EPOCH = 1300000000;

	public readonly Paths $paths;
	public readonly array $plan;
	/** @var array<string,Shelf> By store name */
	public array $shelves = [];
	/** @var list<mixed> Locks that a step took and a later one gives back */
	public array $held = [];
	public ?FileBackendMultiWrite $proxy = null;
	/** The step's place on the scripted clock */
	public int $now = self::EPOCH;

	private Rng $rng;
	private ?ScopedCallback $holdUpdates = null;
	private ?WeakReference $ghost = null;
	private string $id;
	private float $cacheClock = 1600000000.0;

	/**
	 * @param string $root The worker's folder
	 * @param Closure $write Receives each finished trace record, or what has begun
	 * @param Closure $onPhpError The error handler that steps start with
	 */
	public function __construct(
		private int $number, private int $seed, private string $root, private Closure $write,
		private Closure $onPhpError
	) {
		$this->rng = new Rng("$seed/$number");
		$this->id = sprintf('%05d', $number);
		$this->plan = Configs::plan($this->rng->child('plan'));
		$this->paths = new Paths($this->plan['name'], array_column($this->plan['backends'], 'name'), $this->plan['hot']);
	}

	/** @param int[] $skip Steps to leave out */
	public function run(int $steps, array $skip): void {
		foreach (['stores', 'tmp', 'scratch', 'locks'] as $folder) {
			@mkdir($this->folder($folder), 0777, true);
		}
		clearstatcache();
		$this->makeSources();
		($this->write)(['config' => $this->number, 'step' => 'plan', 'plan' => $this->plan], null);
		if ($this->plan['kind'] === 'proxy') {
			$this->step('build', 0, fn () => $this->build());
		}
		if ($this->proxy) {
			$this->step('furnish', 0, fn () => $this->furnish());
		}
		for ($i = 1; $i <= $steps; $i++) {
			if (!in_array($i, $skip, true)) {
				$this->step((string)$i, $i, function (Rng $rng) {
					return $this->proxy ? Operations::draw($rng, $this) : OpsBuild::draw($rng, $this);
				});
			}
		}
		$this->step('end', $steps + 1, fn () => new Operation('end', [], function () {
			$this->release();
			self::runUpdates();
		}));
		$this->takeApart();
	}

	public function folder(string $kind): string {
		return "$this->root/$kind/$this->id";
	}

	/** A source file for 'store'; every content of Paths::CONTENTS has one. */
	public function source(int $i): string {
		return $this->folder('scratch') . "/source$i.txt";
	}

	/** The configuration array of the plan, with live collaborators. */
	public function configArray(): array {
		$plan = $this->plan;
		$config = [
			'name' => $plan['name'],
			'domainId' => $plan['domain'],
			'backends' => [],
			'tmpDirectory' => $this->folder('tmp'),
			'obResetFunc' => static fn () => Journal::note('output buffers reset'),
			'headerFunc' => static fn ($header) => Journal::note('header', $header),
		] + $plan['options'];
		$config += array_filter([
			'logger' => Collaborators::logger($plan['logger']),
			'lockManager' => Collaborators::lockManager($plan['locks'], $this->folder('locks')),
			'statusWrapper' => Collaborators::statusWrapper($plan['statusWrapper']),
		]);
		foreach ($plan['backends'] as $backend) {
			$config['backends'][$backend['key']] = $this->backendArray($backend);
		}
		return $config;
	}

	private function backendArray(array $backend): array {
		$config = [
			'name' => $backend['name'],
			'class' => Stores::className($backend['kind'], $backend['recording']),
			'tmpDirectory' => $this->folder('tmp'),
			'obResetFunc' => static fn () => Journal::note('output buffers reset'),
			'headerFunc' => static fn ($header) => Journal::note('header', $header),
			'streamMimeFunc' => static fn ($path) => 'text/x-test',
		];
		if ($backend['kind'] === 'fs') {
			$config['basePath'] = $this->storeFolder($backend['name']);
			foreach ($backend['containerPaths'] ?? [] as $container) {
				$config['containerPaths'][$container] = $this->storeFolder($backend['name']) . "/own-$container";
			}
		}
		return $config + $backend['extra'];
	}

	private function storeFolder(string $name): string {
		return $this->folder('stores') . "/$name";
	}

	private function makeSources(): void {
		foreach (Paths::CONTENTS as $i => $content) {
			file_put_contents($this->source($i), $content);
			touch($this->source($i), self::EPOCH - 1000);
		}
	}

	private function build(): Operation {
		$plan = $this->plan;
		Faults::cast(array_column($plan['backends'], 'character', 'name'));
		$class = Proxies::declare($plan, $this->id);
		$config = $this->configArray();
		return new Operation('construct', [$config], function () use ($class, $config) {
			$this->proxy = new $class($config);
			$this->ghost = WeakReference::create($this->proxy);
			foreach (self::storesOf($this->proxy) as $store) {
				$root = null;
				foreach ($this->plan['backends'] as $backend) {
					if ($backend['name'] === $store->getName() && $backend['kind'] === 'fs') {
						$root = $this->storeFolder($backend['name']);
					}
				}
				$this->shelves[$store->getName()] = Shelf::open($store, $this->plan['domain'], $root);
			}
			return self::stateOf($this->proxy);
		});
	}

	/** Most proxies start with folders and files, mostly but not always the same ones in all stores. */
	private function furnish(): Operation {
		$rng = $this->rng->child('furnish');
		return new Operation('furnish', [], function () use ($rng) {
			foreach ($this->shelves as $shelf) {
				foreach (Paths::CONTAINERS as $container) {
					foreach (['x', 'd/x', 'd/e/x', 'ü/x'] as $file) {
						if ($rng->chance(98)) {
							$shelf->put("$container/$file", '', self::EPOCH);
							$shelf->remove("$container/$file");
						}
					}
				}
			}
			foreach (['c1', 'c2'] as $container) {
				foreach ($rng->subset(Paths::FILES, 40) as $file) {
					$content = $this->paths->content($rng);
					foreach ($this->shelves as $shelf) {
						if ($rng->chance(95)) {
							$shelf->put("$container/$file", $rng->chance(96) ? $content : 'other', self::EPOCH + $rng->pick([0, 0, 0, 25, 40, -500]));
						}
					}
				}
			}
		});
	}

	/** Draws, runs and records one step. */
	private function step(string $name, int $index, callable $draw): void {
		$rng = $this->rng->child("step/$name");
		$this->now = self::EPOCH + 60 * ($index + 1);
		$this->cacheClock += $rng->pick([0.1, 0.5, 1.0, 4.0]) + ($rng->chance(3) ? 20 : 0);
		Shelf::setCacheClock($this->cacheClock);
		$this->hold();
		Faults::startStep("$this->seed/$this->number/$name", $rng->chance($this->plan['faults']));

		$operation = $draw($rng);
		$arguments = Canon::args($operation->args);
		$record = ['config' => $this->number, 'step' => $name, 'operation' => $operation->name, 'arguments' => $arguments];
		($this->write)(null, $record);
		Journal::start();
		$level = ob_get_level();
		ob_start();
		try {
			$result = ($operation->run)($this);
			$record['result'] = Canon::value($result);
			if ($result instanceof ScopedLock && $rng->chance(40)) {
				$this->held[] = $result;
			}
			unset($result);
		} catch (Throwable $e) {
			$record['thrown'] = Canon::throwable($e);
			unset($e);
		}
		$output = '';
		while (ob_get_level() > $level) {
			$output = ob_get_clean() . $output;
		}
		$after = Canon::args($operation->args);
		unset($operation);
		Journal::regainErrors($this->onPhpError);
		// What is still pending, and what came to light when results were let go
		$record += array_filter([
			'changed arguments' => $after === $arguments || Canon::json($after) === Canon::json($arguments) ? null : $after,
			'output' => $output === '' ? null : Canon::text($output),
			'headers' => self::takeHeaders(),
			'pending' => self::pending(),
			'events' => Journal::stop(),
		]);
		Faults::stopStep();
		foreach ($this->shelves as $shelf) {
			$shelf->settle($this->now);
		}
		$record['temporary files'] = count(scandir($this->folder('tmp'))) - 2;
		($this->write)($record, null);
	}

	/** Deferred updates wait for a step that runs them, or run at once, as the plan says. */
	private function hold(): void {
		if ($this->plan['deferred'] === 'held') {
			$this->holdUpdates ??= DeferredUpdates::preventOpportunisticUpdates();
		}
	}

	/** The proxy must be gone once nothing refers to it; then the trees are final. */
	private function takeApart(): void {
		$this->proxy = null;
		$this->held = [];
		$trees = array_map(static fn (Shelf $shelf) => $shelf->tree(), $this->shelves);
		$this->shelves = [];
		DeferredUpdates::clearPendingUpdates();
		$this->holdUpdates = null;
		Faults::cast([]);
		gc_collect_cycles();
		($this->write)([
			'config' => $this->number,
			'step' => 'trees',
			'trees' => $trees,
			'proxy is freed' => $this->ghost === null || $this->ghost->get() === null,
			'temporary files' => count(scandir($this->folder('tmp'))) - 2,
			'lock files' => count(scandir($this->folder('locks'))) - 2,
		], null);
	}

	public function release(): void {
		while ($this->held) {
			array_shift($this->held);
		}
	}

	public static function runUpdates(): int {
		$before = DeferredUpdates::pendingUpdatesCount();
		if (version_compare(MW_VERSION, '1.40', '<')) {
			DeferredUpdates::doUpdates(null, DeferredUpdates::ALL);
		} else {
			DeferredUpdates::doUpdates(DeferredUpdates::ALL);
		}
		return $before;
	}

	/** @return FileBackendStore[] */
	public static function storesOf(FileBackendMultiWrite $proxy): array {
		return array_filter(self::read($proxy, 'backends'), static fn ($store) => $store instanceof FileBackendStore);
	}

	public static function read(FileBackendMultiWrite $proxy, string $property): mixed {
		return (new ReflectionProperty(FileBackendMultiWrite::class, $property))->getValue($proxy);
	}

	/** What a constructor leaves behind. */
	public static function stateOf(FileBackendMultiWrite $proxy): array {
		$state = ['class' => get_class($proxy)];
		foreach (['masterIndex', 'readIndex', 'syncChecks', 'autoResync', 'asyncWrites', 'backends', 'name', 'domainId', 'readOnly', 'parallelize'] as $name) {
			$state[$name] = self::read($proxy, $name);
		}
		return $state;
	}

	private static function pending(): array {
		$pending = [];
		foreach (DeferredUpdates::getPendingUpdates() as $update) {
			$callback = (new ReflectionProperty($update, 'callback'))->getValue($update);
			$pending[] = [get_class($update), $update->getOrigin(), get_debug_type($callback)];
		}
		return $pending;
	}

	private static function takeHeaders(): array {
		$headers = array_filter(headers_list(), static fn ($header) => !str_starts_with($header, 'X-Powered-By'));
		if (http_response_code() && http_response_code() !== 200) {
			$headers[] = 'status ' . http_response_code();
			http_response_code(200);
		}
		header_remove();
		return array_map(Canon::text(...), array_values($headers));
	}
}
