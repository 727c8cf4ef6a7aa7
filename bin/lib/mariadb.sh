# MariaDB servers of one's own: a primary and two replicas. Sourced after common.sh.
#
# A cluster is a folder with one folder a server (primary, replica1, replica2): its
# configuration, its data, its socket and the pid of the process that we started.
# What is in the folder is all there is, so that any process may start, kill or stop
# a server and whoever made the cluster can stop whatever is left.

MARIADB_SERVERS="primary replica1 replica2"

# mariadb_install: the server, its client and PHP's driver. Debian would start a server
# of its own at installation; where that happens it is left alone. Nothing that is stored
# here must survive the machine, so eatmydata keeps the servers from waiting for a disk:
# where that is slow, a statement would take longer than what a scenario waits for it.
mariadb_install() {
	apt_install mariadb-server mariadb-client php-mysql eatmydata || exit 1
}

# mariadb_free_ports N: prints that many loopback ports that nobody listens on. They are
# below the range that the kernel takes for outgoing connections, because a server that
# was killed comes back on its port later.
mariadb_free_ports() {
	php -r '
		for ( $found = [], $tries = 0; count( $found ) < $argv[1] && $tries < 10000; $tries++ ) {
			$port = random_int( 15000, 32000 );
			$server = @stream_socket_server( "tcp://127.0.0.1:$port" );
			if ( $server ) {
				$found[$port] = $server;
			}
		}
		echo implode( " ", array_keys( $found ) ), "\n";
	' "$1"
}

# mariadb_template FOLDER: the data of a server that never ran, to be copied.
mariadb_template() {
	mkdir -p "$1.temporary" || die "no folder can be made beside $1"
	TMPDIR=$1.temporary eatmydata mariadb-install-db --no-defaults --datadir="$1" --user="$(id -un)" --skip-test-db \
		--auth-root-authentication-method=normal --innodb-log-file-size=8M >"$1.log" 2>&1 ||
		die "mariadb-install-db failed, see $1.log: $(tail -n 3 "$1.log")"
}

# mariadb_query FOLDER SERVER SQL: as its root, without a heading.
mariadb_query() {
	mariadb --no-defaults -uroot -S "$1/$2/s" -N -e "$3"
}

# mariadb_pid FOLDER SERVER: prints the pid when that server's process is alive.
# A pid alone could be somebody else's by now.
mariadb_pid() {
	local pid
	pid=$(cat "$1/$2/process" 2>/dev/null) && [ -n "$pid" ] || return 1
	{ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "--defaults-file=$1/$2/my.cnf" || return 1
	echo "$pid"
}

# mariadb_start FOLDER SERVER: and waits until it answers.
mariadb_start() {
	local folder=$1 server=$2 pid
	mariadb_pid "$folder" "$server" >/dev/null && return 0
	mariadb_note_death "$folder" "$server"
	eatmydata mariadbd --defaults-file="$folder/$server/my.cnf" --user="$(id -un)" \
		>>"$folder/$server/out.log" 2>&1 </dev/null &
	pid=$!
	echo "$pid" >"$folder/$server/process"
	# The shell is not to report how it ended.
	disown
	for _ in $(seq 3000); do
		mariadb-admin --no-defaults -uroot -S "$folder/$server/s" ping >/dev/null 2>&1 && return 0
		# By the pid alone: a process that has just been forked has still our command line.
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.03
	done
	die "the server $server did not start: $(tail -n 5 "$folder/$server/err.log" "$folder/$server/out.log")"
}

# mariadb_has_ended PID: it is gone, or nothing is left but what its parent has not asked for.
mariadb_has_ended() {
	local threads=("/proc/$1/task/"*)
	[ -e "/proc/$1/stat" ] || return 0
	[ ${#threads[@]} -le 1 ] && grep -q '^State:[[:space:]]*[ZX]' "/proc/$1/status" 2>/dev/null
}

# mariadb_signal FOLDER SERVER SIGNAL: and waits until KILL, TERM or STOP have done their work.
mariadb_signal() {
	local pid
	pid=$(mariadb_pid "$1" "$2") || return 0
	kill "-$3" "$pid" || return 1
	case $3 in
		KILL|TERM)
			rm -f "$1/$2/process"
			for _ in $(seq 1000); do
				# Until its last thread has ended its sockets still take connections.
				mariadb_has_ended "$pid" && return 0
				sleep 0.01
			done
			return 1
			;;
		STOP)
			# The threads stop one after the other, and one that still runs may answer.
			for _ in $(seq 1000); do
				grep -h '^State:' "/proc/$pid/task/"*/status 2>/dev/null | grep -qv '[[:space:]]T' || return 0
				sleep 0.01
			done
			return 1
			;;
	esac
}

# Each server has its own folder for temporary tables: one that starts removes all that it
# finds there, and so would break the queries of those that share it with it.
#
# mariadb_cluster FOLDER TEMPLATE PASSWORD PORT PORT PORT: three running servers; the replicas
# follow the primary by GTID. The databases are wiki and wiki2, the user is "wiki".
# The folder's name must leave room for "/replica2/s" in a socket's 107 bytes.
mariadb_cluster() {
	local folder=$1 template=$2 password=$3 server id=0 primary_port=$4 extra
	[ ${#folder} -le 90 ] || die "the name of the folder $folder is too long for a unix socket"
	shift 3
	for server in $MARIADB_SERVERS; do
		id=$((id + 1))
		mkdir -p "$folder/$server/temporary"
		cp -a "$template" "$folder/$server/data" || die "copying $template failed: is there space?"
		case $server in
			primary) extra=$'log_bin = bin\nbinlog_format = ROW' ;;
			*) extra='read_only = ON' ;;
		esac
		cat >"$folder/$server/my.cnf" <<-CONF
			[mariadbd]
			datadir = $folder/$server/data
			tmpdir = $folder/$server/temporary
			socket = $folder/$server/s
			pid-file = $folder/$server/pid
			log-error = $folder/$server/err.log
			bind-address = 127.0.0.1
			port = $1
			server_id = $id
			$extra
			gtid_strict_mode = ON
			relay_log = relay
			relay_log_recovery = ON
			skip-slave-start
			slave_net_timeout = 4
			skip-name-resolve
			character-set-server = binary
			innodb_flush_log_at_trx_commit = 2
			innodb_flush_method = nosync
			sync_binlog = 0
			innodb_buffer_pool_size = 16M
			innodb_log_file_size = 8M
			aria_pagecache_buffer_size = 1M
			key_buffer_size = 1M
			performance_schema = OFF
			innodb_buffer_pool_dump_at_shutdown = OFF
			innodb_buffer_pool_load_at_startup = OFF
		CONF
		mariadb_start "$folder" "$server"
		shift
	done
	mariadb_query "$folder" primary "
		CREATE USER follower@'127.0.0.1' IDENTIFIED BY '$password';
		GRANT REPLICATION SLAVE ON *.* TO follower@'127.0.0.1';
		CREATE USER wiki@'127.0.0.1' IDENTIFIED BY '$password';
		GRANT ALL ON wiki.* TO wiki@'127.0.0.1';
		GRANT ALL ON wiki2.* TO wiki@'127.0.0.1';
		GRANT SLAVE MONITOR, BINLOG MONITOR, PROCESS ON *.* TO wiki@'127.0.0.1';
		CREATE DATABASE wiki; CREATE DATABASE wiki2;
		CREATE TABLE wiki.note (id INT PRIMARY KEY, body VARBINARY(255)) ENGINE=InnoDB;
		CREATE TABLE wiki.pre_note LIKE wiki.note;
		CREATE TABLE wiki2.note LIKE wiki.note;" || die "the primary cannot be set up"
	for server in replica1 replica2; do
		mariadb_query "$folder" "$server" "
			CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$primary_port, MASTER_USER='follower',
				MASTER_PASSWORD='$password', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1,
				MASTER_HEARTBEAT_PERIOD=1;
			START SLAVE;" || die "$server cannot follow the primary"
	done
}

# mariadb_note_death FOLDER SERVER: writes down that a server has ended without our doing.
mariadb_note_death() {
	[ -e "$1/$2/process" ] && ! mariadb_pid "$1" "$2" >/dev/null || return 0
	{
		echo "$2 has ended, and nobody asked it to; the last of its log:"
		tail -n 20 "$1/$2/err.log"
	} >>"$1/deaths"
	rm -f "$1/$2/process"
}

# mariadb_deaths FOLDER: prints which servers have ended without our doing, and what they said.
mariadb_deaths() {
	local server
	for server in $MARIADB_SERVERS; do
		mariadb_note_death "$1" "$server"
	done
	cat "$1/deaths" 2>/dev/null
	return 0
}

# mariadb_end FOLDER: no process of that cluster is left.
mariadb_end() {
	local server
	for server in $MARIADB_SERVERS; do
		# Nothing in there is needed again, and a frozen process would not see TERM.
		mariadb_signal "$1" "$server" KILL
	done
	return 0
}
