/* Proxy paths to real paths and back: the names come from the objects, the rewriting is src/storage_path. */
#include "../php_mwnative.h"

#include "src/storage_path.h"

static mwn_text text_of(const zend_string *string)
{
	return (mwn_text){ZSTR_VAL(string), ZSTR_LEN(string)};
}

static zend_always_inline zend_string *rename_path(zend_string *path, mwn_text from, mwn_text to)
{
	zend_string *renamed;
	mwn_text text = text_of(path);

	if (!mwn_path_is_of(text, from)) {
		return zend_string_copy(path);
	}
	renamed = zend_string_alloc(mwn_renamed_path_length(text, from, to), false);
	mwn_rename_path(ZSTR_VAL(renamed), text, from, to);
	ZSTR_VAL(renamed)[ZSTR_LEN(renamed)] = '\0';
	return renamed;
}

static void append_escaped(smart_str *text, const zend_string *plain, const char *escaped)
{
	for (size_t i = 0; i < ZSTR_LEN(plain); i++) {
		if (strchr(escaped, ZSTR_VAL(plain)[i]) && ZSTR_VAL(plain)[i] != '\0') {
			smart_str_appendc(text, '\\');
		}
		smart_str_appendc(text, ZSTR_VAL(plain)[i]);
	}
}

/* Values that are neither strings nor arrays of strings: PHP's own function decides what
 * becomes of them, with its warnings and errors. */
static bool rename_odd_value(zval *paths, const zend_string *from, const zend_string *to, zval *out)
{
	smart_str pattern = {0}, replacement = {0};
	zval arguments[3], quote[2], quoted;
	bool done;

	ZVAL_STR(&quote[0], (zend_string *)from);
	ZVAL_STRINGL(&quote[1], "!", 1);
	done = mwn_call_function("preg_quote", &quoted, 2, quote);
	zval_ptr_dtor(&quote[1]);
	if (!done) {
		ZVAL_UNDEF(out);
		return false;
	}
	smart_str_appends(&pattern, "!^mwstore://");
	smart_str_append(&pattern, Z_STR(quoted));
	smart_str_appends(&pattern, "/!");
	zval_ptr_dtor(&quoted);
	smart_str_appends(&replacement, "mwstore://");
	append_escaped(&replacement, to, "\\$");
	smart_str_appendc(&replacement, '/');
	ZVAL_STR(&arguments[0], smart_str_extract(&pattern));
	ZVAL_STR(&arguments[1], smart_str_extract(&replacement));
	ZVAL_COPY_VALUE(&arguments[2], paths);
	done = mwn_call_function("preg_replace", out, 3, arguments);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

static bool holds_strings_only(const HashTable *paths)
{
	zval *path;

	ZEND_HASH_FOREACH_VAL((HashTable *)paths, path) {
		ZVAL_DEREF(path);
		if (Z_TYPE_P(path) != IS_STRING) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static void rename_array(HashTable *paths, mwn_text from, mwn_text to, zval *out)
{
	zend_ulong index;
	zend_string *key;
	zval *path, renamed;
	HashTable *result = zend_new_array(zend_hash_num_elements(paths));

	if (HT_IS_PACKED(paths) && HT_IS_WITHOUT_HOLES(paths)) {
		zend_hash_real_init_packed(result);
		ZEND_HASH_FILL_PACKED(result) {
			ZEND_HASH_PACKED_FOREACH_VAL(paths, path) {
				ZVAL_DEREF(path);
				ZEND_HASH_FILL_SET_STR(rename_path(Z_STR_P(path), from, to));
				ZEND_HASH_FILL_NEXT();
			} ZEND_HASH_FOREACH_END();
		} ZEND_HASH_FILL_END();
	} else {
		ZEND_HASH_FOREACH_KEY_VAL(paths, index, key, path) {
			ZVAL_DEREF(path);
			ZVAL_STR(&renamed, rename_path(Z_STR_P(path), from, to));
			if (key) {
				zend_hash_add_new(result, key, &renamed);
			} else {
				zend_hash_index_add_new(result, index, &renamed);
			}
		} ZEND_HASH_FOREACH_END();
	}
	ZVAL_ARR(out, result);
}

static bool rename_value(zval *paths, zend_string *from, zend_string *to, zval *out)
{
	if (EXPECTED(Z_TYPE_P(paths) == IS_STRING)) {
		ZVAL_STR(out, rename_path(Z_STR_P(paths), text_of(from), text_of(to)));
		return true;
	}
	if (Z_TYPE_P(paths) == IS_ARRAY && holds_strings_only(Z_ARRVAL_P(paths))) {
		rename_array(Z_ARRVAL_P(paths), text_of(from), text_of(to), out);
		return true;
	}
	return rename_odd_value(paths, from, to, out);
}

static zend_string *name_of(zend_object *object)
{
	return zval_try_get_string(mwn_fb_slot(object, MWN_PROPERTY_name));
}

/* `paths` may be a reference; the result never is. All three are held: a name may be an object, whose conversion runs
 * PHP. */
static bool rename_between(zval *paths, zend_object *from, zend_object *to, zval *out)
{
	zend_string *from_name, *to_name;
	zval held;
	bool done;

	ZVAL_UNDEF(out);
	from_name = name_of(from);
	if (UNEXPECTED(!from_name)) {
		return false;
	}
	ZVAL_COPY_DEREF(&held, paths);
	to_name = name_of(to);
	done = to_name && rename_value(&held, from_name, to_name, out);
	zval_ptr_dtor(&held);
	zend_string_release(from_name);
	if (EXPECTED(to_name)) {
		zend_string_release(to_name);
	}
	return done;
}

bool mwn_fb_subst_paths_own(zend_object *self, zval *paths, zend_object *backend, zval *out)
{
	return rename_between(paths, self, backend, out);
}

bool mwn_fb_unsubst_paths_own(zend_object *self, zval *paths, zend_object *backend, zval *out)
{
	return rename_between(paths, backend, self, out);
}

static bool call_override(zend_object *self, mwn_method method, zval *first, zend_object *backend, zval *out)
{
	zval arguments[2];

	ZVAL_DEREF(first);
	ZVAL_COPY_VALUE(&arguments[0], first);
	ZVAL_OBJ(&arguments[1], backend);
	return mwn_call(self, method, out, 2, arguments);
}

bool mwn_fb_subst_paths(zend_object *self, zval *paths, zend_object *backend, zval *out)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_substPaths)) {
		return call_override(self, MWN_CALL_substPaths, paths, backend, out);
	}
	return mwn_fb_subst_paths_own(self, paths, backend, out);
}

bool mwn_fb_unsubst_paths(zend_object *self, zval *paths, zend_object *backend, zval *out)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_unsubstPaths)) {
		return call_override(self, MWN_CALL_unsubstPaths, paths, backend, out);
	}
	return mwn_fb_unsubst_paths_own(self, paths, backend, out);
}

#define PATH_KEY_COUNT 4

static void path_keys(zend_string *keys[PATH_KEY_COUNT])
{
	keys[0] = MWN_STR(src);
	keys[1] = MWN_STR(srcs);
	keys[2] = MWN_STR(dst);
	keys[3] = MWN_STR(dir);
}

/* Writes into the copy of an operation. A reference that the caller's array holds is
 * written through, as PHP does on assignment to an element. */
static bool assign_element(HashTable *op, zend_string *key, zval *value)
{
	zval *place = zend_hash_find(op, key);

	if (UNEXPECTED(place && Z_ISREF_P(place))) {
		zend_assign_to_variable(place, value, IS_TMP_VAR, false);
		return !EG(exception);
	}
	zend_hash_update(op, key, value);
	return true;
}

/* An operation that is an object with offsets, not an array: it is changed in place. */
static bool subst_object(zend_object *self, zval *op, zend_object *backend)
{
	zend_string *keys[PATH_KEY_COUNT];
	const zend_object_handlers *handlers = Z_OBJ_HT_P(op);

	path_keys(keys);
	for (int i = 0; i < PATH_KEY_COUNT; i++) {
		zval offset, holder, renamed, *value;
		bool done;

		ZVAL_STR(&offset, keys[i]);
		/* 0: isset(), which is what decides. */
		if (!handlers->has_dimension(Z_OBJ_P(op), &offset, 0)) {
			if (EG(exception)) {
				return false;
			}
			continue;
		}
		ZVAL_UNDEF(&holder);
		value = handlers->read_dimension(Z_OBJ_P(op), &offset, BP_VAR_R, &holder);
		if (!value || EG(exception)) {
			zval_ptr_dtor(&holder);
			return false;
		}
		done = mwn_fb_subst_paths(self, value, backend, &renamed);
		zval_ptr_dtor(&holder);
		if (!done) {
			return false;
		}
		handlers->write_dimension(Z_OBJ_P(op), &offset, &renamed);
		zval_ptr_dtor(&renamed);
		if (EG(exception)) {
			return false;
		}
	}
	return true;
}

static bool is_path_key(const zend_string *key)
{
	const char *text = ZSTR_VAL(key);

	switch (ZSTR_LEN(key)) {
		case 3: return memcmp(text, "src", 3) == 0 || memcmp(text, "dst", 3) == 0 || memcmp(text, "dir", 3) == 0;
		case 4: return memcmp(text, "srcs", 4) == 0;
		default: return false;
	}
}

/*
 * The common case in one walk: a small array whose path elements are strings. Returns
 * false, having done nothing, for any other.
 */
static bool subst_plain_array(zend_object *self, HashTable *op, zend_object *backend, zval *out)
{
	enum { SMALL = 16 };
	const zval *from = mwn_fb_place(self, MWN_PROPERTY_name), *to = mwn_fb_place(backend, MWN_PROPERTY_name);
	HashTable *copy;
	uint32_t paths = 0;

	if (HT_IS_PACKED(op) || !HT_IS_WITHOUT_HOLES(op) || op->nNumUsed > SMALL
		|| !from || !to || Z_TYPE_P(from) != IS_STRING || Z_TYPE_P(to) != IS_STRING) {
		return false;
	}
	for (uint32_t i = 0; i < op->nNumUsed; i++) {
		const Bucket *element = &op->arData[i];
		if (element->key && is_path_key(element->key)) {
			if (Z_TYPE(element->val) == IS_STRING) {
				paths |= 1u << i;
			} else if (Z_TYPE(element->val) != IS_NULL) {
				return false;
			}
		}
	}
	if (!paths) {
		mwn_share_array(out, op);
		return true;
	}
	copy = zend_array_dup(op);
	for (uint32_t i = 0; paths; i++, paths >>= 1) {
		if (paths & 1) {
			/* A copy of an array without holes has its elements in the same places. */
			zval *place = &copy->arData[i].val;
			zend_string *path = Z_STR_P(place);
			ZVAL_STR(place, rename_path(path, text_of(Z_STR_P(from)), text_of(Z_STR_P(to))));
			zend_string_release(path);
		}
	}
	ZVAL_ARR(out, copy);
	return true;
}

static bool subst_array(zend_object *self, HashTable *op, zend_object *backend, zval *out)
{
	zend_string *keys[PATH_KEY_COUNT];
	HashTable *copy = NULL;

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_substPaths))
		&& EXPECTED(subst_plain_array(self, op, backend, out))) {
		return true;
	}
	path_keys(keys);
	for (int i = 0; i < PATH_KEY_COUNT; i++) {
		/* Once there is a copy, it is what holds the current values. */
		zval renamed, *value = mwn_fb_set(copy ? copy : op, keys[i]);

		if (!value) {
			continue;
		}
		if (!mwn_fb_subst_paths(self, value, backend, &renamed)) {
			goto failed;
		}
		if (!copy) {
			copy = zend_array_dup(op);
		}
		if (!assign_element(copy, keys[i], &renamed)) {
			goto failed;
		}
	}
	if (copy) {
		ZVAL_ARR(out, copy);
	} else {
		mwn_share_array(out, op);
	}
	return true;
failed:
	if (copy) {
		zend_array_destroy(copy);
	}
	ZVAL_UNDEF(out);
	return false;
}

/* The operation is held: it may be a reference, to which host code assigns while paths are rewritten. */
static bool subst_one_op(zend_object *self, zval *op, zend_object *backend, zval *out)
{
	zval held;
	bool done = true;

	ZVAL_COPY_DEREF(&held, op);
	if (EXPECTED(Z_TYPE(held) == IS_ARRAY)) {
		done = subst_array(self, Z_ARRVAL(held), backend, out);
	} else if (Z_TYPE(held) == IS_OBJECT && !subst_object(self, &held, backend)) {
		ZVAL_UNDEF(out);
		done = false;
	} else {
		/* Anything else has no elements to rewrite. */
		ZVAL_COPY(out, &held);
	}
	zval_ptr_dtor(&held);
	return done;
}

bool mwn_fb_subst_op_batch_own(zend_object *self, HashTable *ops, zend_object *backend, zval *out)
{
	zval *op, renamed;

	array_init_size(out, zend_hash_num_elements(ops));
	ZEND_HASH_FOREACH_VAL(ops, op) {
		if (!subst_one_op(self, op, backend, &renamed)) {
			zval_ptr_dtor(out);
			ZVAL_UNDEF(out);
			return false;
		}
		zend_hash_next_index_insert_new(Z_ARRVAL_P(out), &renamed);
	} ZEND_HASH_FOREACH_END();
	return true;
}

bool mwn_fb_subst_op_batch(zend_object *self, HashTable *ops, zend_object *backend, zval *out)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_substOpBatchPaths)) {
		zval batch;
		mwn_borrow_array(&batch, ops);
		return call_override(self, MWN_CALL_substOpBatchPaths, &batch, backend, out);
	}
	return mwn_fb_subst_op_batch_own(self, ops, backend, out);
}

/* Through an override of the batch method: a batch of one, and its first element. */
static bool subst_op_by_batch(zend_object *self, HashTable *op, zend_object *backend, zval *out)
{
	zval batch, single, result, *first;
	bool done;

	array_init_size(&batch, 1);
	mwn_share_array(&single, op);
	zend_hash_next_index_insert_new(Z_ARRVAL(batch), &single);
	done = call_override(self, MWN_CALL_substOpBatchPaths, &batch, backend, &result);
	zval_ptr_dtor(&batch);
	ZVAL_UNDEF(out);
	if (!done) {
		return false;
	}
	first = Z_TYPE(result) == IS_ARRAY ? zend_hash_index_find(Z_ARRVAL(result), 0) : NULL;
	if (first) {
		ZVAL_COPY_DEREF(out, first);
	} else {
		ZVAL_NULL(out);
		if (Z_TYPE(result) == IS_ARRAY) {
			zend_error(E_WARNING, "Undefined array key 0");
		} else {
			zend_error(E_WARNING, "Trying to access array offset on value of type %s", zend_zval_type_name(&result));
		}
	}
	zval_ptr_dtor(&result);
	if (EG(exception)) {
		zval_ptr_dtor(out);
		ZVAL_UNDEF(out);
		return false;
	}
	return true;
}

bool mwn_fb_subst_op_own(zend_object *self, HashTable *op, zend_object *backend, zval *out)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_substOpBatchPaths)) {
		return subst_op_by_batch(self, op, backend, out);
	}
	return subst_array(self, op, backend, out);
}

bool mwn_fb_subst_op(zend_object *self, HashTable *op, zend_object *backend, zval *out)
{
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_substOpPaths)) {
		zval single;
		mwn_borrow_array(&single, op);
		return call_override(self, MWN_CALL_substOpPaths, &single, backend, out);
	}
	return mwn_fb_subst_op_own(self, op, backend, out);
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, substPaths)
{
	zend_object *self, *backend;
	zval *paths;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(paths)
		Z_PARAM_OBJ(backend)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		mwn_fb_subst_paths_own(self, paths, backend, return_value);
	}
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, unsubstPaths)
{
	zend_object *self, *backend;
	zval *paths;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(paths)
		Z_PARAM_OBJ(backend)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		mwn_fb_unsubst_paths_own(self, paths, backend, return_value);
	}
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, substOpPaths)
{
	zend_object *self, *backend;
	HashTable *op;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(op)
		Z_PARAM_OBJ(backend)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		mwn_fb_subst_op_own(self, op, backend, return_value);
	}
}

ZEND_METHOD(MwNative_FileBackendMultiWrite, substOpBatchPaths)
{
	zend_object *self, *backend;
	HashTable *ops;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(ops)
		Z_PARAM_OBJ(backend)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_fb_enter(self)) {
		mwn_fb_subst_op_batch_own(self, ops, backend, return_value);
	}
}
