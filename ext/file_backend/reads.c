/* What is passed on to one backend: reads, caches and lists. */
#include "../php_mwnative.h"

#include "zend_interfaces.h"
#include "ext/spl/spl_iterators.h"

static bool read_index_own(zend_object *self, HashTable *params, zval *index)
{
	ZVAL_COPY(index, mwn_fb_slot(self, mwn_fb_flag(params, MWN_STR(latest))
		? MWN_PROPERTY_masterIndex : MWN_PROPERTY_readIndex));
	return !EG(exception);
}

bool mwn_fb_read_index(zend_object *self, HashTable *params, zval *index)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getReadIndexFromParams)) {
		zval argument;
		mwn_borrow_array(&argument, params);
		return mwn_call(self, MWN_CALL_getReadIndexFromParams, index, 1, &argument);
	}
	return read_index_own(self, params, index);
}

/* The backend that serves a read. */
static zend_object *reader(zend_object *self, HashTable *params)
{
	zval index;
	zend_object *backend;

	if (!mwn_fb_read_index(self, params, &index)) {
		return NULL;
	}
	backend = mwn_fb_backend_at(self, &index, params);
	zval_ptr_dtor(&index);
	return backend;
}

/* Passes a read on. The backend is held: a callee may replace it in the proxy. */
static void pass_on(zend_object *self, zend_object *backend, mwn_method method, HashTable *params, zval *result)
{
	zval real;

	if (!backend) {
		return;
	}
	GC_ADDREF(backend);
	if (mwn_fb_subst_op(self, params, backend, &real)) {
		mwn_call(backend, method, result, 1, &real);
		zval_ptr_dtor(&real);
	}
	OBJ_RELEASE(backend);
}

static zend_always_inline void read_through(INTERNAL_FUNCTION_PARAMETERS, mwn_method method, bool from_master)
{
	zend_object *self;
	HashTable *params;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		pass_on(self, from_master ? mwn_fb_master(self, params) : reader(self, params), method, params, return_value);
	}
}

#define READ(name) \
	ZEND_METHOD(MwNative_FileBackendMultiWrite, name) \
	{ \
		read_through(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_CALL_##name, false); \
	}
#define READ_FROM_MASTER(name) \
	ZEND_METHOD(MwNative_FileBackendMultiWrite, name) \
	{ \
		read_through(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_CALL_##name, true); \
	}

READ(fileExists)
READ(getFileTimestamp)
READ(getFileSize)
READ(getFileStat)
READ(getFileXAttributes)
READ(getFileSha1Base36)
READ(getFileProps)
READ(streamFile)
READ(getFileHttpUrl)
READ(preloadFileStat)
READ_FROM_MASTER(directoryExists)
READ_FROM_MASTER(getDirectoryList)

/* PHP's array[key] = value for a key of any type that a path can have become. */
static bool set_by_path(zval *array, zval *path, zval *value)
{
	zend_string *held, *key;

	ZVAL_DEREF(value);
	if (Z_TYPE_P(path) == IS_LONG) {
		Z_TRY_ADDREF_P(value);
		zend_hash_index_update(Z_ARRVAL_P(array), Z_LVAL_P(path), value);
		return true;
	}
	key = zval_try_get_tmp_string(path, &held);
	if (!key) {
		return false;
	}
	Z_TRY_ADDREF_P(value);
	zend_symtable_update(Z_ARRVAL_P(array), key, value);
	zend_tmp_string_release(held);
	return true;
}

/* A map by real path becomes one by proxy path. */
static bool by_proxy_path(zend_object *self, zend_object *backend, zval *by_real_path, zval *out)
{
	zend_ulong index;
	zend_string *key;
	zval *value, path, renamed;

	array_init_size(out, zend_hash_num_elements(Z_ARRVAL_P(by_real_path)));
	ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(by_real_path), index, key, value) {
		bool done;
		if (key) {
			ZVAL_STR(&path, key);
		} else {
			ZVAL_LONG(&path, (zend_long)index);
		}
		done = mwn_fb_unsubst_paths(self, &path, backend, &renamed);
		if (done) {
			done = set_by_path(out, &renamed, value);
			zval_ptr_dtor(&renamed);
		}
		if (!done) {
			zval_ptr_dtor(out);
			ZVAL_UNDEF(out);
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static void read_multi(INTERNAL_FUNCTION_PARAMETERS, mwn_method method)
{
	zend_object *self, *backend;
	HashTable *params;
	zval found;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	backend = reader(self, params);
	if (!backend) {
		return;
	}
	GC_ADDREF(backend);
	ZVAL_UNDEF(&found);
	pass_on(self, backend, method, params, &found);
	if (!EG(exception)) {
		if (EXPECTED(Z_TYPE(found) == IS_ARRAY)) {
			by_proxy_path(self, backend, &found, return_value);
		} else {
			zend_error(E_WARNING, "foreach() argument must be of type array|object, %s given",
				zend_zval_type_name(&found));
			array_init(return_value);
		}
	}
	zval_ptr_dtor(&found);
	OBJ_RELEASE(backend);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, getFileContentsMulti)
{
	read_multi(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_CALL_getFileContentsMulti);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, getLocalReferenceMulti)
{
	read_multi(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_CALL_getLocalReferenceMulti);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, getLocalCopyMulti)
{
	read_multi(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_CALL_getLocalCopyMulti);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, concatenate)
{
	zend_object *self, *backend;
	HashTable *params;
	zval result;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	/* The status comes first: the host's wrapper sees it made before the backend works. */
	if (!mwn_fb_enter(self) || !mwn_fb_new_status(self, return_value)) {
		return;
	}
	backend = reader(self, params);
	if (!backend) {
		return;
	}
	ZVAL_UNDEF(&result);
	pass_on(self, backend, MWN_CALL_concatenate, params, &result);
	if (!EG(exception)) {
		mwn_fb_merge(return_value, &result);
	}
	zval_ptr_dtor(&result);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, addShellboxInputFile)
{
	zend_object *self, *backend;
	zval *command, *boxed_name, arguments[3];
	HashTable *params;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJECT(command)
		Z_PARAM_ZVAL(boxed_name)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	backend = reader(self, params);
	if (!backend) {
		return;
	}
	GC_ADDREF(backend);
	if (mwn_fb_subst_op(self, params, backend, &arguments[2])) {
		ZVAL_COPY_VALUE(&arguments[0], command);
		ZVAL_COPY_VALUE(&arguments[1], boxed_name);
		mwn_call(backend, MWN_CALL_addShellboxInputFile, return_value, 3, arguments);
		zval_ptr_dtor(&arguments[2]);
	}
	OBJ_RELEASE(backend);
}

/* One file of a backend's list; the union keeps the first of equal names, as array_unique() does. */
typedef struct {
	HashTable *files;
	HashTable *seen;
	zend_ulong listed; /* files so far, repeated ones too: the next key, since those leave gaps */
} file_union;

static bool add_file(file_union *all, zval *file)
{
	zend_string *held, *name;

	ZVAL_DEREF(file);
	name = zval_try_get_tmp_string(file, &held);
	if (!name) {
		return false;
	}
	if (zend_hash_add_empty_element(all->seen, name)) {
		Z_TRY_ADDREF_P(file);
		zend_hash_index_add_new(all->files, all->listed, file);
	}
	all->listed++;
	zend_tmp_string_release(held);
	return true;
}

static int add_iterated_file(zend_object_iterator *iterator, void *all)
{
	zval *file = iterator->funcs->get_current_data(iterator);

	if (EG(exception) || !file || !add_file(all, file)) {
		return ZEND_HASH_APPLY_STOP;
	}
	return ZEND_HASH_APPLY_KEEP;
}

static bool add_files(file_union *all, zval *list)
{
	zval *file;

	if (Z_TYPE_P(list) == IS_NULL) {
		return true;
	}
	if (Z_TYPE_P(list) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(list), file) {
			if (!add_file(all, file)) {
				return false;
			}
		} ZEND_HASH_FOREACH_END();
		return true;
	}
	if (Z_TYPE_P(list) == IS_OBJECT && instanceof_function(Z_OBJCE_P(list), zend_ce_traversable)) {
		spl_iterator_apply(list, add_iterated_file, all);
	} else {
		zend_error(E_WARNING, "foreach() argument must be of type array|object, %s given",
			zend_zval_type_name(list));
	}
	return !EG(exception);
}

static void list_all_files(zend_object *self, HashTable *params, zval *result)
{
	zval *value, backends, list;
	file_union all;
	HashTable seen;

	all.files = zend_new_array(8);
	all.seen = &seen;
	all.listed = 0;
	zend_hash_init(&seen, 8, NULL, NULL, 0);
	ZEND_HASH_FOREACH_VAL(mwn_fb_hold_backends(self, &backends), value) {
		zend_object *backend = mwn_fb_as_backend(self, value, params);
		ZVAL_UNDEF(&list);
		pass_on(self, backend, MWN_CALL_getFileList, params, &list);
		if (!EG(exception)) {
			add_files(&all, &list);
		}
		zval_ptr_dtor(&list);
		if (EG(exception)) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zend_hash_destroy(&seen);
	zval_ptr_dtor(&backends);
	ZVAL_ARR(result, all.files);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, getFileList)
{
	zend_object *self;
	HashTable *params;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	if (mwn_fb_profile()->lists_for_write && mwn_fb_flag(params, MWN_STR(forWrite))) {
		list_all_files(self, params, return_value);
	} else {
		pass_on(self, mwn_fb_master(self, params), MWN_CALL_getFileList, params, return_value);
	}
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, getFileListForWrite)
{
	zend_object *self;
	HashTable *params;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		list_all_files(self, params, return_value);
	}
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, getFeatures)
{
	zend_object *self, *master;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	master = mwn_fb_master(self, NULL);
	if (master) {
		mwn_call(master, MWN_CALL_getFeatures, return_value, 0, NULL);
	}
}

/* ---- caches ---- */

static bool clear_cache_own(zend_object *self, zval *paths)
{
	zval *value, backends, real;
	bool done = true;

	ZEND_HASH_FOREACH_VAL(mwn_fb_hold_backends(self, &backends), value) {
		zend_object *backend = mwn_fb_as_backend(self, value, NULL);
		done = backend != NULL;
		if (done && Z_TYPE_P(paths) == IS_ARRAY) {
			done = mwn_fb_subst_paths(self, paths, backend, &real);
		} else {
			ZVAL_NULL(&real);
		}
		if (done) {
			done = mwn_call(backend, MWN_CALL_clearCache, NULL, 1, &real);
			zval_ptr_dtor(&real);
		}
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&backends);
	return done;
}

bool mwn_fb_clear_cache(zend_object *self, zval *paths)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_clearCache)) {
		return mwn_call(self, MWN_CALL_clearCache, NULL, 1, paths);
	}
	return clear_cache_own(self, paths);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, clearCache)
{
	zend_object *self;
	zval *paths, all;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_OR_NULL(paths)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		ZVAL_NULL(&all);
		clear_cache_own(self, paths ? paths : &all);
	}
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, preloadCache)
{
	zend_object *self, *backend;
	zval *paths, real;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(paths)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	backend = mwn_fb_backend_at(self, mwn_fb_slot(self, MWN_PROPERTY_readIndex), NULL);
	if (!backend) {
		return;
	}
	GC_ADDREF(backend);
	if (mwn_fb_subst_paths(self, paths, backend, &real)) {
		mwn_call(backend, MWN_CALL_preloadCache, NULL, 1, &real);
		zval_ptr_dtor(&real);
	}
	OBJ_RELEASE(backend);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, getReadIndexFromParams)
{
	zend_object *self;
	HashTable *params;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		read_index_own(self, params, return_value);
	}
}
