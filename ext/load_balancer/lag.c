/* Lag of replicas, and whether the primary takes writes. */
#include "../php_mwnative.h"

#include "zend_exceptions.h"
#include "../random.h"

/* Seconds for which the primary's answer is kept. */
enum { KEEP_READ_ONLY = 5, KEEP_READ_ONLY_IN_PROCESS = 30 };
/* Seconds for which lags are kept, more or less so that not all processes ask at once, and for which one of them may
 * take to ask. */
enum { KEEP_LAG = 10, KEEP_LAG_JITTER = 10, LAG_LOCK = 30 };

/* ---- lag ---- */

bool mwn_lb_lag_times(zend_object *self, zval *lags)
{
	return mwn_call(self, MWN_CALL_getLagTimes, lags, 0, NULL);
}

static bool lag_key(zend_object *self, zval *key)
{
	zval parts[2];
	bool done;

	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getClusterName)) {
		if (!mwn_call(self, MWN_CALL_getClusterName, &parts[1], 0, NULL)) {
			return false;
		}
	} else {
		ZVAL_COPY(&parts[1], mwn_lb_slot(self, MWN_LB_PROPERTY_clusterName));
	}
	ZVAL_STRING(&parts[0], "rdbms-lags");
	done = mwn_lb_call_slot(self, MWN_LB_PROPERTY_wanCache, MWN_CALL_makeGlobalKey, key, 2, parts);
	zval_ptr_dtor(&parts[0]);
	zval_ptr_dtor(&parts[1]);
	return done;
}

MWN_LB_BODY(143, getLagTimes)
{
	zend_object *self;
	zval *measure, arguments[4];
	bool has_replicas, done;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJECT(measure)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	done = mwn_is_overridden(mwn_callee_of(self), MWN_CALL_hasReplicaServers)
		? mwn_lb_ask(self, MWN_CALL_hasReplicaServers, &has_replicas, 0, NULL) : mwn_lb_has_replicas(self, &has_replicas);
	if (!done) {
		return;
	}
	if (!has_replicas) {
		array_init(return_value);
		add_index_long(return_value, MWN_LB_WRITER, 0);
		return;
	}
	if (!lag_key(self, &arguments[0])) {
		return;
	}
	ZVAL_LONG(&arguments[1], KEEP_LAG + php_mt_rand_common(1, KEEP_LAG_JITTER));
	ZVAL_COPY_VALUE(&arguments[2], measure);
	array_init(&arguments[3]);
	add_assoc_long(&arguments[3], "lockTSE", LAG_LOCK);
	mwn_lb_call_slot(self, MWN_LB_PROPERTY_wanCache, MWN_CALL_getWithSetCallback, return_value, 4, arguments);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[3]);
}

/* The lag of one server; false: it cannot be reached. */
static bool measure(zend_object *self, zval *index, zval *lag)
{
	zval connection, caller;
	bool done;

	ZVAL_FALSE(lag);
	if (!mwn_lb_quiet_connection(self, index, zval_get_long(mwn_lb_constant_of(MWN_LB_CONN_UNTRACKED_GAUGE)), &connection)) {
		return false;
	}
	if (!zend_is_true(&connection)) {
		zval_ptr_dtor(&connection);
		return true;
	}
	done = mwn_call(Z_OBJ(connection), MWN_CALL_getLag, lag, 0, NULL);
	if (done) {
		ZVAL_STRING(&caller, MWN_LB_METHOD("getLagTimes"));
		done = mwn_call(Z_OBJ(connection), MWN_CALL_close, NULL, 1, &caller);
		zval_ptr_dtor(&caller);
	}
	zval_ptr_dtor(&connection);
	if (!done) {
		zval_ptr_dtor(lag);
		ZVAL_UNDEF(lag);
	}
	return done;
}

ZEND_METHOD(MwNative_LoadBalancer, measureLagTimes)
{
	zend_object *self;
	zval indexes, *index, lag;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getStreamingReplicaIndexes,
		&indexes, 0, NULL)) {
		return;
	}
	array_init(return_value);
	if (Z_TYPE(indexes) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(indexes), index) {
			if (!measure(self, index, &lag)) {
				break;
			}
			mwn_lb_put(Z_ARRVAL_P(return_value), index, &lag);
		} ZEND_HASH_FOREACH_END();
	}
	zval_ptr_dtor(&indexes);
}

static bool host_of(zend_object *self, zval *index, zval *host)
{
	zval arguments[2];
	bool done;

	ZVAL_COPY_VALUE(&arguments[0], index);
	ZVAL_STRING(&arguments[1], "host");
	done = mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerInfoStrict, host, 2, arguments);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

/* The worst of the servers that everybody reads from: [ host, lag, index ] */
bool mwn_lb_find_worst(zend_object *self, HashTable *lags, mwn_lb_host_of host_of, zval *worst)
{
	zval *generic = mwn_lb_find_str(mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads), MWN_LB_STRING_empty), *lag, *load;
	zval held, index, zero;
	zend_ulong number;
	zend_string *name;
	bool done = true;

	if (!generic || Z_TYPE_P(generic) != IS_ARRAY) {
		return true;
	}
	/* Held: whoever tells a server's name may change the groups. */
	ZVAL_COPY(&held, generic);
	ZVAL_LONG(&zero, 0);
	ZEND_HASH_FOREACH_KEY_VAL(lags, number, name, lag) {
		if (name) {
			continue;
		}
		ZVAL_LONG(&index, (zend_long)number);
		ZVAL_DEREF(lag);
		load = mwn_lb_find(Z_ARRVAL(held), &index);
		/* Written so that what is no number is not more than any. */
		if (!load || zend_compare(&zero, load) >= 0 || zend_compare(&worst[1], lag) >= 0) {
			continue;
		}
		zval_ptr_dtor(&worst[1]);
		ZVAL_COPY(&worst[1], lag);
		zval_ptr_dtor(&worst[0]);
		ZVAL_NULL(&worst[0]);
		done = host_of(self, &index, &worst[0]);
		if (!done) {
			break;
		}
		ZVAL_COPY_VALUE(&worst[2], &index);
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&held);
	return done;
}

MWN_LB_BODY(143, getMaxLag)
{
	zend_object *self;
	zval worst[3], lags;
	bool has_replicas, done = true;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !mwn_lb_has_replicas(self, &has_replicas)) {
		return;
	}
	ZVAL_EMPTY_STRING(&worst[0]);
	ZVAL_LONG(&worst[1], -1);
	ZVAL_LONG(&worst[2], 0);
	if (has_replicas) {
		done = mwn_lb_lag_times(self, &lags);
		if (done) {
			done = Z_TYPE(lags) != IS_ARRAY || mwn_lb_find_worst(self, Z_ARRVAL(lags), host_of, worst);
			zval_ptr_dtor(&lags);
		}
	}
	if (!done) {
		zval_ptr_dtor(&worst[0]);
		zval_ptr_dtor(&worst[1]);
		return;
	}
	array_init(return_value);
	for (int i = 0; i < 3; i++) {
		add_next_index_zval(return_value, &worst[i]);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, safeGetLag)
{
	zend_object *self, *connection;
	bool has_replicas;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !mwn_lb_has_replicas(self, &has_replicas)) {
		return;
	}
	if (has_replicas) {
		mwn_call(connection, MWN_CALL_getLag, return_value, 0, NULL);
	} else {
		RETURN_LONG(0);
	}
}

MWN_LB_BODY(143, getLaggedReplicaMode)
{
	zend_object *self;
	zval generic, index, *info;
	bool has_replicas;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (!zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_laggedReplicaMode))) {
		info = mwn_lb_slot(self, MWN_LB_PROPERTY_serverInfo);
		if (!mwn_is_callable_on(info, MWN_CALL_hasStreamingReplicaServers)
			|| !mwn_lb_ask(Z_OBJ_P(info), MWN_CALL_hasStreamingReplicaServers, &has_replicas, 0, NULL)) {
			return;
		}
		if (has_replicas) {
			/* Whether it lags shows when a reader is chosen. */
			ZVAL_STR(&generic, MWN_LB_STR(empty));
			if (!mwn_lb_reader_index(self, &generic, &index)) {
				return;
			}
			zval_ptr_dtor(&index);
		}
	}
	RETURN_BOOL(zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_laggedReplicaMode)));
}

ZEND_METHOD(MwNative_LoadBalancer, allowLagged)
{
	zend_object *self;
	zval *mode;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(mode)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (Z_TYPE_P(mode) != IS_NULL) {
		mwn_lb_set_bool(self, MWN_LB_PROPERTY_lagAllowed, zend_is_true(mode));
	}
	RETURN_BOOL(zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_lagAllowed)));
}

/* ---- read-only ---- */

static bool read_only_key(zend_object *self, zval *key)
{
	zval parts[2];
	bool done;

	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getPrimaryServerName, &parts[1], 0, NULL)) {
		return false;
	}
	ZVAL_STRING(&parts[0], "rdbms-server-readonly");
	done = mwn_lb_call_slot(self, MWN_LB_PROPERTY_wanCache, MWN_CALL_makeGlobalKey, key, 2, parts);
	zval_ptr_dtor(&parts[0]);
	zval_ptr_dtor(&parts[1]);
	return done;
}

MWN_LB_BODY(143, isPrimaryRunningReadOnly)
{
	zend_object *self;
	zval *ask, arguments[4], answer;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJECT(ask)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !read_only_key(self, &arguments[0])) {
		return;
	}
	ZVAL_LONG(&arguments[1], KEEP_READ_ONLY);
	ZVAL_COPY_VALUE(&arguments[2], ask);
	array_init(&arguments[3]);
	add_assoc_long(&arguments[3], "busyValue", 0);
	add_assoc_long(&arguments[3], "pcTTL", KEEP_READ_ONLY_IN_PROCESS);
	if (mwn_lb_call_slot(self, MWN_LB_PROPERTY_wanCache, MWN_CALL_getWithSetCallback, &answer, 4, arguments)) {
		RETVAL_BOOL(zend_is_true(&answer));
		zval_ptr_dtor(&answer);
	}
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[3]);
}

/* A server that cannot say keeps the answer that it gave before: errors must not stop a wiki. */
bool mwn_lb_ask_server(zend_object *connection, zval *former, zval *answer)
{
	zend_object *error;
	zval read_only;

	if (mwn_call(connection, MWN_CALL_serverIsReadOnly, &read_only, 0, NULL)) {
		ZVAL_LONG(answer, zval_get_long(&read_only));
		zval_ptr_dtor(&read_only);
		return true;
	}
	error = mwn_lb_catch_database_error();
	if (!error) {
		return false;
	}
	OBJ_RELEASE(error);
	ZVAL_LONG(answer, Z_TYPE_P(former) == IS_LONG ? Z_LVAL_P(former) : 0);
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, askWhetherReadOnly)
{
	zend_object *self;
	zval *given, *former, silence, connection, writer;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(given)
		Z_PARAM_ZVAL(former)
	ZEND_PARSE_PARAMETERS_END();
	/* The profiler is silent as long as what it returned lives. */
	if (!mwn_lb_enter(self)
		|| !mwn_lb_call_slot(self, MWN_LB_PROPERTY_trxProfiler, MWN_CALL_silenceForScope, &silence, 0, NULL)) {
		return;
	}
	ZVAL_LONG(&writer, MWN_LB_WRITER);
	if (Z_TYPE_P(given) == IS_OBJECT) {
		ZVAL_COPY(&connection, given);
	} else if (!mwn_lb_quiet_connection(self, &writer, 0, &connection)) {
		zval_ptr_dtor(&silence);
		return;
	}
	if (!zend_is_true(&connection)) {
		ZVAL_LONG(return_value, 0);
	} else {
		mwn_lb_ask_server(Z_OBJ(connection), former, return_value);
	}
	zval_ptr_dtor(&silence);
	zval_ptr_dtor(&connection);
}

bool mwn_lb_ask_shell(zend_object *self, const char *lower_method, bool *answer, uint32_t count, zval *arguments)
{
	/* The shell's own: it makes the closure that the cache calls, and no subclass can override it. */
	zend_class_entry *shell = MWN_G(load_balancer_request).binding->shell;
	zend_function *method = zend_hash_str_find_ptr(&shell->function_table, lower_method, strlen(lower_method));
	zval result;

	*answer = false;
	zend_call_known_function(method, self, self->ce, &result, count, arguments, NULL);
	if (EG(exception)) {
		zval_ptr_dtor(&result);
		return false;
	}
	*answer = zend_is_true(&result);
	zval_ptr_dtor(&result);
	return true;
}

bool mwn_lb_is_primary_read_only(zend_object *self, zend_object *connection, bool *read_only)
{
	zval argument;

	if (connection) {
		ZVAL_OBJ(&argument, connection);
	}
	return mwn_lb_ask_shell(self, "isprimaryrunningreadonly", read_only, connection ? 1 : 0, &argument);
}

MWN_LB_BODY(143, getReadOnlyReason)
{
	zend_object *self;
	zval *configured;
	bool read_only;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	configured = mwn_lb_slot(self, MWN_LB_PROPERTY_readOnlyReason);
	if (Z_TYPE_P(configured) != IS_FALSE) {
		RETURN_COPY(configured);
	}
	if (!mwn_lb_is_primary_read_only(self, NULL, &read_only)) {
		return;
	}
	if (read_only) {
		RETURN_STRING("The primary database server is running in read-only mode.");
	}
	RETURN_FALSE;
}
