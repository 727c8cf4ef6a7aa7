/* acquireForMe(), acquireForAnyone() and the wait. */
#include "../php_mwnative.h"

/* More than any wait of a request, and safe to add to a time. */
#define MOST_SECONDS 1e6

double mwn_pc_seconds(zend_object *self, const zval *timeout)
{
	double seconds = zval_get_double((zval *)(timeout && Z_TYPE_P(timeout) != IS_NULL
		? timeout : mwn_pc_slot(self, MWN_PC_PROPERTY_timeout)));

	/* Not a number is no wait either. */
	if (!(seconds > 0)) {
		return 0;
	}
	return seconds > MOST_SECONDS ? MOST_SECONDS : seconds;
}

/* One acquisition, over as many servers as it takes. */
typedef struct {
	zend_object *self;
	zval *status;
	mwn_pc_candidates candidates;
	mwn_pc_pool pool;
	mwn_pc_held *held; /* ready for the slot; NULL once it is held */
	char session[MWN_POOL_SESSION_LENGTH + 1];
	zend_long wake_up;
	double deadline; /* of the monotonic clock; 0: does not wait */
	mwn_pc_counts *counts;
} acquisition;

typedef enum {
	FINISHED,    /* the status is set, or an exception is under way */
	NEXT_SERVER, /* this one failed */
} step;

static double seconds_left(const acquisition *work)
{
	double left = work->deadline > 0 ? work->deadline - mwn_pc_clock() : 0;

	return left > 0 ? left : 0;
}

static step finish(acquisition *work, zend_long code)
{
	mwn_pc_good(work->status, code);
	return FINISHED;
}

/* The server's own error. */
static step refuse(acquisition *work, const mwn_pool_failure *failure)
{
	if (mwn_pc_log_refusal(work->self, mwn_redis_server_text(work->candidates.servers, work->candidates.server),
		failure->text)) {
		mwn_pc_fatal(work->status, "pool-error-unknown", failure->text);
	}
	return FINISHED;
}

static step take(acquisition *work, const mwn_pool_slot *slot)
{
	mwn_pc_held *held = work->held;

	work->held = NULL;
	work->counts->acquired++;
	work->counts->failed_over += work->candidates.server != work->candidates.order[0];
	if (mwn_pc_hold(work->self, held, work->candidates.servers, work->candidates.server, work->session, slot)
		&& mwn_call(work->self, MWN_CALL_onAcquire, NULL, 0, NULL)) {
		return finish(work, MWN_PC_LOCKED);
	}
	return FINISHED;
}

/* The waiter leaves the queue; whether the server hears it is not this request's trouble any more. */
static void leave(acquisition *work, mwn_redis_link *link)
{
	mwn_pool_failure failure;

	if (mwn_pool_register(link, &work->pool.keys, &work->pool.limits, work->session, NULL, false,
		mwn_redis_undisturbed, &failure)
		== MWN_POOL_BROKEN) {
		mwn_pc_link_failed(&work->candidates, &failure);
	}
}

/* The wait was ended before its time: the waiter leaves, over a new link if the old one is no good any more. */
static step break_off(acquisition *work, mwn_redis_link *link, const mwn_pc_wait_limit *limit, mwn_pool_outcome outcome,
	const mwn_pool_slot *slot)
{
	const mwn_pc_candidates *at = &work->candidates;
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_pool_failure failure;
	mwn_redis_result result;

	if (outcome == MWN_POOL_BROKEN) {
		mwn_redis_server_drop(at->servers, at->server);
		link = mwn_redis_server_connect_patiently(at->servers, at->server, &result, error);
	}
	if (link && outcome == MWN_POOL_SLOT) {
		/* It came at the last moment, and somebody else waits for it. */
		if (mwn_pool_register(link, &work->pool.keys, &work->pool.limits, work->session, slot, true,
			mwn_redis_undisturbed, &failure)
			== MWN_POOL_DONE) {
			mwn_pool_release(link, &work->pool.keys, &work->pool.limits, slot, false, false, mwn_redis_undisturbed,
				&failure);
		}
	} else if (link) {
		leave(work, link);
	}
	mwn_pc_enforce_limit(limit);
	work->counts->timed_out++;
	return EG(exception) ? FINISHED : finish(work, MWN_PC_TIMEOUT);
}

/* The server has chosen this waiter, and is told that it heard. That the answer is not waited for saves half of
 * the time from one worker to the next; until the server knows, the slot is reserved for half a minute. */
static step hand_over(acquisition *work, mwn_redis_link *link, const mwn_pool_slot *slot)
{
	mwn_pool_failure failure;

	if (mwn_pool_register(link, &work->pool.keys, &work->pool.limits, work->session, slot, true, mwn_redis_undisturbed,
		&failure)
		!= MWN_POOL_DONE) {
		if (!mwn_pc_link_failed(&work->candidates, &failure)) {
			return FINISHED;
		}
		if (slot) {
			return NEXT_SERVER;
		}
	}
	if (slot) {
		return take(work, slot);
	}
	/* The work is done, whatever becomes of the connection. */
	work->counts->done_by_others++;
	return finish(work, MWN_PC_DONE);
}

static step wait_in_queue(acquisition *work, mwn_redis_link *link)
{
	const mwn_pc_candidates *at = &work->candidates;
	mwn_pc_wait_limit limit;
	mwn_pool_failure failure;
	mwn_pool_slot slot;
	bool broken_off;
	mwn_pool_outcome outcome = mwn_pc_wait(at->servers, at->server, link, &work->pool, work->wake_up, seconds_left(work),
		work->counts, &limit, &slot, &failure, &broken_off);

	if (broken_off) {
		return break_off(work, link, &limit, outcome, &slot);
	}
	switch (outcome) {
		case MWN_POOL_SLOT:
			return hand_over(work, link, &slot);
		case MWN_POOL_WOKEN:
			return hand_over(work, link, NULL);
		case MWN_POOL_TIMED_OUT:
			leave(work, link);
			work->counts->timed_out++;
			return EG(exception) ? FINISHED : finish(work, MWN_PC_TIMEOUT);
		case MWN_POOL_BROKEN:
			/* The wait was ended too late; whether the server is well, the next command will tell. */
			if (failure.link_result == MWN_REDIS_TIMED_OUT) {
				failure.link_result = MWN_REDIS_LOST;
			}
			return mwn_pc_link_failed(&work->candidates, &failure) ? NEXT_SERVER : FINISHED;
		default:
			leave(work, link);
			return EG(exception) ? FINISHED : refuse(work, &failure);
	}
}

static step follow(acquisition *work, mwn_redis_link *link, mwn_pool_outcome outcome, const mwn_pool_slot *slot,
	const mwn_pool_failure *failure)
{
	switch (outcome) {
		case MWN_POOL_SLOT:
			return take(work, slot);
		case MWN_POOL_QUEUE_WAIT:
			return wait_in_queue(work, link);
		case MWN_POOL_QUEUE_FULL:
			work->counts->queue_full++;
			return finish(work, MWN_PC_QUEUE_FULL);
		case MWN_POOL_WOULD_WAIT:
			work->counts->timed_out++;
			return finish(work, MWN_PC_TIMEOUT);
		case MWN_POOL_BROKEN:
			return mwn_pc_link_failed(&work->candidates, failure) ? NEXT_SERVER : FINISHED;
		default:
			return refuse(work, failure);
	}
}

static step ask(acquisition *work, mwn_redis_link *link)
{
	size_t server = work->candidates.server;
	mwn_pool_failure failure;
	mwn_pool_slot slot;
	mwn_pool_outcome outcome = mwn_pool_acquire(link, &work->pool.keys, &work->pool.limits, work->session,
		seconds_left(work), mwn_redis_undisturbed, &slot, &failure);
	step next = follow(work, link, outcome, &slot, &failure);

	/* Not before the slot is in safe hands: a logger may throw. */
	if (!EG(exception)) {
		mwn_pc_log_late(work->self, work->candidates.servers, server, &failure);
	}
	return EG(exception) ? FINISHED : next;
}

static void wait_for_slot_own(zend_object *self, zend_long wake_up, double seconds, zval *status)
{
	acquisition work = {.self = self, .status = status, .wake_up = wake_up};
	mwn_redis_link *link;
	bool interrupted = false;

	if (Z_TYPE_P(mwn_pc_slot(self, MWN_PC_PROPERTY_slot)) != IS_NULL) {
		mwn_pc_good(status, MWN_PC_LOCK_HELD);
		return;
	}
	if (!mwn_pc_candidates_init(&work.candidates, self) || !mwn_pc_pool_init(&work.pool, self)) {
		return;
	}
	work.counts = mwn_pc_counts_of(self);
	work.deadline = seconds > 0 ? mwn_pc_clock() + seconds : 0;
	mwn_pool_new_session(work.session);
	work.held = mwn_pc_new_held(&work.pool, wake_up);
	do {
		link = mwn_pc_next_link(&work.candidates, &interrupted);
	} while (link && ask(&work, link) == NEXT_SERVER);
	mwn_pc_free_held(work.held);
	mwn_pc_pool_free(&work.pool);
	if (link || EG(exception)) {
		return;
	}
	if (interrupted) {
		work.counts->timed_out++;
		mwn_pc_good(status, MWN_PC_TIMEOUT);
	} else {
		mwn_pc_no_server(&work.candidates, status);
	}
}

static bool overrides_a_hook(zend_object *self)
{
	const mwn_callee *callee = mwn_callee_of(self);

	return mwn_is_overridden(callee, MWN_CALL_getConnection) || mwn_is_overridden(callee, MWN_CALL_initAndPopPoolSlotList)
		|| mwn_is_overridden(callee, MWN_CALL_registerAcquisitionTime);
}

static void wait_for_slot(zend_object *self, zend_long wake_up, const zval *timeout, zval *status)
{
	double seconds = mwn_pc_seconds(self, timeout);

	if (EG(exception)) {
		return;
	}
	if (UNEXPECTED(overrides_a_hook(self))) {
		mwn_pc_wait_by_hooks(self, wake_up, seconds, status);
	} else {
		wait_for_slot_own(self, wake_up, seconds, status);
	}
}

ZEND_METHOD(MwNative_PoolCounterRedis, waitForSlotOrNotif)
{
	zend_object *self;
	zval *wake_up, *timeout;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(wake_up)
		Z_PARAM_ZVAL(timeout)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_pc_enter(self)) {
		wait_for_slot(self, zval_get_long(wake_up), timeout, return_value);
	}
}

/* Is the request sensible? The host's own rules; what they object to is the result then. */
static bool precheck(zend_object *self, zval *status)
{
	zval good;
	bool is_good;

	if (!mwn_call(self, MWN_CALL_precheckAcquire, status, 0, NULL)
		|| !mwn_call_on(status, MWN_CALL_isGood, &good, 0, NULL)) {
		return false;
	}
	is_good = zend_is_true(&good);
	zval_ptr_dtor(&good);
	if (is_good) {
		zval_ptr_dtor(status);
		ZVAL_NULL(status);
	}
	return is_good;
}

static void acquire(INTERNAL_FUNCTION_PARAMETERS, zend_long wake_up)
{
	zend_object *self;
	zval *timeout, arguments[2];

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(timeout)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_pc_enter(self) || !precheck(self, return_value)) {
		return;
	}
	if (UNEXPECTED(mwn_is_overridden(mwn_callee_of(self), MWN_CALL_waitForSlotOrNotif))) {
		ZVAL_LONG(&arguments[0], wake_up);
		ZVAL_COPY_VALUE(&arguments[1], timeout);
		mwn_call(self, MWN_CALL_waitForSlotOrNotif, return_value, 2, arguments);
	} else {
		wait_for_slot(self, wake_up, timeout, return_value);
	}
}

ZEND_METHOD(MwNative_PoolCounterRedis, acquireForMe)
{
	acquire(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_PC_AWAKE_ONE);
}

ZEND_METHOD(MwNative_PoolCounterRedis, acquireForAnyone)
{
	acquire(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_PC_AWAKE_ALL);
}
