#include "slots.h"

void mwn_slot_keys_init(zend_string **keys, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		keys[i] = zend_string_init_interned(names[i], strlen(names[i]), true);
	}
}

void mwn_slots_bind(mwn_slot *slots, zend_string *const *keys, size_t count, const zend_class_entry *shell)
{
	for (size_t i = 0; i < count; i++) {
		const zend_property_info *info = zend_hash_find_ptr(&shell->properties_info, keys[i]);
		slots[i].offset = info && !(info->flags & ZEND_ACC_STATIC) ? info->offset : 0;
		slots[i].plain = slots[i].offset && !ZEND_TYPE_IS_SET(info->type);
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
