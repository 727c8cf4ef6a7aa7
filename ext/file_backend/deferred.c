/*
 * Writes to clones that wait for the end of the response: MwNative\DeferredWrite.
 *
 * What the write needs is in declared private properties, so that the engine's own
 * handlers count, show and collect it.
 */
#include "../php_mwnative.h"

#include "zend_closures.h"
#include "zend_exceptions.h"

static zend_class_entry *deferred_write_class;

/* In the order of declaration: the slots of the object. */
typedef enum {
	WRITE_PROXY,
	WRITE_BACKEND,
	WRITE_METHOD, /* its name */
	WRITE_ARGUMENTS,
	WRITE_LOCK,
	WRITE_PATHS, /* null: nothing is logged when it runs */
	WRITE_PROPERTY_COUNT
} write_property;

static const char *const write_properties[WRITE_PROPERTY_COUNT] = {
	"proxy", "backend", "method", "arguments", "lock", "paths",
};

extern const zend_function_entry *mwn_deferred_write_methods(void);

void mwn_fb_deferred_startup(void)
{
	zend_class_entry entry;

	INIT_CLASS_ENTRY(entry, "MwNative\\DeferredWrite", mwn_deferred_write_methods());
	deferred_write_class = zend_register_internal_class(&entry);
	deferred_write_class->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NO_DYNAMIC_PROPERTIES | ZEND_ACC_NOT_SERIALIZABLE;
	for (int i = 0; i < WRITE_PROPERTY_COUNT; i++) {
		zend_declare_property_null(deferred_write_class, write_properties[i], strlen(write_properties[i]),
			ZEND_ACC_PRIVATE);
	}
}

static zval *slot(zend_object *write, write_property property)
{
	return OBJ_PROP_NUM(write, property);
}

static void make_closure(zval *closure, zval *write)
{
	zend_function *invoke = zend_hash_str_find_ptr(&deferred_write_class->function_table,
		ZEND_STRL(ZEND_INVOKE_FUNC_NAME));

	/* A real Closure: the host treats other callables in its own older ways. */
	zend_create_fake_closure(closure, invoke, deferred_write_class, deferred_write_class, write);
}

/* The host notes who called. */
static bool add_update(zval *closure)
{
	zend_execute_data *body = mwn_hide_body_frame();
	zval result;
	bool done = mwn_call_static(mwn_fb_profile()->deferred_updates, "addcallableupdate", &result, 1, closure);

	mwn_show_body_frame(body);
	if (done) {
		zval_ptr_dtor(&result);
	}
	return done;
}

bool mwn_fb_defer(zend_object *self, zend_object *backend, zend_string *method,
	uint32_t count, zval *arguments, zval *lock, zval *paths)
{
	zval write, closure, list;
	zend_object *object;
	bool done;

	object_init_ex(&write, deferred_write_class);
	object = Z_OBJ(write);
	ZVAL_OBJ_COPY(slot(object, WRITE_PROXY), self);
	ZVAL_OBJ_COPY(slot(object, WRITE_BACKEND), backend);
	ZVAL_STR_COPY(slot(object, WRITE_METHOD), method);
	array_init_size(&list, count);
	for (uint32_t i = 0; i < count; i++) {
		Z_TRY_ADDREF(arguments[i]);
		zend_hash_next_index_insert_new(Z_ARRVAL(list), &arguments[i]);
	}
	ZVAL_COPY_VALUE(slot(object, WRITE_ARGUMENTS), &list);
	if (lock) {
		ZVAL_COPY(slot(object, WRITE_LOCK), lock);
	}
	if (paths) {
		ZVAL_COPY(slot(object, WRITE_PATHS), paths);
	}
	make_closure(&closure, &write);
	zval_ptr_dtor(&write);
	done = add_update(&closure);
	zval_ptr_dtor(&closure);
	return done;
}

/* The method of the proxy that a write on a backend belongs to. */
static const char *origin_of(const zend_string *method)
{
	return zend_string_equals(method, MWN_STR(doOperations)) ? "doOperationsInternal"
		: zend_string_equals(method, MWN_STR(doQuickOperations)) ? "doQuickOperationsInternal"
		: "doDirectoryOp";
}

/* `paths` may be null: the parameters of the other methods can hold whole files. */
static bool log_write(zend_object *write, const char *text, mwn_method level)
{
	zend_object *self = Z_OBJ_P(slot(write, WRITE_PROXY)), *backend = Z_OBJ_P(slot(write, WRITE_BACKEND));
	zval *paths = slot(write, WRITE_PATHS);
	smart_str line = {0};
	zend_string *name = zval_get_string(mwn_fb_slot(backend, MWN_PROPERTY_name)), *json;

	mwn_fb_log_begin(&line, origin_of(Z_STR_P(slot(write, WRITE_METHOD))));
	smart_str_appendc(&line, '\'');
	smart_str_append(&line, name);
	zend_string_release(name);
	smart_str_appends(&line, text);
	if (Z_TYPE_P(paths) == IS_ARRAY) {
		json = mwn_fb_json(paths);
		if (!json) {
			smart_str_free(&line);
			return false;
		}
		smart_str_appends(&line, "; paths: ");
		smart_str_append(&line, json);
		zend_string_release(json);
	}
	return mwn_fb_log(self, level, &line);
}

ZEND_METHOD(MwNative_DeferredWrite, __construct)
{
	/* Private: only C makes these. */
	ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(MwNative_DeferredWrite, __invoke)
{
	zend_object *write = Z_OBJ_P(ZEND_THIS), *self, *backend;
	zval arguments[2], result, *list = slot(write, WRITE_ARGUMENTS), *paths = slot(write, WRITE_PATHS);
	uint32_t count = 0;

	/* The caller's name, which the host hands over, is of no use here. */
	if (Z_TYPE_P(slot(write, WRITE_BACKEND)) != IS_OBJECT) {
		return;
	}
	self = Z_OBJ_P(slot(write, WRITE_PROXY));
	backend = Z_OBJ_P(slot(write, WRITE_BACKEND));
	for (; count < zend_hash_num_elements(Z_ARRVAL_P(list)); count++) {
		ZVAL_COPY_VALUE(&arguments[count], zend_hash_index_find(Z_ARRVAL_P(list), count));
	}
	if (Z_TYPE_P(paths) == IS_ARRAY && !mwn_fb_log_is_silent(self)
		&& !log_write(write, "' async replication", MWN_CALL_debug)) {
		return;
	}
	if (!mwn_call_named(backend, Z_STR_P(slot(write, WRITE_METHOD)), MWN_G(file_backend_request).binding->shell,
			&result, count, arguments)) {
		mwn_file_backend_count_failure(backend);
		return;
	}
	/* The original drops this status: nobody ever hears that a clone fell behind. */
	if (mwn_fb_is_failure(&result)) {
		mwn_file_backend_count_failure(backend);
		log_write(write, "' async replication failed", MWN_CALL_error);
		/* A logger that throws must not make of this line, which the original lacks, more than
		 * a line: the host would count the whole update as failed. */
		if (EG(exception) && !zend_is_unwind_exit(EG(exception)) && !zend_is_graceful_exit(EG(exception))) {
			zend_clear_exception();
		}
	}
	zval_ptr_dtor(&result);
}
