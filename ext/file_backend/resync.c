/* resyncFiles: makes the clones agree with the master. */
#include "../php_mwnative.h"

/* One file in one backend. */
typedef struct {
	zend_object *backend; /* held */
	zval params; /* src and latest */
	zval path;   /* the real path: src of params, read once */
	zval stat;
	zval sha1;
} known_file;

typedef enum {
	KNOWN,    /* stat and sha1 are set */
	UNKNOWN,  /* told in the status and in the log */
	THROWN,
} knowledge;

typedef struct {
	zend_object *self;
	zval *status;
	zval *path;
	bool conservative;
} resync;

static void free_known_file(known_file *file)
{
	zval_ptr_dtor(&file->params);
	zval_ptr_dtor(&file->path);
	zval_ptr_dtor(&file->stat);
	zval_ptr_dtor(&file->sha1);
	OBJ_RELEASE(file->backend);
}

static void append_path(smart_str *line, zval *path)
{
	zend_string *held, *text = zval_get_tmp_string(path, &held);

	smart_str_append(line, text);
	zend_tmp_string_release(held);
}

/* "<method>: file '<path>'<text>" */
static bool log_about(const resync *work, mwn_method level, known_file *file, const char *text, known_file *other)
{
	smart_str line = {0};

	mwn_fb_log_begin(&line, "resyncFiles");
	smart_str_appends(&line, level == MWN_CALL_error && other ? "not allowed to delete file '" : "file '");
	append_path(&line, &file->path);
	smart_str_appends(&line, text);
	if (other && level == MWN_CALL_debug) {
		append_path(&line, &other->path);
		smart_str_appendc(&line, '\'');
	}
	return mwn_fb_log(work->self, level, &line);
}

static knowledge tell_unknown(const resync *work, known_file *file, const char *message, const char *text)
{
	return mwn_fb_fatal(work->status, message, work->path)
		&& log_about(work, MWN_CALL_error, file, text, NULL) ? UNKNOWN : THROWN;
}

/* Asks a backend, which it takes over, about the file. Whatever it returns, free_known_file() is due. */
static knowledge look_at(const resync *work, zend_object *backend, known_file *file)
{
	zval proxy, value, holder;
	bool done;

	file->backend = backend;
	ZVAL_UNDEF(&file->params);
	ZVAL_UNDEF(&file->path);
	ZVAL_UNDEF(&file->stat);
	ZVAL_UNDEF(&file->sha1);
	array_init_size(&proxy, 2);
	ZVAL_COPY_DEREF(&value, work->path);
	zend_hash_add_new(Z_ARRVAL(proxy), MWN_STR(src), &value);
	ZVAL_TRUE(&value);
	zend_hash_add_new(Z_ARRVAL(proxy), MWN_STR(latest), &value);
	done = mwn_fb_subst_op(work->self, Z_ARRVAL(proxy), backend, &file->params);
	zval_ptr_dtor(&proxy);
	if (!done) {
		return THROWN;
	}
	ZVAL_COPY(&file->path, mwn_fb_element(&file->params, MWN_STR(src), &holder));
	zval_ptr_dtor(&holder);
	if (EG(exception) || !mwn_call(backend, MWN_CALL_getFileStat, &file->stat, 1, &file->params)) {
		return THROWN;
	}
	if (Z_TYPE(file->stat) == IS_NULL) {
		return tell_unknown(work, file, "backend-fail-stat", "' is not available");
	}
	if (!mwn_fb_sha1(backend, &file->params, &file->sha1)) {
		return THROWN;
	}
	if ((Z_TYPE(file->sha1) != IS_FALSE) != zend_is_true(&file->stat)) {
		return tell_unknown(work, file, "backend-fail-hash", "' hash does not match stat");
	}
	return KNOWN;
}

static bool is_newer(known_file *clone, known_file *master)
{
	zval clone_holder, master_holder;
	bool newer = zend_compare(mwn_fb_element(&clone->stat, MWN_STR(mtime), &clone_holder),
		mwn_fb_element(&master->stat, MWN_STR(mtime), &master_holder)) > 0;

	zval_ptr_dtor(&clone_holder);
	zval_ptr_dtor(&master_holder);
	return newer;
}

/* Runs a quick operation on the clone and keeps its messages. */
static bool mend(const resync *work, known_file *clone, mwn_method method, zval *params)
{
	zval result;
	bool done;

	if (!mwn_is_callable_on(work->status, MWN_CALL_merge)
		|| !mwn_call(clone->backend, method, &result, 1, params)) {
		return false;
	}
	done = mwn_fb_merge(work->status, &result);
	if (done && !mwn_fb_is_failure(&result)) {
		MWN_G(file_backend_counters).resynced++;
	}
	zval_ptr_dtor(&result);
	return done;
}

static bool copy_from_master(const resync *work, known_file *clone, known_file *master)
{
	zval file, params;
	bool done;

	if (!mwn_call(master->backend, MWN_CALL_getLocalReference, &file, 1, &master->params)) {
		return false;
	}
	if (Z_TYPE(file) != IS_OBJECT) {
		/* The original would hand nothing to the clone as the source of the copy. */
		zval_ptr_dtor(&file);
		return mwn_fb_fatal(work->status, "backend-fail-read", work->path)
			&& log_about(work, MWN_CALL_error, master, "' cannot be read", NULL);
	}
	array_init_size(&params, 2);
	zend_hash_add_new(Z_ARRVAL(params), MWN_STR(src), &file);
	Z_TRY_ADDREF(clone->path);
	zend_hash_add_new(Z_ARRVAL(params), MWN_STR(dst), &clone->path);
	done = mend(work, clone, MWN_CALL_quickStore, &params);
	zval_ptr_dtor(&params);
	return done;
}

static bool delete_stray(const resync *work, known_file *clone)
{
	zval params;
	bool done;

	array_init_size(&params, 1);
	Z_TRY_ADDREF(clone->path);
	zend_hash_add_new(Z_ARRVAL(params), MWN_STR(src), &clone->path);
	done = mend(work, clone, MWN_CALL_quickDelete, &params);
	zval_ptr_dtor(&params);
	return done;
}

static bool mend_clone(const resync *work, known_file *clone, known_file *master)
{
	if (zend_is_identical(&master->sha1, &clone->sha1)) {
		return mwn_fb_log_is_silent(work->self)
			|| log_about(work, MWN_CALL_debug, clone, "' matches '", master);
	}
	if (Z_TYPE(master->sha1) != IS_FALSE) {
		/* Conservative: a newer file is not replaced by an older one. */
		if (work->conservative && zend_is_true(&clone->stat) && is_newer(clone, master)) {
			return mwn_fb_fatal(work->status, "backend-fail-synced", work->path);
		}
		return copy_from_master(work, clone, master);
	}
	if (Z_TYPE(master->stat) != IS_FALSE) {
		return true;
	}
	/* The master does not have it. Conservative: nothing is deleted. */
	if (work->conservative) {
		return mwn_fb_fatal(work->status, "backend-fail-synced", work->path)
			&& log_about(work, MWN_CALL_error, clone, "'", master);
	}
	return delete_stray(work, clone);
}

/* Takes the clone over. */
static bool resync_clone(const resync *work, zend_object *backend, known_file *master)
{
	known_file clone;
	knowledge found = look_at(work, backend, &clone);
	bool done = found != THROWN;

	if (found == KNOWN) {
		done = mend_clone(work, &clone, master);
	}
	free_known_file(&clone);
	return done && !EG(exception);
}

static bool resync_clones(const resync *work, known_file *master)
{
	zend_ulong index;
	zend_string *key;
	zval *value, backends;
	bool done = true;

	ZEND_HASH_FOREACH_KEY_VAL(mwn_fb_hold_backends(work->self, &backends), index, key, value) {
		zend_object *backend;
		if (mwn_fb_is_master(work->self, index, key)) {
			continue;
		}
		backend = mwn_fb_as_backend(work->self, value, MWN_CALL_substOpPaths);
		done = backend && resync_clone(work, backend, master);
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&backends);
	return done && !EG(exception);
}

static bool resync_file(const resync *work)
{
	zend_object *backend = mwn_fb_master(work->self, MWN_CALL_substOpPaths);
	known_file master;
	knowledge found;
	bool done = true;

	if (!backend) {
		return false;
	}
	found = look_at(work, backend, &master);
	if (found == KNOWN) {
		done = resync_clones(work, &master);
	}
	free_known_file(&master);
	return done && found != THROWN;
}

static bool log_failure(zend_object *self, zval *paths)
{
	smart_str line = {0};
	zend_string *json = mwn_fb_json(paths);

	if (!json) {
		return false;
	}
	mwn_fb_log_begin(&line, "resyncFiles");
	smart_str_appends(&line, "failed to resync: ");
	smart_str_append(&line, json);
	zend_string_release(json);
	return mwn_fb_log(self, MWN_CALL_error, &line);
}

static bool resync_files_own(zend_object *self, zval *paths, zval *mode, zval *status)
{
	resync work = {.self = self, .status = status};
	zval *path;
	bool done = true, ok;

	if (!mwn_fb_new_status(self, status)) {
		return false;
	}
	ZVAL_DEREF(mode);
	work.conservative = Z_TYPE_P(mode) == IS_STRING && zend_string_equals(Z_STR_P(mode), MWN_STR(conservative));
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(paths), path) {
		work.path = path;
		done = resync_file(&work);
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	done = done && mwn_fb_status_is_ok(status, &ok) && (ok || log_failure(self, paths));
	if (!done) {
		zval_ptr_dtor(status);
		ZVAL_UNDEF(status);
	}
	return done;
}

bool mwn_fb_resync_files(zend_object *self, zval *paths, zval *mode, zval *status)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_resyncFiles) || UNEXPECTED(Z_TYPE_P(paths) != IS_ARRAY)) {
		zval arguments[2];
		ZVAL_COPY_VALUE(&arguments[0], paths);
		ZVAL_COPY_VALUE(&arguments[1], mode);
		return mwn_fb_call_self(self, MWN_CALL_resyncFiles, status, 2, arguments);
	}
	return resync_files_own(self, paths, mode, status);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, resyncFiles)
{
	zend_object *self;
	zval *paths, *mode;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(paths)
		Z_PARAM_ZVAL(mode)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		resync_files_own(self, paths, mode, return_value);
	}
}
