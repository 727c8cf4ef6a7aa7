/* The connections that are held: category => server index => connections. */
#include "../php_mwnative.h"

#include "zend_exceptions.h"
#include "ext/spl/spl_exceptions.h"

void mwn_lb_no_connections(zval *connections)
{
	MWN_G(load_balancer_request).host->no_connections(connections);
}

void mwn_lb_143_no_connections(zval *connections)
{
	zval none;

	array_init_size(connections, 2);
	ZVAL_EMPTY_ARRAY(&none);
	zend_hash_add_new(Z_ARRVAL_P(connections), MWN_LB_STR(round), &none);
	zend_hash_add_new(Z_ARRVAL_P(connections), MWN_LB_STR(autocommit), &none);
}

ZEND_METHOD(MwNative_LoadBalancer, newTrackedConnectionsArray)
{
	ZEND_PARSE_PARAMETERS_NONE();
	if (MWN_G(load_balancer_request).host) {
		mwn_lb_no_connections(return_value);
	}
}

HashTable *mwn_lb_pool(zend_object *self, zend_string *category, zval *index)
{
	HashTable *servers = mwn_lb_as_table(zend_hash_find(mwn_lb_table(self, MWN_LB_PROPERTY_conns), category));

	return servers ? mwn_lb_as_table(mwn_lb_find(servers, index)) : NULL;
}

/* The servers of a category, for writing; NULL: connections of that category are not tracked. */
static HashTable *servers_of(zend_object *self, zend_string *category)
{
	zval *servers = zend_hash_find_deref(mwn_lb_array(self, MWN_LB_PROPERTY_conns), category);

	if (!servers || Z_TYPE_P(servers) != IS_ARRAY) {
		return NULL;
	}
	SEPARATE_ARRAY(servers);
	return Z_ARRVAL_P(servers);
}

void mwn_lb_track(zend_object *self, zend_string *category, zval *index, zend_object *connection)
{
	HashTable *servers;
	zval *pool, first, added, key;

	mwn_lb_plain_key(index, &key);
	servers = servers_of(self, category);
	if (!servers) {
		return;
	}
	ZVAL_OBJ_COPY(&added, connection);
	pool = mwn_lb_find(servers, &key);
	if (pool && Z_TYPE_P(pool) == IS_ARRAY) {
		SEPARATE_ARRAY(pool);
		zend_hash_next_index_insert(Z_ARRVAL_P(pool), &added);
	} else {
		array_init(&first);
		zend_hash_next_index_insert(Z_ARRVAL(first), &added);
		mwn_lb_put(servers, &key, &first);
	}
}

/* The place of a connection in a pool; false: it is not there. */
static bool find_place(HashTable *pool, const zend_object *connection, zend_ulong *place)
{
	zend_ulong number;
	zval *one;

	ZEND_HASH_FOREACH_NUM_KEY_VAL(pool, number, one) {
		ZVAL_DEREF(one);
		if (Z_TYPE_P(one) == IS_OBJECT && Z_OBJ_P(one) == connection) {
			*place = number;
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return false;
}

bool mwn_lb_untrack(zend_object *self, zend_string *category, zval *index, zend_object *connection)
{
	HashTable *pool;
	zend_ulong place;
	zval *held, key;

	mwn_lb_plain_key(index, &key);
	pool = mwn_lb_pool(self, category, &key);
	if (!pool || !find_place(pool, connection, &place)) {
		return false;
	}
	held = mwn_lb_find(servers_of(self, category), &key);
	SEPARATE_ARRAY(held);
	zend_hash_index_del(Z_ARRVAL_P(held), place);
	return true;
}

size_t mwn_lb_tracked_count(zend_object *self)
{
	zval *category, *pool;
	size_t count = 0;

	ZEND_HASH_FOREACH_VAL(mwn_lb_table(self, MWN_LB_PROPERTY_conns), category) {
		HashTable *servers = mwn_lb_as_table(category);
		if (servers) {
			ZEND_HASH_FOREACH_VAL(servers, pool) {
				HashTable *connections = mwn_lb_as_table(pool);
				count += connections ? zend_hash_num_elements(connections) : 0;
			} ZEND_HASH_FOREACH_END();
		}
	} ZEND_HASH_FOREACH_END();
	return count;
}

/* ---- walking through them ---- */

static bool visit_pool(HashTable *pool, mwn_lb_visitor visitor, void *context)
{
	zval *connection;

	ZEND_HASH_FOREACH_VAL(pool, connection) {
		ZVAL_DEREF(connection);
		if (Z_TYPE_P(connection) == IS_OBJECT && !visitor(Z_OBJ_P(connection), context)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

typedef enum { EVERY_SERVER, PRIMARY, REPLICAS } which_servers;

static bool visit_category(HashTable *servers, which_servers which, mwn_lb_visitor visitor, void *context)
{
	HashTable *pool;
	zend_ulong number;
	zend_string *name;
	zval *one;

	if (which == PRIMARY) {
		pool = mwn_lb_as_table(zend_hash_index_find(servers, MWN_LB_WRITER));
		return !pool || visit_pool(pool, visitor, context);
	}
	ZEND_HASH_FOREACH_KEY_VAL(servers, number, name, one) {
		pool = mwn_lb_as_table(one);
		if (pool && (which == EVERY_SERVER || name || number != MWN_LB_WRITER) && !visit_pool(pool, visitor, context)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static bool visit(zend_object *self, which_servers which, mwn_lb_visitor visitor, void *context)
{
	zval held, *category;
	bool done = true;

	/* Those that are open now: what callbacks open or close meanwhile is met the next time. */
	ZVAL_COPY(&held, mwn_lb_slot(self, MWN_LB_PROPERTY_conns));
	if (Z_TYPE(held) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(held), category) {
			HashTable *servers = mwn_lb_as_table(category);
			if (servers && !visit_category(servers, which, visitor, context)) {
				done = false;
				break;
			}
		} ZEND_HASH_FOREACH_END();
	}
	zval_ptr_dtor(&held);
	return done;
}

bool mwn_lb_each_open(zend_object *self, mwn_lb_visitor visitor, void *context)
{
	return visit(self, EVERY_SERVER, visitor, context);
}

bool mwn_lb_each_primary(zend_object *self, mwn_lb_visitor visitor, void *context)
{
	return visit(self, PRIMARY, visitor, context);
}

bool mwn_lb_each_replica(zend_object *self, mwn_lb_visitor visitor, void *context)
{
	return visit(self, REPLICAS, visitor, context);
}

static bool add_to_list(zend_object *connection, void *list)
{
	zval object;

	ZVAL_OBJ_COPY(&object, connection);
	zend_hash_next_index_insert(Z_ARRVAL_P((zval *)list), &object);
	return true;
}

static void list(INTERNAL_FUNCTION_PARAMETERS, which_servers which)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		array_init(return_value);
		visit(self, which, add_to_list, return_value);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, getOpenConnections)
{
	list(INTERNAL_FUNCTION_PARAM_PASSTHRU, EVERY_SERVER);
}

ZEND_METHOD(MwNative_LoadBalancer, getOpenPrimaryConnections)
{
	list(INTERNAL_FUNCTION_PARAM_PASSTHRU, PRIMARY);
}

ZEND_METHOD(MwNative_LoadBalancer, getOpenReplicaConnections)
{
	list(INTERNAL_FUNCTION_PARAM_PASSTHRU, REPLICAS);
}

ZEND_METHOD(MwNative_LoadBalancer, getCurrentConnectionCount)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		RETURN_LONG((zend_long)mwn_lb_tracked_count(self));
	}
}

/* ---- any that is open ---- */

bool mwn_lb_log_not_open(zend_object *self, zend_object *connection, zval *index)
{
	zend_string *held, *number;
	zval context;
	bool done;

	if (!mwn_lb_context(self, connection, NULL, &context)) {
		return false;
	}
	number = zval_get_tmp_string(index, &held);
	done = mwn_lb_log(self, MWN_CALL_warning, "pickAnyOpenConnection",
		strpprintf(0, "pooled DB handle for {db_server} (#%s) has no open connection.", ZSTR_VAL(number)), &context);
	zend_tmp_string_release(held);
	return done;
}

/* An object, or false: none of the pool is open. */
static bool pick_open_of(zend_object *self, HashTable *pool, zval *index, zval *connection)
{
	zval *one;
	bool is_open;

	ZVAL_FALSE(connection);
	ZEND_HASH_FOREACH_VAL(pool, one) {
		ZVAL_DEREF(one);
		if (Z_TYPE_P(one) != IS_OBJECT) {
			continue;
		}
		if (!mwn_lb_ask(Z_OBJ_P(one), MWN_CALL_isOpen, &is_open, 0, NULL)) {
			return false;
		}
		if (is_open) {
			ZVAL_COPY(connection, one);
			return true;
		}
		if (!mwn_lb_log_not_open(self, Z_OBJ_P(one), index)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static bool pick_open(zend_object *self, HashTable *servers, zval *connection)
{
	zend_ulong number;
	zend_string *name;
	zval *one, index;

	ZVAL_FALSE(connection);
	ZEND_HASH_FOREACH_KEY_VAL(servers, number, name, one) {
		HashTable *pool = mwn_lb_as_table(one);
		if (name) {
			ZVAL_STR(&index, name);
		} else {
			ZVAL_LONG(&index, (zend_long)number);
		}
		if (pool && !pick_open_of(self, pool, &index, connection)) {
			return false;
		}
		if (Z_TYPE_P(connection) == IS_OBJECT) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

MWN_LB_BODY(143, pickAnyOpenConnection)
{
	zend_object *self;
	HashTable *servers;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(servers)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		pick_open(self, servers, return_value);
	}
}

static bool pick_open_in(zend_object *self, HashTable *servers, zval *index, bool any_server, zval *connection)
{
	HashTable *pool;

	if (any_server) {
		return pick_open(self, servers, connection);
	}
	ZVAL_FALSE(connection);
	pool = mwn_lb_as_table(mwn_lb_find(servers, index));
	return !pool || pick_open_of(self, pool, index, connection);
}

bool mwn_lb_143_any_open(zend_object *self, zval *index, zval *flags, zval *connection)
{
	bool any_server = mwn_lb_is_constant(index, MWN_LB_DB_REPLICA), done = true;
	zend_string *name, *held_number, *number;
	zval writer, held, *category;
	zend_long bits;

	ZVAL_FALSE(connection);
	if (!any_server && !mwn_lb_is_key(index, MWN_LB_ISSET)) {
		return false;
	}
	if (mwn_lb_is_constant(index, MWN_LB_DB_PRIMARY)) {
		ZVAL_LONG(&writer, MWN_LB_WRITER);
		index = &writer;
	}
	/* Held, and empty where there are none yet: a monitor may ask while it is made. */
	mwn_share_array(&held, mwn_lb_table(self, MWN_LB_PROPERTY_conns));
	ZEND_HASH_FOREACH_STR_KEY_VAL(Z_ARRVAL(held), name, category) {
		HashTable *servers = mwn_lb_as_table(category);
		done = !servers || pick_open_in(self, servers, index, any_server, connection);
		if (!done || Z_TYPE_P(connection) != IS_OBJECT) {
			if (!done) {
				break;
			}
			continue;
		}
		number = zval_get_tmp_string(index, &held_number);
		done = mwn_lb_debug(self, "getAnyOpenConnection", "found '%s' connection to #%s.", name ? ZSTR_VAL(name) : "",
			ZSTR_VAL(number));
		zend_tmp_string_release(held_number);
		break;
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&held);
	if (done && Z_TYPE_P(connection) == IS_OBJECT) {
		done = mwn_lb_flags(flags, &bits) && mwn_lb_enforce_flags(Z_OBJ_P(connection), bits);
	}
	if (!done) {
		zval_ptr_dtor(connection);
		ZVAL_UNDEF(connection);
	}
	return done;
}

bool mwn_lb_any_open(zend_object *self, zval *index, zend_long flags, zval *connection)
{
	zval arguments[2];

	ZVAL_LONG(&arguments[1], flags);
	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getAnyOpenConnection))) {
		return MWN_G(load_balancer_request).host->any_open(self, index, &arguments[1], connection);
	}
	ZVAL_COPY_VALUE(&arguments[0], index);
	return mwn_call(self, MWN_CALL_getAnyOpenConnection, connection, flags == 0 ? 1 : 2, arguments)
		&& mwn_lb_expect_connection(connection, "getAnyOpenConnection");
}

ZEND_METHOD(MwNative_LoadBalancer, getAnyOpenConnection)
{
	zend_object *self;
	zval *index, *flags;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		MWN_G(load_balancer_request).host->any_open(self, index, flags, return_value);
	}
}

static bool is_any_open(HashTable *pool, bool *open)
{
	zval *one;

	ZEND_HASH_FOREACH_VAL(pool, one) {
		ZVAL_DEREF(one);
		ZVAL_DEREF(one);
		if (Z_TYPE_P(one) != IS_OBJECT) {
			continue;
		}
		if (!mwn_lb_ask(Z_OBJ_P(one), MWN_CALL_isOpen, open, 0, NULL)) {
			return false;
		}
		if (*open) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

bool mwn_lb_is_connected(zend_object *self, zval *index, bool *connected)
{
	zend_string *category;
	bool done = true;
	zval held;

	*connected = false;
	ZVAL_COPY(&held, mwn_lb_slot(self, MWN_LB_PROPERTY_conns));
	if (Z_TYPE(held) == IS_ARRAY) {
		ZEND_HASH_FOREACH_STR_KEY(Z_ARRVAL(held), category) {
			HashTable *servers = category ? mwn_lb_as_table(zend_hash_find(Z_ARRVAL(held), category)) : NULL;
			HashTable *pool = servers ? mwn_lb_as_table(mwn_lb_find(servers, index)) : NULL;
			done = !pool || is_any_open(pool, connected);
			if (!done || *connected) {
				break;
			}
		} ZEND_HASH_FOREACH_END();
	}
	zval_ptr_dtor(&held);
	return done;
}

/* ---- closing ---- */

/* "index/domain"; NULL: an exception. */
static zend_string *describe(zend_object *connection)
{
	zval key, index, domain;
	zend_string *text, *held, *held_domain, *number, *id;

	ZVAL_STR(&key, MWN_LB_STR(server_index));
	if (!mwn_call(connection, MWN_CALL_getLBInfo, &index, 1, &key)) {
		return NULL;
	}
	if (!mwn_call(connection, MWN_CALL_getDomainID, &domain, 0, NULL)) {
		zval_ptr_dtor(&index);
		return NULL;
	}
	number = zval_get_tmp_string(&index, &held);
	id = zval_get_tmp_string(&domain, &held_domain);
	text = strpprintf(0, "%s/%s", ZSTR_VAL(number), ZSTR_VAL(id));
	zend_tmp_string_release(held);
	zend_tmp_string_release(held_domain);
	zval_ptr_dtor(&index);
	zval_ptr_dtor(&domain);
	return text;
}

ZEND_METHOD(MwNative_LoadBalancer, stringifyConn)
{
	zend_object *self, *connection;
	zend_string *text;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (text = describe(connection))) {
		RETURN_STR(text);
	}
}

static bool log_closing(zend_object *self, mwn_method level, const char *what, zend_object *connection, zend_string *server)
{
	zend_string *text = describe(connection);
	bool done;

	if (!text) {
		return false;
	}
	done = mwn_lb_log(self, level, "closeConnection",
		strpprintf(0, "%s connection to database %s at '%s'.", what, ZSTR_VAL(text), ZSTR_VAL(server)), NULL);
	zend_string_release(text);
	return done;
}

static bool forget(zend_object *self, zval *index, zend_object *connection)
{
	bool found = mwn_lb_untrack(self, MWN_LB_STR(round), index, connection);

	return mwn_lb_untrack(self, MWN_LB_STR(autocommit), index, connection) || found;
}

bool mwn_lb_is_reference(const zend_object *connection)
{
	return mwn_lb_is_a(connection, "dbconnref");
}

/* The index of the connection's server; an exception when it has none. */
static bool server_of(zend_object *connection, zval *index)
{
	zval domain, key;

	if (!mwn_call(connection, MWN_CALL_getDomainID, &domain, 0, NULL)) {
		return false;
	}
	ZVAL_STR(&key, MWN_LB_STR(server_index));
	if (!mwn_call(connection, MWN_CALL_getLBInfo, index, 1, &key)) {
		zval_ptr_dtor(&domain);
		return false;
	}
	if (Z_TYPE_P(index) == IS_NULL) {
		zend_string *held, *text = zval_get_tmp_string(&domain, &held);
		mwn_lb_throw_php(spl_ce_UnexpectedValueException, strpprintf(0, "Handle on '%s' missing server index", ZSTR_VAL(text)));
		zend_tmp_string_release(held);
	}
	zval_ptr_dtor(&domain);
	return !EG(exception);
}

bool mwn_lb_close(zend_object *self, zend_object *connection)
{
	return MWN_G(load_balancer_request).host->close(self, connection);
}

bool mwn_lb_143_close(zend_object *self, zend_object *connection)
{
	zval index, name, caller;
	zend_string *server;
	bool done;

	if (mwn_lb_is_reference(connection)) {
		return mwn_lb_throw_php(spl_ce_RuntimeException,
			ZSTR_INIT_LITERAL("Cannot close DBConnRef instance; it must be shareable", false));
	}
	if (!server_of(connection, &index)) {
		return false;
	}
	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerName, &name, 1, &index)) {
		zval_ptr_dtor(&index);
		return false;
	}
	server = zval_get_string(&name);
	zval_ptr_dtor(&name);
	done = forget(self, &index, connection) || log_closing(self, MWN_CALL_warning, "orphaned", connection, server);
	done = done && log_closing(self, MWN_CALL_debug, "closing", connection, server);
	zend_string_release(server);
	zval_ptr_dtor(&index);
	if (done) {
		ZVAL_STRING(&caller, MWN_LB_METHOD("closeConnection"));
		done = mwn_call(connection, MWN_CALL_close, NULL, 1, &caller);
		zval_ptr_dtor(&caller);
	}
	return done;
}

MWN_LB_BODY(143, closeConnection)
{
	zend_object *self, *connection;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		/* The pool may hold the last other reference. */
		GC_ADDREF(connection);
		mwn_lb_143_close(self, connection);
		OBJ_RELEASE(connection);
	}
}

bool mwn_lb_143_close_one(zend_object *connection, void *caller)
{
	return mwn_call(connection, MWN_CALL_close, NULL, 1, caller);
}

bool mwn_lb_close_all(zend_object *self, zval *caller)
{
	mwn_lb_abort_guard guard = mwn_lb_ignore_abort();
	bool done = mwn_lb_each_open(self, MWN_G(load_balancer_request).host->close_one, caller);
	zval none;

	if (done) {
		mwn_lb_no_connections(&none);
		mwn_lb_set(self, MWN_LB_PROPERTY_conns, &none);
	}
	mwn_lb_restore_abort(guard);
	return done && !EG(exception);
}

static void close_all(INTERNAL_FUNCTION_PARAMETERS, bool disable)
{
	zend_object *self;
	zval *caller;
	bool done;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self)) {
		return;
	}
	done = disable && mwn_is_overridden(mwn_callee_of(self), MWN_CALL_closeAll)
		? mwn_call(self, MWN_CALL_closeAll, NULL, 1, caller) : mwn_lb_close_all(self, caller);
	if (done && disable) {
		mwn_lb_set_bool(self, MWN_LB_PROPERTY_disabled, true);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, closeAll)
{
	close_all(INTERNAL_FUNCTION_PARAM_PASSTHRU, false);
}

ZEND_METHOD(MwNative_LoadBalancer, disable)
{
	close_all(INTERNAL_FUNCTION_PARAM_PASSTHRU, true);
}

void mwn_lb_close_despite_exception(zend_object *self, zend_object *connection)
{
	zend_object *pending = EG(exception);

	/* As a finally block does, which exit() passes over, and the end of a fiber does not: what is thrown while closing
	 * follows what was thrown before. */
	if (!pending) {
		mwn_lb_close(self, connection);
		return;
	}
	if (zend_is_unwind_exit(pending)) {
		return;
	}
	GC_ADDREF(pending);
	zend_clear_exception();
	mwn_lb_close(self, connection);
	if (EG(exception)) {
		zend_exception_set_previous(EG(exception), pending);
	} else {
		zend_throw_exception_internal(pending);
	}
}
