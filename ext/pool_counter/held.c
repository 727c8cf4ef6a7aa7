/* The slots that this request holds, and their end. */
#include "../php_mwnative.h"

#include <unistd.h>

#include "zend_exceptions.h"
#include "main/php_main.h"
#include "ext/standard/basic_functions.h"

/* PoolCounterRedis::$active: (session => object); NULL with an exception under way. */
static zval *active_list(void)
{
	zend_class_entry *shell = MWN_G(pool_counter_request).binding->shell;
	zval *list = zend_read_static_property(shell, "active", sizeof("active") - 1, false);

	if (list) {
		ZVAL_DEREF(list);
	}
	return list;
}

static void add_to_active(const char *session, zend_object *self)
{
	zval *list = active_list(), value, key;

	if (!list) {
		return;
	}
	ZVAL_OBJ(&value, self);
	if (Z_TYPE_P(list) == IS_ARRAY || Z_TYPE_P(list) == IS_NULL || Z_TYPE_P(list) == IS_FALSE) {
		if (Z_TYPE_P(list) != IS_ARRAY) {
			array_init(list);
		}
		SEPARATE_ARRAY(list);
		Z_ADDREF(value);
		zend_symtable_str_update(Z_ARRVAL_P(list), session, strlen(session), &value);
	} else if (Z_TYPE_P(list) == IS_OBJECT) {
		/* A subclass has put it there: as in PHP, an ArrayAccess takes it, and any other is an Error. */
		zend_object *object = Z_OBJ_P(list);
		GC_ADDREF(object);
		ZVAL_STRING(&key, session);
		object->handlers->write_dimension(object, &key, &value);
		zval_ptr_dtor(&key);
		OBJ_RELEASE(object);
	} else {
		zend_throw_error(NULL, "Cannot use a scalar value as an array");
	}
}

static void remove_from_active(const zval *session)
{
	zval *list = active_list();

	if (list && Z_TYPE_P(list) == IS_ARRAY && Z_TYPE_P(session) == IS_STRING) {
		SEPARATE_ARRAY(list);
		zend_symtable_del(Z_ARRVAL_P(list), Z_STR_P(session));
	}
}

mwn_pc_held *mwn_pc_find_held(const zend_object *self)
{
	mwn_pc_held *held = MWN_G(pool_counter_request).held;

	while (held && held->handle != self->handle) {
		held = held->next;
	}
	return held;
}

bool mwn_pc_is_of_parent(const zend_object *self, const mwn_pc_pool *pool, const mwn_pool_slot *slot)
{
	const mwn_pc_held *held = MWN_G(pool_counter_request).held;
	pid_t process = getpid();

	for (; held; held = held->next) {
		if (held->owner != process && (held->handle == self->handle || (held->slot.taken == slot->taken
			&& strcmp(held->slot.number, slot->number) == 0 && zend_string_equals(held->keys[0], pool->key_texts[0])))) {
			return true;
		}
	}
	return false;
}

static void remove_held(const zend_object *self)
{
	mwn_pc_held **place = &MWN_G(pool_counter_request).held;

	while (*place) {
		mwn_pc_held *held = *place;
		if (held->handle == self->handle && held->owner != getpid()) {
			/* It stays, so that a clone is known to hold a slot of the parent's; no object has this handle. */
			held->handle = 0;
			return;
		}
		if (held->handle == self->handle) {
			*place = held->next;
			mwn_pc_free_held(held);
			return;
		}
		place = &held->next;
	}
}

mwn_pc_held *mwn_pc_new_held(mwn_pc_pool *pool, zend_long wake_up)
{
	mwn_pc_held *held = ecalloc(1, sizeof(*held));

	for (int i = 0; i < 4; i++) {
		held->keys[i] = zend_string_copy(pool->key_texts[i]);
	}
	held->limits = pool->limits;
	held->wake_up = wake_up;
	held->owner = getpid();
	return held;
}

void mwn_pc_free_held(mwn_pc_held *held)
{
	if (held) {
		for (int i = 0; i < 4; i++) {
			zend_string_release(held->keys[i]);
		}
		efree(held);
	}
}

bool mwn_pc_hold(zend_object *self, mwn_pc_held *held, mwn_redis_servers *servers, size_t server,
	const char *session, const mwn_pool_slot *slot)
{
	mwn_pool_counter_request *request = &MWN_G(pool_counter_request);
	zval value;

	/* First of all, so that the slot is given back even if what follows goes wrong. */
	held->handle = self->handle;
	held->servers = servers;
	held->server = server;
	held->slot = *slot;
	held->next = request->held;
	request->held = held;

	ZVAL_STRING(&value, slot->number);
	mwn_pc_set(self, MWN_PC_PROPERTY_slot, &value);
	ZVAL_DOUBLE(&value, (double)slot->taken / 1e6);
	mwn_pc_set(self, MWN_PC_PROPERTY_slotTime, &value);
	ZVAL_LONG(&value, held->wake_up);
	mwn_pc_set(self, MWN_PC_PROPERTY_onRelease, &value);
	ZVAL_STRING(&value, session);
	mwn_pc_set(self, MWN_PC_PROPERTY_session, &value);
	add_to_active(session, self);
	return !EG(exception);
}

bool mwn_pc_forget(zend_object *self)
{
	zval value, session;

	remove_held(self);
	ZVAL_NULL(&value);
	mwn_pc_set(self, MWN_PC_PROPERTY_slot, &value);
	mwn_pc_set(self, MWN_PC_PROPERTY_slotTime, &value);
	mwn_pc_set(self, MWN_PC_PROPERTY_onRelease, &value);
	/* The list may hold the last reference, and the session is a property of the object. */
	GC_ADDREF(self);
	ZVAL_COPY(&session, mwn_pc_slot(self, MWN_PC_PROPERTY_session));
	remove_from_active(&session);
	zval_ptr_dtor(&session);
	OBJ_RELEASE(self);
	return !EG(exception);
}

bool mwn_pc_register_shutdown(void)
{
	zval *list = active_list(), old, function, result;
	bool done;

	if (!list || Z_TYPE_P(list) == IS_ARRAY) {
		return list != NULL;
	}
	ZVAL_COPY_VALUE(&old, list);
	array_init(list);
	array_init_size(&function, 2);
	add_next_index_str(&function, zend_string_copy(MWN_G(pool_counter_request).binding->shell->name));
	add_next_index_string(&function, "releaseAll");
	done = mwn_call_function("register_shutdown_function", &result, 1, &function);
	zval_ptr_dtor(&function);
	zval_ptr_dtor(&result);
	/* Last: its destructor may look at the list. */
	zval_ptr_dtor(&old);
	return done && !EG(exception);
}

/* Takes over the exception that is under way, as `catch ( Exception $e )` does: an Error is not caught. */
static bool catch_exception(zval *caught)
{
	if (!EG(exception)) {
		return true;
	}
	if (!instanceof_function(EG(exception)->ce, zend_ce_exception)) {
		return false;
	}
	zval_ptr_dtor(caught);
	ZVAL_OBJ_COPY(caught, EG(exception));
	zend_clear_exception();
	return true;
}

ZEND_METHOD(MwNative_PoolCounterRedis, releaseAll)
{
	zval *list, *object, held, caught;

	ZEND_PARSE_PARAMETERS_NONE();
	if (!MWN_G(pool_counter_request).binding) {
		return;
	}
	list = active_list();
	if (!list || Z_TYPE_P(list) != IS_ARRAY) {
		return;
	}
	ZVAL_COPY(&held, list);
	ZVAL_NULL(&caught);
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL(held), object) {
		ZVAL_DEREF(object);
		/* A subclass may have put anything there. */
		if (Z_TYPE_P(object) != IS_OBJECT || mwn_callee_of(Z_OBJ_P(object))->served != MWN_POOL_COUNTER_REDIS
			|| Z_TYPE_P(mwn_pc_slot(Z_OBJ_P(object), MWN_PC_PROPERTY_slot)) == IS_NULL) {
			continue;
		}
		mwn_call(Z_OBJ_P(object), MWN_CALL_release, NULL, 0, NULL);
		if (!catch_exception(&caught)) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&held);
	if (!EG(exception) && Z_TYPE(caught) == IS_OBJECT) {
		zend_throw_exception_object(&caught);
	} else {
		zval_ptr_dtor(&caught);
	}
}

/* ---- the end of the request ---- */

static void log_line(const mwn_redis_servers *servers, size_t server, const char *text)
{
	char *line;

	spprintf(&line, 0, "mwnative: PoolCounterRedis, server %s: %s", mwn_redis_server_text(servers, server), text);
	php_log_err(line);
	efree(line);
}

/* The last chance: a server that is marked down is asked all the same. */
static void release_without_php(const mwn_pc_held *held)
{
	mwn_redis_link *link;
	mwn_pool_keys keys;
	mwn_pool_failure failure;
	mwn_pool_outcome outcome;
	mwn_redis_result result;
	char error[MWN_REDIS_ERROR_LENGTH + 1];

	if (held->owner != getpid()) {
		return;
	}
	link = mwn_redis_server_connect_patiently(held->servers, held->server, &result, error);
	if (!link) {
		log_line(held->servers, held->server, error);
		return;
	}
	mwn_pc_pool_point(&keys, held->keys);
	outcome = mwn_pool_release(link, &keys, &held->limits, &held->slot, held->wake_up == MWN_PC_AWAKE_ALL, false,
		mwn_redis_undisturbed, &failure);
	if (failure.late[0]) {
		log_line(held->servers, held->server, failure.late);
	}
	if (outcome != MWN_POOL_DONE) {
		log_line(held->servers, held->server, failure.text);
	}
	if (outcome == MWN_POOL_BROKEN) {
		mwn_redis_server_give_up(held->servers, held->server, failure.link_result);
	}
}

static void settle_without_php(mwn_redis_servers *servers)
{
	for (size_t i = 0; i < mwn_redis_servers_count(servers); i++) {
		mwn_redis_link *link = mwn_redis_server_owing_link(servers, i);
		mwn_pool_failure failure;
		mwn_pool_outcome outcome = link ? mwn_pool_receive_owed(link, mwn_redis_undisturbed, &failure) : MWN_POOL_DONE;
		if (mwn_redis_server_lost_replies(servers, i)) {
			log_line(servers, i, "the connection was lost before the answer to a deferred step came");
		}
		if (outcome != MWN_POOL_DONE) {
			log_line(servers, i, failure.text);
		}
		if (outcome == MWN_POOL_BROKEN) {
			mwn_redis_server_give_up(servers, i, failure.link_result);
		}
	}
}

void mwn_pool_counter_end_request(mwn_pool_counter_request *request, mwn_pool_counter_process *process)
{
	mwn_pc_server_set *set;

	while (request->held) {
		mwn_pc_held *held = request->held;
		request->held = held->next;
		release_without_php(held);
		mwn_pc_free_held(held);
	}
	/* What ran in the middle of a wait has ended the request. */
	mwn_redis_link_close(request->waiting_link);
	request->waiting_link = NULL;
	mwn_pc_forget_config(request);
	if (process->sets) {
		ZEND_HASH_FOREACH_PTR(process->sets, set) {
			settle_without_php(set->servers);
			mwn_redis_servers_end_request(set->servers);
		} ZEND_HASH_FOREACH_END();
	}
}
