/*
 * One connection to a Redis server, over hiredis.
 *
 * The socket never blocks: every wait is a poll in slices of MWN_REDIS_SLICE_MS, between which the
 * caller's `mwn_redis_patience` is asked whether to go on. A signal that was delivered to a handler ends
 * a wait too, unless the patience outlasts it. Nothing is ever sent twice, and a link on which anything but an
 * error reply went wrong is broken for good: what a command that was under way did is then unknown.
 */
#ifndef MWNATIVE_REDIS_LINK_H
#define MWNATIVE_REDIS_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "redis_address.h"

struct redisReply;

typedef struct mwn_redis_link mwn_redis_link;

#define MWN_REDIS_SLICE_MS 50
/* A reply that is larger is not one of ours: the link is broken rather than filled with it. */
#define MWN_REDIS_REPLY_BYTES_MAX (1024 * 1024)
#define MWN_REDIS_REPLY_ELEMENTS_MAX 1024
#define MWN_REDIS_ERROR_LENGTH 255

typedef struct {
	double connect_timeout; /* seconds, above 0 */
	double read_timeout;    /* seconds, above 0 */
	const char *user;       /* NULL: none (AUTH with the password alone) */
	const char *password;   /* NULL: no AUTH */
	size_t user_length, password_length;
	int database;           /* 0: no SELECT */
	/* TLS, for addresses that ask for it */
	const char *ca_file;    /* NULL: the system's certificates */
	const char *peer_name;  /* NULL: the host of the address */
	bool verify_peer;
} mwn_redis_options;

typedef enum {
	MWN_REDIS_OK,
	MWN_REDIS_UNREACHABLE, /* not connected, or not answered in time while connecting, TLS included */
	MWN_REDIS_ABSENT,      /* the same, and told at once: nobody listens there */
	MWN_REDIS_REFUSED,     /* connected, but AUTH or SELECT got an error reply */
	MWN_REDIS_TIMED_OUT,   /* no reply in time */
	MWN_REDIS_LOST,        /* the peer closed, or the network failed */
	MWN_REDIS_GARBAGE,     /* what came is no Redis reply, or too large a one */
	MWN_REDIS_INTERRUPTED, /* a signal came, or the patience ended */
	MWN_REDIS_NO_MEMORY,
} mwn_redis_result;

/* Asked between the slices of every wait. Must return (no longjmp), and leave the link alone. */
typedef struct {
	bool (*is_over)(void *context); /* NULL: never over */
	void *context;
	bool outlasts_signals; /* a signal ends no wait, and what is waited for keeps its one time-out however many come */
} mwn_redis_patience;

/* Only time-outs end a wait. */
extern const mwn_redis_patience mwn_redis_undisturbed;

/* One argument of a command; any bytes. */
typedef struct {
	const char *bytes;
	size_t length;
} mwn_redis_argument;

/* Is TLS built in? (MWN_HAVE_HIREDIS_SSL: hiredis 1.0 or later with its TLS library.) */
bool mwn_redis_has_tls(void);

/*
 * Connects, within options->connect_timeout over all addresses of the host; then AUTH and SELECT if asked
 * for, within options->read_timeout. The options are not kept. Looking up a name is the system's, which
 * has a time-out of its own.
 *
 * NULL when it fails: `result` says how and `error`, of MWN_REDIS_ERROR_LENGTH + 1 bytes, why. Neither
 * the password nor the user is ever in `error`.
 */
mwn_redis_link *mwn_redis_link_open(const mwn_redis_address *address, const mwn_redis_options *options,
	mwn_redis_patience patience, mwn_redis_result *result, char *error);

/* Closes without a word to the server. Accepts NULL. Safe in a child after fork: the parent's connection
 * is not disturbed. */
void mwn_redis_link_close(mwn_redis_link *link);

/*
 * Can a command be sent? False when the link is broken, when another process opened it (fork), when
 * the peer has closed, or when bytes lie there that nobody waits for. Costs one system call.
 */
bool mwn_redis_link_is_usable(mwn_redis_link *link);

/*
 * Sends a command and does not wait for its reply; the reply is owed then, and must be received
 * before those of later commands. Waits at most read_timeout for room to write. On anything but
 * MWN_REDIS_OK the link is broken.
 */
mwn_redis_result mwn_redis_link_send(mwn_redis_link *link, const mwn_redis_argument *arguments, size_t count,
	mwn_redis_patience patience);

/*
 * Receives the oldest owed reply, waiting for it at most `seconds` (below 0: the link's read_timeout).
 * On MWN_REDIS_OK `reply` is the caller's, who frees it with mwn_redis_reply_free(); error replies
 * are replies. Otherwise `reply` is NULL and the link is broken, with one exception: after
 * MWN_REDIS_INTERRUPTED it still works and the reply is still owed. Must not be called when no reply is.
 */
mwn_redis_result mwn_redis_link_receive(mwn_redis_link *link, double seconds, mwn_redis_patience patience,
	struct redisReply **reply);

/* Seconds that a reply is waited for by default. */
double mwn_redis_link_read_timeout(const mwn_redis_link *link);

/* How many replies are owed to this process. */
size_t mwn_redis_link_owed(const mwn_redis_link *link);

/* Why the last send or receive failed; "" if it did not. Valid until the next one. */
const char *mwn_redis_link_error(const mwn_redis_link *link);

/* Accepts NULL. */
void mwn_redis_reply_free(struct redisReply *reply);

#endif
