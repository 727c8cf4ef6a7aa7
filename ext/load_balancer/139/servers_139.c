/* What is configured of a server, on MediaWiki 1.39: an array. */
#include "../../php_mwnative.h"

#include "ext/spl/spl_exceptions.h"
#include "load_balancer_139.h"

HashTable *mwn_lb_139_server(zend_object *self, zval *index)
{
	zval *server = mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_servers), index);

	return server && Z_TYPE_P(server) == IS_ARRAY ? Z_ARRVAL_P(server) : NULL;
}

HashTable *mwn_lb_139_server_strict(zend_object *self, zval *index)
{
	HashTable *server = mwn_lb_139_server(self, index);

	if (!server) {
		zend_string *held, *number = zval_get_tmp_string(index, &held);
		mwn_lb_throw_php(spl_ce_InvalidArgumentException, strpprintf(0, "No server with index '%s'", ZSTR_VAL(number)));
		zend_tmp_string_release(held);
	}
	return server;
}

/* Borrowed; NULL: an exception. */
static zval *field_of(zend_object *self, zval *index, zend_string *field)
{
	HashTable *server = mwn_lb_139_server_strict(self, index);
	zval *value = server ? zend_symtable_find(server, field) : NULL;

	if (server && !value) {
		zend_string *held, *number = zval_get_tmp_string(index, &held);
		mwn_lb_throw_php(spl_ce_InvalidArgumentException,
			strpprintf(0, "No field '%s' in server index '%s'", ZSTR_VAL(field), ZSTR_VAL(number)));
		zend_tmp_string_release(held);
	}
	return value;
}

bool mwn_lb_139_host_of(zend_object *self, zval *index, zval *host)
{
	zend_string *field = ZSTR_INIT_LITERAL("host", false);
	zval *value = field_of(self, index, field);

	zend_string_release(field);
	if (!value) {
		ZVAL_UNDEF(host);
		return false;
	}
	ZVAL_COPY_DEREF(host, value);
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, getServerInfoStrict)
{
	zend_object *self;
	HashTable *server;
	zval *index, *field;
	zend_string *name;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(field)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (Z_TYPE_P(field) == IS_NULL) {
		server = mwn_lb_139_server_strict(self, index);
		if (server) {
			mwn_share_array(return_value, server);
		}
		return;
	}
	name = zval_get_string(field);
	field = field_of(self, index, name);
	zend_string_release(name);
	if (field) {
		RETURN_COPY_DEREF(field);
	}
}

bool mwn_lb_139_server_name(zend_object *self, zval *index, zval *name)
{
	HashTable *server = mwn_lb_139_server(self, index);
	zval *configured = server ? mwn_lb_find_str(server, MWN_LB_STRING_server_name) : NULL;

	ZVAL_UNDEF(name);
	if (!mwn_lb_is_key(index, MWN_LB_READ)) {
		return false;
	}
	if (!configured) {
		/* Not what was found above: the host looks the index up again. */
		server = mwn_lb_139_server(self, index);
		configured = server ? mwn_lb_find_str(server, MWN_LB_STRING_host) : NULL;
	}
	if (!configured || (Z_TYPE_P(configured) == IS_STRING && Z_STRLEN_P(configured) == 0)) {
		ZVAL_STRING(name, "localhost");
	} else {
		ZVAL_COPY(name, configured);
	}
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, getServerName)
{
	zend_object *self;
	zval *index;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		mwn_lb_139_server_name(self, index, return_value);
	}
}

bool mwn_lb_139_server_type(zend_object *self, zval *index, zval *type)
{
	HashTable *server = mwn_lb_139_server(self, index);
	zval *configured = server ? mwn_lb_find_str(server, MWN_LB_STRING_type) : NULL;

	if (configured) {
		ZVAL_COPY(type, configured);
	} else {
		ZVAL_STRING(type, "unknown");
	}
	return true;
}

bool mwn_lb_139_server_driver(zend_object *self, zval *index, zval *driver)
{
	HashTable *server = mwn_lb_139_server(self, index);
	zval *configured = server ? mwn_lb_option(server, "driver") : NULL;

	if (configured) {
		ZVAL_COPY(driver, configured);
	} else {
		ZVAL_NULL(driver);
	}
	return true;
}

static bool server_count(zend_object *self, zend_long *count)
{
	zval number;

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getServerCount))) {
		*count = (zend_long)zend_hash_num_elements(mwn_lb_table(self, MWN_LB_PROPERTY_servers));
		return true;
	}
	if (!mwn_call(self, MWN_CALL_getServerCount, &number, 0, NULL)) {
		return false;
	}
	*count = zval_get_long(&number);
	zval_ptr_dtor(&number);
	return true;
}

bool mwn_lb_139_has_replicas(zend_object *self, bool *has)
{
	zend_long count;

	if (UNEXPECTED(mwn_is_overridden(mwn_callee_of(self), MWN_CALL_hasReplicaServers))) {
		return mwn_lb_ask(self, MWN_CALL_hasReplicaServers, has, 0, NULL);
	}
	if (!server_count(self, &count)) {
		return false;
	}
	*has = count > 1;
	return true;
}

bool mwn_lb_139_is_static(HashTable *server)
{
	zval *is_static = mwn_lb_find_str(server, MWN_LB_STRING_is_static);

	return is_static && zend_is_true(is_static);
}

void mwn_lb_139_streaming_replicas(zend_object *self, zval *indexes)
{
	zend_ulong number;
	zval *server;

	array_init(indexes);
	ZEND_HASH_FOREACH_NUM_KEY_VAL(mwn_lb_table(self, MWN_LB_PROPERTY_servers), number, server) {
		if (number != MWN_LB_WRITER && !(Z_TYPE_P(server) == IS_ARRAY && mwn_lb_139_is_static(Z_ARRVAL_P(server)))) {
			add_next_index_long(indexes, (zend_long)number);
		}
	} ZEND_HASH_FOREACH_END();
}

bool mwn_lb_139_has_streaming_replicas(zend_object *self, bool *has)
{
	zval indexes;

	if (UNEXPECTED(mwn_is_overridden(mwn_callee_of(self), MWN_CALL_hasStreamingReplicaServers))) {
		return mwn_lb_ask(self, MWN_CALL_hasStreamingReplicaServers, has, 0, NULL);
	}
	mwn_lb_139_streaming_replicas(self, &indexes);
	*has = zend_hash_num_elements(Z_ARRVAL(indexes)) > 0;
	zval_ptr_dtor(&indexes);
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, getStreamingReplicaIndexes)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		mwn_lb_139_streaming_replicas(self, return_value);
	}
}

zval *mwn_lb_139_topology_role(zval *index, HashTable *server)
{
	if (mwn_lb_139_is_static(server)) {
		return mwn_lb_constant_of(MWN_LB_ROLE_STATIC_CLONE);
	}
	return mwn_lb_constant_of(mwn_lb_is(index, MWN_LB_WRITER) ? MWN_LB_ROLE_STREAMING_MASTER
		: MWN_LB_ROLE_STREAMING_REPLICA);
}

ZEND_METHOD(MwNative_LoadBalancer, getTopologyRole)
{
	zend_object *self;
	HashTable *server;
	zval *index;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ARRAY_HT(server)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		RETURN_COPY(mwn_lb_139_topology_role(index, server));
	}
}
