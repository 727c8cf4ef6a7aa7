/* What all writes share: the master is asked, then its clones are written to, now or after the response. */
#include "../php_mwnative.h"

static bool call_backend(zend_object *backend, zend_string *method, zval *result, uint32_t count, zval *arguments)
{
	return mwn_call_named(backend, method, MWN_G(file_backend_request).binding->shell, result, count, arguments);
}

/* The same on what may be no object: the engine's own error then. */
static bool call_backend_value(zval *backend, zend_string *method, zval *result, uint32_t count, zval *arguments)
{
	if (EXPECTED(Z_TYPE_P(backend) == IS_OBJECT)) {
		return call_backend(Z_OBJ_P(backend), method, result, count, arguments);
	}
	zend_throw_error(NULL, "Call to a member function %s() on %s", ZSTR_VAL(method),
#if PHP_VERSION_ID >= 80300
		zend_zval_value_name(backend));
#else
		zend_zval_type_name(backend));
#endif
	return false;
}

/* Runs a write on a clone, keeps its messages, counts its failure. */
bool mwn_fb_write_to_clone(zend_object *clone, zend_string *method, uint32_t count, zval *arguments, zval *status)
{
	zval result;
	bool done;

	if (!mwn_is_callable_on(status, MWN_CALL_merge)) {
		return false;
	}
	if (!call_backend(clone, method, &result, count, arguments)) {
		mwn_file_backend_count_failure(clone);
		return false;
	}
	done = mwn_fb_merge(status, &result);
	if (mwn_fb_is_failure(&result)) {
		mwn_file_backend_count_failure(clone);
	}
	zval_ptr_dtor(&result);
	return done;
}

bool mwn_fb_each_clone(zend_object *self, mwn_method refuser, mwn_fb_clone_visitor visitor, void *context)
{
	zend_ulong index;
	zend_string *key;
	zval *value, backends;
	bool done = true;

	ZEND_HASH_FOREACH_KEY_VAL(mwn_fb_hold_backends(self, &backends), index, key, value) {
		zend_object *clone;
		if (mwn_fb_is_master(self, index, key)) {
			continue;
		}
		clone = mwn_fb_as_backend(self, value, refuser);
		done = clone && visitor(self, clone, context);
		if (clone) {
			OBJ_RELEASE(clone);
		}
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&backends);
	return done;
}

bool mwn_fb_write_to_master(zend_object *self, zend_string *method, zval *real, zval *master_status)
{
	zval master;
	bool done;

	/* Looked up anew: an override of a path method may have put another into the proxy. */
	if (!mwn_fb_master_value(self, &master)) {
		return false;
	}
	done = call_backend_value(&master, method, master_status, 1, real);
	zval_ptr_dtor(&master);
	return done;
}

bool mwn_fb_is_async(zend_object *self)
{
	return zend_is_true(mwn_fb_slot(self, MWN_PROPERTY_asyncWrites));
}

/* A file that nothing holds may be deleted as soon as the caller returns. */
static bool is_volatile(zval *op)
{
	zval holder, *name = mwn_fb_element(op, MWN_STR(op), &holder);
	bool stores = Z_TYPE_P(name) == IS_STRING && zend_string_equals(Z_STR_P(name), MWN_STR(store));

	zval_ptr_dtor(&holder);
	return stores && !EG(exception) && !mwn_fb_has_element(op, MWN_STR(srcRef));
}

static bool has_volatile_sources_own(HashTable *ops, bool *has)
{
	zval *op;

	*has = false;
	ZEND_HASH_FOREACH_VAL(ops, op) {
		zval held;
		ZVAL_COPY_DEREF(&held, op);
		*has = is_volatile(&held);
		zval_ptr_dtor(&held);
		if (*has || EG(exception)) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	return !EG(exception);
}

static bool has_volatile_sources(zend_object *self, HashTable *ops, bool *has)
{
	zval argument, result;

	if (!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_hasVolatileSources)) {
		return has_volatile_sources_own(ops, has);
	}
	mwn_borrow_array(&argument, ops);
	if (!mwn_call(self, MWN_CALL_hasVolatileSources, &result, 1, &argument)) {
		return false;
	}
	*has = zend_is_true(&result);
	zval_ptr_dtor(&result);
	return true;
}

/* Whether a batch may wait for the end of the response. */
bool mwn_fb_may_defer(zend_object *self, HashTable *ops, bool *defer)
{
	bool volatile_sources = false;

	*defer = mwn_fb_is_async(self);
	if (*defer) {
		if (!has_volatile_sources(self, ops, &volatile_sources)) {
			return false;
		}
		*defer = !volatile_sources;
	}
	return true;
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, hasVolatileSources)
{
	zend_object *self;
	HashTable *ops;
	bool has;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(ops)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self) && has_volatile_sources_own(ops, &has)) {
		RETURN_BOOL(has);
	}
}
