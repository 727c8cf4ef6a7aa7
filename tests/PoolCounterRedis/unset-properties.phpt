--TEST--
Properties that a subclass has unset are asked of its __get(), which may change others
--EXTENSIONS--
mbstring
ctype
igbinary
redis
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/pool.php';
Fixtures\skip_without_pool();
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/pool.php';

$code = <<<'CODE'
$server = Fixtures\RedisServer::start();
class LazyPool extends PoolCounterRedis {
	public array $kept = [];
	public bool $changes = false;
	public function forget( string ...$names ) {
		foreach ( $names as $name ) { $this->kept[$name] = $this->$name; unset( $this->$name ); }
	}
	public function __get( $name ) {
		if ( $this->changes ) {
			// Equal values, and what was there is gone.
			foreach ( [ 'key', 'keySha1', 'workers' ] as $other ) {
				if ( !array_key_exists( $other, $this->kept ) ) {
					$value = $this->$other;
					$this->$other = null;
					$this->$other = is_string( $value ) ? strrev( strrev( $value ) ) : $value;
				}
			}
		}
		return $this->kept[$name] ?? null;
	}
}
foreach ( [ [ 'lockTTL' ], [ 'workers' ], [ 'maxqueue' ], [ 'keySha1' ], [ 'lockTTL', 'workers', 'maxqueue', 'keySha1', 'timeout' ] ] as $index => $names ) {
	foreach ( [ false, true ] as $changes ) {
		$pool = pool( $server, [], "key-$index-" . (int)$changes, 'T', 'LazyPool' );
		$pool->forget( ...$names );
		if ( in_array( 'lockTTL', $names ) ) {
			$pool->kept['lockTTL'] = 5;
		}
		$pool->changes = $changes;
		show( [ $names, $changes ] );
		show( told( $pool->acquireForMe() ) );
		$due = (float)$server->command( [ 'ZSCORE', keys( $pool )['due'], '1' ] ) - microtime( true );
		show( in_array( 'lockTTL', $names ) ? round( $due ) : $due > 60 );
		show( told( $pool->release() ) );
	}
}
CODE;
Fixtures\original_and_native_alike( $code );
?>
--EXPECT--
40 lines alike
