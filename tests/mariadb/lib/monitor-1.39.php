<?php

namespace MwNative\MariaDb;

/** 1.39's monitor for MySQL, on the clock of the test. */
final class StillMonitor139 extends \Wikimedia\Rdbms\LoadMonitorMySQL {
	protected function getCurrentTime() {
		return Site::$now;
	}
}
