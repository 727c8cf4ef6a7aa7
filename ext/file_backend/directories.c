/* Directories: prepared, secured, published and cleaned on the master first, then on the clones. */
#include "../php_mwnative.h"

#include "src/storage_path.h"

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

typedef struct {
	zend_string *method;
	HashTable *params;
	zval *status;
} directory_op;

static bool directory_to_clone(zend_object *self, zend_object *clone, void *context)
{
	const directory_op *op = context;
	zval real;
	bool done;

	if (!mwn_fb_subst_op(self, op->params, clone, &real)) {
		return false;
	}
	done = mwn_fb_is_async(self)
		? mwn_fb_defer(self, clone, op->method, 1, &real, NULL, NULL)
		: mwn_fb_write_to_clone(clone, op->method, 1, &real, op->status);
	zval_ptr_dtor(&real);
	return done;
}

static bool directory_to_master(zend_object *self, zend_string *method, HashTable *params, zval *master_status)
{
	zend_object *master = mwn_fb_master(self, MWN_CALL_substOpPaths);
	zval real;
	bool done;

	if (!master) {
		return false;
	}
	done = mwn_fb_subst_op(self, params, master, &real);
	OBJ_RELEASE(master);
	if (!done) {
		return false;
	}
	done = mwn_fb_write_to_master(self, method, &real, master_status);
	zval_ptr_dtor(&real);
	return done;
}

static bool directory_op_own(zend_object *self, zend_string *method, HashTable *params, zval *status)
{
	directory_op op = {method, params, status};
	zval master_status;
	bool done;

	if (!mwn_fb_new_status(self, status)) {
		return false;
	}
	done = directory_to_master(self, method, params, &master_status);
	if (done) {
		done = mwn_fb_merge(status, &master_status)
			&& (stays_on_master(self, params)
				|| mwn_fb_each_clone(self, MWN_CALL_substOpPaths, directory_to_clone, &op));
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
	if (mwn_is_overridden(callee, MWN_CALL_doDirectoryOp) || mwn_fb_is_async(self)) {
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
