--TEST--
mwnative.enable=0 and mwnative.file_backend=0 leave the class to the host
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$host = Fixtures\Host::copy( '1.43' );
foreach ( [ 'mwnative.enable', 'mwnative.file_backend' ] as $setting ) {
	foreach ( [ '0', 'Off', '1', 'On' ] as $value ) {
		echo "$setting=$value: ", Fixtures\run( $host->code() . <<<'CODE'
			class_exists( 'FileBackendMultiWrite' ) || exit( 'NOT FOUND' );
			$status = mwnative_status();
			$class = $status['classes']['FileBackendMultiWrite'];
			echo Fixtures\origin( $name ), ', ', json_encode( $status['enabled'] ), ", $class[state]: $class[reason]\n";
			CODE, [ $setting => $value ] );
	}
}
?>
--EXPECT--
mwnative.enable=0: host, false, disabled: mwnative.enable is off
mwnative.enable=Off: host, false, disabled: mwnative.enable is off
mwnative.enable=1: shell, true, bound: 
mwnative.enable=On: shell, true, bound: 
mwnative.file_backend=0: host, true, disabled: mwnative.file_backend is off
mwnative.file_backend=Off: host, true, disabled: mwnative.file_backend is off
mwnative.file_backend=1: shell, true, bound: 
mwnative.file_backend=On: shell, true, bound: 
