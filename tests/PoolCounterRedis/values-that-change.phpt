--TEST--
What PHP code does to arrays, properties and $active while they are read harms nobody
--EXTENSIONS--
mbstring
--SKIPIF--
<?php
require __DIR__ . '/../fixtures/pool.php';
Fixtures\skip_without_pool();
?>
--FILE--
<?php
require __DIR__ . '/../fixtures/pool.php';

$code = <<<'CODE'
/** Becomes text by code. */
class Text {
	public function __construct( private Closure $code, private string $text ) {}
	public function __toString(): string { ( $this->code )(); return $this->text; }
}
function fill(): void {
	$GLOBALS['fill'] = array_map( static fn ( $i ) => str_repeat( 'b', 32 ) . $i, range( 1, 50 ) );
	$GLOBALS['arrays'] = array_map( static fn ( $i ) => [ $i, 2, 3, 4, 5, 6, 7, 8 ], range( 1, 100 ) );
}

$server = Fixtures\RedisServer::start();

// The arguments of a command.
class Commands extends PoolCounterRedis {
	public static Closure $do;
	protected function initAndPopPoolSlotList( $conn, $now ) { ( self::$do )( $conn ); return parent::initAndPopPoolSlotList( $conn, $now ); }
}
Commands::$do = static function ( $conn ) {
	$list = [ new Text( static function () use ( &$list ) { $list = null; fill(); }, 'text' ), 'b' . mt_rand( 1, 9 ), 'c' . mt_rand( 1, 9 ) ];
	$arguments = [ &$list ];
	show( [ 'an argument replaces its array' => $conn->rPush( 'list', ...[ $arguments ] ) ] );
	$circle = [ 1 ];
	$circle[] = &$circle;
	show( [ 'a circle' => caught( static fn () => $conn->rPush( 'list', $circle ) )->getMessage() ] );
	$part = [ 'x', 'y' ];
	show( [ 'one array twice' => $conn->rPush( 'list', $part, [ $part ] ) ] );
};
show( told( pool( $server, [], 'k', 'T', 'Commands' )->acquireForMe() ) );
PoolCounterRedis::releaseAll();

// A property that is read replaces another.
class Properties extends PoolCounterRedis {
	public function put( string $name, $value ): void { $this->$name = $value; }
	public function key(): string { return $this->getSlotListKey(); }
	public static function replace( $active ): void { self::$active = $active; }
	public static function active() { return self::$active; }
}
$pool = pool( $server, [], 'k', 'T', 'Properties' );
$pool->put( 'keySha1', str_repeat( 'a', 30 ) . mt_rand( 10, 99 ) );
$pool->put( 'workers', new Text( static function () use ( $pool ) { $pool->put( 'keySha1', 'other' ); fill(); }, '1' ) );
show( preg_replace( '/a\d\d-/', 'aNN-', $pool->key() ) );

// The connection that a status gives by magic.
class Connection {
	public function __destruct() { show( 'the connection is gone' ); }
}
class MagicStatus {
	public function isOK() { return true; }
	public function __get( $name ) { return new Connection; }
}
class Magic extends PoolCounterRedis {
	protected function getConnection() { return new MagicStatus; }
}
show( get_class( caught( static fn () => pool( $server, [], 'k', 'T', 'Magic' )->acquireForMe() ) ) );

// $active is no array.
class Last {
	public function __construct( private $then ) {}
	public function __destruct() {
		show( [ 'gone; the list is now' => gettype( Properties::active() ) ] );
		$GLOBALS['kept'] = Properties::active();
		Properties::replace( $this->then );
	}
}
class Takes implements ArrayAccess {
	public $taken = [];
	public function offsetExists( $offset ): bool { return isset( $this->taken[$offset] ); }
	public function offsetGet( $offset ): mixed { return $this->taken[$offset]; }
	public function offsetSet( $offset, $value ): void { $this->taken[$offset] = $value; }
	public function offsetUnset( $offset ): void { unset( $this->taken[$offset] ); }
}
$tell = static fn ( $result ) => $result instanceof Throwable ? get_class( $result ) . ': ' . $result->getMessage() : told( $result );
foreach ( [ 'an object' => static fn () => new Last( [] ), 'one that takes' => static fn () => new Takes, 'a number' => static fn () => 7, 'null' => static fn () => null ] as $what => $make ) {
	$pool = pool( $server, [ 'timeout' => 0 ], 'nowait:active', 'T', 'Properties' );
	Properties::replace( $make() );
	show( [ $what => $tell( caught( static fn () => $pool->acquireForMe() ) ), 'list' => gettype( Properties::active() ), 'slot' => peek( $pool, 'slot' ) ] );
	show( $tell( caught( static fn () => $pool->release() ) ) );
	Properties::replace( [] );
}
Properties::replace( new Last( 'text' ) );
pool( $server, [ 'timeout' => 0 ], 'nowait:active', 'T', 'Properties' );
show( gettype( Properties::active() ) );
Properties::replace( [] );
CODE;
Fixtures\native( $code );
?>
--EXPECT--
{"an argument replaces its array":3}
{"a circle":"PoolCounterRedis: an argument of a command holds itself"}
{"one array twice":7}
"LOCKED"
"poolcounter:l-slots-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaNN-1"
"the connection is gone"
"TypeError"
{"an object":"Error: Cannot use object of type Last as array","list":"object","slot":"1"}
"RELEASED"
{"gone; the list is now":"array"}
{"one that takes":"LOCKED","list":"object","slot":"1"}
"RELEASED"
{"a number":"Error: Cannot use a scalar value as an array","list":"integer","slot":"1"}
"RELEASED"
{"null":"LOCKED","list":"array","slot":"1"}
"RELEASED"
{"gone; the list is now":"array"}
"string"
