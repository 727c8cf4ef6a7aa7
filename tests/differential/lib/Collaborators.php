<?php
/**
 * What a proxy is given besides its backends: loggers, lock managers, status
 * wrappers. All of them write to the journal.
 */

namespace MwNative\Differential;

use FSLockManager;
use LockManager;
use MediaWiki\Logger\Spi;
use NullLockManager;
use Psr\Log\AbstractLogger;
use Psr\Log\NullLogger;
use RuntimeException;
use StatusValue;

/** The proxy's logger: every level, message and context. */
class JournalLogger extends AbstractLogger {
	/** @param string $throwOn Text; a message that contains it makes the logger throw ('' for never) */
	public function __construct(private string $throwOn = '') {
	}

	public function log($level, $message, array $context = []): void {
		Journal::note("log $level", (string)$message, $context);
		if ($this->throwOn !== '' && str_contains((string)$message, $this->throwOn)) {
			throw new RuntimeException("the logger refuses: $this->throwOn");
		}
	}
}

/** The host's own logs: of interest is only what becomes of failed deferred updates. */
class HostLogs implements Spi {
	public function getLogger($channel) {
		return $channel === 'DeferredUpdates' ? new FailedUpdateLogger() : new NullLogger();
	}
}

class FailedUpdateLogger extends AbstractLogger {
	public function log($level, $message, array $context = []): void {
		if ($level === 'error') {
			Journal::note('deferred update failed', $context['deferred_type'] ?? null, $context['exception'] ?? null);
		}
	}
}

/** Locks that are real files, and journaled. */
class JournalFSLockManager extends FSLockManager {
	protected function doLock(array $paths, $type) {
		Journal::note('lock', $type, $paths);
		$status = parent::doLock($paths, $type);
		if (!$status->isGood()) {
			Journal::note('lock refused', $status);
		}
		return $status;
	}

	protected function doUnlock(array $paths, $type) {
		Journal::note('unlock', $type, $paths);
		return parent::doUnlock($paths, $type);
	}
}

/** Grants or refuses by script: the answer depends on the path and the step only. */
class ScriptedLockManager extends LockManager {
	public function __construct(private array $script) {
		parent::__construct([]);
	}

	protected function doLock(array $paths, $type) {
		Journal::note('lock', $type, $paths);
		return $this->answer('lock', $paths, 'lockmanager-fail-acquirelock');
	}

	protected function doUnlock(array $paths, $type) {
		Journal::note('unlock', $type, $paths);
		return $this->answer('unlock', $paths, 'lockmanager-fail-releaselock');
	}

	private function answer(string $act, array $paths, string $message): StatusValue {
		$status = StatusValue::newGood();
		$draw = Faults::draw("locks.$act");
		if ($draw < $this->script["{$act}Throws"]) {
			throw new RuntimeException("scripted: cannot $act");
		} elseif ($draw < $this->script["{$act}Throws"] + $this->script["{$act}Fails"]) {
			$status->fatal($message, ...array_slice(array_values($paths), 0, 1));
		} elseif ($draw < 90 && $draw > 85) {
			$status->warning('lockmanager-notlocked', 'x');
		}
		return $status;
	}
}

/** Status objects of a class of our own, which journal what is done to them. */
class JournalStatus extends StatusValue {
	public static function wrap(StatusValue $inner): self {
		$outer = new self();
		$outer->ok = $inner->ok;
		$outer->errors = $inner->errors;
		$outer->value = $inner->value;
		$outer->success = $inner->success;
		$outer->successCount = $inner->successCount;
		$outer->failCount = $inner->failCount;
		Journal::note('wrap status', $inner->isOK());
		return $outer;
	}

	public function merge($other, $overwriteValue = false) {
		Journal::note('status merge', $other, $overwriteValue);
		return parent::merge($other, $overwriteValue);
	}

	public function fatal($message, ...$parameters) {
		Journal::note('status fatal', $message, $parameters);
		return parent::fatal($message, ...$parameters);
	}

	public function isOK() {
		Journal::note('status isOK', $this->ok);
		return parent::isOK();
	}
}

final class Collaborators {
	public static function logger(string $kind): ?object {
		return match ($kind) {
			'journal' => new JournalLogger(),
			'throwing' => new JournalLogger('replication'),
			'none' => null,
		};
	}

	public static function lockManager(array $plan, string $folder): ?object {
		return match ($plan['kind']) {
			'fs' => new JournalFSLockManager(['lockDirectory' => $folder]),
			'null' => new NullLockManager([]),
			'scripted' => new ScriptedLockManager($plan),
			'none' => null,
		};
	}

	public static function statusWrapper(string $kind): mixed {
		return match ($kind) {
			'none' => null,
			'same' => static function (StatusValue $status) {
				Journal::note('wrapper called');
				return $status;
			},
			'host' => ['Status', 'wrap'],
			'journal' => [JournalStatus::class, 'wrap'],
			'string' => JournalStatus::class . '::wrap',
		};
	}
}
