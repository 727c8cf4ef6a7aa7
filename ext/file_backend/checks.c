/* accessibilityCheck and consistencyCheck: can the backends hold the files, and do they agree? */
#include "../php_mwnative.h"

#include "src/timestamp.h"

/* FileBackendMultiWrite::CHECK_* */
enum { CHECK_SIZE = 1, CHECK_TIME = 2, CHECK_SHA1 = 4 };
/* Clocks and slow writes: modification times this far apart are the same. */
enum { TIME_TOLERANCE_SECONDS = 30 };
/* TS_UNIX of the host's ConvertibleTimestamp. */
enum { TS_UNIX = 0 };

/* ---- accessibilityCheck ---- */

static bool check_usable(zend_object *self, zend_object *backend, zval *path, zval *status)
{
	zval real, usable;
	bool done;

	if (!mwn_fb_subst_paths(self, path, backend, &real)) {
		return false;
	}
	done = mwn_call(backend, MWN_CALL_isPathUsableInternal, &usable, 1, &real);
	zval_ptr_dtor(&real);
	if (!done) {
		return false;
	}
	if (!zend_is_true(&usable)) {
		done = mwn_fb_fatal(status, "backend-fail-usable", path);
	}
	zval_ptr_dtor(&usable);
	return done;
}

static uint32_t count_backends(zend_object *self)
{
	const zval *backends = mwn_fb_slot(self, MWN_PROPERTY_backends);

	return Z_TYPE_P(backends) == IS_ARRAY ? zend_hash_num_elements(Z_ARRVAL_P(backends)) : 0;
}

static bool accessibility_check_own(zend_object *self, zval *paths, zval *status)
{
	zval backends, *path, *value;
	bool done = true;

	if (!mwn_fb_new_status(self, status)) {
		return false;
	}
	if (count_backends(self) <= 1) {
		return true;
	}
	mwn_fb_hold_backends(self, &backends);
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(paths), path) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(backends), value) {
			zend_object *backend = mwn_fb_as_backend(self, value, MWN_CALL_substPaths);
			done = backend && check_usable(self, backend, path, status);
			if (backend) {
				OBJ_RELEASE(backend);
			}
			if (!done) {
				goto end;
			}
		} ZEND_HASH_FOREACH_END();
	} ZEND_HASH_FOREACH_END();
end:
	zval_ptr_dtor(&backends);
	if (!done) {
		zval_ptr_dtor(status);
		ZVAL_UNDEF(status);
	}
	return done;
}

bool mwn_fb_accessibility_check(zend_object *self, zval *paths, zval *status)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_accessibilityCheck) || UNEXPECTED(Z_TYPE_P(paths) != IS_ARRAY)) {
		return mwn_fb_call_self(self, MWN_CALL_accessibilityCheck, status, 1, paths);
	}
	return accessibility_check_own(self, paths, status);
}

/* ---- consistencyCheck ---- */

/* One backend during a check. */
typedef struct {
	zval *value;         /* as it stands in the list */
	zend_object *object; /* held; NULL: not looked at yet */
	bool is_master;
	zval real_paths; /* the paths under its name, by the keys of `paths`; UNDEF: rewrite one by one */
	zval params;     /* src and latest of the file at hand */
} checked_backend;

typedef struct {
	zend_object *self;
	zval *status;
	uint32_t count;
	zval list;                 /* the proxy's list, held */
	checked_backend *backends; /* in the order of the list */
	checked_backend *master;
} consistency;

/* Is there anything to check? Not for `syncChecks == 0`, whatever it was configured as. */
static bool wants_checks(zend_object *self)
{
	zval *checks = mwn_fb_slot(self, MWN_PROPERTY_syncChecks), zero;

	if (EXPECTED(Z_TYPE_P(checks) == IS_LONG)) {
		return Z_LVAL_P(checks) != 0;
	}
	ZVAL_LONG(&zero, 0);
	return zend_compare(checks, &zero) != 0 && !EG(exception);
}

/* `syncChecks & bit`; for what is no int PHP's own operator, which may throw. */
static bool wants_check(const consistency *check, zend_long bit)
{
	zval *checks = mwn_fb_slot(check->self, MWN_PROPERTY_syncChecks), right, result;
	bool wanted;

	if (EXPECTED(Z_TYPE_P(checks) == IS_LONG)) {
		return (Z_LVAL_P(checks) & bit) != 0;
	}
	ZVAL_LONG(&right, bit);
	ZVAL_UNDEF(&result);
	wanted = bitwise_and_function(&result, checks, &right) == SUCCESS && zend_is_true(&result);
	zval_ptr_dtor(&result);
	return wanted;
}

/* [ 'src' => path, 'latest' => true ]; the array of the last file is used again if nobody kept it. */
static void set_params(zval *params, zval *src)
{
	zval value;

	Z_TRY_ADDREF_P(src);
	if (Z_TYPE_P(params) == IS_ARRAY && Z_REFCOUNT_P(params) == 1) {
		zval *place = zend_hash_find_known_hash(Z_ARRVAL_P(params), MWN_STR(src));
		if (place) {
			zval_ptr_dtor(place);
			ZVAL_COPY_VALUE(place, src);
			return;
		}
	}
	zval_ptr_dtor(params);
	array_init_size(params, 2);
	zend_hash_add_new(Z_ARRVAL_P(params), MWN_STR(src), src);
	ZVAL_TRUE(&value);
	zend_hash_add_new(Z_ARRVAL_P(params), MWN_STR(latest), &value);
}

/* A value that is no backend is refused when it is first used, as the original refuses it. */
static bool resolve(zend_object *self, checked_backend *backend, mwn_method refuser)
{
	if (!backend->object) {
		backend->object = mwn_fb_as_backend(self, backend->value, refuser);
	}
	return backend->object != NULL;
}

/* Loads the stats of all files of a backend at once. */
static bool preload_stats(zend_object *self, checked_backend *backend, zval *paths)
{
	zval params, value;
	bool done;

	if (!resolve(self, backend, MWN_CALL_substPaths)
		|| !mwn_fb_subst_paths(self, paths, backend->object, &backend->real_paths)) {
		return false;
	}
	array_init_size(&params, 2);
	ZVAL_COPY(&value, &backend->real_paths);
	zend_hash_add_new(Z_ARRVAL(params), MWN_STR(srcs), &value);
	ZVAL_TRUE(&value);
	zend_hash_add_new(Z_ARRVAL(params), MWN_STR(latest), &value);
	done = mwn_call(backend->object, MWN_CALL_preloadFileStat, NULL, 1, &params);
	zval_ptr_dtor(&params);
	return done;
}

/* The parameters for one file under the name of one backend. */
static bool prepare_params(zend_object *self, checked_backend *backend, zend_ulong index, zend_string *key, zval *path)
{
	const mwn_callee *callee = mwn_callee_of(self);
	zval proxy, real;

	if (!resolve(self, backend, MWN_CALL_substOpPaths)) {
		return false;
	}
	ZVAL_DEREF(path);
	if (EXPECTED(Z_TYPE_P(path) == IS_STRING) && EXPECTED(Z_TYPE(backend->real_paths) == IS_ARRAY)
		&& !mwn_is_overridden(callee, MWN_CALL_substOpPaths)
		&& !mwn_is_overridden(callee, MWN_CALL_substOpBatchPaths)
		&& !mwn_is_overridden(callee, MWN_CALL_substPaths)) {
		zval *known = key
			? zend_hash_find(Z_ARRVAL(backend->real_paths), key)
			: zend_hash_index_find(Z_ARRVAL(backend->real_paths), index);
		if (EXPECTED(known)) {
			set_params(&backend->params, known);
			return true;
		}
	}
	ZVAL_UNDEF(&proxy);
	set_params(&proxy, path);
	if (!mwn_fb_subst_op(self, Z_ARRVAL(proxy), backend->object, &real)) {
		zval_ptr_dtor(&proxy);
		return false;
	}
	zval_ptr_dtor(&proxy);
	zval_ptr_dtor(&backend->params);
	ZVAL_COPY_VALUE(&backend->params, &real);
	return true;
}

/* Seconds since 1970, as the host converts them; what it cannot read counts as 0. */
static bool unix_time(zval *timestamp, zend_long *seconds)
{
	zval arguments[2], result;
	int64_t parsed;

	if (EXPECTED(Z_TYPE_P(timestamp) == IS_STRING)
		&& mwn_timestamp_to_unix(Z_STRVAL_P(timestamp), Z_STRLEN_P(timestamp), &parsed)) {
		*seconds = (zend_long)parsed;
		return true;
	}
	ZVAL_LONG(&arguments[0], TS_UNIX);
	ZVAL_COPY_VALUE(&arguments[1], timestamp);
	if (!mwn_call_static("Wikimedia\\Timestamp\\ConvertibleTimestamp", "convert", &result, 2, arguments)) {
		return false;
	}
	*seconds = zval_get_long(&result);
	zval_ptr_dtor(&result);
	return true;
}

static bool sizes_differ(zval *master_stat, zval *clone_stat)
{
	zval clone_holder, master_holder;
	zval *clone = mwn_fb_element(clone_stat, MWN_STR(size), &clone_holder);
	zval *master = mwn_fb_element(master_stat, MWN_STR(size), &master_holder);
	bool differ = !zend_is_identical(clone, master);

	zval_ptr_dtor(&clone_holder);
	zval_ptr_dtor(&master_holder);
	return differ;
}

static bool times_differ(zval *master_stat, zval *clone_stat, bool *differ)
{
	zval clone_holder, master_holder;
	zval *master = mwn_fb_element(master_stat, MWN_STR(mtime), &master_holder);
	zval *clone;
	zend_long master_time = 0, clone_time = 0;
	bool done = unix_time(master, &master_time);

	ZVAL_NULL(&clone_holder);
	if (done) {
		clone = mwn_fb_element(clone_stat, MWN_STR(mtime), &clone_holder);
		done = unix_time(clone, &clone_time);
	}
	*differ = ZEND_ABS(master_time - clone_time) > TIME_TOLERANCE_SECONDS;
	zval_ptr_dtor(&clone_holder);
	zval_ptr_dtor(&master_holder);
	return done;
}

/* Does one clone agree with the master about the file whose parameters are set? */
static bool compare_clone(const consistency *check, checked_backend *clone,
	zval *master_stat, zval *master_sha1, bool *agrees)
{
	zval clone_stat, clone_sha1;
	bool done = true;

	if (!mwn_call(clone->object, MWN_CALL_getFileStat, &clone_stat, 1, &clone->params)) {
		return false;
	}
	*agrees = true;
	if (!zend_is_true(master_stat) || !zend_is_true(&clone_stat)) {
		*agrees = zend_is_true(master_stat) == zend_is_true(&clone_stat);
	} else if (wants_check(check, CHECK_SIZE) && sizes_differ(master_stat, &clone_stat)) {
		*agrees = false;
	} else {
		bool differ = false;
		if (!EG(exception) && wants_check(check, CHECK_TIME)) {
			done = times_differ(master_stat, &clone_stat, &differ);
		}
		if (done && !differ && !EG(exception) && wants_check(check, CHECK_SHA1)) {
			done = mwn_fb_sha1(clone->object, &clone->params, &clone_sha1);
			if (done) {
				differ = !zend_is_identical(&clone_sha1, master_sha1);
				zval_ptr_dtor(&clone_sha1);
			}
		}
		*agrees = !differ;
	}
	zval_ptr_dtor(&clone_stat);
	return done && !EG(exception);
}

static void free_backends(consistency *check)
{
	for (uint32_t i = 0; i < check->count; i++) {
		zval_ptr_dtor(&check->backends[i].real_paths);
		zval_ptr_dtor(&check->backends[i].params);
		if (check->backends[i].object) {
			OBJ_RELEASE(check->backends[i].object);
		}
	}
	efree(check->backends);
	zval_ptr_dtor(&check->list);
}

/* Takes the proxy's list of backends. Whatever it returns, free_backends() is due. */
static bool list_backends(consistency *check)
{
	HashTable *list = mwn_fb_hold_backends(check->self, &check->list);
	zend_ulong index;
	zend_string *key;
	zval *value;

	check->count = 0;
	check->master = NULL;
	check->backends = ecalloc(zend_hash_num_elements(list) + 1, sizeof(checked_backend));
	ZEND_HASH_FOREACH_KEY_VAL(list, index, key, value) {
		checked_backend *backend = &check->backends[check->count];
		ZVAL_UNDEF(&backend->real_paths);
		ZVAL_UNDEF(&backend->params);
		backend->value = value;
		backend->is_master = mwn_fb_is_master(check->self, index, key);
		if (backend->is_master) {
			check->master = backend;
		}
		check->count++;
	} ZEND_HASH_FOREACH_END();
	return !EG(exception);
}

/* Is a backend that was looked at still what stands in the list? A reference may have been assigned to. */
static bool stands(const checked_backend *backend)
{
	const zval *value = backend->value;

	if (EXPECTED(!Z_ISREF_P(value)) || !backend->object) {
		return true;
	}
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) == IS_OBJECT && Z_OBJ_P(value) == backend->object;
}

/* Host code that ran since may have put other backends into the proxy: they count from here on.
 * Since the list is held, a changed one is another array. */
static bool follow_changes(consistency *check)
{
	const zval *list = mwn_fb_slot(check->self, MWN_PROPERTY_backends);
	bool changed = Z_TYPE_P(list) != IS_ARRAY || Z_ARRVAL_P(list) != Z_ARRVAL(check->list);

	for (uint32_t i = 0; i < check->count && !changed; i++) {
		changed = !stands(&check->backends[i]);
	}
	if (EXPECTED(!changed)) {
		return true;
	}
	free_backends(check);
	return list_backends(check);
}

static bool check_clones(const consistency *check, zend_ulong index, zend_string *key, zval *path,
	zval *master_stat, zval *master_sha1)
{
	bool out_of_sync = false, agrees;

	for (uint32_t i = 0; i < check->count; i++) {
		checked_backend *clone = &check->backends[i];
		if (clone->is_master) {
			continue;
		}
		if (!prepare_params(check->self, clone, index, key, path)
			|| !compare_clone(check, clone, master_stat, master_sha1, &agrees)) {
			return false;
		}
		if (!agrees) {
			out_of_sync = true;
			if (!mwn_fb_fatal(check->status, "backend-fail-synced", path)) {
				return false;
			}
		}
	}
	MWN_G(file_backend_counters).out_of_sync += out_of_sync;
	return true;
}

static bool check_file(consistency *check, zend_ulong index, zend_string *key, zval *path)
{
	checked_backend *master = check->master;
	zval stat, sha1;
	bool done;

	MWN_G(file_backend_counters).files_checked++;
	if (!prepare_params(check->self, master, index, key, path)
		|| !mwn_call(master->object, MWN_CALL_getFileStat, &stat, 1, &master->params)) {
		return false;
	}
	/* STAT_ERROR: the master's word is needed, and it has none. */
	if (Z_TYPE(stat) == IS_NULL) {
		return mwn_fb_fatal(check->status, "backend-fail-stat", path);
	}
	ZVAL_NULL(&sha1);
	if (wants_check(check, CHECK_SHA1)) {
		if (!mwn_fb_sha1(master->object, &master->params, &sha1)) {
			zval_ptr_dtor(&stat);
			return false;
		}
		if ((Z_TYPE(sha1) != IS_FALSE) != zend_is_true(&stat)) {
			done = mwn_fb_fatal(check->status, "backend-fail-hash", path);
			goto end;
		}
	}
	done = !EG(exception) && follow_changes(check) && check_clones(check, index, key, path, &stat, &sha1);
end:
	zval_ptr_dtor(&sha1);
	zval_ptr_dtor(&stat);
	return done;
}

static bool check_files(consistency *check, zval *paths)
{
	zend_ulong index;
	zend_string *key;
	zval *path;

	for (uint32_t i = 0; i < check->count; i++) {
		if (!preload_stats(check->self, &check->backends[i], paths)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(paths), index, key, path) {
		if (!follow_changes(check)) {
			return false;
		}
		if (!check->master) {
			/* Only a subclass can bring this about: the original's error. */
			zend_object *master = mwn_fb_master(check->self, MWN_CALL_substOpPaths);
			if (master) {
				OBJ_RELEASE(master);
			}
			return master != NULL;
		}
		if (!check_file(check, index, key, path)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static bool consistency_check_own(zend_object *self, zval *paths, zval *status)
{
	consistency check = {.self = self, .status = status};
	bool done;

	if (!mwn_fb_new_status(self, status)) {
		return false;
	}
	if (!wants_checks(self) || count_backends(self) <= 1) {
		if (EG(exception)) {
			zval_ptr_dtor(status);
			ZVAL_UNDEF(status);
			return false;
		}
		return true;
	}
	done = list_backends(&check) && check_files(&check, paths);
	free_backends(&check);
	if (!done) {
		zval_ptr_dtor(status);
		ZVAL_UNDEF(status);
	}
	return done;
}

bool mwn_fb_consistency_check(zend_object *self, zval *paths, zval *status)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_consistencyCheck) || UNEXPECTED(Z_TYPE_P(paths) != IS_ARRAY)) {
		return mwn_fb_call_self(self, MWN_CALL_consistencyCheck, status, 1, paths);
	}
	return consistency_check_own(self, paths, status);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, accessibilityCheck)
{
	zend_object *self;
	zval *paths;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(paths)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		accessibility_check_own(self, paths, return_value);
	}
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, consistencyCheck)
{
	zend_object *self;
	zval *paths;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(paths)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		consistency_check_own(self, paths, return_value);
	}
}
