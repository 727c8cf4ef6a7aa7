/* What primary connections have pending, their snapshots and listeners. */
#include "../php_mwnative.h"

#include "ext/standard/php_array.h"

/* ---- snapshots ---- */

static bool flush_snapshot(zend_object *connection, void *caller)
{
	return mwn_call(connection, MWN_CALL_flushSnapshot, NULL, 1, caller);
}

bool mwn_lb_flush_primary_snapshots(zend_object *self, zval *caller)
{
	return mwn_is_overridden(mwn_callee_of(self), MWN_CALL_flushPrimarySnapshots)
		? mwn_call(self, MWN_CALL_flushPrimarySnapshots, NULL, 1, caller)
		: mwn_lb_each_primary(self, flush_snapshot, caller);
}

ZEND_METHOD(MwNative_LoadBalancer, flushPrimarySnapshots)
{
	zend_object *self;
	zval *caller;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_each_primary(self, flush_snapshot, caller);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, flushReplicaSnapshots)
{
	zend_object *self;
	zval *caller;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_each_replica(self, flush_snapshot, caller);
	}
}

/* ---- questions to each of them ---- */

/* Does any say yes? */
typedef struct {
	mwn_method question;
	bool answer;
} poll;

static bool ask_one(zend_object *connection, void *context)
{
	poll *poll = context;

	return mwn_lb_ask(connection, poll->question, &poll->answer, 0, NULL) && !poll->answer;
}

static bool does_any(zend_object *self, mwn_method question, bool *answer)
{
	poll poll = {question, false};

	mwn_lb_each_primary(self, ask_one, &poll);
	*answer = poll.answer;
	return !EG(exception);
}

static void answer_any(INTERNAL_FUNCTION_PARAMETERS, mwn_method question)
{
	zend_object *self;
	bool answer;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && does_any(self, question, &answer)) {
		RETURN_BOOL(answer);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, hasPrimaryChanges)
{
	answer_any(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_CALL_writesOrCallbacksPending);
}

ZEND_METHOD(MwNative_LoadBalancer, explicitTrxActive)
{
	answer_any(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_CALL_explicitTrxActive);
}

bool mwn_lb_has_changes(zend_object *self, bool *has)
{
	return mwn_is_overridden(mwn_callee_of(self), MWN_CALL_hasPrimaryChanges)
		? mwn_lb_ask(self, MWN_CALL_hasPrimaryChanges, has, 0, NULL)
		: does_any(self, MWN_CALL_writesOrCallbacksPending, has);
}

ZEND_METHOD(MwNative_LoadBalancer, hasPrimaryConnection)
{
	zend_object *self;
	zval writer, connection;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	ZVAL_LONG(&writer, MWN_LB_WRITER);
	if (mwn_lb_enter(self) && mwn_lb_any_open(self, &writer, 0, &connection)) {
		RETVAL_BOOL(zend_is_true(&connection));
		zval_ptr_dtor(&connection);
	}
}

static bool keep_latest(zend_object *connection, void *latest)
{
	zval time;

	if (!mwn_call(connection, MWN_CALL_lastDoneWrites, &time, 0, NULL)) {
		return false;
	}
	/* In this order, since NAN is not more than anything. */
	if (zend_compare(latest, &time) < 0) {
		zval_ptr_dtor(latest);
		ZVAL_COPY_VALUE((zval *)latest, &time);
	} else {
		zval_ptr_dtor(&time);
	}
	return true;
}

static bool last_change(zend_object *self, zval *time)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_lastPrimaryChangeTimestamp)) {
		return mwn_call(self, MWN_CALL_lastPrimaryChangeTimestamp, time, 0, NULL);
	}
	ZVAL_FALSE(time);
	return mwn_lb_each_primary(self, keep_latest, time);
}

ZEND_METHOD(MwNative_LoadBalancer, lastPrimaryChangeTimestamp)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		ZVAL_FALSE(return_value);
		mwn_lb_each_primary(self, keep_latest, return_value);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, hasOrMadeRecentPrimaryChanges)
{
	zend_object *self;
	zval *given, age, last, since;
	bool has;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(given)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !mwn_lb_has_changes(self, &has)) {
		return;
	}
	if (has) {
		RETURN_TRUE;
	}
	if (!last_change(self, &last)) {
		return;
	}
	ZVAL_DOUBLE(&since, mwn_lb_now());
	if (Z_TYPE_P(given) == IS_NULL) {
		mwn_lb_wait_seconds(self, &age);
	} else {
		ZVAL_COPY(&age, given);
	}
	sub_function(&since, &since, &age);
	RETVAL_BOOL(zend_compare(&since, &last) < 0);
	zval_ptr_dtor(&age);
	zval_ptr_dtor(&last);
}

static bool add_callers(zend_object *connection, void *callers)
{
	zval more;

	if (!mwn_call(connection, MWN_CALL_pendingWriteCallers, &more, 0, NULL)) {
		return false;
	}
	if (Z_TYPE(more) == IS_ARRAY) {
		php_array_merge(Z_ARRVAL_P((zval *)callers), Z_ARRVAL(more));
	}
	zval_ptr_dtor(&more);
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, pendingPrimaryChangeCallers)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		array_init(return_value);
		mwn_lb_each_primary(self, add_callers, return_value);
	}
}

static bool ping_one(zend_object *connection, void *context)
{
	bool answered;

	if (!mwn_lb_ask(connection, MWN_CALL_ping, &answered, 0, NULL)) {
		return false;
	}
	if (!answered) {
		*(bool *)context = false;
	}
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, pingAll)
{
	zend_object *self;
	bool all = true;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && mwn_lb_each_open(self, ping_one, &all)) {
		RETURN_BOOL(all);
	}
}

/* ---- listeners ---- */

static bool set_listener(zend_object *connection, void *arguments)
{
	return mwn_call(connection, MWN_CALL_setTransactionListener, NULL, 2, arguments);
}

ZEND_METHOD(MwNative_LoadBalancer, setTransactionListener)
{
	zend_object *self;
	zval *name, *callback, listener, arguments[2];
	HashTable *listeners;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(name)
		Z_PARAM_ZVAL(callback)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self)) {
		return;
	}
	listeners = mwn_lb_array(self, MWN_LB_PROPERTY_trxRecurringCallbacks);
	if (zend_is_true(callback)) {
		ZVAL_COPY(&listener, callback);
		mwn_lb_put(listeners, name, &listener);
	} else if (mwn_lb_is_key(name, MWN_LB_UNSET)) {
		mwn_lb_unset(listeners, name);
	}
	if (!EG(exception)) {
		ZVAL_COPY_VALUE(&arguments[0], name);
		ZVAL_COPY_VALUE(&arguments[1], callback);
		mwn_lb_each_primary(self, set_listener, arguments);
	}
}
