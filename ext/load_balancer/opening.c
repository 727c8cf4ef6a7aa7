/* New connections, from the host's factory. */
#include "../php_mwnative.h"

#include "zend_exceptions.h"

/* Warn when so many connections are held. */
enum { MANY_CONNECTIONS = 10 };

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
	mwn_lb_set_failed(self, connection);
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

bool mwn_lb_143_open(zend_object *self, zval *index, const mwn_lb_domain *domain, zend_string *category,
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
