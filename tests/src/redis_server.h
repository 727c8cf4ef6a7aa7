/*
 * A real redis-server for a test: a plain process in the folder that the test was given, reached at a unix socket
 * and at a loopback port. It ends with the test, however that ends.
 */
#ifndef MWNATIVE_REDIS_SERVER_H
#define MWNATIVE_REDIS_SERVER_H

#include "redis_peer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

typedef struct {
	pid_t process;
	mwn_redis_address at_path, at_port;
} redis_server;

/* Becomes the server. */
static inline void run_server(const char *path, const char *port, const char *password, bool is_tls)
{
	int log = open("redis.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (log >= 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2) {
		execlp("redis-server", "redis-server", "--bind", "127.0.0.1", "--unixsocket", path, "--save", "", "--appendonly",
			"no", "--daemonize", "no", "--requirepass", password, "--port", is_tls ? "0" : port,
			/* The last ones, which are left out without TLS. */
			is_tls ? "--tls-port" : (char *)NULL, port, "--tls-cert-file", "server.crt", "--tls-key-file", "server.key",
			"--tls-ca-cert-file", "ca.crt", "--tls-auth-clients", "no", (char *)NULL);
	}
	_exit(127);
}

static inline mwn_redis_link *try_link(mwn_redis_address address, const char *user, const char *password,
	double seconds)
{
	mwn_redis_options options = options_of(seconds);
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_result result;

	if (password) {
		set_password(&options, user, password);
	}
	return mwn_redis_link_open(&address, &options, PATIENT, &result, error);
}

static inline void server_stop(redis_server *server)
{
	kill(server->process, SIGKILL);
	waitpid(server->process, NULL, 0);
	unlink(server->at_path.host);
}

/* Somebody else may take the port before the server does: false then. */
static inline bool try_server(redis_server *server, const char *password, bool is_tls)
{
	redis_peer free_port;
	char port[16];

	peer_bind(&free_port, -1);
	server->at_port = free_port.address;
	server->at_port.is_tls = is_tls;
	peer_end(&free_port);
	snprintf(port, sizeof(port), "%d", server->at_port.port);
	fflush(stdout);
	server->process = fork();
	MUST(server->process >= 0);
	if (server->process == 0) {
		run_server(server->at_path.host, port, password, is_tls);
	}
	for (int i = 0; i < 1000 && waitpid(server->process, NULL, WNOHANG) == 0; i++) {
		mwn_redis_link *link = try_link(server->at_path, NULL, password, LONG_SECONDS);
		if (link) {
			mwn_redis_link_close(link);
			return true;
		}
		usleep(10000);
	}
	server_stop(server);
	return false;
}

/* In the current folder; under TLS with the certificates that are there, ca.crt and server.crt with server.key. */
static inline void server_start(redis_server *server, const char *password, bool is_tls)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)], folder[4096];

	MUST(getcwd(folder, sizeof(folder)) && strlen(folder) + strlen("/redis.sock") < sizeof(path));
	snprintf(path, sizeof(path), "%.90s/redis.sock", folder);
	server->at_path = address_of(path);
	for (int i = 0; i < 5; i++) {
		if (try_server(server, password, is_tls)) {
			return;
		}
	}
	fprintf(stderr, "redis-server cannot be started; see redis.log in %s\n", folder);
	MUST(!"redis-server");
}

#endif
