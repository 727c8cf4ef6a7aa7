--TEST--
phpinfo() has a section that shows each class's state and every setting
--INI--
error_log=/dev/null
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

function section(): string {
	ob_start();
	( new ReflectionExtension( 'mwnative' ) )->info();
	$text = ob_get_clean();
	return preg_replace( '/^(mwnative\.stub_path) => .*$/m', '$1 => ...', $text );
}

$host = Fixtures\Host::copy( '1.43' );
echo section();
$host->start();
class_exists( 'FileBackendMultiWrite' );
echo implode( "\n", preg_grep( '/^FileBackendMultiWrite/', explode( "\n", section() ) ) ), "\n";
$old = Fixtures\Host::copy( '1.39', [ 'start.php' => [ '1.39.0' => '1.27.0' ] ] );
$show = $old->code() . 'class_exists( $name ); ( new ReflectionExtension( "mwnative" ) )->info();';
foreach ( [ [], [ 'mwnative.enable' => 0 ], [ 'mwnative.file_backend' => 0 ] ] as $settings ) {
	$text = Fixtures\run( $show, $settings );
	echo implode( "\n", preg_grep( '/^(FileBackendMultiWrite|mwnative) /', explode( "\n", $text ) ) ), "\n";
}
?>
--EXPECTF--

mwnative

mwnative => enabled
Version => %d.%d.%s
OpenSSL, compiled with => OpenSSL %s
OpenSSL, running with => OpenSSL %s
hiredis, compiled with => %d.%d.%d
TLS to Redis servers => %s

Class => State
FileBackendMultiWrite => not asked for: nothing has looked the class up in this request
PoolCounterRedis => not asked for: nothing has looked the class up in this request
LoadBalancer => not asked for: nothing has looked the class up in this request

Directive => Local Value => Master Value
mwnative.enable => On => On
mwnative.file_backend => On => On
mwnative.pool_counter => On => On
mwnative.load_balancer => On => On
mwnative.unverified_hosts => Off => Off
mwnative.stub_path => ...
FileBackendMultiWrite => bound
mwnative => enabled
FileBackendMultiWrite => stepped aside: MediaWiki 1.27.0 is not a verified host (mwnative.unverified_hosts=1 tries it all the same)
mwnative => disabled
FileBackendMultiWrite => disabled: mwnative.enable is off
mwnative => enabled
FileBackendMultiWrite => disabled: mwnative.file_backend is off
