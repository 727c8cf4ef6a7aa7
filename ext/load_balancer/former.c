/* Names of MediaWiki 1.33 that hosts have dropped since, where the shell cannot just call today's. */
#include "../php_mwnative.h"

ZEND_METHOD(MwNative_LoadBalancer, isNonZeroLoad)
{
	zend_object *self;
	zval *index, *generic, *load, zero;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	ZVAL_LONG(&zero, 0);
	generic = zend_hash_find(mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads), MWN_LB_STR(empty));
	load = generic && Z_TYPE_P(generic) == IS_ARRAY ? mwn_lb_find(Z_ARRVAL_P(generic), index) : NULL;
	RETURN_BOOL(load && zend_compare(&zero, load) < 0);
}

/* A connection to the server, or false: it fails without an exception. */
ZEND_METHOD(MwNative_LoadBalancer, openConnection)
{
	zend_object *self;
	zval *index, *domain, *flags, id;
	zend_string *text;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !(text = mwn_lb_resolve_id(self, domain))) {
		return;
	}
	ZVAL_STR(&id, text);
	mwn_lb_server_connection(self, index, &id,
		zval_get_long(flags) | zval_get_long(mwn_lb_constant_of(MWN_LB_CONN_SILENCE_ERRORS)), return_value);
	zend_string_release(text);
}

/* A callback for each connection, with more arguments behind it. */
typedef struct each {
	zval *callback;
	HashTable *more;
} each;

static bool call_back(zend_object *connection, void *context)
{
	const each *each = context;
	uint32_t count = 1;
	zval *arguments = safe_emalloc(zend_hash_num_elements(each->more) + 1, sizeof(zval), 0), *argument;
	bool done;

	ZVAL_OBJ(&arguments[0], connection);
	ZEND_HASH_FOREACH_VAL(each->more, argument) {
		ZVAL_COPY_VALUE(&arguments[count++], argument);
	} ZEND_HASH_FOREACH_END();
	done = mwn_lb_call_callable(each->callback, NULL, count, arguments);
	efree(arguments);
	return done;
}

void mwn_lb_for_each(INTERNAL_FUNCTION_PARAMETERS, bool (*visit)(zend_object *, mwn_lb_visitor, void *))
{
	zend_object *self;
	zval *callback;
	HashTable *more;
	each each;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(callback)
		Z_PARAM_ARRAY_HT(more)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		each = (struct each){callback, more};
		visit(self, call_back, &each);
	}
}

MWN_LB_BODY(143, forEachOpenConnection)
{
	mwn_lb_for_each(INTERNAL_FUNCTION_PARAM_PASSTHRU, mwn_lb_each_open);
}

ZEND_METHOD(MwNative_LoadBalancer, forEachOpenMasterConnection)
{
	mwn_lb_for_each(INTERNAL_FUNCTION_PARAM_PASSTHRU, mwn_lb_each_primary);
}

ZEND_METHOD(MwNative_LoadBalancer, forEachOpenReplicaConnection)
{
	mwn_lb_for_each(INTERNAL_FUNCTION_PARAM_PASSTHRU, mwn_lb_each_replica);
}
