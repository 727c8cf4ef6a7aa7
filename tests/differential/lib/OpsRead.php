<?php

namespace MwNative\Differential;

use ReflectionClass;
use Shellbox\Command\BoxedCommand;

/** Everything that reads. */
final class OpsRead {
	private const ONE_FILE = [
		'fileExists', 'getFileTimestamp', 'getFileSize', 'getFileStat', 'getFileXAttributes', 'getFileSha1Base36',
		'getFileProps', 'getFileHttpUrl', 'getFileContents', 'getLocalReference', 'getLocalCopy',
	];
	private const MANY_FILES = ['getFileContentsMulti', 'getLocalReferenceMulti', 'getLocalCopyMulti'];

	public static function draw(Rng $rng, Session $session): Operation {
		$paths = $session->paths;
		switch ($rng->weighted(['one' => 60, 'many' => 25, 'stream' => 8, 'concatenate' => 6, 'shellbox' => 4])) {
			case 'one':
				$params = self::params($rng, ['src' => $paths->any($rng)]);
				if ($rng->chance(10)) {
					$params['requireSHA1'] = true;
				}
				if ($rng->chance(5)) {
					$params['ttl'] = 60;
					$params['method'] = 'GET';
				}
				return Operations::call($rng, $rng->pick(self::ONE_FILE), [$params]);
			case 'many':
				$params = self::params($rng, ['srcs' => $paths->several($rng)]);
				if ($rng->chance(10)) {
					$params['parallelize'] = true;
				}
				return Operations::call($rng, $rng->pick(self::MANY_FILES), [$params]);
			case 'stream':
				$params = self::params($rng, ['src' => $paths->any($rng)]);
				$params['headless'] = $rng->chance(70);
				$params['allowOB'] = $rng->chance(50);
				if ($rng->chance(20)) {
					$params['headers'] = ['X-Stream: 1'];
				}
				if ($rng->chance(20)) {
					$params['options'] = ['range' => $rng->pick(['bytes=0-1', 'bytes=5-', 'bytes=-2', 'x'])];
				}
				return Operations::call($rng, 'streamFile', [$params]);
			case 'concatenate':
				return self::concatenate($rng, $session);
		}
		return self::shellbox($rng, $session);
	}

	public static function drawList(Rng $rng, Session $session): Operation {
		$method = $rng->weighted(['directoryExists' => 2, 'getDirectoryList' => 2, 'getTopDirectoryList' => 1, 'getFileList' => 6, 'getTopFileList' => 2]);
		$params = ['dir' => $session->paths->anyFolder($rng)];
		if ($rng->chance(35)) {
			$params['forWrite'] = $rng->pick([true, true, true, 1, false, '0', null]);
		}
		if ($rng->chance(20)) {
			$params['topOnly'] = $rng->chance(70);
		}
		if ($rng->chance(20)) {
			$params['adviseStat'] = true;
		}
		if ($rng->chance(3)) {
			unset($params['dir']);
		}
		return Operations::call($rng, $method, [$params]);
	}

	/** Now and then 'latest', in the spellings of true and false; seldom a missing or a needless key. */
	private static function params(Rng $rng, array $params): array {
		if ($rng->chance(40)) {
			$params['latest'] = $rng->pick([true, true, true, 1, false, null, '0', 'yes', []]);
		}
		if ($rng->chance(4)) {
			$params['dst'] = 'mwstore://x/y';
		}
		if ($rng->chance(3)) {
			unset($params[array_key_first($params)]);
		}
		return $params;
	}

	private static function concatenate(Rng $rng, Session $session): Operation {
		$target = $session->folder('scratch') . '/joined';
		$kind = $rng->weighted(['empty' => 8, 'full' => 1, 'missing' => 1]);
		$params = self::params($rng, ['srcs' => $session->paths->several($rng)]);
		$params['dst'] = $target;
		$call = Operations::call($rng, 'concatenate', [$params]);
		return new Operation("$call->name to $kind file", [$params], static function (Session $session) use ($call, $target, $kind) {
			@unlink($target);
			if ($kind !== 'missing') {
				file_put_contents($target, $kind === 'full' ? 'already here' : '');
			}
			clearstatcache();
			$status = ($call->run)($session);
			return ['status' => $status, 'file' => is_file($target) ? file_get_contents($target) : null];
		});
	}

	private static function shellbox(Rng $rng, Session $session): Operation {
		$params = self::params($rng, ['src' => $session->paths->any($rng)]);
		$boxedName = $rng->pick(['input', 'a/b.txt', '../x']);
		return new Operation('addShellboxInputFile', [$boxedName, $params], static function (Session $session) use ($boxedName, $params) {
			if (!method_exists($session->proxy, 'addShellboxInputFile')) {
				return 'the host has no such method';
			}
			// Nothing is executed, so the command needs no executor
			$command = (new ReflectionClass(BoxedCommand::class))->newInstanceWithoutConstructor();
			$status = $session->proxy->addShellboxInputFile($command, $boxedName, $params);
			return ['status' => $status, 'files' => array_map(get_debug_type(...), $command->getInputFiles())];
		});
	}
}
