#include "../php_mwnative.h"

zend_string *mwn_fb_strings[MWN_FB_STRING_COUNT];

/* The same as keys, which know their hashes. */
static zend_string *property_keys[MWN_FB_PROPERTY_COUNT];

static const char *const property_names[MWN_FB_PROPERTY_COUNT] = {
#define X(name) [MWN_PROPERTY_##name] = #name,
	MWN_FB_PROPERTIES(X)
#undef X
};

void mwn_file_backend_startup(void)
{
	static const char *const texts[MWN_FB_STRING_COUNT] = {
#define X(name) [MWN_STRING_##name] = #name,
		MWN_FB_STRINGS(X)
#undef X
	};

	for (int i = 0; i < MWN_FB_STRING_COUNT; i++) {
		mwn_fb_strings[i] = zend_string_init_interned(texts[i], strlen(texts[i]), true);
	}
	mwn_slot_keys_init(property_keys, property_names, MWN_FB_PROPERTY_COUNT);
	mwn_fb_deferred_startup();
}

void mwn_file_backend_bound(mwn_file_backend_request *request, const mwn_binding *binding)
{
	request->binding = binding;
	request->store = NULL;
	mwn_slots_bind(request->slots, property_keys, MWN_FB_PROPERTY_COUNT, binding->shell);
}

const mwn_host_profile *mwn_fb_profile(void)
{
	return MWN_G(file_backend_request).binding->profile;
}

/* A host's class if it is loaded already. */
static zend_class_entry *loaded_class(const char *name)
{
	zend_string *text = zend_string_init(name, strlen(name), false);
	zend_class_entry *class_entry = zend_lookup_class_ex(text, NULL, ZEND_FETCH_CLASS_NO_AUTOLOAD);

	zend_string_release(text);
	return class_entry;
}

/* Has the class nothing of its own, beyond `ancestor`, but a constructor? */
static bool adds_nothing_to(const zend_class_entry *class_entry, const zend_class_entry *ancestor)
{
	const zend_function *function;

	ZEND_HASH_FOREACH_PTR((HashTable *)&class_entry->function_table, function) {
		if (!instanceof_function(ancestor, function->common.scope) && !(function->common.fn_flags & ZEND_ACC_CTOR)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

bool mwn_fb_hashes_locally(mwn_callee *callee)
{
	if (UNEXPECTED(callee->hashes_locally == MWN_UNKNOWN)) {
		const zend_class_entry *local = loaded_class(mwn_fb_profile()->fs_file_backend);
		callee->hashes_locally = local && instanceof_function(callee->class_entry, local)
			&& adds_nothing_to(callee->class_entry, local) ? MWN_YES : MWN_NO;
	}
	return callee->hashes_locally == MWN_YES;
}

bool mwn_file_backend_is_store(mwn_file_backend_request *request, const zend_class_entry *class_entry)
{
	if (!request->binding) {
		return false;
	}
	if (!request->store) {
		request->store = loaded_class(request->binding->profile->file_backend_store);
	}
	return request->store && instanceof_function(class_entry, request->store);
}

mwn_callee *mwn_fb_enter(zend_object *self)
{
	/* Before there is a bound class nothing can be known of any other. */
	mwn_callee *callee = MWN_G(file_backend_request).binding ? mwn_callee_of(self) : NULL;

	if (UNEXPECTED(!callee || callee->served != MWN_FILE_BACKEND_MULTI_WRITE)) {
		zend_type_error("MwNative\\FileBackendMultiWrite serves objects of the bound class only, %s given",
			ZSTR_VAL(self->ce->name));
		return NULL;
	}
	MWN_G(file_backend_counters).calls++;
	return mwn_wake(self) ? callee : NULL;
}

void mwn_fb_set_property(zend_object *object, mwn_fb_property property, zval *value)
{
	const mwn_slot *slot = &MWN_G(file_backend_request).slots[property];

	mwn_slot_write(object, *slot, slot->scope, slot->key, value);
}

zend_object *mwn_fb_as_backend(zend_object *self, zval *value, mwn_method refuser)
{
	zend_execute_data *body;
	zval arguments[2];

	ZVAL_DEREF(value);
	if (EXPECTED(Z_TYPE_P(value) == IS_OBJECT) && EXPECTED(mwn_callee_of(Z_OBJ_P(value))->is_store)) {
		GC_ADDREF(Z_OBJ_P(value));
		return Z_OBJ_P(value);
	}
	ZVAL_EMPTY_ARRAY(&arguments[0]);
	ZVAL_COPY_VALUE(&arguments[1], value);
	body = mwn_hide_body_frame();
	mwn_call(self, refuser, NULL, 2, arguments);
	mwn_show_body_frame(body);
	if (!EG(exception)) {
		zend_throw_error(NULL, "%s holds a backend that is no %s",
			ZSTR_VAL(self->ce->name), mwn_fb_profile()->file_backend_store);
	}
	return NULL;
}

/* What stands at an index; for a missing one null, after PHP's warning. */
static bool value_in(const zval *backends, zval *index, zval *value)
{
	zval *found = NULL;

	if (EXPECTED(Z_TYPE_P(backends) == IS_ARRAY)) {
		if (EXPECTED(Z_TYPE_P(index) == IS_LONG)) {
			found = zend_hash_index_find(Z_ARRVAL_P(backends), Z_LVAL_P(index));
		} else if (Z_TYPE_P(index) == IS_STRING) {
			found = zend_symtable_find(Z_ARRVAL_P(backends), Z_STR_P(index));
		}
	}
	if (EXPECTED(found)) {
		ZVAL_COPY_DEREF(value, found);
		return true;
	}
	ZVAL_NULL(value);
	if (Z_TYPE_P(backends) != IS_ARRAY) {
#if PHP_VERSION_ID >= 80300
		zend_error(E_WARNING, "Trying to access array offset on %s", zend_zval_value_name(backends));
#else
		zend_error(E_WARNING, "Trying to access array offset on value of type %s", zend_zval_type_name(backends));
#endif
	} else if (Z_TYPE_P(index) == IS_STRING || Z_TYPE_P(index) == IS_NULL) {
		zend_error(E_WARNING, "Undefined array key \"%s\"", Z_TYPE_P(index) == IS_NULL ? "" : Z_STRVAL_P(index));
	} else {
		zend_error(E_WARNING, "Undefined array key " ZEND_LONG_FMT, zval_get_long(index));
	}
	if (EG(exception)) {
		ZVAL_UNDEF(value);
		return false;
	}
	return true;
}

zend_object *mwn_fb_backend_at(zend_object *self, zval *index, mwn_method refuser)
{
	zval value;
	zend_object *backend;

	if (!mwn_fb_value_at(self, index, &value)) {
		return NULL;
	}
	backend = mwn_fb_as_backend(self, &value, refuser);
	zval_ptr_dtor(&value);
	return backend;
}

bool mwn_fb_value_at(zend_object *self, zval *index, zval *value)
{
	return value_in(mwn_fb_slot(self, MWN_PROPERTY_backends), index, value);
}

bool mwn_fb_value_by(zend_object *self, mwn_fb_property property, zval *value)
{
	/* In PHP's order, which __get() can see. */
	zval *index = mwn_fb_slot(self, property);

	return mwn_fb_value_at(self, index, value);
}

bool mwn_fb_master_value(zend_object *self, zval *value)
{
	return mwn_fb_value_by(self, MWN_PROPERTY_masterIndex, value);
}

HashTable *mwn_fb_hold_backends(zend_object *self, zval *held)
{
	zval *backends = mwn_fb_slot(self, MWN_PROPERTY_backends);

	if (EXPECTED(Z_TYPE_P(backends) == IS_ARRAY)) {
		ZVAL_COPY(held, backends);
	} else {
		zend_error(E_WARNING, "foreach() argument must be of type array|object, %s given",
			zend_zval_type_name(backends));
		ZVAL_EMPTY_ARRAY(held);
	}
	return Z_ARRVAL_P(held);
}

zend_object *mwn_fb_backend_by(zend_object *self, mwn_fb_property property, mwn_method refuser)
{
	zval value;
	zend_object *backend;

	if (!mwn_fb_value_by(self, property, &value)) {
		return NULL;
	}
	backend = mwn_fb_as_backend(self, &value, refuser);
	zval_ptr_dtor(&value);
	return backend;
}

zend_object *mwn_fb_master(zend_object *self, mwn_method refuser)
{
	return mwn_fb_backend_by(self, MWN_PROPERTY_masterIndex, refuser);
}

bool mwn_fb_is_master(zend_object *self, zend_ulong index, zend_string *key)
{
	const zval *master = mwn_fb_slot(self, MWN_PROPERTY_masterIndex);

	return key
		? Z_TYPE_P(master) == IS_STRING && zend_string_equals(Z_STR_P(master), key)
		: Z_TYPE_P(master) == IS_LONG && (zend_ulong)Z_LVAL_P(master) == index;
}

void mwn_file_backend_free_counters(mwn_file_backend_counters *counters)
{
	if (counters->replication_failures) {
		zend_hash_destroy(counters->replication_failures);
		pefree(counters->replication_failures, 1);
		counters->replication_failures = NULL;
	}
}

void mwn_file_backend_count_failure(zend_object *backend)
{
	/* A process that sees many names (tests, mostly) must not grow for ever. */
	enum { MOST_NAMES = 256 };
	mwn_file_backend_counters *counters = &MWN_G(file_backend_counters);
	const zval *name = mwn_fb_place(backend, MWN_PROPERTY_name);
	zval *count, one;

	if (!name || Z_TYPE_P(name) != IS_STRING) {
		return;
	}
	if (!counters->replication_failures) {
		counters->replication_failures = pemalloc(sizeof(HashTable), 1);
		zend_hash_init(counters->replication_failures, 8, NULL, NULL, 1);
	}
	count = zend_hash_find(counters->replication_failures, Z_STR_P(name));
	if (count) {
		Z_LVAL_P(count)++;
	} else if (zend_hash_num_elements(counters->replication_failures) < MOST_NAMES) {
		zend_string *key = zend_string_init(Z_STRVAL_P(name), Z_STRLEN_P(name), true);
		ZVAL_LONG(&one, 1);
		zend_hash_add_new(counters->replication_failures, key, &one);
		zend_string_release_ex(key, true);
	}
}
