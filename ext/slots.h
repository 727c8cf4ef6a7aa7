/*
 * Declared properties of a bound class by their place in the object: looked up by name once a binding.
 */
#ifndef MWNATIVE_SLOTS_H
#define MWNATIVE_SLOTS_H

#include "php.h"

typedef struct {
	uint32_t offset; /* 0: the class has no such property */
	bool plain;      /* without a type: may be written by its place */
	zend_string *key;
	zend_class_entry *scope; /* whose code reads it */
} mwn_slot;

/* What objects answered for properties that are not in their places, and what they held before. */
enum { MWN_KEPT_ANSWERS = 16 };
typedef struct {
	zval answers[MWN_KEPT_ANSWERS]; /* in turn */
	uint32_t next;
} mwn_slot_answers;

/* To be called when the request ends, while there are objects. */
void mwn_slots_end_request(mwn_slot_answers *kept);

/* The names as keys, once a process. */
void mwn_slot_keys_init(zend_string **keys, const char *const *names, size_t count);

void mwn_slots_bind(mwn_slot *slots, zend_string *const *keys, size_t count, zend_class_entry *shell);

/* What stands in the place, dereferenced; NULL: nothing, or there is no place. Runs no PHP. */
static zend_always_inline zval *mwn_slot_place(zend_object *self, const mwn_slot *slot)
{
	if (EXPECTED(slot->offset)) {
		zval *value = OBJ_PROP(self, slot->offset);
		ZVAL_DEREF(value);
		if (EXPECTED(Z_TYPE_P(value) != IS_UNDEF)) {
			return value;
		}
	}
	return NULL;
}

/*
 * As PHP reads a property that is not in its place: by __get(), or null after a warning. Dereferenced and never
 * IS_UNDEF; null when an exception is under way.
 *
 * __get() may change the object. The answer, and whatever the object held, are therefore kept for as long as C code that
 * calls no PHP may use them: until MWN_KEPT_ANSWERS more were asked for, or the request ends.
 */
zval *mwn_slot_ask(zend_object *self, const mwn_slot *slot);

/* Dereferenced and never IS_UNDEF: what was unset by a subclass is asked of its __get(). Null, without PHP's warning, for
 * what was unset by one that has none, and for what a host does not have. */
static zend_always_inline zval *mwn_slot_read(zend_object *self, mwn_slot slot)
{
	zval *value = mwn_slot_place(self, &slot);

	if (EXPECTED(value)) {
		return value;
	}
	return slot.offset && self->ce->__get ? mwn_slot_ask(self, &slot) : &EG(uninitialized_zval);
}

/* Takes the value over. */
void mwn_slot_write(zend_object *self, mwn_slot slot, zend_class_entry *scope, zend_string *key, zval *value);

#endif
