/* What is configured of a server. */
#include "../php_mwnative.h"

static const mwn_lb_host *host(void)
{
	return MWN_G(load_balancer_request).host;
}

bool mwn_lb_143_server_name(zend_object *self, zval *index, zval *name)
{
	return mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerName, name, 1, index);
}

bool mwn_lb_143_server_type(zend_object *self, zval *index, zval *type)
{
	return mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerType, type, 1, index);
}

bool mwn_lb_143_server_driver(zend_object *self, zval *index, zval *driver)
{
	return mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerDriver, driver, 1, index);
}

bool mwn_lb_143_has_replicas(zend_object *self, bool *has)
{
	zval *info = mwn_lb_slot(self, MWN_LB_PROPERTY_serverInfo);

	*has = false;
	return mwn_is_callable_on(info, MWN_CALL_hasReplicaServers)
		&& mwn_lb_ask(Z_OBJ_P(info), MWN_CALL_hasReplicaServers, has, 0, NULL);
}

void mwn_lb_wait_seconds(zend_object *self, zval *seconds)
{
	zval *configured = mwn_lb_slot(self, MWN_LB_PROPERTY_waitTimeout);

	if (Z_TYPE_P(configured) == IS_NULL) {
		/* No host after 1.39 has it. */
		ZVAL_LONG(seconds, MWN_LB_WAIT_SECONDS);
	} else {
		ZVAL_COPY(seconds, configured);
	}
}

zend_string *mwn_lb_server_name(zend_object *self, zval *index)
{
	zval name;
	bool done = mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getServerName)
		? mwn_call(self, MWN_CALL_getServerName, &name, 1, index) : host()->server_name(self, index, &name);
	zend_string *text;

	if (!done) {
		return NULL;
	}
	text = zval_get_string(&name);
	zval_ptr_dtor(&name);
	return text;
}

static bool own_attributes(zend_object *self, zval *index, zval *attributes)
{
	zval arguments[2];
	bool done = mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getServerType)
		? mwn_call(self, MWN_CALL_getServerType, &arguments[0], 1, index)
		: host()->server_type(self, index, &arguments[0]);

	if (!done) {
		return false;
	}
	if (!host()->server_driver(self, index, &arguments[1])) {
		zval_ptr_dtor(&arguments[0]);
		return false;
	}
	done = mwn_lb_call_slot(self, MWN_LB_PROPERTY_databaseFactory, MWN_CALL_attributesFromType, attributes, 2, arguments);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

bool mwn_lb_server_attributes(zend_object *self, zval *index, zval *attributes)
{
	return mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getServerAttributes)
		? mwn_call(self, MWN_CALL_getServerAttributes, attributes, 1, index) : own_attributes(self, index, attributes);
}

ZEND_METHOD(MwNative_LoadBalancer, getServerAttributes)
{
	zend_object *self;
	zval *index;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		own_attributes(self, index, return_value);
	}
}

bool mwn_lb_has_replicas(zend_object *self, bool *has)
{
	return host()->has_replicas(self, has);
}

/* Is it more than 0, as PHP compares? */
static bool is_positive(zval *weight)
{
	zval zero;

	ZVAL_LONG(&zero, 0);
	return zend_compare(&zero, weight) < 0;
}

bool mwn_lb_server_has_load(zend_object *self, zval *index)
{
	zval *loads, *weight;

	ZEND_HASH_FOREACH_VAL(mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads), loads) {
		weight = Z_TYPE_P(loads) == IS_ARRAY ? mwn_lb_find(Z_ARRVAL_P(loads), index) : NULL;
		if (weight && is_positive(weight)) {
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return false;
}

ZEND_METHOD(MwNative_LoadBalancer, serverHasLoadInAnyGroup)
{
	zend_object *self;
	zval *index;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		RETURN_BOOL(mwn_lb_server_has_load(self, index));
	}
}
