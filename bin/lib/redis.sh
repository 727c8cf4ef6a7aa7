# A Redis server of one's own. Sourced after common.sh.

redis_process=''

# redis_start FOLDER: a server on the unix socket FOLDER/redis.sock (at most 107 bytes
# long), which keeps nothing. One at a time.
redis_start() {
	local folder=$1 tries=0
	apt_install redis-server redis-tools || exit 1
	redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' --appendonly no --daemonize no \
		--dir "$folder" >"$folder/redis.log" 2>&1 </dev/null &
	redis_process=$!
	until redis-cli -s "$folder/redis.sock" ping >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || die "the Redis server did not start, see $folder/redis.log: $(tail -n 1 "$folder/redis.log")"
		sleep 0.1
	done
}

# redis_stop: by its pid; nothing happens when there is none.
redis_stop() {
	[ -z "$redis_process" ] || { kill "$redis_process" && wait "$redis_process"; } 2>/dev/null
	redis_process=''
}
