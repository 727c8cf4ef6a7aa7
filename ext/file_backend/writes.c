/* Operations, quick operations and directories: the master first, then the clones. */
#include "../php_mwnative.h"

#include "src/storage_path.h"

/* ---- what the three kinds of write share ---- */

/* value->name; the caller releases the copy. */
static bool read_property(zval *value, zend_string *name, zval *copy)
{
	zval holder, *found;

	ZVAL_NULL(copy);
	if (UNEXPECTED(Z_TYPE_P(value) != IS_OBJECT)) {
		zend_error(E_WARNING, "Attempt to read property \"%s\" on %s", ZSTR_VAL(name), zend_zval_type_name(value));
		return !EG(exception);
	}
	ZVAL_UNDEF(&holder);
	found = Z_OBJ_HT_P(value)->read_property(Z_OBJ_P(value), name, BP_VAR_R, NULL, &holder);
	ZVAL_COPY_DEREF(copy, found);
	if (found == &holder) {
		zval_ptr_dtor(&holder);
	}
	if (EG(exception)) {
		zval_ptr_dtor(copy);
		ZVAL_UNDEF(copy);
		return false;
	}
	return true;
}

/* The overall result counts what the master did, not every backend's batch. */
static bool take_success_of_master(zval *status, zval *master_status)
{
	zend_string *fields[] = {MWN_STR(success), MWN_STR(successCount), MWN_STR(failCount)};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		zval value;
		if (!read_property(master_status, fields[i], &value)) {
			return false;
		}
		if (EXPECTED(Z_TYPE_P(status) == IS_OBJECT)) {
			Z_OBJ_HT_P(status)->write_property(Z_OBJ_P(status), fields[i], &value, NULL);
		} else {
			zend_throw_error(NULL, "Attempt to assign property \"%s\" on %s",
				ZSTR_VAL(fields[i]), zend_zval_type_name(status));
		}
		zval_ptr_dtor(&value);
		if (EG(exception)) {
			return false;
		}
	}
	return true;
}

static bool call_backend(zend_object *backend, zend_string *method, zval *result, uint32_t count, zval *arguments)
{
	return mwn_call_named(backend, method, MWN_G(file_backend_request).binding->shell, result, count, arguments);
}

/* The same on what may be no object: the engine's own error then. */
static bool call_backend_value(zval *backend, zend_string *method, zval *result, uint32_t count, zval *arguments)
{
	if (EXPECTED(Z_TYPE_P(backend) == IS_OBJECT)) {
		return call_backend(Z_OBJ_P(backend), method, result, count, arguments);
	}
	zend_throw_error(NULL, "Call to a member function %s() on %s", ZSTR_VAL(method),
#if PHP_VERSION_ID >= 80300
		zend_zval_value_name(backend));
#else
		zend_zval_type_name(backend));
#endif
	return false;
}

/* Runs a write on a clone, keeps its messages, counts its failure. */
static bool write_to_clone(zend_object *clone, zend_string *method, uint32_t count, zval *arguments, zval *status)
{
	zval result;
	bool done;

	if (!mwn_is_callable_on(status, MWN_CALL_merge)) {
		return false;
	}
	if (!call_backend(clone, method, &result, count, arguments)) {
		mwn_file_backend_count_failure(clone);
		return false;
	}
	done = mwn_fb_merge(status, &result);
	if (mwn_fb_is_failure(&result)) {
		mwn_file_backend_count_failure(clone);
	}
	zval_ptr_dtor(&result);
	return done;
}

static bool is_async(zend_object *self)
{
	return zend_is_true(mwn_fb_slot(self, MWN_PROPERTY_asyncWrites));
}

/* A file that nothing holds may be deleted as soon as the caller returns. */
static bool is_volatile(zval *op)
{
	zval holder, *name = mwn_fb_element(op, MWN_STR(op), &holder);
	bool stores = Z_TYPE_P(name) == IS_STRING && zend_string_equals(Z_STR_P(name), MWN_STR(store));

	zval_ptr_dtor(&holder);
	return stores && !EG(exception) && !mwn_fb_has_element(op, MWN_STR(srcRef));
}

static bool has_volatile_sources_own(HashTable *ops, bool *has)
{
	zval *op;

	*has = false;
	ZEND_HASH_FOREACH_VAL(ops, op) {
		zval held;
		ZVAL_COPY_DEREF(&held, op);
		*has = is_volatile(&held);
		zval_ptr_dtor(&held);
		if (*has || EG(exception)) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	return !EG(exception);
}

static bool has_volatile_sources(zend_object *self, HashTable *ops, bool *has)
{
	zval argument, result;

	if (!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_hasVolatileSources)) {
		return has_volatile_sources_own(ops, has);
	}
	mwn_borrow_array(&argument, ops);
	if (!mwn_call(self, MWN_CALL_hasVolatileSources, &result, 1, &argument)) {
		return false;
	}
	*has = zend_is_true(&result);
	zval_ptr_dtor(&result);
	return true;
}

/* Whether a batch may wait for the end of the response. */
static bool may_defer(zend_object *self, HashTable *ops, bool *defer)
{
	bool volatile_sources = false;

	*defer = is_async(self);
	if (*defer) {
		if (!has_volatile_sources(self, ops, &volatile_sources)) {
			return false;
		}
		*defer = !volatile_sources;
	}
	return true;
}

/* ---- operations ---- */

static bool log_sync_replication(zend_object *self, zend_object *clone, zval *paths)
{
	smart_str line = {0};
	zend_string *json, *name;

	if (mwn_fb_log_is_silent(self)) {
		return true;
	}
	json = mwn_fb_json(paths);
	if (!json) {
		return false;
	}
	name = zval_get_string(mwn_fb_slot(clone, MWN_PROPERTY_name));
	mwn_fb_log_begin(&line, "doOperationsInternal");
	smart_str_appendc(&line, '\'');
	smart_str_append(&line, name);
	smart_str_appends(&line, "' sync replication; paths: ");
	smart_str_append(&line, json);
	zend_string_release(name);
	zend_string_release(json);
	return mwn_fb_log(self, MWN_CALL_debug, &line);
}

/* One batch on its way through the backends. */
typedef struct {
	zend_object *self;
	HashTable *ops;
	zval master; /* as it was when the batch began */
	zval options;
	zval lock;
	zval paths;
	zval *status;
} batch;

static bool replicate_to_clone(batch *work, zend_object *clone)
{
	zval arguments[2];
	bool defer, done;

	if (!mwn_fb_subst_op_batch(work->self, work->ops, clone, &arguments[0])) {
		return false;
	}
	ZVAL_COPY_VALUE(&arguments[1], &work->options);
	done = may_defer(work->self, work->ops, &defer);
	if (done && defer) {
		done = mwn_fb_defer(work->self, clone, MWN_STR(doOperations), 2, arguments, &work->lock, &work->paths);
	} else if (done) {
		done = log_sync_replication(work->self, clone, &work->paths)
			&& write_to_clone(clone, MWN_STR(doOperations), 2, arguments, work->status);
	}
	zval_ptr_dtor(&arguments[0]);
	return done;
}

static bool replicate(batch *work)
{
	zend_ulong index;
	zend_string *key;
	zval *value, backends;
	bool done = true;

	ZEND_HASH_FOREACH_KEY_VAL(mwn_fb_hold_backends(work->self, &backends), index, key, value) {
		zend_object *clone;
		if (mwn_fb_is_master(work->self, index, key)) {
			continue;
		}
		clone = mwn_fb_as_backend(work->self, value, MWN_CALL_substOpBatchPaths);
		done = clone && replicate_to_clone(work, clone);
		if (clone) {
			OBJ_RELEASE(clone);
		}
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&backends);
	return done;
}

static bool log_failed_check(zend_object *self, zval *paths)
{
	smart_str line = {0};
	zend_string *json = mwn_fb_json(paths);

	if (!json) {
		return false;
	}
	mwn_fb_log_begin(&line, "doOperationsInternal");
	smart_str_appends(&line, "failed sync check: ");
	smart_str_append(&line, json);
	zend_string_release(json);
	return mwn_fb_log(self, MWN_CALL_error, &line);
}

/* Do the backends agree, or could they be made to? If not, the status says why. */
static bool check_and_mend(batch *work, bool *proceed)
{
	zval check, mended, mode;
	bool done, ok = false;

	if (!mwn_fb_consistency_check(work->self, &work->paths, &check)) {
		return false;
	}
	done = mwn_fb_status_is_ok(&check, &ok);
	if (done && !ok) {
		done = log_failed_check(work->self, &work->paths);
		/* Only now, and copied: the check and the log may have changed it, and mending may. */
		ZVAL_COPY(&mode, mwn_fb_slot(work->self, MWN_PROPERTY_autoResync));
		if (done && Z_TYPE(mode) != IS_FALSE) {
			done = mwn_fb_resync_files(work->self, &work->paths, &mode, &mended);
			if (done) {
				done = mwn_fb_status_is_ok(&mended, &ok);
				zval_ptr_dtor(&mended);
			}
		}
		zval_ptr_dtor(&mode);
		if (done && !ok) {
			done = mwn_fb_merge(work->status, &check);
		}
	}
	zval_ptr_dtor(&check);
	*proceed = ok;
	return done;
}

/* Locks, caches and checks: everything before the first write. */
static bool prepare_batch(batch *work, HashTable *given_options, bool *proceed)
{
	zval check, preserve;
	bool done;

	*proceed = false;
	if (!mwn_fb_flag(given_options, MWN_STR(nonLocking))) {
		if (!mwn_fb_scoped_locks_for_ops(work->self, work->ops, work->status, &work->lock)
			|| !mwn_fb_status_is_ok(work->status, proceed)) {
			return false;
		}
		if (!*proceed) {
			return true;
		}
	}
	if (!mwn_fb_storage_paths_for_ops(work->self, work->ops, &work->paths)
		|| !mwn_fb_clear_cache(work->self, &work->paths)) {
		return false;
	}
	/* From here on only files that are locked get into the caches. */
	ZVAL_ARR(&work->options, zend_array_dup(given_options));
	ZVAL_TRUE(&preserve);
	zend_hash_update(Z_ARRVAL(work->options), MWN_STR(preserveCache), &preserve);

	if (!mwn_is_callable_on(work->status, MWN_CALL_merge)
		|| !mwn_fb_accessibility_check(work->self, &work->paths, &check)) {
		return false;
	}
	done = mwn_fb_merge(work->status, &check);
	zval_ptr_dtor(&check);
	if (!done || !mwn_fb_status_is_ok(work->status, proceed)) {
		return false;
	}
	return !*proceed || check_and_mend(work, proceed);
}

/* Did the master do at least one operation without an unexpected error? */
static bool succeeded(zval *master_status, bool *success)
{
	zval count, zero;

	if (!mwn_fb_status_is_ok(master_status, success)) {
		return false;
	}
	if (*success) {
		if (!read_property(master_status, MWN_STR(successCount), &count)) {
			return false;
		}
		ZVAL_LONG(&zero, 0);
		*success = zend_compare(&count, &zero) > 0;
		zval_ptr_dtor(&count);
	}
	return !EG(exception);
}

static bool write_batch(batch *work)
{
	zend_object *master = mwn_fb_as_backend(work->self, &work->master, MWN_CALL_substOpBatchPaths);
	zval arguments[2], master_status;
	bool done, success = false;

	if (!master) {
		return false;
	}
	done = mwn_fb_subst_op_batch(work->self, work->ops, master, &arguments[0]);
	if (done) {
		ZVAL_COPY_VALUE(&arguments[1], &work->options);
		done = mwn_call(master, MWN_CALL_doOperations, &master_status, 2, arguments);
		zval_ptr_dtor(&arguments[0]);
	}
	OBJ_RELEASE(master);
	if (!done) {
		return false;
	}
	done = mwn_fb_merge(work->status, &master_status)
		&& succeeded(&master_status, &success)
		&& (!success || replicate(work))
		&& take_success_of_master(work->status, &master_status);
	zval_ptr_dtor(&master_status);
	return done;
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, doOperationsInternal)
{
	zend_object *self;
	HashTable *ops, *options;
	batch work;
	bool done, proceed;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(ops)
		Z_PARAM_ARRAY_HT(options)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self) || !mwn_fb_new_status(self, return_value)
		|| !mwn_fb_master_value(self, &work.master)) {
		return;
	}
	work.self = self;
	work.ops = ops;
	work.status = return_value;
	ZVAL_UNDEF(&work.options);
	ZVAL_UNDEF(&work.paths);
	ZVAL_NULL(&work.lock);
	done = prepare_batch(&work, options, &proceed) && (!proceed || write_batch(&work));
	zval_ptr_dtor(&work.options);
	zval_ptr_dtor(&work.paths);
	zval_ptr_dtor(&work.master);
	/* The lock goes last: until here nobody else may touch the files. */
	zval_ptr_dtor(&work.lock);
	if (!done) {
		zval_ptr_dtor(return_value);
		ZVAL_UNDEF(return_value);
	}
}

/* ---- quick operations ---- */

static bool quick_to_clone(zend_object *self, zend_object *clone, HashTable *ops, zval *status)
{
	zval real;
	bool done, defer;

	if (!mwn_fb_subst_op_batch(self, ops, clone, &real)) {
		return false;
	}
	done = may_defer(self, ops, &defer) && (defer
		? mwn_fb_defer(self, clone, MWN_STR(doQuickOperations), 1, &real, NULL, NULL)
		: write_to_clone(clone, MWN_STR(doQuickOperations), 1, &real, status));
	zval_ptr_dtor(&real);
	return done;
}

static bool quick_to_clones(zend_object *self, HashTable *ops, zval *status)
{
	zend_ulong index;
	zend_string *key;
	zval *value, backends;
	bool done = true;

	ZEND_HASH_FOREACH_KEY_VAL(mwn_fb_hold_backends(self, &backends), index, key, value) {
		zend_object *clone;
		if (mwn_fb_is_master(self, index, key)) {
			continue;
		}
		clone = mwn_fb_as_backend(self, value, MWN_CALL_substOpBatchPaths);
		done = clone && quick_to_clone(self, clone, ops, status);
		if (clone) {
			OBJ_RELEASE(clone);
		}
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&backends);
	return done;
}

static bool quick_to_master(zend_object *self, HashTable *ops, zval *master_status)
{
	zend_object *master = mwn_fb_master(self, MWN_CALL_substOpBatchPaths);
	zval real, again;
	bool done;

	if (!master) {
		return false;
	}
	done = mwn_fb_subst_op_batch(self, ops, master, &real);
	OBJ_RELEASE(master);
	if (!done) {
		return false;
	}
	/* Once more: an override of a path method may have put another into the proxy. */
	done = mwn_fb_master_value(self, &again);
	if (done) {
		done = mwn_call_on(&again, MWN_CALL_doQuickOperations, master_status, 1, &real);
		zval_ptr_dtor(&again);
	}
	zval_ptr_dtor(&real);
	return done;
}

static bool quick_operations(zend_object *self, HashTable *ops, zval *status)
{
	zval master_status;
	bool done;

	if (!quick_to_master(self, ops, &master_status)) {
		return false;
	}
	done = mwn_fb_merge(status, &master_status)
		&& (zend_is_true(mwn_fb_slot(self, MWN_PROPERTY_noPushQuickOps)) || quick_to_clones(self, ops, status))
		&& take_success_of_master(status, &master_status);
	zval_ptr_dtor(&master_status);
	return done;
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, doQuickOperationsInternal)
{
	zend_object *self;
	HashTable *ops, *options;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(ops)
		Z_PARAM_ARRAY_HT(options)
	ZEND_PARSE_PARAMETERS_END();
	(void)options; /* the host's class does not hand them on either */
	if (!mwn_fb_enter(self) || !mwn_fb_new_status(self, return_value)) {
		return;
	}
	if (!quick_operations(self, ops, return_value)) {
		zval_ptr_dtor(return_value);
		ZVAL_UNDEF(return_value);
	}
}

/* ---- directories ---- */

/* noPushDirConts: is the directory's container one that stays on the master? */
static bool stays_on_master(zend_object *self, HashTable *params)
{
	const zval *containers = mwn_fb_slot(self, MWN_PROPERTY_noPushDirConts);
	zval *container, *dir;
	const char *begin, *end;
	size_t length;

	if (Z_TYPE_P(containers) != IS_ARRAY || zend_hash_num_elements(Z_ARRVAL_P(containers)) == 0) {
		return false;
	}
	dir = mwn_fb_set(params, MWN_STR(dir));
	if (!dir || Z_TYPE_P(dir) != IS_STRING
		|| !mwn_is_storage_path((mwn_text){Z_STRVAL_P(dir), Z_STRLEN_P(dir)})) {
		return false;
	}
	begin = Z_STRVAL_P(dir) + MWN_STORAGE_SCHEME_LENGTH;
	begin = memchr(begin, '/', (size_t)(Z_STRVAL_P(dir) + Z_STRLEN_P(dir) - begin));
	if (!begin) {
		return false;
	}
	begin++;
	length = (size_t)(Z_STRVAL_P(dir) + Z_STRLEN_P(dir) - begin);
	end = memchr(begin, '/', length);
	length = end ? (size_t)(end - begin) : length;
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(containers), container) {
		ZVAL_DEREF(container);
		if (Z_TYPE_P(container) == IS_STRING && Z_STRLEN_P(container) == length
			&& memcmp(Z_STRVAL_P(container), begin, length) == 0) {
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return false;
}

static bool directory_to_clone(zend_object *self, zend_object *clone, zend_string *method, HashTable *params, zval *status)
{
	zval real;
	bool done;

	if (!mwn_fb_subst_op(self, params, clone, &real)) {
		return false;
	}
	done = is_async(self)
		? mwn_fb_defer(self, clone, method, 1, &real, NULL, NULL)
		: write_to_clone(clone, method, 1, &real, status);
	zval_ptr_dtor(&real);
	return done;
}

static bool directory_to_clones(zend_object *self, zend_string *method, HashTable *params, zval *status)
{
	zend_ulong index;
	zend_string *key;
	zval *value, backends;
	bool done = true;

	ZEND_HASH_FOREACH_KEY_VAL(mwn_fb_hold_backends(self, &backends), index, key, value) {
		zend_object *clone;
		if (mwn_fb_is_master(self, index, key)) {
			continue;
		}
		clone = mwn_fb_as_backend(self, value, MWN_CALL_substOpPaths);
		done = clone && directory_to_clone(self, clone, method, params, status);
		if (clone) {
			OBJ_RELEASE(clone);
		}
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&backends);
	return done;
}

static bool directory_to_master(zend_object *self, zend_string *method, HashTable *params, zval *master_status)
{
	zend_object *master = mwn_fb_master(self, MWN_CALL_substOpPaths);
	zval real, again;
	bool done;

	if (!master) {
		return false;
	}
	done = mwn_fb_subst_op(self, params, master, &real);
	OBJ_RELEASE(master);
	if (!done) {
		return false;
	}
	/* Once more: an override of a path method may have put another into the proxy. */
	done = mwn_fb_master_value(self, &again);
	if (done) {
		done = call_backend_value(&again, method, master_status, 1, &real);
		zval_ptr_dtor(&again);
	}
	zval_ptr_dtor(&real);
	return done;
}

static bool directory_op_own(zend_object *self, zend_string *method, HashTable *params, zval *status)
{
	zval master_status;
	bool done;

	if (!mwn_fb_new_status(self, status)) {
		return false;
	}
	done = directory_to_master(self, method, params, &master_status);
	if (done) {
		done = mwn_fb_merge(status, &master_status)
			&& (stays_on_master(self, params) || directory_to_clones(self, method, params, status));
		zval_ptr_dtor(&master_status);
	}
	if (!done) {
		zval_ptr_dtor(status);
		ZVAL_UNDEF(status);
	}
	return done;
}

static void directory_method(INTERNAL_FUNCTION_PARAMETERS, zend_string *method)
{
	zend_object *self;
	zval *params, arguments[2];
	mwn_callee *callee;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(params)
	ZEND_PARSE_PARAMETERS_END();
	callee = mwn_fb_enter(self);
	if (!callee) {
		return;
	}
	/* Also where the host will note the caller of a deferred update: doDirectoryOp() it is. */
	if (mwn_is_overridden(callee, MWN_CALL_doDirectoryOp) || is_async(self)) {
		ZVAL_STR(&arguments[0], method);
		ZVAL_COPY_VALUE(&arguments[1], params);
		mwn_call(self, MWN_CALL_doDirectoryOp, return_value, 2, arguments);
		return;
	}
	directory_op_own(self, method, Z_ARRVAL_P(params), return_value);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, doPrepare)
{
	directory_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_STR(prepare));
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, doSecure)
{
	directory_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_STR(secure));
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, doPublish)
{
	directory_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_STR(publish));
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, doClean)
{
	directory_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_STR(clean));
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, doDirectoryOp)
{
	zend_object *self;
	zval *name;
	HashTable *params;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(name)
		Z_PARAM_ARRAY_HT(params)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_fb_enter(self)) {
		return;
	}
	ZVAL_DEREF(name);
	if (Z_TYPE_P(name) != IS_STRING) {
		zend_throw_error(NULL, "Method name must be a string");
		return;
	}
	directory_op_own(self, Z_STR_P(name), params, return_value);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, hasVolatileSources)
{
	zend_object *self;
	HashTable *ops;
	bool has;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(ops)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self) && has_volatile_sources_own(ops, &has)) {
		RETURN_BOOL(has);
	}
}
