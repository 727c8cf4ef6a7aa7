/* release() */
#include "../php_mwnative.h"

#include <math.h>

#include "zend_exceptions.h"

/* What is to be released, and where. */
typedef struct {
	mwn_redis_servers *servers;
	size_t server;
	bool anywhere; /* the server is not known: the first that can be reached */
	mwn_pc_pool pool; /* its own keys: a logger may release the object meanwhile */
	mwn_pool_slot slot;
	bool wake_all;
} release_work;

/* From the list of the request; or from the properties, for a clone or what a subclass has set. */
static bool find_work(zend_object *self, release_work *work)
{
	const mwn_pc_held *held = mwn_pc_find_held(self);
	zend_string *text;

	if (EXPECTED(held)) {
		work->servers = held->servers;
		work->server = held->server;
		work->anywhere = false;
		mwn_pc_pool_of_held(&work->pool, held);
		work->slot = held->slot;
		work->wake_all = held->wake_up == MWN_PC_AWAKE_ALL;
		return true;
	}
	if (!mwn_pc_pool_init(&work->pool, self)) {
		return false;
	}
	work->anywhere = true;
	text = mwn_pc_text(self, MWN_PC_PROPERTY_slot);
	snprintf(work->slot.number, sizeof(work->slot.number), "%s", ZSTR_VAL(text));
	zend_string_release(text);
	work->slot.taken = (int64_t)llround(zval_get_double(mwn_pc_slot(self, MWN_PC_PROPERTY_slotTime)) * 1e6);
	work->wake_all = zval_get_long(mwn_pc_slot(self, MWN_PC_PROPERTY_onRelease)) == MWN_PC_AWAKE_ALL;
	if (EG(exception)) {
		mwn_pc_pool_free(&work->pool);
		return false;
	}
	return true;
}

/* The link over which the slot can be given back. NULL: the failure says why, or an exception is under way. */
static mwn_redis_link *find_link(zend_object *self, release_work *work, mwn_pool_failure *failure)
{
	mwn_pc_candidates candidates;
	mwn_redis_link *link;
	bool interrupted;

	if (!mwn_pc_candidates_init(&candidates, self)) {
		return NULL;
	}
	if (!work->anywhere) {
		/* That server and no other. */
		candidates.servers = work->servers;
		candidates.order[0] = work->server;
		candidates.count = 1;
	}
	/* A slot in hand is not given up for a signal. */
	candidates.patient = true;
	link = mwn_pc_next_link(&candidates, &interrupted);
	work->servers = candidates.servers;
	work->server = candidates.server;
	if (!link) {
		snprintf(failure->text, sizeof(failure->text), "the server %s, which holds the slot, cannot be reached",
			mwn_redis_server_label(work->servers, work->server));
	}
	return link;
}

static mwn_pool_outcome give_back(zend_object *self, release_work *work, mwn_pool_failure *failure)
{
	bool deferred = zend_is_true(mwn_pc_slot(self, MWN_PC_PROPERTY_deferRelease));
	mwn_redis_link *link = find_link(self, work, failure);
	mwn_pool_outcome outcome;

	if (!link) {
		return MWN_POOL_REFUSED;
	}
	outcome = mwn_pool_release(link, &work->pool.keys, &work->pool.limits, &work->slot, work->wake_all,
		deferred, mwn_redis_undisturbed, failure);
	if (outcome == MWN_POOL_BROKEN) {
		mwn_redis_server_give_up(work->servers, work->server, failure->link_result);
	}
	mwn_pc_log_late(self, work->servers, work->server, failure);
	if (outcome != MWN_POOL_DONE && !EG(exception)) {
		const char *text = mwn_redis_server_text(work->servers, work->server);
		if (outcome == MWN_POOL_REFUSED) {
			mwn_pc_log_refusal(self, text, failure->text);
		} else {
			mwn_pc_log(self, MWN_CALL_error, "Redis exception on server \"{redis_server}\"", text, failure->text);
		}
	}
	return outcome;
}

void mwn_pc_release_own(zend_object *self, zval *status)
{
	mwn_pool_failure failure = {.link_result = MWN_REDIS_OK};
	mwn_pool_outcome outcome = MWN_POOL_REFUSED;
	release_work work;
	bool is_known, is_of_parent;

	if (Z_TYPE_P(mwn_pc_slot(self, MWN_PC_PROPERTY_slot)) == IS_NULL) {
		mwn_pc_good(status, MWN_PC_NOT_LOCKED);
		return;
	}
	is_known = find_work(self, &work);
	is_of_parent = is_known && mwn_pc_is_of_parent(self, &work.pool, &work.slot);
	if (is_known && !is_of_parent) {
		outcome = give_back(self, &work, &failure);
	}
	if (is_known) {
		mwn_pc_pool_free(&work.pool);
	}
	if (is_of_parent) {
		/* With the parent it stays. */
		if (mwn_pc_forget(self) && mwn_call(self, MWN_CALL_onRelease, NULL, 0, NULL)) {
			mwn_pc_good(status, MWN_PC_NOT_LOCKED);
		}
		return;
	}
	/* Told once, be it by an exception: what became of the slot is the server's business now. */
	zend_exception_save();
	if (mwn_pc_forget(self)) {
		mwn_call(self, MWN_CALL_onRelease, NULL, 0, NULL);
	}
	zend_exception_restore();
	if (EG(exception)) {
		return;
	}
	if (outcome == MWN_POOL_DONE) {
		mwn_pc_good(status, MWN_PC_RELEASED);
	} else {
		mwn_pc_fatal(status, "pool-error-unknown", failure.text);
	}
}

ZEND_METHOD(MwNative_PoolCounterRedis, release)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_pc_enter(self)) {
		mwn_pc_release_own(self, return_value);
	}
}
