/*
 * Declared properties of a bound class by their place in the object: looked up by name once a binding.
 */
#ifndef MWNATIVE_SLOTS_H
#define MWNATIVE_SLOTS_H

#include "php.h"

typedef struct {
	uint32_t offset; /* 0: the class has no such property */
	bool plain;      /* without a type: may be written by its place */
} mwn_slot;

/* The names as keys, once a process. */
void mwn_slot_keys_init(zend_string **keys, const char *const *names, size_t count);

void mwn_slots_bind(mwn_slot *slots, zend_string *const *keys, size_t count, const zend_class_entry *shell);

/* Dereferenced and never IS_UNDEF: null for what was unset by a subclass, or is of a host that has no such property. */
static zend_always_inline zval *mwn_slot_read(zend_object *self, mwn_slot slot)
{
	if (EXPECTED(slot.offset)) {
		zval *value = OBJ_PROP(self, slot.offset);
		ZVAL_DEREF(value);
		if (EXPECTED(Z_TYPE_P(value) != IS_UNDEF)) {
			return value;
		}
	}
	return &EG(uninitialized_zval);
}

/* Takes the value over. */
void mwn_slot_write(zend_object *self, mwn_slot slot, zend_class_entry *scope, zend_string *key, zval *value);

#endif
