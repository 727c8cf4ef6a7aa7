/*
 * The bytes of a link: a connected socket that never blocks, plain or under TLS, and the waits for it.
 *
 * Where a function sets `reason`, that is a text for a person, valid until the stream is used again.
 */
#ifndef MWNATIVE_REDIS_STREAM_H
#define MWNATIVE_REDIS_STREAM_H

#include <stdint.h>

#include "redis_compat.h"
#include "redis_link.h"

struct ssl_st;

/* A moment of CLOCK_MONOTONIC, in nanoseconds. */
typedef int64_t mwn_redis_moment;

mwn_redis_moment mwn_redis_now(void);
mwn_redis_moment mwn_redis_after(double seconds);

/*
 * Waits until the descriptor has one of the events of poll(2): MWN_REDIS_OK, _TIMED_OUT, _INTERRUPTED,
 * _NO_MEMORY, or _LOST. Looks once even if the deadline has passed. A negative descriptor has no events.
 */
mwn_redis_result mwn_redis_wait(int descriptor, short events, mwn_redis_moment deadline,
	mwn_redis_patience patience);

typedef struct mwn_redis_stream mwn_redis_stream;

/* How the bytes go: mwn_redis_plain or mwn_redis_tls. */
typedef struct {
	/* Writes all of it, waiting for room; how much was written when it fails is unknown. */
	mwn_redis_result (*write)(mwn_redis_stream *stream, const char *bytes, size_t length, mwn_redis_moment deadline,
		mwn_redis_patience patience, const char **reason);
	/* Feeds the context's reader what there is, without waiting. */
	mwn_redis_result (*read)(mwn_redis_stream *stream, const char **reason);
	/* Are there bytes to read that poll(2) does not know of? */
	bool (*has_more)(const mwn_redis_stream *stream);
} mwn_redis_transport;

struct mwn_redis_stream {
	const mwn_redis_transport *transport;
	redisContext *context;
	struct ssl_st *session; /* belongs to the context; NULL without TLS */
};

extern const mwn_redis_transport mwn_redis_plain;

/*
 * Connects to one after the other of the host's addresses, each of which gets its share of the time. Looking up
 * the name is the system's and takes what it takes. Negative when it fails.
 */
int mwn_redis_connect(const mwn_redis_address *address, mwn_redis_moment deadline, mwn_redis_patience patience,
	mwn_redis_result *result, const char **reason);

/* redisBufferRead(), for the transports. */
mwn_redis_result mwn_redis_fill_reader(redisContext *context, const char **reason);

/* Begins TLS on a stream that is connected, and makes mwn_redis_tls its transport. */
mwn_redis_result mwn_redis_tls_start(mwn_redis_stream *stream, const char *host, const mwn_redis_options *options,
	mwn_redis_moment deadline, mwn_redis_patience patience, const char **reason);

#endif
