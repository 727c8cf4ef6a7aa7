<?php

namespace MwNative\Differential;

/** Storage paths, contents and source files to draw from: few, so that operations meet the same files. */
final class Paths {
	public const CONTAINERS = ['c1', 'c2', 'Wiki-x'];
	public const FILES = [
		'f1.txt', 'f2.TXT', 'd/f1.txt', 'd/g.png', 'd/e/h', 'd/e/deep.tar.gz', 'ü/ñ 1.txt', 'a b', 'index.html', 'cost$1.txt',
	];
	public const FOLDERS = ['', 'd', 'd/e', 'ü', 'none', 'd/none/x'];
	public const CONTENTS = ['', 'a', 'b', 'abc', "line 1\nline 2\n", "\0\1\2\xff\xfe", '<!DOCTYPE html><p>x'];

	/**
	 * @param string[] $storeNames
	 * @param string $hot A file (container/path) that many operations are about
	 */
	public function __construct(private string $proxyName, private array $storeNames, private string $hot) {
	}

	/** A path as an ordinary caller would give it. */
	public function file(Rng $rng): string {
		return "mwstore://$this->proxyName/" . $this->inside($rng);
	}

	/** A file's container and path in it. */
	public function inside(Rng $rng): string {
		return $rng->chance(45) ? $this->hot
			: $rng->weighted(['c1' => 6, 'c2' => 2, 'Wiki-x' => 1]) . '/' . $rng->pick(self::FILES);
	}

	/** A path as callers give it, now and then a wrong one. */
	public function any(Rng $rng, int $wrong = 12): ?string {
		return $rng->chance($wrong) ? $this->wrong($rng) : $this->file($rng);
	}

	/** @return list<?string> */
	public function several(Rng $rng, int $most = 4): array {
		$paths = [];
		for ($n = $rng->int(0, $most); $n > 0; $n--) {
			$paths[] = $this->any($rng);
		}
		return $paths;
	}

	public function folder(Rng $rng): string {
		$folder = $rng->pick(self::FOLDERS);
		$container = $rng->weighted(['c1' => 6, 'c2' => 2, 'Wiki-x' => 1]);
		return $folder === '' ? "mwstore://$this->proxyName/$container" : $this->inContainer($container, $folder);
	}

	public function anyFolder(Rng $rng): ?string {
		return $rng->chance(12) ? $this->wrong($rng) : $this->folder($rng);
	}

	/** A path that is not what it should be, yet still a string or null. */
	public function wrong(Rng $rng): ?string {
		$name = $this->proxyName;
		$store = $this->storeNames === [] ? 'x' : $rng->pick($this->storeNames);
		return $rng->pick([
			"mwstore://$store/c1/f1.txt",
			"mwstore://$store/c1/d/f1.txt",
			"mwstore://{$name}x/c1/f1.txt",
			"mwstore://elsewhere/c1/f1.txt",
			"mwstore://$name",
			"mwstore://$name/",
			"mwstore://$name/c1",
			"mwstore://$name/c1/",
			"mwstore://$name//f1.txt",
			"mwstore://$name/c1/../c2/f1.txt",
			"mwstore://$name/c1/./f1.txt",
			"mwstore://$name/c1/d/../f1.txt",
			"mwstore://$name/c1//d///f1.txt",
			"mwstore://$name/c1/d\\f1.txt",
			"mwstore://$name/c.1/f1.txt",
			"mwstore://$name/c1/f1.txt/",
			"mwstore://$name/c1/.hidden",
			"mwstore://$name/c1/" . str_repeat('x', 300),
			"mwstore://$name/c1/a\0b",
			"mwstore://$name/c1/x\n",
			"mwstore://$name/c1/\xff\xfe",
			"mwstore://$name/c1/mwstore://$name/c1/f1.txt",
			strtoupper("mwstore://$name/c1/f1.txt"),
			"MWSTORE://$name/c1/f1.txt",
			" mwstore://$name/c1/f1.txt",
			"mwstore:/$name/c1/f1.txt",
			'mwstore://',
			'mwstore:///c1/f1.txt',
			'mwstore://$0/c1/f1.txt',
			'mwstore://\\1/c1/f1.txt',
			'/etc/passwd',
			'relative',
			'',
			'0',
			null,
		]);
	}

	public function content(Rng $rng): string {
		return $rng->chance(90) ? $rng->pick(self::CONTENTS) : str_repeat($rng->pick(['x', 'yz']), $rng->int(100, 20000));
	}

	private function inContainer(string $container, string $rest): string {
		return "mwstore://$this->proxyName/$container/$rest";
	}
}
