/* getAnyOpenConnection() of MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include "load_balancer_139.h"

static bool log_in_transaction(zend_object *self, zend_object *connection, zval *index)
{
	zend_string *held, *number;
	zval context;
	bool done;

	if (!mwn_lb_context(self, connection, NULL, &context)) {
		return false;
	}
	number = zval_get_tmp_string(index, &held);
	done = mwn_lb_log(self, MWN_CALL_warning, "pickAnyOpenConnection",
		strpprintf(0, "pooled DB handle for {db_server} (#%s) has a pending transaction.", ZSTR_VAL(number)), &context);
	zend_tmp_string_release(held);
	return done;
}

/* Does every statement of it commit, and is none under way? */
static bool is_in_autocommit(zend_object *self, zend_object *connection, zval *index, bool *is)
{
	zval key, only, level;
	bool in_transaction;

	ZVAL_STR(&key, MWN_LB_STR(autocommit_only));
	if (!mwn_call(connection, MWN_CALL_getLBInfo, &only, 1, &key)) {
		return false;
	}
	*is = zend_is_true(&only);
	zval_ptr_dtor(&only);
	if (!*is) {
		return true;
	}
	if (!mwn_call(connection, MWN_CALL_trxLevel, &level, 0, NULL)) {
		return false;
	}
	in_transaction = zend_is_true(&level);
	zval_ptr_dtor(&level);
	*is = !in_transaction;
	return *is || log_in_transaction(self, connection, index);
}

static bool fits(zend_object *self, zend_object *connection, zval *index, bool autocommit, bool *does)
{
	if (!mwn_lb_ask(connection, MWN_CALL_isOpen, does, 0, NULL)) {
		return false;
	}
	if (!*does) {
		return mwn_lb_log_not_open(self, connection, index);
	}
	return !autocommit || is_in_autocommit(self, connection, index, does);
}

/* An object with a reference, or false. The pool must be held. */
static bool pick_of(zend_object *self, HashTable *pool, zval *index, bool autocommit, zval *connection)
{
	zval *one;
	bool does;

	ZVAL_FALSE(connection);
	ZEND_HASH_FOREACH_VAL(pool, one) {
		ZVAL_DEREF(one);
		ZVAL_DEREF(one);
		if (Z_TYPE_P(one) != IS_OBJECT) {
			continue;
		}
		if (!fits(self, Z_OBJ_P(one), index, autocommit, &does)) {
			return false;
		}
		if (does) {
			ZVAL_COPY(connection, one);
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static bool pick(zend_object *self, HashTable *servers, bool autocommit, zval *connection)
{
	zend_ulong number;
	zend_string *name;
	zval *one, index;

	ZVAL_FALSE(connection);
	ZEND_HASH_FOREACH_KEY_VAL(servers, number, name, one) {
		HashTable *pool = mwn_lb_as_table(one);
		if (name) {
			ZVAL_STR(&index, name);
		} else {
			ZVAL_LONG(&index, (zend_long)number);
		}
		if (pool && !pick_of(self, pool, &index, autocommit, connection)) {
			return false;
		}
		if (Z_TYPE_P(connection) == IS_OBJECT) {
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

MWN_LB_BODY(139, pickAnyOpenConnection)
{
	zend_object *self;
	HashTable *servers;
	zval *autocommit;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(servers)
		Z_PARAM_ZVAL(autocommit)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		pick(self, servers, zend_is_true(autocommit), return_value);
	}
}

static bool debug_found(zend_object *self, zend_string *category, zval *index)
{
	zend_string *held, *number = zval_get_tmp_string(index, &held);
	bool done = mwn_lb_debug(self, "getAnyOpenConnection", "found '%s' connection to #%s.", ZSTR_VAL(category),
		ZSTR_VAL(number));

	zend_tmp_string_release(held);
	return done;
}

static bool pick_in(zend_object *self, HashTable *servers, zval *index, bool any_server, bool autocommit, zval *connection)
{
	HashTable *pool;

	if (any_server) {
		return pick(self, servers, autocommit, connection);
	}
	ZVAL_FALSE(connection);
	if (!mwn_lb_is_key(index, MWN_LB_ISSET)) {
		return false;
	}
	pool = mwn_lb_as_table(mwn_lb_find(servers, index));
	return !pool || pick_of(self, pool, index, autocommit, connection);
}

bool mwn_lb_139_any_open(zend_object *self, zval *index, zval *flags, zval *connection)
{
	bool any_server = mwn_lb_is_constant(index, MWN_LB_DB_REPLICA), done = true, autocommit;
	zval writer, held, *one;
	zend_string *category;
	zend_long bits;

	ZVAL_UNDEF(connection);
	if (!mwn_lb_flags(flags, &bits)) {
		return false;
	}
	autocommit = mwn_lb_has_bit(bits, MWN_LB_CONN_TRX_AUTOCOMMIT);
	if (mwn_lb_is_constant(index, MWN_LB_DB_PRIMARY)) {
		ZVAL_LONG(&writer, MWN_LB_WRITER);
		index = &writer;
	}
	ZVAL_FALSE(connection);
	ZVAL_COPY(&held, mwn_lb_slot(self, MWN_LB_PROPERTY_conns));
	if (Z_TYPE(held) == IS_ARRAY) {
		ZEND_HASH_FOREACH_STR_KEY_VAL(Z_ARRVAL(held), category, one) {
			HashTable *servers = mwn_lb_as_table(one);
			done = !servers || !category || pick_in(self, servers, index, any_server, autocommit, connection);
			if (done && Z_TYPE_P(connection) == IS_OBJECT) {
				done = debug_found(self, category, index);
				break;
			}
			if (!done) {
				break;
			}
		} ZEND_HASH_FOREACH_END();
	}
	zval_ptr_dtor(&held);
	if (done && Z_TYPE_P(connection) == IS_OBJECT) {
		done = mwn_lb_enforce_flags(Z_OBJ_P(connection), bits);
	}
	if (!done) {
		zval_ptr_dtor(connection);
		ZVAL_UNDEF(connection);
	}
	return done;
}
