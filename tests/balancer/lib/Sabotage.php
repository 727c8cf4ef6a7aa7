<?php

namespace MwNative\Balancer;

use ReflectionClass;
use Wikimedia\Rdbms\LoadBalancer;

/** Makes sure that a worker runs the class it is meant to run. */
final class Side {
	public function __construct(private string $name, private string $sabotage) {
	}

	public function assert(): void {
		$file = (new ReflectionClass(LoadBalancer::class))->getFileName();
		$hosts = MW_INSTALL_PATH . '/includes/libs/rdbms/loadbalancer/LoadBalancer.php';
		if ($this->name === 'original') {
			if (extension_loaded('mwnative')) {
				fail('the original was to run, but the extension is loaded');
			} elseif ($this->sabotage === '' && $file !== $hosts) {
				fail("the original was to run, but the class comes from $file");
			}
			return;
		}
		$state = function_exists('mwnative_status') ? mwnative_status()['classes']['LoadBalancer'] ?? null : null;
		if (($state['state'] ?? null) !== 'bound') {
			fail('the native class was to run, but its state is ' . json_encode($state));
		} elseif ($file === $hosts) {
			fail("the native class was to run, but the host's file is loaded");
		}
	}
}

/**
 * Runs a deliberately broken original, to prove that the comparison would
 * notice: loads the host's class from a copy with one small change.
 */
final class Sabotage {
	public static function apply(string $name, string $tree, string $scratch): void {
		if ($name === '' || $name === 'crash') {
			return;
		}
		$mutation = (require __DIR__ . '/../mutations.php')[$name] ?? fail("no such mutation: $name");
		$source = file_get_contents("$tree/includes/libs/rdbms/loadbalancer/LoadBalancer.php");
		$count = 0;
		$broken = preg_replace($mutation[0], $mutation[1], $source, $mutation[2] ?? 1, $count);
		if ($count < 1) {
			fail("mutation $name finds nothing to change in this host");
		}
		file_put_contents("$scratch/LoadBalancer.php", $broken);
		require "$scratch/LoadBalancer.php";
	}
}
