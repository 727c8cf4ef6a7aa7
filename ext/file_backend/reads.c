/* What is passed on to one backend: reads, caches and lists. */
#include "../php_mwnative.h"
#include "../iterate.h"

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
	backend = mwn_fb_backend_at(self, &index, MWN_CALL_substOpPaths);
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

/* A backend that serves a read, and the parameters for it. The shell makes the call: a call
 * from C would begin a virtual machine of its own, which costs more than all that is done here. */
static zend_always_inline void choose(INTERNAL_FUNCTION_PARAMETERS, bool from_master)
{
	zend_object *self, *backend;
	HashTable *params;
	zval *real_params, real;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
		Z_PARAM_ZVAL(real_params)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	backend = from_master ? mwn_fb_master(self, MWN_CALL_substOpPaths) : reader(self, params);
	if (!backend) {
		return;
	}
	/* Held: an override of a path method may replace it in the proxy. */
	ZVAL_OBJ_COPY(return_value, backend);
	if (mwn_fb_subst_op(self, params, backend, &real)) {
		ZEND_TRY_ASSIGN_REF_TMP(real_params, &real);
	}
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, reader)
{
	choose(INTERNAL_FUNCTION_PARAM_PASSTHRU, false);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, masterReader)
{
	choose(INTERNAL_FUNCTION_PARAM_PASSTHRU, true);
}

/* A map by real path on its way to one by proxy path. */
typedef struct {
	zend_object *self;
	zend_object *backend;
	HashTable *by_proxy_path;
} renamed_map;

static bool visit_file(zval *real_path, zval *value, void *context)
{
	renamed_map *map = context;
	zend_string *held, *key;
	zval proxy_path;

	if (!mwn_fb_unsubst_paths(map->self, real_path, map->backend, &proxy_path)) {
		return false;
	}
	key = zval_try_get_tmp_string(&proxy_path, &held);
	if (key) {
		Z_TRY_ADDREF_P(value);
		zend_symtable_update(map->by_proxy_path, key, value);
		zend_tmp_string_release(held);
	}
	zval_ptr_dtor(&proxy_path);
	return key != NULL;
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
		renamed_map map = {self, backend, zend_new_array(8)};
		ZVAL_ARR(return_value, map.by_proxy_path);
		mwn_iterate(&found, visit_file, &map);
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
	zval real, result;
	bool done;

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
	GC_ADDREF(backend);
	if (mwn_fb_subst_op(self, params, backend, &real)) {
		done = mwn_is_callable_on(return_value, MWN_CALL_merge)
			&& mwn_call(backend, MWN_CALL_concatenate, &result, 1, &real);
		zval_ptr_dtor(&real);
		if (done) {
			mwn_fb_merge(return_value, &result);
			zval_ptr_dtor(&result);
		}
	}
	OBJ_RELEASE(backend);
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

/* The files of all backends; of equal names the first is kept, as array_unique() does. */
typedef struct {
	HashTable *files;
	HashTable seen;
	zend_ulong listed; /* files so far, repeated ones too: the next key, since those leave gaps */
} file_union;

static bool visit_listed_file(zval *key, zval *file, void *context)
{
	file_union *all = context;
	zend_string *held, *name = zval_try_get_tmp_string(file, &held);

	(void)key;
	if (!name) {
		return false;
	}
	if (zend_hash_add_empty_element(&all->seen, name)) {
		Z_TRY_ADDREF_P(file);
		zend_hash_index_add_new(all->files, all->listed, file);
	}
	all->listed++;
	zend_tmp_string_release(held);
	return true;
}

static void list_all_files(zend_object *self, HashTable *params, zval *result)
{
	zval *value, backends, list;
	file_union all = {.files = zend_new_array(8)};

	zend_hash_init(&all.seen, 8, NULL, NULL, 0);
	ZEND_HASH_FOREACH_VAL(mwn_fb_hold_backends(self, &backends), value) {
		zend_object *backend = mwn_fb_as_backend(self, value, MWN_CALL_substOpPaths);
		ZVAL_UNDEF(&list);
		pass_on(self, backend, MWN_CALL_getFileList, params, &list);
		/* LIST_ERROR: that backend's files are left out. */
		if (!EG(exception) && Z_TYPE(list) != IS_NULL) {
			mwn_iterate(&list, visit_listed_file, &all);
		}
		zval_ptr_dtor(&list);
		if (EG(exception)) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zend_hash_destroy(&all.seen);
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
		pass_on(self, mwn_fb_master(self, MWN_CALL_substOpPaths), MWN_CALL_getFileList, params, return_value);
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
	zend_object *self;
	zval master;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self) || !mwn_fb_master_value(self, &master)) {
		return;
	}
	mwn_call_on(&master, MWN_CALL_getFeatures, return_value, 0, NULL);
	zval_ptr_dtor(&master);
}

/* ---- caches ---- */

static bool clear_cache_own(zend_object *self, zval *paths)
{
	zval *value, backends, real;
	bool done = true;

	ZEND_HASH_FOREACH_VAL(mwn_fb_hold_backends(self, &backends), value) {
		ZVAL_NULL(&real);
		if (Z_TYPE_P(paths) == IS_ARRAY) {
			zend_object *backend = mwn_fb_as_backend(self, value, MWN_CALL_substPaths);
			done = backend && mwn_fb_subst_paths(self, paths, backend, &real);
		}
		if (done) {
			done = mwn_call_on(value, MWN_CALL_clearCache, NULL, 1, &real);
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
	backend = mwn_fb_backend_at(self, mwn_fb_slot(self, MWN_PROPERTY_readIndex), MWN_CALL_substPaths);
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
