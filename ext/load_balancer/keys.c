/* Arrays under whatever PHP would take as a key. */
#include "../php_mwnative.h"

#include "ext/standard/php_array.h"

static zval *not_null(zval *value)
{
	if (!value) {
		return NULL;
	}
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) == IS_NULL ? NULL : value;
}

bool mwn_lb_is_key(const zval *key, mwn_lb_use_of_key use)
{
	if (EXPECTED(Z_TYPE_P(key) != IS_ARRAY && Z_TYPE_P(key) != IS_OBJECT)) {
		return true;
	}
#if PHP_VERSION_ID >= 80300
	if (use == MWN_LB_UNSET) {
		zend_type_error("Cannot unset offset of type %s on array", zend_zval_type_name(key));
	} else if (use == MWN_LB_READ) {
		zend_type_error("Cannot access offset of type %s on array", zend_zval_type_name(key));
	} else {
		zend_type_error("Cannot access offset of type %s in isset or empty", zend_zval_type_name(key));
	}
#else
	zend_type_error("Illegal offset type%s", use == MWN_LB_UNSET ? " in unset" : use == MWN_LB_ISSET ? " in isset or empty" : "");
#endif
	return false;
}

void mwn_lb_plain_key(const zval *key, zval *plain)
{
	if (UNEXPECTED(Z_TYPE_P(key) == IS_DOUBLE)) {
		ZVAL_LONG(plain, zend_dval_to_lval_safe(Z_DVAL_P(key)));
	} else if (UNEXPECTED(Z_TYPE_P(key) == IS_RESOURCE)) {
		zend_use_resource_as_offset(key);
		ZVAL_LONG(plain, Z_RES_HANDLE_P(key));
	} else {
		ZVAL_COPY_VALUE(plain, key);
	}
}

/* The same while a table is in use, which is held meanwhile; false: nobody else has it any more. */
static bool key_of_float(HashTable *table, double number, zend_ulong *key)
{
	bool counted = !(GC_FLAGS(table) & GC_IMMUTABLE);

	if (counted) {
		GC_ADDREF(table);
	}
	*key = (zend_ulong)zend_dval_to_lval_safe(number);
	if (counted && GC_DELREF(table) == 0) {
		zend_array_destroy(table);
		return false;
	}
	return true;
}

zval *mwn_lb_find(HashTable *table, const zval *key)
{
	zend_ulong number;

	switch (Z_TYPE_P(key)) {
		case IS_LONG:
			return not_null(zend_hash_index_find(table, (zend_ulong)Z_LVAL_P(key)));
		case IS_STRING:
			return not_null(zend_symtable_find(table, Z_STR_P(key)));
		case IS_NULL:
			return not_null(zend_hash_find(table, ZSTR_EMPTY_ALLOC()));
		case IS_FALSE:
		case IS_TRUE:
			return not_null(zend_hash_index_find(table, Z_TYPE_P(key) == IS_TRUE));
		case IS_DOUBLE:
			return key_of_float(table, Z_DVAL_P(key), &number) ? not_null(zend_hash_index_find(table, number)) : NULL;
		case IS_RESOURCE:
			return not_null(zend_hash_index_find(table, (zend_ulong)Z_RES_HANDLE_P(key)));
		default:
			return NULL;
	}
}

void mwn_lb_unset(HashTable *table, const zval *key)
{
	zend_ulong number;

	switch (Z_TYPE_P(key)) {
		case IS_LONG:
			zend_hash_index_del(table, (zend_ulong)Z_LVAL_P(key));
			break;
		case IS_STRING:
			zend_symtable_del(table, Z_STR_P(key));
			break;
		case IS_NULL:
			zend_hash_del(table, ZSTR_EMPTY_ALLOC());
			break;
		case IS_FALSE:
		case IS_TRUE:
			zend_hash_index_del(table, Z_TYPE_P(key) == IS_TRUE);
			break;
		case IS_DOUBLE:
			if (key_of_float(table, Z_DVAL_P(key), &number)) {
				zend_hash_index_del(table, number);
			}
			break;
		default:
			break;
	}
}

/* The place of a key, with null in it if there was none; NULL: it cannot have one, and perhaps an exception. */
static zval *place_of(HashTable *table, zval *key)
{
	zend_ulong number;

	switch (Z_TYPE_P(key)) {
		case IS_LONG:
			return zend_hash_index_lookup(table, (zend_ulong)Z_LVAL_P(key));
		case IS_STRING:
			return ZEND_HANDLE_NUMERIC(Z_STR_P(key), number) ? zend_hash_index_lookup(table, number)
				: zend_hash_lookup(table, Z_STR_P(key));
		case IS_NULL:
			return zend_hash_lookup(table, ZSTR_EMPTY_ALLOC());
		case IS_FALSE:
		case IS_TRUE:
			return zend_hash_index_lookup(table, Z_TYPE_P(key) == IS_TRUE);
		case IS_DOUBLE:
			return key_of_float(table, Z_DVAL_P(key), &number) && !EG(exception)
				? zend_hash_index_lookup(table, number) : NULL;
		default:
			return NULL;
	}
}

void mwn_lb_put(HashTable *table, zval *key, zval *value)
{
	zval *place = place_of(table, key), former;

	if (EXPECTED(place)) {
		ZVAL_COPY_VALUE(&former, place);
		ZVAL_COPY_VALUE(place, value);
		zval_ptr_dtor(&former);
		return;
	}
	if (Z_TYPE_P(key) != IS_DOUBLE) {
		/* A resource, or what can be no key: the engine's own words for it. */
		array_set_zval_key(table, key, value);
	}
	zval_ptr_dtor(value);
}

zval *mwn_lb_find_str(HashTable *table, mwn_lb_string key)
{
	return not_null(zend_hash_find(table, mwn_lb_strings[key]));
}

zval *mwn_lb_option(HashTable *table, const char *name)
{
	return not_null(zend_hash_str_find(table, name, strlen(name)));
}
