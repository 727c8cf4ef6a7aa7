<?php

namespace MwNative\MariaDb;

use Wikimedia\Rdbms\DatabaseDomain;
use Wikimedia\Rdbms\IDatabase;
use Wikimedia\Rdbms\ILoadBalancer;
use Wikimedia\Rdbms\LBFactory;
use Wikimedia\Rdbms\LBFactoryMulti;
use Wikimedia\Rdbms\LBFactorySimple;
use Wikimedia\Rdbms\LoadBalancer;

/**
 * A wiki on the cluster: makes what a request of it uses, in the way of its host.
 *
 * The caches and the monitor share a clock that stands still until a scenario moves it,
 * because what a cache answers must not depend on how fast the machine is.
 */
final class Site {
	public static ?float $now = null;

	public object $serverCache;
	public object $sharedCache;
	/** What ChronologyProtector keeps between requests. */
	public object $stash;

	public function __construct( public readonly string $host, private Cluster $cluster, private Recorder $recorder ) {
		self::$now ??= microtime( true );
		$this->stash = $this->newStore();
		$this->forget();
	}

	/** Empty caches, as a request finds them that comes much later. */
	public function forget(): void {
		$this->serverCache = $this->newStore();
		$class = self::host( 'WANObjectCache' );
		$this->sharedCache = new $class( [ 'cache' => $this->newStore() ] );
		$this->sharedCache->setMockTime( self::$now );
	}

	/** A class that had no namespace in 1.39. */
	public static function host( string $class ): string {
		return class_exists( "Wikimedia\\ObjectCache\\$class" ) ? "Wikimedia\\ObjectCache\\$class" : $class;
	}

	public function newStore(): object {
		$class = self::host( 'HashBagOStuff' );
		$store = new $class();
		$store->setMockTime( self::$now );
		return $store;
	}

	/**
	 * Server configurations.
	 *
	 * @param array<string,int|float> $loads by server, the primary first
	 * @param array $more for all of them, or, below a server's name, for that one
	 */
	public function servers( array $loads, array $more = [] ): array {
		$servers = [];
		foreach ( $loads as $server => $load ) {
			$servers[] = ( $more[$server] ?? [] ) + array_diff_key( $more, $this->cluster->ports ) +
				[ 'host' => '127.0.0.1:' . $this->cluster->ports[$server], 'serverName' => "db-$server" ] +
				$this->template() + [ 'load' => $load ];
		}
		return $servers;
	}

	public function template(): array {
		return [
			'type' => 'mysql',
			'user' => 'wiki',
			'password' => $this->cluster->password,
			'dbname' => 'wiki',
			'flags' => IDatabase::DBO_DEFAULT,
			'useGTIDs' => true,
		];
	}

	/** The configuration of both a factory and a load balancer, besides the servers. */
	public function services( array $more = [] ): array {
		$services = $more + [
			'localDomain' => new DatabaseDomain( 'wiki', null, '' ),
			'srvCache' => $this->serverCache,
			'wanCache' => $this->sharedCache,
			'cpStash' => $this->stash,
			// As in a web request: transactions are implicit, sessions are protected.
			'cliMode' => false,
			'agent' => 'tester',
			'loadMonitor' => $this->monitor(),
			'errorLogger' => function ( $e ) {
				$this->recorder->record( 'errorLogger', 'error', get_class( $e ) . ': ' . $e->getMessage(), [] );
			},
			'deprecationLogger' => function ( $message ) {
				$this->recorder->record( 'deprecationLogger', 'warning', $message, [] );
			},
		];
		foreach ( $this->host === '1.39' ? [ 'replLogger', 'connLogger', 'queryLogger', 'perfLogger' ] : [ 'logger' ] as $channel ) {
			$services[$channel] = $this->recorder->logger( str_replace( 'Logger', '', $channel ) );
		}
		return $services;
	}

	/**
	 * The host's own monitor on our clock. 1.43 weighs a server by how many connections it
	 * has, which others count too; unless that is of interest it is made to weigh nothing.
	 */
	public function monitor( array $options = [ 'totalConnectionsAdjustment' => 1000000 ] ): array {
		return [ 'class' => $this->host === '1.39' ? StillMonitor139::class : StillMonitor::class ] + $options;
	}

	/** A request of a client: nothing but caches and the stash is left from others. */
	public function request( array $servers, array $more = [], array $client = [] ): LBFactory {
		return $this->start( LBFactorySimple::class, [ 'servers' => $servers ] + $more, $client );
	}

	public function multi( array $configuration, array $client = [] ): LBFactory {
		return $this->start( LBFactoryMulti::class, $configuration, $client );
	}

	public function balancer( array $servers, array $more = [] ): ILoadBalancer {
		return new LoadBalancer( [ 'servers' => $servers ] + $this->services( $more + [ 'clusterName' => 'the-cluster' ] ) );
	}

	private function start( string $class, array $configuration, array $client ): LBFactory {
		$client += [ 'IPAddress' => '192.0.2.1', 'UserAgent' => 'tester' ];
		$configuration = $this->services( $configuration );
		if ( $this->host === '1.39' ) {
			$factory = new $class( $configuration );
			$factory->setRequestInfo( $client );
			return $factory;
		}
		$protector = new \Wikimedia\Rdbms\ChronologyProtector( $this->stash, 'a secret', $configuration['cliMode'],
			$this->recorder->logger( 'session' ) );
		$protector->setRequestInfo( $client );
		return new $class( [ 'chronologyProtector' => $protector ] + $configuration );
	}
}
