/* Giving connections back and closing them, on MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include "ext/spl/spl_exceptions.h"
#include "load_balancer_139.h"

/* ---- giving back ---- */

static bool lb_info(zend_object *connection, mwn_lb_string key, zval *value)
{
	zval name;

	ZVAL_STR(&name, mwn_lb_strings[key]);
	return mwn_call(connection, MWN_CALL_getLBInfo, value, 1, &name);
}

/* References give back what they hold, and are not given back themselves. */
static bool log_reference(zend_object *self, zend_object *connection)
{
	zval context, domain;

	if (!mwn_call(connection, MWN_CALL_getDomainID, &domain, 0, NULL)) {
		return false;
	}
	array_init(&context);
	add_assoc_zval(&context, "db_domain", &domain);
	mwn_lb_add_exception(&context);
	return mwn_lb_log(self, MWN_CALL_error, "reuseConnectionInternal",
		ZSTR_INIT_LITERAL("got DBConnRef instance", false), &context);
}

static bool refuse(zval *index, zend_string *domain, const char *what)
{
	zend_string *held, *number = zval_get_tmp_string(index, &held);

	mwn_lb_throw_php(spl_ce_InvalidArgumentException, strpprintf(0, "Connection %s/%s %s; it may have already been freed",
		ZSTR_VAL(number), ZSTR_VAL(domain), what));
	zend_tmp_string_release(held);
	return false;
}

/* Nobody uses it any more: others may have it, for other domains too. */
static void set_free(zend_object *self, bool autocommit, zval *index, zend_string *domain, zend_object *connection)
{
	zend_string *in_use = autocommit ? MWN_LB_STR(foreign_in_use_autocommit) : MWN_LB_STR(foreign_in_use);
	HashTable *pool;
	zval *servers, key;

	mwn_lb_plain_key(index, &key);
	index = &key;
	mwn_lb_139_track(self, autocommit ? MWN_LB_STR(foreign_free_autocommit) : MWN_LB_STR(foreign_free), index, domain,
		connection);
	pool = mwn_lb_139_pool_for_writing(self, in_use, index);
	if (!pool) {
		return;
	}
	zend_symtable_del(pool, domain);
	/* Anew: whatever the connection took along may have changed it. */
	pool = mwn_lb_pool(self, in_use, index);
	if (pool && zend_hash_num_elements(pool) == 0) {
		servers = zend_hash_find(mwn_lb_array(self, MWN_LB_PROPERTY_conns), in_use);
		SEPARATE_ARRAY(servers);
		mwn_lb_unset(Z_ARRVAL_P(servers), index);
	}
}

static bool release(zend_object *self, zend_object *connection, zval *index, zval *count, zend_string *domain,
	bool autocommit)
{
	zval *tracked = mwn_lb_139_tracked(self,
		autocommit ? MWN_LB_STR(foreign_in_use_autocommit) : MWN_LB_STR(foreign_in_use), index, domain), arguments[2];
	zend_string *held, *number;
	bool done;

	if (!tracked) {
		return refuse(index, domain, "not found");
	}
	if (Z_OBJ_P(tracked) != connection) {
		return refuse(index, domain, "mismatched");
	}
	ZVAL_STR(&arguments[0], MWN_LB_STR(reference_count));
	ZVAL_LONG(&arguments[1], zval_get_long(count) - 1);
	if (!mwn_call(connection, MWN_CALL_setLBInfo, NULL, 2, arguments)) {
		return false;
	}
	if (Z_LVAL(arguments[1]) <= 0) {
		set_free(self, autocommit, index, domain, connection);
	}
	number = zval_get_tmp_string(index, &held);
	if (Z_LVAL(arguments[1]) <= 0) {
		done = mwn_lb_debug(self, "reuseConnectionInternal", "freed connection %s/%s", ZSTR_VAL(number), ZSTR_VAL(domain));
	} else {
		done = mwn_lb_debug(self, "reuseConnectionInternal", "reference count for %s/%s reduced to " ZEND_LONG_FMT,
			ZSTR_VAL(number), ZSTR_VAL(domain), Z_LVAL(arguments[1]));
	}
	zend_tmp_string_release(held);
	return done;
}

static bool give_back_foreign(zend_object *self, zend_object *connection, zval *index, zval *count)
{
	zval autocommit, domain;
	zend_string *id;
	bool done;

	if (!lb_info(connection, MWN_LB_STRING_autocommit_only, &autocommit)) {
		return false;
	}
	if (!mwn_call(connection, MWN_CALL_getDomainID, &domain, 0, NULL)) {
		zval_ptr_dtor(&autocommit);
		return false;
	}
	id = zval_get_string(&domain);
	zval_ptr_dtor(&domain);
	done = release(self, connection, index, count, id, zend_is_true(&autocommit));
	zend_string_release(id);
	zval_ptr_dtor(&autocommit);
	return done;
}

static bool own_give_back(zend_object *self, zend_object *connection)
{
	zval index, count;
	bool done = true;

	if (!lb_info(connection, MWN_LB_STRING_server_index, &index)) {
		return false;
	}
	if (!lb_info(connection, MWN_LB_STRING_reference_count, &count)) {
		zval_ptr_dtor(&index);
		return false;
	}
	if (Z_TYPE(index) != IS_NULL && Z_TYPE(count) != IS_NULL) {
		if (mwn_lb_is_reference(connection)) {
			done = log_reference(self, connection);
		} else if (!zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_disabled))) {
			done = give_back_foreign(self, connection, &index, &count);
		}
	}
	zval_ptr_dtor(&index);
	zval_ptr_dtor(&count);
	return done;
}

bool mwn_lb_139_give_back(zend_object *self, zend_object *connection)
{
	zval argument;

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_reuseConnectionInternal))) {
		return own_give_back(self, connection);
	}
	ZVAL_OBJ(&argument, connection);
	return mwn_call(self, MWN_CALL_reuseConnectionInternal, NULL, 1, &argument);
}

ZEND_METHOD(MwNative_LoadBalancer, reuseConnectionInternal)
{
	zend_object *self, *connection;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		own_give_back(self, connection);
	}
}

/* ---- closing ---- */

static bool log_closing(zend_object *self, mwn_method level, const char *what, zend_string *place, zend_string *server)
{
	return mwn_lb_log(self, level, "closeConnection", strpprintf(0, "%s connection to database %s at '%s'.", what,
		ZSTR_VAL(place), ZSTR_VAL(server)), NULL);
}

static bool close_at(zend_object *self, zend_object *connection, zval *index, zend_string *server)
{
	zval domain, caller;
	zend_string *held, *held_domain, *number, *id, *place;
	bool done;

	if (!mwn_call(connection, MWN_CALL_getDomainID, &domain, 0, NULL)) {
		return false;
	}
	number = zval_get_tmp_string(index, &held);
	id = zval_get_tmp_string(&domain, &held_domain);
	place = strpprintf(0, "%s/%s", ZSTR_VAL(number), ZSTR_VAL(id));
	zend_tmp_string_release(held);
	zend_tmp_string_release(held_domain);
	zval_ptr_dtor(&domain);
	done = (mwn_lb_139_forget(self, index, connection)
			|| log_closing(self, MWN_CALL_warning, "got orphaned", place, server))
		&& log_closing(self, MWN_CALL_debug, "closing", place, server);
	zend_string_release(place);
	if (!done) {
		return false;
	}
	ZVAL_STRING(&caller, MWN_LB_METHOD("closeConnection"));
	done = mwn_call(connection, MWN_CALL_close, NULL, 1, &caller);
	zval_ptr_dtor(&caller);
	return done;
}

static bool own_close(zend_object *self, zend_object *connection)
{
	zend_string *server;
	zval index;
	bool done = false;

	if (mwn_lb_is_reference(connection)) {
		return mwn_lb_throw_php(spl_ce_RuntimeException,
			ZSTR_INIT_LITERAL("Cannot close DBConnRef instance; it must be shareable", false));
	}
	if (!lb_info(connection, MWN_LB_STRING_server_index, &index)) {
		return false;
	}
	if (Z_TYPE(index) == IS_NULL) {
		return mwn_lb_throw_php(spl_ce_RuntimeException,
			ZSTR_INIT_LITERAL("Database handle is missing server index", false));
	}
	server = mwn_lb_server_name(self, &index);
	if (server) {
		done = close_at(self, connection, &index, server);
		zend_string_release(server);
	}
	zval_ptr_dtor(&index);
	return done;
}

bool mwn_lb_139_close(zend_object *self, zend_object *connection)
{
	zval argument;

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_closeConnection))) {
		return own_close(self, connection);
	}
	ZVAL_OBJ(&argument, connection);
	return mwn_call(self, MWN_CALL_closeConnection, NULL, 1, &argument);
}

MWN_LB_BODY(139, closeConnection)
{
	zend_object *self, *connection;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		/* The pool may hold the last other reference. */
		GC_ADDREF(connection);
		own_close(self, connection);
		OBJ_RELEASE(connection);
	}
}

bool mwn_lb_139_close_one(zend_object *connection, void *caller)
{
	zval name;

	/* The host asks for it too. */
	if (!mwn_call(connection, MWN_CALL_getServerName, &name, 0, NULL)) {
		return false;
	}
	zval_ptr_dtor(&name);
	return mwn_call(connection, MWN_CALL_close, NULL, 1, caller);
}
