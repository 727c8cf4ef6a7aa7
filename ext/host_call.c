#include "php_mwnative.h"

static const char *const method_names[MWN_METHOD_COUNT] = {
#define X(name) [MWN_CALL_##name] = #name,
	MWN_OVERRIDABLE_METHODS(X)
	MWN_OTHER_METHODS(X)
#undef X
};

/* Keys of function tables, made once a process. */
static zend_string *lower_method_names[MWN_METHOD_COUNT];

const char *mwn_method_name(mwn_method method)
{
	return method_names[method];
}

zend_string *mwn_lower_method_name(mwn_method method)
{
	return lower_method_names[method];
}

mwn_method mwn_find_method(const zend_string *name)
{
	for (int i = 0; i < MWN_METHOD_COUNT; i++) {
		if (zend_binary_strcasecmp(ZSTR_VAL(name), ZSTR_LEN(name), method_names[i], strlen(method_names[i])) == 0) {
			return (mwn_method)i;
		}
	}
	return MWN_METHOD_COUNT;
}

void mwn_host_call_startup(void)
{
	for (int i = 0; i < MWN_METHOD_COUNT; i++) {
		char lower[64];
		size_t length = strlen(method_names[i]);
		ZEND_ASSERT(length < sizeof(lower));
		zend_str_tolower_copy(lower, method_names[i], length);
		lower_method_names[i] = zend_string_init_interned(lower, length, true);
	}
}

void mwn_host_call_request_startup(void)
{
	MWN_G(callees) = NULL;
	memset(MWN_G(recent_callees), 0, sizeof(MWN_G(recent_callees)));
}

void mwn_host_call_request_shutdown(void)
{
	if (MWN_G(callees)) {
		zend_hash_destroy(MWN_G(callees));
		FREE_HASHTABLE(MWN_G(callees));
		MWN_G(callees) = NULL;
	}
	memset(MWN_G(recent_callees), 0, sizeof(MWN_G(recent_callees)));
}

static void free_callee(zval *entry)
{
	efree(Z_PTR_P(entry));
}

mwn_callee *mwn_make_callee(zend_class_entry *class_entry)
{
	zend_ulong key = (zend_ulong)(uintptr_t)class_entry >> 3;
	mwn_callee *callee;

	if (!MWN_G(callees)) {
		ALLOC_HASHTABLE(MWN_G(callees));
		zend_hash_init(MWN_G(callees), 8, NULL, free_callee, 0);
	}
	callee = zend_hash_index_find_ptr(MWN_G(callees), key);
	if (!callee) {
		callee = ecalloc(1, sizeof(*callee));
		callee->class_entry = class_entry;
		mwn_file_backend_describe(&MWN_G(file_backend_request), callee);
		zend_hash_index_add_new_ptr(MWN_G(callees), key, callee);
	}
	MWN_G(recent_callees)[MWN_G(next_recent_callee)++ % MWN_RECENT_CALLEES] = callee;
	return callee;
}

/* A class without the method: __call() may stand in, for this call only. */
static zend_function *find_by_handler(zend_object **object, mwn_method method)
{
	zend_string *name = zend_string_init(method_names[method], strlen(method_names[method]), false);
	zend_function *function = (*object)->handlers->get_method(object, name, NULL);

	if (!function && !EG(exception)) {
		zend_throw_error(NULL, "Call to undefined method %s::%s()",
			ZSTR_VAL((*object)->ce->name), method_names[method]);
	}
	zend_string_release(name);
	return function;
}

bool mwn_call(zend_object *object, mwn_method method, zval *result, uint32_t count, zval *arguments)
{
	mwn_callee *callee = mwn_callee_of(object);
	zend_function *function = callee->functions[method];
	zval unused;

	if (UNEXPECTED(!function)) {
		function = zend_hash_find_ptr(&object->ce->function_table, lower_method_names[method]);
		if (function) {
			callee->functions[method] = function;
		} else {
			function = find_by_handler(&object, method);
			if (!function) {
				if (result) {
					ZVAL_UNDEF(result);
				}
				return false;
			}
		}
	}
	/* Held: the callee may drop the last other reference to its own object. */
	GC_ADDREF(object);
	zend_call_known_function(function, object, object->ce, result ? result : &unused, count, arguments, NULL);
	if (!result) {
		zval_ptr_dtor(&unused);
	}
	OBJ_RELEASE(object);
	if (UNEXPECTED(EG(exception))) {
		if (result) {
			zval_ptr_dtor(result);
			ZVAL_UNDEF(result);
		}
		return false;
	}
	if (result && UNEXPECTED(Z_ISREF_P(result))) {
		zend_unwrap_reference(result);
	}
	return true;
}

bool mwn_call_on(zval *value, mwn_method method, zval *result, uint32_t count, zval *arguments)
{
	ZVAL_DEREF(value);
	if (UNEXPECTED(Z_TYPE_P(value) != IS_OBJECT)) {
		zend_throw_error(NULL, "Call to a member function %s() on %s", method_names[method],
#if PHP_VERSION_ID >= 80300
			zend_zval_value_name(value));
#else
			zend_zval_type_name(value));
#endif
		if (result) {
			ZVAL_UNDEF(result);
		}
		return false;
	}
	return mwn_call(Z_OBJ_P(value), method, result, count, arguments);
}

bool mwn_call_static(const char *class_name, const char *lower_method, zval *result,
	uint32_t count, zval *arguments)
{
	zend_string *name = zend_string_init(class_name, strlen(class_name), false);
	zend_class_entry *class_entry = zend_fetch_class(name, ZEND_FETCH_CLASS_EXCEPTION);
	zend_function *function = NULL;

	ZVAL_UNDEF(result);
	zend_string_release(name);
	if (!class_entry) {
		return false;
	}
	function = zend_hash_str_find_ptr(&class_entry->function_table, lower_method, strlen(lower_method));
	if (!function) {
		zend_throw_error(NULL, "Call to undefined method %s::%s()", ZSTR_VAL(class_entry->name), lower_method);
		return false;
	}
	zend_call_known_function(function, NULL, class_entry, result, count, arguments, NULL);
	if (EG(exception)) {
		zval_ptr_dtor(result);
		ZVAL_UNDEF(result);
		return false;
	}
	return true;
}

bool mwn_call_function(const char *name, zval *result, uint32_t count, zval *arguments)
{
	zend_function *function = zend_hash_str_find_ptr(EG(function_table), name, strlen(name));

	ZVAL_UNDEF(result);
	if (!function) {
		zend_throw_error(NULL, "mwnative needs PHP's function %s(), which is disabled", name);
		return false;
	}
	zend_call_known_function(function, NULL, NULL, result, count, arguments, NULL);
	if (EG(exception)) {
		zval_ptr_dtor(result);
		ZVAL_UNDEF(result);
		return false;
	}
	return true;
}
