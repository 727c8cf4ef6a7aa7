#include "../php_mwnative.h"

#include "src/pool_scripts.h"

#include "zend_exceptions.h"
#include "ext/spl/spl_exceptions.h"

/* The same as keys, which know their hashes. */
static zend_string *property_keys[MWN_PC_PROPERTY_COUNT];

static const char *const property_names[MWN_PC_PROPERTY_COUNT] = {
#define X(name) [MWN_PC_PROPERTY_##name] = #name,
	MWN_PC_PROPERTIES(X)
#undef X
};

bool mwn_pool_counter_startup(void)
{
	mwn_slot_keys_init(property_keys, property_names, MWN_PC_PROPERTY_COUNT);
	return mwn_scripts_startup();
}

void mwn_pool_counter_bound(mwn_pool_counter_request *request, const mwn_binding *binding)
{
	request->binding = binding;
	request->status = NULL;
	mwn_slots_bind(request->slots, property_keys, MWN_PC_PROPERTY_COUNT, binding->shell);
}

bool mwn_pc_enter(zend_object *self)
{
	if (UNEXPECTED(!MWN_G(pool_counter_request).binding || mwn_callee_of(self)->served != MWN_POOL_COUNTER_REDIS)) {
		zend_type_error("MwNative\\PoolCounterRedis serves objects of the bound class only, %s given",
			ZSTR_VAL(self->ce->name));
		return false;
	}
	return mwn_wake(self);
}

zval *mwn_pc_slot(zend_object *self, mwn_pc_property property)
{
	return mwn_slot_read(self, MWN_G(pool_counter_request).slots[property]);
}

zend_string *mwn_pc_text(zend_object *self, mwn_pc_property property)
{
	zend_string *text;
	zval held;

	ZVAL_COPY(&held, mwn_pc_slot(self, property));
	text = zval_get_string(&held);
	zval_ptr_dtor(&held);
	return text;
}

void mwn_pc_set(zend_object *self, mwn_pc_property property, zval *value)
{
	const mwn_pool_counter_request *request = &MWN_G(pool_counter_request);

	mwn_slot_write(self, request->slots[property], request->binding->shell, property_keys[property], value);
}

/* ---- statuses ---- */

static bool make_status(zval *status, const char *lower_method, uint32_t count, zval *arguments)
{
	mwn_pool_counter_request *request = &MWN_G(pool_counter_request);
	zend_function *function;

	ZVAL_UNDEF(status);
	if (UNEXPECTED(!request->status)) {
		const char *name = request->binding->profile->status;
		zend_string *text = zend_string_init(name, strlen(name), false);
		request->status = zend_fetch_class(text, ZEND_FETCH_CLASS_EXCEPTION);
		zend_string_release(text);
		if (!request->status) {
			return false;
		}
	}
	function = zend_hash_str_find_ptr(&request->status->function_table, lower_method, strlen(lower_method));
	if (!function) {
		zend_throw_error(NULL, "Call to undefined method %s::%s()", ZSTR_VAL(request->status->name), lower_method);
		return false;
	}
	zend_call_known_function(function, NULL, request->status, status, count, arguments, NULL);
	if (EG(exception)) {
		zval_ptr_dtor(status);
		ZVAL_UNDEF(status);
		return false;
	}
	return true;
}

bool mwn_pc_good_value(zval *status, zval *value)
{
	return make_status(status, "newgood", 1, value);
}

bool mwn_pc_good(zval *status, zend_long code)
{
	zval value;

	ZVAL_LONG(&value, code);
	return mwn_pc_good_value(status, &value);
}

bool mwn_pc_fatal(zval *status, const char *message, const char *text)
{
	zval arguments[2];
	bool done;

	ZVAL_STRING(&arguments[0], message);
	ZVAL_STRING(&arguments[1], text);
	done = make_status(status, "newfatal", 2, arguments);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

/* ---- counters and log ---- */

static void free_counts(zval *entry)
{
	pefree(Z_PTR_P(entry), 1);
}

mwn_pc_counts *mwn_pc_counts_of(zend_object *self)
{
	/* A process that sees many types (tests, mostly) must not grow for ever. */
	enum { MOST_TYPES = 256 };
	mwn_pool_counter_process *process = &MWN_G(pool_counter_process);
	const zval *type = mwn_pc_slot(self, MWN_PC_PROPERTY_poolType);
	mwn_pc_counts *counts;
	zend_string *name;

	if (!process->counts) {
		process->counts = pemalloc(sizeof(HashTable), 1);
		zend_hash_init(process->counts, 8, NULL, free_counts, 1);
	}
	if (Z_TYPE_P(type) != IS_STRING) {
		return &process->other_counts;
	}
	counts = zend_hash_find_ptr(process->counts, Z_STR_P(type));
	if (counts) {
		return counts;
	}
	if (zend_hash_num_elements(process->counts) >= MOST_TYPES) {
		return &process->other_counts;
	}
	counts = pecalloc(1, sizeof(*counts), 1);
	name = zend_string_init(Z_STRVAL_P(type), Z_STRLEN_P(type), true);
	zend_hash_add_new_ptr(process->counts, name, counts);
	zend_string_release_ex(name, true);
	return counts;
}

/* An exception to be logged, not thrown: log processors look for one under this key. */
static void make_exception(zval *exception, const char *text)
{
	object_init_ex(exception, spl_ce_RuntimeException);
	zend_update_property_string(zend_ce_exception, Z_OBJ_P(exception), "message", sizeof("message") - 1, text);
}

/* logger->LEVEL( message, [ 'redis_server' => server, key => value ] ); takes the value over, if there is a key. */
static bool log_with(zend_object *self, mwn_method level, const char *message, const char *server, const char *key,
	zval *value)
{
	zval *logger = mwn_pc_slot(self, MWN_PC_PROPERTY_logger), arguments[2], held;
	bool done = true;

	if (level == MWN_CALL_error) {
		mwn_pc_counts_of(self)->errors++;
	}
	if (Z_TYPE_P(logger) != IS_OBJECT || EG(exception)) {
		if (key) {
			zval_ptr_dtor(value);
		}
		return !EG(exception);
	}
	ZVAL_COPY(&held, logger);
	ZVAL_STRING(&arguments[0], message);
	array_init(&arguments[1]);
	add_assoc_string(&arguments[1], "redis_server", server);
	if (key) {
		add_assoc_zval(&arguments[1], key, value);
	}
	done = mwn_call_on(&held, level, NULL, 2, arguments);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	zval_ptr_dtor(&held);
	return done;
}

bool mwn_pc_log(zend_object *self, mwn_method level, const char *message, const char *server, const char *reason)
{
	zval exception;

	if (!reason) {
		return log_with(self, level, message, server, NULL, NULL);
	}
	make_exception(&exception, reason);
	return log_with(self, level, message, server, "exception", &exception);
}

bool mwn_pc_log_refusal(zend_object *self, const char *server, const char *error)
{
	zval text;

	ZVAL_STRING(&text, error);
	return log_with(self, MWN_CALL_error, "Lua script error on server \"{redis_server}\": {lua_error}", server,
		"lua_error", &text);
}

void mwn_pool_counter_free(mwn_pool_counter_process *process)
{
	if (process->sets) {
		zend_hash_destroy(process->sets_by_config);
		pefree(process->sets_by_config, 1);
		zend_hash_destroy(process->sets);
		pefree(process->sets, 1);
	}
	if (process->counts) {
		zend_hash_destroy(process->counts);
		pefree(process->counts, 1);
	}
	memset(process, 0, sizeof(*process));
}
