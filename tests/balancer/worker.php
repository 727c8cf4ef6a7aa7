<?php
/**
 * One side of the comparison: loads a host's database library, draws load
 * balancers and what is done with them from the seed, and writes what happened,
 * one JSON line a step. Started twice by ./run, once with the host's own class and
 * once with the extension.
 */

namespace MwNative\Balancer;

$options = getopt('', [
	'host:', 'side:', 'seed:', 'steps:', 'configs:', 'from:', 'skip:', 'root:', 'trace:', 'sabotage:',
]) + ['side' => 'original', 'seed' => 1, 'steps' => 40, 'configs' => 100, 'from' => 1, 'skip' => '', 'sabotage' => ''];

foreach (['Rng', 'Operation'] as $file) {
	require __DIR__ . "/../differential/lib/$file.php";
}
foreach (['boot', 'Canon', 'Journal', 'HostClass', 'Sabotage'] as $file) {
	require __DIR__ . "/lib/$file.php";
}
foreach (hostFiles($options['host']) as $file) {
	require_once $file;
}
error_reporting(E_ALL);
set_error_handler(Journal::phpError(...));
set_exception_handler(static fn ($e) => fail("uncaught $e"));
HostClass::read(MW_INSTALL_PATH);
unsealDatabase(MW_INSTALL_PATH, $options['root']);
nameHostClasses();
Sabotage::apply($options['sabotage'], MW_INSTALL_PATH, $options['root']);
$side = new Side($options['side'], $options['sabotage']);
$side->assert();
foreach ([
	'FakePos', 'ServerScript', 'FakeDatabase', 'Collaborators', 'Coverage', 'Plans', 'Probe', 'Changes', 'Ops', 'Session',
] as $file) {
	require __DIR__ . "/lib/$file.php";
}
Probe::declare();

Canon::init(MW_INSTALL_PATH);
$trace = fopen($options['trace'], 'ab');
$progress = fopen($options['trace'] . '.progress', 'wb');
$sabotage = $options['sabotage'];
$write = static function (?array $done, ?array $begun) use ($trace, $progress, $sabotage) {
	if ($done !== null) {
		fwrite($trace, Canon::json($done) . "\n");
	} else {
		// Overwritten each time: what was going on when a process died
		rewind($progress);
		ftruncate($progress, 0);
		fwrite($progress, Canon::json($begun));
		if ($sabotage === 'crash' && $begun['config'] % 20 === 3 && $begun['step'] === '5') {
			posix_kill(getmypid(), SIGSEGV);
		}
	}
};

$first = (int)$options['from'];
$last = (int)$options['configs'];
$skip = array_map('intval', array_filter(explode(',', $options['skip'])));
if ($first === 1) {
	$write(['config' => 0, 'step' => 'api', 'api' => Probe::api()], null);
}
for ($number = $first; $number <= $last; $number++) {
	(new Session($number, (int)$options['seed'], $write))->run((int)$options['steps'], $skip);
}
$side->assert();
file_put_contents($options['trace'] . '.coverage', Canon::json(Coverage::report()) . "\n", FILE_APPEND);
$write(['end' => $last], null);
