/*
 * The other end of a link, in this process: nothing runs beside the test. What the peer sends before it is waited
 * for lies in the socket; what it does while it is waited for, the link's patience does.
 */
#ifndef MWNATIVE_REDIS_PEER_H
#define MWNATIVE_REDIS_PEER_H

#include "check.h"

#include "src/redis_compat.h"
#include "src/redis_link.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* For what is to time out, and for what is not. */
#define SHORT_SECONDS 0.2
#define LONG_SECONDS 20.0

#define TEXT(constant) constant, sizeof(constant) - 1
/* The arguments of a command, from constants: COMMAND({"GET"}, {"key"}). */
#define WORD(constant) {constant, sizeof(constant) - 1}
#define COMMAND(...) \
	(const mwn_redis_argument[]){__VA_ARGS__}, sizeof((mwn_redis_argument[]){__VA_ARGS__}) / sizeof(mwn_redis_argument)
#define PATIENT ((mwn_redis_patience){NULL, NULL, false})

static inline double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline mwn_redis_options options_of(double seconds)
{
	return (mwn_redis_options){.connect_timeout = seconds, .read_timeout = seconds};
}

static inline void set_password(mwn_redis_options *options, const char *user, const char *password)
{
	options->user = user;
	options->user_length = user ? strlen(user) : 0;
	options->password = password;
	options->password_length = strlen(password);
}

typedef struct {
	int listener;   /* negative: none */
	int connection; /* the same */
	mwn_redis_address address;
} redis_peer;

static inline mwn_redis_address address_of(const char *text)
{
	mwn_redis_address address;

	MUST(mwn_redis_address_parse(&address, text, strlen(text)) == NULL);
	return address;
}

/* A name for 127.0.0.1, or, on a machine that has none, the address itself. */
static inline const char *loopback_name(void)
{
	struct addrinfo *found;

	if (getaddrinfo("localhost", NULL, &(struct addrinfo){.ai_family = AF_INET}, &found) != 0) {
		return "127.0.0.1";
	}
	freeaddrinfo(found);
	return "localhost";
}

/* Takes a loopback port that is free; without `backlog` (below 0) nobody listens there. */
static inline void peer_bind(redis_peer *peer, int backlog)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(to);
	char text[64];

	peer->connection = -1;
	peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(peer->listener >= 0 && bind(peer->listener, (struct sockaddr *)&to, sizeof(to)) == 0);
	MUST(getsockname(peer->listener, (struct sockaddr *)&to, &size) == 0);
	MUST(backlog < 0 || listen(peer->listener, backlog) == 0);
	snprintf(text, sizeof(text), "127.0.0.1:%d", ntohs(to.sin_port));
	peer->address = address_of(text);
}

static inline void peer_accept(redis_peer *peer)
{
	struct pollfd polled = {peer->listener, POLLIN, 0};

	MUST(peer->connection < 0);
	while (poll(&polled, 1, 10000) != 1) {
	}
	peer->connection = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
	MUST(peer->connection >= 0);
}

static inline void peer_send(const redis_peer *peer, const char *bytes, size_t length)
{
	MUST(send(peer->connection, bytes, length, MSG_NOSIGNAL) == (ssize_t)length);
}

/* What has come, as a text. */
static inline const char *peer_heard(const redis_peer *peer)
{
	static char heard[1000];
	ssize_t length = recv(peer->connection, heard, sizeof(heard) - 1, MSG_DONTWAIT);

	heard[length > 0 ? length : 0] = '\0';
	return heard;
}

static inline void peer_hang_up(redis_peer *peer)
{
	MUST(close(peer->connection) == 0);
	peer->connection = -1;
}

static inline void peer_end(redis_peer *peer)
{
	if (peer->connection >= 0) {
		close(peer->connection);
	}
	close(peer->listener);
	peer->connection = peer->listener = -1;
}

/* A link to the peer, and the peer's end of it. */
static inline mwn_redis_link *peer_link(redis_peer *peer, double seconds)
{
	mwn_redis_options options = options_of(seconds);
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_result result;
	mwn_redis_link *link = mwn_redis_link_open(&peer->address, &options, PATIENT, &result, error);

	if (!link) {
		fprintf(stderr, "%s\n", error);
	}
	MUST(link && result == MWN_REDIS_OK);
	peer_accept(peer);
	return link;
}

/* A link that waits for one reply. */
static inline mwn_redis_link *owing_link(redis_peer *peer, double seconds)
{
	mwn_redis_link *link = peer_link(peer, seconds);

	MUST(mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK);
	return link;
}

/* Did the last thing that was done with the link break it, with that in its text? */
static inline bool is_broken(mwn_redis_link *link, const char *why)
{
	redisReply *reply = (redisReply *)link;

	ABOUT("%s", mwn_redis_link_error(link));
	return strstr(mwn_redis_link_error(link), why) && !mwn_redis_link_is_usable(link)
		&& mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_LOST
		&& strstr(mwn_redis_link_error(link), "is broken")
		&& mwn_redis_link_receive(link, 0, PATIENT, &reply) == MWN_REDIS_LOST && !reply;
}

/* Receives a reply that is to be there, or to come, and to be that text. */
static inline bool receives(mwn_redis_link *link, int type, const char *text)
{
	redisReply *reply;
	mwn_redis_result result = mwn_redis_link_receive(link, LONG_SECONDS, PATIENT, &reply);
	bool is = result == MWN_REDIS_OK && reply && reply->type == type && (!text || strcmp(reply->str, text) == 0);

	ABOUT("result %d, %s", result, reply && reply->str ? reply->str : mwn_redis_link_error(link));
	mwn_redis_reply_free(reply);
	return is;
}

#endif
