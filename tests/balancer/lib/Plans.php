<?php

namespace MwNative\Balancer;

use MwNative\Differential\Rng;

/** Draws what a load balancer is built from; plain data, so that the trace can show it. */
final class Plans {
	public const DOMAINS = ['wikidb', 'wikidb-mw_', 'wikidb-public-mw_', 'other', 'other-mw_', 'other-public-x_', 'third', '', '-mw_', 'odd?hname'];
	public const GROUPS = ['api', 'dump', 'empty'];

	public static function plan(Rng $rng): array {
		$kind = $rng->weighted([
			'normal' => 76,
			'single' => 7,
			'disabled' => class_exists('Wikimedia\\Rdbms\\LoadBalancerDisabled') ? 3 : 0,
			'bad' => 14,
		]);
		// What most steps are about
		$focus = $rng->weighted(['anything' => 30, 'readers' => 25, 'pools' => 15, 'rounds' => 20, 'waiting' => 15]);
		$plan = [
			'kind' => $kind,
			'focus' => $focus,
			'class' => $rng->weighted(['plain' => 60, 'probed' => 40]),
			'servers' => self::servers($rng->child('servers'), $focus),
			'localDomain' => $rng->pick([null, 'wikidb', 'wikidb-mw_', 'wikidb-mw_', 'wikidb-public-mw_', ['domain' => 'wikidb-mw_']]),
			'monitor' => $rng->weighted(['none' => 20, 'null' => 15, 'fake' => 45, 'real' => 20]),
			'chronology' => $rng->chance(60),
			'srvCache' => $rng->chance(85),
			'wanCache' => $rng->chance(85),
			'loggers' => $rng->chance(92),
			'errorLogger' => $rng->chance(80),
			'cliMode' => $rng->chance(40),
			'options' => [],
			'time' => 1500000000.0,
			'restless' => $rng->pick([15, 40, 60]),
		];
		foreach ([
			'clusterName' => [25, ['cluster9', '']],
			'defaultGroup' => [25, ['api', 'dump', 'unknown', '']],
			'readOnlyReason' => [15, ['scripted read-only', '', false, true]],
			'roundStage' => [12, ['stage-postcommit-callbacks', 'stage-postrollback-callbacks', 'unknown']],
			'maxLag' => [25, [3, 6, 100]],
			'waitTimeout' => [25, [1, 5, 0]],
			'agent' => [10, ['an agent']],
		] as $option => [$percent, $values]) {
			if ($rng->chance($percent)) {
				$plan['options'][$option] = $rng->pick($values);
			}
		}
		if ($kind === 'bad') {
			$plan['flaw'] = $rng->pick([
				'no servers', 'servers missing', 'servers null', 'not a list', 'same names', 'no load', 'no type', 'bad type', 'bad domain',
				'domain of another type', 'bad monitor', 'monitor without class', 'server is no array', 'group loads are no array', 'servers is a text',
			]);
		}
		return $plan;
	}

	public static function servers(Rng $rng, string $focus): array {
		$count = (int)$rng->weighted(['1' => 15, '2' => 20, '3' => 35, '4' => 15, '5' => 8, '6' => 7]);
		// Pools fill up where every database needs a connection of its own
		$type = $rng->weighted(['mysql' => 65, 'sqlite' => 15, 'postgres' => $focus === 'pools' ? 120 : 20]);
		$servers = [];
		for ($i = 0; $i < $count; $i++) {
			$servers[] = self::server($rng, $i, $rng->chance(94) ? $type : 'mysql');
		}
		return $servers;
	}

	private static function server(Rng $rng, int $i, string $type): array {
		$server = ['type' => $type, 'load' => $i === 0 ? $rng->pick([0, 0, 1, 50]) : $rng->pick([0, 1, 1, 50, 100, 2.5])];
		if ($rng->chance(93)) {
			$server['host'] = "10.0.0.$i";
		}
		if ($rng->chance(60) || !isset($server['host'])) {
			$server['serverName'] = "db$i";
		}
		if ($rng->chance(40)) {
			foreach ($rng->subset(self::GROUPS, 60) as $group) {
				$server['groupLoads'][$group] = $group === 'empty' ? 0 : $rng->pick([1, 5, 0, 100]);
			}
		}
		if ($rng->chance(25)) {
			$server['max lag'] = $rng->pick([0, 1, 10, INF]);
		}
		if ($rng->chance($i === 0 ? 4 : 12)) {
			$server['is static'] = $rng->pick([true, true, false, 1]);
		}
		if ($rng->chance(40)) {
			// DBO_DEFAULT is 16, DBO_TRX 8, DBO_DEBUG 1
			$server['flags'] = $rng->pick([16, 16, 24, 8, 0, 1]);
		}
		foreach (['dbname' => 'wikidb', 'schema' => 'public', 'connectTimeout' => 3, 'receiveTimeout' => 0.5, 'driver' => 'fake', 'user' => 'u', 'password' => 'p'] as $field => $value) {
			if ($rng->chance(15)) {
				$server[$field] = $value;
			}
		}
		return $server;
	}

	/** Puts the plan's flaw into the parameters. */
	public static function spoil(string $flaw, array $params): array {
		switch ($flaw) {
			case 'no servers':
				$params['servers'] = [];
				break;
			case 'servers missing':
				unset($params['servers']);
				break;
			case 'servers null':
				$params['servers'] = null;
				break;
			case 'servers is a text':
				$params['servers'] = 'db1';
				break;
			case 'not a list':
				$params['servers'] = array_combine(array_map(static fn ($i) => $i + 1, array_keys($params['servers'])), $params['servers']);
				break;
			case 'same names':
				$params['servers'][] = $params['servers'][0];
				break;
			case 'no load':
				unset($params['servers'][0]['load']);
				break;
			case 'no type':
				unset($params['servers'][0]['type']);
				break;
			case 'bad type':
				$params['servers'][0]['type'] = 'oddball';
				break;
			case 'bad domain':
				$params['localDomain'] = 'a-b-c-d';
				break;
			case 'domain of another type':
				$params['localDomain'] = 5;
				break;
			case 'bad monitor':
				$params['loadMonitor'] = ['class' => 'NoSuchMonitor'];
				break;
			case 'monitor without class':
				$params['loadMonitor'] = ['lagWarnThreshold' => 2];
				break;
			case 'server is no array':
				$params['servers'][] = null;
				break;
			case 'group loads are no array':
				$params['servers'][0]['groupLoads'] = 'api';
				break;
		}
		return $params;
	}
}
