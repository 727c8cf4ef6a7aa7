<?php
/**
 * One side of the comparison: loads a host, draws proxies and operations from
 * the seed, and writes what happened, one JSON line a step. Started twice by
 * ./run, once with the host's own class and once with the extension.
 */

namespace MwNative\Differential;

$options = getopt('', [
	'host:', 'side:', 'profile:', 'seed:', 'steps:', 'configs:', 'from:', 'only:', 'skip:', 'root:', 'trace:', 'sabotage:',
]) + [
	'side' => 'original', 'profile' => 'sealed', 'seed' => 1, 'steps' => 40, 'configs' => 100, 'from' => 1, 'skip' => '', 'sabotage' => '',
];
$root = $options['root'];

require __DIR__ . '/lib/boot.php';
foreach ([
	'Rng', 'Canon', 'Journal', 'Faults', 'Odd', 'Paths', 'Overrider', 'Shelf', 'Operation', 'Operations', 'OpsWrite', 'OpsRead',
	'OpsCare', 'OpsHelper', 'OpsBuild', 'BadConfigs', 'Configs', 'Proxies', 'Session', 'Sabotage',
] as $file) {
	require __DIR__ . "/lib/$file.php";
}

bootHost($options['host'], $root);
require MW_INSTALL_PATH . '/includes/BootstrapHelperFunctions.php';
require MW_INSTALL_PATH . '/includes/Setup.php';

require __DIR__ . '/lib/Collaborators.php';
\MediaWiki\Logger\LoggerFactory::registerProvider(new HostLogs());
error_reporting(E_ALL);
$onPhpError = Journal::phpError(...);
set_error_handler($onPhpError);
set_exception_handler(static fn ($e) => fail("uncaught $e"));

if ($options['profile'] === 'unsealed') {
	unsealStore(MW_INSTALL_PATH, $root);
}
$sabotage = $options['sabotage'];
Sabotage::apply($sabotage, MW_INSTALL_PATH, $root);
$side = new Side($options['side'], $sabotage);
$side->assert();
require __DIR__ . '/lib/Stores.php';
Stores::declare();

Canon::init([$root => '{root}', MW_INSTALL_PATH => '{host}', __DIR__ => '{tests}']);
$trace = fopen($options['trace'], 'ab');
$progress = fopen($options['trace'] . '.progress', 'wb');
$write = static function (?array $done, ?array $begun) use ($trace, $progress, $sabotage) {
	if ($done !== null) {
		fwrite($trace, Canon::json($done) . "\n");
	} else {
		// Overwritten each time: what was going on when a process died
		rewind($progress);
		ftruncate($progress, 0);
		fwrite($progress, Canon::json($begun));
		if ($sabotage === 'crash' && $begun['config'] % 10 === 3 && $begun['step'] === '5') {
			posix_kill(getmypid(), SIGSEGV);
		}
	}
};

$first = (int)($options['only'] ?? $options['from']);
$last = (int)($options['only'] ?? $options['configs']);
$skip = array_map('intval', array_filter(explode(',', $options['skip'])));
for ($number = $first; $number <= $last; $number++) {
	(new Session($number, (int)$options['seed'], $root, $write, $onPhpError))->run((int)$options['steps'], $skip);
}
$side->assert();
$write(['end' => $last], null);
