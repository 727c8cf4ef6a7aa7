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

/* A read on its way: the backend at the index that serves it, and the parameters under that backend's name. */
typedef struct {
	zval index; /* UNDEF: the master's, whatever it is at the moment */
	zval backend;
	zval params;
} reading;

static void free_reading(reading *read)
{
	zval_ptr_dtor(&read->index);
	zval_ptr_dtor(&read->backend);
	zval_ptr_dtor(&read->params);
}

/* Only then can host code have run while parameters were rewritten. */
static zend_always_inline bool overrides_paths(zend_object *self)
{
	const mwn_callee *callee = mwn_callee_of(self);

	return mwn_is_overridden(callee, MWN_CALL_substOpPaths) || mwn_is_overridden(callee, MWN_CALL_substOpBatchPaths)
		|| mwn_is_overridden(callee, MWN_CALL_substPaths);
}

static bool look_again(zend_object *self, reading *read)
{
	zval_ptr_dtor(&read->backend);
	return Z_TYPE(read->index) == IS_UNDEF
		? mwn_fb_master_value(self, &read->backend) : mwn_fb_value_at(self, &read->index, &read->backend);
}

/* Makes a read ready to be called, for the index that is set. Whatever it returns, free_reading() is due. Afterwards the
 * backend may be no object: as the original, the one is called that is in the proxy when its parameters are ready. */
static zend_always_inline bool prepare_reading(zend_object *self, HashTable *params, reading *read)
{
	zend_object *backend = Z_TYPE(read->index) == IS_UNDEF
		? mwn_fb_master(self, MWN_CALL_substOpPaths) : mwn_fb_backend_at(self, &read->index, MWN_CALL_substOpPaths);

	ZVAL_UNDEF(&read->backend);
	ZVAL_UNDEF(&read->params);
	if (!backend) {
		return false;
	}
	ZVAL_OBJ(&read->backend, backend);
	return mwn_fb_subst_op(self, params, backend, &read->params)
		&& (EXPECTED(!overrides_paths(self)) || look_again(self, read));
}

static zend_always_inline bool prepare_read(zend_object *self, HashTable *params, reading *read)
{
	if (!mwn_fb_read_index(self, params, &read->index)) {
		ZVAL_UNDEF(&read->backend);
		ZVAL_UNDEF(&read->params);
		return false;
	}
	return prepare_reading(self, params, read);
}

static zend_always_inline bool prepare_master_read(zend_object *self, HashTable *params, reading *read)
{
	ZVAL_UNDEF(&read->index);
	return prepare_reading(self, params, read);
}

/* A backend that serves a read, and the parameters for it. The shell makes the call: a call
 * from C would begin a virtual machine of its own, which costs more than all that is done here. */
static zend_always_inline void choose(INTERNAL_FUNCTION_PARAMETERS, bool from_master)
{
	zend_object *self;
	HashTable *params;
	zval *real_params;
	reading read;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
		Z_PARAM_ZVAL(real_params)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	if (from_master ? prepare_master_read(self, params, &read) : prepare_read(self, params, &read)) {
		ZVAL_COPY_VALUE(return_value, &read.backend);
		ZVAL_UNDEF(&read.backend);
		ZEND_TRY_ASSIGN_REF_TMP(real_params, &read.params);
		ZVAL_UNDEF(&read.params);
	}
	free_reading(&read);
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
	zval *index;
	HashTable *by_proxy_path;
} renamed_map;

static bool visit_file(zval *real_path, zval *value, void *context)
{
	renamed_map *map = context;
	zend_object *backend = mwn_fb_backend_at(map->self, map->index, MWN_CALL_unsubstPaths);
	zend_string *held, *key;
	zval proxy_path;
	bool done;

	if (!backend) {
		return false;
	}
	done = mwn_fb_unsubst_paths(map->self, real_path, backend, &proxy_path);
	OBJ_RELEASE(backend);
	if (!done) {
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
	zend_object *self;
	HashTable *params;
	zval found;
	reading read;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	if (prepare_read(self, params, &read) && mwn_call_on(&read.backend, method, &found, 1, &read.params)) {
		renamed_map map = {self, &read.index, zend_new_array(8)};
		ZVAL_ARR(return_value, map.by_proxy_path);
		mwn_iterate(&found, visit_file, &map);
		zval_ptr_dtor(&found);
	}
	free_reading(&read);
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
	zend_object *self;
	HashTable *params;
	zval result;
	reading read;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	/* The status comes first: the host's wrapper sees it made before the backend works. */
	if (!mwn_fb_enter(self) || !mwn_fb_new_status(self, return_value)) {
		return;
	}
	if (prepare_read(self, params, &read) && mwn_is_callable_on(return_value, MWN_CALL_merge)
		&& mwn_call_on(&read.backend, MWN_CALL_concatenate, &result, 1, &read.params)) {
		mwn_fb_merge(return_value, &result);
		zval_ptr_dtor(&result);
	}
	free_reading(&read);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, addShellboxInputFile)
{
	zend_object *self;
	zval *command, *boxed_name, arguments[3];
	HashTable *params;
	reading read;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJECT(command)
		Z_PARAM_ZVAL(boxed_name)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	if (prepare_read(self, params, &read)) {
		ZVAL_COPY_VALUE(&arguments[0], command);
		ZVAL_COPY_VALUE(&arguments[1], boxed_name);
		ZVAL_COPY_VALUE(&arguments[2], &read.params);
		mwn_call_on(&read.backend, MWN_CALL_addShellboxInputFile, return_value, 3, arguments);
	}
	free_reading(&read);
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

/* The files of one backend. LIST_ERROR: they are left out. */
static bool list_files_of(zend_object *self, zend_object *backend, HashTable *params, file_union *all)
{
	zval real, list;
	bool done;

	if (!mwn_fb_subst_op(self, params, backend, &real)) {
		return false;
	}
	done = mwn_call(backend, MWN_CALL_getFileList, &list, 1, &real);
	zval_ptr_dtor(&real);
	if (done) {
		done = Z_TYPE(list) == IS_NULL || mwn_iterate(&list, visit_listed_file, all);
		zval_ptr_dtor(&list);
	}
	return done;
}

static void list_all_files(zend_object *self, HashTable *params, zval *result)
{
	zval *value, backends;
	file_union all = {.files = zend_new_array(8)};

	zend_hash_init(&all.seen, 8, NULL, NULL, 0);
	ZEND_HASH_FOREACH_VAL(mwn_fb_hold_backends(self, &backends), value) {
		zend_object *backend = mwn_fb_as_backend(self, value, MWN_CALL_substOpPaths);
		bool done = backend && list_files_of(self, backend, params, &all);
		if (backend) {
			OBJ_RELEASE(backend);
		}
		if (!done || EG(exception)) {
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
	reading read;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	if (mwn_fb_profile()->lists_for_write && mwn_fb_flag(params, MWN_STR(forWrite))) {
		list_all_files(self, params, return_value);
		return;
	}
	if (prepare_master_read(self, params, &read)) {
		mwn_call_on(&read.backend, MWN_CALL_getFileList, return_value, 1, &read.params);
	}
	free_reading(&read);
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
	zval *value, held, backends, real;
	bool done = true;

	ZEND_HASH_FOREACH_VAL(mwn_fb_hold_backends(self, &backends), value) {
		ZVAL_NULL(&real);
		ZVAL_COPY_DEREF(&held, value);
		if (Z_TYPE_P(paths) == IS_ARRAY) {
			zend_object *backend = mwn_fb_as_backend(self, &held, MWN_CALL_substPaths);
			done = backend && mwn_fb_subst_paths(self, paths, backend, &real);
			if (backend) {
				OBJ_RELEASE(backend);
			}
		}
		if (done) {
			done = mwn_call_on(&held, MWN_CALL_clearCache, NULL, 1, &real);
			zval_ptr_dtor(&real);
		}
		zval_ptr_dtor(&held);
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&backends);
	return done;
}

bool mwn_fb_clear_cache(zend_object *self, zval *paths)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_clearCache)
		|| UNEXPECTED(Z_TYPE_P(paths) != IS_ARRAY && Z_TYPE_P(paths) != IS_NULL)) {
		return mwn_fb_call_self(self, MWN_CALL_clearCache, NULL, 1, paths);
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
	zval *paths, real, again;
	bool done;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(paths)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	backend = mwn_fb_backend_by(self, MWN_PROPERTY_readIndex, MWN_CALL_substPaths);
	if (!backend) {
		return;
	}
	done = mwn_fb_subst_paths(self, paths, backend, &real);
	OBJ_RELEASE(backend);
	if (!done) {
		return;
	}
	if (mwn_fb_value_by(self, MWN_PROPERTY_readIndex, &again)) {
		mwn_call_on(&again, MWN_CALL_preloadCache, NULL, 1, &real);
		zval_ptr_dtor(&again);
	}
	zval_ptr_dtor(&real);
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
