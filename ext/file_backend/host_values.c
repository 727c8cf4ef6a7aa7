/* Statuses, log lines and array elements, as the host and PHP itself treat them. */
#include "../php_mwnative.h"

bool mwn_fb_call_self(zend_object *self, mwn_method method, zval *result, uint32_t count, zval *arguments)
{
	zend_execute_data *body = mwn_hide_body_frame();
	bool done = mwn_call(self, method, result, count, arguments);

	mwn_show_body_frame(body);
	return done;
}

bool mwn_fb_new_status(zend_object *self, zval *status)
{
	return mwn_call(self, MWN_CALL_newStatus, status, 0, NULL);
}

bool mwn_fb_fatal(zval *status, const char *message, zval *path)
{
	zval arguments[2];
	bool done;

	ZVAL_STRING(&arguments[0], message);
	ZVAL_DEREF(path);
	ZVAL_COPY_VALUE(&arguments[1], path);
	done = mwn_call_on(status, MWN_CALL_fatal, NULL, 2, arguments);
	zval_ptr_dtor(&arguments[0]);
	return done;
}

bool mwn_fb_status_is_ok(zval *status, bool *ok)
{
	zval result;

	if (!mwn_call_on(status, MWN_CALL_isOK, &result, 0, NULL)) {
		return false;
	}
	*ok = zend_is_true(&result);
	zval_ptr_dtor(&result);
	return true;
}

bool mwn_fb_is_failure(const zval *status)
{
	const zend_property_info *info;
	const zval *ok;

	if (Z_TYPE_P(status) != IS_OBJECT) {
		return false;
	}
	info = zend_hash_str_find_ptr(&Z_OBJCE_P(status)->properties_info, "ok", 2);
	if (!info || (info->flags & ZEND_ACC_STATIC)) {
		return false;
	}
	ok = OBJ_PROP(Z_OBJ_P(status), info->offset);
	ZVAL_DEREF(ok);
	return Z_TYPE_P(ok) == IS_FALSE;
}

bool mwn_fb_merge(zval *status, zval *other)
{
	return mwn_call_on(status, MWN_CALL_merge, NULL, 1, other);
}

void mwn_fb_log_begin(smart_str *line, const char *method)
{
	smart_str_append(line, MWN_G(file_backend_request).binding->shell->name);
	smart_str_appends(line, "::");
	smart_str_appends(line, method);
	smart_str_appends(line, ": ");
}

bool mwn_fb_log(zend_object *self, mwn_method level, smart_str *line)
{
	zval text;
	bool done;

	ZVAL_STR(&text, smart_str_extract(line));
	done = mwn_call_on(mwn_fb_slot(self, MWN_PROPERTY_logger), level, NULL, 1, &text);
	zval_ptr_dtor(&text);
	return done;
}

bool mwn_fb_log_is_silent(zend_object *self)
{
	const zval *logger = mwn_fb_place(self, MWN_PROPERTY_logger);

	return logger && Z_TYPE_P(logger) == IS_OBJECT
		&& zend_string_equals_literal(Z_OBJCE_P(logger)->name, "Psr\\Log\\NullLogger");
}

zend_string *mwn_fb_json(zval *value)
{
	zval result;
	zend_string *text;

	if (!mwn_call_static(mwn_fb_profile()->format_json, "encode", &result, 1, value)) {
		return NULL;
	}
	text = zval_get_string(&result);
	zval_ptr_dtor(&result);
	return text;
}

zval *mwn_fb_element(zval *array, zend_string *key, zval *holder)
{
	zval *value, offset;

	ZVAL_NULL(holder);
	ZVAL_DEREF(array);
	if (EXPECTED(Z_TYPE_P(array) == IS_ARRAY)) {
		value = zend_hash_find(Z_ARRVAL_P(array), key);
		if (EXPECTED(value)) {
			ZVAL_DEREF(value);
			return value;
		}
		zend_error(E_WARNING, "Undefined array key \"%s\"", ZSTR_VAL(key));
	} else if (Z_TYPE_P(array) == IS_OBJECT) {
		ZVAL_STR(&offset, key);
		value = Z_OBJ_HT_P(array)->read_dimension(Z_OBJ_P(array), &offset, BP_VAR_R, holder);
		if (value && value != holder) {
			ZVAL_COPY_DEREF(holder, value);
		}
	} else if (Z_TYPE_P(array) == IS_STRING) {
		zend_type_error("Cannot access offset of type %s on string", "string");
	} else {
		zend_error(E_WARNING, "Trying to access array offset on value of type %s", zend_zval_type_name(array));
	}
	return holder;
}

zval *mwn_fb_set(const HashTable *array, zend_string *key)
{
	zval *value = zend_hash_find(array, key);

	if (!value) {
		return NULL;
	}
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) > IS_NULL ? value : NULL;
}

bool mwn_fb_flag(const HashTable *array, zend_string *key)
{
	zval *value = zend_hash_find(array, key);

	return value && zend_is_true(value);
}

static bool has_offset(zval *object, zend_string *key, int check_empty)
{
	zval offset;

	ZVAL_STR(&offset, key);
	return Z_OBJ_HT_P(object)->has_dimension(Z_OBJ_P(object), &offset, check_empty) && !EG(exception);
}

bool mwn_fb_has_element(zval *value, zend_string *key)
{
	if (Z_TYPE_P(value) == IS_ARRAY) {
		return mwn_fb_set(Z_ARRVAL_P(value), key) != NULL;
	}
	return Z_TYPE_P(value) == IS_OBJECT && has_offset(value, key, 0);
}

bool mwn_fb_has_true_element(zval *value, zend_string *key)
{
	if (Z_TYPE_P(value) == IS_ARRAY) {
		return mwn_fb_flag(Z_ARRVAL_P(value), key);
	}
	return Z_TYPE_P(value) == IS_OBJECT && has_offset(value, key, 1);
}

bool mwn_fb_read_property(zval *value, zend_string *name, zval *copy)
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

bool mwn_fb_take_success_of_master(zval *status, zval *master_status)
{
	zend_string *fields[] = {MWN_STR(success), MWN_STR(successCount), MWN_STR(failCount)};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		zval value;
		if (!mwn_fb_read_property(master_status, fields[i], &value)) {
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
