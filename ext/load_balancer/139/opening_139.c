/* reallyOpenConnection(), on MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include "zend_exceptions.h"
#include "ext/standard/php_array.h"
#include "load_balancer_139.h"

/* Warn when so many connections are held. */
enum { MANY_CONNECTIONS = 10 };

/* ---- what the host's factory is told ---- */

static void set(HashTable *parameters, const char *name, zval *value)
{
	zend_hash_str_update(parameters, name, strlen(name), value);
}

static void set_slot(HashTable *parameters, zend_object *self, const char *name, mwn_lb_property property)
{
	zval *value = mwn_lb_slot(self, property);

	Z_TRY_ADDREF_P(value);
	set(parameters, name, value);
}

/* What is null becomes what is configured, if it is. */
static void or_configured(HashTable *server, const char *name, zval *value)
{
	zval *configured;

	if (Z_TYPE_P(value) == IS_NULL && (configured = mwn_lb_option(server, name))) {
		ZVAL_COPY(value, configured);
	}
}

/* An embedded database has nothing but its file: without a name the configured one is taken. */
static bool set_database(zend_object *self, zval *index, zend_object *domain, HashTable *server, HashTable *parameters)
{
	zval attributes, *is_file, name;
	bool in_file;

	if (!mwn_lb_server_attributes(self, index, &attributes)) {
		return false;
	}
	is_file = Z_TYPE(attributes) == IS_ARRAY
		? mwn_lb_find(Z_ARRVAL(attributes), mwn_lb_constant_of(MWN_LB_ATTR_DB_IS_FILE)) : NULL;
	in_file = is_file && zend_is_true(is_file);
	zval_ptr_dtor(&attributes);
	if (!mwn_call(domain, MWN_CALL_getDatabase, &name, 0, NULL)) {
		return false;
	}
	if (in_file) {
		or_configured(server, "dbname", &name);
	}
	zend_hash_update(parameters, MWN_LB_STR(dbname), &name);
	return true;
}

static bool set_domain(zend_object *domain, HashTable *server, HashTable *parameters)
{
	zval schema, prefix;

	if (!mwn_call(domain, MWN_CALL_getSchema, &schema, 0, NULL)) {
		return false;
	}
	or_configured(server, "schema", &schema);
	set(parameters, "schema", &schema);
	if (!mwn_call(domain, MWN_CALL_getTablePrefix, &prefix, 0, NULL)) {
		return false;
	}
	set(parameters, "tablePrefix", &prefix);
	return true;
}

/* Connections take part in rounds if that is left to us, except in the command line. */
static zend_long initial_flags(zend_object *self, zend_long flags)
{
	zend_long in_transactions = Z_LVAL_P(mwn_lb_constant_of(MWN_LB_DBO_TRX));

	if (!mwn_lb_has_bit(flags, MWN_LB_DBO_DEFAULT)) {
		return flags;
	}
	return zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_cliMode)) ? flags & ~in_transactions : flags | in_transactions;
}

ZEND_METHOD(MwNative_LoadBalancer, initConnFlags)
{
	zend_object *self;
	zval *flags;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		RETURN_LONG(initial_flags(self, zval_get_long(flags)));
	}
}

/* A replica asks the primary for its position, by way of a reference that connects when it is used. */
static bool set_primary(zend_object *self, zend_object *domain, HashTable *parameters)
{
	zval arguments[3], reference;
	bool done;

	if (!mwn_lb_domain_id(domain, &arguments[2])) {
		zval_ptr_dtor(&arguments[2]);
		return false;
	}
	ZVAL_COPY_VALUE(&arguments[0], mwn_lb_constant_of(MWN_LB_DB_PRIMARY));
	ZVAL_EMPTY_ARRAY(&arguments[1]);
	done = mwn_call(self, MWN_CALL_getConnectionRef, &reference, 3, arguments);
	zval_ptr_dtor(&arguments[2]);
	if (done) {
		set(parameters, "topologicalPrimaryConnRef", &reference);
	}
	return done;
}

static void set_services(zend_object *self, HashTable *parameters)
{
	set_slot(parameters, self, "srvCache", MWN_LB_PROPERTY_srvCache);
	set_slot(parameters, self, "connLogger", MWN_LB_PROPERTY_connLogger);
	set_slot(parameters, self, "queryLogger", MWN_LB_PROPERTY_queryLogger);
	set_slot(parameters, self, "replLogger", MWN_LB_PROPERTY_replLogger);
	set_slot(parameters, self, "errorLogger", MWN_LB_PROPERTY_errorLogger);
	set_slot(parameters, self, "deprecationLogger", MWN_LB_PROPERTY_deprecationLogger);
	set_slot(parameters, self, "profiler", MWN_LB_PROPERTY_profiler);
	set_slot(parameters, self, "trxProfiler", MWN_LB_PROPERTY_trxProfiler);
	set_slot(parameters, self, "criticalSectionProvider", MWN_LB_PROPERTY_csProvider);
}

static bool complete_parameters(zend_object *self, zval *index, zend_object *domain, HashTable *server, HashTable *parameters)
{
	zval *role = mwn_lb_139_topology_role(index, server), *configured, flags;

	Z_TRY_ADDREF_P(role);
	set(parameters, "topologyRole", role);
	if (!set_database(self, index, domain, server, parameters) || !set_domain(domain, server, parameters)) {
		return false;
	}
	configured = mwn_lb_find_str(server, MWN_LB_STRING_flags);
	ZVAL_LONG(&flags, initial_flags(self, zval_get_long(configured ? configured : mwn_lb_constant_of(MWN_LB_DBO_DEFAULT))));
	zend_hash_update(parameters, MWN_LB_STR(flags), &flags);
	set_slot(parameters, self, "cliMode", MWN_LB_PROPERTY_cliMode);
	set_slot(parameters, self, "agent", MWN_LB_PROPERTY_agent);
	if (!set_primary(self, domain, parameters)) {
		return false;
	}
	set_services(self, parameters);
	return true;
}

static bool make_from(zend_object *self, zval *index, zend_object *domain, HashTable *server, zval *connection)
{
	zval arguments[3], *type = mwn_lb_find_str(server, MWN_LB_STRING_type);
	bool done;

	if (type) {
		ZVAL_COPY(&arguments[0], type);
	} else {
		zend_error(E_WARNING, "Undefined array key \"type\"");
		ZVAL_NULL(&arguments[0]);
	}
	array_init(&arguments[1]);
	php_array_merge(Z_ARRVAL(arguments[1]), server);
	done = !EG(exception) && complete_parameters(self, index, domain, server, Z_ARRVAL(arguments[1]));
	ZVAL_COPY_VALUE(&arguments[2], mwn_lb_constant_of(MWN_LB_NEW_UNCONNECTED));
	done = done && mwn_lb_call_slot(self, MWN_LB_PROPERTY_databaseFactory, MWN_CALL_create, connection, 3, arguments);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

static bool make_connection(zend_object *self, zval *index, zend_object *domain, zval *connection)
{
	HashTable *server = mwn_lb_139_server_strict(self, index);
	zval held;
	bool done;

	if (!server) {
		return false;
	}
	mwn_share_array(&held, server);
	done = make_from(self, index, domain, server, connection);
	zval_ptr_dtor(&held);
	return done;
}

/* ---- the connection ---- */

/* [ serverIndex => index ] + what else it tells */
static bool set_info(zval *index, HashTable *more, zend_object *connection)
{
	zval info, position;
	bool done;

	array_init(&info);
	ZVAL_COPY(&position, index);
	zend_hash_add_new(Z_ARRVAL(info), MWN_LB_STR(server_index), &position);
	zend_hash_merge(Z_ARRVAL(info), more, zval_add_ref, false);
	done = mwn_call(connection, MWN_CALL_setLBInfo, NULL, 1, &info);
	zval_ptr_dtor(&info);
	return done;
}

/* A connection that fails is the caller's to notice: it is not open. */
static bool go_live(zend_object *self, zend_object *connection)
{
	zval count;
	bool is_open;

	if (mwn_call(connection, MWN_CALL_initConnection, NULL, 0, NULL)) {
		MWN_G(load_balancer_process).opened++;
		ZVAL_LONG(&count, zval_get_long(mwn_lb_slot(self, MWN_LB_PROPERTY_connectionCounter)) + 1);
		mwn_lb_set(self, MWN_LB_PROPERTY_connectionCounter, &count);
	} else if (mwn_lb_is_connection_error(EG(exception))) {
		zend_clear_exception();
	} else {
		return false;
	}
	return mwn_lb_ask(connection, MWN_CALL_isOpen, &is_open, 0, NULL)
		&& (!is_open || mwn_lb_139_load_positions(self));
}

static bool log_many(zend_object *self, zend_object *connection, zend_object *domain)
{
	size_t count = mwn_lb_tracked_count(self);
	zval extras, context, writer, id;
	zend_string *primary;
	bool done;

	if (EXPECTED(count < MANY_CONNECTIONS)) {
		return true;
	}
	ZVAL_LONG(&writer, MWN_LB_WRITER);
	primary = mwn_lb_server_name(self, &writer);
	if (!primary) {
		return false;
	}
	array_init(&extras);
	add_assoc_long(&extras, "connections", (zend_long)count);
	add_assoc_str(&extras, "primarydb", primary);
	done = mwn_lb_domain_id(domain, &id);
	add_assoc_zval(&extras, "db_domain", &id);
	done = done && mwn_lb_context(self, connection, &extras, &context);
	zval_ptr_dtor(&extras);
	return done && mwn_lb_log_to(self, MWN_LB_PERFORMANCE, MWN_CALL_warning, "reallyOpenConnection",
		ZSTR_INIT_LITERAL("{connections}+ connections made (primary={primarydb})", false), &context);
}

static bool own_open(zend_object *self, zval *index, zend_object *domain, HashTable *more, zval *connection)
{
	zval exception;

	if (UNEXPECTED(zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_disabled)))) {
		if (mwn_lb_new("Wikimedia\\Rdbms\\DBAccessError", &exception, 0, NULL)) {
			zend_throw_exception_object(&exception);
		}
		return false;
	}
	if (!make_connection(self, index, domain, connection)) {
		return false;
	}
	if (mwn_is_callable_on(connection, MWN_CALL_setLBInfo) && set_info(index, more, Z_OBJ_P(connection))
		&& mwn_lb_prepare(self, index, Z_OBJ_P(connection)) && go_live(self, Z_OBJ_P(connection))
		&& log_many(self, Z_OBJ_P(connection), domain)) {
		return true;
	}
	zval_ptr_dtor(connection);
	ZVAL_UNDEF(connection);
	return false;
}

bool mwn_lb_139_open(zend_object *self, zval *index, zend_object *domain, zval *more, zval *connection)
{
	zval arguments[3];

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_reallyOpenConnection))) {
		return own_open(self, index, domain, Z_ARRVAL_P(more), connection);
	}
	ZVAL_COPY_VALUE(&arguments[0], index);
	ZVAL_OBJ(&arguments[1], domain);
	ZVAL_COPY_VALUE(&arguments[2], more);
	if (!mwn_call(self, MWN_CALL_reallyOpenConnection, connection, 3, arguments)) {
		return false;
	}
	if (!mwn_is_callable_on(connection, MWN_CALL_isOpen)) {
		zval_ptr_dtor(connection);
		ZVAL_UNDEF(connection);
		return false;
	}
	return true;
}

MWN_LB_BODY(139, reallyOpenConnection)
{
	zend_object *self, *domain;
	HashTable *more;
	zval *index;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_OBJ(domain)
		Z_PARAM_ARRAY_HT(more)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		own_open(self, index, domain, more, return_value);
	}
}
