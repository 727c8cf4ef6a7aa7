/* The constructor: builds the backends of the proxy from its configuration. */
#include "../php_mwnative.h"
#include "../iterate.h"

#include "zend_exceptions.h"
#include "ext/spl/spl_exceptions.h"

static void set_property_copy(zend_object *self, mwn_fb_property property, zval *value)
{
	zval copy;

	ZVAL_COPY_DEREF(&copy, value);
	mwn_fb_set_property(self, property, &copy);
}

/* config[key], or the default where it is missing or null. */
static void set_from_config(zend_object *self, mwn_fb_property property, HashTable *config,
	zend_string *key, zval *otherwise)
{
	zval *value = mwn_fb_set(config, key);

	set_property_copy(self, property, value ? value : otherwise);
}

static bool call_parent_constructor(zend_object *self, HashTable *config)
{
	zend_class_entry *parent = MWN_G(file_backend_request).binding->parent;
	zval argument, unused;

	mwn_borrow_array(&argument, config);
	if (parent->constructor) {
		zend_call_known_function(parent->constructor, self, self->ce, &unused, 1, &argument, NULL);
		zval_ptr_dtor(&unused);
	}
	return !EG(exception);
}

static void read_own_settings(zend_object *self, HashTable *config)
{
	zval value, *replication = mwn_fb_set(config, MWN_STR(replication)), *containers;

	ZVAL_LONG(&value, 1); /* CHECK_SIZE */
	set_from_config(self, MWN_PROPERTY_syncChecks, config, MWN_STR(syncChecks), &value);
	ZVAL_FALSE(&value);
	set_from_config(self, MWN_PROPERTY_autoResync, config, MWN_STR(autoResync), &value);
	ZVAL_BOOL(&value, replication && Z_TYPE_P(replication) == IS_STRING
		&& zend_string_equals(Z_STR_P(replication), MWN_STR(async)));
	mwn_fb_set_property(self, MWN_PROPERTY_asyncWrites, &value);
	ZVAL_BOOL(&value, mwn_fb_flag(config, MWN_STR(noPushQuickOps)));
	mwn_fb_set_property(self, MWN_PROPERTY_noPushQuickOps, &value);
	containers = mwn_fb_set(config, MWN_STR(noPushDirConts));
	if (containers && Z_TYPE_P(containers) == IS_ARRAY) {
		set_property_copy(self, MWN_PROPERTY_noPushDirConts, containers);
	}
}

/* A float as a key is cut off, and PHP says so each time it is used. */
static zend_long key_from_float(double number)
{
	zend_long key = zend_dval_to_lval(number);

	if (!zend_is_long_compatible(number, key)) {
		zend_string *text = zend_double_to_str(number);
		zend_error(E_DEPRECATED, "Implicit conversion from float %s to int loses precision", ZSTR_VAL(text));
		zend_string_release(text);
	}
	return key;
}

/* The key that a name becomes in an array: "1" and 1 are the same name. */
static bool key_from_name(zval *name, zval *key)
{
	switch (Z_TYPE_P(name)) {
		case IS_STRING:
			ZVAL_COPY_VALUE(key, name);
			return true;
		case IS_NULL:
			ZVAL_EMPTY_STRING(key);
			return true;
		case IS_DOUBLE:
			ZVAL_LONG(key, key_from_float(Z_DVAL_P(name)));
			return !EG(exception);
		case IS_ARRAY:
		case IS_OBJECT:
#if PHP_VERSION_ID >= 80300
			zend_illegal_container_offset(ZSTR_KNOWN(ZEND_STR_ARRAY), name, BP_VAR_IS);
#else
			zend_type_error("Illegal offset type in isset or empty");
#endif
			return false;
		default:
			ZVAL_LONG(key, zval_get_long(name));
			return true;
	}
}

static bool claim_name(HashTable *names, zval *name)
{
	zval key, one;
	zend_string *held, *text;
	bool taken;

	if (!key_from_name(name, &key)) {
		return false;
	}
	taken = Z_TYPE(key) == IS_LONG
		? zend_hash_index_exists(names, Z_LVAL(key)) : zend_symtable_exists(names, Z_STR(key));
	if (taken) {
		text = zval_get_tmp_string(name, &held);
		zend_throw_exception_ex(spl_ce_LogicException, 0,
			"Two or more backends defined with the name %s.", ZSTR_VAL(text));
		zend_tmp_string_release(held);
		return false;
	}
	/* A second time, for the assignment. */
	if (!key_from_name(name, &key)) {
		return false;
	}
	ZVAL_LONG(&one, 1);
	if (Z_TYPE(key) == IS_LONG) {
		zend_hash_index_update(names, Z_LVAL(key), &one);
	} else {
		zend_symtable_update(names, Z_STR(key), &one);
	}
	return true;
}

static bool is_below_zero(zval *index)
{
	zval zero;

	ZVAL_LONG(&zero, 0);
	return zend_compare(index, &zero) < 0;
}

/* What a backend does not decide for itself: the proxy locks, and is read-only or not. */
static void alter_settings(zend_object *self, HashTable *settings)
{
	zval value;

	zend_hash_del(settings, MWN_STR(readOnly));
	zend_hash_del(settings, MWN_STR(lockManager));
	ZVAL_COPY(&value, mwn_fb_slot(self, MWN_PROPERTY_domainId));
	zend_hash_update(settings, MWN_STR(domainId), &value);
	ZVAL_COPY(&value, mwn_fb_slot(self, MWN_PROPERTY_logger));
	zend_hash_update(settings, MWN_STR(logger), &value);
}

/* `new $class( $settings )` */
static bool make_backend(zval *class_name, zval *settings, zval *backend)
{
	zend_class_entry *class_entry;
	zend_class_entry *scope = EG(fake_scope);
	zend_function *constructor;
	zval unused;

	ZVAL_UNDEF(backend);
	if (Z_TYPE_P(class_name) == IS_OBJECT) {
		class_entry = Z_OBJCE_P(class_name);
	} else if (Z_TYPE_P(class_name) == IS_STRING) {
		class_entry = zend_fetch_class(Z_STR_P(class_name), ZEND_FETCH_CLASS_DEFAULT | ZEND_FETCH_CLASS_EXCEPTION);
	} else {
		zend_throw_error(NULL, "Class name must be a valid object or a string");
		class_entry = NULL;
	}
	if (!class_entry || object_init_ex(backend, class_entry) != SUCCESS) {
		ZVAL_UNDEF(backend);
		return false;
	}
	/* What the shell may construct is what counts, not what the body may. */
	EG(fake_scope) = MWN_G(file_backend_request).binding->shell;
	constructor = Z_OBJ_HT_P(backend)->get_constructor(Z_OBJ_P(backend));
	EG(fake_scope) = scope;
	if (constructor) {
		zend_call_known_function(constructor, Z_OBJ_P(backend), class_entry, &unused, 1, settings, NULL);
		zval_ptr_dtor(&unused);
	}
	if (EG(exception)) {
		/* As after `new`: a half-built object is not destructed. */
		zend_object_store_ctor_failed(Z_OBJ_P(backend));
		zval_ptr_dtor(backend);
		ZVAL_UNDEF(backend);
		return false;
	}
	return true;
}

static bool store_backend(zend_object *self, zval *index, zval *backend)
{
	zval list;

	ZVAL_COPY(&list, mwn_fb_slot(self, MWN_PROPERTY_backends));
	if (Z_TYPE(list) != IS_ARRAY) {
		zval_ptr_dtor(&list);
		array_init(&list);
	}
	/* The property's own reference goes first, so that the list is not copied for each backend. */
	zval nothing;
	ZVAL_EMPTY_ARRAY(&nothing);
	mwn_fb_set_property(self, MWN_PROPERTY_backends, &nothing);
	SEPARATE_ARRAY(&list);
	if (Z_TYPE_P(index) == IS_STRING) {
		zend_symtable_update(Z_ARRVAL(list), Z_STR_P(index), backend);
	} else {
		zend_hash_index_update(Z_ARRVAL(list), Z_LVAL_P(index), backend);
	}
	mwn_fb_set_property(self, MWN_PROPERTY_backends, &list);
	return !EG(exception);
}

/* The configuration of a backend as an array that may be changed, as PHP makes one of what is
 * none when elements are unset and assigned. */
static bool copy_settings(zval *index, zval *given, zval *settings)
{
	switch (Z_TYPE_P(given)) {
		case IS_ARRAY:
			ZVAL_ARR(settings, zend_array_dup(Z_ARRVAL_P(given)));
			return true;
		case IS_FALSE:
			/* Once for each of two elements unset, once for the first assigned. */
			for (int i = 0; i < 3 && !EG(exception); i++) {
				zend_error(E_DEPRECATED, "Automatic conversion of false to array is deprecated");
			}
			ZEND_FALLTHROUGH;
		case IS_NULL:
			array_init(settings);
			if (EG(exception)) {
				zval_ptr_dtor(settings);
				return false;
			}
			return true;
		case IS_OBJECT:
			zend_type_error("The configuration of backend " ZEND_LONG_FMT " must be an array, %s given",
				zval_get_long(index), ZSTR_VAL(Z_OBJCE_P(given)->name));
			return false;
		default:
			zend_throw_error(NULL, "Cannot unset offset in a non-array variable");
			return false;
	}
}

static bool add_backend(zend_object *self, zval *index, zval *given, HashTable *names)
{
	zval settings, holder, backend, held, *name, *class_name;
	bool done = false;

	/* Warnings about it run PHP, and it may be a reference. */
	ZVAL_COPY_DEREF(&held, given);
	name = mwn_fb_element(&held, MWN_STR(name), &holder);
	done = !EG(exception) && claim_name(names, name) && copy_settings(index, &held, &settings);
	zval_ptr_dtor(&holder);
	zval_ptr_dtor(&held);
	if (!done) {
		return false;
	}
	alter_settings(self, Z_ARRVAL(settings));
	done = false;
	if (mwn_fb_flag(Z_ARRVAL(settings), MWN_STR(isMultiMaster))) {
		if (!is_below_zero(mwn_fb_slot(self, MWN_PROPERTY_masterIndex))) {
			zend_throw_exception(spl_ce_LogicException, "More than one master backend defined.", 0);
			goto end;
		}
		set_property_copy(self, MWN_PROPERTY_masterIndex, index);
	}
	if (mwn_fb_flag(Z_ARRVAL(settings), MWN_STR(readAffinity))) {
		set_property_copy(self, MWN_PROPERTY_readIndex, index);
	}
	class_name = mwn_fb_set(Z_ARRVAL(settings), MWN_STR(class));
	if (!class_name) {
		zend_throw_exception(spl_ce_InvalidArgumentException, "No class given for a backend config.", 0);
		goto end;
	}
	/* The autoloader runs PHP. */
	ZVAL_COPY(&held, class_name);
	done = make_backend(&held, &settings, &backend) && store_backend(self, index, &backend);
	zval_ptr_dtor(&held);
end:
	zval_ptr_dtor(&settings);
	return done;
}

/* A Traversable may have any value as a key; as an index it becomes what PHP's arrays make of it. */
static bool index_from_key(zval *key, zval *index)
{
	switch (Z_TYPE_P(key)) {
		case IS_LONG:
		case IS_STRING:
			ZVAL_COPY_VALUE(index, key);
			return true;
		case IS_NULL:
			ZVAL_EMPTY_STRING(index);
			return true;
		case IS_ARRAY:
		case IS_OBJECT:
			zend_type_error("Illegal offset type");
			return false;
		default:
			ZVAL_LONG(index, zval_get_long(key));
			return true;
	}
}

/* The proxy, and the names that its backends have taken so far. */
typedef struct {
	zend_object *self;
	HashTable names;
} construction;

static bool visit_backend(zval *key, zval *given, void *context)
{
	construction *work = context;
	zval index;

	return index_from_key(key, &index) && add_backend(work->self, &index, given, &work->names);
}

static bool add_backends(zend_object *self, HashTable *config)
{
	construction work = {.self = self};
	zval list, holder, *backends;
	bool done;

	mwn_share_array(&list, config);
	backends = mwn_fb_element(&list, MWN_STR(backends), &holder);
	zend_hash_init(&work.names, 8, NULL, NULL, 0);
	done = !EG(exception) && mwn_iterate(backends, visit_backend, &work);
	zend_hash_destroy(&work.names);
	zval_ptr_dtor(&holder);
	zval_ptr_dtor(&list);
	return done;
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, construct)
{
	zend_object *self;
	HashTable *config;
	zval master;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(config)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self) || !call_parent_constructor(self, config)) {
		return;
	}
	read_own_settings(self, config);
	if (EG(exception) || !add_backends(self, config)) {
		return;
	}
	ZVAL_COPY(&master, mwn_fb_slot(self, MWN_PROPERTY_masterIndex));
	if (is_below_zero(&master)) {
		zend_throw_exception(spl_ce_LogicException, "No master backend defined.", 0);
	} else if (is_below_zero(mwn_fb_slot(self, MWN_PROPERTY_readIndex))) {
		set_property_copy(self, MWN_PROPERTY_readIndex, &master);
	}
	zval_ptr_dtor(&master);
}
