#include "redis_stream.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)
/* Keeps the sum of now and a time that somebody called endless in its type. */
#define LONGEST_SECONDS 1e9
/* A unix socket whose queue is full tells nobody when it has room again. */
#define RETRY_AFTER (5 * MILLISECOND)

mwn_redis_moment mwn_redis_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

mwn_redis_moment mwn_redis_after(double seconds)
{
	if (!(seconds < LONGEST_SECONDS)) {
		seconds = LONGEST_SECONDS;
	}
	return mwn_redis_now() + (seconds > 0 ? (int64_t)(seconds * SECOND) : 0);
}

mwn_redis_result mwn_redis_wait(int descriptor, short events, mwn_redis_moment deadline, mwn_redis_patience patience)
{
	for (;;) {
		int64_t left = (deadline - mwn_redis_now() + MILLISECOND - 1) / MILLISECOND;
		struct pollfd polled = {descriptor, events, 0};
		int ready = poll(&polled, 1, left <= 0 ? 0 : left < MWN_REDIS_SLICE_MS ? (int)left : MWN_REDIS_SLICE_MS);
		if (ready > 0) {
			return MWN_REDIS_OK;
		}
		if (ready < 0 && errno != EINTR) {
			return errno == ENOMEM ? MWN_REDIS_NO_MEMORY : MWN_REDIS_LOST;
		}
		if (ready < 0 && !patience.outlasts_signals) {
			return MWN_REDIS_INTERRUPTED;
		}
		if (patience.is_over && patience.is_over(patience.context)) {
			return MWN_REDIS_INTERRUPTED;
		}
		if (mwn_redis_now() >= deadline) {
			return MWN_REDIS_TIMED_OUT;
		}
	}
}

static mwn_redis_result write_plain(mwn_redis_stream *stream, const char *bytes, size_t length,
	mwn_redis_moment deadline, mwn_redis_patience patience, const char **reason)
{
	while (length > 0) {
		/* Not redisBufferWrite(): a peer that has gone would kill the process with SIGPIPE. */
		ssize_t written = send(stream->context->fd, bytes, length, MSG_NOSIGNAL);
		if (written >= 0) {
			bytes += written;
			length -= (size_t)written;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			mwn_redis_result result = mwn_redis_wait(stream->context->fd, POLLOUT, deadline, patience);
			if (result != MWN_REDIS_OK) {
				*reason = strerror(errno);
				return result;
			}
		} else if (errno != EINTR) {
			*reason = strerror(errno);
			return MWN_REDIS_LOST;
		}
	}
	return MWN_REDIS_OK;
}

mwn_redis_result mwn_redis_fill_reader(redisContext *context, const char **reason)
{
	if (redisBufferRead(context) == REDIS_OK) {
		return MWN_REDIS_OK;
	}
	*reason = context->err == REDIS_ERR_EOF ? "it closed the connection" : context->errstr;
	return context->err == REDIS_ERR_OOM ? MWN_REDIS_NO_MEMORY : MWN_REDIS_LOST;
}

static mwn_redis_result read_plain(mwn_redis_stream *stream, const char **reason)
{
	return mwn_redis_fill_reader(stream->context, reason);
}

static bool has_more_plain(const mwn_redis_stream *stream)
{
	(void)stream;
	return false;
}

const mwn_redis_transport mwn_redis_plain = {write_plain, read_plain, has_more_plain};

static mwn_redis_result unreachable(int error, const char **reason)
{
	*reason = strerror(error);
	switch (error) {
		case ENOMEM:
		case ENOBUFS:
			return MWN_REDIS_NO_MEMORY;
		case ECONNREFUSED:
		case ENOENT:
			return MWN_REDIS_ABSENT;
		default:
			return MWN_REDIS_UNREACHABLE;
	}
}

static mwn_redis_result stopped(mwn_redis_result result, const char **reason)
{
	switch (result) {
		case MWN_REDIS_TIMED_OUT:
			*reason = "no answer in time";
			return MWN_REDIS_UNREACHABLE;
		case MWN_REDIS_INTERRUPTED:
			*reason = "interrupted";
			return result;
		default:
			return unreachable(errno, reason);
	}
}

static mwn_redis_result connect_socket(int descriptor, const struct sockaddr *to, socklen_t length,
	mwn_redis_moment deadline, mwn_redis_patience patience, const char **reason)
{
	mwn_redis_result result;
	int error = 0;
	socklen_t size = sizeof(error);

	while (connect(descriptor, to, length) != 0) {
		mwn_redis_moment retry = mwn_redis_now() + RETRY_AFTER;
		if (errno == EINPROGRESS || errno == EINTR) {
			result = mwn_redis_wait(descriptor, POLLOUT, deadline, patience);
			if (result != MWN_REDIS_OK) {
				return stopped(result, reason);
			}
			if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
				error = errno;
			}
			return error == 0 ? MWN_REDIS_OK : unreachable(error, reason);
		}
		if (errno != EAGAIN) {
			return unreachable(errno, reason);
		}
		result = mwn_redis_wait(-1, 0, retry < deadline ? retry : deadline, patience);
		if (result != MWN_REDIS_TIMED_OUT || mwn_redis_now() >= deadline) {
			return stopped(result, reason);
		}
	}
	return MWN_REDIS_OK;
}

static int connect_to(const struct sockaddr *to, socklen_t length, mwn_redis_moment deadline,
	mwn_redis_patience patience, mwn_redis_result *result, const char **reason)
{
	int descriptor = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (descriptor < 0) {
		*result = unreachable(errno, reason);
		return -1;
	}
	if (to->sa_family != AF_UNIX) {
		/* Slower or less watchful without them, but no less right. */
		setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	}
	*result = connect_socket(descriptor, to, length, deadline, patience, reason);
	if (*result != MWN_REDIS_OK) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

static int connect_path(const char *path, mwn_redis_moment deadline, mwn_redis_patience patience,
	mwn_redis_result *result, const char **reason)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(to.sun_path)) {
		*result = unreachable(ENAMETOOLONG, reason);
		return -1;
	}
	strcpy(to.sun_path, path);
	return connect_to((const struct sockaddr *)&to, sizeof(to), deadline, patience, result, reason);
}

static int connect_host(const char *host, int port, mwn_redis_moment deadline, mwn_redis_patience patience,
	mwn_redis_result *result, const char **reason)
{
	struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
	char service[16];
	int error, descriptor = -1;
	int64_t left = 0;
	bool all_absent = true;

	snprintf(service, sizeof(service), "%d", port);
	error = getaddrinfo(host, service, &wanted, &found);
	if (error != 0) {
		*result = error == EAI_MEMORY ? MWN_REDIS_NO_MEMORY : MWN_REDIS_UNREACHABLE;
		*reason = error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
		return -1;
	}
	for (const struct addrinfo *one = found; one; one = one->ai_next) {
		left++;
	}
	for (const struct addrinfo *one = found; one && descriptor < 0; one = one->ai_next, left--) {
		mwn_redis_moment now = mwn_redis_now();
		descriptor = connect_to(one->ai_addr, one->ai_addrlen, now + (deadline - now) / left, patience, result, reason);
		all_absent = all_absent && *result == MWN_REDIS_ABSENT;
		if (descriptor < 0 && *result != MWN_REDIS_UNREACHABLE && *result != MWN_REDIS_ABSENT) {
			break;
		}
	}
	freeaddrinfo(found);
	if (descriptor < 0 && *result == MWN_REDIS_ABSENT && !all_absent) {
		*result = MWN_REDIS_UNREACHABLE;
	}
	return descriptor;
}

int mwn_redis_connect(const mwn_redis_address *address, mwn_redis_moment deadline, mwn_redis_patience patience,
	mwn_redis_result *result, const char **reason)
{
	return address->is_unix ? connect_path(address->host, deadline, patience, result, reason)
		: connect_host(address->host, address->port, deadline, patience, result, reason);
}
