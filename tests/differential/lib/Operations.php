<?php

namespace MwNative\Differential;

use Closure;
use FileBackendMultiWrite;
use ReflectionMethod;

/** Draws the next thing to do with a proxy, from the families of operations. */
final class Operations {
	private const FAMILIES = [
		'write' => 28,
		'read' => 22,
		'list' => 6,
		'care' => 12,
		'folder' => 9,
		'damage' => 9,
		'updates' => 4,
		'locks' => 3,
		'helper' => 10,
		'misuse' => 3,
		'mutate' => 1,
		'build' => 1,
	];

	public static function draw(Rng $rng, Session $session): Operation {
		return match ($rng->weighted(self::FAMILIES)) {
			'write' => OpsWrite::draw($rng, $session),
			'read' => OpsRead::draw($rng, $session),
			'list' => OpsRead::drawList($rng, $session),
			'care' => OpsCare::draw($rng, $session),
			'folder' => OpsWrite::drawFolder($rng, $session),
			'damage' => OpsCare::drawDamage($rng, $session),
			'updates' => new Operation('run updates', [], static fn () => Session::runUpdates()),
			'locks' => OpsCare::drawLocks($rng, $session),
			'helper' => OpsHelper::draw($rng, $session),
			'misuse' => OpsHelper::drawMisuse($rng, $session),
			'mutate' => OpsHelper::drawMutation($rng, $session),
			'build' => OpsBuild::draw($rng, $session),
		};
	}

	/** A call of a public method, made in one of the ways PHP has for it. */
	public static function call(Rng $rng, string $method, array $args): Operation {
		$way = $rng->weighted(['plain' => 20, 'callable' => 1, 'first class' => 1, 'call_user_func' => 1, 'reflection' => 1, 'named' => 1]);
		return new Operation("$method ($way)", $args, static function (Session $session) use ($method, $args, $way) {
			$proxy = $session->proxy;
			switch ($way) {
				case 'callable':
					return [$proxy, $method](...$args);
				case 'first class':
					$closure = $proxy->$method(...);
					return $closure(...$args);
				case 'call_user_func':
					return call_user_func_array([$proxy, $method], $args);
				case 'reflection':
					return (new ReflectionMethod($proxy, $method))->invokeArgs($proxy, $args);
				case 'named':
					$named = [];
					foreach ((new ReflectionMethod($proxy, $method))->getParameters() as $i => $parameter) {
						if (array_key_exists($i, $args)) {
							$named[$parameter->getName()] = $args[$i];
						}
					}
					return $proxy->$method(...$named);
			}
			return $proxy->$method(...$args);
		});
	}

	/** A call of a protected method: from a subclass where there is one, else by reflection or a bound closure. */
	public static function callInside(Rng $rng, string $method, array $args): Operation {
		$way = $rng->pick(['probe', 'probe', 'parent', 'reflection', 'bound']);
		return new Operation("$method ($way)", $args, static function (Session $session) use ($method, $args, $way) {
			$proxy = $session->proxy;
			if (method_exists($proxy, 'probe') && $way === 'probe') {
				return $proxy->probe($method, $args);
			} elseif (method_exists($proxy, 'probe') && $way === 'parent') {
				return $proxy->probeParent($method, $args);
			} elseif ($way === 'bound') {
				return Closure::bind(static fn () => $proxy->$method(...$args), null, FileBackendMultiWrite::class)();
			}
			return (new ReflectionMethod(FileBackendMultiWrite::class, $method))->invokeArgs($proxy, $args);
		});
	}
}
