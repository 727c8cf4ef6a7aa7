#include "iterate.h"

static bool iterate_table(HashTable *table, mwn_visitor visitor, void *context)
{
	zend_ulong index;
	zend_string *name;
	zval key, *value;

	ZEND_HASH_FOREACH_KEY_VAL_IND(table, index, name, value) {
		if (name) {
			ZVAL_STR(&key, name);
		} else {
			ZVAL_LONG(&key, (zend_long)index);
		}
		ZVAL_DEREF(value);
		if (!visitor(&key, value, context) || EG(exception)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static bool visit_current(zend_object_iterator *iterator, mwn_visitor visitor, void *context)
{
	zval key, value, *current = iterator->funcs->get_current_data(iterator);
	bool done;

	if (EG(exception) || !current) {
		return false;
	}
	ZVAL_COPY_DEREF(&value, current);
	ZVAL_UNDEF(&key);
	if (iterator->funcs->get_current_key) {
		iterator->funcs->get_current_key(iterator, &key);
	} else {
		ZVAL_LONG(&key, (zend_long)iterator->index);
	}
	done = !EG(exception) && visitor(&key, &value, context) && !EG(exception);
	zval_ptr_dtor(&key);
	zval_ptr_dtor(&value);
	return done;
}

static bool iterate_traversable(zval *traversable, mwn_visitor visitor, void *context)
{
	zend_class_entry *class_entry = Z_OBJCE_P(traversable);
	zend_object_iterator *iterator = class_entry->get_iterator(class_entry, traversable, false);
	bool done = iterator && !EG(exception);

	if (done) {
		iterator->index = 0;
		if (iterator->funcs->rewind) {
			iterator->funcs->rewind(iterator);
			done = !EG(exception);
		}
	}
	while (done && iterator->funcs->valid(iterator) == SUCCESS && !EG(exception)) {
		done = visit_current(iterator, visitor, context);
		if (done) {
			iterator->index++;
			iterator->funcs->move_forward(iterator);
			done = !EG(exception);
		}
	}
	if (iterator) {
		OBJ_RELEASE(&iterator->std);
	}
	return done && !EG(exception);
}

bool mwn_iterate(zval *iterable, mwn_visitor visitor, void *context)
{
	zval held;
	bool done;

	ZVAL_DEREF(iterable);
	if (Z_TYPE_P(iterable) != IS_ARRAY && Z_TYPE_P(iterable) != IS_OBJECT) {
		zend_error(E_WARNING, "foreach() argument must be of type array|object, %s given",
			zend_zval_type_name(iterable));
		return !EG(exception);
	}
	ZVAL_COPY(&held, iterable);
	if (Z_TYPE(held) == IS_ARRAY) {
		done = iterate_table(Z_ARRVAL(held), visitor, context);
	} else if (Z_OBJCE(held)->get_iterator) {
		done = iterate_traversable(&held, visitor, context);
	} else {
		done = iterate_table(Z_OBJPROP(held), visitor, context);
	}
	zval_ptr_dtor(&held);
	return done;
}
