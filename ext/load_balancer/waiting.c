/* Replication positions: of the session and of callers. */
#include "../php_mwnative.h"

#include <sys/time.h>

#include "zend_exceptions.h"
#include "ext/spl/spl_exceptions.h"

double mwn_lb_now(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return (double)now.tv_sec + (double)now.tv_usec / 1e6;
}

/* ---- the session's position ---- */

/* The session's own writes must be seen, if they are newer than what is waited for already. */
static bool is_newer(zend_object *self, zval *position, bool *newer)
{
	zval *present = mwn_lb_slot(self, MWN_LB_PROPERTY_waitForPos), held;
	bool done;

	*newer = true;
	if (!zend_is_true(present)) {
		return true;
	}
	ZVAL_COPY(&held, present);
	done = mwn_is_callable_on(position, MWN_CALL_hasReached)
		&& mwn_lb_ask(Z_OBJ_P(position), MWN_CALL_hasReached, newer, 1, &held);
	zval_ptr_dtor(&held);
	return done;
}

bool mwn_lb_raise_position(zend_object *self, zval *position)
{
	zval copy;
	bool newer;

	if (!zend_is_true(position)) {
		return true;
	}
	if (!is_newer(self, position, &newer)) {
		return false;
	}
	if (newer) {
		ZVAL_COPY(&copy, position);
		mwn_lb_set(self, MWN_LB_PROPERTY_waitForPos, &copy);
	}
	return true;
}

bool mwn_lb_load_session_position(zend_object *self)
{
	zval position, balancer;
	bool done;

	if (zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_chronologyProtectorCalled))
		|| !zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_chronologyProtector))) {
		return true;
	}
	mwn_lb_set_bool(self, MWN_LB_PROPERTY_chronologyProtectorCalled, true);
	ZVAL_OBJ(&balancer, self);
	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_chronologyProtector, MWN_CALL_getSessionPrimaryPos, &position, 1, &balancer)) {
		return false;
	}
	done = mwn_lb_debug(self, "loadSessionPrimaryPos", "executed chronology callback.")
		&& mwn_lb_raise_position(self, &position);
	zval_ptr_dtor(&position);
	return done;
}

ZEND_METHOD(MwNative_LoadBalancer, loadSessionPrimaryPos)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_load_session_position(self);
	}
}

/* ---- waiting for one server ---- */

/* A position as it was cached, from its own class; null: there is none. */
bool mwn_lb_143_revive_position(zval *cached, zval *position)
{
	zval *type;

	ZVAL_NULL(position);
	if (Z_TYPE_P(cached) != IS_ARRAY) {
		return true;
	}
	type = mwn_lb_option(Z_ARRVAL_P(cached), "_type_");
	if (!type || Z_TYPE_P(type) != IS_STRING) {
		zend_error(E_WARNING, "Undefined array key \"_type_\"");
		if (EG(exception)) {
			return false;
		}
		zend_throw_error(NULL, "Class name must be a valid object or a string");
		return false;
	}
	return mwn_call_static(Z_STRVAL_P(type), "newFromArray", position, 1, cached);
}

bool mwn_lb_143_position_for_cache(zend_object *self, zval *position)
{
	return mwn_lb_call_slot(self, MWN_LB_PROPERTY_waitForPos, MWN_CALL_toArray, position, 0, NULL);
}

bool mwn_lb_await_position(zend_object *self, zval *index, zval *timeout, bool *ok)
{
	*ok = !zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_waitForPos)) || mwn_lb_is(index, MWN_LB_WRITER);
	return *ok || mwn_lb_wait_for_server(self, index, timeout, ok);
}

ZEND_METHOD(MwNative_LoadBalancer, awaitSessionPrimaryPos)
{
	zend_object *self;
	zval *index, *timeout;
	bool ok;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(timeout)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && mwn_lb_await_position(self, index, timeout, &ok)) {
		RETURN_BOOL(ok);
	}
}

/* ---- waitForAll() ---- */

/* This is to slow writers down; what the session must see is another thing. Like a finally block, which exit() passes
 * over. */
void mwn_lb_restore_position(zend_object *self, zval *before)
{
	if (EG(exception) && zend_is_unwind_exit(EG(exception))) {
		zval_ptr_dtor(before);
	} else {
		mwn_lb_set(self, MWN_LB_PROPERTY_waitForPos, before);
	}
}

static bool add_failed(zend_object *self, zval *index, zval *failed)
{
	zend_string *name = mwn_lb_server_name(self, index);

	return name && add_next_index_str(failed, name) == SUCCESS;
}

static bool wait_for_each(zend_object *self, zval *timeout, zval *failed)
{
	zval indexes, *index, passed;
	bool ok, done = true;

	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getStreamingReplicaIndexes, &indexes, 0, NULL)) {
		return false;
	}
	if (Z_TYPE(indexes) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(indexes), index) {
			double start = mwn_lb_now();
			if (!mwn_lb_server_has_load(self, index)) {
				continue;
			}
			done = mwn_lb_await_position(self, index, timeout, &ok) && (ok || add_failed(self, index, failed));
			if (!done) {
				break;
			}
			ZVAL_LONG(&passed, (zend_long)(mwn_lb_now() - start));
			sub_function(timeout, timeout, &passed);
		} ZEND_HASH_FOREACH_END();
	}
	zval_ptr_dtor(&indexes);
	return done;
}

static bool server_count(zend_object *self, zend_long *count)
{
	zval number;
	bool done = mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getServerCount)
		? mwn_call(self, MWN_CALL_getServerCount, &number, 0, NULL)
		: mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerCount, &number, 0, NULL);

	*count = done ? zval_get_long(&number) : 0;
	return done;
}

/* One of five or more that is late is nothing to tell everybody: it gets no queries meanwhile. */
static bool judge_failures(zend_object *self, zval *position, zval *timeout, zval *failed, bool *ok)
{
	uint32_t number = zend_hash_num_elements(Z_ARRVAL_P(failed));
	zval context;
	zend_long count;
	zval text;

	*ok = true;
	if (number == 0) {
		return true;
	}
	if (number == 1) {
		if (!server_count(self, &count)) {
			return false;
		}
		if (count >= 5) {
			return true;
		}
	}
	*ok = false;
	if (!mwn_call(Z_OBJ_P(position), MWN_CALL___toString, &text, 0, NULL)) {
		return false;
	}
	array_init(&context);
	add_assoc_zval(&context, "raw_pos", &text);
	Z_TRY_ADDREF_P(failed);
	add_assoc_zval(&context, "failed_hosts", failed);
	Z_TRY_ADDREF_P(timeout);
	add_assoc_zval(&context, "timeout", timeout);
	mwn_lb_add_exception(&context);
	return mwn_lb_log(self, MWN_CALL_error, NULL,
		ZSTR_INIT_LITERAL("Timed out waiting for replication to reach {raw_pos}", false), &context);
}

MWN_LB_BODY(143, waitForAll)
{
	zend_object *self;
	zval *position, *given, timeout, failed, before, copy;
	bool ok, done;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJECT(position)
		Z_PARAM_ZVAL(given)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (zend_is_true(given)) {
		ZVAL_COPY(&timeout, given);
	} else {
		ZVAL_LONG(&timeout, MWN_LB_WAIT_SECONDS);
	}
	ZVAL_COPY(&before, mwn_lb_slot(self, MWN_LB_PROPERTY_waitForPos));
	ZVAL_COPY(&copy, position);
	mwn_lb_set(self, MWN_LB_PROPERTY_waitForPos, &copy);
	array_init(&failed);
	done = wait_for_each(self, &timeout, &failed) && judge_failures(self, position, &timeout, &failed, &ok);
	mwn_lb_restore_position(self, &before);
	zval_ptr_dtor(&failed);
	zval_ptr_dtor(&timeout);
	if (done) {
		RETVAL_BOOL(ok);
	}
}

/* ---- the primary's position ---- */

ZEND_METHOD(MwNative_LoadBalancer, getPrimaryPos)
{
	zend_object *self;
	zval connection, arguments[2];

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	ZVAL_LONG(&arguments[0], MWN_LB_WRITER);
	if (!mwn_lb_any_open(self, &arguments[0], 0, &connection)) {
		return;
	}
	if (zend_is_true(&connection)) {
		mwn_call(Z_OBJ(connection), MWN_CALL_getPrimaryPos, return_value, 0, NULL);
		zval_ptr_dtor(&connection);
		return;
	}
	zval_ptr_dtor(&connection);
	/* As the host has it: the flag is where groups go. */
	ZVAL_COPY_VALUE(&arguments[1], mwn_lb_constant_of(MWN_LB_CONN_SILENCE_ERRORS));
	if (!mwn_call(self, MWN_CALL_getConnectionInternal, &connection, 2, arguments)) {
		return;
	}
	if (Z_TYPE(connection) != IS_OBJECT) {
		mwn_lb_report_error(self, NULL);
		zval_ptr_dtor(&connection);
		return;
	}
	mwn_call(Z_OBJ(connection), MWN_CALL_getPrimaryPos, return_value, 0, NULL);
	mwn_lb_close_despite_exception(self, Z_OBJ(connection));
	zval_ptr_dtor(&connection);
}

/* Where the primary is now, over a connection that is closed again if it had to be made. */
bool mwn_lb_primary_position(zend_object *self, zval *position)
{
	zval writer, connection;
	bool done;

	ZVAL_LONG(&writer, MWN_LB_WRITER);
	if (!mwn_lb_any_open(self, &writer, zval_get_long(mwn_lb_constant_of(MWN_LB_CONN_SILENCE_ERRORS)), &connection)) {
		return false;
	}
	if (zend_is_true(&connection)) {
		done = mwn_call(Z_OBJ(connection), MWN_CALL_getPrimaryPos, position, 0, NULL);
		zval_ptr_dtor(&connection);
		return done;
	}
	zval_ptr_dtor(&connection);
	if (!mwn_lb_quiet_connection(self, &writer, 0, &connection)) {
		return false;
	}
	if (!zend_is_true(&connection)) {
		zval_ptr_dtor(&connection);
		return mwn_lb_throw("DBReplicationWaitError", NULL,
			ZSTR_INIT_LITERAL("Could not obtain a primary database connection to get the position", false));
	}
	done = mwn_call(Z_OBJ(connection), MWN_CALL_getPrimaryPos, position, 0, NULL);
	if (done && !mwn_lb_close(self, Z_OBJ(connection))) {
		zval_ptr_dtor(position);
		done = false;
	}
	zval_ptr_dtor(&connection);
	return done;
}

static bool is_owners(const zend_object *connection)
{
	return mwn_lb_is_a(connection, "idatabaseforowner");
}

static bool log_no_position(zend_object *self, zend_object *connection)
{
	zval extras, context;
	bool done;

	array_init(&extras);
	mwn_lb_add_exception(&extras);
	done = mwn_lb_context(self, connection, &extras, &context);
	zval_ptr_dtor(&extras);
	return done && mwn_lb_log(self, MWN_CALL_error, "waitForPrimaryPos",
		ZSTR_INIT_LITERAL("could not get primary pos for {db_server}", false), &context);
}

/* `timeout` may be NULL. */
static bool wait_for_position(zend_object *self, zend_object *connection, zval *position, zval *timeout, bool *ok)
{
	zval seconds;

	*ok = false;
	if (!mwn_lb_is_position(position) || !is_owners(connection)) {
		return log_no_position(self, connection);
	}
	ZVAL_LONG(&seconds, MWN_LB_WAIT_SECONDS);
	return mwn_lb_debug(self, "waitForPrimaryPos", "waiting")
		&& mwn_lb_ask_to_wait(connection, position, timeout ? timeout : &seconds, ok)
		&& mwn_lb_debug(self, "waitForPrimaryPos", *ok ? "done waiting (success)" : "done waiting (failure)");
}

static void wait_for_primary(zend_object *self, zend_object *connection, zval *given, zval *timeout, zval *result)
{
	zval key, index, position;
	bool ok, is_writer;

	ZVAL_STR(&key, MWN_LB_STR(server_index));
	if (!mwn_call(connection, MWN_CALL_getLBInfo, &index, 1, &key)) {
		return;
	}
	is_writer = mwn_lb_is(&index, MWN_LB_WRITER);
	zval_ptr_dtor(&index);
	if (is_writer) {
		ZVAL_TRUE(result);
		return;
	}
	if (given && zend_is_true(given)) {
		ZVAL_COPY(&position, given);
	} else if (!mwn_lb_primary_position(self, &position)) {
		return;
	}
	if (wait_for_position(self, connection, &position, timeout, &ok)) {
		ZVAL_BOOL(result, ok);
	}
	zval_ptr_dtor(&position);
}

MWN_LB_BODY(143, waitForPrimaryPos)
{
	zend_object *self, *connection;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		wait_for_primary(self, connection, NULL, NULL, return_value);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, safeWaitForMasterPos)
{
	zend_object *self, *connection;
	zval *position, *given, timeout;
	zend_long seconds;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ZVAL(position)
		Z_PARAM_ZVAL(given)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		seconds = zend_is_true(given) ? zval_get_long(given) : MWN_LB_WAIT_SECONDS;
		ZVAL_LONG(&timeout, seconds < 1 ? 1 : seconds);
		wait_for_primary(self, connection, position, &timeout, return_value);
	}
}

/* ---- waitFor() and waitForOne(), as MediaWiki 1.33 had them ---- */

/* Sets the position and waits on a server, if there is one; afterwards the higher of both positions stays. */
static bool wait_with_position(zend_object *self, zval *position, zval *index, zval *timeout, bool *ok)
{
	zval before, copy;
	bool done;

	*ok = true;
	ZVAL_COPY(&before, mwn_lb_slot(self, MWN_LB_PROPERTY_waitForPos));
	if (zend_is_true(position)) {
		ZVAL_COPY(&copy, position);
	} else {
		ZVAL_NULL(&copy);
	}
	mwn_lb_set(self, MWN_LB_PROPERTY_waitForPos, &copy);
	done = Z_TYPE_P(index) != IS_LONG || Z_LVAL_P(index) <= MWN_LB_WRITER
		|| mwn_lb_await_position(self, index, timeout, ok);
	if (done) {
		done = mwn_lb_raise_position(self, &before);
		zval_ptr_dtor(&before);
	} else {
		mwn_lb_set(self, MWN_LB_PROPERTY_waitForPos, &before);
	}
	return done;
}

MWN_LB_BODY(143, waitFor)
{
	zend_object *self;
	zval *position, generic, index;
	bool ok;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(position)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self)) {
		return;
	}
	ZVAL_STR(&generic, MWN_LB_STR(empty));
	if (!mwn_lb_existing_reader(self, &generic, &index)) {
		return;
	}
	if (wait_with_position(self, position, &index, NULL, &ok) && !ok) {
		mwn_lb_lagged(self);
	}
	zval_ptr_dtor(&index);
}

/* A replica with weight, for want of one that was chosen. */
void mwn_lb_any_replica(zend_object *self, zval *index)
{
	zval *loads = zend_hash_find(mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads), MWN_LB_STR(empty));
	HashTable *replicas;

	ZVAL_FALSE(index);
	if (loads && Z_TYPE_P(loads) == IS_ARRAY) {
		replicas = zend_array_dup(Z_ARRVAL_P(loads));
		zend_hash_index_del(replicas, MWN_LB_WRITER);
		mwn_lb_pick(replicas, index);
		zend_array_release(replicas);
	}
}

MWN_LB_BODY(143, waitForOne)
{
	zend_object *self;
	zval *position, *timeout, generic, index;
	bool ok;

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
	if (wait_with_position(self, position, &index, timeout, &ok)) {
		RETVAL_BOOL(ok);
	}
	zval_ptr_dtor(&index);
}
