# The demo's second act: a page view under load, with PoolCounter on ArticleView.
# Sourced by bin/demo, whose functions and variables it uses.
#
# The wiki is the first act's, the one with the native classes. A Redis server and
# one php-fpm after another run in $demo/pool and are stopped with the demo.

readonly POOL_WORKERS=8
# Rows of the page's table: as many as make a parse last about a second.
export MWNATIVE_DEMO_ROWS=${MWNATIVE_DEMO_ROWS:-700}

fpm_process='' clients_process=''

# fpm_command: prints the path of the php-fpm that belongs to the php in PATH.
fpm_command() {
	local version fpm
	version=$(php -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')
	for fpm in "php-fpm$version" "/usr/sbin/php-fpm$version" /usr/local/sbin/php-fpm php-fpm; do
		if command -v "$fpm"; then
			return 0
		fi
	done
	die "there is no php-fpm for the php in PATH, which is PHP $version"
}

# fpm_start MODE: php-fpm with 8 workers on $demo/pool/fpm.sock, its pool counter
# being native or original; or "without" any.
fpm_start() {
	local mode=$1 pool="$demo/pool" user='' options=() php tries=0 fpm
	fpm=$(fpm_command) || exit 1
	php_of native
	options=("${php[@]:1}" -d opcache.enable=1)
	[ "$mode" = native ] || options+=(-d mwnative.pool_counter=0)
	if [ "$(id -u)" -eq 0 ]; then
		options+=(-R)
		user=$'user = root\ngroup = root'
	fi
	cat >"$pool/fpm.conf" <<-CONF
		[global]
		daemonize = no
		error_log = $pool/log/fpm.log
		[demo]
		$user
		listen = $pool/fpm.sock
		pm = static
		pm.max_children = $POOL_WORKERS
		catch_workers_output = yes
		env[MW_CONFIG_FILE] = $pool/LocalSettings.php
		env[MWNATIVE_DEMO_MODE] = $mode
		env[TMPDIR] = $pool/tmp
		php_admin_value[error_log] = $pool/log/php.log
		php_admin_flag[log_errors] = on
	CONF
	rm -f "$pool/fpm.sock"
	"$fpm" -F -y "$pool/fpm.conf" "${options[@]}" >>"$pool/log/fpm.log" 2>&1 </dev/null &
	fpm_process=$!
	until [ -S "$pool/fpm.sock" ]; do
		tries=$((tries + 1))
		{ [ "$tries" -lt 100 ] && kill -0 "$fpm_process" 2>/dev/null; } ||
			die "php-fpm did not start, see $pool/log/fpm.log: $(grep ERROR "$pool/log/fpm.log" | tail -n 1)"
		sleep 0.1
	done
}

# fpm_stop: by its pid; its workers end with it. Nothing happens when there is none.
fpm_stop() {
	[ -z "$fpm_process" ] || { kill "$fpm_process" && wait "$fpm_process"; } 2>/dev/null
	fpm_process=''
}

# pool_stop: nothing of the second act runs on.
pool_stop() {
	[ -z "$clients_process" ] || kill "$clients_process" 2>/dev/null
	fpm_stop
	redis_stop
}

# pool_prepare: the folder, its settings file, and the slow page in the wiki.
pool_prepare() {
	local pool="$demo/pool" wiki="$demo/native/wiki" php command
	[ "$(printf '%s' "$pool/redis.sock" | wc -c)" -le 107 ] ||
		die "the path of a unix socket in $pool would be too long: give a FOLDER with a shorter path"
	mkdir -p "$pool"/{cache,log,requests,texts,tmp}
	printf "<?php\n\$demoPool = '%s';\nrequire '%s';\nrequire '%s';\n" \
		"$pool" "$wiki/LocalSettings.php" "$root/bin/demo.d/pool_settings.php" >"$pool/LocalSettings.php"
	php "$root/bin/demo.d/pool_page.php" "$pool/texts" "$MWNATIVE_DEMO_ROWS" || die "the page's text cannot be written"
	php_of native
	command=("${php[@]}")
	if [ -e "$wiki/maintenance/run.php" ]; then
		command+=("$wiki/maintenance/run.php")
	fi
	# The templates first, so that the page is right from the start.
	MW_INSTALL_PATH="$wiki" MW_CONFIG_FILE="$pool/LocalSettings.php" TMPDIR="$pool/tmp" \
		"${command[@]}" "$wiki/maintenance/importTextFiles.php" \
		"$pool/texts"/Template:*.txt "$pool/texts/List of places.txt" >"$pool/log/import.log" 2>&1 ||
		die "the page cannot be saved in the wiki, see $pool/log/import.log: $(tail -n 3 "$pool/log/import.log")"
}

# pool_mode MODE ROUNDS TEXT: the rounds with one pool counter, in a fresh php-fpm and an empty Redis.
pool_mode() {
	local failed=0
	heading "$3"
	redis-cli -s "$demo/pool/redis.sock" flushall >/dev/null || die "Redis does not answer, see $demo/pool/redis.log"
	fpm_start "$1"
	# In the background, so that a signal ends the wait at once.
	php "$root/bin/demo.d/pool_clients.php" "$demo" "$1" "$2" &
	clients_process=$!
	wait "$clients_process" || failed=1
	clients_process=''
	[ "$failed" -eq 0 ] || die "the clients did not get what they asked for, see above and $demo/pool/log"
	fpm_stop
}

# pool_act: all of it, from installing what it needs to the report.
pool_act() {
	heading "Second act: a page view under load"
	apt_install php-fpm php-redis || exit 1
	say "making a page that is slow to parse: a table of $MWNATIVE_DEMO_ROWS rows, each of nested templates"
	pool_prepare
	trap pool_stop EXIT
	trap 'exit 130' INT TERM
	say "starting Redis on $demo/pool/redis.sock; php-fpm with $POOL_WORKERS workers follows for each pool counter"
	redis_start "$demo/pool"
	pool_mode native 3 "PoolCounterRedis, native"
	# Clients that the original forgets to wake wait for the whole timeout, so one round is enough.
	pool_mode original 1 "PoolCounterRedis, the PHP original (mwnative.pool_counter=0)"
	pool_mode without 1 "No pool counter"
	pool_stop
	php "$root/bin/demo.d/pool_report.php" "$demo" || die "the second act did not end as it should, see above"
}
