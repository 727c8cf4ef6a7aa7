<?php
/**
 * Loaded before everything else in a run of a host's suite (auto_prepend_file).
 *
 * It gives the suite what Debian's PHPUnit lacks, and it is the one place that
 * decides whether the run has shown what it claims: with the extension, that
 * the class under test was the native one and was used; with the original, that
 * it was not. The verdict is one line in a file, "ok" or "wrong", a tab, and a
 * text. tests/host/run counts a run without a verdict as wrong, so a run that
 * dies early cannot pass.
 *
 * Environment: MWNATIVE_HOST_EXPECT (native or original), MWNATIVE_HOST_CLASSES
 * (short names, separated by commas, of the classes that the suite must use),
 * MWNATIVE_HOST_VERDICT (the file).
 */

declare( strict_types = 1 );

require_once 'Hamcrest.php';
require_once __DIR__ . '/TestingAccessWrapper.php';
if ( basename( $_SERVER['argv'][0] ) !== 'phpunit' ) {
	// an entry point of the host's, which expects PHPUnit to be at hand
	require_once 'PHPUnit/Autoload.php';
}

( static function () {
	/** The files that declare a host's class of this short name; none if it was never loaded. */
	$declaringFiles = static function ( string $class ): array {
		$files = [];
		foreach ( get_declared_classes() as $declared ) {
			$reflection = new ReflectionClass( $declared );
			if ( $reflection->getShortName() === $class && !$reflection->isInternal() ) {
				$files[] = (string)realpath( $reflection->getFileName() );
			}
		}
		return array_values( array_unique( $files ) );
	};

	/** What is wrong with a run of the original; '' if nothing is. */
	$wrongWithOriginal = static function ( array $required ) use ( $declaringFiles ): string {
		if ( extension_loaded( 'mwnative' ) ) {
			return 'the extension is loaded in a run of the original';
		}
		foreach ( $required as $class ) {
			if ( !$declaringFiles( $class ) ) {
				return "the suite never loaded $class";
			}
		}
		return '';
	};

	/**
	 * How much a class did, by its counters: its calls; for each pool type the slots that were
	 * acquired; of a class that counts other things, all that it counted.
	 */
	$calls = static function ( array $entry ): int {
		$counters = $entry['counters'] ?? [];
		return $counters['calls'] ?? array_sum( array_column( $counters, 'acquired' ) ) +
			array_sum( array_filter( $counters, 'is_int' ) );
	};

	/** What is wrong with a native run; '' if nothing is. */
	$wrongWithNative = static function ( array $required ) use ( $declaringFiles, $calls ): string {
		if ( !extension_loaded( 'mwnative' ) ) {
			return 'the extension is not loaded';
		}
		$status = mwnative_status()['classes'];
		foreach ( $status as $class => $entry ) {
			// no suite may meet a class that the extension declined to replace
			if ( !in_array( $entry['state'], [ 'bound', 'not asked for' ], true ) ) {
				return "$class is {$entry['state']}: {$entry['reason']}";
			}
		}
		$shells = realpath( (string)ini_get( 'mwnative.stub_path' ) ) . '/';
		foreach ( $required as $class ) {
			$state = $status[$class]['state'] ?? 'unknown';
			if ( $state !== 'bound' ) {
				return "$class is $state";
			}
			if ( !isset( $status[$class]['counters'] ) ) {
				return "nothing tells whether $class was called: it has no counters";
			}
			if ( $calls( $status[$class] ) < 1 ) {
				return "$class was never called";
			}
			// not by the extension's own word alone
			$files = $declaringFiles( $class );
			if ( count( $files ) !== 1 || !str_starts_with( $files[0], $shells ) ) {
				return "$class comes from " . ( implode( ' and ', $files ) ?: 'nowhere' );
			}
		}
		return '';
	};

	/** What a right native run may claim. */
	$claim = static function () use ( $calls ): string {
		$made = 0;
		$bound = false;
		foreach ( mwnative_status()['classes'] as $entry ) {
			$bound = $bound || $entry['state'] === 'bound';
			$made += $calls( $entry );
		}
		return $bound ? "yes ($made calls)" : 'not asked for';
	};

	$native = getenv( 'MWNATIVE_HOST_EXPECT' ) === 'native';
	$required = array_filter( explode( ',', (string)getenv( 'MWNATIVE_HOST_CLASSES' ) ) );
	$file = (string)getenv( 'MWNATIVE_HOST_VERDICT' );
	$process = getmypid();

	// Runs before every shutdown function of the suite's. It must not exit: the host cleans up after it.
	register_shutdown_function( static function () use (
		$wrongWithNative, $wrongWithOriginal, $claim, $native, $required, $file, $process
	) {
		if ( getmypid() !== $process ) {
			return;
		}
		$wrong = $native ? $wrongWithNative( $required ) : $wrongWithOriginal( $required );
		file_put_contents( $file, match ( true ) {
			$wrong !== '' => "wrong\tno: $wrong\n",
			$native => "ok\t" . $claim() . "\n",
			default => "ok\tno (original)\n",
		} );
	} );
} )();
