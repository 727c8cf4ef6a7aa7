/* Weighted random choice: the host's ArrayUtils::pickRandom(), with the same draws from PHP's generator. */
#include "../php_mwnative.h"

#include "../random.h"

/* As array_sum() adds: a weight that is no number counts as what it begins with. */
static void add_weight(zval *sum, zval *weight)
{
	zval number;

	ZVAL_DEREF(weight);
	if (Z_TYPE_P(weight) == IS_ARRAY || Z_TYPE_P(weight) == IS_OBJECT) {
		return;
	}
	ZVAL_COPY(&number, weight);
	convert_scalar_to_number(&number);
	add_function(sum, sum, &number);
}

static void sum_weights(HashTable *weights, zval *sum)
{
	zval *weight;

	ZVAL_LONG(sum, 0);
	ZEND_HASH_FOREACH_VAL(weights, weight) {
		add_weight(sum, weight);
	} ZEND_HASH_FOREACH_END();
}

bool mwn_lb_is_weightless(HashTable *weights)
{
	zval sum;

	sum_weights(weights, &sum);
	return zval_get_double(&sum) == 0;
}

bool mwn_lb_has_weighted_replica(HashTable *weights)
{
	zend_ulong number;
	zend_string *name;
	zval *weight, zero;

	ZVAL_LONG(&zero, 0);
	ZEND_HASH_FOREACH_KEY_VAL(weights, number, name, weight) {
		if ((name || number != MWN_LB_WRITER) && zend_compare(&zero, weight) < 0) {
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return false;
}

void mwn_lb_pick(HashTable *weights, zval *key)
{
	zval total, *weight;
	double sum, chosen, so_far = 0;
	zend_ulong number;
	zend_string *name;

	ZVAL_FALSE(key);
	sum_weights(weights, &total);
	sum = zval_get_double(&total);
	if (sum == 0) {
		return;
	}
	chosen = (double)php_mt_rand_common(0, PHP_MT_RAND_MAX) / PHP_MT_RAND_MAX * sum;
	ZEND_HASH_FOREACH_KEY_VAL(weights, number, name, weight) {
		double own = zval_get_double(weight);
		so_far += own;
		/* Should rounding leave the sum below what was drawn, it is the last one, as for the host. */
		if (name) {
			ZVAL_STR(key, name);
		} else {
			ZVAL_LONG(key, (zend_long)number);
		}
		if (own > 0 && so_far >= chosen) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	Z_TRY_ADDREF_P(key);
}
