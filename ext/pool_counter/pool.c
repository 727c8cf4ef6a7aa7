/* What an object's pool is: its keys, which a subclass may choose, and its limits. */
#include "../php_mwnative.h"

enum { SLOTS, DUE, WAITERS, WAKEUP, KEY_COUNT };

static const struct {
	const char *prefix;
	mwn_method getter;
} key_kinds[KEY_COUNT] = {
	[SLOTS] = {"poolcounter:l-slots-", MWN_CALL_getSlotListKey},
	[DUE] = {"poolcounter:z-renewtime-", MWN_CALL_getSlotRTimeSetKey},
	[WAITERS] = {"poolcounter:z-wait-", MWN_CALL_getWaitSetKey},
	[WAKEUP] = {"poolcounter:l-wakeup-", MWN_CALL_getWakeupListKey},
};

/* prefix, SHA-1 of the pool's key, number of workers */
static zend_string *own_key(zend_object *self, int kind)
{
	zend_string *sha1 = mwn_pc_text(self, MWN_PC_PROPERTY_keySha1), *workers = mwn_pc_text(self, MWN_PC_PROPERTY_workers);
	size_t prefix = strlen(key_kinds[kind].prefix);
	zend_string *key;
	char *end;

	key = zend_string_alloc(prefix + ZSTR_LEN(sha1) + 1 + ZSTR_LEN(workers), false);
	end = mempcpy(ZSTR_VAL(key), key_kinds[kind].prefix, prefix);
	end = mempcpy(end, ZSTR_VAL(sha1), ZSTR_LEN(sha1));
	*end++ = '-';
	end = mempcpy(end, ZSTR_VAL(workers), ZSTR_LEN(workers));
	*end = '\0';
	zend_string_release(sha1);
	zend_string_release(workers);
	return key;
}

static zend_string *key_of(zend_object *self, int kind)
{
	zval result;
	zend_string *key;

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), key_kinds[kind].getter))) {
		return own_key(self, kind);
	}
	if (!mwn_call(self, key_kinds[kind].getter, &result, 0, NULL)) {
		return NULL;
	}
	key = zval_try_get_string(&result);
	zval_ptr_dtor(&result);
	return key;
}

void mwn_pc_pool_point(mwn_pool_keys *keys, zend_string *const texts[4])
{
	keys->slots = (mwn_redis_argument){ZSTR_VAL(texts[SLOTS]), ZSTR_LEN(texts[SLOTS])};
	keys->due = (mwn_redis_argument){ZSTR_VAL(texts[DUE]), ZSTR_LEN(texts[DUE])};
	keys->waiters = (mwn_redis_argument){ZSTR_VAL(texts[WAITERS]), ZSTR_LEN(texts[WAITERS])};
	keys->wakeup = (mwn_redis_argument){ZSTR_VAL(texts[WAKEUP]), ZSTR_LEN(texts[WAKEUP])};
}

/* A limit that is as good as none is told as one that every script can count to. */
static zend_long queue_length(zend_object *self)
{
	enum { MOST_WAITERS = 1000000000 };
	zval *value = mwn_pc_slot(self, MWN_PC_PROPERTY_maxqueue);

	if (Z_TYPE_P(value) == IS_DOUBLE && Z_DVAL_P(value) > MOST_WAITERS) {
		return MOST_WAITERS;
	}
	return MIN(zval_get_long(value), MOST_WAITERS);
}

bool mwn_pc_pool_init(mwn_pc_pool *pool, zend_object *self)
{
	memset(pool->key_texts, 0, sizeof(pool->key_texts));
	for (int kind = 0; kind < KEY_COUNT; kind++) {
		pool->key_texts[kind] = key_of(self, kind);
		if (!pool->key_texts[kind]) {
			mwn_pc_pool_free(pool);
			return false;
		}
	}
	mwn_pc_pool_point(&pool->keys, pool->key_texts);
	pool->limits.workers = zval_get_long(mwn_pc_slot(self, MWN_PC_PROPERTY_workers));
	pool->limits.maxqueue = queue_length(self);
	pool->limits.timeout = mwn_pc_seconds(self, NULL);
	pool->limits.lock_ttl = zval_get_long(mwn_pc_slot(self, MWN_PC_PROPERTY_lockTTL));
	if (UNEXPECTED(EG(exception))) {
		mwn_pc_pool_free(pool);
		return false;
	}
	return true;
}

void mwn_pc_pool_of_held(mwn_pc_pool *pool, const mwn_pc_held *held)
{
	for (int kind = 0; kind < KEY_COUNT; kind++) {
		pool->key_texts[kind] = zend_string_copy(held->keys[kind]);
	}
	mwn_pc_pool_point(&pool->keys, pool->key_texts);
	pool->limits = held->limits;
}

void mwn_pc_pool_free(mwn_pc_pool *pool)
{
	for (int kind = 0; kind < KEY_COUNT; kind++) {
		if (pool->key_texts[kind]) {
			zend_string_release(pool->key_texts[kind]);
			pool->key_texts[kind] = NULL;
		}
	}
}

static void return_own_key(INTERNAL_FUNCTION_PARAMETERS, int kind)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_pc_enter(self)) {
		RETURN_STR(own_key(self, kind));
	}
}

ZEND_METHOD(MwNative_PoolCounterRedis, getSlotListKey)
{
	return_own_key(INTERNAL_FUNCTION_PARAM_PASSTHRU, SLOTS);
}

ZEND_METHOD(MwNative_PoolCounterRedis, getSlotRTimeSetKey)
{
	return_own_key(INTERNAL_FUNCTION_PARAM_PASSTHRU, DUE);
}

ZEND_METHOD(MwNative_PoolCounterRedis, getWaitSetKey)
{
	return_own_key(INTERNAL_FUNCTION_PARAM_PASSTHRU, WAITERS);
}

ZEND_METHOD(MwNative_PoolCounterRedis, getWakeupListKey)
{
	return_own_key(INTERNAL_FUNCTION_PARAM_PASSTHRU, WAKEUP);
}
