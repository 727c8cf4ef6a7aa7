<?php
/**
 * One step of the demo's main job, done inside a wiki by MediaWiki's own code.
 *
 * bin/demo runs every step in a process of its own, in turn on the wiki with
 * the PHP original and on the wiki with the native class. Standard output is
 * the time in milliseconds; the whole result goes as one line of JSON to --out,
 * where report.php reads it.
 */

require_once getenv( 'MW_INSTALL_PATH' ) . '/maintenance/Maintenance.php';

use MediaWiki\MediaWikiServices;

class MwNativeDemoJob extends Maintenance {
	private const BACKEND = 'both';
	private const READS = 10000;
	private const REPEATS = 5;

	/** @var array What goes into the result beside the time. */
	private array $facts = [];

	public function __construct() {
		parent::__construct();
		$this->addDescription( 'One step of the mwnative demo; called by bin/demo.' );
		$this->addOption( 'step', 'Which step to do', true, true );
		$this->addOption( 'round', 'The number of the round', true, true );
		$this->addOption( 'images', 'Folder of the images to upload', true, true );
		$this->addOption( 'expect', '"native" or "original": whose class must answer', true, true );
		$this->addOption( 'out', 'File that the result is appended to', true, true );
		$this->addOption( 'title', 'The image that is moved or deleted', false, true );
		$this->addOption( 'to', 'Its new name', false, true );
	}

	public function execute() {
		$step = $this->getOption( 'step' );
		$run = [
			'prepare' => fn () => 0.0,
			'upload' => fn () => $this->upload(),
			'thumbnails' => fn () => $this->thumbnails(),
			'move' => fn () => $this->move(),
			'delete' => fn () => $this->deleteImage(),
			'check' => fn () => $this->check(),
			'find' => fn () => $this->check(),
			'mend' => fn () => $this->mend(),
			'verify' => fn () => $this->check(),
			'reads' => fn () => $this->reads(),
		][$step] ?? null;
		if ( !$run ) {
			$this->fatalError( "no such step: $step" );
		}
		$milliseconds = $run();
		$result = [
			'round' => (int)$this->getOption( 'round' ),
			'step' => $step,
			'ms' => $milliseconds,
		] + $this->facts + $this->whichClass();
		file_put_contents( $this->getOption( 'out' ), json_encode( $result ) . "\n", FILE_APPEND );
		$this->output( sprintf( '%.1f', $milliseconds ) );
	}

	/** Uploads every image of the folder, by MediaWiki's maintenance/importImages.php. */
	private function upload(): float {
		$names = $this->imageNames();
		$import = $this->script( 'ImportImages', 'importImages.php',
			[ 'comment' => 'Uploaded by the mwnative demo' ], [ $this->getOption( 'images' ) ] );
		$time = $this->time( fn () => $import->execute() );
		foreach ( $names as $name ) {
			if ( !$this->file( $name )->exists() ) {
				$this->fatalError( "importImages did not upload $name" );
			}
		}
		$this->facts['count'] = count( $names );
		return $time;
	}

	/** Makes every image's thumbnails in the wiki's usual widths, as a page view would. */
	private function thumbnails(): float {
		$widths = $this->getConfig()->get( 'ThumbLimits' );
		$files = array_map( fn ( $name ) => $this->file( $name ), $this->imageNames() );
		$made = 0;
		$time = $this->time( function () use ( $files, $widths, &$made ) {
			foreach ( $files as $file ) {
				foreach ( $widths as $width ) {
					if ( $width >= $file->getWidth() ) {
						continue;
					}
					$thumb = $file->transform( [ 'width' => $width ], File::RENDER_NOW );
					if ( !$thumb || $thumb->isError() ) {
						$this->fatalError( "no $width px thumbnail of {$file->getName()}: " .
							( $thumb ? $thumb->toText() : 'no result' ) );
					}
					$made++;
				}
			}
		} );
		$this->facts['count'] = $made;
		return $time;
	}

	/** Moves an image's page, and the file with it, as Special:MovePage would. */
	private function move(): float {
		$from = Title::makeTitleSafe( NS_FILE, $this->getOption( 'title' ) );
		$to = Title::makeTitleSafe( NS_FILE, $this->getOption( 'to' ) );
		$user = User::newSystemUser( User::MAINTENANCE_SCRIPT_USER, [ 'steal' => true ] );
		$time = $this->time( function () use ( $from, $to, $user ) {
			$status = $this->services()->getMovePageFactory()->newMovePage( $from, $to )
				->move( $user, 'Moved by the mwnative demo' );
			$this->need( $status, 'the move' );
		} );
		if ( !$this->file( $this->getOption( 'to' ) )->exists() ) {
			$this->fatalError( "{$this->getOption( 'to' )} is not there after the move" );
		}
		return $time;
	}

	/** Deletes an image and its page, by MediaWiki's maintenance/deleteBatch.php. */
	private function deleteImage(): float {
		$list = tempnam( sys_get_temp_dir(), 'delete' );
		file_put_contents( $list, "File:{$this->getOption( 'title' )}\n" );
		$delete = $this->script( 'DeleteBatch', 'deleteBatch.php',
			[ 'r' => 'Deleted by the mwnative demo' ], [ $list ] );
		$time = $this->time( fn () => $delete->execute() );
		unlink( $list );
		if ( $this->file( $this->getOption( 'title' ) )->exists() ) {
			$this->fatalError( "{$this->getOption( 'title' )} is still there after its deletion" );
		}
		return $time;
	}

	/** Asks the backend which of all files differ between the stores. */
	private function check(): float {
		$paths = $this->storedPaths();
		$backend = $this->backend();
		$locks = $this->lock( $paths );
		$time = $this->timeOften( function () use ( $backend, $paths, &$status ) {
			$backend->clearCache();
			$status = $backend->consistencyCheck( $paths );
		} );
		$this->facts['count'] = count( $paths );
		$this->facts['found'] = $this->messages( $status );
		return $time;
	}

	/** Brings what the check names into line with the master store. */
	private function mend(): float {
		$backend = $this->backend();
		$paths = $this->storedPaths();
		$locks = $this->lock( $paths );
		$damaged = array_map( fn ( $message ) => $message['path'],
			$this->messages( $backend->consistencyCheck( $paths ) ) );
		$backend->clearCache();
		$time = $this->time( function () use ( $backend, $damaged ) {
			$this->need( $backend->resyncFiles( $damaged, true ), 'the resync' );
		} );
		$this->facts['count'] = count( $damaged );
		return $time;
	}

	/** Reads through the class with the store's answer in its cache: little else is left to time. */
	private function reads(): float {
		$backend = $this->backend();
		$params = [ 'src' => $this->storedPaths()[0] ];
		$backend->getFileStat( $params );
		$time = $this->timeOften( function () use ( $backend, $params ) {
			for ( $i = 0; $i < self::READS; $i++ ) {
				$backend->getFileSize( $params );
			}
		} );
		$this->facts['count'] = self::READS;
		return $time;
	}

	/** Which class answered, where its code is, and what mwnative says of it. */
	private function whichClass(): array {
		$backend = $this->backend();
		$facts = [
			'host' => MW_VERSION,
			'php' => PHP_VERSION,
			'class' => get_class( $backend ),
			'file' => ( new ReflectionClass( $backend ) )->getFileName(),
			'native' => null,
		];
		if ( $this->getOption( 'expect' ) === 'native' ) {
			if ( !function_exists( 'mwnative_status' ) ) {
				$this->fatalError( 'PHP did not load the extension' );
			}
			$facts['native'] = mwnative_status()['classes']['FileBackendMultiWrite'] ?? [];
			if ( ( $facts['native']['state'] ?? '' ) !== 'bound' ) {
				$this->fatalError( 'the extension is loaded, but its FileBackendMultiWrite is not in use: ' .
					json_encode( $facts['native'], JSON_UNESCAPED_SLASHES ) );
			}
		} elseif ( extension_loaded( 'mwnative' ) ) {
			$this->fatalError( 'mwnative is enabled on this machine, so there is no original to compare with: ' .
				'run phpdismod mwnative for the time of the demo, or take its line out of php.ini' );
		}
		return $facts;
	}

	/** Every file on either store's disk, as the backend's storage paths. */
	private function storedPaths(): array {
		$root = dirname( $this->getConfig()->get( 'UploadDirectory' ) );
		$prefix = $this->backend()->getDomainId() . '-';
		$paths = [];
		foreach ( [ 'store-a', 'store-b' ] as $store ) {
			$files = new RecursiveIteratorIterator( new RecursiveDirectoryIterator(
				"$root/$store", FilesystemIterator::SKIP_DOTS ) );
			foreach ( $files as $file ) {
				$path = substr( $file->getPathname(), strlen( "$root/$store/" ) );
				if ( str_starts_with( $path, $prefix ) ) {
					$paths[] = 'mwstore://' . self::BACKEND . '/' . substr( $path, strlen( $prefix ) );
				}
			}
		}
		$paths = array_values( array_unique( $paths ) );
		sort( $paths );
		return $paths;
	}

	/** The check and the resync want their files locked, as a write has them. */
	private function lock( array $paths ): ?ScopedLock {
		$status = StatusValue::newGood();
		$locks = $this->backend()->getScopedFileLocks( $paths, LockManager::LOCK_EX, $status );
		$this->need( $status, 'locking the files' );
		return $locks;
	}

	private function script( string $class, string $file, array $options, array $arguments ): Maintenance {
		$script = $this->runChild( $class, "{$this->getConfig()->get( 'BaseDirectory' )}/maintenance/$file" );
		$script->loadParamsAndArgs( $file, $options + [ 'quiet' => true ], $arguments );
		return $script;
	}

	/** @return array[] Each of a status's messages: its path, its key and its English text. */
	private function messages( StatusValue $status ): array {
		return array_map( fn ( $error ) => [
			'path' => (string)( $error['params'][0] ?? '' ),
			'key' => (string)$error['message'],
			'text' => wfMessage( $error['message'], ...$error['params'] )->inLanguage( 'en' )->text(),
		], $status->getErrors() );
	}

	private function need( StatusValue $status, string $what ): void {
		if ( !$status->isOK() ) {
			$this->fatalError( "$what failed: " .
				implode( '; ', array_column( $this->messages( $status ), 'text' ) ) );
		}
	}

	private function time( callable $work ): float {
		$start = hrtime( true );
		$work();
		DeferredUpdates::doUpdates();
		return ( hrtime( true ) - $start ) / 1e6;
	}

	/** The median of several times, for work that can be repeated: another process's burst falls out. */
	private function timeOften( callable $work ): float {
		$times = [];
		for ( $i = 0; $i < self::REPEATS; $i++ ) {
			$times[] = $this->time( $work );
		}
		sort( $times );
		return $times[intdiv( self::REPEATS, 2 )];
	}

	private function imageNames(): array {
		return array_map( 'basename', glob( $this->getOption( 'images' ) . '/*' ) );
	}

	private function file( string $name ): LocalFile {
		return $this->services()->getRepoGroup()->getLocalRepo()->newFile( $name );
	}

	private function backend(): FileBackend {
		return $this->services()->getFileBackendGroup()->get( self::BACKEND );
	}

	private function services(): MediaWikiServices {
		return MediaWikiServices::getInstance();
	}
}

$maintClass = MwNativeDemoJob::class;
require_once RUN_MAINTENANCE_IF_MAIN;
