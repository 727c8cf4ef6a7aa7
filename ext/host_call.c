#include "php_mwnative.h"

#include "zend_observer.h"

static const char *const method_names[MWN_METHOD_COUNT] = {
#define X(name) [MWN_CALL_##name] = #name,
	MWN_FILE_BACKEND_OVERRIDABLE(X)
	MWN_POOL_COUNTER_OVERRIDABLE(X)
	MWN_LOAD_BALANCER_OVERRIDABLE(X)
	MWN_OTHER_METHODS(X)
#undef X
};

/* Keys of function tables, made once a process. */
static zend_string *lower_method_names[MWN_METHOD_COUNT];

/* The overridable methods of each served class, first and last. */
static const struct {
	mwn_method first;
	mwn_method last;
} overridable[MWN_SERVED_CLASSES] = {
	[MWN_FILE_BACKEND_MULTI_WRITE] = {MWN_CALL_substOpBatchPaths, MWN_CALL_fileExists},
	[MWN_POOL_COUNTER_REDIS] = {MWN_CALL_getConnection, MWN_CALL_release},
	[MWN_LOAD_BALANCER] = {MWN_CALL_sanitizeConnectionFlags, MWN_CALL_getLagTimes},
};

_Static_assert(MWN_CALL_getLagTimes < 64, "each has a bit in mwn_callee.overrides");

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

static uint64_t find_overrides(const zend_class_entry *class_entry, mwn_served_class served, const zend_class_entry *shell)
{
	uint64_t overrides = 0;

	for (int i = overridable[served].first; i <= (int)overridable[served].last; i++) {
		const zend_function *function = zend_hash_find_ptr(&class_entry->function_table, lower_method_names[i]);
		if (!function || function->common.scope != shell) {
			overrides |= (uint64_t)1 << i;
		}
	}
	return overrides;
}

static void describe(mwn_callee *callee)
{
	callee->served = MWN_SERVED_CLASSES;
	for (int served = 0; served < MWN_SERVED_CLASSES; served++) {
		const zend_class_entry *shell = mwn_bound_class(&MWN_G(bindings)[served]);
		if (shell && instanceof_function(callee->class_entry, shell)) {
			callee->served = (mwn_served_class)served;
			if (callee->class_entry != shell) {
				callee->overrides = find_overrides(callee->class_entry, callee->served, shell);
			}
			return;
		}
	}
	callee->is_store = mwn_file_backend_is_store(&MWN_G(file_backend_request), callee->class_entry);
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
		describe(callee);
		zend_hash_index_add_new_ptr(MWN_G(callees), key, callee);
	}
	MWN_G(recent_callees)[MWN_G(next_recent_callee)++ % MWN_RECENT_CALLEES] = callee;
	return callee;
}

static zend_function *find_visible(const zend_object *object, zend_string *name, zend_class_entry *scope)
{
	zend_string *lower = zend_string_tolower(name);
	zend_function *function = zend_hash_find_ptr(&object->ce->function_table, lower);

	zend_string_release(lower);
	if (!function || (function->common.fn_flags & ZEND_ACC_PUBLIC)) {
		return function;
	}
	if (function->common.fn_flags & ZEND_ACC_PRIVATE) {
		return function->common.scope == scope ? function : NULL;
	}
	return zend_check_protected(zend_get_function_root_class(function), scope) ? function : NULL;
}

/* Not there or not visible: __call() may stand in, for this call only, or the engine throws. */
static zend_function *find_by_handler(zend_object **object, zend_string *name)
{
	zend_execute_data *body = mwn_hide_body_frame();
	zend_function *function = (*object)->handlers->get_method(object, name, NULL);

	mwn_show_body_frame(body);
	if (!function && !EG(exception)) {
		zend_throw_error(NULL, "Call to undefined method %s::%s()",
			ZSTR_VAL((*object)->ce->name), ZSTR_VAL(name));
	}
	return function;
}

/* Is the function one that call_plainly() can call? Then none of the questions that zend_call_function() asks of any
 * function would be answered with yes. */
static zend_always_inline bool is_plain(const zend_function *function, uint32_t count)
{
	if (function->type != ZEND_USER_FUNCTION || (function->common.fn_flags & (ZEND_ACC_ABSTRACT | ZEND_ACC_DEPRECATED
		| ZEND_ACC_STATIC | ZEND_ACC_CLOSURE | ZEND_ACC_FAKE_CLOSURE | ZEND_ACC_CALL_VIA_TRAMPOLINE))) {
		return false;
	}
	for (uint32_t i = 1; i <= count; i++) {
		if (ARG_SHOULD_BE_SENT_BY_REF(function, i)) {
			return false;
		}
	}
	/* Profilers and debuggers want to be told of each call. */
	return !ZEND_OBSERVER_ENABLED && !EG(exception);
}

/* The part of zend_call_function() that such a method needs: calls into the host are most of what a transaction round
 * costs. */
static zend_always_inline void call_plainly(zend_function *function, zend_object *object, zval *result, uint32_t count,
	zval *arguments)
{
	zend_execute_data *call = zend_vm_stack_push_call_frame(ZEND_CALL_TOP_FUNCTION | ZEND_CALL_HAS_THIS, function, count,
		object);
	zend_class_entry *fake_scope = EG(fake_scope);
	uint32_t trace = EG(jit_trace_num);

	for (uint32_t i = 0; i < count; i++) {
		ZVAL_COPY_DEREF(ZEND_CALL_ARG(call, i + 1), &arguments[i]);
	}
	ZVAL_UNDEF(result);
	EG(fake_scope) = NULL;
	zend_init_func_execute_data(call, &function->op_array, result);
	zend_execute_ex(call);
	EG(jit_trace_num) = trace;
	EG(fake_scope) = fake_scope;
	zend_vm_stack_free_call_frame(call);
}

static bool run(zend_object *object, zend_function *function, zval *result, uint32_t count, zval *arguments)
{
	zval unused;

	/* Held: the callee may drop the last other reference to its own object. */
	GC_ADDREF(object);
	if (EXPECTED(is_plain(function, count))) {
		call_plainly(function, object, result ? result : &unused, count, arguments);
	} else {
		zend_call_known_function(function, object, object->ce, result ? result : &unused, count, arguments, NULL);
	}
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

bool mwn_call_named(zend_object *object, zend_string *name, zend_class_entry *scope,
	zval *result, uint32_t count, zval *arguments)
{
	zend_function *function = find_visible(object, name, scope);

	if (!function) {
		function = find_by_handler(&object, name);
	}
	if (!function) {
		if (result) {
			ZVAL_UNDEF(result);
		}
		return false;
	}
	return run(object, function, result, count, arguments);
}

/* Its own object's methods a body may call all; of another's those that are public, and those that its class has
 * inherited from an ancestor of the shell's. */
static bool may_call(const mwn_callee *callee, const zend_function *function)
{
	if ((function->common.fn_flags & ZEND_ACC_PUBLIC) || callee->served != MWN_SERVED_CLASSES) {
		return true;
	}
	if (function->common.fn_flags & ZEND_ACC_PROTECTED) {
		for (int served = 0; served < MWN_SERVED_CLASSES; served++) {
			zend_class_entry *shell = mwn_bound_class(&MWN_G(bindings)[served]);
			if (shell && zend_check_protected(zend_get_function_root_class(function), shell)) {
				return true;
			}
		}
	}
	return false;
}

bool mwn_call(zend_object *object, mwn_method method, zval *result, uint32_t count, zval *arguments)
{
	mwn_callee *callee = mwn_callee_of(object);
	zend_function *function = callee->functions[method];

	if (UNEXPECTED(!function)) {
		function = zend_hash_find_ptr(&object->ce->function_table, lower_method_names[method]);
		if (!function || !may_call(callee, function)) {
			zend_string *name = zend_string_init(method_names[method], strlen(method_names[method]), false);
			bool done = mwn_call_named(object, name, NULL, result, count, arguments);
			zend_string_release(name);
			return done;
		}
		callee->functions[method] = function;
	}
	return run(object, function, result, count, arguments);
}

bool mwn_is_callable_on(zval *value, mwn_method method)
{
	ZVAL_DEREF(value);
	if (EXPECTED(Z_TYPE_P(value) == IS_OBJECT)) {
		return true;
	}
	zend_throw_error(NULL, "Call to a member function %s() on %s", method_names[method],
#if PHP_VERSION_ID >= 80300
		zend_zval_value_name(value));
#else
		zend_zval_type_name(value));
#endif
	return false;
}

bool mwn_call_on(zval *value, mwn_method method, zval *result, uint32_t count, zval *arguments)
{
	ZVAL_DEREF(value);
	if (UNEXPECTED(!mwn_is_callable_on(value, method))) {
		if (result) {
			ZVAL_UNDEF(result);
		}
		return false;
	}
	return mwn_call(Z_OBJ_P(value), method, result, count, arguments);
}

/* As the shell would call it: what is not public is refused, __callStatic() may stand in. */
static zend_function *find_static(zend_class_entry *class_entry, const char *method)
{
	zend_function *function = zend_hash_str_find_ptr(&class_entry->function_table, method, strlen(method));
	zend_execute_data *body;
	zend_string *name;

	if (function && (function->common.fn_flags & (ZEND_ACC_STATIC | ZEND_ACC_PUBLIC | ZEND_ACC_ABSTRACT))
		== (ZEND_ACC_STATIC | ZEND_ACC_PUBLIC)) {
		return function;
	}
	name = zend_string_init(method, strlen(method), false);
	body = mwn_hide_body_frame();
	function = class_entry->get_static_method ? class_entry->get_static_method(class_entry, name)
		: zend_std_get_static_method(class_entry, name, NULL);
	if (!function && !EG(exception)) {
		zend_throw_error(NULL, "Call to undefined method %s::%s()", ZSTR_VAL(class_entry->name), method);
	} else if (function && !(function->common.fn_flags & ZEND_ACC_STATIC)) {
		zend_throw_error(NULL, "Non-static method %s::%s() cannot be called statically",
			ZSTR_VAL(class_entry->name), ZSTR_VAL(function->common.function_name));
		function = NULL;
	}
	mwn_show_body_frame(body);
	zend_string_release(name);
	return function;
}

bool mwn_call_static(const char *class_name, const char *method, zval *result, uint32_t count, zval *arguments)
{
	zend_string *name = zend_string_init(class_name, strlen(class_name), false);
	zend_class_entry *class_entry = zend_fetch_class(name, ZEND_FETCH_CLASS_EXCEPTION);
	zend_function *function;

	ZVAL_UNDEF(result);
	zend_string_release(name);
	if (!class_entry) {
		return false;
	}
	function = find_static(class_entry, method);
	if (!function) {
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

bool mwn_wake_lazy(zend_object *self)
{
#if PHP_VERSION_ID >= 80400
	zend_object *instance = zend_lazy_object_init(self);

	if (instance && instance != self) {
		zend_throw_error(NULL, "mwnative: a lazy proxy of %s has its properties elsewhere: use a lazy ghost",
			ZSTR_VAL(self->ce->name));
	}
	return instance == self;
#else
	(void)self;
	return true;
#endif
}

zend_execute_data *mwn_hide_body_frame(void)
{
	zend_execute_data *body = EG(current_execute_data);

	if (body && body->prev_execute_data && body->func && body->func->type == ZEND_INTERNAL_FUNCTION
		&& body->prev_execute_data->func && ZEND_USER_CODE(body->prev_execute_data->func->type)) {
		EG(current_execute_data) = body->prev_execute_data;
	}
	return body;
}

void mwn_show_body_frame(zend_execute_data *body)
{
	EG(current_execute_data) = body;
}
