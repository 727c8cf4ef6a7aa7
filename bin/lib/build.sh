# Building the extension outside the source folders. Sourced after common.sh.

# build_packages: what compiling needs.
build_packages() {
	echo php-cli php-dev libssl-dev libhiredis-dev pkg-config gcc make
}

# mwnative_build FLAVOUR: builds with gcc or clang, warnings being errors, in
# build/<FLAVOUR>, and prints the path of mwnative.so. Only what changed is compiled.
# Two that build at once in the same tree wait for each other.
mwnative_build() {
	local flavour=$1 folder="$MWNATIVE_ROOT/build/$1" compiler lock
	case $flavour in
		gcc|clang) compiler=$flavour ;;
		*) die "no such build: $flavour (gcc or clang)" ;;
	esac
	# shellcheck disable=SC2046 # a list of packages
	apt_install $(build_packages) || exit 1
	if [ "$compiler" = clang ]; then
		apt_install clang || exit 1
	fi
	mkdir -p "$folder"
	exec {lock}>"$folder/.lock"
	flock "$lock"
	# Copied with their times, so that make compiles only what changed.
	(cd "$MWNATIVE_ROOT" && cp -a ext src stubs config.m4 "$folder/") || die "copying the sources to $folder failed"
	if [ ! -e "$folder/Makefile" ] || [ "$MWNATIVE_ROOT/config.m4" -nt "$folder/Makefile" ]; then
		say "configuring with $compiler"
		(cd "$folder" && phpize && CC=$compiler ./configure --enable-mwnative-werror) >"$folder/configure.log" 2>&1 ||
			die "configure failed, see $folder/configure.log: $(grep -i error "$folder/configure.log" | tail -n 1)"
		rm -f "$folder"/{src,ext}/*.lo "$folder"/ext/*/*.lo
	fi
	say "compiling with $compiler"
	make -C "$folder" -j2 >"$folder/make.log" 2>&1 || {
		grep -E '(error|warning):' "$folder/make.log" | head -n 20 >&2
		die "the build failed, see $folder/make.log"
	}
	exec {lock}>&-
	echo "$folder/modules/mwnative.so"
}
