<?php

namespace MwNative\Balancer;

use MwNative\Differential\Rng;

/** What happens to the world between two steps: servers die and recover, connections get work or are lost, time passes. */
final class Changes {
	/** @return list<array> What was changed, for the trace */
	public static function draw(Rng $rng, Session $session): array {
		$changes = [];
		$plan = $session->plan;
		if ($rng->chance(25)) {
			$step = $rng->pick([0.1, 1.0, 4.0, 12.0, 60.0]);
			$session->time += $step;
			$changes[] = ['time passes', $step];
		}
		while ($rng->chance($plan['restless']) && count($changes) < 4) {
			$change = match ($rng->weighted(['server' => 40, 'connection' => 46, 'monitor' => 6, 'chronology' => 10, 'cache' => 3])) {
				'server' => self::server($rng, $session),
				'connection' => self::connection($rng, $session),
				'monitor' => ['monitor', $session->monitor = $rng->weighted([
					'nothing' => 30, 'halves' => 20, 'first' => 10, 'zeroes' => 10, 'empties' => 4, 'calls' => 10, 'connects' => 10, 'throws' => 4,
				])],
				'chronology' => ['chronology', $session->chronology = $rng->chance(80)
					? self::position($rng) : $rng->pick([null, 'throws', 'calls'])],
				'cache' => self::cache($rng, $session),
			};
			if ($change !== null) {
				$changes[] = $change;
			}
		}
		return $changes;
	}

	public static function position(Rng $rng): FakePos {
		return new FakePos($rng->int(1, 6), self::age($rng));
	}

	private static function age(Rng $rng): string {
		return $rng->weighted(['none' => 40, 'old' => 20, 'fresh' => 20, 'future' => 20]);
	}

	public static function server(Rng $rng, Session $session): ?array {
		$servers = $session->servers();
		if (!$servers) {
			return null;
		}
		$name = array_keys($servers)[$rng->int(0, count($servers) - 1)];
		$server = $servers[$name];
		switch ($rng->weighted(['connect' => 30, 'lag' => 30, 'readOnly' => 15, 'pos' => 15, 'wait' => 15, 'stray' => 3, 'action' => $session->plan['focus'] === 'waiting' ? 30 : 6])) {
			case 'connect':
				$server->connect = $rng->weighted(['up' => 60, 'down' => 30, 'mute' => 7, 'broken' => 3]);
				break;
			case 'lag':
				$server->lag = $rng->pick([0, 0, 0.5, 2, 5, 7, 7, 30, 1000, false, 'throws']);
				break;
			case 'readOnly':
				$server->readOnly = $rng->pick([false, false, true, true, 'throws']);
				break;
			case 'pos':
				$server->pos = $rng->pick([1, 2, 3, 4, 5, 6, null, 'throws']);
				$server->age = self::age($rng);
				break;
			case 'wait':
				$server->wait = $rng->pick([0, 0, 5, -1, -1, null, '0', 'throws']);
				break;
			case 'action':
				$server->action = $rng->chance(60) ? $rng->pick(['closes all', 'reads']) : self::action($rng);
				break;
			case 'stray':
				$server->strays = true;
				break;
		}
		return ['server', $name, $server->state()];
	}

	private static function connection(Rng $rng, Session $session): ?array {
		$open = array_values(array_filter($session->connections, static fn ($connection) => $connection->script['open']));
		if (!$open) {
			return null;
		}
		// Those to the primary have more to tell
		$primary = array_values(array_filter($open, static fn ($connection) => str_ends_with($connection->label(), '@0')));
		$connection = $rng->pick($primary && $rng->chance(70) ? $primary : $open);
		$change = match ($rng->weighted(['lost' => 4, 'work' => 35, 'callbacks' => 28, 'failure' => 22, 'recovery' => 20, 'time' => 10])) {
			'lost' => ['open' => false, 'error' => $rng->pick(['scripted: gone away', ''])],
			'work' => [
				'level' => $rng->pick([0, 1, 1]),
				'writes' => $rng->chance(50),
				'callbacks' => $rng->chance(30),
				'explicit' => $rng->chance(12),
				'locks' => $rng->chance(20),
				'duration' => $rng->pick([0.0, 0.0004, 0.0123456, 2.0, 7.123456]),
			],
			'callbacks' => [$rng->pick(['pre', 'idle', 'idle', 'listeners']) => self::entries($rng)],
			'failure' => $rng->pick([
				['commit' => 'db'], ['commit' => 'db'], ['commit' => 'other'], ['rollback' => 'db'], ['rollback' => 'other'],
				['ping' => false], ['ping' => false], ['select' => 'db'], ['select' => 'ignores'], ['close' => 'db'], ['close' => 'other'], ['commit' => 'connection'],
			]),
			'recovery' => [
				'commit' => null, 'rollback' => null, 'ping' => true, 'select' => null, 'close' => null, 'explicit' => false, 'level' => 0,
			],
			'time' => ['wrote' => $rng->pick([false, 1000.5, 4000000000.5, 4000000001.0])],
		};
		// Sometimes all connections to that server, as when it is the server that fails
		$label = strstr($connection->label(), '@');
		$changed = $rng->chance(75) ? [$connection] : array_values(array_filter(
			$open,
			static fn ($other) => str_ends_with($other->label(), $label)
		));
		foreach ($changed as $one) {
			$one->script = array_replace($one->script, $change);
		}
		return ['connection', $changed, $change];
	}

	/** What the next few runs of callbacks do: count, action. */
	private static function entries(Rng $rng): array {
		$entries = [];
		for ($i = $rng->int(1, 3); $i > 0; $i--) {
			$entries[] = [$rng->int(0, 2), $rng->chance(55) ? null : self::action($rng)];
		}
		return $entries;
	}

	private static function action(Rng $rng): string {
		return $rng->weighted([
			'opens' => 20, 'opens outside' => 15, 'reads' => 12, 'closes all' => 8, 'begins' => 5, 'rolls back' => 5,
			'writes elsewhere' => 20, 'starts a transaction' => 15, 'fails' => 6, 'fails badly' => 4,
		]);
	}

	/** Another process may have left anything in the cache. */
	private static function cache(Rng $rng, Session $session): array {
		if ($rng->chance(50)) {
			// Lag times of a cluster that had other servers then, the primary among those with lag
			$lags = [];
			foreach ($rng->subset([0, 1, 2, 3, 9], 60) as $i) {
				$lags[$i] = $rng->pick([0, 1, 7, 1000, false]);
			}
			return ['cached lag times', $session->cacheLagTimes($lags)];
		}
		$name = $rng->pick(array_keys($session->servers()) ?: ['localhost']);
		$version = HostClass::isOld() ? 'v1' : 'v2';
		$position = self::position($rng);
		$value = $rng->pick([$position, ['_type_' => FakePos::class, 'n' => $position->n, 'age' => $position->age], [], false, 'text', ['n' => 1]]);
		$session->srvCache->set($session->srvCache->makeGlobalKey('Wikimedia\\Rdbms\\LoadBalancer', 'last-known-pos', $name, $version), $value);
		return ['cache', $name, $value];
	}
}
