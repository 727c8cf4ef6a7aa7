/* Which files a batch touches, and the locks on them. */
#include "../php_mwnative.h"

#include "ext/standard/php_array.h"
#include "src/storage_path.h"

/* LockManager::LOCK_UW and LOCK_EX, the same on every host. */
enum { LOCK_SHARED_FOR_WRITE = 2, LOCK_EXCLUSIVE = 3 };

static bool file_exists(zend_object *self, zval *path, bool *exists)
{
	zval params, result, pair;
	bool done;

	array_init_size(&params, 1);
	ZVAL_COPY(&pair, path);
	zend_hash_add_new(Z_ARRVAL(params), MWN_STR(src), &pair);
	/* Through the method: a subclass may know better. */
	done = mwn_call(self, MWN_CALL_fileExists, &result, 1, &params);
	zval_ptr_dtor(&params);
	if (done) {
		*exists = zend_is_true(&result);
		zval_ptr_dtor(&result);
	}
	return done;
}

static bool append_element(HashTable *paths, zval *op, zend_string *key)
{
	zval holder, *path = mwn_fb_element(op, key, &holder);

	Z_TRY_ADDREF_P(path);
	zend_hash_next_index_insert(paths, path);
	zval_ptr_dtor(&holder);
	return !EG(exception);
}

static bool collect_source(zend_object *self, zval *op, HashTable *paths)
{
	bool exists = true;

	/* A source that may be missing and is: nothing will happen to it. */
	if (mwn_fb_has_true_element(op, MWN_STR(ignoreMissingSource))) {
		zval holder, *src = mwn_fb_element(op, MWN_STR(src), &holder);
		bool done = !EG(exception) && file_exists(self, src, &exists);
		zval_ptr_dtor(&holder);
		if (!done) {
			return false;
		}
	}
	return !EG(exception) && (!exists || append_element(paths, op, MWN_STR(src)));
}

static bool collect_sources(zval *op, HashTable *paths)
{
	zval holder, *srcs = mwn_fb_element(op, MWN_STR(srcs), &holder);

	if (!EG(exception)) {
		if (Z_TYPE_P(srcs) == IS_ARRAY) {
			php_array_merge(paths, Z_ARRVAL_P(srcs));
		} else {
			zend_type_error("array_merge(): Argument #2 must be of type array, %s given",
#if PHP_VERSION_ID >= 80300
				zend_zval_value_name(srcs));
#else
				zend_zval_type_name(srcs));
#endif
		}
	}
	zval_ptr_dtor(&holder);
	return !EG(exception);
}

/* `paths` receives what src, srcs and dst of one operation name. What is neither an array nor
 * an object with offsets has none of them. */
static bool collect_paths(zend_object *self, zval *op, HashTable *paths)
{
	if (mwn_fb_has_element(op, MWN_STR(src)) && !collect_source(self, op, paths)) {
		return false;
	}
	if (!EG(exception) && mwn_fb_has_element(op, MWN_STR(srcs)) && !collect_sources(op, paths)) {
		return false;
	}
	if (!EG(exception) && mwn_fb_has_element(op, MWN_STR(dst)) && !append_element(paths, op, MWN_STR(dst))) {
		return false;
	}
	return !EG(exception);
}

/* Strings only: the distinct storage paths in the order of their first appearance. */
static void distinct_storage_paths(HashTable *paths, zval *out)
{
	zval *path;
	HashTable seen;

	array_init_size(out, zend_hash_num_elements(paths));
	zend_hash_init(&seen, zend_hash_num_elements(paths), NULL, NULL, 0);
	ZEND_HASH_FOREACH_VAL(paths, path) {
		ZVAL_DEREF(path);
		if (mwn_is_storage_path((mwn_text){Z_STRVAL_P(path), Z_STRLEN_P(path)})
			&& zend_hash_add_empty_element(&seen, Z_STR_P(path))) {
			Z_TRY_ADDREF_P(path);
			zend_hash_next_index_insert_new(Z_ARRVAL_P(out), path);
		}
	} ZEND_HASH_FOREACH_END();
	zend_hash_destroy(&seen);
}

/* Odd values: PHP's own functions, so that its errors and conversions are PHP's. */
static bool distinct_odd_paths(zval *paths, zval *out)
{
	zval filter[2], filtered, distinct;
	bool done;

	ZVAL_COPY_VALUE(&filter[0], paths);
	array_init_size(&filter[1], 2);
	add_next_index_str(&filter[1], zend_string_copy(MWN_G(file_backend_request).binding->parent->name));
	add_next_index_string(&filter[1], "isStoragePath");
	done = mwn_call_function("array_filter", &filtered, 2, filter);
	zval_ptr_dtor(&filter[1]);
	ZVAL_UNDEF(out);
	if (!done) {
		return false;
	}
	done = mwn_call_function("array_unique", &distinct, 1, &filtered);
	zval_ptr_dtor(&filtered);
	if (!done) {
		return false;
	}
	done = mwn_call_function("array_values", out, 1, &distinct);
	zval_ptr_dtor(&distinct);
	return done;
}

static bool storage_paths_for_ops_own(zend_object *self, HashTable *ops, zval *out)
{
	zval *op, *path, paths;
	bool odd = false, done = true;

	array_init(&paths);
	ZEND_HASH_FOREACH_VAL(ops, op) {
		zval held;
		/* The caller's array may hold a reference, to which host code assigns meanwhile. */
		ZVAL_COPY_DEREF(&held, op);
		done = collect_paths(self, &held, Z_ARRVAL(paths));
		zval_ptr_dtor(&held);
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	if (done) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(paths), path) {
			ZVAL_DEREF(path);
			odd |= Z_TYPE_P(path) != IS_STRING;
		} ZEND_HASH_FOREACH_END();
		if (odd) {
			done = distinct_odd_paths(&paths, out);
		} else {
			distinct_storage_paths(Z_ARRVAL(paths), out);
		}
	} else {
		ZVAL_UNDEF(out);
	}
	zval_ptr_dtor(&paths);
	return done;
}

bool mwn_fb_storage_paths_for_ops(zend_object *self, HashTable *ops, zval *out)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_fileStoragePathsForOps)) {
		zval argument;
		mwn_borrow_array(&argument, ops);
		return mwn_call(self, MWN_CALL_fileStoragePathsForOps, out, 1, &argument);
	}
	return storage_paths_for_ops_own(self, ops, out);
}

/* Puts the proxy paths of one lock type into the map that the host's locking takes. */
static bool add_lock_paths(zend_object *self, zval *paths, zend_ulong type, zval *map)
{
	zend_object *master;
	zval renamed, nothing, *list = NULL;
	bool done;

	ZVAL_NULL(&nothing);
	if (Z_TYPE_P(paths) == IS_ARRAY) {
		list = zend_hash_index_find(Z_ARRVAL_P(paths), type);
		if (!list) {
			zend_error(E_WARNING, "Undefined array key " ZEND_ULONG_FMT, type);
		}
	} else {
		zend_error(E_WARNING, "Trying to access array offset on value of type %s", zend_zval_type_name(paths));
	}
	list = list ? list : &nothing;
	master = EG(exception) ? NULL : mwn_fb_master(self, MWN_CALL_unsubstPaths);
	if (!master) {
		return false;
	}
	done = mwn_fb_unsubst_paths(self, list, master, &renamed);
	OBJ_RELEASE(master);
	if (done) {
		zend_hash_index_update(Z_ARRVAL_P(map), type, &renamed);
	}
	return done;
}

static bool ask_master(zend_object *self, mwn_method method, zval *argument, zval *result)
{
	zval master;
	bool done;

	if (!mwn_fb_master_value(self, &master)) {
		return false;
	}
	done = mwn_call_on(&master, method, result, 1, argument);
	zval_ptr_dtor(&master);
	return done;
}

/* [ LOCK_UW => proxy paths, LOCK_EX => proxy paths ]: the master knows which files its operations need. As in the
 * original it is looked up for each step: an override of a path method may put another into the proxy. */
static bool paths_to_lock(zend_object *self, HashTable *ops, zval *map)
{
	zend_object *master = mwn_fb_master(self, MWN_CALL_substOpBatchPaths);
	zval real, operations, paths;
	bool done;

	if (!master) {
		return false;
	}
	done = mwn_fb_subst_op_batch(self, ops, master, &real);
	OBJ_RELEASE(master);
	if (!done) {
		return false;
	}
	done = ask_master(self, MWN_CALL_getOperationsInternal, &real, &operations);
	zval_ptr_dtor(&real);
	if (!done) {
		return false;
	}
	done = ask_master(self, MWN_CALL_getPathsToLockForOpsInternal, &operations, &paths);
	zval_ptr_dtor(&operations);
	if (!done) {
		return false;
	}
	array_init_size(map, 2);
	done = add_lock_paths(self, &paths, LOCK_SHARED_FOR_WRITE, map)
		&& add_lock_paths(self, &paths, LOCK_EXCLUSIVE, map);
	zval_ptr_dtor(&paths);
	if (!done) {
		zval_ptr_dtor(map);
	}
	return done;
}

static bool scoped_locks_for_ops_own(zend_object *self, HashTable *ops, zval *status, zval *lock)
{
	zval arguments[3];
	bool done;

	ZVAL_UNDEF(lock);
	if (!paths_to_lock(self, ops, &arguments[0])) {
		return false;
	}
	ZVAL_STR(&arguments[1], MWN_STR(mixed));
	ZVAL_COPY_VALUE(&arguments[2], status);
	done = mwn_call(self, MWN_CALL_getScopedFileLocks, lock, 3, arguments);
	zval_ptr_dtor(&arguments[0]);
	return done;
}

bool mwn_fb_scoped_locks_for_ops(zend_object *self, HashTable *ops, zval *status, zval *lock)
{
	zval arguments[2];

	/* Always through the method: its signature refuses what a status wrapper may have made. */
	mwn_borrow_array(&arguments[0], ops);
	ZVAL_COPY_VALUE(&arguments[1], status);
	return mwn_fb_call_self(self, MWN_CALL_getScopedLocksForOps, lock, 2, arguments);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, fileStoragePathsForOps)
{
	zend_object *self;
	HashTable *ops;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(ops)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		storage_paths_for_ops_own(self, ops, return_value);
	}
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, getScopedLocksForOps)
{
	zend_object *self;
	HashTable *ops;
	zval *status;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(ops)
		Z_PARAM_OBJECT(status)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		scoped_locks_for_ops_own(self, ops, status, return_value);
	}
}
