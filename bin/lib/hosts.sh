# The hosts: MediaWiki trees with their tests, from Debian's source packages,
# and wikis installed from them. Sourced after common.sh.

MWNATIVE_HOST_VERSIONS="1.39 1.43"
# Where the unpacked hosts are, for tests that read them.
MWNATIVE_HOSTS="$MWNATIVE_CACHE/hosts"
export MWNATIVE_HOSTS

# host_suite VERSION: the Debian release whose source package holds that host.
host_suite() {
	case $1 in
		1.39) echo bookworm ;;
		1.43) echo trixie ;;
		*) die "no such host: $1 (known: $MWNATIVE_HOST_VERSIONS)" ;;
	esac
}

# host_packages: what a wiki on this machine needs to run, without a web or a database server.
host_packages() {
	echo php-cli php-sqlite3 php-mbstring php-xml php-intl php-apcu php-gd php-curl
}

# phpt_packages: what the PHP tests need besides: real servers, and what the originals run on.
phpt_packages() {
	echo redis-server php-redis php-sqlite3
}

# host_tree VERSION: prints the path of the unpacked host, fetching it on first use.
host_tree() {
	local version=$1 tree="$MWNATIVE_HOSTS/$1" suite package
	if [ ! -e "$tree/.complete" ]; then
		suite=$(host_suite "$version") || exit 1
		apt_install dpkg-dev xz-utils || exit 1
		say "fetching MediaWiki $version (the $suite source package)"
		rm -rf "$tree" "$tree.source"
		mkdir -p "$tree.source" "${tree%/*}"
		apt_fetch_source "$suite" mediawiki "$tree.source" || exit 1
		package=$(echo "$tree.source"/*.dsc)
		dpkg-source --no-check --no-copy -x "$package" "$tree" >"$tree.source/log" 2>&1 ||
			die "unpacking $package failed, see $tree.source/log"
		rm -rf "$tree.source"
		touch "$tree/.complete"
	fi
	echo "$tree"
}

# host_install VERSION FOLDER [TREE]: a fresh wiki on SQLite. FOLDER/wiki is a copy
# of TREE, by default the source package's (hard links where the file system
# allows), FOLDER/data the database.
# The wiki's LocalSettings.php is FOLDER/wiki/LocalSettings.php.
host_install() {
	local version=$1 folder=$2 tree=${3:-} installer
	if [ -z "$tree" ]; then
		tree=$(host_tree "$version") || exit 1
	fi
	mkdir -p "$folder/data"
	cp -al "$tree" "$folder/wiki" 2>/dev/null || { rm -rf "$folder/wiki" && cp -a "$tree" "$folder/wiki"; } ||
		die "copying $tree to $folder/wiki failed: is there space?"
	case $version in
		1.39) installer=(maintenance/install.php) ;;
		*) installer=(maintenance/run.php install) ;;
	esac
	(cd "$folder/wiki" && php "${installer[@]}" --dbtype sqlite --dbpath "$folder/data" \
		--dbname wiki --pass "mwnative-$(head -c 12 /dev/urandom | base64 | tr -d '/+')" \
		--scriptpath "" --server "http://localhost" mwnative Admin) >"$folder/install.log" 2>&1 ||
		die "installing MediaWiki $version failed, see $folder/install.log: $(tail -n 3 "$folder/install.log")"
}
