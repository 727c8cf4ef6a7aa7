/* getConnection() and its kin, on MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include "zend_exceptions.h"
#include "ext/spl/spl_exceptions.h"
#include "load_balancer_139.h"

/* ---- groups and flags ---- */

static void add_group(zval *list, zval *group)
{
	Z_TRY_ADDREF_P(group);
	add_next_index_zval(list, group);
}

/* As in_array() compares. */
static bool is_among(HashTable *groups, zval *group)
{
	zval *one;

	ZEND_HASH_FOREACH_VAL(groups, one) {
		ZVAL_DEREF(one);
		if (fast_equal_check_function(one, group)) {
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return false;
}

/* A new array: the groups in order of preference, the default one with them. */
static bool resolve_groups(zend_object *self, zval *groups, zval *index, zval *list)
{
	zval *fallback = mwn_lb_slot(self, MWN_LB_PROPERTY_defaultGroup), zero;
	bool is_none = Z_TYPE_P(groups) == IS_FALSE
		|| (Z_TYPE_P(groups) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(groups)) == 0);

	ZVAL_LONG(&zero, 0);
	if (!is_none && zend_compare(index, &zero) > 0) {
		ZVAL_UNDEF(list);
		return mwn_lb_refuse_groups(groups, index);
	}
	if (Z_TYPE_P(groups) == IS_ARRAY && !is_none) {
		ZVAL_COPY(list, groups);
		if (!is_among(Z_ARRVAL_P(groups), fallback)) {
			SEPARATE_ARRAY(list);
			add_group(list, fallback);
		}
		return true;
	}
	array_init_size(list, 2);
	if (Z_TYPE_P(groups) == IS_STRING && !zend_is_identical(groups, fallback)
		&& mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads), groups)) {
		add_group(list, groups);
	}
	add_group(list, fallback);
	return true;
}

MWN_LB_BODY(139, resolveGroups)
{
	zend_object *self;
	zval *groups, *index;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(groups)
		Z_PARAM_ZVAL(index)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		resolve_groups(self, groups, index, return_value);
	}
}

static bool is_primary(const zval *index)
{
	return mwn_lb_is_constant(index, MWN_LB_DB_PRIMARY) || mwn_lb_is(index, MWN_LB_WRITER);
}

static bool log_no_autocommit(zend_object *self)
{
	zval writer, type;
	zend_string *held, *text;
	bool done;

	ZVAL_LONG(&writer, MWN_LB_WRITER);
	done = mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getServerType)
		? mwn_call(self, MWN_CALL_getServerType, &type, 1, &writer) : mwn_lb_139_server_type(self, &writer, &type);
	if (!done) {
		return false;
	}
	text = zval_get_tmp_string(&type, &held);
	done = mwn_lb_log(self, MWN_CALL_info, "sanitizeConnectionFlags",
		strpprintf(0, "CONN_TRX_AUTOCOMMIT disallowed (%s)", ZSTR_VAL(text)), NULL);
	zend_tmp_string_release(held);
	zval_ptr_dtor(&type);
	return done;
}

/* Where a connection of its own would wait for its own process, or not see its temporary tables, there is none. */
static bool sanitize(zend_object *self, zval *given, zval *index, zval *domain, zend_long *sanitized)
{
	bool locks_database, done = true;
	zval flags;

	ZVAL_COPY(&flags, given);
	if (is_primary(index)) {
		done = bitwise_or_function(&flags, &flags, mwn_lb_constant_of(MWN_LB_CONN_INTENT_WRITABLE)) == SUCCESS;
	}
	done = done && mwn_lb_flags(&flags, sanitized);
	zval_ptr_dtor(&flags);
	if (EXPECTED(!done || !mwn_lb_has_bit(*sanitized, MWN_LB_CONN_TRX_AUTOCOMMIT))) {
		return done;
	}
	if (!mwn_lb_primary_has(self, MWN_LB_ATTR_DB_LEVEL_LOCKING, &locks_database)) {
		return false;
	}
	if (locks_database || mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_tempTablesOnlyMode), domain)) {
		*sanitized &= ~Z_LVAL_P(mwn_lb_constant_of(MWN_LB_CONN_TRX_AUTOCOMMIT));
	}
	return !locks_database || log_no_autocommit(self);
}

MWN_LB_BODY(139, sanitizeConnectionFlags)
{
	zend_object *self;
	zval *flags, *index, *domain;
	zend_long sanitized;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(flags)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && sanitize(self, flags, index, domain, &sanitized)) {
		RETURN_LONG(sanitized);
	}
}

/* ---- errors ---- */

void mwn_lb_139_set_failed(zend_object *self, zend_object *connection)
{
	zval failed;

	MWN_G(load_balancer_process).failed++;
	ZVAL_OBJ_COPY(&failed, connection);
	mwn_lb_set(self, MWN_LB_PROPERTY_errorConnection, &failed);
}

static void error_context(zend_object *self, zval *context)
{
	zval *last = mwn_lb_slot(self, MWN_LB_PROPERTY_lastError);

	array_init(context);
	add_assoc_string(context, "method", MWN_LB_METHOD("reportConnectionError"));
	Z_TRY_ADDREF_P(last);
	add_assoc_zval(context, "last_error", last);
}

static bool log_connection_error(zend_object *self, zend_object *connection)
{
	zval extras, context;
	bool done;

	error_context(self, &extras);
	done = mwn_lb_context(self, connection, &extras, &context);
	zval_ptr_dtor(&extras);
	return done && mwn_lb_log(self, MWN_CALL_warning, "reportConnectionError",
		ZSTR_INIT_LITERAL("connection error: {last_error} ({db_server})", false), &context);
}

static bool throw_error(zend_object *self, zend_object *connection, zval *server)
{
	zend_string *held, *held_error, *name, *text;
	zval error;

	if (!mwn_call(connection, MWN_CALL_lastError, &error, 0, NULL)) {
		return false;
	}
	if (!zend_is_true(&error)) {
		zval_ptr_dtor(&error);
		ZVAL_COPY(&error, mwn_lb_slot(self, MWN_LB_PROPERTY_lastError));
	}
	name = zval_get_tmp_string(server, &held);
	text = zval_get_tmp_string(&error, &held_error);
	mwn_lb_throw("DBConnectionError", connection, mwn_lb_connection_error(NULL, text, name));
	zend_tmp_string_release(held);
	zend_tmp_string_release(held_error);
	zval_ptr_dtor(&error);
	return false;
}

static bool report_connection(zend_object *self, zend_object *connection)
{
	zval server;

	if (!mwn_call(connection, MWN_CALL_getServerName, &server, 0, NULL)) {
		return false;
	}
	if (log_connection_error(self, connection)) {
		throw_error(self, connection, &server);
	}
	zval_ptr_dtor(&server);
	return false;
}

bool mwn_lb_139_report_error(zend_object *self)
{
	zval *last = mwn_lb_slot(self, MWN_LB_PROPERTY_errorConnection), context;

	if (Z_TYPE_P(last) == IS_OBJECT) {
		zend_object *connection = Z_OBJ_P(last);
		GC_ADDREF(connection);
		report_connection(self, connection);
		OBJ_RELEASE(connection);
		return false;
	}
	error_context(self, &context);
	return mwn_lb_log(self, MWN_CALL_error, "reportConnectionError",
			ZSTR_INIT_LITERAL("LB failure with no last connection. Connection error: {last_error}", false), &context)
		&& mwn_lb_throw("DBConnectionError", NULL, zval_get_string(mwn_lb_slot(self, MWN_LB_PROPERTY_lastError)));
}

MWN_LB_BODY(139, reportConnectionError)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_139_report_error(self);
	}
}

/* ---- getServerConnection() ---- */

static bool record_connection(zend_object *self, zend_object *connection, zend_long flags)
{
	zval arguments[3];
	bool done = false;

	if (!mwn_call(connection, MWN_CALL_getServerName, &arguments[0], 0, NULL)) {
		return false;
	}
	if (mwn_call(connection, MWN_CALL_getDBname, &arguments[1], 0, NULL)) {
		ZVAL_BOOL(&arguments[2], mwn_lb_has_bit(flags, MWN_LB_CONN_INTENT_WRITABLE));
		done = mwn_lb_call_slot(self, MWN_LB_PROPERTY_trxProfiler, MWN_CALL_recordConnection, NULL, 3, arguments);
		zval_ptr_dtor(&arguments[1]);
	}
	zval_ptr_dtor(&arguments[0]);
	return done;
}

static bool tell_read_only_reason(zend_object *self, zend_object *connection, zend_long flags)
{
	zval *configured = mwn_lb_slot(self, MWN_LB_PROPERTY_readOnlyReason), arguments[2];
	bool read_only, done;

	ZVAL_COPY_VALUE(&arguments[0], mwn_lb_constant_of(MWN_LB_LB_READ_ONLY_REASON));
	if (Z_TYPE_P(configured) != IS_FALSE) {
		ZVAL_COPY(&arguments[1], configured);
	} else {
		if (!mwn_lb_139_is_connection_read_only(self, connection, flags, &read_only)) {
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

static bool quiet_failure(zend_object *self, zend_long flags, zval *connection)
{
	ZVAL_FALSE(connection);
	return mwn_lb_has_bit(flags, MWN_LB_CONN_SILENCE_ERRORS) || mwn_lb_139_report_error(self);
}

/* A replica's connection that was lost stays lost: it makes room for a new one. Not so the primary's, which the round
 * must hear of. */
static bool drop_lost(zend_object *self, zval *index, zend_object *connection)
{
	zval context, count[2];

	mwn_lb_139_forget(self, index, connection);
	/* Who still refers to it must not give it back. */
	ZVAL_STR(&count[0], MWN_LB_STR(reference_count));
	ZVAL_NULL(&count[1]);
	return mwn_call(connection, MWN_CALL_setLBInfo, NULL, 2, count)
		&& mwn_lb_context(self, connection, NULL, &context)
		&& mwn_lb_log(self, MWN_CALL_warning, "getServerConnection",
			ZSTR_INIT_LITERAL("the connection to {db_server} was lost; opening another", false), &context);
}

/* Is the domain the local one, whose connections are apart from those of others? */
static bool is_local(zend_object *self, const mwn_lb_domain *domain, bool *local)
{
	const mwn_lb_domain *own = mwn_lb_local_domain(self);

	*local = own && (own == domain || zend_string_equals(own->id, domain->id));
	return own != NULL;
}

/* An open connection; false without an exception: *lost tells whether it is one to be replaced. */
static bool find_or_open(zend_object *self, zval *index, const mwn_lb_domain *domain, zend_long flags, zval *connection,
	bool *lost)
{
	zend_long before = zval_get_long(mwn_lb_slot(self, MWN_LB_PROPERTY_connectionCounter));
	bool local, reused, is_open;

	*lost = false;
	if (!is_local(self, domain, &local) || !(local
			? mwn_lb_139_local_connection(self, index, flags, connection, &reused)
			: mwn_lb_139_foreign_connection(self, index, domain, flags, connection, &reused))) {
		ZVAL_UNDEF(connection);
		return false;
	}
	if (Z_TYPE_P(connection) != IS_OBJECT) {
		return quiet_failure(self, flags, connection);
	}
	if ((zval_get_long(mwn_lb_slot(self, MWN_LB_PROPERTY_connectionCounter)) > before
			&& !record_connection(self, Z_OBJ_P(connection), flags))
		|| !mwn_lb_ask(Z_OBJ_P(connection), MWN_CALL_isOpen, &is_open, 0, NULL)) {
		return false;
	}
	if (EXPECTED(is_open)) {
		return true;
	}
	mwn_lb_139_set_failed(self, Z_OBJ_P(connection));
	*lost = reused && zval_get_long(index) != MWN_LB_WRITER;
	if (*lost) {
		return drop_lost(self, index, Z_OBJ_P(connection));
	}
	zval_ptr_dtor(connection);
	return quiet_failure(self, flags, connection);
}

bool mwn_lb_139_server_connection(zend_object *self, zval *index, zval *domain_id, zend_long flags, zval *connection)
{
	const mwn_lb_domain *domain = mwn_lb_domain_of_id(domain_id);
	bool lost = false;

	ZVAL_UNDEF(connection);
	if (!domain) {
		return false;
	}
	do {
		zval_ptr_dtor(connection);
		ZVAL_UNDEF(connection);
		if (!find_or_open(self, index, domain, flags, connection, &lost)) {
			goto failed;
		}
	} while (lost);
	if (Z_TYPE_P(connection) == IS_OBJECT && (!mwn_lb_enforce_flags(Z_OBJ_P(connection), flags)
			|| (mwn_lb_is(index, MWN_LB_WRITER) && !tell_read_only_reason(self, Z_OBJ_P(connection), flags)))) {
		goto failed;
	}
	return true;

failed:
	zval_ptr_dtor(connection);
	ZVAL_UNDEF(connection);
	return false;
}

/* ---- getConnectionInternal() ---- */

/* The group's reader, of the first group that has one. What was asked for stays in *index if none has. */
static bool choose_reader(zend_object *self, HashTable *groups, zval *domain, zval *index, zval *chosen_by, bool *was_pinned)
{
	zval *group, held, reader;
	bool done = true;

	ZVAL_NULL(chosen_by);
	mwn_share_array(&held, groups);
	ZEND_HASH_FOREACH_VAL(groups, group) {
		ZVAL_DEREF(group);
		*was_pinned = mwn_lb_is_pinned(self, group);
		done = mwn_lb_139_reader_index(self, group, domain, &reader);
		if (!done) {
			break;
		}
		if (Z_TYPE(reader) != IS_FALSE) {
			ZVAL_COPY_VALUE(index, &reader);
			ZVAL_COPY(chosen_by, group);
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&held);
	return done;
}

static bool refuse_no_reader(zend_object *self)
{
	zval error;

	ZVAL_STRING(&error, "No working replica DB server: Unknown error");
	mwn_lb_set(self, MWN_LB_PROPERTY_lastError, &error);
	return mwn_lb_139_report_error(self);
}

/* The index of a server for one that may be DB_PRIMARY or DB_REPLICA. The group that chose it, or null, is the
 * caller's to free. */
static bool connection_index(zend_object *self, zval *asked, HashTable *groups, zval *domain, zval *index, zval *group,
	bool *was_pinned)
{
	zend_string *held, *number;

	*was_pinned = false;
	ZVAL_NULL(group);
	ZVAL_COPY(index, asked);
	if (mwn_lb_is_constant(asked, MWN_LB_DB_PRIMARY)) {
		ZVAL_LONG(index, MWN_LB_WRITER);
	} else if (mwn_lb_is_constant(asked, MWN_LB_DB_REPLICA)) {
		if (!choose_reader(self, groups, domain, index, group, was_pinned)) {
			return false;
		}
	} else if (!mwn_lb_is_key(asked, MWN_LB_ISSET)) {
		zval_ptr_dtor(index);
		return false;
	} else if (!mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_servers), asked)) {
		number = zval_get_tmp_string(asked, &held);
		mwn_lb_throw_php(spl_ce_UnexpectedValueException, strpprintf(0, "Invalid server index index #%s", ZSTR_VAL(number)));
		zend_tmp_string_release(held);
		zval_ptr_dtor(index);
		return false;
	}
	if (mwn_lb_is_constant(index, MWN_LB_DB_REPLICA)) {
		zval_ptr_dtor(group);
		return refuse_no_reader(self);
	}
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, getConnectionIndex)
{
	zend_object *self;
	HashTable *groups;
	zval *asked, *domain, index, group;
	bool was_pinned;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(asked)
		Z_PARAM_ARRAY_HT(groups)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && connection_index(self, asked, groups, domain, &index, &group, &was_pinned)) {
		zval_ptr_dtor(&group);
		RETURN_COPY_VALUE(&index);
	}
}

/* A connection to the server that was asked for or chosen, whose index *index becomes. A reader that was chosen before
 * and has been lost since makes room for another. */
static bool open_chosen(zend_object *self, zval *asked, HashTable *groups, zval *domain, zend_long flags, zval *index,
	zval *connection)
{
	bool was_pinned, done;
	zval group;

	if (!connection_index(self, asked, groups, domain, index, &group, &was_pinned)) {
		ZVAL_UNDEF(index);
		return false;
	}
	was_pinned = was_pinned && !mwn_lb_is(index, MWN_LB_WRITER);
	done = mwn_lb_server_connection(self, index, domain, flags, connection);
	if (done || !was_pinned || !mwn_lb_is_connection_error(EG(exception))) {
		zval_ptr_dtor(&group);
		return done;
	}
	done = mwn_lb_give_up_reader(self, index, &group);
	zval_ptr_dtor(index);
	zval_ptr_dtor(&group);
	if (!done || !connection_index(self, asked, groups, domain, index, &group, &was_pinned)) {
		ZVAL_UNDEF(index);
		return false;
	}
	zval_ptr_dtor(&group);
	return mwn_lb_server_connection(self, index, domain, flags, connection);
}

/* While replicas lag the primary takes no writes: the lag must not grow. */
static bool tell_lag(zend_object *self, zend_object *connection, zval *domain)
{
	zval arguments[2], reason, generic, reader;
	bool lagged, known;

	if (!mwn_lb_139_is_lagged(self, domain, &lagged) || !lagged) {
		return !EG(exception);
	}
	ZVAL_COPY_VALUE(&arguments[0], mwn_lb_constant_of(MWN_LB_LB_READ_ONLY_REASON));
	if (!mwn_call(connection, MWN_CALL_getLBInfo, &reason, 1, arguments)) {
		return false;
	}
	known = Z_TYPE(reason) == IS_STRING;
	zval_ptr_dtor(&reason);
	ZVAL_STR(&generic, MWN_LB_STR(empty));
	if (known || !mwn_lb_existing_reader(self, &generic, &reader)) {
		return !EG(exception);
	}
	ZVAL_STRING(&arguments[1], mwn_lb_is(&reader, MWN_LB_NO_READER)
		? "The database is read-only until replica database servers becomes reachable."
		: "The database is read-only until replication lag decreases.");
	zval_ptr_dtor(&reader);
	known = mwn_call(connection, MWN_CALL_setLBInfo, NULL, 2, arguments);
	zval_ptr_dtor(&arguments[1]);
	return known;
}

static bool open_for(zend_object *self, zval *asked, HashTable *groups, zval *domain, zend_long flags, zval *connection)
{
	zval index;
	bool done = open_chosen(self, asked, groups, domain, flags, &index, connection);

	if (done && mwn_lb_is(&index, MWN_LB_WRITER) && Z_TYPE_P(connection) == IS_OBJECT
		&& !tell_lag(self, Z_OBJ_P(connection), domain)) {
		zval_ptr_dtor(connection);
		ZVAL_UNDEF(connection);
		done = false;
	}
	zval_ptr_dtor(&index);
	return done;
}

static bool connection_for(zend_object *self, zval *index, zval *groups, zval *domain, zval *flags, zval *connection)
{
	zval list;
	zend_long sanitized;
	bool done;

	if (!resolve_groups(self, groups, index, &list)) {
		return false;
	}
	done = sanitize(self, flags, index, domain, &sanitized)
		&& open_for(self, index, Z_ARRVAL(list), domain, sanitized, connection);
	zval_ptr_dtor(&list);
	return done;
}

MWN_LB_BODY(139, getConnectionInternal)
{
	zend_object *self;
	zval *index, *groups, *domain, *flags, id, connection;
	zend_string *text;

	ZEND_PARSE_PARAMETERS_START(5, 5)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(groups)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !(text = mwn_lb_resolve_id(self, domain))) {
		return;
	}
	ZVAL_STR(&id, text);
	if (connection_for(self, index, groups, &id, flags, &connection)) {
		RETVAL_COPY_VALUE(&connection);
	}
	zend_string_release(text);
}

/* ---- references ---- */

#define SILENCE_REFUSED MWN_LB_METHOD("getConnectionRef") " got CONN_SILENCE_ERRORS; connection is already deferred"

MWN_LB_BODY(139, getConnectionRef)
{
	mwn_lb_make_reference(INTERNAL_FUNCTION_PARAM_PASSTHRU, SILENCE_REFUSED);
}

/* getConnectionRef() with the arguments of this body. */
static void reference_for(INTERNAL_FUNCTION_PARAMETERS, zend_object *self, zval *arguments)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getConnectionRef)) {
		mwn_call(self, MWN_CALL_getConnectionRef, return_value, 4, arguments);
	} else {
		mwn_lb_make_reference(INTERNAL_FUNCTION_PARAM_PASSTHRU, SILENCE_REFUSED);
	}
}

static void get_reference(INTERNAL_FUNCTION_PARAMETERS, const char *deprecated)
{
	zend_object *self;
	zval *index, *groups, *domain, *flags, arguments[4], warning[2], ignored;
	zend_execute_data *body;
	bool done = true;

	ZEND_PARSE_PARAMETERS_START(5, 5)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(groups)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (deprecated) {
		ZVAL_STRING(&warning[0], MWN_LB_METHOD("getLazyConnectionRef"));
		ZVAL_STRING(&warning[1], deprecated);
		/* It looks at who called the shell's method. */
		body = mwn_hide_body_frame();
		done = mwn_call_function("wfdeprecated", &ignored, 2, warning);
		mwn_show_body_frame(body);
		zval_ptr_dtor(&ignored);
		zval_ptr_dtor(&warning[0]);
		zval_ptr_dtor(&warning[1]);
	}
	if (done) {
		ZVAL_COPY_VALUE(&arguments[0], index);
		ZVAL_COPY_VALUE(&arguments[1], groups);
		ZVAL_COPY_VALUE(&arguments[2], domain);
		ZVAL_COPY_VALUE(&arguments[3], flags);
		reference_for(INTERNAL_FUNCTION_PARAM_PASSTHRU, self, arguments);
	}
}

MWN_LB_BODY(139, getConnection)
{
	get_reference(INTERNAL_FUNCTION_PARAM_PASSTHRU, NULL);
}

ZEND_METHOD(MwNative_LoadBalancer, getLazyConnectionRef)
{
	get_reference(INTERNAL_FUNCTION_PARAM_PASSTHRU, "1.38 Use ::getConnectionRef");
}

ZEND_METHOD(MwNative_LoadBalancer, getRoleFromIndex)
{
	zend_object *self;
	zval *index;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		RETURN_COPY(mwn_lb_constant_of(is_primary(index) ? MWN_LB_DB_PRIMARY : MWN_LB_DB_REPLICA));
	}
}
