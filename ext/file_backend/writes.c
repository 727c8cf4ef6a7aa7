/* Operations and quick operations: the master first, then the clones. */
#include "../php_mwnative.h"

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

static bool replicate_to_clone(zend_object *self, zend_object *clone, void *context)
{
	batch *work = context;
	zval arguments[2];
	bool defer, done;

	if (!mwn_fb_subst_op_batch(self, work->ops, clone, &arguments[0])) {
		return false;
	}
	ZVAL_COPY_VALUE(&arguments[1], &work->options);
	done = mwn_fb_may_defer(self, work->ops, &defer);
	if (done && defer) {
		done = mwn_fb_defer(self, clone, MWN_STR(doOperations), 2, arguments, &work->lock, &work->paths);
	} else if (done) {
		done = log_sync_replication(self, clone, &work->paths)
			&& mwn_fb_write_to_clone(clone, MWN_STR(doOperations), 2, arguments, work->status);
	}
	zval_ptr_dtor(&arguments[0]);
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
		if (!mwn_fb_read_property(master_status, MWN_STR(successCount), &count)) {
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
		&& (!success || mwn_fb_each_clone(work->self, MWN_CALL_substOpBatchPaths, replicate_to_clone, work))
		&& mwn_fb_take_success_of_master(work->status, &master_status);
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

typedef struct {
	HashTable *ops;
	zval *status;
} quick_batch;

static bool quick_to_clone(zend_object *self, zend_object *clone, void *context)
{
	const quick_batch *work = context;
	zval real;
	bool done, defer;

	if (!mwn_fb_subst_op_batch(self, work->ops, clone, &real)) {
		return false;
	}
	done = mwn_fb_may_defer(self, work->ops, &defer) && (defer
		? mwn_fb_defer(self, clone, MWN_STR(doQuickOperations), 1, &real, NULL, NULL)
		: mwn_fb_write_to_clone(clone, MWN_STR(doQuickOperations), 1, &real, work->status));
	zval_ptr_dtor(&real);
	return done;
}

static bool quick_to_master(zend_object *self, HashTable *ops, zval *master_status)
{
	zend_object *master = mwn_fb_master(self, MWN_CALL_substOpBatchPaths);
	zval real;
	bool done;

	if (!master) {
		return false;
	}
	done = mwn_fb_subst_op_batch(self, ops, master, &real);
	OBJ_RELEASE(master);
	if (!done) {
		return false;
	}
	done = mwn_fb_write_to_master(self, MWN_STR(doQuickOperations), &real, master_status);
	zval_ptr_dtor(&real);
	return done;
}

static bool quick_operations(zend_object *self, HashTable *ops, zval *status)
{
	quick_batch work = {ops, status};
	zval master_status;
	bool done;

	if (!quick_to_master(self, ops, &master_status)) {
		return false;
	}
	done = mwn_fb_merge(status, &master_status)
		&& (zend_is_true(mwn_fb_slot(self, MWN_PROPERTY_noPushQuickOps))
			|| mwn_fb_each_clone(self, MWN_CALL_substOpBatchPaths, quick_to_clone, &work))
		&& mwn_fb_take_success_of_master(status, &master_status);
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
