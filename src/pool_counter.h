/*
 * The semaphore over Redis: one step each, on a link that the caller has chosen.
 *
 * All workers of a pool take their slots on the same server. A slot is held from mwn_pool_acquire()
 * (or mwn_pool_wait() and mwn_pool_register()) to mwn_pool_release(); if its holder vanishes it is given out
 * again when the lock TTL has passed.
 *
 * Times are whole microseconds: what is sent is the same text for the same time, whatever the
 * precision or the locale of the process.
 */
#ifndef MWNATIVE_POOL_COUNTER_H
#define MWNATIVE_POOL_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "redis_link.h"

/* The numbers of slots are at most this long. */
#define MWN_POOL_SLOT_LENGTH 20
#define MWN_POOL_SESSION_LENGTH 40
#define MWN_POOL_TEXT_LENGTH 255

typedef struct {
	mwn_redis_argument slots;
	mwn_redis_argument due;
	mwn_redis_argument waiters;
	mwn_redis_argument wakeup;
} mwn_pool_keys;

typedef struct {
	int64_t workers;
	int64_t maxqueue;
	double timeout;   /* seconds that the pool's workers wait by default */
	int64_t lock_ttl; /* seconds after which a slot that was not released is lost */
} mwn_pool_limits;

/* A slot that is held. */
typedef struct {
	char number[MWN_POOL_SLOT_LENGTH + 1];
	int64_t taken; /* microseconds since 1970: when it was acquired */
} mwn_pool_slot;

typedef enum {
	MWN_POOL_DONE,       /* the step was made (register, leave, release) */
	MWN_POOL_SLOT,       /* a slot was taken */
	MWN_POOL_WOKEN,      /* somebody has done the work; there is no slot */
	MWN_POOL_QUEUE_FULL,
	MWN_POOL_QUEUE_WAIT, /* registered as a waiter: mwn_pool_wait() is due */
	MWN_POOL_WOULD_WAIT, /* no slot, and `wait_seconds` was 0 */
	MWN_POOL_TIMED_OUT,
	MWN_POOL_REFUSED,    /* the server's error, or a reply that is no answer of a pool: see `text` */
	MWN_POOL_BROKEN,     /* the link failed, in the way that `link_result` says: see `text` */
} mwn_pool_outcome;

/* How a step went wrong. */
typedef struct {
	mwn_redis_result link_result;
	char text[MWN_POOL_TEXT_LENGTH + 1];
	/* Set by acquire, register and release, whatever their outcome: the server's error in answer to an earlier step
	 * that was deferred; "" for none. */
	char late[MWN_POOL_TEXT_LENGTH + 1];
} mwn_pool_failure;

/* Microseconds since 1970. */
int64_t mwn_pool_now(void);

/* A name that no other wait has, in this process or another, also after fork. */
void mwn_pool_new_session(char session[MWN_POOL_SESSION_LENGTH + 1]);

/*
 * Takes a free slot, or registers as a waiter who will wait for `wait_seconds` (0: not at all).
 *
 * SLOT, QUEUE_FULL, QUEUE_WAIT, WOULD_WAIT, REFUSED or BROKEN. After BROKEN the server may have given
 * a slot all the same, which is lost until the lock TTL has passed.
 */
mwn_pool_outcome mwn_pool_acquire(mwn_redis_link *link, const mwn_pool_keys *keys, const mwn_pool_limits *limits,
	const char *session, double wait_seconds, mwn_redis_patience patience, mwn_pool_slot *slot, mwn_pool_failure *failure);

/* The same at a given time, which becomes that of the acquisition. */
mwn_pool_outcome mwn_pool_acquire_at(mwn_redis_link *link, const mwn_pool_keys *keys, const mwn_pool_limits *limits,
	const char *session, double wait_seconds, int64_t now, mwn_redis_patience patience, mwn_pool_slot *slot,
	mwn_pool_failure *failure);

/*
 * Waits for a slot, or, if `for_anyone`, for somebody to finish the work, whichever comes first.
 *
 * SLOT, WOKEN, TIMED_OUT, REFUSED or BROKEN; the waiter is still registered. BROKEN with MWN_REDIS_INTERRUPTED
 * means that the wait was broken off: mwn_pool_keep_waiting() or mwn_pool_stop_waiting() is due then, and unless the latter gets an answer the
 * link must be closed, since a slot may yet come over it. `waiter` is the server's name for the link, for that; 0
 * when it has none.
 */
mwn_pool_outcome mwn_pool_wait(mwn_redis_link *link, const mwn_pool_keys *keys, bool for_anyone, double wait_seconds,
	mwn_redis_patience patience, int64_t *waiter, mwn_pool_slot *slot, mwn_pool_failure *failure);

/* After such a wait was broken off: goes on with it, for this many seconds more. As mwn_pool_wait(). */
mwn_pool_outcome mwn_pool_keep_waiting(mwn_redis_link *link, double seconds, mwn_redis_patience patience,
	mwn_pool_slot *slot, mwn_pool_failure *failure);

/* After such a wait was broken off: has the server end it, over another link. As mwn_pool_wait(): a slot may have
 * come at the last moment. */
mwn_pool_outcome mwn_pool_stop_waiting(mwn_redis_link *link, mwn_redis_link *other, int64_t waiter,
	mwn_pool_slot *slot, mwn_pool_failure *failure);

/*
 * Tells that a slot was taken over (or, with NULL, only that the waiter is gone). DONE, REFUSED or BROKEN.
 *
 * `deferred`: sends and does not wait. The reply is owed then, and received with that of the next step.
 */
mwn_pool_outcome mwn_pool_register(mwn_redis_link *link, const mwn_pool_keys *keys, const mwn_pool_limits *limits,
	const char *session, const mwn_pool_slot *slot, bool deferred, mwn_redis_patience patience, mwn_pool_failure *failure);

/* Gives a slot back. DONE, REFUSED or BROKEN; `deferred` as above. */
mwn_pool_outcome mwn_pool_release(mwn_redis_link *link, const mwn_pool_keys *keys, const mwn_pool_limits *limits,
	const mwn_pool_slot *slot, bool wake_all, bool deferred, mwn_redis_patience patience, mwn_pool_failure *failure);

/* Receives what deferred steps left owed. DONE, REFUSED (the last error of several) or BROKEN. */
mwn_pool_outcome mwn_pool_receive_owed(mwn_redis_link *link, mwn_redis_patience patience, mwn_pool_failure *failure);

#endif
