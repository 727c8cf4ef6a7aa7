/*
 * SHA-1 of a file in a backend.
 *
 * A backend whose hash is that of a local file, found by the host's own code, is
 * helped: the FSFile object that the host makes (and caches) is asked for, its
 * digest is computed by src/sha1 and put where FSFile keeps it, and only then the
 * backend's own method runs, which finds it there. So every cache of the host ends
 * up as it would have. Any other backend is just asked.
 */
#include "../php_mwnative.h"

#include "src/sha1.h"
#include "src/storage_path.h"

#include "main/fopen_wrappers.h"

/* FileBackendStore::CACHE_TTL of both hosts, in seconds. */
enum { STORE_CACHE_SECONDS = 10 };

/* Would the backend answer from its process cache? Then there is nothing to hash. */
static bool is_cached(zend_object *backend, const zval *path, bool *cached)
{
	zval holder, *cache, arguments[3], result;
	zend_class_entry *scope = mwn_callee_of(backend)->class_entry;

	*cached = false;
	cache = zend_read_property_ex(scope, backend, MWN_STR(cheapCache), true, &holder);
	if (EG(exception)) {
		return false;
	}
	ZVAL_DEREF(cache);
	if (Z_TYPE_P(cache) != IS_OBJECT) {
		return true;
	}
	ZVAL_COPY_VALUE(&arguments[0], path);
	ZVAL_STR(&arguments[1], MWN_STR(sha1));
	ZVAL_LONG(&arguments[2], STORE_CACHE_SECONDS);
	if (!mwn_call(Z_OBJ_P(cache), MWN_CALL_hasField, &result, 3, arguments)) {
		return false;
	}
	*cached = zend_is_true(&result);
	zval_ptr_dtor(&result);
	return true;
}

/* The digest of a plain local path; false: leave it to the host. */
static bool digest_of(zend_string *path, char digest[MWN_SHA1_BASE36_LENGTH + 1])
{
	if (strlen(ZSTR_VAL(path)) != ZSTR_LEN(path) || strstr(ZSTR_VAL(path), "://")) {
		return false;
	}
	/* sha1_file() would refuse such a file, and so does this. */
	if (php_check_open_basedir_ex(ZSTR_VAL(path), 0) != 0) {
		return false;
	}
	return mwn_sha1_file_base36(ZSTR_VAL(path), digest) == MWN_SHA1_OK;
}

/* Gives the host's FSFile the digest that it would compute. */
static bool fill_in_digest(zend_object *file)
{
	char digest[MWN_SHA1_BASE36_LENGTH + 1];
	zval holder, *known, path;

	if (!zend_string_equals_cstr(file->ce->name, mwn_fb_profile()->fs_file, strlen(mwn_fb_profile()->fs_file))) {
		return true;
	}
	known = zend_read_property_ex(file->ce, file, MWN_STR(sha1Base36), true, &holder);
	if (EG(exception)) {
		return false;
	}
	if (Z_TYPE_P(known) != IS_NULL) {
		return true;
	}
	ZVAL_COPY_DEREF(&path, zend_read_property(file->ce, file, "path", 4, true, &holder));
	if (!EG(exception) && Z_TYPE(path) == IS_STRING && digest_of(Z_STR(path), digest)) {
		zend_update_property_stringl(file->ce, file, "sha1Base36", sizeof("sha1Base36") - 1,
			digest, MWN_SHA1_BASE36_LENGTH);
	}
	zval_ptr_dtor(&path);
	return !EG(exception);
}

/* The FSFile of a local backend, without a profiler's section: the host asks for the file again, in its own section, and
 * of one hash there would be two. */
static bool local_reference(zend_object *backend, zval *params, zval *file)
{
	zval holder, nothing, profiler;
	bool done;

	ZVAL_COPY_DEREF(&profiler, zend_read_property_ex(backend->ce, backend, MWN_STR(profiler), true, &holder));
	if (EXPECTED(Z_TYPE(profiler) == IS_NULL)) {
		return !EG(exception) && mwn_call(backend, MWN_CALL_getLocalReference, file, 1, params);
	}
	ZVAL_NULL(&nothing);
	zend_update_property_ex(backend->ce, backend, MWN_STR(profiler), &nothing);
	done = mwn_call(backend, MWN_CALL_getLocalReference, file, 1, params);
	zend_update_property_ex(backend->ce, backend, MWN_STR(profiler), &profiler);
	zval_ptr_dtor(&profiler);
	return done;
}

static bool prepare_digest(zend_object *backend, zval *params)
{
	zval *path = mwn_fb_set(Z_ARRVAL_P(params), MWN_STR(src)), file;
	bool cached, done;

	if (!path || Z_TYPE_P(path) != IS_STRING
		|| !mwn_path_is_normal((mwn_text){Z_STRVAL_P(path), Z_STRLEN_P(path)})) {
		return true;
	}
	if (!is_cached(backend, path, &cached)) {
		return false;
	}
	if (cached) {
		return true;
	}
	if (!local_reference(backend, params, &file)) {
		return false;
	}
	done = Z_TYPE(file) != IS_OBJECT || fill_in_digest(Z_OBJ(file));
	zval_ptr_dtor(&file);
	return done;
}

bool mwn_fb_sha1(zend_object *backend, zval *params, zval *sha1)
{
	ZVAL_UNDEF(sha1);
	if (mwn_fb_hashes_locally(mwn_callee_of(backend)) && Z_TYPE_P(params) == IS_ARRAY
		&& !prepare_digest(backend, params)) {
		return false;
	}
	return mwn_call(backend, MWN_CALL_getFileSha1Base36, sha1, 1, params);
}
