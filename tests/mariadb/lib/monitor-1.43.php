<?php

namespace MwNative\MariaDb;

/** 1.43's monitor, on the clock of the test. */
final class StillMonitor extends \Wikimedia\Rdbms\LoadMonitor {
	protected function getCurrentTime() {
		return Site::$now;
	}
}
