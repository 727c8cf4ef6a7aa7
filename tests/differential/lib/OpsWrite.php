<?php

namespace MwNative\Differential;

use FSFile;

/** Batches of file operations, quick ones, and what is done to folders. */
final class OpsWrite {
	public static function draw(Rng $rng, Session $session): Operation {
		$batch = [];
		for ($n = (int)$rng->weighted([0 => 2, 1 => 50, 2 => 25, 3 => 15, 5 => 8]); $n > 0; $n--) {
			$batch[] = self::op($rng, $session);
		}
		if ($rng->chance(3)) {
			$batch = array_combine(array_map(static fn ($i) => "op$i", array_keys($batch)), $batch);
		}
		$quick = $rng->chance(30);
		$options = self::options($rng);
		if (count($batch) === 1 && is_array($batch[0] ?? null) && isset($batch[0]['op']) && $rng->chance(40)) {
			$op = $batch[0];
			$name = $op['op'];
			if (in_array($name, ['create', 'store', 'copy', 'move', 'delete', 'describe'], true)) {
				unset($op['op']);
				return Operations::call($rng, $quick ? 'quick' . ucfirst($name) : $name, $options === [] ? [$op] : [$op, $options]);
			}
			$method = $quick ? 'doQuickOperation' : 'doOperation';
			return Operations::call($rng, $method, [$op + ['op' => $name], $options]);
		}
		$method = $quick ? 'doQuickOperations' : 'doOperations';
		return Operations::call($rng, $method, $options === [] ? [$batch] : [$batch, $options]);
	}

	/** @return mixed One operation; seldom something else */
	public static function op(Rng $rng, Session $session): mixed {
		$paths = $session->paths;
		if ($rng->chance(2)) {
			return self::strange($rng, $session);
		}
		$name = $rng->weighted([
			'create' => 30, 'store' => 18, 'copy' => 13, 'move' => 12, 'delete' => 12, 'describe' => 5, 'null' => 4, 'unknown' => 1,
		]);
		$op = ['op' => $name];
		switch ($name) {
			case 'create':
				$op += ['content' => $paths->content($rng), 'dst' => $paths->any($rng, 4)];
				break;
			case 'store':
				$op += ['src' => self::source($rng, $session), 'dst' => $paths->any($rng, 4)];
				break;
			case 'copy':
			case 'move':
				$op += ['src' => $paths->any($rng), 'dst' => $paths->any($rng, 4)];
				break;
			case 'delete':
			case 'describe':
				$op += ['src' => $paths->any($rng, 4)];
				break;
			case 'null':
				if ($rng->chance(50)) {
					$op += ['src' => $paths->any($rng, 4)];
				}
		}
		return self::decorate($rng, $paths, $op);
	}

	private static function decorate(Rng $rng, Paths $paths, array $op): array {
		if ($rng->chance(60)) {
			$op['overwrite'] = $rng->pick([true, true, true, 1, false]);
		}
		if ($rng->chance(15)) {
			$op['overwriteSame'] = true;
		}
		if ($rng->chance(40)) {
			$op['ignoreMissingSource'] = $rng->pick([true, true, true, true, false, '0', 1]);
		}
		if ($op['op'] === 'describe' || $rng->chance(8)) {
			$op['headers'] = $rng->pick([[], ['X-Test' => 'a'], ['Content-Disposition' => 'inline'], ['x' => str_repeat('h', 300)], ['A' => null]]);
		}
		if ($rng->chance(3)) {
			$op['srcs'] = $rng->chance(70) ? $paths->several($rng) : $rng->pick(['text', null, 5]);
		}
		if ($rng->chance(2)) {
			$op['dir'] = $paths->anyFolder($rng);
		}
		if ($rng->chance(2)) {
			$op[$rng->pick(['src', 'dst'])] = OpsHelper::oddPath($rng, $paths);
		}
		if ($rng->chance(2)) {
			$op['srcRef'] = $rng->pick([true, null, 'x']);
		}
		if ($rng->chance(3)) {
			$op = array_reverse($op);
		}
		if ($rng->chance(2)) {
			unset($op[$rng->pick(array_keys($op))]);
		}
		return $op;
	}

	private static function source(Rng $rng, Session $session): mixed {
		$file = $session->source($rng->int(0, count(Paths::CONTENTS) - 1));
		return match ($rng->weighted(['file' => 10, 'object' => 8, 'missing' => 2, 'missing object' => 1, 'folder' => 1, 'storage path' => 1])) {
			'file' => $file,
			'object' => new FSFile($file),
			'missing' => "$file.missing",
			'missing object' => new FSFile("$file.missing"),
			'folder' => dirname($file),
			'storage path' => $session->paths->file($rng),
		};
	}

	/** Something that is not an operation. */
	public static function strange(Rng $rng, Session $session): mixed {
		$path = $session->paths->file($rng);
		return $rng->pick([
			null, 'text', 5, true, [], ['op'], ['op' => null], ['op' => ['create']], ['op' => 5], ['src' => $path], ['dst' => $path],
			new OddOp(['op' => 'create', 'content' => 'x', 'dst' => $path]), new OddOp([]), new OddThing(), new OddText($path),
			['op' => new OddText('delete'), 'src' => $path], ['op' => 'CREATE', 'content' => 'x', 'dst' => $path],
		]);
	}

	private static function options(Rng $rng): array {
		$options = [];
		foreach (['nonLocking' => 8, 'force' => 15, 'bypassReadOnly' => 15, 'parallelize' => 10, 'preserveCache' => 5] as $name => $percent) {
			if ($rng->chance($percent)) {
				$options[$name] = $rng->pick([true, true, true, false, 1, null]);
			}
		}
		return $options;
	}

	public static function drawFolder(Rng $rng, Session $session): Operation {
		$method = $rng->weighted(['prepare' => 6, 'secure' => 2, 'publish' => 2, 'clean' => 2]);
		$params = ['dir' => $session->paths->anyFolder($rng)];
		$flags = match ($method) {
			'prepare', 'secure' => ['noAccess', 'noListing'],
			'publish' => ['access', 'listing'],
			'clean' => ['recursive'],
		};
		foreach ([...$flags, 'bypassReadOnly'] as $flag) {
			if ($rng->chance(40)) {
				$params[$flag] = true;
			}
		}
		if ($rng->chance(3)) {
			unset($params['dir']);
		}
		return Operations::call($rng, $method, [$params]);
	}
}
