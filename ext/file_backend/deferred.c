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

/* The class has a maker of its own: then the engine refuses to make objects of it without the constructor, which
 * nobody can call. */
static zend_object *make_write(zend_class_entry *class_entry)
{
	zend_object *write = zend_objects_new(class_entry);

	object_properties_init(write, class_entry);
	return write;
}

void mwn_fb_deferred_startup(void)
{
	zend_class_entry entry;

	INIT_CLASS_ENTRY(entry, "MwNative\\DeferredWrite", mwn_deferred_write_methods());
	deferred_write_class = zend_register_internal_class(&entry);
	deferred_write_class->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NO_DYNAMIC_PROPERTIES | ZEND_ACC_NOT_SERIALIZABLE;
	deferred_write_class->create_object = make_write;
	for (int i = 0; i < WRITE_PROPERTY_COUNT; i++) {
		zend_declare_property_null(deferred_write_class, write_properties[i], strlen(write_properties[i]),
			ZEND_ACC_PRIVATE);
	}
}

/* doOperations() has two. */
enum { MOST_ARGUMENTS = 2 };

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
	ZEND_ASSERT(count <= MOST_ARGUMENTS);
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
static bool log_write(zval *properties, const char *text, mwn_method level)
{
	zend_object *self = Z_OBJ(properties[WRITE_PROXY]), *backend = Z_OBJ(properties[WRITE_BACKEND]);
	zval *paths = &properties[WRITE_PATHS];
	smart_str line = {0};
	zend_string *name = zval_get_string(mwn_fb_slot(backend, MWN_PROPERTY_name)), *json;

	mwn_fb_log_begin(&line, origin_of(Z_STR(properties[WRITE_METHOD])));
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

/* Is this what mwn_fb_defer() put together? Reflection reaches private properties, too. */
static bool is_intact(zval *properties)
{
	const zval *proxy = &properties[WRITE_PROXY], *backend = &properties[WRITE_BACKEND];
	const zval *arguments = &properties[WRITE_ARGUMENTS];

	return MWN_G(file_backend_request).binding
		&& Z_TYPE_P(proxy) == IS_OBJECT && mwn_callee_of(Z_OBJ_P(proxy))->served == MWN_FILE_BACKEND_MULTI_WRITE
		&& Z_TYPE_P(backend) == IS_OBJECT && mwn_callee_of(Z_OBJ_P(backend))->is_store
		&& Z_TYPE(properties[WRITE_METHOD]) == IS_STRING
		&& Z_TYPE_P(arguments) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(arguments)) <= MOST_ARGUMENTS;
}

static void run_write(zval *properties)
{
	zend_object *self = Z_OBJ(properties[WRITE_PROXY]), *backend = Z_OBJ(properties[WRITE_BACKEND]);
	zval arguments[MOST_ARGUMENTS], result, *value;
	uint32_t count = 0;

	ZEND_HASH_FOREACH_VAL(Z_ARRVAL(properties[WRITE_ARGUMENTS]), value) {
		ZVAL_COPY_VALUE(&arguments[count], value);
		count++;
	} ZEND_HASH_FOREACH_END();
	if (Z_TYPE(properties[WRITE_PATHS]) == IS_ARRAY && !mwn_fb_log_is_silent(self)
		&& !log_write(properties, "' async replication", MWN_CALL_debug)) {
		return;
	}
	if (!mwn_call_named(backend, Z_STR(properties[WRITE_METHOD]), MWN_G(file_backend_request).binding->shell,
			&result, count, arguments)) {
		mwn_file_backend_count_failure(backend);
		return;
	}
	/* The original drops this status: nobody ever hears that a clone fell behind. */
	if (mwn_fb_is_failure(&result)) {
		mwn_file_backend_count_failure(backend);
		log_write(properties, "' async replication failed", MWN_CALL_error);
		/* A logger that throws must not make of this line, which the original lacks, more than
		 * a line: the host would count the whole update as failed. */
		if (EG(exception) && !zend_is_unwind_exit(EG(exception)) && !zend_is_graceful_exit(EG(exception))) {
			zend_clear_exception();
		}
	}
	zval_ptr_dtor(&result);
}

ZEND_METHOD(MwNative_DeferredWrite, __invoke)
{
	zval properties[WRITE_PROPERTY_COUNT];

	/* The caller's name, which the host hands over, is of no use here. */
	for (int i = 0; i < WRITE_PROPERTY_COUNT; i++) {
		ZVAL_COPY_DEREF(&properties[i], slot(Z_OBJ_P(ZEND_THIS), i));
	}
	if (is_intact(properties)) {
		run_write(properties);
	} else {
		zend_throw_error(NULL, "MwNative\\DeferredWrite holds no write");
	}
	for (int i = 0; i < WRITE_PROPERTY_COUNT; i++) {
		zval_ptr_dtor(&properties[i]);
	}
}
