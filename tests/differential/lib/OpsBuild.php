<?php

namespace MwNative\Differential;

use FileBackendMultiWrite;

/** Builds another proxy from a spoilt configuration, and uses it a little if it comes to be. */
final class OpsBuild {
	public static function draw(Rng $rng, Session $session): Operation {
		[$changes, $config] = BadConfigs::spoil($rng, $session->configArray());
		$path = $session->paths->file($rng);
		$folder = dirname($path);
		return new Operation('build: ' . implode(', ', $changes), [$config], static function () use ($config, $path, $folder) {
			$proxy = new FileBackendMultiWrite($config);
			$result = ['state' => Session::stateOf($proxy)];
			foreach ([
				['fileExists', ['src' => $path]],
				['fileExists', ['src' => $path, 'latest' => true]],
				['prepare', ['dir' => $folder]],
				['doOperations', [['op' => 'create', 'dst' => $path, 'content' => 'x', 'overwrite' => true]]],
				['consistencyCheck', [$path]],
				['resyncFiles', [$path]],
				['getFileList', ['dir' => $folder, 'forWrite' => true]],
				['getFeatures'],
				['clearCache'],
			] as $call) {
				$method = $call[0];
				try {
					$result[] = [$method, Canon::value($proxy->$method(...array_slice($call, 1)))];
				} catch (\Throwable $e) {
					$result[] = [$method, Canon::throwable($e)];
				}
			}
			return $result;
		});
	}
}
