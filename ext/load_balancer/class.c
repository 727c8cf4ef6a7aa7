#include "../php_mwnative.h"

#include "ext/standard/php_array.h"
#include "main/SAPI.h"
#include "zend_closures.h"
#include "zend_exceptions.h"
#include "zend_ini.h"
#include "ext/spl/spl_exceptions.h"

static zend_string *property_keys[MWN_LB_PROPERTY_COUNT];
static const char *const property_names[MWN_LB_PROPERTY_COUNT] = {
#define X(name) [MWN_LB_PROPERTY_##name] = #name,
	MWN_LB_PROPERTIES(X)
#undef X
};

static zend_string *constant_keys[MWN_LB_CONSTANT_COUNT];
static const char *const constant_names[MWN_LB_CONSTANT_COUNT] = {
#define X(name) [MWN_LB_##name] = #name,
	MWN_LB_CONSTANTS(X)
	MWN_LB_DATABASE_CONSTANTS(X)
#undef X
};

zend_string *mwn_lb_strings[MWN_LB_STRING_COUNT];
static const char *const string_texts[MWN_LB_STRING_COUNT] = {
#define X(name, text) [MWN_LB_STRING_##name] = text,
	MWN_LB_STRINGS(X)
#undef X
};

void mwn_load_balancer_startup(void)
{
	mwn_slot_keys_init(property_keys, property_names, MWN_LB_PROPERTY_COUNT);
	mwn_slot_keys_init(constant_keys, constant_names, MWN_LB_CONSTANT_COUNT);
	mwn_slot_keys_init(mwn_lb_strings, string_texts, MWN_LB_STRING_COUNT);
}

void mwn_load_balancer_bound(mwn_load_balancer_request *request, const mwn_binding *binding)
{
	request->binding = binding;
	request->host = binding->profile->balancer;
	mwn_slots_bind(request->slots, property_keys, MWN_LB_PROPERTY_COUNT, binding->shell);
}

void mwn_load_balancer_end_request(mwn_load_balancer_request *request)
{
	/* Now: when the binding ends, its objects are gone. */
	mwn_lb_free_domains(request);
	zval_ptr_dtor(&request->nobodys_table);
	ZVAL_UNDEF(&request->nobodys_table);
}

/* ---- the host's constants ---- */

static zend_class_entry *host_class(const char *short_name)
{
	zend_string *name = strpprintf(0, "Wikimedia\\Rdbms\\%s", short_name);
	zend_class_entry *class_entry = zend_fetch_class(name, ZEND_FETCH_CLASS_EXCEPTION);

	zend_string_release(name);
	return class_entry;
}

static bool read_constants(mwn_load_balancer_request *request, zend_class_entry *class_entry, int first, int end)
{
	for (int i = first; i < end; i++) {
		zend_class_constant *constant = zend_hash_find_ptr(CE_CONSTANTS_TABLE(class_entry), constant_keys[i]);
		ZVAL_NULL(&request->constants[i]);
		if (!constant) {
			continue;
		}
		if (Z_TYPE(constant->value) == IS_CONSTANT_AST
			&& zval_update_constant_ex(&constant->value, constant->ce) != SUCCESS) {
			return false;
		}
		/* Not counted: the class outlives the request's use of it. */
		ZVAL_COPY_VALUE(&request->constants[i], &constant->value);
	}
	return true;
}

static bool load_constants(mwn_load_balancer_request *request)
{
	zend_class_entry *database = host_class("Database");

	if (!database || !read_constants(request, request->binding->shell, 0, MWN_LB_FIRST_OF_DATABASE)
		|| !read_constants(request, database, MWN_LB_FIRST_OF_DATABASE, MWN_LB_CONSTANT_COUNT)) {
		return false;
	}
	request->has_constants = true;
	return true;
}

zval *mwn_lb_constant_of(mwn_lb_constant constant)
{
	return &MWN_G(load_balancer_request).constants[constant];
}

bool mwn_lb_is_constant(const zval *value, mwn_lb_constant constant)
{
	const zval *known = mwn_lb_constant_of(constant);

	return Z_TYPE_P(known) == IS_LONG && mwn_lb_is(value, Z_LVAL_P(known));
}

bool mwn_lb_flags(zval *given, zend_long *flags)
{
	if (EXPECTED(Z_TYPE_P(given) == IS_LONG)) {
		*flags = Z_LVAL_P(given);
		return true;
	}
	if (Z_TYPE_P(given) != IS_NULL && zend_parse_arg_long_weak(given, flags, 1)) {
		return !EG(exception);
	}
	if (!EG(exception)) {
		zend_type_error(MWN_LB_CLASS "::fieldHasBit(): Argument #1 ($flags) must be of type int, %s given",
			zend_zval_type_name(given));
	}
	return false;
}

bool mwn_lb_has_bit(zend_long flags, mwn_lb_constant constant)
{
	const zval *bit = mwn_lb_constant_of(constant);

	return Z_TYPE_P(bit) == IS_LONG && (flags & Z_LVAL_P(bit)) == Z_LVAL_P(bit);
}

/* ---- the object ---- */

bool mwn_lb_enter(zend_object *self)
{
	mwn_load_balancer_request *request = &MWN_G(load_balancer_request);

	if (UNEXPECTED(!request->binding || mwn_callee_of(self)->served != MWN_LOAD_BALANCER)) {
		zend_type_error("MwNative\\LoadBalancer serves objects of the bound class only, %s given",
			ZSTR_VAL(self->ce->name));
		return false;
	}
	MWN_G(load_balancer_process).calls++;
	return mwn_wake(self) && (EXPECTED(request->has_constants) || load_constants(request));
}

zval *mwn_lb_slot(zend_object *self, mwn_lb_property property)
{
	return mwn_slot_read(self, MWN_G(load_balancer_request).slots[property]);
}

void mwn_lb_set(zend_object *self, mwn_lb_property property, zval *value)
{
	const mwn_load_balancer_request *request = &MWN_G(load_balancer_request);

	mwn_slot_write(self, request->slots[property], request->binding->shell, property_keys[property], value);
}

void mwn_lb_set_bool(zend_object *self, mwn_lb_property property, bool value)
{
	zval boolean;

	ZVAL_BOOL(&boolean, value);
	mwn_lb_set(self, property, &boolean);
}

void mwn_lb_set_string(zend_object *self, mwn_lb_property property, zend_string *value)
{
	zval string;

	ZVAL_STR_COPY(&string, value);
	mwn_lb_set(self, property, &string);
}

void mwn_lb_refer(zend_object *self, mwn_lb_property property, zval *reference)
{
	mwn_slot slot = MWN_G(load_balancer_request).slots[property];
	zval *place = slot.offset ? OBJ_PROP(self, slot.offset) : NULL;

	if (UNEXPECTED(!place || Z_TYPE_P(place) == IS_UNDEF)) {
		ZVAL_NULL(reference);
		ZVAL_MAKE_REF(reference);
		return;
	}
	ZVAL_MAKE_REF(place);
	ZVAL_COPY(reference, place);
}

/* What is written goes nowhere, and an exception says why. */
static HashTable *nobodys_table(zend_object *self, mwn_lb_property property)
{
	zval *table = &MWN_G(load_balancer_request).nobodys_table;

	if (!EG(exception)) {
		zend_throw_error(NULL, "%s::$%s is no array", ZSTR_VAL(self->ce->name), ZSTR_VAL(property_keys[property]));
	}
	zval_ptr_dtor(table);
	array_init(table);
	return Z_ARRVAL_P(table);
}

HashTable *mwn_lb_array(zend_object *self, mwn_lb_property property)
{
	zval *value = mwn_lb_slot(self, property);

	if (UNEXPECTED(Z_TYPE_P(value) != IS_ARRAY)) {
		zval empty;
		array_init(&empty);
		mwn_lb_set(self, property, &empty);
		value = mwn_lb_slot(self, property);
		if (Z_TYPE_P(value) != IS_ARRAY) {
			/* A subclass that has taken the property away took the new value too. */
			return nobodys_table(self, property);
		}
	}
	SEPARATE_ARRAY(value);
	return Z_ARRVAL_P(value);
}

HashTable *mwn_lb_table(zend_object *self, mwn_lb_property property)
{
	zval *value = mwn_lb_slot(self, property);

	return EXPECTED(Z_TYPE_P(value) == IS_ARRAY) ? Z_ARRVAL_P(value) : (HashTable *)&zend_empty_array;
}

static zval *not_null(zval *value)
{
	if (!value) {
		return NULL;
	}
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) == IS_NULL ? NULL : value;
}

bool mwn_lb_is_key(const zval *key, mwn_lb_use_of_key use)
{
	if (EXPECTED(Z_TYPE_P(key) != IS_ARRAY && Z_TYPE_P(key) != IS_OBJECT)) {
		return true;
	}
#if PHP_VERSION_ID >= 80300
	if (use == MWN_LB_UNSET) {
		zend_type_error("Cannot unset offset of type %s on array", zend_zval_type_name(key));
	} else if (use == MWN_LB_READ) {
		zend_type_error("Cannot access offset of type %s on array", zend_zval_type_name(key));
	} else {
		zend_type_error("Cannot access offset of type %s in isset or empty", zend_zval_type_name(key));
	}
#else
	zend_type_error("Illegal offset type%s", use == MWN_LB_UNSET ? " in unset" : use == MWN_LB_ISSET ? " in isset or empty" : "");
#endif
	return false;
}

void mwn_lb_plain_key(const zval *key, zval *plain)
{
	if (UNEXPECTED(Z_TYPE_P(key) == IS_DOUBLE)) {
		ZVAL_LONG(plain, zend_dval_to_lval_safe(Z_DVAL_P(key)));
	} else if (UNEXPECTED(Z_TYPE_P(key) == IS_RESOURCE)) {
		zend_use_resource_as_offset(key);
		ZVAL_LONG(plain, Z_RES_HANDLE_P(key));
	} else {
		ZVAL_COPY_VALUE(plain, key);
	}
}

/* The same while a table is in use, which is held meanwhile; false: nobody else has it any more. */
static bool key_of_float(HashTable *table, double number, zend_ulong *key)
{
	bool counted = !(GC_FLAGS(table) & GC_IMMUTABLE);

	if (counted) {
		GC_ADDREF(table);
	}
	*key = (zend_ulong)zend_dval_to_lval_safe(number);
	if (counted && GC_DELREF(table) == 0) {
		zend_array_destroy(table);
		return false;
	}
	return true;
}

zval *mwn_lb_find(HashTable *table, const zval *key)
{
	zend_ulong number;

	switch (Z_TYPE_P(key)) {
		case IS_LONG:
			return not_null(zend_hash_index_find(table, (zend_ulong)Z_LVAL_P(key)));
		case IS_STRING:
			return not_null(zend_symtable_find(table, Z_STR_P(key)));
		case IS_NULL:
			return not_null(zend_hash_find(table, ZSTR_EMPTY_ALLOC()));
		case IS_FALSE:
		case IS_TRUE:
			return not_null(zend_hash_index_find(table, Z_TYPE_P(key) == IS_TRUE));
		case IS_DOUBLE:
			return key_of_float(table, Z_DVAL_P(key), &number) ? not_null(zend_hash_index_find(table, number)) : NULL;
		case IS_RESOURCE:
			return not_null(zend_hash_index_find(table, (zend_ulong)Z_RES_HANDLE_P(key)));
		default:
			return NULL;
	}
}

void mwn_lb_unset(HashTable *table, const zval *key)
{
	zend_ulong number;

	switch (Z_TYPE_P(key)) {
		case IS_LONG:
			zend_hash_index_del(table, (zend_ulong)Z_LVAL_P(key));
			break;
		case IS_STRING:
			zend_symtable_del(table, Z_STR_P(key));
			break;
		case IS_NULL:
			zend_hash_del(table, ZSTR_EMPTY_ALLOC());
			break;
		case IS_FALSE:
		case IS_TRUE:
			zend_hash_index_del(table, Z_TYPE_P(key) == IS_TRUE);
			break;
		case IS_DOUBLE:
			if (key_of_float(table, Z_DVAL_P(key), &number)) {
				zend_hash_index_del(table, number);
			}
			break;
		default:
			break;
	}
}

/* The place of a key, with null in it if there was none; NULL: it cannot have one, and perhaps an exception. */
static zval *place_of(HashTable *table, zval *key)
{
	zend_ulong number;

	switch (Z_TYPE_P(key)) {
		case IS_LONG:
			return zend_hash_index_lookup(table, (zend_ulong)Z_LVAL_P(key));
		case IS_STRING:
			return ZEND_HANDLE_NUMERIC(Z_STR_P(key), number) ? zend_hash_index_lookup(table, number)
				: zend_hash_lookup(table, Z_STR_P(key));
		case IS_NULL:
			return zend_hash_lookup(table, ZSTR_EMPTY_ALLOC());
		case IS_FALSE:
		case IS_TRUE:
			return zend_hash_index_lookup(table, Z_TYPE_P(key) == IS_TRUE);
		case IS_DOUBLE:
			return key_of_float(table, Z_DVAL_P(key), &number) && !EG(exception)
				? zend_hash_index_lookup(table, number) : NULL;
		default:
			return NULL;
	}
}

void mwn_lb_put(HashTable *table, zval *key, zval *value)
{
	zval *place = place_of(table, key), former;

	if (EXPECTED(place)) {
		ZVAL_COPY_VALUE(&former, place);
		ZVAL_COPY_VALUE(place, value);
		zval_ptr_dtor(&former);
		return;
	}
	if (Z_TYPE_P(key) != IS_DOUBLE) {
		/* A resource, or what can be no key: the engine's own words for it. */
		array_set_zval_key(table, key, value);
	}
	zval_ptr_dtor(value);
}

zval *mwn_lb_find_str(HashTable *table, mwn_lb_string key)
{
	return not_null(zend_hash_find(table, mwn_lb_strings[key]));
}

zval *mwn_lb_option(HashTable *table, const char *name)
{
	return not_null(zend_hash_str_find(table, name, strlen(name)));
}

/* ---- objects and exceptions ---- */

bool mwn_lb_is_a(const zend_object *object, const char *lower_short_name)
{
	char name[64];
	int length = snprintf(name, sizeof(name), "wikimedia\\rdbms\\%s", lower_short_name);
	/* Of a class that is not loaded there are no objects. */
	zend_class_entry *class_entry = zend_hash_str_find_ptr(EG(class_table), name, (size_t)length);

	return class_entry && instanceof_function(object->ce, class_entry);
}

/* If it is private the engine says so. */
static bool is_constructor_visible(const zend_class_entry *class_entry, zval *object)
{
	zend_execute_data *body;

	if (EXPECTED(class_entry->constructor->common.fn_flags & ZEND_ACC_PUBLIC)) {
		return true;
	}
	body = mwn_hide_body_frame();
	Z_OBJ_HT_P(object)->get_constructor(Z_OBJ_P(object));
	mwn_show_body_frame(body);
	return !EG(exception);
}

static bool construct(zend_class_entry *class_entry, zval *object, uint32_t count, zval *arguments)
{
	if (object_init_ex(object, class_entry) != SUCCESS) {
		ZVAL_UNDEF(object);
		return false;
	}
	if (class_entry->constructor && is_constructor_visible(class_entry, object)) {
		zend_call_known_function(class_entry->constructor, Z_OBJ_P(object), class_entry, NULL, count, arguments, NULL);
	}
	if (EG(exception)) {
		/* What was never made is not destroyed. */
		zend_object_store_ctor_failed(Z_OBJ_P(object));
		zval_ptr_dtor(object);
		ZVAL_UNDEF(object);
		return false;
	}
	return true;
}

bool mwn_lb_new(const char *class_name, zval *object, uint32_t count, zval *arguments)
{
	zend_string *name = zend_string_init(class_name, strlen(class_name), false);
	zend_class_entry *class_entry = zend_fetch_class(name, ZEND_FETCH_CLASS_EXCEPTION);

	zend_string_release(name);
	ZVAL_UNDEF(object);
	return class_entry && construct(class_entry, object, count, arguments);
}

bool mwn_lb_throw(const char *short_name, zend_object *connection, zend_string *message)
{
	zend_class_entry *class_entry = host_class(short_name);
	zval exception, arguments[2];

	if (connection) {
		ZVAL_OBJ(&arguments[0], connection);
	} else {
		ZVAL_NULL(&arguments[0]);
	}
	ZVAL_STR(&arguments[1], message);
	if (class_entry && construct(class_entry, &exception, 2, arguments)) {
		zend_throw_exception_object(&exception);
	}
	zend_string_release(message);
	return false;
}

bool mwn_lb_throw_php(zend_class_entry *class_entry, zend_string *message)
{
	zend_throw_exception(class_entry, ZSTR_VAL(message), 0);
	zend_string_release(message);
	return false;
}

/* ---- the log ---- */

static zval *logger_of(zend_object *self, mwn_lb_channel channel)
{
	return mwn_lb_slot(self, MWN_G(load_balancer_request).host->loggers[channel]);
}

bool mwn_lb_is_logged_to(zend_object *self, mwn_lb_channel channel)
{
	mwn_load_balancer_request *request = &MWN_G(load_balancer_request);
	const zval *logger = logger_of(self, channel);

	if (UNEXPECTED(Z_TYPE_P(logger) != IS_OBJECT)) {
		/* The call will say what is wrong. */
		return true;
	}
	if (UNEXPECTED(!request->null_logger) && zend_string_equals_literal(Z_OBJCE_P(logger)->name, "Psr\\Log\\NullLogger")) {
		request->null_logger = Z_OBJCE_P(logger);
	}
	return Z_OBJCE_P(logger) != request->null_logger;
}

bool mwn_lb_is_logged(zend_object *self)
{
	return mwn_lb_is_logged_to(self, MWN_LB_CONNECTIONS);
}

bool mwn_lb_log_to(zend_object *self, mwn_lb_channel channel, mwn_method level, const char *method, zend_string *message,
	zval *context)
{
	zval arguments[2], logger;
	bool done;

	if (method) {
		ZVAL_STR(&arguments[0], strpprintf(0, MWN_LB_CLASS "::%s: %s", method, ZSTR_VAL(message)));
		zend_string_release(message);
	} else {
		ZVAL_STR(&arguments[0], message);
	}
	if (context) {
		ZVAL_COPY_VALUE(&arguments[1], context);
	}
	ZVAL_COPY(&logger, logger_of(self, channel));
	done = mwn_call_on(&logger, level, NULL, context ? 2 : 1, arguments);
	zval_ptr_dtor(&logger);
	zval_ptr_dtor(&arguments[0]);
	if (context) {
		zval_ptr_dtor(&arguments[1]);
	}
	return done;
}

bool mwn_lb_log(zend_object *self, mwn_method level, const char *method, zend_string *message, zval *context)
{
	return mwn_lb_log_to(self, MWN_LB_CONNECTIONS, level, method, message, context);
}

bool mwn_lb_debug_to(zend_object *self, mwn_lb_channel channel, const char *method, const char *format, ...)
{
	va_list arguments;
	zend_string *message;

	if (!mwn_lb_is_logged_to(self, channel)) {
		return true;
	}
	va_start(arguments, format);
	message = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	return mwn_lb_log_to(self, channel, MWN_CALL_debug, method, message, NULL);
}

bool mwn_lb_debug(zend_object *self, const char *method, const char *format, ...)
{
	va_list arguments;
	zend_string *message;

	if (!mwn_lb_is_logged(self)) {
		return true;
	}
	va_start(arguments, format);
	message = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	return mwn_lb_log(self, MWN_CALL_debug, method, message, NULL);
}

static bool own_context(zend_object *connection, zval *extras, zval *context)
{
	zval server, domain;

	if (!mwn_call(connection, MWN_CALL_getServerName, &server, 0, NULL)) {
		return false;
	}
	if (!mwn_call(connection, MWN_CALL_getDomainID, &domain, 0, NULL)) {
		zval_ptr_dtor(&server);
		return false;
	}
	array_init(context);
	add_assoc_zval(context, "db_server", &server);
	add_assoc_zval(context, "db_domain", &domain);
	if (extras) {
		/* array_merge(): numbers are counted anew, names are replaced. */
		php_array_merge(Z_ARRVAL_P(context), Z_ARRVAL_P(extras));
	}
	return true;
}

bool mwn_lb_context(zend_object *self, zend_object *connection, zval *extras, zval *context)
{
	zval arguments[2];

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getConnLogContext))) {
		return own_context(connection, extras, context);
	}
	ZVAL_OBJ(&arguments[0], connection);
	if (extras) {
		ZVAL_COPY_VALUE(&arguments[1], extras);
	}
	return mwn_call(self, MWN_CALL_getConnLogContext, context, extras ? 2 : 1, arguments);
}

void mwn_lb_add_exception(zval *context)
{
	zval exception;

	object_init_ex(&exception, spl_ce_RuntimeException);
	add_assoc_zval(context, "exception", &exception);
}

ZEND_METHOD(MwNative_LoadBalancer, getConnLogContext)
{
	zend_object *self, *connection;
	zval *extras;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ARRAY(extras)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		own_context(connection, extras, return_value);
	}
}

/* ---- calls ---- */

bool mwn_lb_call_slot(zend_object *self, mwn_lb_property property, mwn_method method, zval *result, uint32_t count,
	zval *arguments)
{
	/* mwn_call() holds the object while it runs, should the slot be written meanwhile. */
	return mwn_call_on(mwn_lb_slot(self, property), method, result, count, arguments);
}

bool mwn_lb_ask(zend_object *object, mwn_method method, bool *value, uint32_t count, zval *arguments)
{
	zval result;

	*value = false;
	if (!mwn_call(object, method, &result, count, arguments)) {
		return false;
	}
	*value = zend_is_true(&result);
	zval_ptr_dtor(&result);
	return !EG(exception);
}

bool mwn_lb_call_callable(zval *callable, zval *result, uint32_t count, zval *arguments)
{
	zval held, unused, *target = result ? result : &unused;

	ZVAL_UNDEF(target);
	ZVAL_COPY(&held, callable);
	if (call_user_function(NULL, NULL, &held, target, count, arguments) != SUCCESS && !EG(exception)) {
		zend_throw_error(NULL, "Value not callable");
	}
	zval_ptr_dtor(&held);
	if (!result || EG(exception)) {
		zval_ptr_dtor(target);
		ZVAL_UNDEF(target);
	}
	return !EG(exception);
}

/* ---- user abort ---- */

static void set_ignore_abort(bool ignore)
{
	zend_string *name = ZSTR_INIT_LITERAL("ignore_user_abort", false);

	/* Through the setting, so that the engine puts it back should the request end in between. */
	zend_alter_ini_entry_chars(name, ignore ? "1" : "0", 1, PHP_INI_USER, PHP_INI_STAGE_RUNTIME);
	zend_string_release(name);
}

mwn_lb_abort_guard mwn_lb_ignore_abort(void)
{
	mwn_lb_abort_guard guard = {false, PG(ignore_user_abort)};

	if (strcmp(sapi_module.name, "cli") != 0 && !guard.before) {
		set_ignore_abort(true);
		guard.changed = true;
	}
	return guard;
}

void mwn_lb_restore_abort(mwn_lb_abort_guard guard)
{
	if (guard.changed) {
		set_ignore_abort(guard.before);
	}
}
