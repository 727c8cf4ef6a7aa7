#include "php_mwnative.h"

void mwn_slot_keys_init(zend_string **keys, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		keys[i] = zend_string_init_interned(names[i], strlen(names[i]), true);
	}
}

void mwn_slots_bind(mwn_slot *slots, zend_string *const *keys, size_t count, zend_class_entry *shell)
{
	for (size_t i = 0; i < count; i++) {
		const zend_property_info *info = zend_hash_find_ptr(&shell->properties_info, keys[i]);
		slots[i].offset = info && !(info->flags & ZEND_ACC_STATIC) ? info->offset : 0;
		slots[i].key = keys[i];
		slots[i].scope = shell;
		slots[i].plain = slots[i].offset && !ZEND_TYPE_IS_SET(info->type);
	}
}

/* The values of the declared properties, with what references among them refer to: those may be assigned to. */
static void hold_properties(zend_object *object, HashTable *held)
{
	for (int i = 0; i < object->ce->default_properties_count; i++) {
		zval copy, *place = OBJ_PROP_NUM(object, i);

		if (!Z_REFCOUNTED_P(place)) {
			continue;
		}
		ZVAL_COPY(&copy, place);
		zend_hash_next_index_insert(held, &copy);
		if (Z_ISREF_P(place)) {
			ZVAL_COPY(&copy, Z_REFVAL_P(place));
			zend_hash_next_index_insert(held, &copy);
		}
	}
}

zval *mwn_slot_ask(zend_object *self, const mwn_slot *slot)
{
	mwn_slot_answers *kept = &MWN_G(slot_answers);
	zval held, old, holder, copy, *turn, *found;

	if (EG(exception)) {
		return &EG(uninitialized_zval);
	}
	array_init(&held);
	hold_properties(self, Z_ARRVAL(held));
	ZVAL_UNDEF(&holder);
	found = zend_read_property_ex(slot->scope, self, slot->key, false, &holder);
	ZVAL_COPY_DEREF(&copy, found);
	if (found == &holder) {
		zval_ptr_dtor(&holder);
	}
	if (Z_TYPE(copy) == IS_UNDEF) {
		ZVAL_NULL(&copy);
	}
	found = zend_hash_next_index_insert(Z_ARRVAL(held), &copy);
	turn = &kept->answers[kept->next++ % MWN_KEPT_ANSWERS];
	ZVAL_COPY_VALUE(&old, turn);
	ZVAL_COPY_VALUE(turn, &held);
	zval_ptr_dtor(&old);
	return found;
}

void mwn_slots_end_request(mwn_slot_answers *kept)
{
	for (int i = 0; i < MWN_KEPT_ANSWERS; i++) {
		zval old;
		ZVAL_COPY_VALUE(&old, &kept->answers[i]);
		ZVAL_UNDEF(&kept->answers[i]);
		zval_ptr_dtor(&old);
	}
}

void mwn_slot_write(zend_object *self, mwn_slot slot, zend_class_entry *scope, zend_string *key, zval *value)
{
	if (EXPECTED(slot.plain)) {
		zval *place = OBJ_PROP(self, slot.offset), old;
		if (EXPECTED(Z_TYPE_P(place) != IS_UNDEF && !Z_ISREF_P(place))) {
			ZVAL_COPY_VALUE(&old, place);
			ZVAL_COPY_VALUE(place, value);
			zval_ptr_dtor(&old);
			return;
		}
	}
	zend_update_property_ex(scope, self, key, value);
	zval_ptr_dtor(value);
}
