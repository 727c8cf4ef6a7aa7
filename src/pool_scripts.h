/*
 * The Lua that a pool is kept with, and the meaning of its keys.
 *
 * The keys and what is in them are those of the host's PoolCounterRedis, so that PHP workers
 * and native ones share a pool:
 *
 *  free slots   list: the numbers of the slots that nobody holds
 *  due times    sorted set: for each slot the UNIX time from which on it counts as lost and is given
 *               out again; -1: never, it lies in the list and nobody was about to take it from there
 *  waiters      sorted set: for each waiting session the UNIX time of its registration
 *  wake-up      list: one "w" for each waiter that may use what somebody has just finished
 *
 * What differs from the host's scripts is how, not what: none walks through all slots, a pool in
 * which nothing goes on is left to expire instead of being deleted, and no expiry is shortened that
 * anybody relies on.
 */
#ifndef MWNATIVE_POOL_SCRIPTS_H
#define MWNATIVE_POOL_SCRIPTS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
	/* KEYS: free slots, due times, waiters
	 * ARGV: workers, maxqueue, lock TTL, now, session, the waiter's score (empty: do not wait),
	 *       seconds after which a waiter that is still registered counts as dead
	 * Gives the number of the slot that was taken, or QUEUE_FULL, QUEUE_WAIT (now registered) or
	 * TIMEOUT (it would have had to wait). */
	MWN_SCRIPT_ACQUIRE,
	/* KEYS: free slots, due times, waiters
	 * ARGV: slot or "w", lock TTL, session, now
	 * A waiter was handed a slot (or was woken) and is none any more. */
	MWN_SCRIPT_REGISTER,
	/* KEYS: free slots, due times, wake-up, waiters
	 * ARGV: workers, lock TTL, slot, the time of its acquisition, 1 to wake all waiters or 0, now
	 * Does nothing to a slot that has been given out again meanwhile. */
	MWN_SCRIPT_RELEASE,
	MWN_SCRIPT_COUNT
} mwn_script;

#define MWN_SCRIPT_SHA1_LENGTH 40
/* Seconds within which a waiter takes over the slot that was pushed for it. */
#define MWN_POOL_HANDOVER_SECONDS 30
/* Seconds that an idle pool is kept. */
#define MWN_POOL_IDLE_SECONDS 30

/* Computes the digests; before anything else here, once a process. False when OpenSSL fails. */
bool mwn_scripts_startup(void);

/* The text of a script, for EVAL. */
const char *mwn_script_text(mwn_script script, size_t *length);

/* Its SHA-1 in lower-case hex, for EVALSHA. */
const char *mwn_script_sha1(mwn_script script);

#endif
