/* getServerConnection(): an open connection that can serve, or a new one. */
#include "../php_mwnative.h"

/* Can the connection serve the domain? Where databases are apart (PostgreSQL) only one that is on its database. */
static bool is_shareable(zend_object *connection, const mwn_lb_domain *domain, bool *shareable)
{
	bool independent;
	zval name;

	*shareable = true;
	if (!mwn_lb_ask(connection, MWN_CALL_databasesAreIndependent, &independent, 0, NULL)) {
		return false;
	}
	if (!independent || !domain->database) {
		return true;
	}
	if (!mwn_call(connection, MWN_CALL_getDBname, &name, 0, NULL)) {
		return false;
	}
	*shareable = Z_TYPE(name) == IS_STRING && zend_string_equals(Z_STR(name), domain->database);
	zval_ptr_dtor(&name);
	return true;
}

/* An object with a reference, or null: none fits. */
static bool reuse(zend_object *self, HashTable *pool, zval *index, const mwn_lb_domain *domain, zval *connection)
{
	zval *candidate, held, argument;
	zend_string *number_held, *number;
	bool done = true, shareable = false;

	ZVAL_NULL(connection);
	/* The host's code may change the pool while it is walked through. */
	mwn_share_array(&held, pool);
	ZEND_HASH_FOREACH_VAL(pool, candidate) {
		ZVAL_DEREF(candidate);
		if (!mwn_is_callable_on(candidate, MWN_CALL_databasesAreIndependent)) {
			done = false;
			break;
		}
		if (!(done = is_shareable(Z_OBJ_P(candidate), domain, &shareable))) {
			break;
		}
		if (shareable) {
			ZVAL_COPY(connection, candidate);
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&held);
	if (!done || Z_TYPE_P(connection) == IS_NULL) {
		return done;
	}
	if (!domain->is_unspecified) {
		ZVAL_OBJ(&argument, domain->object);
		done = mwn_call(Z_OBJ_P(connection), MWN_CALL_selectDomain, NULL, 1, &argument);
	}
	if (done && mwn_lb_is_logged(self)) {
		number = zval_get_tmp_string(index, &number_held);
		done = mwn_lb_debug(self, "reuseOrOpenConnectionForNewRef", "reusing connection for %s/%s", ZSTR_VAL(number),
			ZSTR_VAL(domain->id));
		zend_tmp_string_release(number_held);
	}
	if (!done) {
		zval_ptr_dtor(connection);
		ZVAL_UNDEF(connection);
	}
	return done;
}

static zend_string *category_of(zend_long flags)
{
	if (mwn_lb_has_bit(flags, MWN_LB_CONN_UNTRACKED_GAUGE)) {
		return MWN_LB_STR(gauge);
	}
	return mwn_lb_has_bit(flags, MWN_LB_CONN_TRX_AUTOCOMMIT) ? MWN_LB_STR(autocommit) : MWN_LB_STR(round);
}

static bool tell_read_only_reason(zend_object *self, zend_object *connection)
{
	zval *configured = mwn_lb_slot(self, MWN_LB_PROPERTY_readOnlyReason), arguments[2];
	bool read_only, done;

	ZVAL_COPY_VALUE(&arguments[0], mwn_lb_constant_of(MWN_LB_LB_READ_ONLY_REASON));
	if (Z_TYPE_P(configured) != IS_FALSE) {
		ZVAL_COPY(&arguments[1], configured);
	} else {
		if (!mwn_lb_is_primary_read_only(self, connection, &read_only)) {
			return false;
		}
		if (read_only) {
			ZVAL_STRING(&arguments[1], "The primary database server is running in read-only mode.");
		} else {
			ZVAL_FALSE(&arguments[1]);
		}
	}
	done = mwn_call(connection, MWN_CALL_setLBInfo, NULL, 2, arguments);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

/* A connection that was not there before: into its pool, if there is one for its category. Not open: null. */
static bool admit(zend_object *self, zval *index, const mwn_lb_domain *domain, zend_string *category, zval *connection)
{
	zend_string *held, *number;
	bool is_open, done;

	if (!mwn_lb_ask(Z_OBJ_P(connection), MWN_CALL_isOpen, &is_open, 0, NULL)) {
		return false;
	}
	if (is_open) {
		if (mwn_lb_is(index, MWN_LB_WRITER) && !tell_read_only_reason(self, Z_OBJ_P(connection))) {
			return false;
		}
		mwn_lb_track(self, category, index, Z_OBJ_P(connection));
		return true;
	}
	number = zval_get_tmp_string(index, &held);
	done = mwn_lb_log(self, MWN_CALL_warning, "reuseOrOpenConnectionForNewRef",
		strpprintf(0, "connection error for %s/%s", ZSTR_VAL(number), ZSTR_VAL(domain->id)), NULL);
	zend_tmp_string_release(held);
	if (done) {
		mwn_lb_set_failed(self, Z_OBJ_P(connection));
		zval_ptr_dtor(connection);
		ZVAL_NULL(connection);
	}
	return done;
}

/* An object with a reference, or null. `reused` (may be NULL) tells whether it was open before. */
static bool reuse_or_open(zend_object *self, zval *index, const mwn_lb_domain *domain, zend_long flags, zval *connection,
	bool *reused)
{
	zend_string *category = category_of(flags);
	HashTable *pool = mwn_lb_pool(self, category, index);

	ZVAL_NULL(connection);
	if (pool && !reuse(self, pool, index, domain, connection)) {
		return false;
	}
	if (reused) {
		*reused = Z_TYPE_P(connection) == IS_OBJECT;
	}
	if (Z_TYPE_P(connection) == IS_NULL) {
		if (!mwn_lb_143_open(self, index, domain, category, connection)) {
			return false;
		}
		if (!mwn_is_callable_on(connection, MWN_CALL_isOpen) || !admit(self, index, domain, category, connection)) {
			zval_ptr_dtor(connection);
			ZVAL_UNDEF(connection);
			return false;
		}
	}
	if (Z_TYPE_P(connection) == IS_OBJECT
		&& (!mwn_lb_assert_domain(Z_OBJ_P(connection), domain) || !mwn_lb_enforce_flags(Z_OBJ_P(connection), flags))) {
		zval_ptr_dtor(connection);
		ZVAL_UNDEF(connection);
		return false;
	}
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, reuseOrOpenConnectionForNewRef)
{
	const mwn_lb_domain *known;
	zend_object *self;
	zval *index, *domain, *flags;
	zend_long bits;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (known = mwn_lb_domain_of_id(domain)) && mwn_lb_flags(flags, &bits)) {
		reuse_or_open(self, index, known, bits, return_value, NULL);
	}
}

static bool record_connection(zend_object *self, zval *index, zend_object *connection)
{
	zval arguments[3];
	bool done = false;

	if (!mwn_call(connection, MWN_CALL_getServerName, &arguments[0], 0, NULL)) {
		return false;
	}
	if (mwn_call(connection, MWN_CALL_getDBname, &arguments[1], 0, NULL)) {
		ZVAL_FALSE(&arguments[2]);
		done = !mwn_lb_is(index, MWN_LB_WRITER) || (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_hasStreamingReplicaServers)
			? mwn_call(self, MWN_CALL_hasStreamingReplicaServers, &arguments[2], 0, NULL)
			: mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_hasStreamingReplicaServers, &arguments[2], 0, NULL));
		done = done && mwn_lb_call_slot(self, MWN_LB_PROPERTY_trxProfiler, MWN_CALL_recordConnection, NULL, 3, arguments);
		zval_ptr_dtor(&arguments[1]);
	}
	zval_ptr_dtor(&arguments[0]);
	return done;
}

static bool quiet_failure(zend_object *self, zend_long flags, zval *connection)
{
	ZVAL_FALSE(connection);
	return mwn_lb_has_bit(flags, MWN_LB_CONN_SILENCE_ERRORS) || mwn_lb_report_error(self, NULL);
}

/* Does PHP take it for the key of the primary? */
static bool is_primary_key(const zval *index)
{
	return mwn_lb_is(index, MWN_LB_WRITER) || Z_TYPE_P(index) == IS_FALSE
		|| (Z_TYPE_P(index) == IS_STRING && zend_string_equals_literal(Z_STR_P(index), "0"))
		|| (Z_TYPE_P(index) == IS_DOUBLE && zend_dval_to_lval_safe(Z_DVAL_P(index)) == MWN_LB_WRITER);
}

/* A replica's connection that was lost stays lost: it makes room for a new one. Not so the primary's, which the round
 * must hear of. */
static bool drop_lost(zend_object *self, zval *index, zend_long flags, zend_object *connection)
{
	zval context;

	mwn_lb_untrack(self, category_of(flags), index, connection);
	return mwn_lb_context(self, connection, NULL, &context)
		&& mwn_lb_log(self, MWN_CALL_warning, "getServerConnection",
			ZSTR_INIT_LITERAL("the connection to {db_server} was lost; opening another", false), &context);
}

bool mwn_lb_143_server_connection(zend_object *self, zval *index, zval *domain_id, zend_long flags, zval *connection)
{
	const mwn_lb_domain *domain = mwn_lb_domain_of_id(domain_id);
	zend_long before = zval_get_long(mwn_lb_slot(self, MWN_LB_PROPERTY_connectionCounter));
	bool reused, is_open;

	ZVAL_UNDEF(connection);
	if (!domain) {
		return false;
	}
	for (;;) {
		if (!reuse_or_open(self, index, domain, flags, connection, &reused)) {
			return false;
		}
		if (Z_TYPE_P(connection) != IS_OBJECT) {
			zval_ptr_dtor(connection);
			return quiet_failure(self, flags, connection);
		}
		if ((zval_get_long(mwn_lb_slot(self, MWN_LB_PROPERTY_connectionCounter)) > before
				&& !record_connection(self, index, Z_OBJ_P(connection)))
			|| !mwn_lb_ask(Z_OBJ_P(connection), MWN_CALL_isOpen, &is_open, 0, NULL)) {
			break;
		}
		if (EXPECTED(is_open)) {
			return true;
		}
		mwn_lb_set_failed(self, Z_OBJ_P(connection));
		if (!reused || is_primary_key(index)) {
			zval_ptr_dtor(connection);
			return quiet_failure(self, flags, connection);
		}
		if (!drop_lost(self, index, flags, Z_OBJ_P(connection))) {
			break;
		}
		zval_ptr_dtor(connection);
		ZVAL_UNDEF(connection);
	}
	zval_ptr_dtor(connection);
	ZVAL_UNDEF(connection);
	return false;
}

bool mwn_lb_server_connection(zend_object *self, zval *index, zval *domain, zend_long flags, zval *connection)
{
	zval arguments[3];

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getServerConnection))) {
		return MWN_G(load_balancer_request).host->server_connection(self, index, domain, flags, connection);
	}
	ZVAL_COPY_VALUE(&arguments[0], index);
	ZVAL_COPY_VALUE(&arguments[1], domain);
	ZVAL_LONG(&arguments[2], flags);
	return mwn_call(self, MWN_CALL_getServerConnection, connection, 3, arguments)
		&& mwn_lb_expect_connection(connection, "getServerConnection");
}

bool mwn_lb_quiet_connection(zend_object *self, zval *index, zend_long more_flags, zval *connection)
{
	zval any;

	ZVAL_STR(&any, MWN_LB_STR(empty));
	return mwn_lb_server_connection(self, index, &any,
		zval_get_long(mwn_lb_constant_of(MWN_LB_CONN_SILENCE_ERRORS)) | more_flags, connection);
}

ZEND_METHOD(MwNative_LoadBalancer, getServerConnection)
{
	zend_object *self;
	zval *index, *domain, *flags;
	zend_long bits;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && mwn_lb_flags(flags, &bits)) {
		MWN_G(load_balancer_request).host->server_connection(self, index, domain, bits, return_value);
	}
}
