/*
 * PoolCounterRedis in C: what its parts share.
 *
 *  class.c     the bound class's slots, entering a body, statuses, counters
 *  config.c    the constructor: what is configured, and which servers that means
 *  pool.c      what an object's pool is: its keys and limits
 *  connect.c   a link to the first server of the key that can be reached
 *  acquire.c   acquireForMe(), acquireForAnyone() and the wait
 *  hooks.c     the same for subclasses that override parts of it
 *  release.c   release()
 *  held.c      the slots that this request holds, and their end
 *  wait.c      the wait in the queue
 *  patience.c  what ends a wait
 *
 * Functions that return bool return false when an exception is under way.
 */
#ifndef MWNATIVE_POOL_COUNTER_EXT_H
#define MWNATIVE_POOL_COUNTER_EXT_H

#include <signal.h>

#include "php.h"
#include "../binder.h"
#include "../host_call.h"
#include "../slots.h"

#include "src/pool_counter.h"
#include "src/redis_servers.h"

/* Declared properties, of the shell or of the host's parent. */
#define MWN_PC_PROPERTIES(X) \
	X(key) \
	X(workers) \
	X(maxqueue) \
	X(timeout) \
	X(logger) \
	X(serversByLabel) \
	X(keySha1) \
	X(lockTTL) \
	X(conn) \
	X(slot) \
	X(onRelease) \
	X(session) \
	X(slotTime) \
	X(poolType) \
	X(serverSet) \
	X(deferRelease)

typedef enum {
#define X(name) MWN_PC_PROPERTY_##name,
	MWN_PC_PROPERTIES(X)
#undef X
	MWN_PC_PROPERTY_COUNT
} mwn_pc_property;

/* Result codes of the host's PoolCounter. */
enum {
	MWN_PC_LOCKED = 1,
	MWN_PC_RELEASED = 2,
	MWN_PC_DONE = 3,
	MWN_PC_NOT_LOCKED = -2,
	MWN_PC_QUEUE_FULL = -3,
	MWN_PC_TIMEOUT = -4,
	MWN_PC_LOCK_HELD = -5,
};

/* PoolCounterRedis::AWAKE_*: who is told when the slot is released. */
enum { MWN_PC_AWAKE_ONE = 1, MWN_PC_AWAKE_ALL = 2 };

/* What happened to the pools of one type since the process (thread) started. */
typedef struct {
	zend_ulong acquired;
	zend_ulong waited;
	double seconds_waited;
	zend_ulong done_by_others;
	zend_ulong queue_full;
	zend_ulong timed_out;
	zend_ulong failed_over;
	zend_ulong errors;
} mwn_pc_counts;

/* A slot that this request holds; enough to release it without any PHP. */
typedef struct mwn_pc_held {
	struct mwn_pc_held *next;
	uint32_t handle; /* of the object */
	pid_t owner;     /* a child must not release what its parent holds */
	mwn_redis_servers *servers;
	size_t server;
	zend_string *keys[4];
	mwn_pool_limits limits;
	mwn_pool_slot slot;
	zend_long wake_up; /* MWN_PC_AWAKE_* */
} mwn_pc_held;

/* One request. */
typedef struct {
	const mwn_binding *binding;
	mwn_slot slots[MWN_PC_PROPERTY_COUNT];
	/* The configuration of the last object, and the number of its servers: most objects of a request are alike. */
	zval last_servers, last_redis_config;
	zend_long last_number;
	zend_class_entry *status; /* the host's Status; NULL until first needed */
	mwn_pc_held *held;        /* newest first */
	mwn_redis_link *waiting_link; /* of a wait that lets other PHP code run; NULL: there is none */
} mwn_pool_counter_request;

/* The servers of one configuration. */
typedef struct {
	mwn_redis_servers *servers;
	zend_string *identity; /* persistent: the configuration as text */
	zend_long number;      /* that objects know it by */
	zend_ulong used;       /* when it was last asked for: the number of that use */
} mwn_pc_server_set;

/* One process (thread). */
typedef struct {
	HashTable *sets;              /* persistent: number => mwn_pc_server_set, which it owns; NULL: none yet */
	HashTable *sets_by_config;    /* persistent: configuration as text => the same */
	zend_long next_number;        /* of a set. They begin at random, so that none of another process, unserialized,
	                               * leads anywhere, and none is given twice; 0: none given yet */
	zend_ulong uses;              /* so far, of all sets */
	HashTable *counts;            /* persistent: type => mwn_pc_counts; NULL: none yet */
	mwn_pc_counts other_counts;   /* of types beyond those that are told apart */
} mwn_pool_counter_process;

/* ---- class.c ---- */

bool mwn_pool_counter_startup(void);
void mwn_pool_counter_bound(mwn_pool_counter_request *request, const mwn_binding *binding);
void mwn_pool_counter_free(mwn_pool_counter_process *process);

/* Checks that a body was handed an object of the bound class; throws a TypeError if not. */
bool mwn_pc_enter(zend_object *self);

/* A property, dereferenced and never IS_UNDEF. */
zval *mwn_pc_slot(zend_object *self, mwn_pc_property property);
/* A property as text, the caller's: an object becomes text by PHP code, which may replace any property. */
zend_string *mwn_pc_text(zend_object *self, mwn_pc_property property);
/* Replaces a property; takes over the value. */
void mwn_pc_set(zend_object *self, mwn_pc_property property, zval *value);

/* Status::newGood( code ) and Status::newFatal( message, text ). */
bool mwn_pc_good(zval *status, zend_long code);
bool mwn_pc_good_value(zval *status, zval *value);
bool mwn_pc_fatal(zval *status, const char *message, const char *text);

/* The counts of this object's type. */
mwn_pc_counts *mwn_pc_counts_of(zend_object *self);

/* logger->LEVEL( message, [ 'redis_server' => server, 'exception' => reason ] ); the reason may be NULL.
 * Errors are counted. */
bool mwn_pc_log(zend_object *self, mwn_method level, const char *message, const char *server, const char *reason);

/* The server's own error, as the original logs it. */
bool mwn_pc_log_refusal(zend_object *self, const char *server, const char *error);

/* ---- config.c ---- */

/* Lets go of the configuration of the last object. */
void mwn_pc_forget_config(mwn_pool_counter_request *request);
/* Frees those server sets that were not used for longest, if there are too many. When no object is left. */
void mwn_pc_forget_old_servers(mwn_pool_counter_process *process);
/* The servers with this number; NULL: there are none. */
mwn_redis_servers *mwn_pc_servers_by_number(const zval *number);
/* The servers of an object, NULL with an exception when it was not constructed. */
mwn_redis_servers *mwn_pc_servers(zend_object *self);

/* ---- pool.c ---- */

typedef struct {
	zend_string *key_texts[4]; /* slots, due, waiters, wake-up */
	mwn_pool_keys keys;        /* the same for src/ */
	mwn_pool_limits limits;
} mwn_pc_pool;

bool mwn_pc_pool_init(mwn_pc_pool *pool, zend_object *self);
/* The pool that a slot is held of. */
void mwn_pc_pool_of_held(mwn_pc_pool *pool, const mwn_pc_held *held);
void mwn_pc_pool_free(mwn_pc_pool *pool);
/* Points the keys at the texts. */
void mwn_pc_pool_point(mwn_pool_keys *keys, zend_string *const texts[4]);

/* ---- connect.c ---- */

/* The servers that may hold the object's key, tried one after the other. */
typedef struct {
	zend_object *self;
	mwn_redis_servers *servers;
	size_t order[MWN_REDIS_SERVERS_TRIED];
	size_t count;
	size_t next;    /* in `order` */
	size_t server;  /* the one that the last link leads to */
	bool again;     /* the second round: those that were passed over for being marked down */
	bool passed_over[MWN_REDIS_SERVERS_TRIED];
	bool patient;   /* no signal breaks off a connect, and a server that is marked down is tried all the same */
} mwn_pc_candidates;

bool mwn_pc_candidates_init(mwn_pc_candidates *candidates, zend_object *self);
/* A link to the next server that can be reached. NULL when there is no other, or with
 * an exception under way, or, with `interrupted` set, when the wait for it was broken off. */
mwn_redis_link *mwn_pc_next_link(mwn_pc_candidates *candidates, bool *interrupted);
/* The last link failed in a command: the same, and it is told in the log. */
bool mwn_pc_link_failed(mwn_pc_candidates *candidates, const mwn_pool_failure *failure);
/* The status for when none is left. */
bool mwn_pc_no_server(const mwn_pc_candidates *candidates, zval *status);
/* Logs what the server had to say to an earlier, deferred step, if anything. */
bool mwn_pc_log_late(zend_object *self, mwn_redis_servers *servers, size_t server, const mwn_pool_failure *failure);

/* ---- acquire.c, hooks.c, release.c ---- */

/* waitForSlotOrNotif() by the hooks that a subclass overrides. */
void mwn_pc_wait_by_hooks(zend_object *self, zend_long wake_up, double seconds, zval *status);
/* Seconds to wait: the argument, or the pool's timeout for null. */
double mwn_pc_seconds(zend_object *self, const zval *timeout);
void mwn_pc_release_own(zend_object *self, zval *status);

/* ---- held.c ---- */

/* Made before a slot is asked for: the memory limit, which ends the request, must not strike with a slot in hand. */
mwn_pc_held *mwn_pc_new_held(mwn_pc_pool *pool, zend_long wake_up);
/* Accepts NULL. */
void mwn_pc_free_held(mwn_pc_held *held);
/* The object now holds this slot: in its properties, in the list of the class and in that of the request, which
 * takes `held` over. */
bool mwn_pc_hold(zend_object *self, mwn_pc_held *held, mwn_redis_servers *servers, size_t server,
	const char *session, const mwn_pool_slot *slot);
mwn_pc_held *mwn_pc_find_held(const zend_object *self);
/* Does a parent of this process hold this slot, which the object or what it was cloned from took before the fork? */
bool mwn_pc_is_of_parent(const zend_object *self, const mwn_pc_pool *pool, const mwn_pool_slot *slot);
/* The object holds nothing any more, whatever became of its slot. */
bool mwn_pc_forget(zend_object *self);
/* Registers releaseAll() as a shutdown function, once a request. */
bool mwn_pc_register_shutdown(void);
/* Releases what no shutdown function did, and closes what is not kept. */
void mwn_pool_counter_end_request(mwn_pool_counter_request *request, mwn_pool_counter_process *process);

/* ---- patience.c ---- */

typedef struct {
	double deadline;   /* of the monotonic clock: max_execution_time from the beginning of the wait on; 0: none */
	bool engine_calls; /* the patience ended for nothing but a pending interrupt of the engine */
	bool holds_signals;
	sigset_t usual_signals; /* what is blocked when none are held */
} mwn_pc_wait_limit;

void mwn_pc_wait_limit_init(mwn_pc_wait_limit *limit);
/* Ends a wait for a pending interrupt of the engine, an aborted connection or when the limit has passed. */
mwn_redis_patience mwn_pc_patience(mwn_pc_wait_limit *limit);
/* From here on signals come only when the patience is asked, which they end. */
void mwn_pc_hold_signals(mwn_pc_wait_limit *limit);
void mwn_pc_let_signals(mwn_pc_wait_limit *limit);
/* Lets run what has interrupted the engine, as the virtual machine would: it may throw. */
void mwn_pc_answer_engine(void);
/* If the limit has passed: has the engine raise its own error when PHP code goes on. */
void mwn_pc_enforce_limit(const mwn_pc_wait_limit *limit);

/* ---- wait.c ---- */

/* Seconds of the monotonic clock. */
double mwn_pc_clock(void);

/*
 * Waits in the queue that `link` has joined. SLOT, WOKEN, TIMED_OUT, REFUSED or BROKEN; an exception may be under way.
 *
 * `broken_off`: something ended it before its time. Then only SLOT, WOKEN and TIMED_OUT leave a link that can be used.
 */
mwn_pool_outcome mwn_pc_wait(mwn_redis_servers *servers, size_t server, mwn_redis_link *link, const mwn_pc_pool *pool,
	zend_long wake_up, double seconds, mwn_pc_counts *counts, mwn_pc_wait_limit *limit, mwn_pool_slot *slot,
	mwn_pool_failure *failure, bool *broken_off);

#endif
