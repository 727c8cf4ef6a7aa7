--TEST--
An exception while the parent loads reaches the caller, each time, and once the parent loads the class is bound
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';

$host = Fixtures\Host::copy( '1.43' )->start();
$fail = 'exception';
spl_autoload_register( static function ( string $class ) use ( &$fail, &$asked ): void {
	$asked[] = $class;
	if ( $class === 'Wikimedia\\FileBackend\\FileBackend' && $fail === 'exception' ) {
		throw new RuntimeException( 'the disk is gone' );
	}
	if ( $class === 'HostNamed' && $fail === 'deeper' ) {
		throw new DomainException( 'no such interface today' );
	}
	if ( $class === 'Wikimedia\\FileBackend\\FileBackend' && $fail === 'syntax' ) {
		eval( 'class FileBackend extends {' );
	}
}, true, true );
$lookup = static function ( callable $use ) use ( &$asked ): void {
	$asked = [];
	try {
		$use();
		echo 'no exception';
	} catch ( Throwable $e ) {
		echo $e::class, ' "', $e->getMessage(), '"', $e->getPrevious() ? ' WITH A PREVIOUS ONE' : '';
	}
	echo ' after ', implode( ', ', $asked ), "\n  ", mwnative_status()['classes']['FileBackendMultiWrite']['state'], "\n";
};

$lookup( static fn () => class_exists( 'FileBackendMultiWrite' ) );
$lookup( static fn () => new Wikimedia\FileBackend\FileBackendMultiWrite( [] ) );
$lookup( static fn () => FileBackendMultiWrite::CHECK_SIZE );
$lookup( static fn () => eval( 'class Sub extends FileBackendMultiWrite {}' ) );
$lookup( static fn () => is_subclass_of( 'FileBackendMultiWrite', 'FileBackend' ) );
$fail = 'syntax';
$lookup( static fn () => class_exists( 'FileBackendMultiWrite' ) );
$fail = 'deeper';
$lookup( static fn () => class_exists( 'FileBackendMultiWrite' ) );
$fail = 'no more';
$lookup( static fn () => class_exists( 'FileBackendMultiWrite' ) );
var_dump( class_exists( 'FileBackendMultiWrite', false ) );
echo Fixtures\origin( 'FileBackendMultiWrite' ), "\n";
?>
--EXPECT--
RuntimeException "the disk is gone" after Wikimedia\FileBackend\FileBackend
  not asked for
RuntimeException "the disk is gone" after Wikimedia\FileBackend\FileBackend
  not asked for
RuntimeException "the disk is gone" after Wikimedia\FileBackend\FileBackend
  not asked for
RuntimeException "the disk is gone" after Wikimedia\FileBackend\FileBackend
  not asked for
RuntimeException "the disk is gone" after Wikimedia\FileBackend\FileBackend
  not asked for
ParseError "syntax error, unexpected token "{"" after Wikimedia\FileBackend\FileBackend
  not asked for
DomainException "no such interface today" after Wikimedia\FileBackend\FileBackend, HostNamed
  not asked for
no exception after Wikimedia\FileBackend\FileBackend, HostNamed
  bound
bool(true)
shell
