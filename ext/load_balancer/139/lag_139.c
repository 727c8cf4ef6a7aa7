/* Lag of replicas, and whether the primary takes writes, on MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include "zend_exceptions.h"
#include "load_balancer_139.h"

/* Seconds for which the primary's answer is kept: for all servers, in this process, on this server. */
enum { KEEP_READ_ONLY = 5, KEEP_READ_ONLY_IN_PROCESS = 30, KEEP_READ_ONLY_HERE = 3 };

/* ---- lag ---- */

/* Those that may lag, and [ index => 0 ] for those that never change. */
static void sort_servers(zend_object *self, zval *may_lag, zval *known)
{
	zend_ulong number;
	zval *server;

	array_init(may_lag);
	array_init(known);
	ZEND_HASH_FOREACH_NUM_KEY_VAL(mwn_lb_table(self, MWN_LB_PROPERTY_servers), number, server) {
		if (Z_TYPE_P(server) == IS_ARRAY && mwn_lb_139_is_static(Z_ARRVAL_P(server))) {
			add_index_long(known, (zend_ulong)number, 0);
		} else {
			add_next_index_long(may_lag, (zend_long)number);
		}
	} ZEND_HASH_FOREACH_END();
}

static bool ask_monitor(zend_object *self, zend_string *domain, zval *lags)
{
	zval *monitor = mwn_lb_139_monitor(self), arguments[2], known;
	bool done;

	if (!monitor) {
		return false;
	}
	sort_servers(self, &arguments[0], &known);
	ZVAL_STR(&arguments[1], domain);
	done = mwn_call_on(monitor, MWN_CALL_getLagTimes, lags, 2, arguments);
	zval_ptr_dtor(&arguments[0]);
	if (done && Z_TYPE_P(lags) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL(known)) > 0) {
		SEPARATE_ARRAY(lags);
		zend_hash_merge(Z_ARRVAL_P(lags), Z_ARRVAL(known), zval_add_ref, false);
	}
	zval_ptr_dtor(&known);
	return done;
}

MWN_LB_BODY(139, getLagTimes)
{
	zend_object *self;
	zend_string *id;
	zval *domain;
	bool has_replicas;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !(id = mwn_lb_resolve_id(self, domain))) {
		return;
	}
	if (mwn_lb_139_has_replicas(self, &has_replicas)) {
		if (has_replicas) {
			ask_monitor(self, id, return_value);
		} else {
			array_init(return_value);
			add_index_long(return_value, MWN_LB_WRITER, 0);
		}
	}
	zend_string_release(id);
}

static bool find_worst(zend_object *self, zend_string *domain, zval *worst)
{
	zval argument, lags;
	bool has_replicas, done;

	if (!mwn_lb_139_has_replicas(self, &has_replicas)) {
		return false;
	}
	if (!has_replicas) {
		return true;
	}
	ZVAL_STR(&argument, domain);
	if (!mwn_call(self, MWN_CALL_getLagTimes, &lags, 1, &argument)) {
		return false;
	}
	done = Z_TYPE(lags) != IS_ARRAY || mwn_lb_find_worst(self, Z_ARRVAL(lags), mwn_lb_139_host_of, worst);
	zval_ptr_dtor(&lags);
	return done;
}

MWN_LB_BODY(139, getMaxLag)
{
	zend_object *self;
	zend_string *id;
	zval *domain, worst[3];
	bool done;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !(id = mwn_lb_resolve_id(self, domain))) {
		return;
	}
	ZVAL_EMPTY_STRING(&worst[0]);
	ZVAL_LONG(&worst[1], -1);
	ZVAL_LONG(&worst[2], 0);
	done = find_worst(self, id, worst);
	zend_string_release(id);
	if (!done) {
		zval_ptr_dtor(&worst[0]);
		zval_ptr_dtor(&worst[1]);
		return;
	}
	array_init_size(return_value, 3);
	for (int i = 0; i < 3; i++) {
		add_next_index_zval(return_value, &worst[i]);
	}
}

/* ---- lagged mode ---- */

static bool is_lagged(zend_object *self)
{
	return zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_laggedReplicaMode));
}

static bool own_is_lagged(zend_object *self, zval *domain, bool *lagged)
{
	zend_string *text = mwn_lb_resolve_id(self, domain);
	zval generic, id, index;
	bool has_replicas, done = true;

	*lagged = true;
	if (!text) {
		return false;
	}
	if (!is_lagged(self)) {
		done = mwn_lb_139_has_streaming_replicas(self, &has_replicas);
		if (done && has_replicas) {
			/* Whether it lags shows when a reader is chosen. */
			ZVAL_STR(&generic, MWN_LB_STR(empty));
			ZVAL_STR(&id, text);
			done = mwn_lb_139_reader_index(self, &generic, &id, &index);
			zval_ptr_dtor(&index);
		}
		*lagged = is_lagged(self);
	}
	zend_string_release(text);
	return done;
}

bool mwn_lb_139_is_lagged(zend_object *self, zval *domain, bool *lagged)
{
	return mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getLaggedReplicaMode)
		? mwn_lb_ask(self, MWN_CALL_getLaggedReplicaMode, lagged, 1, domain) : own_is_lagged(self, domain, lagged);
}

MWN_LB_BODY(139, getLaggedReplicaMode)
{
	zend_object *self;
	zval *domain;
	bool lagged;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && own_is_lagged(self, domain, &lagged)) {
		RETURN_BOOL(lagged);
	}
}

/* ---- read-only: one connection's server ---- */

/* A string in any case, which the caller releases; NULL: an exception. */
static bool text_of(zend_object *object, mwn_method method, zval *text)
{
	zval value;

	if (!mwn_call(object, method, &value, 0, NULL)) {
		ZVAL_UNDEF(text);
		return false;
	}
	ZVAL_STR(text, zval_get_string(&value));
	zval_ptr_dtor(&value);
	return true;
}

static bool connection_key(zend_object *self, zend_object *connection, zval *key)
{
	zval parts[4];
	bool done;

	ZVAL_UNDEF(&parts[1]);
	ZVAL_UNDEF(&parts[2]);
	ZVAL_UNDEF(&parts[3]);
	ZVAL_STRING(&parts[0], "rdbms-server-readonly");
	done = text_of(connection, MWN_CALL_getServerName, &parts[1]) && text_of(connection, MWN_CALL_getDBname, &parts[2])
		&& text_of(connection, MWN_CALL_dbSchema, &parts[3])
		&& mwn_lb_call_slot(self, MWN_LB_PROPERTY_srvCache, MWN_CALL_makeGlobalKey, key, 4, parts);
	for (int i = 0; i < 4; i++) {
		zval_ptr_dtor(&parts[i]);
	}
	return done;
}

ZEND_METHOD(MwNative_LoadBalancer, askConnection)
{
	zend_object *self, *connection;
	zval none;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		ZVAL_NULL(&none);
		mwn_lb_ask_server(connection, &none, return_value);
	}
}

/* Asks now, and keeps the answer. */
static bool refresh(zend_object *self, zend_object *connection, zval *key, zval *answer)
{
	zval none, arguments[3];

	ZVAL_NULL(&none);
	if (!mwn_lb_ask_server(connection, &none, answer)) {
		return false;
	}
	ZVAL_COPY_VALUE(&arguments[0], key);
	ZVAL_COPY_VALUE(&arguments[1], answer);
	ZVAL_LONG(&arguments[2], KEEP_READ_ONLY_HERE);
	return mwn_lb_call_slot(self, MWN_LB_PROPERTY_srvCache, MWN_CALL_set, NULL, 3, arguments);
}

ZEND_METHOD(MwNative_LoadBalancer, isPrimaryConnectionReadOnly)
{
	zend_object *self, *connection;
	zval *ask, *flags, arguments[3], answer;
	zend_long bits;
	bool done;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJECT(ask)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !mwn_lb_flags(flags, &bits) || !connection_key(self, connection, &arguments[0])) {
		return;
	}
	if (mwn_lb_has_bit(bits, MWN_LB_CONN_REFRESH_READ_ONLY)) {
		done = refresh(self, connection, &arguments[0], &answer);
	} else {
		ZVAL_LONG(&arguments[1], KEEP_READ_ONLY_HERE);
		ZVAL_COPY_VALUE(&arguments[2], ask);
		done = mwn_lb_call_slot(self, MWN_LB_PROPERTY_srvCache, MWN_CALL_getWithSetCallback, &answer, 3, arguments);
	}
	zval_ptr_dtor(&arguments[0]);
	if (done) {
		RETVAL_BOOL(zend_is_true(&answer));
		zval_ptr_dtor(&answer);
	}
}

bool mwn_lb_139_is_connection_read_only(zend_object *self, zend_object *connection, zend_long flags, bool *read_only)
{
	zval arguments[2];

	ZVAL_OBJ(&arguments[0], connection);
	ZVAL_LONG(&arguments[1], flags);
	return mwn_lb_ask_shell(self, "isprimaryconnectionreadonly", read_only, 2, arguments);
}

/* ---- read-only: the primary, for a domain ---- */

static bool domain_key(zend_object *self, zend_object *domain, zval *key)
{
	zval parts[4], writer;
	zend_string *server;
	bool done;

	ZVAL_LONG(&writer, MWN_LB_WRITER);
	server = mwn_lb_server_name(self, &writer);
	if (!server) {
		return false;
	}
	ZVAL_STRING(&parts[0], "rdbms-server-readonly");
	ZVAL_STR(&parts[1], server);
	ZVAL_UNDEF(&parts[2]);
	ZVAL_UNDEF(&parts[3]);
	done = mwn_call(domain, MWN_CALL_getDatabase, &parts[2], 0, NULL) && text_of(domain, MWN_CALL_getSchema, &parts[3])
		&& mwn_lb_call_slot(self, MWN_LB_PROPERTY_wanCache, MWN_CALL_makeGlobalKey, key, 4, parts);
	for (int i = 0; i < 4; i++) {
		zval_ptr_dtor(&parts[i]);
	}
	return done;
}

MWN_LB_BODY(139, isPrimaryRunningReadOnly)
{
	zend_object *self, *domain;
	zval *ask, arguments[4], answer;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJECT(ask)
		Z_PARAM_OBJ(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !domain_key(self, domain, &arguments[0])) {
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

/* Errors must not stop a wiki: who cannot say is not read-only. */
static bool is_read_only_or_fails(zend_object *self, zend_object *connection, bool *read_only)
{
	zend_object *error;

	if (mwn_lb_139_is_connection_read_only(self, connection, 0, read_only)) {
		return true;
	}
	error = mwn_lb_catch_database_error();
	if (!error) {
		return false;
	}
	OBJ_RELEASE(error);
	*read_only = false;
	return true;
}

static bool ask_primary(zend_object *self, zend_object *domain, bool *read_only)
{
	zval writer, id, connection;
	bool done;

	*read_only = false;
	if (!mwn_lb_domain_id(domain, &id)) {
		zval_ptr_dtor(&id);
		return false;
	}
	ZVAL_LONG(&writer, MWN_LB_WRITER);
	done = mwn_lb_server_connection(self, &writer, &id, zval_get_long(mwn_lb_constant_of(MWN_LB_CONN_SILENCE_ERRORS))
		| zval_get_long(mwn_lb_constant_of(MWN_LB_CONN_REFRESH_READ_ONLY)), &connection);
	zval_ptr_dtor(&id);
	if (!done) {
		return false;
	}
	if (Z_TYPE(connection) == IS_OBJECT) {
		done = is_read_only_or_fails(self, Z_OBJ(connection), read_only) && mwn_lb_139_give_back(self, Z_OBJ(connection));
	}
	zval_ptr_dtor(&connection);
	return done;
}

ZEND_METHOD(MwNative_LoadBalancer, askPrimary)
{
	zend_object *self, *domain;
	zval silence;
	bool read_only;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(domain)
	ZEND_PARSE_PARAMETERS_END();
	/* The profiler is silent as long as what it returned lives. */
	if (!mwn_lb_enter(self)
		|| !mwn_lb_call_slot(self, MWN_LB_PROPERTY_trxProfiler, MWN_CALL_silenceForScope, &silence, 0, NULL)) {
		return;
	}
	if (ask_primary(self, domain, &read_only)) {
		RETVAL_LONG(read_only);
	}
	zval_ptr_dtor(&silence);
}

/* ---- getReadOnlyReason() ---- */

static void reason_of_lag(zend_object *self, zval *domain, zval *reason)
{
	zval generic, reader;
	bool lagged;

	if (!mwn_lb_139_is_lagged(self, domain, &lagged)) {
		return;
	}
	if (!lagged) {
		ZVAL_FALSE(reason);
		return;
	}
	ZVAL_STR(&generic, MWN_LB_STR(empty));
	if (mwn_lb_existing_reader(self, &generic, &reader)) {
		ZVAL_STRING(reason, mwn_lb_is(&reader, MWN_LB_NO_READER)
			? "The database is read-only until a replica database server becomes reachable."
			: "The database is read-only until replication lag decreases.");
		zval_ptr_dtor(&reader);
	}
}

static void read_only_reason(zend_object *self, zend_string *id, zval *domain, zval *reason)
{
	zval *configured = mwn_lb_slot(self, MWN_LB_PROPERTY_readOnlyReason), text, argument;
	const mwn_lb_domain *known;
	bool read_only;

	ZVAL_STR(&text, id);
	known = mwn_lb_domain_of_id(&text);
	if (!known) {
		return;
	}
	if (Z_TYPE_P(configured) != IS_FALSE) {
		ZVAL_COPY(reason, configured);
		return;
	}
	ZVAL_OBJ(&argument, known->object);
	if (!mwn_lb_ask_shell(self, "isprimaryrunningreadonly", &read_only, 1, &argument)) {
		return;
	}
	if (read_only) {
		ZVAL_STRING(reason, "The primary database server is running in read-only mode.");
	} else {
		reason_of_lag(self, domain, reason);
	}
}

MWN_LB_BODY(139, getReadOnlyReason)
{
	zend_object *self;
	zend_string *id;
	zval *domain;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (id = mwn_lb_resolve_id(self, domain))) {
		read_only_reason(self, id, domain, return_value);
		zend_string_release(id);
	}
}
