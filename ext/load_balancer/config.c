/* The constructor: servers, groups and services; and reconfigure(). */
#include "../php_mwnative.h"

#include "zend_closures.h"
#include "zend_exceptions.h"

static const mwn_host_profile *host(void)
{
	return MWN_G(load_balancer_request).binding->profile;
}

/* ---- servers and groups ---- */

/* groupLoads[ group ][ index ] = weight, where most groups have a weight for most of the servers. */
static void set_weight(HashTable *groups, zval *group, zval *index, zval *weight, uint32_t servers)
{
	zval *loads = Z_TYPE_P(group) == IS_LONG ? zend_hash_index_find(groups, (zend_ulong)Z_LVAL_P(group))
		: zend_hash_find(groups, Z_STR_P(group)), empty;

	if (!loads) {
		array_init_size(&empty, servers);
		loads = Z_TYPE_P(group) == IS_LONG ? zend_hash_index_add_new(groups, (zend_ulong)Z_LVAL_P(group), &empty)
			: zend_hash_add_new(groups, Z_STR_P(group), &empty);
	}
	SEPARATE_ARRAY(loads);
	Z_TRY_ADDREF_P(weight);
	if (EXPECTED(Z_TYPE_P(index) == IS_LONG)) {
		zend_hash_index_update(Z_ARRVAL_P(loads), (zend_ulong)Z_LVAL_P(index), weight);
	} else {
		zend_hash_update(Z_ARRVAL_P(loads), Z_STR_P(index), weight);
	}
}

static void hash_key(zval *key, zend_ulong number, zend_string *name)
{
	if (name) {
		ZVAL_STR(key, name);
	} else {
		ZVAL_LONG(key, (zend_long)number);
	}
}

void mwn_lb_add_weights(HashTable *groups, zval *index, zval *server, uint32_t servers)
{
	zval *in_groups = mwn_lb_find_str(Z_ARRVAL_P(server), MWN_LB_STRING_group_loads), *weight, group, none;
	zend_ulong number;
	zend_string *name;

	if (in_groups && EXPECTED(Z_TYPE_P(in_groups) == IS_ARRAY)) {
		ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(in_groups), number, name, weight) {
			hash_key(&group, number, name);
			ZVAL_DEREF(weight);
			set_weight(groups, &group, index, weight, servers);
		} ZEND_HASH_FOREACH_END();
	} else if (in_groups) {
		zend_error(E_WARNING, "foreach() argument must be of type array|object, %s given", zend_zval_type_name(in_groups));
	}
	weight = zend_hash_find_deref(Z_ARRVAL_P(server), MWN_LB_STR(load));
	if (!weight) {
		ZVAL_NULL(&none);
		weight = &none;
		zend_error(E_WARNING, "Undefined array key \"load\"");
	}
	ZVAL_STR(&group, MWN_LB_STR(empty));
	set_weight(groups, &group, index, weight, servers);
}

/* The generic group is there, if empty. */
static void no_groups(zval *groups, uint32_t servers)
{
	zval generic;

	array_init(groups);
	array_init_size(&generic, servers);
	zend_hash_add_new(Z_ARRVAL_P(groups), MWN_LB_STR(empty), &generic);
}

/* Hands the servers over one by one, if the host has to do it, and notes their weights. */
static bool add_servers(zend_object *self, zval *servers, bool hand_over)
{
	zval groups, *server, arguments[2];
	zend_ulong number;
	zend_string *name;
	uint32_t count = zend_hash_num_elements(Z_ARRVAL_P(servers));
	bool done = true;

	no_groups(&groups, count);
	ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(servers), number, name, server) {
		hash_key(&arguments[0], number, name);
		/* The host leaves references in the list as they are. */
		ZVAL_DEREF(server);
		ZVAL_COPY_VALUE(&arguments[1], server);
		done = !hand_over || mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_addServer, NULL, 2, arguments);
		if (!done) {
			break;
		}
		mwn_lb_add_weights(Z_ARRVAL(groups), &arguments[0], server, count);
		if (EG(exception)) {
			done = false;
			break;
		}
	} ZEND_HASH_FOREACH_END();
	mwn_lb_set(self, MWN_LB_PROPERTY_groupLoads, &groups);
	return done;
}

static bool take_servers(zend_object *self, zend_object *info, zval *given)
{
	zval servers;
	bool done;

	if (Z_TYPE_P(given) == IS_ARRAY && mwn_lb_put_servers(info, Z_ARRVAL_P(given), &servers)) {
		done = add_servers(self, &servers, false);
		zval_ptr_dtor(&servers);
		return done;
	}
	if (!mwn_call(info, MWN_CALL_normalizeServerMaps, &servers, 1, given)) {
		return false;
	}
	done = Z_TYPE(servers) != IS_ARRAY || add_servers(self, &servers, true);
	zval_ptr_dtor(&servers);
	if (done && Z_TYPE_P(given) == IS_ARRAY) {
		mwn_lb_compare_servers(info, Z_ARRVAL_P(given));
	}
	return done;
}

static bool configure_servers(zend_object *self, HashTable *params)
{
	zval info, held, groups, *configured = mwn_lb_find_str(params, MWN_LB_STRING_servers), none;
	bool done;

	if (!mwn_lb_new("Wikimedia\\Rdbms\\ServerInfo", &info, 0, NULL)) {
		return false;
	}
	ZVAL_COPY(&held, &info);
	mwn_lb_set(self, MWN_LB_PROPERTY_serverInfo, &info);
	mwn_lb_set_bool(self, MWN_LB_PROPERTY_hasReplicas, false);
	no_groups(&groups, 0);
	mwn_lb_set(self, MWN_LB_PROPERTY_groupLoads, &groups);
	ZVAL_EMPTY_ARRAY(&none);
	done = take_servers(self, Z_OBJ(held), configured ? configured : &none);
	zval_ptr_dtor(&held);
	return done;
}

static bool configure_name(zend_object *self, HashTable *params)
{
	zval *configured = MWN_LB_OPTION(params, clusterName), name, writer;

	if (configured) {
		ZVAL_COPY(&name, configured);
	} else {
		ZVAL_LONG(&writer, MWN_LB_WRITER);
		if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerName, &name, 1, &writer)) {
			return false;
		}
	}
	mwn_lb_set(self, MWN_LB_PROPERTY_clusterName, &name);
	return true;
}

/* ---- services ---- */

ZEND_METHOD(MwNative_LoadBalancer, warnOfException)
{
	zval *exception, message;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJECT(exception)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_call(Z_OBJ_P(exception), MWN_CALL_getMessage, &message, 0, NULL)) {
		zend_error(E_USER_WARNING, "%s: %s", ZSTR_VAL(Z_OBJCE_P(exception)->name),
			Z_TYPE(message) == IS_STRING ? Z_STRVAL(message) : "");
		zval_ptr_dtor(&message);
	}
}

void mwn_lb_closure_of_body(const char *lower_name, zval *closure)
{
	zend_class_entry *body = zend_hash_str_find_ptr(EG(class_table), "mwnative\\loadbalancer",
		strlen("mwnative\\loadbalancer"));
	zend_function *method = body ? zend_hash_str_find_ptr(&body->function_table, lower_name, strlen(lower_name)) : NULL;

	ZEND_ASSERT(method);
	zend_create_fake_closure(closure, method, body, body, NULL);
}

/* Errors that nobody wants to log become warnings. */
bool mwn_lb_default_error_logger(zval *service)
{
	mwn_lb_closure_of_body("warnofexception", service);
	return true;
}

bool mwn_lb_default_server_cache(zval *service)
{
	return mwn_lb_new(host()->empty_bag_o_stuff, service, 0, NULL);
}

bool mwn_lb_default_wan_cache(zval *service)
{
	return mwn_call_static(host()->wan_object_cache, "newempty", service, 0, NULL);
}

bool mwn_lb_default_logger(zval *service)
{
	return mwn_lb_new("Psr\\Log\\NullLogger", service, 0, NULL);
}

bool mwn_lb_default_transaction_profiler(zval *service)
{
	return mwn_lb_new("Wikimedia\\Rdbms\\TransactionProfiler", service, 0, NULL);
}

bool mwn_lb_default_statsd(zval *service)
{
	return mwn_lb_new(host()->null_statsd, service, 0, NULL);
}

/* A service that is configured, or else the host's default. */
bool mwn_lb_configure_service(zend_object *self, HashTable *params, mwn_lb_string name, mwn_lb_property property,
	bool (*make_default)(zval *service))
{
	zval *configured = mwn_lb_find_str(params, name), service;

	if (configured) {
		ZVAL_COPY(&service, configured);
	} else if (!make_default(&service)) {
		return false;
	}
	mwn_lb_set(self, property, &service);
	return true;
}

static bool configure_factory(zend_object *self, zval *params)
{
	zval *configured = MWN_LB_OPTION(Z_ARRVAL_P(params), databaseFactory), factory;

	if (configured) {
		ZVAL_COPY(&factory, configured);
	} else if (!mwn_lb_new("Wikimedia\\Rdbms\\DatabaseFactory", &factory, 1, params)) {
		return false;
	}
	mwn_lb_set(self, MWN_LB_PROPERTY_databaseFactory, &factory);
	return true;
}

/* Short names of monitors, from before they had a namespace. */
static zend_string *monitor_class(HashTable *config)
{
	zval *name = zend_hash_find_deref(config, MWN_LB_STR(class));

	if (!name) {
		zend_error(E_WARNING, "Undefined array key \"class\"");
	}
	if (!name || Z_TYPE_P(name) != IS_STRING) {
		if (!EG(exception)) {
			zend_throw_error(NULL, "Class name must be a valid object or a string");
		}
		return ZSTR_EMPTY_ALLOC();
	}
	for (const char *const *known = MWN_G(load_balancer_request).host->monitors; *known; known++) {
		if (strcmp(Z_STRVAL_P(name), *known) == 0) {
			return strpprintf(0, "Wikimedia\\Rdbms\\%s", *known);
		}
	}
	return zend_string_copy(Z_STR_P(name));
}

bool mwn_lb_make_monitor(zend_object *self, zval *config, zval *monitor)
{
	zend_string *name = Z_TYPE_P(config) == IS_ARRAY ? monitor_class(Z_ARRVAL_P(config)) : ZSTR_EMPTY_ALLOC();
	zval arguments[4];
	bool done;

	if (EG(exception)) {
		zend_string_release(name);
		return false;
	}
	ZVAL_OBJ(&arguments[0], self);
	ZVAL_COPY_VALUE(&arguments[1], mwn_lb_slot(self, MWN_LB_PROPERTY_srvCache));
	ZVAL_COPY_VALUE(&arguments[2], mwn_lb_slot(self, MWN_LB_PROPERTY_wanCache));
	ZVAL_COPY_VALUE(&arguments[3], config);
	done = mwn_lb_new(ZSTR_VAL(name), monitor, 4, arguments);
	zend_string_release(name);
	return done;
}

static bool configure_monitor(zend_object *self, HashTable *params)
{
	zval *configured = MWN_LB_OPTION(params, loadMonitor), config, monitor, argument;
	bool done;

	if (configured) {
		ZVAL_COPY(&config, configured);
	} else {
		array_init(&config);
		add_assoc_string(&config, "class", "Wikimedia\\Rdbms\\LoadMonitorNull");
	}
	done = mwn_lb_make_monitor(self, &config, &monitor);
	zval_ptr_dtor(&config);
	if (!done) {
		return false;
	}
	mwn_lb_set(self, MWN_LB_PROPERTY_loadMonitor, &monitor);
	ZVAL_COPY_VALUE(&argument, mwn_lb_slot(self, MWN_LB_PROPERTY_logger));
	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_loadMonitor, MWN_CALL_setLogger, NULL, 1, &argument)) {
		return false;
	}
	ZVAL_COPY_VALUE(&argument, mwn_lb_slot(self, MWN_LB_PROPERTY_statsd));
	return mwn_lb_call_slot(self, MWN_LB_PROPERTY_loadMonitor, MWN_CALL_setStatsdDataFactory, NULL, 1, &argument);
}

/* ---- state ---- */

void mwn_lb_configure_stage(zend_object *self, HashTable *params)
{
	zval *stage = MWN_LB_OPTION(params, roundStage);

	if (!stage) {
		return;
	}
	if (zend_is_identical(stage, mwn_lb_constant_of(MWN_LB_STAGE_POSTCOMMIT_CALLBACKS))) {
		mwn_lb_set_string(self, MWN_LB_PROPERTY_trxRoundStage, MWN_LB_STR(commit_callbacks));
	} else if (zend_is_identical(stage, mwn_lb_constant_of(MWN_LB_STAGE_POSTROLLBACK_CALLBACKS))) {
		mwn_lb_set_string(self, MWN_LB_PROPERTY_trxRoundStage, MWN_LB_STR(rollback_callbacks));
	}
}

void mwn_lb_configure_default_group(zend_object *self, HashTable *params)
{
	zval *configured = MWN_LB_OPTION(params, defaultGroup), group;

	if (configured && mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads), configured)) {
		ZVAL_COPY(&group, configured);
	} else {
		ZVAL_STR(&group, MWN_LB_STR(empty));
	}
	mwn_lb_set(self, MWN_LB_PROPERTY_defaultGroup, &group);
}

bool mwn_lb_configure_local_domain(zend_object *self, HashTable *params)
{
	zval *configured = MWN_LB_OPTION(params, localDomain), unspecified;

	if (configured) {
		return mwn_lb_set_local_domain(self, configured);
	}
	ZVAL_STR(&unspecified, MWN_LB_STR(empty));
	return mwn_lb_set_local_domain(self, &unspecified);
}

/* In the parameters or, where a factory hands down only those that it knows, in the primary's configuration. */
bool mwn_lb_may_fall_back(HashTable *params)
{
	zval *servers = mwn_lb_find_str(params, MWN_LB_STRING_servers), *primary,
		*allowed = MWN_LB_OPTION(params, fallbackToPrimary);

	if (!allowed && servers && Z_TYPE_P(servers) == IS_ARRAY) {
		primary = zend_hash_index_find_deref(Z_ARRVAL_P(servers), MWN_LB_WRITER);
		allowed = primary && Z_TYPE_P(primary) == IS_ARRAY ? MWN_LB_OPTION(Z_ARRVAL_P(primary), fallbackToPrimary) : NULL;
	}
	return allowed && zend_is_true(allowed);
}

static void configure_options(zend_object *self, HashTable *params)
{
	zval *reason = MWN_LB_OPTION(params, readOnlyReason), *protector = MWN_LB_OPTION(params, chronologyProtector), copy;

	if (reason && Z_TYPE_P(reason) == IS_STRING) {
		mwn_lb_set_string(self, MWN_LB_PROPERTY_readOnlyReason, Z_STR_P(reason));
	}
	if (protector) {
		ZVAL_COPY(&copy, protector);
		mwn_lb_set(self, MWN_LB_PROPERTY_chronologyProtector, &copy);
	}
	mwn_lb_set_bool(self, MWN_LB_PROPERTY_fallbackToPrimary, mwn_lb_may_fall_back(params));
}

bool mwn_lb_143_configure_all(zend_object *self, zval *params)
{
	HashTable *options = Z_ARRVAL_P(params);

	if (!mwn_lb_configure_local_domain(self, options) || !configure_servers(self, options) || !configure_name(self, options)
		|| !mwn_lb_configure_service(self, options, MWN_LB_STRING_option_srvCache, MWN_LB_PROPERTY_srvCache, mwn_lb_default_server_cache)
		|| !mwn_lb_configure_service(self, options, MWN_LB_STRING_option_wanCache, MWN_LB_PROPERTY_wanCache, mwn_lb_default_wan_cache)
		|| !configure_factory(self, params)
		|| !mwn_lb_configure_service(self, options, MWN_LB_STRING_option_errorLogger, MWN_LB_PROPERTY_errorLogger, mwn_lb_default_error_logger)
		|| !mwn_lb_configure_service(self, options, MWN_LB_STRING_option_logger, MWN_LB_PROPERTY_logger, mwn_lb_default_logger)
		|| !mwn_lb_configure_service(self, options, MWN_LB_STRING_option_trxProfiler, MWN_LB_PROPERTY_trxProfiler, mwn_lb_default_transaction_profiler)
		|| !mwn_lb_configure_service(self, options, MWN_LB_STRING_option_statsdDataFactory, MWN_LB_PROPERTY_statsd, mwn_lb_default_statsd)) {
		return false;
	}
	configure_options(self, options);
	if (EG(exception) || !configure_monitor(self, options)) {
		return false;
	}
	mwn_lb_configure_stage(self, options);
	mwn_lb_configure_default_group(self, options);
	return !EG(exception);
}

MWN_LB_BODY(143, configure)
{
	zend_object *self;
	zval *params;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(params)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_143_configure_all(self, params);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, construct)
{
	zend_object *self;
	zval *params, connections;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(params)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)
		&& (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_configure)
			? mwn_call(self, MWN_CALL_configure, NULL, 1, params) : MWN_G(load_balancer_request).host->configure_all(self, params))) {
		mwn_lb_no_connections(&connections);
		mwn_lb_set(self, MWN_LB_PROPERTY_conns, &connections);
	}
}

/* ---- reconfigure() ---- */

/* Takes the server out of the groups that `keeps` does not name; NULL: out of all. Was it in one? */
static bool leave_groups(zend_object *self, zval *index, HashTable *keeps)
{
	HashTable *groups = mwn_lb_array(self, MWN_LB_PROPERTY_groupLoads);
	zend_ulong number, position;
	zend_string *name;
	zval *loads, group;
	bool left = false;

	if (zend_hash_num_elements(groups) == 0) {
		return false;
	}
	position = (zend_ulong)zval_get_long(index);
	ZEND_HASH_FOREACH_KEY_VAL(groups, number, name, loads) {
		hash_key(&group, number, name);
		ZVAL_DEREF(loads);
		if (Z_TYPE_P(loads) != IS_ARRAY) {
			continue;
		}
		if (keeps && (!mwn_lb_find(Z_ARRVAL_P(loads), index) || mwn_lb_find(keeps, &group))) {
			continue;
		}
		SEPARATE_ARRAY(loads);
		zend_hash_index_del(Z_ARRVAL_P(loads), position);
		left = true;
	} ZEND_HASH_FOREACH_END();
	return left;
}

/* The groups of a server in the new configuration, the generic one with them. */
static void new_groups(HashTable *servers, zval *index, zval *groups)
{
	zval *server = mwn_lb_find(servers, index), *in_groups, *load, none;

	in_groups = server && Z_TYPE_P(server) == IS_ARRAY
		? mwn_lb_find_str(Z_ARRVAL_P(server), MWN_LB_STRING_group_loads) : NULL;
	if (in_groups && Z_TYPE_P(in_groups) == IS_ARRAY) {
		ZVAL_ARR(groups, zend_array_dup(Z_ARRVAL_P(in_groups)));
	} else {
		array_init(groups);
	}
	load = server && Z_TYPE_P(server) == IS_ARRAY ? zend_hash_find_deref(Z_ARRVAL_P(server), MWN_LB_STR(load)) : NULL;
	if (!load) {
		zend_error(E_WARNING, "Undefined array key \"load\"");
		ZVAL_NULL(&none);
		load = &none;
	}
	Z_TRY_ADDREF_P(load);
	zend_hash_update(Z_ARRVAL_P(groups), MWN_LB_STR(empty), load);
}

static bool depool(zend_object *self, HashTable *new_indexes, HashTable *servers)
{
	zend_ulong number;
	zval *new_index, index, groups;
	bool depooled = false;

	ZEND_HASH_FOREACH_NUM_KEY_VAL(new_indexes, number, new_index) {
		ZVAL_LONG(&index, (zend_long)number);
		ZVAL_DEREF(new_index);
		if (Z_TYPE_P(new_index) == IS_NULL) {
			leave_groups(self, &index, NULL);
			depooled = true;
			continue;
		}
		new_groups(servers, new_index, &groups);
		depooled = leave_groups(self, &index, Z_ARRVAL(groups)) || depooled;
		zval_ptr_dtor(&groups);
		if (EG(exception)) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	return depooled;
}

/* References notice the new count and take a new connection, once their transaction is over. */
static bool drop_connections(zend_object *self)
{
	zval value;

	if (!mwn_lb_log(self, MWN_CALL_info, NULL, ZSTR_INIT_LITERAL("Reconfiguring dbs!", false), NULL)) {
		return false;
	}
	ZVAL_EMPTY_ARRAY(&value);
	mwn_lb_set(self, MWN_LB_PROPERTY_readIndexByGroup, &value);
	mwn_lb_no_connections(&value);
	mwn_lb_set(self, MWN_LB_PROPERTY_conns, &value);
	ZVAL_LONG(&value, zval_get_long(mwn_lb_slot(self, MWN_LB_PROPERTY_modcount)) + 1);
	mwn_lb_set(self, MWN_LB_PROPERTY_modcount, &value);
	return !EG(exception);
}

MWN_LB_BODY(143, reconfigure)
{
	zend_object *self;
	zval *params, *servers, new_indexes, none;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(params)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self)) {
		return;
	}
	servers = zend_hash_find_deref(Z_ARRVAL_P(params), MWN_LB_STR(servers));
	if (servers) {
		/* Held: it may be somebody's reference. */
		ZVAL_COPY(&none, servers);
		servers = &none;
	} else {
		zend_error(E_WARNING, "Undefined array key \"servers\"");
		ZVAL_NULL(&none);
		servers = &none;
	}
	if (EG(exception)
		|| !mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_reconfigureServers, &new_indexes, 1, servers)) {
		zval_ptr_dtor(servers);
		return;
	}
	mwn_lb_set_bool(self, MWN_LB_PROPERTY_hasReplicas, false);
	if (Z_TYPE(new_indexes) == IS_ARRAY && Z_TYPE_P(servers) == IS_ARRAY
		&& depool(self, Z_ARRVAL(new_indexes), Z_ARRVAL_P(servers)) && !EG(exception)) {
		drop_connections(self);
	}
	zval_ptr_dtor(servers);
	zval_ptr_dtor(&new_indexes);
}
