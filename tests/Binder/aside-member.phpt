--TEST--
Steps aside when the parent already has a property or a constant that the shell declares
--FILE--
<?php
require __DIR__ . '/../fixtures/harness.php';
use Fixtures\Host;

foreach ( [ '1.39', '1.43' ] as $generation ) {
	foreach ( [
		'protected $backends;',
		'protected array $backends = [];',
		'public $readIndex;',
		'protected static $syncChecks;',
		'protected readonly bool $autoResync;',
		'protected $noPushQuickOps;',
		'public const CHECK_TIME = 2;',
		'protected const CHECK_SHA1 = 9;',
		'private $backends; private static $readIndex; private const CHECK_TIME = 7;',
		'protected $backendsOfAnotherKind; public const CHECK_NOTHING = 0;',
	] as $member ) {
		echo "$generation, $member ", Host::copy( $generation,
			[ 'FileBackend.php' => [ '// mutation: members' => $member ] ] )->outcome(), "\n";
	}
	echo "$generation, in an interface: ", Host::copy( $generation,
		[ 'HostNamed.php' => [ 'NAME_SEPARATOR' => 'CHECK_SIZE' ] ] )->outcome(), "\n";
}
?>
--EXPECT--
1.39, protected $backends; aside: FileBackend already has a property $backends
1.39, protected array $backends = []; aside: FileBackend already has a property $backends
1.39, public $readIndex; aside: FileBackend already has a property $readIndex
1.39, protected static $syncChecks; aside: FileBackend already has a property $syncChecks
1.39, protected readonly bool $autoResync; aside: FileBackend already has a property $autoResync
1.39, protected $noPushQuickOps; aside: FileBackend already has a property $noPushQuickOps
1.39, public const CHECK_TIME = 2; aside: FileBackend already has a constant CHECK_TIME
1.39, protected const CHECK_SHA1 = 9; aside: FileBackend already has a constant CHECK_SHA1
1.39, private $backends; private static $readIndex; private const CHECK_TIME = 7; bound
1.39, protected $backendsOfAnotherKind; public const CHECK_NOTHING = 0; bound
1.39, in an interface: aside: FileBackend already has a constant CHECK_SIZE
1.43, protected $backends; aside: Wikimedia\FileBackend\FileBackend already has a property $backends
1.43, protected array $backends = []; aside: Wikimedia\FileBackend\FileBackend already has a property $backends
1.43, public $readIndex; aside: Wikimedia\FileBackend\FileBackend already has a property $readIndex
1.43, protected static $syncChecks; aside: Wikimedia\FileBackend\FileBackend already has a property $syncChecks
1.43, protected readonly bool $autoResync; aside: Wikimedia\FileBackend\FileBackend already has a property $autoResync
1.43, protected $noPushQuickOps; aside: Wikimedia\FileBackend\FileBackend already has a property $noPushQuickOps
1.43, public const CHECK_TIME = 2; aside: Wikimedia\FileBackend\FileBackend already has a constant CHECK_TIME
1.43, protected const CHECK_SHA1 = 9; aside: Wikimedia\FileBackend\FileBackend already has a constant CHECK_SHA1
1.43, private $backends; private static $readIndex; private const CHECK_TIME = 7; bound
1.43, protected $backendsOfAnotherKind; public const CHECK_NOTHING = 0; bound
1.43, in an interface: aside: Wikimedia\FileBackend\FileBackend already has a constant CHECK_SIZE
