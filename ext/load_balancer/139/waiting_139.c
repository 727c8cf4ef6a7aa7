/* Replication positions, on MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include "zend_exceptions.h"
#include "load_balancer_139.h"

bool mwn_lb_139_load_positions(zend_object *self)
{
	zval balancer;

	if (zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_chronologyCallbackTriggered))
		|| !zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_chronologyCallback))) {
		return true;
	}
	mwn_lb_set_bool(self, MWN_LB_PROPERTY_chronologyCallbackTriggered, true);
	ZVAL_OBJ(&balancer, self);
	return mwn_lb_call_callable(mwn_lb_slot(self, MWN_LB_PROPERTY_chronologyCallback), NULL, 1, &balancer)
		&& mwn_lb_debug(self, "lazyLoadReplicationPositions", "executed chronology callback.");
}

ZEND_METHOD(MwNative_LoadBalancer, lazyLoadReplicationPositions)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_139_load_positions(self);
	}
}

/* ---- waiting for one server ---- */

/* The object itself is cached. */
bool mwn_lb_139_revive_position(zval *cached, zval *position)
{
	ZVAL_COPY(position, cached);
	return true;
}

bool mwn_lb_139_position_for_cache(zend_object *self, zval *position)
{
	ZVAL_COPY(position, mwn_lb_slot(self, MWN_LB_PROPERTY_waitForPos));
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, doWait)
{
	zend_object *self;
	zval *index, *timeout;
	bool ok;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(timeout)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && mwn_lb_wait_for_server(self, index, timeout, &ok)) {
		RETURN_BOOL(ok);
	}
}

/* ---- for one that was chosen ---- */

ZEND_METHOD(MwNative_LoadBalancer, setWaitForPositionIfHigher)
{
	zend_object *self;
	zval *position;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(position)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_raise_position(self, position);
	}
}

/* Exchanges the position; what it was is the caller's. */
static void exchange_position(zend_object *self, zval *position, zval *before)
{
	zval copy;

	ZVAL_COPY(before, mwn_lb_slot(self, MWN_LB_PROPERTY_waitForPos));
	ZVAL_COPY(&copy, position);
	mwn_lb_set(self, MWN_LB_PROPERTY_waitForPos, &copy);
}

/* The higher position stays, as in a finally block, which exit() passes over. Frees `before`. */
static void keep_higher(zend_object *self, zval *before)
{
	zend_object *pending = EG(exception);

	if (pending && zend_is_unwind_exit(pending)) {
		zval_ptr_dtor(before);
		return;
	}
	if (pending) {
		GC_ADDREF(pending);
		zend_clear_exception();
	}
	mwn_lb_raise_position(self, before);
	zval_ptr_dtor(before);
	if (pending && EG(exception)) {
		zend_exception_set_previous(EG(exception), pending);
	} else if (pending) {
		zend_throw_exception_internal(pending);
	}
}

static bool wait_for_reader(zend_object *self, bool *ok)
{
	zval generic, index, zero;
	bool done = true;

	*ok = true;
	ZVAL_STR(&generic, MWN_LB_STR(empty));
	if (!mwn_lb_existing_reader(self, &generic, &index)) {
		return false;
	}
	ZVAL_LONG(&zero, MWN_LB_WRITER);
	if (zend_compare(&index, &zero) > 0) {
		done = mwn_lb_wait_for_server(self, &index, NULL, ok);
	}
	zval_ptr_dtor(&index);
	return done;
}

MWN_LB_BODY(139, waitFor)
{
	zend_object *self;
	zval *position, before;
	bool ok;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(position)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self)) {
		return;
	}
	exchange_position(self, position, &before);
	if (wait_for_reader(self, &ok) && !ok) {
		MWN_G(load_balancer_process).lagged++;
		mwn_lb_set_bool(self, MWN_LB_PROPERTY_laggedReplicaMode, true);
		mwn_lb_debug_to(self, MWN_LB_REPLICATION, "waitFor", "setting lagged replica mode");
	}
	keep_higher(self, &before);
}

/* MediaWiki 1.33 had it: any replica that has weight, if none was chosen. */
MWN_LB_BODY(139, waitForOne)
{
	zend_object *self;
	zval *position, *timeout, before, generic, index;
	bool ok = true, done;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(position)
		Z_PARAM_ZVAL(timeout)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	ZVAL_STR(&generic, MWN_LB_STR(empty));
	if (!mwn_lb_existing_reader(self, &generic, &index)) {
		return;
	}
	if (Z_TYPE(index) == IS_LONG && Z_LVAL(index) <= MWN_LB_WRITER) {
		mwn_lb_any_replica(self, &index);
	}
	exchange_position(self, position, &before);
	done = Z_TYPE(index) != IS_LONG || !zend_is_true(position) || mwn_lb_wait_for_server(self, &index, timeout, &ok);
	keep_higher(self, &before);
	zval_ptr_dtor(&index);
	if (done && !EG(exception)) {
		RETURN_BOOL(ok);
	}
}

/* ---- for all ---- */

static bool wait_for_each(zend_object *self, HashTable *indexes, zval *timeout, bool *ok)
{
	zval *index, passed, zero;
	bool reached;
	double start;

	*ok = true;
	ZVAL_LONG(&zero, 0);
	ZEND_HASH_FOREACH_VAL(indexes, index) {
		if (!mwn_lb_server_has_load(self, index)) {
			continue;
		}
		start = mwn_lb_now();
		if (!mwn_lb_wait_for_server(self, index, timeout, &reached)) {
			return false;
		}
		*ok = reached && *ok;
		ZVAL_LONG(&passed, (zend_long)(mwn_lb_now() - start));
		sub_function(timeout, timeout, &passed);
		if (EG(exception)) {
			return false;
		}
		if (zend_compare(timeout, &zero) <= 0) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

MWN_LB_BODY(139, waitForAll)
{
	zend_object *self;
	zval *position, *given, timeout, indexes, before;
	bool ok, done;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(position)
		Z_PARAM_ZVAL(given)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (zend_is_true(given)) {
		ZVAL_COPY(&timeout, given);
	} else {
		mwn_lb_wait_seconds(self, &timeout);
	}
	exchange_position(self, position, &before);
	mwn_lb_139_streaming_replicas(self, &indexes);
	done = wait_for_each(self, Z_ARRVAL(indexes), &timeout, &ok);
	mwn_lb_restore_position(self, &before);
	zval_ptr_dtor(&indexes);
	zval_ptr_dtor(&timeout);
	if (done) {
		RETURN_BOOL(ok);
	}
}

/* ---- positions of servers ---- */

static bool log_no_position(zend_object *self, zend_object *connection)
{
	zval extras, context;
	bool done;

	array_init(&extras);
	mwn_lb_add_exception(&extras);
	done = mwn_lb_context(self, connection, &extras, &context);
	zval_ptr_dtor(&extras);
	return done && mwn_lb_log_to(self, MWN_LB_REPLICATION, MWN_CALL_error, "waitForPrimaryPos",
		ZSTR_INIT_LITERAL("could not get primary pos for {db_server}", false), &context);
}

static bool wait_for_position(zend_object *self, zend_object *connection, zval *position, zval *timeout, bool *ok)
{
	*ok = false;
	if (!mwn_lb_is_position(position)) {
		return log_no_position(self, connection);
	}
	return mwn_lb_debug_to(self, MWN_LB_REPLICATION, "waitForPrimaryPos", "waiting")
		&& mwn_lb_ask_to_wait(connection, position, timeout, ok)
		&& mwn_lb_debug_to(self, MWN_LB_REPLICATION, "waitForPrimaryPos",
			*ok ? "done waiting (success)" : "done waiting (failure)");
}

static bool is_to_primary(zend_object *connection, bool *is)
{
	zval key, index;

	ZVAL_STR(&key, MWN_LB_STR(server_index));
	if (!mwn_call(connection, MWN_CALL_getLBInfo, &index, 1, &key)) {
		return false;
	}
	*is = mwn_lb_is(&index, MWN_LB_WRITER);
	zval_ptr_dtor(&index);
	return true;
}

static void wait_for_primary(zend_object *self, zend_object *connection, zval *given, zval *timeout, zval *result)
{
	zval position;
	bool is, ok;

	if (!is_to_primary(connection, &is)) {
		return;
	}
	if (is) {
		ZVAL_TRUE(result);
		return;
	}
	if (zend_is_true(given)) {
		ZVAL_COPY(&position, given);
	} else if (!mwn_lb_debug_to(self, MWN_LB_REPLICATION, "waitForPrimaryPos", "no position passed; using current")
		|| !mwn_lb_primary_position(self, &position)) {
		return;
	}
	if (wait_for_position(self, connection, &position, timeout, &ok)) {
		ZVAL_BOOL(result, ok);
	}
	zval_ptr_dtor(&position);
}

MWN_LB_BODY(139, waitForPrimaryPos)
{
	zend_object *self, *connection;
	zval *position, *given, timeout, one;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ZVAL(position)
		Z_PARAM_ZVAL(given)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (zend_is_true(given)) {
		ZVAL_COPY(&timeout, given);
	} else {
		mwn_lb_wait_seconds(self, &timeout);
	}
	ZVAL_LONG(&one, 1);
	/* As max() has it: the first of equal ones. */
	if (zend_compare(&timeout, &one) <= 0) {
		zval_ptr_dtor(&timeout);
		ZVAL_LONG(&timeout, 1);
	}
	wait_for_primary(self, connection, position, &timeout, return_value);
	zval_ptr_dtor(&timeout);
}

/* Where an open connection to the server is; false: there is none, or it does not replicate. */
static bool position_of(zend_object *self, zval *index, mwn_method method, zval *position)
{
	zval connection;
	bool done = true;

	if (!mwn_lb_any_open(self, index, 0, &connection)) {
		return false;
	}
	ZVAL_FALSE(position);
	if (zend_is_true(&connection)) {
		done = mwn_call_on(&connection, method, position, 0, NULL);
	}
	zval_ptr_dtor(&connection);
	return done;
}

/* Takes the position over. */
static bool keep_if_higher(zval *highest, zval *position)
{
	bool reached;

	if (!zend_is_true(position)) {
		zval_ptr_dtor(position);
		return true;
	}
	if (!zend_is_true(highest)) {
		ZVAL_COPY(highest, position);
	}
	if (!mwn_is_callable_on(position, MWN_CALL_hasReached)
		|| !mwn_lb_ask(Z_OBJ_P(position), MWN_CALL_hasReached, &reached, 1, highest)) {
		zval_ptr_dtor(position);
		return false;
	}
	if (!reached) {
		zval_ptr_dtor(position);
		return true;
	}
	zval_ptr_dtor(highest);
	ZVAL_COPY_VALUE(highest, position);
	return true;
}

static bool highest_of_replicas(zend_object *self, HashTable *indexes, zval *highest)
{
	zval *index, position;

	ZVAL_FALSE(highest);
	ZEND_HASH_FOREACH_VAL(indexes, index) {
		if (!position_of(self, index, MWN_CALL_getReplicaPos, &position) || !keep_if_higher(highest, &position)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, getReplicaResumePos)
{
	zend_object *self;
	zval writer, primary, indexes, highest;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	ZVAL_LONG(&writer, MWN_LB_WRITER);
	if (!mwn_lb_enter(self) || !mwn_lb_any_open(self, &writer, 0, &primary)) {
		return;
	}
	if (zend_is_true(&primary)) {
		mwn_call_on(&primary, MWN_CALL_getPrimaryPos, return_value, 0, NULL);
		zval_ptr_dtor(&primary);
		return;
	}
	zval_ptr_dtor(&primary);
	mwn_lb_139_streaming_replicas(self, &indexes);
	if (highest_of_replicas(self, Z_ARRVAL(indexes), &highest)) {
		RETVAL_COPY_VALUE(&highest);
	} else {
		zval_ptr_dtor(&highest);
	}
	zval_ptr_dtor(&indexes);
}
