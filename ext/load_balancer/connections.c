/* getConnection() and its kin: references, opening, errors. */
#include "../php_mwnative.h"

#include "zend_exceptions.h"
#include "zend_smart_str.h"
#include "ext/spl/spl_exceptions.h"

/* Warn when so many connections are held. */
enum { MANY_CONNECTIONS = 10 };

/* ---- groups and flags ---- */

bool mwn_lb_refuse_groups(zval *groups, zval *index)
{
	smart_str list = {0};
	zend_string *number = zval_get_string(index);
	zval *group;

	if (Z_TYPE_P(groups) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(groups), group) {
			zend_string *held, *name = zval_get_tmp_string(group, &held);
			if (list.s) {
				smart_str_appends(&list, ", ");
			}
			smart_str_append(&list, name);
			zend_tmp_string_release(held);
		} ZEND_HASH_FOREACH_END();
	} else {
		zend_string *held, *name = zval_get_tmp_string(groups, &held);
		smart_str_append(&list, name);
		zend_tmp_string_release(held);
	}
	smart_str_0(&list);
	mwn_lb_throw_php(spl_ce_LogicException, strpprintf(0, "Query group(s) (%s) given with server index (#%s)",
		list.s ? ZSTR_VAL(list.s) : "", ZSTR_VAL(number)));
	smart_str_free(&list);
	zend_string_release(number);
	return false;
}

/* The first of the groups that has servers, or else the default; borrowed from the object or from the groups. */
static zval *resolve_groups(zend_object *self, zval *groups, zval *index)
{
	HashTable *loads = mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads);
	zval *fallback = mwn_lb_slot(self, MWN_LB_PROPERTY_defaultGroup), *group, zero;
	bool is_none = Z_TYPE_P(groups) == IS_FALSE
		|| (Z_TYPE_P(groups) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(groups)) == 0);

	ZVAL_LONG(&zero, 0);
	if (!is_none && zend_compare(index, &zero) > 0) {
		mwn_lb_refuse_groups(groups, index);
		return NULL;
	}
	if (is_none) {
		return fallback;
	}
	if (Z_TYPE_P(groups) == IS_STRING) {
		return mwn_lb_find(loads, groups) ? groups : fallback;
	}
	if (Z_TYPE_P(groups) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(groups), group) {
			ZVAL_DEREF(group);
			if (!mwn_lb_is_key(group, MWN_LB_ISSET)) {
				return NULL;
			}
			if (mwn_lb_find(loads, group)) {
				return group;
			}
		} ZEND_HASH_FOREACH_END();
	}
	return fallback;
}

MWN_LB_BODY(143, resolveGroups)
{
	zend_object *self;
	zval *groups, *index, *group;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(groups)
		Z_PARAM_ZVAL(index)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (group = resolve_groups(self, groups, index))) {
		RETURN_COPY(group);
	}
}

/* Is an attribute of the primary's type true? */
bool mwn_lb_primary_has(zend_object *self, mwn_lb_constant attribute, bool *has)
{
	zval writer, attributes, *value;

	*has = false;
	ZVAL_LONG(&writer, MWN_LB_WRITER);
	if (!mwn_lb_server_attributes(self, &writer, &attributes)) {
		return false;
	}
	value = Z_TYPE(attributes) == IS_ARRAY ? mwn_lb_find(Z_ARRVAL(attributes), mwn_lb_constant_of(attribute)) : NULL;
	*has = value && zend_is_true(value);
	zval_ptr_dtor(&attributes);
	return !EG(exception);
}

static bool log_no_autocommit(zend_object *self)
{
	zval writer, type;
	zend_string *held, *text;
	bool done;

	ZVAL_LONG(&writer, MWN_LB_WRITER);
	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerType, &type, 1, &writer)) {
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
static bool own_sanitize(zend_object *self, zval *flags, zval *domain, zval *sanitized)
{
	zend_long bits;
	bool locks_database;

	ZVAL_UNDEF(sanitized);
	if (!mwn_lb_flags(flags, &bits)) {
		return false;
	}
	ZVAL_COPY(sanitized, flags);
	if (EXPECTED(!mwn_lb_has_bit(bits, MWN_LB_CONN_TRX_AUTOCOMMIT))) {
		return true;
	}
	if (!mwn_lb_primary_has(self, MWN_LB_ATTR_DB_LEVEL_LOCKING, &locks_database)) {
		return false;
	}
	if (locks_database || mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_tempTablesOnlyMode), domain)) {
		zval_ptr_dtor(sanitized);
		ZVAL_LONG(sanitized, bits & ~Z_LVAL_P(mwn_lb_constant_of(MWN_LB_CONN_TRX_AUTOCOMMIT)));
	}
	return !locks_database || log_no_autocommit(self);
}

static bool sanitize(zend_object *self, zval *flags, zval *domain, zval *sanitized)
{
	zval arguments[2];

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_sanitizeConnectionFlags))) {
		return own_sanitize(self, flags, domain, sanitized);
	}
	ZVAL_COPY_VALUE(&arguments[0], flags);
	ZVAL_COPY_VALUE(&arguments[1], domain);
	return mwn_call(self, MWN_CALL_sanitizeConnectionFlags, sanitized, 2, arguments);
}

MWN_LB_BODY(143, sanitizeConnectionFlags)
{
	zend_object *self;
	zval *flags, *domain;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(flags)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		own_sanitize(self, flags, domain, return_value);
	}
}

bool mwn_lb_enforce_flags(zend_object *connection, zend_long flags)
{
	const char *refused = MWN_G(load_balancer_request).host->autocommit_refused;
	zval level, flag;
	bool in_transaction;

	if (EXPECTED(!mwn_lb_has_bit(flags, MWN_LB_CONN_TRX_AUTOCOMMIT)
		&& !mwn_lb_has_bit(flags, MWN_LB_CONN_UNTRACKED_GAUGE))) {
		return true;
	}
	if (!mwn_call(connection, MWN_CALL_trxLevel, &level, 0, NULL)) {
		return false;
	}
	in_transaction = zend_is_true(&level);
	zval_ptr_dtor(&level);
	if (in_transaction) {
		return mwn_lb_throw("DBUnexpectedError", connection,
			zend_string_init(refused, strlen(refused), false));
	}
	ZVAL_COPY_VALUE(&flag, mwn_lb_constant_of(MWN_LB_DBO_TRX));
	return mwn_call(connection, MWN_CALL_clearFlag, NULL, 1, &flag);
}

ZEND_METHOD(MwNative_LoadBalancer, enforceConnectionFlags)
{
	zend_object *self, *connection;
	zval *flags;
	zend_long bits;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self) && mwn_lb_flags(flags, &bits)) {
		mwn_lb_enforce_flags(connection, bits);
	}
}

/* ---- errors ---- */

static void set_failed(zend_object *self, zend_object *connection)
{
	zval failed;

	MWN_G(load_balancer_process).failed++;
	ZVAL_OBJ_COPY(&failed, connection);
	mwn_lb_set(self, MWN_LB_PROPERTY_lastErrorConn, &failed);
}

static bool log_connection_error(zend_object *self, zend_object *connection, zend_string *extra, zend_string *error)
{
	zval extras, context;
	bool done;

	array_init(&extras);
	add_assoc_string(&extras, "method", MWN_LB_METHOD("reportConnectionError"));
	add_assoc_str(&extras, "last_error", zend_string_copy(error));
	done = mwn_lb_context(self, connection, &extras, &context);
	zval_ptr_dtor(&extras);
	return done && mwn_lb_log(self, MWN_CALL_warning, "reportConnectionError",
		strpprintf(0, "%s; {last_error} ({db_server})", ZSTR_VAL(extra)), &context);
}

static bool report_connection(zend_object *self, zend_object *connection, zend_string *extra)
{
	zval server, error;
	zend_string *name, *text, *message;
	bool done;

	if (!mwn_call(connection, MWN_CALL_getServerName, &server, 0, NULL)) {
		return false;
	}
	name = zval_get_string(&server);
	zval_ptr_dtor(&server);
	if (!mwn_call(connection, MWN_CALL_lastError, &error, 0, NULL)) {
		zend_string_release(name);
		return false;
	}
	text = zend_is_true(&error) ? zval_get_string(&error) : ZSTR_INIT_LITERAL("unknown error", false);
	zval_ptr_dtor(&error);
	message = extra ? strpprintf(0, "%s; %s (%s)", ZSTR_VAL(extra), ZSTR_VAL(text), ZSTR_VAL(name))
		: strpprintf(0, "%s (%s)", ZSTR_VAL(text), ZSTR_VAL(name));
	done = !extra || log_connection_error(self, connection, extra, text);
	zend_string_release(name);
	zend_string_release(text);
	if (!done) {
		zend_string_release(message);
		return false;
	}
	return mwn_lb_throw("DBConnectionError", connection, message);
}

bool mwn_lb_report_error(zend_object *self, zend_string *extra)
{
	zval *last = mwn_lb_slot(self, MWN_LB_PROPERTY_lastErrorConn), context;

	if (extra && ZSTR_LEN(extra) == 0) {
		extra = NULL;
	}
	if (Z_TYPE_P(last) == IS_OBJECT) {
		zend_object *connection = Z_OBJ_P(last);
		GC_ADDREF(connection);
		report_connection(self, connection, extra);
		OBJ_RELEASE(connection);
		return false;
	}
	if (extra) {
		array_init(&context);
		add_assoc_string(&context, "method", MWN_LB_METHOD("reportConnectionError"));
		add_assoc_string(&context, "last_error", "(last connection error missing)");
		if (!mwn_lb_log(self, MWN_CALL_error, "reportConnectionError", zend_string_copy(extra), &context)) {
			return false;
		}
	}
	return mwn_lb_throw("DBConnectionError", NULL, extra ? zend_string_copy(extra)
		: ZSTR_INIT_LITERAL("could not connect to the DB server", false));
}

MWN_LB_BODY(143, reportConnectionError)
{
	zend_object *self;
	zend_string *text;
	zval *extra;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(extra)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		text = zval_get_string(extra);
		mwn_lb_report_error(self, text);
		zend_string_release(text);
	}
}

bool mwn_lb_expect_connection(zval *connection, const char *method)
{
	if (EXPECTED(Z_TYPE_P(connection) == IS_OBJECT || !zend_is_true(connection))) {
		return true;
	}
	zend_throw_error(NULL, "%s() gave %s where a connection or false is wanted", method, zend_zval_type_name(connection));
	zval_ptr_dtor(connection);
	ZVAL_UNDEF(connection);
	return false;
}

/* ---- opening ---- */

/* min( 1, what is configured ?? INF ): who gauges a server's health must not hang there. */
static void limit_timeout(HashTable *server, const char *name)
{
	zval *configured = mwn_lb_option(server, name), one;

	ZVAL_LONG(&one, 1);
	if (!configured || zend_compare(configured, &one) >= 0) {
		zend_hash_str_update(server, name, strlen(name), &one);
	}
}

static void set_flags(HashTable *server, bool is_gauge)
{
	zval *configured = mwn_lb_find_str(server, MWN_LB_STRING_flags), flags;

	if (!is_gauge) {
		if (!configured) {
			zend_hash_update(server, MWN_LB_STR(flags), mwn_lb_constant_of(MWN_LB_DBO_DEFAULT));
		}
		return;
	}
	limit_timeout(server, "connectTimeout");
	limit_timeout(server, "receiveTimeout");
	/* Neither transactions nor statements that only set the session up: each is one more to wait for. */
	configured = mwn_lb_find_str(server, MWN_LB_STRING_flags);
	ZVAL_LONG(&flags, ((configured ? zval_get_long(configured) : 0)
		& ~Z_LVAL_P(mwn_lb_constant_of(MWN_LB_DBO_DEFAULT))) | zval_get_long(mwn_lb_constant_of(MWN_LB_DBO_GAUGE)));
	zend_hash_update(server, MWN_LB_STR(flags), &flags);
}

static void add_slot(HashTable *parameters, zend_object *self, const char *name, mwn_lb_property property)
{
	zval *value = mwn_lb_slot(self, property);

	Z_TRY_ADDREF_P(value);
	zend_hash_str_update(parameters, name, strlen(name), value);
}

/* An embedded database has nothing but its file: without a name the configured one is taken. */
static bool database_name(zend_object *self, zval *index, HashTable *server, zend_object *domain, zval *name)
{
	zval attributes, *is_file, *configured;

	if (!mwn_lb_server_attributes(self, index, &attributes)) {
		return false;
	}
	is_file = Z_TYPE(attributes) == IS_ARRAY
		? mwn_lb_find(Z_ARRVAL(attributes), mwn_lb_constant_of(MWN_LB_ATTR_DB_IS_FILE)) : NULL;
	if (!mwn_call(domain, MWN_CALL_getDatabase, name, 0, NULL)) {
		zval_ptr_dtor(&attributes);
		return false;
	}
	if (Z_TYPE_P(name) == IS_NULL && is_file && zend_is_true(is_file)) {
		configured = mwn_lb_find_str(server, MWN_LB_STRING_dbname);
		if (configured) {
			ZVAL_COPY(name, configured);
		}
	}
	zval_ptr_dtor(&attributes);
	return true;
}

static bool add_domain(HashTable *server, zend_object *domain)
{
	zval schema, prefix;

	if (!mwn_call(domain, MWN_CALL_getSchema, &schema, 0, NULL)) {
		return false;
	}
	zend_hash_str_update(server, "schema", strlen("schema"), &schema);
	if (!mwn_call(domain, MWN_CALL_getTablePrefix, &prefix, 0, NULL)) {
		return false;
	}
	zend_hash_str_update(server, "tablePrefix", strlen("tablePrefix"), &prefix);
	return true;
}

/* What the host's factory is told: the server as it is configured, and what goes for this connection. */
static bool complete_parameters(zend_object *self, zval *index, zend_object *domain, HashTable *server, HashTable *info)
{
	zval *is_static = mwn_lb_find_str(server, MWN_LB_STRING_is_static), role, name, full_info, position;

	ZVAL_COPY(&role, mwn_lb_constant_of(is_static && zend_is_true(is_static) ? MWN_LB_ROLE_STATIC_CLONE
		: mwn_lb_is(index, MWN_LB_WRITER) ? MWN_LB_ROLE_STREAMING_MASTER : MWN_LB_ROLE_STREAMING_REPLICA));
	zend_hash_str_update(server, "topologyRole", strlen("topologyRole"), &role);
	if (!database_name(self, index, server, domain, &name)) {
		return false;
	}
	zend_hash_update(server, MWN_LB_STR(dbname), &name);
	if (!add_domain(server, domain)) {
		return false;
	}
	add_slot(server, self, "srvCache", MWN_LB_PROPERTY_srvCache);
	add_slot(server, self, "logger", MWN_LB_PROPERTY_logger);
	add_slot(server, self, "errorLogger", MWN_LB_PROPERTY_errorLogger);
	add_slot(server, self, "trxProfiler", MWN_LB_PROPERTY_trxProfiler);
	array_init(&full_info);
	ZVAL_COPY(&position, index);
	zend_hash_add_new(Z_ARRVAL(full_info), MWN_LB_STR(server_index), &position);
	zend_hash_merge(Z_ARRVAL(full_info), info, zval_add_ref, false);
	zend_hash_str_update(server, "lbInfo", strlen("lbInfo"), &full_info);
	return true;
}

static bool make_connection(zend_object *self, zval *index, zend_object *domain, HashTable *info, zval *connection)
{
	zval server, arguments[3], *category = mwn_lb_find_str(info, MWN_LB_STRING_category), *type;
	bool done = false;

	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerInfoStrict, &server, 1, index)) {
		return false;
	}
	SEPARATE_ARRAY(&server);
	set_flags(Z_ARRVAL(server), category && Z_TYPE_P(category) == IS_STRING
		&& zend_string_equals(Z_STR_P(category), MWN_LB_STR(gauge)));
	type = mwn_lb_find_str(Z_ARRVAL(server), MWN_LB_STRING_type);
	if (type) {
		ZVAL_COPY(&arguments[0], type);
	} else {
		zend_error(E_WARNING, "Undefined array key \"type\"");
		ZVAL_NULL(&arguments[0]);
	}
	if (!EG(exception) && complete_parameters(self, index, domain, Z_ARRVAL(server), info)) {
		ZVAL_COPY_VALUE(&arguments[1], &server);
		ZVAL_COPY_VALUE(&arguments[2], mwn_lb_constant_of(MWN_LB_NEW_UNCONNECTED));
		done = mwn_lb_call_slot(self, MWN_LB_PROPERTY_databaseFactory, MWN_CALL_create, connection, 3, arguments);
	}
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&server);
	return done;
}

/* Names for tables and indexes before any query; for the primary its round and its listeners. */
bool mwn_lb_prepare(zend_object *self, zval *index, zend_object *connection)
{
	zval aliases, listeners, *listener, arguments[2];
	zend_ulong number;
	zend_string *name;
	bool done;

	ZVAL_COPY_VALUE(&aliases, mwn_lb_slot(self, MWN_LB_PROPERTY_tableAliases));
	if (!mwn_call(connection, MWN_CALL_setTableAliases, NULL, 1, &aliases)) {
		return false;
	}
	ZVAL_COPY_VALUE(&aliases, mwn_lb_slot(self, MWN_LB_PROPERTY_indexAliases));
	done = mwn_call(connection, MWN_CALL_setIndexAliases, NULL, 1, &aliases);
	if (!done || !mwn_lb_is(index, MWN_LB_WRITER)) {
		return done;
	}
	if (Z_TYPE_P(mwn_lb_slot(self, MWN_LB_PROPERTY_trxRoundId)) != IS_FALSE && !mwn_lb_join_round(self, connection)) {
		return false;
	}
	ZVAL_COPY(&listeners, mwn_lb_slot(self, MWN_LB_PROPERTY_trxRecurringCallbacks));
	if (Z_TYPE(listeners) == IS_ARRAY) {
		ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL(listeners), number, name, listener) {
			if (name) {
				ZVAL_STR(&arguments[0], name);
			} else {
				ZVAL_LONG(&arguments[0], (zend_long)number);
			}
			ZVAL_COPY_VALUE(&arguments[1], listener);
			done = mwn_call(connection, MWN_CALL_setTransactionListener, NULL, 2, arguments);
			if (!done) {
				break;
			}
		} ZEND_HASH_FOREACH_END();
	}
	zval_ptr_dtor(&listeners);
	return done;
}

/* An exception of the host's kind "no connection" is the caller's to report, from the connection itself. */
bool mwn_lb_is_connection_error(const zend_object *exception)
{
	zend_class_entry *class_entry = zend_hash_str_find_ptr(EG(class_table), "wikimedia\\rdbms\\dbconnectionerror",
		strlen("wikimedia\\rdbms\\dbconnectionerror"));

	return class_entry && instanceof_function(exception->ce, class_entry);
}

static bool go_live(zend_object *self, zend_object *connection)
{
	zval count;

	if (mwn_call(connection, MWN_CALL_initConnection, NULL, 0, NULL)) {
		MWN_G(load_balancer_process).opened++;
		ZVAL_LONG(&count, zval_get_long(mwn_lb_slot(self, MWN_LB_PROPERTY_connectionCounter)) + 1);
		mwn_lb_set(self, MWN_LB_PROPERTY_connectionCounter, &count);
		return true;
	}
	if (!mwn_lb_is_connection_error(EG(exception))) {
		return false;
	}
	zend_clear_exception();
	set_failed(self, connection);
	return true;
}

static bool log_opening(zend_object *self, zval *index, zend_object *connection, zend_string *domain)
{
	zend_string *held, *number;
	zval context;
	bool is_open, done;

	if (!mwn_lb_ask(connection, MWN_CALL_isOpen, &is_open, 0, NULL)) {
		return false;
	}
	number = zval_get_tmp_string(index, &held);
	if (is_open) {
		done = mwn_lb_debug(self, "reallyOpenConnection", "opened new connection for %s/%s", ZSTR_VAL(number), ZSTR_VAL(domain));
	} else {
		array_init(&context);
		add_assoc_str(&context, "db_domain", zend_string_copy(domain));
		done = mwn_lb_log(self, MWN_CALL_warning, "reallyOpenConnection",
			strpprintf(0, "connection error for %s/{db_domain}", ZSTR_VAL(number)), &context);
	}
	zend_tmp_string_release(held);
	return done;
}

static bool log_many(zend_object *self, zend_object *connection, zend_string *domain)
{
	size_t count = mwn_lb_tracked_count(self);
	zval extras, primary, context;
	bool done;

	if (EXPECTED(count < MANY_CONNECTIONS)) {
		return true;
	}
	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getPrimaryServerName, &primary, 0, NULL)) {
		return false;
	}
	array_init(&extras);
	add_assoc_long(&extras, "connections", (zend_long)count);
	add_assoc_zval(&extras, "primarydb", &primary);
	add_assoc_str(&extras, "db_domain", zend_string_copy(domain));
	done = mwn_lb_context(self, connection, &extras, &context);
	zval_ptr_dtor(&extras);
	return done && mwn_lb_log(self, MWN_CALL_warning, "reallyOpenConnection",
		ZSTR_INIT_LITERAL("{connections}+ connections made (primary={primarydb})", false), &context);
}

static bool own_open(zend_object *self, zval *index, const mwn_lb_domain *domain, HashTable *info, zval *connection)
{
	if (UNEXPECTED(zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_disabled)))) {
		zval exception;
		if (mwn_lb_new("Wikimedia\\Rdbms\\DBAccessError", &exception, 0, NULL)) {
			zend_throw_exception_object(&exception);
		}
		return false;
	}
	if (!make_connection(self, index, domain->object, info, connection)) {
		return false;
	}
	if (mwn_is_callable_on(connection, MWN_CALL_setTableAliases) && mwn_lb_prepare(self, index, Z_OBJ_P(connection)) && go_live(self, Z_OBJ_P(connection))
		&& log_opening(self, index, Z_OBJ_P(connection), domain->id) && log_many(self, Z_OBJ_P(connection), domain->id)
		&& mwn_lb_assert_domain(Z_OBJ_P(connection), domain)) {
		return true;
	}
	zval_ptr_dtor(connection);
	ZVAL_UNDEF(connection);
	return false;
}

MWN_LB_BODY(143, reallyOpenConnection)
{
	const mwn_lb_domain *known;
	zend_object *self;
	HashTable *info;
	zval *index, *domain;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ARRAY_HT(info)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (known = mwn_lb_domain_of_id(domain))) {
		own_open(self, index, known, info, return_value);
	}
}

static bool open_connection(zend_object *self, zval *index, const mwn_lb_domain *domain, zend_string *category,
	zval *connection)
{
	zval arguments[3], name;
	bool done;

	array_init(&arguments[2]);
	ZVAL_STR(&name, category);
	zend_hash_add_new(Z_ARRVAL(arguments[2]), MWN_LB_STR(category), &name);
	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_reallyOpenConnection))) {
		done = own_open(self, index, domain, Z_ARRVAL(arguments[2]), connection);
	} else {
		ZVAL_COPY_VALUE(&arguments[0], index);
		ZVAL_OBJ(&arguments[1], domain->object);
		done = mwn_call(self, MWN_CALL_reallyOpenConnection, connection, 3, arguments);
	}
	zval_ptr_dtor(&arguments[2]);
	return done;
}

/* ---- reuse ---- */

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
		set_failed(self, Z_OBJ_P(connection));
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
		if (!open_connection(self, index, domain, category, connection)) {
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
		set_failed(self, Z_OBJ_P(connection));
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

/* ---- getConnectionInternal() ---- */

static bool is_known_server(zend_object *self, zval *index, bool *known)
{
	zval *info = mwn_lb_slot(self, MWN_LB_PROPERTY_serverInfo);

	*known = false;
	return mwn_is_callable_on(info, MWN_CALL_hasServerIndex)
		&& mwn_lb_ask(Z_OBJ_P(info), MWN_CALL_hasServerIndex, known, 1, index);
}

/* The group's reader; an exception when there is none. */
static bool choose_reader(zend_object *self, zval *group, zval *index)
{
	zend_string *text;
	zval zero;

	if (!mwn_lb_reader_index(self, group, index)) {
		return false;
	}
	ZVAL_LONG(&zero, 0);
	if (Z_TYPE_P(index) != IS_FALSE && zend_compare(index, &zero) >= 0) {
		return true;
	}
	zval_ptr_dtor(index);
	ZVAL_UNDEF(index);
	text = ZSTR_INIT_LITERAL("could not connect to any replica DB server", false);
	mwn_lb_report_error(self, text);
	zend_string_release(text);
	return false;
}

bool mwn_lb_is_pinned(zend_object *self, zval *group)
{
	return mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_readIndexByGroup), group) != NULL;
}

static void unpin(zend_object *self, zval *group)
{
	HashTable *readers = mwn_lb_array(self, MWN_LB_PROPERTY_readIndexByGroup);

	mwn_lb_unset(readers, group);
}

bool mwn_lb_unpin_lost(zend_object *self, zval *group)
{
	zend_string *held, *name = zval_get_tmp_string(group, &held);
	bool done = mwn_lb_log(self, MWN_CALL_warning, "getConnectionInternal",
		strpprintf(0, "the reader of group '%s' cannot be reached any more; choosing another", ZSTR_VAL(name)), NULL);

	zend_tmp_string_release(held);
	unpin(self, group);
	return done;
}

bool mwn_lb_give_up_reader(zend_object *self, zval *index, zval *group)
{
	zend_object *error = EG(exception);
	bool connected;

	GC_ADDREF(error);
	zend_clear_exception();
	if (mwn_lb_is_connected(self, index, &connected) && !connected) {
		OBJ_RELEASE(error);
		return mwn_lb_unpin_lost(self, group);
	}
	if (EG(exception)) {
		OBJ_RELEASE(error);
	} else {
		zend_throw_exception_internal(error);
	}
	return false;
}

/* A connection to the group's reader. A reader that was chosen before and has been lost since makes room for another,
 * once. */
static bool reader_connection(zend_object *self, zval *group, zval *domain, zend_long flags, zval *connection)
{
	bool was_pinned = mwn_lb_is_pinned(self, group), done;
	zval index;

	if (!choose_reader(self, group, &index)) {
		return false;
	}
	was_pinned = was_pinned && !mwn_lb_is(&index, MWN_LB_WRITER);
	done = mwn_lb_server_connection(self, &index, domain, flags, connection);
	if (done || !was_pinned || !mwn_lb_is_connection_error(EG(exception))) {
		zval_ptr_dtor(&index);
		return done;
	}
	done = mwn_lb_give_up_reader(self, &index, group);
	zval_ptr_dtor(&index);
	if (!done || !choose_reader(self, group, &index)) {
		return false;
	}
	done = mwn_lb_server_connection(self, &index, domain, flags, connection);
	zval_ptr_dtor(&index);
	return done;
}

static bool open_for(zend_object *self, zval *index, zval *groups, zval *domain, zval *flags, zval *connection)
{
	zval *group = resolve_groups(self, groups, index), held_group, sanitized, writer;
	zend_string *held, *number;
	bool known, done;

	if (!group || !sanitize(self, flags, domain, &sanitized)) {
		return false;
	}
	if (mwn_lb_is_constant(index, MWN_LB_DB_PRIMARY)) {
		ZVAL_LONG(&writer, MWN_LB_WRITER);
		done = mwn_lb_server_connection(self, &writer, domain, zval_get_long(&sanitized), connection);
	} else if (mwn_lb_is_constant(index, MWN_LB_DB_REPLICA)) {
		ZVAL_COPY(&held_group, group);
		done = reader_connection(self, &held_group, domain, zval_get_long(&sanitized), connection);
		zval_ptr_dtor(&held_group);
	} else {
		done = is_known_server(self, index, &known);
		if (done && !known) {
			number = zval_get_tmp_string(index, &held);
			done = mwn_lb_throw_php(spl_ce_UnexpectedValueException,
				strpprintf(0, "Invalid server index index #%s", ZSTR_VAL(number)));
			zend_tmp_string_release(held);
		}
		done = done && mwn_lb_server_connection(self, index, domain, zval_get_long(&sanitized), connection);
	}
	zval_ptr_dtor(&sanitized);
	return done;
}

bool mwn_lb_connection(zend_object *self, zval *index, zval *groups, zval *domain, zval *flags, zval *connection)
{
	zend_string *id = mwn_lb_resolve_id(self, domain);
	zval domain_id;
	bool done;

	ZVAL_UNDEF(connection);
	if (!id) {
		return false;
	}
	ZVAL_STR(&domain_id, id);
	done = open_for(self, index, groups, &domain_id, flags, connection);
	zend_string_release(id);
	return done;
}

MWN_LB_BODY(143, getConnectionInternal)
{
	zend_object *self;
	zval *index, *groups, *domain, *flags;

	ZEND_PARSE_PARAMETERS_START(5, 5)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(groups)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		mwn_lb_connection(self, index, groups, domain, flags, return_value);
	}
}

/* ---- references ---- */

void mwn_lb_make_reference(INTERNAL_FUNCTION_PARAMETERS, const char *silence_refused)
{
	zend_object *self;
	zval *index, *groups, *domain, *flags, arguments[4];
	zend_string *id;
	zend_long bits;
	bool is_primary;

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
	if (!mwn_lb_flags(flags, &bits)) {
		return;
	}
	if (mwn_lb_has_bit(bits, MWN_LB_CONN_SILENCE_ERRORS)) {
		zend_throw_exception(spl_ce_UnexpectedValueException, silence_refused, 0);
		return;
	}
	id = mwn_lb_resolve_id(self, domain);
	if (!id) {
		return;
	}
	is_primary = mwn_lb_is_constant(index, MWN_LB_DB_PRIMARY) || mwn_lb_is(index, MWN_LB_WRITER);
	ZVAL_OBJ(&arguments[0], self);
	array_init_size(&arguments[1], 4);
	Z_TRY_ADDREF_P(index);
	Z_TRY_ADDREF_P(groups);
	Z_TRY_ADDREF_P(flags);
	add_next_index_zval(&arguments[1], index);
	add_next_index_zval(&arguments[1], groups);
	add_next_index_str(&arguments[1], id);
	add_next_index_zval(&arguments[1], flags);
	ZVAL_COPY_VALUE(&arguments[2], mwn_lb_constant_of(is_primary ? MWN_LB_DB_PRIMARY : MWN_LB_DB_REPLICA));
	mwn_lb_refer(self, MWN_LB_PROPERTY_modcount, &arguments[3]);
	mwn_lb_new("Wikimedia\\Rdbms\\DBConnRef", return_value, 4, arguments);
	zval_ptr_dtor(&arguments[1]);
	zval_ptr_dtor(&arguments[3]);
}

MWN_LB_BODY(143, getConnection)
{
	mwn_lb_make_reference(INTERNAL_FUNCTION_PARAM_PASSTHRU,
		MWN_LB_METHOD("getConnection") " got CONN_SILENCE_ERRORS; connection is already deferred");
}

ZEND_METHOD(MwNative_LoadBalancer, getMaintenanceConnectionRef)
{
	mwn_lb_make_reference(INTERNAL_FUNCTION_PARAM_PASSTHRU,
		MWN_LB_METHOD("getMaintenanceConnectionRef") " CONN_SILENCE_ERRORS is not supported");
}

MWN_LB_BODY(143, getConnectionRef)
{
	zend_object *self;
	zval *index, *groups, *domain, *flags, arguments[4], deprecated[2], ignored;
	zend_execute_data *body;
	bool done;

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
	ZVAL_STRING(&deprecated[0], MWN_LB_METHOD("getConnectionRef"));
	ZVAL_STRING(&deprecated[1], "1.39");
	/* It looks at who called the shell's method. */
	body = mwn_hide_body_frame();
	done = mwn_call_function("wfdeprecated", &ignored, 2, deprecated);
	mwn_show_body_frame(body);
	if (done) {
		zval_ptr_dtor(&ignored);
		ZVAL_COPY_VALUE(&arguments[0], index);
		ZVAL_COPY_VALUE(&arguments[1], groups);
		ZVAL_COPY_VALUE(&arguments[2], domain);
		ZVAL_COPY_VALUE(&arguments[3], flags);
		mwn_call(self, MWN_CALL_getConnection, return_value, 4, arguments);
	}
	zval_ptr_dtor(&deprecated[0]);
	zval_ptr_dtor(&deprecated[1]);
}
