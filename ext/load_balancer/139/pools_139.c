/* Connections by category, server and domain, on MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include "ext/spl/spl_exceptions.h"
#include "load_balancer_139.h"

void mwn_lb_139_no_connections(zval *connections)
{
	static const mwn_lb_string categories[] = {
		/* of rounds */
		MWN_LB_STRING_local, MWN_LB_STRING_foreign_in_use, MWN_LB_STRING_foreign_free,
		/* of their own */
		MWN_LB_STRING_local_autocommit, MWN_LB_STRING_foreign_in_use_autocommit, MWN_LB_STRING_foreign_free_autocommit,
	};
	zval none;

	array_init_size(connections, sizeof(categories) / sizeof(*categories));
	ZVAL_EMPTY_ARRAY(&none);
	for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++) {
		zend_hash_add_new(Z_ARRVAL_P(connections), mwn_lb_strings[categories[i]], &none);
	}
}

/* ---- the tree ---- */

static zval *not_null(zval *value)
{
	if (!value) {
		return NULL;
	}
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) == IS_OBJECT ? value : NULL;
}

zval *mwn_lb_139_tracked(zend_object *self, zend_string *category, zval *index, zend_string *domain)
{
	HashTable *pool = mwn_lb_pool(self, category, index);

	return pool ? not_null(zend_symtable_find(pool, domain)) : NULL;
}

static HashTable *servers_for_writing(zend_object *self, zend_string *category)
{
	HashTable *categories = mwn_lb_array(self, MWN_LB_PROPERTY_conns);
	zval *servers = zend_hash_find_deref(categories, category), key, none;

	if (!servers || Z_TYPE_P(servers) != IS_ARRAY) {
		ZVAL_STR(&key, category);
		ZVAL_EMPTY_ARRAY(&none);
		mwn_lb_put(categories, &key, &none);
		servers = zend_hash_find(mwn_lb_array(self, MWN_LB_PROPERTY_conns), category);
	}
	SEPARATE_ARRAY(servers);
	return Z_ARRVAL_P(servers);
}

HashTable *mwn_lb_139_pool_for_writing(zend_object *self, zend_string *category, zval *index)
{
	zval *pool, key;

	mwn_lb_plain_key(index, &key);
	if (!mwn_lb_pool(self, category, &key)) {
		return NULL;
	}
	pool = mwn_lb_find(servers_for_writing(self, category), &key);
	SEPARATE_ARRAY(pool);
	return Z_ARRVAL_P(pool);
}

void mwn_lb_139_track(zend_object *self, zend_string *category, zval *index, zend_string *domain, zend_object *connection)
{
	HashTable *servers;
	zval *pool, first, added, name, key;

	mwn_lb_plain_key(index, &key);
	servers = servers_for_writing(self, category);
	ZVAL_STR(&name, domain);
	ZVAL_OBJ_COPY(&added, connection);
	pool = mwn_lb_find(servers, &key);
	if (pool && Z_TYPE_P(pool) == IS_ARRAY) {
		SEPARATE_ARRAY(pool);
		mwn_lb_put(Z_ARRVAL_P(pool), &name, &added);
	} else {
		array_init(&first);
		mwn_lb_put(Z_ARRVAL(first), &name, &added);
		mwn_lb_put(servers, &key, &first);
	}
}

void mwn_lb_139_untrack(zend_object *self, zend_string *category, zval *index, zend_string *domain)
{
	HashTable *pool = mwn_lb_139_pool_for_writing(self, category, index);

	if (pool) {
		zend_symtable_del(pool, domain);
	}
}

/* The key of a connection in a pool, which the caller frees; false: it is not there. */
static bool find_key(HashTable *pool, const zend_object *connection, zval *key)
{
	zend_ulong number;
	zend_string *name;
	zval *one;

	ZEND_HASH_FOREACH_KEY_VAL(pool, number, name, one) {
		ZVAL_DEREF(one);
		if (Z_TYPE_P(one) != IS_OBJECT || Z_OBJ_P(one) != connection) {
			continue;
		}
		if (name) {
			ZVAL_STR_COPY(key, name);
		} else {
			ZVAL_LONG(key, (zend_long)number);
		}
		return true;
	} ZEND_HASH_FOREACH_END();
	return false;
}

bool mwn_lb_139_forget(zend_object *self, zval *index, zend_object *connection)
{
	zval held, key, place;
	zend_string *category;
	bool found = false;

	mwn_lb_plain_key(index, &place);
	/* Walks through what there was while it takes out. */
	ZVAL_COPY(&held, mwn_lb_slot(self, MWN_LB_PROPERTY_conns));
	if (Z_TYPE(held) == IS_ARRAY) {
		ZEND_HASH_FOREACH_STR_KEY(Z_ARRVAL(held), category) {
			HashTable *pool = category ? mwn_lb_pool(self, category, &place) : NULL;
			if (!pool || !find_key(pool, connection, &key)) {
				continue;
			}
			found = true;
			pool = mwn_lb_139_pool_for_writing(self, category, &place);
			if (Z_TYPE(key) == IS_STRING) {
				zend_hash_del(pool, Z_STR(key));
			} else {
				zend_hash_index_del(pool, (zend_ulong)Z_LVAL(key));
			}
			zval_ptr_dtor(&key);
		} ZEND_HASH_FOREACH_END();
	}
	zval_ptr_dtor(&held);
	return found;
}

/* ---- messages ---- */

/* "category/index", which the caller releases. */
static zend_string *place(zend_string *category, zval *index)
{
	zend_string *held, *number = zval_get_tmp_string(index, &held), *text;

	text = strpprintf(0, "%s/%s", ZSTR_VAL(category), ZSTR_VAL(number));
	zend_tmp_string_release(held);
	return text;
}

static bool debug_place(zend_object *self, const char *method, const char *what, zend_string *category, zval *index,
	const char *domain)
{
	zend_string *text;
	bool done;

	if (EXPECTED(!mwn_lb_is_logged(self))) {
		return true;
	}
	text = place(category, index);
	done = mwn_lb_debug(self, method, "%s %s%s%s", what, ZSTR_VAL(text), domain ? "/" : "", domain ? domain : "");
	zend_string_release(text);
	return done;
}

/* The identifier of the connection's domain, which the caller releases. NULL: an exception. */
static zend_string *domain_id_of(zend_object *connection)
{
	zval id;
	zend_string *text;

	if (!mwn_call(connection, MWN_CALL_getDomainID, &id, 0, NULL)) {
		return NULL;
	}
	text = zval_get_string(&id);
	zval_ptr_dtor(&id);
	return text;
}

/* Takes `expected` over. */
static bool refuse_domain(zend_object *connection, zend_string *expected)
{
	/* Asked again, as the host does for its text. */
	zend_string *id = domain_id_of(connection);

	if (id) {
		mwn_lb_throw_php(spl_ce_UnexpectedValueException,
			strpprintf(0, "Got connection to '%s', but expected %s", ZSTR_VAL(id), ZSTR_VAL(expected)));
		zend_string_release(id);
	}
	zend_string_release(expected);
	return false;
}

/* ---- of the local domain ---- */

static bool open_local(zend_object *self, zend_string *category, zval *index, bool autocommit, zval *connection)
{
	const mwn_lb_domain *local = mwn_lb_local_domain(self);
	zend_string *text;
	zval more;
	bool done, is_open;

	if (!local) {
		return false;
	}
	array_init(&more);
	add_assoc_bool(&more, "autoCommitOnly", autocommit);
	done = mwn_lb_139_open(self, index, local->object, &more, connection);
	zval_ptr_dtor(&more);
	if (!done) {
		return false;
	}
	if (!mwn_is_callable_on(connection, MWN_CALL_isOpen)
		|| !mwn_lb_ask(Z_OBJ_P(connection), MWN_CALL_isOpen, &is_open, 0, NULL)) {
		zval_ptr_dtor(connection);
		return false;
	}
	if (is_open) {
		done = debug_place(self, "getLocalConnection", "opened new connection for", category, index, NULL);
		if (done) {
			mwn_lb_139_track(self, category, index, MWN_LB_STR(local_key), Z_OBJ_P(connection));
		}
	} else {
		text = place(category, index);
		done = mwn_lb_log(self, MWN_CALL_warning, "getLocalConnection",
			strpprintf(0, "connection error for %s", ZSTR_VAL(text)), NULL);
		zend_string_release(text);
		if (done) {
			mwn_lb_139_set_failed(self, Z_OBJ_P(connection));
			zval_ptr_dtor(connection);
			ZVAL_FALSE(connection);
		}
	}
	if (!done) {
		zval_ptr_dtor(connection);
	}
	return done;
}

static bool check_local(zend_object *self, zend_object *connection)
{
	const mwn_lb_domain *local = mwn_lb_local_domain(self);
	bool fits;

	if (!local || !mwn_lb_is_compatible(connection, local, &fits) || fits) {
		return local && !EG(exception);
	}
	return refuse_domain(connection, strpprintf(0, "local domain ('%s')", ZSTR_VAL(local->id)));
}

bool mwn_lb_139_local_connection(zend_object *self, zval *index, zend_long flags, zval *connection, bool *reused)
{
	bool autocommit = mwn_lb_has_bit(flags, MWN_LB_CONN_TRX_AUTOCOMMIT);
	zend_string *category = autocommit ? MWN_LB_STR(local_autocommit) : MWN_LB_STR(local);
	zval *tracked = mwn_lb_139_tracked(self, category, index, MWN_LB_STR(local_key));

	if (reused) {
		*reused = tracked != NULL;
	}
	if (EXPECTED(tracked)) {
		ZVAL_COPY(connection, tracked);
		if (UNEXPECTED(!debug_place(self, "getLocalConnection", "reused a connection for", category, index, NULL))) {
			zval_ptr_dtor(connection);
			return false;
		}
	} else if (!open_local(self, category, index, autocommit, connection)) {
		return false;
	}
	if (Z_TYPE_P(connection) == IS_OBJECT && !check_local(self, Z_OBJ_P(connection))) {
		zval_ptr_dtor(connection);
		return false;
	}
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, getLocalConnection)
{
	zend_object *self;
	zval *index, *flags, connection;
	zend_long bits;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && mwn_lb_flags(flags, &bits)
		&& mwn_lb_139_local_connection(self, index, bits, &connection, NULL)) {
		RETURN_COPY_VALUE(&connection);
	}
}

/* ---- of foreign domains ---- */

/* Where connections are that are free, and that are in use. */
typedef struct {
	zend_string *free;
	zend_string *in_use;
} categories;

static categories categories_of(bool autocommit)
{
	return autocommit
		? (categories){MWN_LB_STR(foreign_free_autocommit), MWN_LB_STR(foreign_in_use_autocommit)}
		: (categories){MWN_LB_STR(foreign_free), MWN_LB_STR(foreign_in_use)};
}

static bool is_on_database(zend_object *connection, zend_string *database, bool *is_on)
{
	zval name;

	if (!mwn_call(connection, MWN_CALL_getDBname, &name, 0, NULL)) {
		return false;
	}
	*is_on = Z_TYPE(name) == IS_STRING && zend_string_equals(Z_STR(name), database);
	zval_ptr_dtor(&name);
	return true;
}

static bool select_prefix(zend_object *connection, const mwn_lb_domain *domain)
{
	zval schema, prefix;
	bool done;

	if (!mwn_call(domain->object, MWN_CALL_getSchema, &schema, 0, NULL)) {
		return false;
	}
	done = mwn_call(connection, MWN_CALL_dbSchema, NULL, 1, &schema);
	zval_ptr_dtor(&schema);
	if (!done || !mwn_call(domain->object, MWN_CALL_getTablePrefix, &prefix, 0, NULL)) {
		return false;
	}
	done = mwn_call(connection, MWN_CALL_tablePrefix, NULL, 1, &prefix);
	zval_ptr_dtor(&prefix);
	return done;
}

/* Switches a free connection to the domain, unless that would need another connection where databases are apart. */
static bool try_to_switch(zend_object *connection, const mwn_lb_domain *domain, bool *switched)
{
	bool apart, is_on = true;
	zval target;

	*switched = false;
	if (!domain->database) {
		*switched = true;
		return select_prefix(connection, domain);
	}
	if (!mwn_lb_ask(connection, MWN_CALL_databasesAreIndependent, &apart, 0, NULL)
		|| (apart && !is_on_database(connection, domain->database, &is_on))) {
		return false;
	}
	if (!is_on) {
		return true;
	}
	*switched = true;
	ZVAL_OBJ(&target, domain->object);
	return mwn_call(connection, MWN_CALL_selectDomain, NULL, 1, &target);
}

/* A free connection of another domain becomes one that is in use. */
static bool move(zend_object *self, categories categories, zval *index, zend_string *former, const mwn_lb_domain *domain,
	zend_object *connection)
{
	zend_string *id;

	mwn_lb_139_untrack(self, categories.free, index, former);
	id = domain_id_of(connection);
	if (!id) {
		return false;
	}
	mwn_lb_139_track(self, categories.in_use, index, id, connection);
	zend_string_release(id);
	return mwn_lb_debug(self, "getForeignConnection", "reusing free connection from %s for %s", ZSTR_VAL(former),
		ZSTR_VAL(domain->id));
}

/* An object with a reference, or null: none can be switched. */
static bool switch_free(zend_object *self, categories categories, zval *index, const mwn_lb_domain *domain, zval *connection)
{
	HashTable *pool = mwn_lb_pool(self, categories.free, index);
	zend_string *name, *former;
	zend_ulong number;
	zval held, *candidate;
	bool done = true, switched = false;

	ZVAL_NULL(connection);
	if (!pool) {
		return true;
	}
	mwn_share_array(&held, pool);
	ZEND_HASH_FOREACH_KEY_VAL(pool, number, name, candidate) {
		ZVAL_DEREF(candidate);
		if (Z_TYPE_P(candidate) != IS_OBJECT) {
			continue;
		}
		ZVAL_COPY(connection, candidate);
		done = try_to_switch(Z_OBJ_P(connection), domain, &switched);
		if (done && switched) {
			former = name ? zend_string_copy(name) : zend_long_to_str((zend_long)number);
			done = move(self, categories, index, former, domain, Z_OBJ_P(connection));
			zend_string_release(former);
		}
		if (!done || switched) {
			break;
		}
		zval_ptr_dtor(connection);
		ZVAL_NULL(connection);
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&held);
	if (!done) {
		zval_ptr_dtor(connection);
	}
	return done;
}

/* An object with a reference, or null: there is none to use again. */
static bool reuse(zend_object *self, categories categories, zval *index, const mwn_lb_domain *domain, zval *connection)
{
	zval *tracked = mwn_lb_139_tracked(self, categories.in_use, index, domain->id);
	const char *what = "reusing connection";

	if (!tracked) {
		tracked = mwn_lb_139_tracked(self, categories.free, index, domain->id);
		if (!tracked) {
			return switch_free(self, categories, index, domain, connection);
		}
		what = "reusing free connection";
		ZVAL_COPY(connection, tracked);
		mwn_lb_139_untrack(self, categories.free, index, domain->id);
		mwn_lb_139_track(self, categories.in_use, index, domain->id, Z_OBJ_P(connection));
	} else {
		ZVAL_COPY(connection, tracked);
	}
	if (!debug_place(self, "getForeignConnection", what, categories.in_use, index, ZSTR_VAL(domain->id))) {
		zval_ptr_dtor(connection);
		return false;
	}
	return true;
}

static bool admit(zend_object *self, zend_string *category, zval *index, const mwn_lb_domain *domain, zend_object *connection)
{
	/* What the connection says: for an unspecified domain it is another. */
	zend_string *id = domain_id_of(connection);

	if (!id) {
		return false;
	}
	mwn_lb_139_track(self, category, index, id, connection);
	zend_string_release(id);
	return debug_place(self, "getForeignConnection", "opened new connection for", category, index, ZSTR_VAL(domain->id));
}

static bool log_failed(zend_object *self, zend_string *category, zval *index, const mwn_lb_domain *domain)
{
	zend_string *text = place(category, index);
	zval context;
	bool done;

	array_init(&context);
	add_assoc_str(&context, "db_domain", zend_string_copy(domain->id));
	done = mwn_lb_log(self, MWN_CALL_warning, "getForeignConnection",
		strpprintf(0, "connection error for %s/{db_domain}", ZSTR_VAL(text)), &context);
	zend_string_release(text);
	return done;
}

static bool open_foreign(zend_object *self, zend_string *category, zval *index, const mwn_lb_domain *domain, bool autocommit,
	zval *connection)
{
	zval more;
	bool done, is_open;

	array_init(&more);
	add_assoc_bool(&more, "autoCommitOnly", autocommit);
	add_assoc_bool(&more, "foreign", true);
	add_assoc_long(&more, "foreignPoolRefCount", 0);
	done = mwn_lb_139_open(self, index, domain->object, &more, connection);
	zval_ptr_dtor(&more);
	if (!done) {
		return false;
	}
	done = mwn_is_callable_on(connection, MWN_CALL_isOpen)
		&& mwn_lb_ask(Z_OBJ_P(connection), MWN_CALL_isOpen, &is_open, 0, NULL);
	if (done && is_open) {
		done = admit(self, category, index, domain, Z_OBJ_P(connection));
	} else if (done) {
		done = log_failed(self, category, index, domain);
		if (done) {
			mwn_lb_139_set_failed(self, Z_OBJ_P(connection));
			zval_ptr_dtor(connection);
			ZVAL_FALSE(connection);
		}
	}
	if (!done) {
		zval_ptr_dtor(connection);
	}
	return done;
}

/* Is it on the right domain? Then one more refers to it. */
static bool count_reference(zend_object *connection, const mwn_lb_domain *domain)
{
	zval arguments[2], count;
	bool fits;

	if (!mwn_lb_is_compatible(connection, domain, &fits)) {
		return false;
	}
	if (!fits) {
		return refuse_domain(connection, strpprintf(0, "'%s'", ZSTR_VAL(domain->id)));
	}
	ZVAL_STR(&arguments[0], MWN_LB_STR(reference_count));
	if (!mwn_call(connection, MWN_CALL_getLBInfo, &count, 1, arguments)) {
		return false;
	}
	ZVAL_LONG(&arguments[1], zval_get_long(&count) + 1);
	zval_ptr_dtor(&count);
	return mwn_call(connection, MWN_CALL_setLBInfo, NULL, 2, arguments);
}

bool mwn_lb_139_foreign_connection(zend_object *self, zval *index, const mwn_lb_domain *domain, zend_long flags,
	zval *connection, bool *reused)
{
	bool autocommit = mwn_lb_has_bit(flags, MWN_LB_CONN_TRX_AUTOCOMMIT);
	categories categories = categories_of(autocommit);

	if (!reuse(self, categories, index, domain, connection)) {
		return false;
	}
	if (reused) {
		*reused = Z_TYPE_P(connection) == IS_OBJECT;
	}
	if (Z_TYPE_P(connection) != IS_OBJECT
		&& !open_foreign(self, categories.in_use, index, domain, autocommit, connection)) {
		return false;
	}
	if (Z_TYPE_P(connection) == IS_OBJECT && !count_reference(Z_OBJ_P(connection), domain)) {
		zval_ptr_dtor(connection);
		return false;
	}
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, getForeignConnection)
{
	const mwn_lb_domain *known;
	zend_object *self;
	zval *index, *domain, *flags, connection;
	zend_long bits;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (known = mwn_lb_domain_of_id(domain)) && mwn_lb_flags(flags, &bits)
		&& mwn_lb_139_foreign_connection(self, index, known, bits, &connection, NULL)) {
		RETURN_COPY_VALUE(&connection);
	}
}
