/* The bound class: its properties, the host's constants, objects and exceptions, and calls of what its properties hold. */
#include "../php_mwnative.h"

#include "zend_exceptions.h"

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
