--TEST--
No setting can be changed at run time, and each has the default that the documentation names
--FILE--
<?php
foreach ( ini_get_all( 'mwnative' ) as $name => $setting ) {
	if ( $name !== 'mwnative.stub_path' ) {
		echo "$name=$setting[global_value]";
	} else {
		echo $name, '=', $setting['global_value'] === '' ? '' : '(a folder)';
	}
	$system = $setting['access'] === 4;
	$before = ini_get( $name );
	var_dump( $system, ini_set( $name, '0' ), ini_set( $name, '1' ), ini_get( $name ) === $before );
}
?>
--EXPECT--
mwnative.enable=1bool(true)
bool(false)
bool(false)
bool(true)
mwnative.file_backend=1bool(true)
bool(false)
bool(false)
bool(true)
mwnative.load_balancer=1bool(true)
bool(false)
bool(false)
bool(true)
mwnative.pool_counter=1bool(true)
bool(false)
bool(false)
bool(true)
mwnative.stub_path=(a folder)bool(true)
bool(false)
bool(false)
bool(true)
mwnative.unverified_hosts=0bool(true)
bool(false)
bool(false)
bool(true)
