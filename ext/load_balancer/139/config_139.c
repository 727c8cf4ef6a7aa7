/* configure(), reconfigure() and the monitor, on MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include "ext/spl/spl_exceptions.h"
#include "main/SAPI.h"
#include "load_balancer_139.h"

/* Seconds that a replica may lag when nobody says how long. */
enum { MAX_LAG = 6 };

/* ---- servers ---- */

/* What is no array has no weight, and PHP says so. */
static void add_nothing(HashTable *groups, zend_ulong index, zval *server)
{
	zval *generic = zend_hash_find(groups, MWN_LB_STR(empty));

#if PHP_VERSION_ID >= 80300
	zend_error(E_WARNING, "Trying to access array offset on %s", zend_zval_value_name(server));
#else
	zend_error(E_WARNING, "Trying to access array offset on value of type %s", zend_zval_type_name(server));
#endif
	zend_hash_index_update(Z_ARRVAL_P(generic), index, &EG(uninitialized_zval));
}

/* How many servers are a list, from the first on; *plain: none of them is a reference. */
static zend_ulong count_list(HashTable *configured, bool *plain)
{
	zend_ulong number, expected = 0;
	zend_string *name;
	zval *server;

	*plain = true;
	ZEND_HASH_FOREACH_KEY_VAL(configured, number, name, server) {
		if (name || number != expected) {
			break;
		}
		expected++;
		*plain = *plain && !Z_ISREF_P(server);
	} ZEND_HASH_FOREACH_END();
	return expected;
}

static void copy_servers(HashTable *configured, zend_ulong count, zval *servers)
{
	zval *server;

	array_init_size(servers, (uint32_t)count);
	for (zend_ulong i = 0; i < count; i++) {
		server = zend_hash_index_find_deref(configured, i);
		Z_TRY_ADDREF_P(server);
		zend_hash_index_add_new(Z_ARRVAL_P(servers), i, server);
	}
}

static bool add_all_weights(HashTable *servers, HashTable *groups)
{
	zend_ulong number;
	zval index, *server;

	ZEND_HASH_FOREACH_NUM_KEY_VAL(servers, number, server) {
		ZVAL_LONG(&index, (zend_long)number);
		if (EXPECTED(Z_TYPE_P(server) == IS_ARRAY)) {
			mwn_lb_add_weights(groups, &index, server, zend_hash_num_elements(servers));
		} else {
			add_nothing(groups, number, server);
		}
		if (EG(exception)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static bool configure_servers(zend_object *self, HashTable *configured)
{
	bool plain, done;
	zend_ulong count = count_list(configured, &plain);
	zval servers, groups, generic;

	if (EXPECTED(plain && count == zend_hash_num_elements(configured))) {
		mwn_share_array(&servers, configured);
	} else {
		copy_servers(configured, count, &servers);
	}
	array_init(&groups);
	array_init_size(&generic, (uint32_t)count);
	zend_hash_add_new(Z_ARRVAL(groups), MWN_LB_STR(empty), &generic);
	done = add_all_weights(Z_ARRVAL(servers), Z_ARRVAL(groups));
	mwn_lb_set(self, MWN_LB_PROPERTY_servers, &servers);
	mwn_lb_set(self, MWN_LB_PROPERTY_groupLoads, &groups);
	if (done && count != zend_hash_num_elements(configured)) {
		return mwn_lb_throw_php(spl_ce_UnexpectedValueException,
			ZSTR_INIT_LITERAL("List expected for \"servers\" parameter", false));
	}
	return done;
}

/* Borrowed; NULL: an exception. */
static HashTable *servers_of(HashTable *params)
{
	zval *servers = mwn_lb_find_str(params, MWN_LB_STRING_servers);

	if (servers && Z_TYPE_P(servers) != IS_ARRAY) {
		zend_type_error("count(): Argument #1 ($value) must be of type Countable|array, %s given",
			zend_zval_type_name(servers));
		return NULL;
	}
	if (!servers || zend_hash_num_elements(Z_ARRVAL_P(servers)) == 0) {
		mwn_lb_throw_php(spl_ce_InvalidArgumentException, ZSTR_INIT_LITERAL("Missing or empty \"servers\" parameter", false));
		return NULL;
	}
	return Z_ARRVAL_P(servers);
}

/* ---- single options ---- */

static void configure_number(zend_object *self, HashTable *params, mwn_lb_string name, mwn_lb_property property,
	zend_long otherwise)
{
	zval *configured = mwn_lb_find_str(params, name), value;

	if (configured) {
		ZVAL_COPY(&value, configured);
	} else {
		ZVAL_LONG(&value, otherwise);
	}
	mwn_lb_set(self, property, &value);
}

static void configure_or_null(zend_object *self, HashTable *params, mwn_lb_string name, mwn_lb_property property)
{
	zval *configured = mwn_lb_find_str(params, name), value;

	if (configured) {
		ZVAL_COPY(&value, configured);
	} else {
		ZVAL_NULL(&value);
	}
	mwn_lb_set(self, property, &value);
}

static void configure_read_only(zend_object *self, HashTable *params)
{
	zval *reason = MWN_LB_OPTION(params, readOnlyReason);

	if (reason && Z_TYPE_P(reason) == IS_STRING) {
		mwn_lb_set_string(self, MWN_LB_PROPERTY_readOnlyReason, Z_STR_P(reason));
	}
}

static bool configure_monitor(zend_object *self, HashTable *params)
{
	zval *configured = MWN_LB_OPTION(params, loadMonitor), given, defaults, config, threshold;

	if (configured) {
		ZVAL_COPY(&given, configured);
	} else {
		array_init(&given);
		add_assoc_string(&given, "class", "LoadMonitorNull");
	}
	array_init(&defaults);
	ZVAL_COPY(&threshold, mwn_lb_slot(self, MWN_LB_PROPERTY_maxLag));
	add_assoc_zval(&defaults, "lagWarnThreshold", &threshold);
	ZVAL_UNDEF(&config);
	/* What is no array is refused in PHP's words: without a monitor nobody would look at lag. */
	add_function(&config, &given, &defaults);
	zval_ptr_dtor(&given);
	zval_ptr_dtor(&defaults);
	if (EG(exception)) {
		return false;
	}
	mwn_lb_set(self, MWN_LB_PROPERTY_loadMonitorConfig, &config);
	return true;
}

static bool is_command_line(void)
{
	return strcmp(sapi_module.name, "cli") == 0 || strcmp(sapi_module.name, "phpdbg") == 0;
}

/* Who runs it: the kind of process, and on whose behalf. */
static void configure_environment(zend_object *self, HashTable *params)
{
	zval *mode = MWN_LB_OPTION(params, cliMode), *agent = MWN_LB_OPTION(params, agent),
		*callback = MWN_LB_OPTION(params, chronologyCallback), value;

	if (mode) {
		ZVAL_COPY(&value, mode);
	} else {
		ZVAL_BOOL(&value, is_command_line());
	}
	mwn_lb_set(self, MWN_LB_PROPERTY_cliMode, &value);
	if (agent) {
		ZVAL_COPY(&value, agent);
	} else {
		ZVAL_EMPTY_STRING(&value);
	}
	mwn_lb_set(self, MWN_LB_PROPERTY_agent, &value);
	if (callback) {
		ZVAL_COPY(&value, callback);
		mwn_lb_set(self, MWN_LB_PROPERTY_chronologyCallback, &value);
	}
	mwn_lb_set_bool(self, MWN_LB_PROPERTY_fallbackToPrimary, mwn_lb_may_fall_back(params));
}

/* ---- services ---- */

static bool default_factory(zval *service)
{
	return mwn_lb_new("Wikimedia\\Rdbms\\DatabaseFactory", service, 0, NULL);
}

ZEND_METHOD(MwNative_LoadBalancer, warnOfDeprecation)
{
	zval *message;
	zend_string *text;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ZVAL(message)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	text = zval_get_string(message);
	zend_error(E_USER_DEPRECATED, "%s", ZSTR_VAL(text));
	zend_string_release(text);
}

/* What is deprecated and used is told PHP, if nobody else wants to know. */
static bool default_deprecation_logger(zval *service)
{
	mwn_lb_closure_of_body("warnofdeprecation", service);
	return true;
}

static bool configure_services(zend_object *self, HashTable *params)
{
	if (!mwn_lb_configure_service(self, params, MWN_LB_STRING_option_srvCache, MWN_LB_PROPERTY_srvCache, mwn_lb_default_server_cache)
		|| !mwn_lb_configure_service(self, params, MWN_LB_STRING_option_wanCache, MWN_LB_PROPERTY_wanCache, mwn_lb_default_wan_cache)
		|| !mwn_lb_configure_service(self, params, MWN_LB_STRING_option_databaseFactory, MWN_LB_PROPERTY_databaseFactory, default_factory)
		|| !mwn_lb_configure_service(self, params, MWN_LB_STRING_option_errorLogger, MWN_LB_PROPERTY_errorLogger, mwn_lb_default_error_logger)
		|| !mwn_lb_configure_service(self, params, MWN_LB_STRING_option_deprecationLogger, MWN_LB_PROPERTY_deprecationLogger,
			default_deprecation_logger)
		|| !mwn_lb_configure_service(self, params, MWN_LB_STRING_option_replLogger, MWN_LB_PROPERTY_replLogger, mwn_lb_default_logger)
		|| !mwn_lb_configure_service(self, params, MWN_LB_STRING_option_connLogger, MWN_LB_PROPERTY_connLogger, mwn_lb_default_logger)
		|| !mwn_lb_configure_service(self, params, MWN_LB_STRING_option_queryLogger, MWN_LB_PROPERTY_queryLogger, mwn_lb_default_logger)
		|| !mwn_lb_configure_service(self, params, MWN_LB_STRING_option_perfLogger, MWN_LB_PROPERTY_perfLogger, mwn_lb_default_logger)) {
		return false;
	}
	configure_or_null(self, params, MWN_LB_STRING_option_clusterName, MWN_LB_PROPERTY_clusterName);
	configure_or_null(self, params, MWN_LB_STRING_option_profiler, MWN_LB_PROPERTY_profiler);
	if (!mwn_lb_configure_service(self, params, MWN_LB_STRING_option_trxProfiler, MWN_LB_PROPERTY_trxProfiler,
			mwn_lb_default_transaction_profiler)
		|| !mwn_lb_configure_service(self, params, MWN_LB_STRING_option_statsdDataFactory, MWN_LB_PROPERTY_statsd, mwn_lb_default_statsd)) {
		return false;
	}
	configure_or_null(self, params, MWN_LB_STRING_option_criticalSectionProvider, MWN_LB_PROPERTY_csProvider);
	return true;
}

bool mwn_lb_139_configure_all(zend_object *self, zval *params)
{
	HashTable *options = Z_ARRVAL_P(params), *servers = servers_of(options);

	if (!servers || !mwn_lb_configure_local_domain(self, options)) {
		return false;
	}
	configure_number(self, options, MWN_LB_STRING_option_maxLag, MWN_LB_PROPERTY_maxLag, MAX_LAG);
	if (!configure_servers(self, servers)) {
		return false;
	}
	configure_number(self, options, MWN_LB_STRING_option_waitTimeout, MWN_LB_PROPERTY_waitTimeout, MWN_LB_WAIT_SECONDS);
	configure_read_only(self, options);
	if (!configure_monitor(self, options) || !configure_services(self, options)) {
		return false;
	}
	configure_environment(self, options);
	mwn_lb_configure_stage(self, options);
	mwn_lb_configure_default_group(self, options);
	return !EG(exception);
}

MWN_LB_BODY(139, configure)
{
	zend_object *self;
	zval *params;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(params)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_139_configure_all(self, params);
	}
}

/* Connections stay: references notice the new count and take new ones, once their transactions are over. */
MWN_LB_BODY(139, reconfigure)
{
	zend_object *self;
	zval *params, count;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(params)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)
		&& (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_configure)
			? mwn_call(self, MWN_CALL_configure, NULL, 1, params) : mwn_lb_139_configure_all(self, params))) {
		ZVAL_LONG(&count, zval_get_long(mwn_lb_slot(self, MWN_LB_PROPERTY_modcount)) + 1);
		mwn_lb_set(self, MWN_LB_PROPERTY_modcount, &count);
	}
}

/* ---- the monitor ---- */

static bool set_up_monitor(zend_object *self)
{
	zval config, monitor, argument;
	bool done;

	ZVAL_COPY(&config, mwn_lb_slot(self, MWN_LB_PROPERTY_loadMonitorConfig));
	done = mwn_lb_make_monitor(self, &config, &monitor);
	zval_ptr_dtor(&config);
	if (!done) {
		return false;
	}
	mwn_lb_set(self, MWN_LB_PROPERTY_loadMonitor, &monitor);
	ZVAL_COPY_VALUE(&argument, mwn_lb_slot(self, MWN_LB_PROPERTY_replLogger));
	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_loadMonitor, MWN_CALL_setLogger, NULL, 1, &argument)) {
		return false;
	}
	ZVAL_COPY_VALUE(&argument, mwn_lb_slot(self, MWN_LB_PROPERTY_statsd));
	return mwn_lb_call_slot(self, MWN_LB_PROPERTY_loadMonitor, MWN_CALL_setStatsdDataFactory, NULL, 1, &argument);
}

zval *mwn_lb_139_monitor(zend_object *self)
{
	zval *monitor = mwn_lb_slot(self, MWN_LB_PROPERTY_loadMonitor);

	if (UNEXPECTED(Z_TYPE_P(monitor) == IS_NULL)) {
		if (!set_up_monitor(self)) {
			return NULL;
		}
		monitor = mwn_lb_slot(self, MWN_LB_PROPERTY_loadMonitor);
	}
	return monitor;
}

ZEND_METHOD(MwNative_LoadBalancer, getLoadMonitor)
{
	zend_object *self;
	zval *monitor;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (monitor = mwn_lb_139_monitor(self))) {
		RETURN_COPY(monitor);
	}
}
