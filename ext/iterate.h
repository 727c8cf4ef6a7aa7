/* PHP's foreach, from C. */
#ifndef MWNATIVE_ITERATE_H
#define MWNATIVE_ITERATE_H

#include "php.h"

/*
 * Called for each element. The key is an int, a string, or whatever a Traversable gives; key
 * and value stay the caller's. Returns false to stop (an exception that is under way
 * stops as well).
 */
typedef bool (*mwn_visitor)(zval *key, zval *value, void *context);

/*
 * Walks through an array, a Traversable or the properties of an object. Anything else gets
 * PHP's warning and is passed over. The array is held while host code runs.
 *
 * Returns false when the visitor stopped or an exception is under way.
 */
bool mwn_iterate(zval *iterable, mwn_visitor visitor, void *context);

#endif
