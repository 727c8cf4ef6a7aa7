/*
 * The parts of an acquisition that a subclass can see and override: getConnection(),
 * initAndPopPoolSlotList() and registerAcquisitionTime(), and the connection that goes from one to the
 * next, a MwNative\RedisConnection. Without a subclass none of this runs.
 */
#include "../php_mwnative.h"

#include "zend_exceptions.h"
#include "ext/spl/spl_exceptions.h"
#include "ext/standard/sha1.h"

#include <hiredis.h>
#include <math.h>

/* ---- MwNative\RedisConnection ---- */

static const char connection_class[] = "mwnative\\redisconnection";

static zend_class_entry *load_connection_class(void)
{
	zend_class_entry *found = zend_hash_str_find_ptr(EG(class_table), connection_class, sizeof(connection_class) - 1);

	if (!found) {
		zend_string *obstacle = mwn_include_part(MWN_G(pool_counter_request).binding->profile, "RedisConnection");
		if (obstacle) {
			zend_throw_error(NULL, "PoolCounterRedis: %s", ZSTR_VAL(obstacle));
			zend_string_release(obstacle);
			return NULL;
		}
		found = zend_hash_str_find_ptr(EG(class_table), connection_class, sizeof(connection_class) - 1);
	}
	if (!found && !EG(exception)) {
		zend_throw_error(NULL, "PoolCounterRedis: MwNative\\RedisConnection was not declared: reinstall the extension");
	}
	return EG(exception) ? NULL : found;
}

/* new RedisConnection( server, logger, number of the server set, number of the server ) */
static bool new_connection(zend_object *self, const mwn_pc_candidates *candidates, zval *connection)
{
	zend_class_entry *class_entry = load_connection_class();
	zval arguments[4], unused;

	ZVAL_UNDEF(connection);
	if (!class_entry || object_init_ex(connection, class_entry) != SUCCESS) {
		return false;
	}
	ZVAL_STRING(&arguments[0], mwn_redis_server_text(candidates->servers, candidates->server));
	ZVAL_COPY_VALUE(&arguments[1], mwn_pc_slot(self, MWN_PC_PROPERTY_logger));
	ZVAL_COPY_VALUE(&arguments[2], mwn_pc_slot(self, MWN_PC_PROPERTY_serverSet));
	ZVAL_LONG(&arguments[3], (zend_long)candidates->server);
	zend_call_known_function(class_entry->constructor, Z_OBJ_P(connection), class_entry, &unused, 4, arguments, NULL);
	zval_ptr_dtor(&unused);
	zval_ptr_dtor(&arguments[0]);
	if (EG(exception)) {
		zval_ptr_dtor(connection);
		ZVAL_UNDEF(connection);
		return false;
	}
	return true;
}

/* Where a connection leads; false, with an exception, when it is not of our class. */
static bool server_of(zend_object *connection, mwn_redis_servers **servers, size_t *server)
{
	zend_class_entry *class_entry = zend_hash_str_find_ptr(EG(class_table), connection_class, sizeof(connection_class) - 1);
	zval holders[2], *set, *number;

	if (!class_entry || !instanceof_function(connection->ce, class_entry)) {
		zend_type_error("PoolCounterRedis: the connection must be one that parent::getConnection() gave, %s given",
			ZSTR_VAL(connection->ce->name));
		return false;
	}
	set = zend_read_property(class_entry, connection, "serverSet", sizeof("serverSet") - 1, true, &holders[0]);
	number = zend_read_property(class_entry, connection, "serverNumber", sizeof("serverNumber") - 1, true, &holders[1]);
	*servers = mwn_pc_servers_by_number(set);
	if (EG(exception) || !*servers || Z_TYPE_P(number) != IS_LONG
		|| (zend_ulong)Z_LVAL_P(number) >= mwn_redis_servers_count(*servers)) {
		zend_throw_error(NULL, "PoolCounterRedis: this connection leads nowhere");
		return false;
	}
	*server = (size_t)Z_LVAL_P(number);
	return true;
}

/* Where phpredis is not installed there is no RedisException. */
static void throw_redis_exception(const char *text)
{
	zend_class_entry *class_entry = zend_hash_str_find_ptr(EG(class_table), "redisexception", sizeof("redisexception") - 1);

	zend_throw_exception(class_entry ? class_entry : spl_ce_RuntimeException, text, 0);
}

static mwn_redis_link *link_of(zend_object *connection, mwn_redis_servers **servers, size_t *server)
{
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_result result;
	mwn_redis_link *link;
	mwn_pool_failure failure;

	if (!server_of(connection, servers, server)) {
		return NULL;
	}
	link = mwn_redis_server_connect_patiently(*servers, *server, &result, error);
	if (!link) {
		throw_redis_exception(error);
	} else if (mwn_pool_receive_owed(link, mwn_redis_undisturbed, &failure) == MWN_POOL_BROKEN) {
		mwn_redis_server_give_up(*servers, *server, failure.link_result);
		throw_redis_exception(failure.text);
		link = NULL;
	}
	return link;
}

/* As phpredis gives replies that it does not interpret. */
static void reply_to_value(const redisReply *reply, zval *value)
{
	switch (reply->type) {
		case REDIS_REPLY_INTEGER:
			ZVAL_LONG(value, (zend_long)reply->integer);
			break;
		case REDIS_REPLY_STRING:
			ZVAL_STRINGL(value, reply->str, reply->len);
			break;
		case REDIS_REPLY_STATUS:
			ZVAL_TRUE(value);
			break;
		case REDIS_REPLY_ARRAY:
			array_init_size(value, (uint32_t)reply->elements);
			for (size_t i = 0; i < reply->elements; i++) {
				zval element;
				reply_to_value(reply->element[i], &element);
				zend_hash_next_index_insert_new(Z_ARRVAL_P(value), &element);
			}
			break;
		default:
			ZVAL_FALSE(value);
	}
}

static bool flatten(zval *value, zend_string ***texts, uint32_t *count);

static bool flatten_array(HashTable *array, zend_string ***texts, uint32_t *count)
{
	bool done = true;
	zval *element;

	if (GC_IS_RECURSIVE(array)) {
		zend_throw_error(NULL, "PoolCounterRedis: an argument of a command holds itself");
		return false;
	}
	GC_TRY_PROTECT_RECURSION(array);
	ZEND_HASH_FOREACH_VAL(array, element) {
		done = done && flatten(element, texts, count);
	} ZEND_HASH_FOREACH_END();
	GC_TRY_UNPROTECT_RECURSION(array);
	return done;
}

/* Collects the arguments of a command, arrays flattened, as strings that are to be released. Objects become text by
 * code that may change what they came from: each value is held meanwhile. */
static bool flatten(zval *value, zend_string ***texts, uint32_t *count)
{
	zval held;
	bool done;

	ZVAL_COPY_DEREF(&held, value);
	if (Z_TYPE(held) == IS_ARRAY) {
		done = flatten_array(Z_ARRVAL(held), texts, count);
	} else {
		*texts = safe_erealloc(*texts, *count + 1, sizeof(zend_string *), 0);
		(*texts)[*count] = zval_try_get_string(&held);
		done = (*texts)[*count] && ++*count;
	}
	zval_ptr_dtor(&held);
	return done;
}

ZEND_METHOD(MwNative_PoolCounterRedis, command)
{
	zend_object *connection;
	zval *words;
	double seconds;
	zend_string **texts = NULL;
	uint32_t count = 0;
	mwn_redis_servers *servers;
	size_t server;
	mwn_redis_link *link = NULL;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ARRAY(words)
		Z_PARAM_DOUBLE(seconds)
	ZEND_PARSE_PARAMETERS_END();
	if (flatten(words, &texts, &count) && count > 0) {
		link = link_of(connection, &servers, &server);
	}
	if (link) {
		mwn_redis_argument *arguments = safe_emalloc(count, sizeof(*arguments), 0);
		struct redisReply *reply = NULL;
		mwn_redis_result result;
		for (uint32_t i = 0; i < count; i++) {
			arguments[i] = (mwn_redis_argument){ZSTR_VAL(texts[i]), ZSTR_LEN(texts[i])};
		}
		/* A signal's handler runs afterwards. */
		result = mwn_redis_link_send(link, arguments, count, mwn_redis_undisturbed);
		if (result == MWN_REDIS_OK) {
			result = mwn_redis_link_receive(link, seconds, mwn_redis_undisturbed, &reply);
		}
		efree(arguments);
		if (result != MWN_REDIS_OK) {
			throw_redis_exception(mwn_redis_link_error(link));
			mwn_redis_server_drop(servers, server);
		} else if (reply->type == REDIS_REPLY_ERROR) {
			throw_redis_exception(reply->str);
		} else {
			reply_to_value(reply, return_value);
		}
		mwn_redis_reply_free(reply);
	}
	for (uint32_t i = 0; i < count; i++) {
		zend_string_release(texts[i]);
	}
	if (texts) {
		efree(texts);
	}
}

/* ---- the hooks' own behaviour ---- */

static void get_connection_own(zend_object *self, zval *status)
{
	zval connection, *known = mwn_pc_slot(self, MWN_PC_PROPERTY_conn);
	mwn_pc_candidates candidates;
	mwn_redis_servers *servers;
	size_t server;
	bool interrupted;

	/* As long as its server is well: after that the next one takes over. */
	if (Z_TYPE_P(known) == IS_OBJECT && server_of(Z_OBJ_P(known), &servers, &server)
		&& !mwn_redis_server_down_for(servers, server)) {
		mwn_pc_good_value(status, known);
		return;
	}
	if (EG(exception) || !mwn_pc_candidates_init(&candidates, self)) {
		return;
	}
	if (!mwn_pc_next_link(&candidates, &interrupted)) {
		if (!EG(exception)) {
			mwn_pc_no_server(&candidates, status);
		}
		return;
	}
	if (new_connection(self, &candidates, &connection)) {
		mwn_pc_good_value(status, &connection);
		mwn_pc_set(self, MWN_PC_PROPERTY_conn, &connection);
	}
}

static int64_t microseconds_of(zval *now)
{
	return (int64_t)llround(zval_get_double(now) * 1e6);
}

/* The session of this wait; a new one where there is none. */
static void session_of(zend_object *self, char session[MWN_POOL_SESSION_LENGTH + 1])
{
	const zval *known = mwn_pc_slot(self, MWN_PC_PROPERTY_session);
	zval value;

	if (Z_TYPE_P(known) == IS_STRING && Z_STRLEN_P(known) > 0) {
		snprintf(session, MWN_POOL_SESSION_LENGTH + 1, "%s", Z_STRVAL_P(known));
		return;
	}
	mwn_pool_new_session(session);
	ZVAL_STRING(&value, session);
	mwn_pc_set(self, MWN_PC_PROPERTY_session, &value);
}

/* The keys first, since a subclass chooses them, and its code may use the connection. Once the link is in hand no PHP
 * code may run: an argument or a property that is an object becomes text or a number before. */
static bool pool_and_link(zend_object *self, zend_object *connection, mwn_pc_pool *pool, mwn_redis_servers **servers,
	size_t *server, mwn_redis_link **link)
{
	if (!mwn_pc_pool_init(pool, self)) {
		return false;
	}
	*link = link_of(connection, servers, server);
	if (!*link) {
		mwn_pc_pool_free(pool);
	}
	return *link != NULL;
}

/* The slot's number or the server's word for why there is none; false, as the host does, after an error. */
static void init_and_pop_own(zend_object *self, zend_object *connection, zval *now, double seconds, zval *answer)
{
	static const char *const words[] = {
		[MWN_POOL_QUEUE_FULL] = "QUEUE_FULL",
		[MWN_POOL_QUEUE_WAIT] = "QUEUE_WAIT",
		[MWN_POOL_WOULD_WAIT] = "TIMEOUT",
	};
	char session[MWN_POOL_SESSION_LENGTH + 1];
	mwn_redis_servers *servers;
	size_t server;
	mwn_redis_link *link;
	mwn_pc_pool pool;
	mwn_pool_slot slot;
	mwn_pool_failure failure;
	mwn_pool_outcome outcome;
	int64_t moment = microseconds_of(now);

	session_of(self, session);
	if (EG(exception) || !pool_and_link(self, connection, &pool, &servers, &server, &link)) {
		return;
	}
	outcome = mwn_pool_acquire_at(link, &pool.keys, &pool.limits, session, seconds, moment, mwn_redis_undisturbed, &slot,
		&failure);
	mwn_pc_pool_free(&pool);
	switch (outcome) {
		case MWN_POOL_SLOT:
			ZVAL_STRING(answer, slot.number);
			break;
		case MWN_POOL_QUEUE_FULL:
		case MWN_POOL_QUEUE_WAIT:
		case MWN_POOL_WOULD_WAIT:
			ZVAL_STRING(answer, words[outcome]);
			break;
		default:
			throw_redis_exception(failure.text);
			if (outcome == MWN_POOL_BROKEN) {
				mwn_redis_server_give_up(servers, server, failure.link_result);
			}
	}
}

static void register_own(zend_object *self, zend_object *connection, zval *slot_value, zval *now, zval *answer)
{
	char session[MWN_POOL_SESSION_LENGTH + 1];
	mwn_redis_servers *servers;
	size_t server;
	mwn_redis_link *link;
	zend_string *text = zval_get_string(slot_value);
	mwn_pc_pool pool;
	mwn_pool_slot slot = {.taken = microseconds_of(now)};
	mwn_pool_failure failure;
	mwn_pool_outcome outcome;

	session_of(self, session);
	if (EG(exception) || !pool_and_link(self, connection, &pool, &servers, &server, &link)) {
		zend_string_release(text);
		return;
	}
	snprintf(slot.number, sizeof(slot.number), "%s", ZSTR_VAL(text));
	outcome = mwn_pool_register(link, &pool.keys, &pool.limits, session,
		zend_string_equals_literal(text, "w") ? NULL : &slot, false, mwn_redis_undisturbed, &failure);
	zend_string_release(text);
	mwn_pc_pool_free(&pool);
	if (outcome == MWN_POOL_DONE) {
		ZVAL_LONG(answer, 1);
	} else {
		throw_redis_exception(failure.text);
		if (outcome == MWN_POOL_BROKEN) {
			mwn_redis_server_give_up(servers, server, failure.link_result);
		}
	}
}

ZEND_METHOD(MwNative_PoolCounterRedis, getConnection)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_pc_enter(self)) {
		get_connection_own(self, return_value);
	}
}

ZEND_METHOD(MwNative_PoolCounterRedis, initAndPopPoolSlotList)
{
	zend_object *self, *connection;
	zval *now;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ZVAL(now)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_pc_enter(self)) {
		/* A subclass that waits by itself registers here; how long it will, nobody has told. */
		init_and_pop_own(self, connection, now, mwn_pc_seconds(self, NULL), return_value);
	}
}

ZEND_METHOD(MwNative_PoolCounterRedis, registerAcquisitionTime)
{
	zend_object *self, *connection;
	zval *slot, *now;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ZVAL(slot)
		Z_PARAM_ZVAL(now)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_pc_enter(self)) {
		register_own(self, connection, slot, now, return_value);
	}
}

/* ---- the wait, hook by hook ---- */

typedef struct {
	zend_object *self;
	zval *status;
	zend_object *connection;
	mwn_redis_servers *servers;
	size_t server;
	mwn_pc_pool pool;
	mwn_pc_held *held; /* ready for the slot; NULL once it is held */
	char session[MWN_POOL_SESSION_LENGTH + 1];
	zend_long wake_up;
	mwn_pc_counts *counts;
} hooked_wait;

/* `catch ( RedisException $e )`; where there is none, what stands in for it. */
static bool is_of_redis(const zend_object *exception)
{
	zend_class_entry *redis = zend_hash_str_find_ptr(EG(class_table), "redisexception", sizeof("redisexception") - 1);

	return redis ? instanceof_function(exception->ce, redis) : exception->ce == spl_ce_RuntimeException;
}

/* An exception of Redis becomes a status, as in the original; any other goes on. */
static void status_for_exception(hooked_wait *work)
{
	zend_object *exception = EG(exception);
	zval message, holder, *found;

	if (!exception || !is_of_redis(exception)) {
		return;
	}
	ZVAL_UNDEF(&holder);
	found = zend_read_property(zend_ce_exception, exception, "message", sizeof("message") - 1, true, &holder);
	ZVAL_COPY_DEREF(&message, found);
	zval_ptr_dtor(&holder);
	zend_clear_exception();
	mwn_pc_fatal(work->status, "pool-error-unknown", Z_TYPE(message) == IS_STRING ? Z_STRVAL(message) : "");
	zval_ptr_dtor(&message);
}

static void take_by_hooks(hooked_wait *work, const char *number, int64_t taken)
{
	mwn_pool_slot slot = {.taken = taken};
	mwn_pc_held *held = work->held;

	snprintf(slot.number, sizeof(slot.number), "%s", number);
	work->held = NULL;
	work->counts->acquired++;
	if (mwn_pc_hold(work->self, held, work->servers, work->server, work->session, &slot)
		&& mwn_call(work->self, MWN_CALL_onAcquire, NULL, 0, NULL)) {
		mwn_pc_good(work->status, MWN_PC_LOCKED);
	}
}

static bool call_register(hooked_wait *work, const char *number, int64_t now)
{
	zval arguments[3];
	bool done;

	ZVAL_OBJ(&arguments[0], work->connection);
	ZVAL_STRING(&arguments[1], number);
	ZVAL_DOUBLE(&arguments[2], (double)now / 1e6);
	done = mwn_call(work->self, MWN_CALL_registerAcquisitionTime, NULL, 3, arguments);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

/* The waiter leaves without the hook, which is for those who were handed something: the wait is over, or a hook threw.
 * Gives back what it was handed. */
static void leave_without_hook(const hooked_wait *work, const mwn_pool_slot *slot)
{
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_pool_failure failure;
	mwn_redis_result result;
	mwn_redis_link *link = mwn_redis_server_connect_patiently(work->servers, work->server, &result, error);

	mwn_pool_outcome outcome = link ? mwn_pool_register(link, &work->pool.keys, &work->pool.limits, work->session, slot,
		slot != NULL, mwn_redis_undisturbed, &failure) : MWN_POOL_DONE;

	if (link && slot && outcome == MWN_POOL_DONE) {
		outcome = mwn_pool_release(link, &work->pool.keys, &work->pool.limits, slot, false, false, mwn_redis_undisturbed,
			&failure);
	}
	if (outcome == MWN_POOL_BROKEN) {
		mwn_redis_server_give_up(work->servers, work->server, failure.link_result);
	}
}

static void wait_by_hooks(hooked_wait *work, double seconds)
{
	mwn_redis_link *link = link_of(work->connection, &work->servers, &work->server);
	mwn_pc_wait_limit limit;
	mwn_pool_slot slot;
	mwn_pool_failure failure;
	mwn_pool_outcome outcome;
	bool broken_off, is_handed, done;

	if (!link) {
		return;
	}
	outcome = mwn_pc_wait(work->servers, work->server, link, &work->pool, work->wake_up, seconds, work->counts, &limit,
		&slot, &failure, &broken_off);
	if (outcome == MWN_POOL_BROKEN) {
		/* Over a new link the waiter leaves the queue. */
		mwn_redis_server_drop(work->servers, work->server);
	}
	is_handed = outcome == MWN_POOL_SLOT || outcome == MWN_POOL_WOKEN;
	/* What ran in the middle of the wait may have thrown. */
	done = !EG(exception) && is_handed && call_register(work, outcome == MWN_POOL_SLOT ? slot.number : "w",
		outcome == MWN_POOL_SLOT ? slot.taken : mwn_pool_now());
	if (!done) {
		leave_without_hook(work, outcome == MWN_POOL_SLOT ? &slot : NULL);
	}
	if (EG(exception)) {
		/* It is told as it is. */
	} else if (outcome == MWN_POOL_SLOT) {
		take_by_hooks(work, slot.number, slot.taken);
	} else if (outcome == MWN_POOL_WOKEN) {
		work->counts->done_by_others++;
		mwn_pc_good(work->status, MWN_PC_DONE);
	} else if (outcome == MWN_POOL_TIMED_OUT || broken_off) {
		work->counts->timed_out++;
		mwn_pc_good(work->status, MWN_PC_TIMEOUT);
	} else {
		mwn_pc_fatal(work->status, "pool-error-unknown", failure.text);
	}
	mwn_pc_enforce_limit(&limit);
}

static void answer_by_hooks(hooked_wait *work, const zval *answer, int64_t now, double seconds)
{
	const char *text = Z_TYPE_P(answer) == IS_STRING ? Z_STRVAL_P(answer) : "";

	if (*text && strspn(text, "0123456789") == Z_STRLEN_P(answer)) {
		take_by_hooks(work, text, now);
	} else if (strcmp(text, "QUEUE_FULL") == 0) {
		work->counts->queue_full++;
		mwn_pc_good(work->status, MWN_PC_QUEUE_FULL);
	} else if (strcmp(text, "TIMEOUT") == 0) {
		work->counts->timed_out++;
		mwn_pc_good(work->status, MWN_PC_TIMEOUT);
	} else if (strcmp(text, "QUEUE_WAIT") == 0) {
		wait_by_hooks(work, seconds);
	} else {
		char *message;
		spprintf(&message, 0, "Server gave slot '%.64s'.", text);
		mwn_pc_fatal(work->status, "pool-error-unknown", message);
		efree(message);
	}
}

static void ask_by_hooks(hooked_wait *work, double seconds)
{
	zval arguments[2], answer, session;
	int64_t now = mwn_pool_now();

	/* A session for each wait, for a hook that registers by itself. */
	mwn_pool_new_session(work->session);
	ZVAL_STRING(&session, work->session);
	mwn_pc_set(work->self, MWN_PC_PROPERTY_session, &session);
	ZVAL_OBJ(&arguments[0], work->connection);
	ZVAL_DOUBLE(&arguments[1], (double)now / 1e6);
	if (mwn_is_overridden(mwn_callee_of(work->self), MWN_CALL_initAndPopPoolSlotList)) {
		if (!mwn_call(work->self, MWN_CALL_initAndPopPoolSlotList, &answer, 2, arguments)) {
			return;
		}
	} else {
		ZVAL_NULL(&answer);
		init_and_pop_own(work->self, work->connection, &arguments[1], seconds, &answer);
	}
	if (!EG(exception) && server_of(work->connection, &work->servers, &work->server)) {
		answer_by_hooks(work, &answer, now, seconds);
	}
	zval_ptr_dtor(&answer);
}

/* The connection that getConnection() gives; false when the status says that there is none, or with an exception. */
static bool get_connection(zend_object *self, zval *status, zval *connection)
{
	zval given, good, *value, holder;
	bool is_good;

	if (!mwn_call(self, MWN_CALL_getConnection, &given, 0, NULL)) {
		return false;
	}
	if (!mwn_call_on(&given, MWN_CALL_isOK, &good, 0, NULL)) {
		zval_ptr_dtor(&given);
		return false;
	}
	is_good = zend_is_true(&good);
	zval_ptr_dtor(&good);
	if (!is_good) {
		ZVAL_COPY_VALUE(status, &given);
		return false;
	}
	/* Only a magic getter gives it in the holder, which is to be released then. */
	ZVAL_UNDEF(&holder);
	value = zend_read_property(Z_OBJCE(given), Z_OBJ(given), "value", sizeof("value") - 1, true, &holder);
	ZVAL_COPY_DEREF(connection, value);
	zval_ptr_dtor(&holder);
	zval_ptr_dtor(&given);
	if (Z_TYPE_P(connection) != IS_OBJECT || EG(exception)) {
		zval_ptr_dtor(connection);
		if (!EG(exception)) {
			zend_type_error("PoolCounterRedis: getConnection() gave no connection");
		}
		return false;
	}
	return true;
}

void mwn_pc_wait_by_hooks(zend_object *self, zend_long wake_up, double seconds, zval *status)
{
	hooked_wait work = {.self = self, .status = status, .wake_up = wake_up, .counts = mwn_pc_counts_of(self)};
	zval connection;

	if (Z_TYPE_P(mwn_pc_slot(self, MWN_PC_PROPERTY_slot)) != IS_NULL) {
		mwn_pc_good(status, MWN_PC_LOCK_HELD);
		return;
	}
	if (!get_connection(self, status, &connection)) {
		return;
	}
	work.connection = Z_OBJ(connection);
	/* Before a slot is asked for: a key getter may throw. */
	if (mwn_pc_pool_init(&work.pool, self)) {
		work.held = mwn_pc_new_held(&work.pool, wake_up);
		ask_by_hooks(&work, seconds);
		mwn_pc_free_held(work.held);
		mwn_pc_pool_free(&work.pool);
	}
	zval_ptr_dtor(&connection);
	status_for_exception(&work);
}
