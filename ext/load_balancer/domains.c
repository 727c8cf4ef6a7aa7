/* Database domains: identifiers and objects, aliases, the local domain. */
#include "../php_mwnative.h"

#include "ext/spl/spl_exceptions.h"

/* DatabaseDomain objects never change, so one for each identifier does for the whole request; they are what the host
 * spends most of its time on when it looks for an open connection. */
static mwn_lb_domain *known_domain(const zend_string *id)
{
	HashTable *domains = MWN_G(load_balancer_request).domains;

	return domains ? zend_hash_find_ptr(domains, (zend_string *)id) : NULL;
}

static void free_domain(zval *entry)
{
	mwn_lb_domain *domain = Z_PTR_P(entry);

	OBJ_RELEASE(domain->object);
	zend_string_release(domain->id);
	if (domain->database) {
		zend_string_release(domain->database);
	}
	efree(domain);
}

void mwn_lb_forget_domains(mwn_load_balancer_request *request)
{
	mwn_lb_domain *domain;

	if (!request->domains) {
		return;
	}
	/* Their objects went with all others. */
	ZEND_HASH_FOREACH_PTR(request->domains, domain) {
		zend_string_release(domain->id);
		if (domain->database) {
			zend_string_release(domain->database);
		}
		efree(domain);
	} ZEND_HASH_FOREACH_END();
	request->domains->pDestructor = NULL;
	mwn_lb_free_domains(request);
}

void mwn_lb_free_domains(mwn_load_balancer_request *request)
{
	if (request->domains) {
		zend_hash_destroy(request->domains);
		FREE_HASHTABLE(request->domains);
		request->domains = NULL;
		request->last_local = NULL;
	}
}

static zend_class_entry *domain_class(void)
{
	mwn_load_balancer_request *request = &MWN_G(load_balancer_request);

	if (UNEXPECTED(!request->database_domain)) {
		zend_string *name = ZSTR_INIT_LITERAL("Wikimedia\\Rdbms\\DatabaseDomain", false);
		request->database_domain = zend_fetch_class(name, ZEND_FETCH_CLASS_EXCEPTION);
		zend_string_release(name);
	}
	return request->database_domain;
}

static bool is_domain(const zval *value)
{
	zend_class_entry *class_entry;

	if (Z_TYPE_P(value) != IS_OBJECT) {
		return false;
	}
	class_entry = domain_class();
	return class_entry && instanceof_function(Z_OBJCE_P(value), class_entry);
}

bool mwn_lb_domain_id(zend_object *domain, zval *id)
{
	if (!mwn_call(domain, MWN_CALL_getId, id, 0, NULL)) {
		return false;
	}
	if (Z_TYPE_P(id) != IS_STRING) {
		convert_to_string(id);
	}
	return !EG(exception);
}

/* Takes the object over. */
static mwn_lb_domain *remember(zend_object *object, zend_string *id)
{
	mwn_load_balancer_request *request = &MWN_G(load_balancer_request);
	zval database, unspecified;
	mwn_lb_domain *domain;

	if (!mwn_call(object, MWN_CALL_getDatabase, &database, 0, NULL)) {
		OBJ_RELEASE(object);
		return NULL;
	}
	if (!mwn_call(object, MWN_CALL_isUnspecified, &unspecified, 0, NULL)) {
		zval_ptr_dtor(&database);
		OBJ_RELEASE(object);
		return NULL;
	}
	domain = known_domain(id);
	if (UNEXPECTED(domain)) {
		/* A call came here for the same identifier. */
		OBJ_RELEASE(object);
		zval_ptr_dtor(&database);
		zval_ptr_dtor(&unspecified);
		return domain;
	}
	domain = emalloc(sizeof(*domain));
	*domain = (mwn_lb_domain){object, zend_string_copy(id), NULL, zend_is_true(&unspecified)};
	if (Z_TYPE(database) == IS_STRING) {
		domain->database = Z_STR(database);
	} else {
		zval_ptr_dtor(&database);
	}
	zval_ptr_dtor(&unspecified);
	if (!request->domains) {
		ALLOC_HASHTABLE(request->domains);
		zend_hash_init(request->domains, 8, NULL, free_domain, 0);
	}
	zend_hash_add_new_ptr(request->domains, id, domain);
	return domain;
}

static const mwn_lb_domain *domain_of_object(zend_object *object)
{
	mwn_lb_domain *domain = NULL;
	zval id;

	if (mwn_lb_domain_id(object, &id)) {
		domain = known_domain(Z_STR(id));
		if (!domain) {
			GC_ADDREF(object);
			domain = remember(object, Z_STR(id));
		}
	}
	zval_ptr_dtor(&id);
	return domain;
}

const mwn_lb_domain *mwn_lb_domain_of_id(zval *id)
{
	mwn_lb_domain *domain;
	zval object;

	if (EXPECTED(Z_TYPE_P(id) == IS_STRING)) {
		domain = known_domain(Z_STR_P(id));
		if (EXPECTED(domain)) {
			return domain;
		}
	} else if (is_domain(id)) {
		return domain_of_object(Z_OBJ_P(id));
	}
	if (EG(exception) || !mwn_call_static("Wikimedia\\Rdbms\\DatabaseDomain", "newfromid", &object, 1, id)) {
		/* What is no identifier was refused by the host. */
		return NULL;
	}
	return remember(Z_OBJ(object), Z_STR_P(id));
}

const mwn_lb_domain *mwn_lb_local_domain(zend_object *self)
{
	zval *local = mwn_lb_slot(self, MWN_LB_PROPERTY_localDomain);
	const mwn_lb_domain *last = MWN_G(load_balancer_request).last_local;

	if (UNEXPECTED(Z_TYPE_P(local) != IS_OBJECT)) {
		zend_throw_error(NULL, "Call to a member function getId() on null");
		return NULL;
	}
	if (UNEXPECTED(!last || last->object != Z_OBJ_P(local))) {
		last = domain_of_object(Z_OBJ_P(local));
		MWN_G(load_balancer_request).last_local = last;
	}
	return last;
}

/* The domain of an alias, which becomes an object where it is kept. NULL without an exception: it is no alias. */
static zend_object *resolve_alias(zend_object *self, zval *domain)
{
	zval *alias = mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_domainAliases), domain), held, object;
	const mwn_lb_domain *known;

	if (EXPECTED(!alias)) {
		return NULL;
	}
	ZVAL_COPY(&held, alias);
	known = mwn_lb_domain_of_id(&held);
	zval_ptr_dtor(&held);
	if (!known) {
		return NULL;
	}
	ZVAL_OBJ_COPY(&object, known->object);
	mwn_lb_put(mwn_lb_array(self, MWN_LB_PROPERTY_domainAliases), domain, &object);
	return known->object;
}

static zend_object *resolve_other(zend_object *self, zval *domain)
{
	zend_object *object = mwn_lb_is_key(domain, MWN_LB_ISSET) ? resolve_alias(self, domain) : NULL;
	const mwn_lb_domain *known;
	zval *cached, cache, value;

	if (object || EG(exception)) {
		return object;
	}
	cached = mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_nonLocalDomainCache), domain);
	if (cached && Z_TYPE_P(cached) == IS_OBJECT) {
		return Z_OBJ_P(cached);
	}
	known = mwn_lb_domain_of_id(domain);
	if (!known) {
		return NULL;
	}
	array_init(&cache);
	ZVAL_OBJ_COPY(&value, known->object);
	mwn_lb_put(Z_ARRVAL(cache), domain, &value);
	mwn_lb_set(self, MWN_LB_PROPERTY_nonLocalDomainCache, &cache);
	return known->object;
}

/* Borrowed; NULL: an exception. */
static zend_object *resolve(zend_object *self, zval *domain)
{
	const mwn_lb_domain *local;

	if (is_domain(domain)) {
		return Z_OBJ_P(domain);
	}
	if (EG(exception) || !(local = mwn_lb_local_domain(self))) {
		return NULL;
	}
	if (Z_TYPE_P(domain) == IS_FALSE || (Z_TYPE_P(domain) == IS_STRING && zend_string_equals(Z_STR_P(domain), local->id))) {
		return Z_OBJ_P(mwn_lb_slot(self, MWN_LB_PROPERTY_localDomain));
	}
	return resolve_other(self, domain);
}

static zend_string *own_id(zend_object *self, zval *domain)
{
	const mwn_lb_domain *local;
	zend_object *object;
	zval id;

	if (EXPECTED(Z_TYPE_P(domain) == IS_FALSE || Z_TYPE_P(domain) == IS_STRING)) {
		local = mwn_lb_local_domain(self);
		if (!local) {
			return NULL;
		}
		if (EXPECTED(Z_TYPE_P(domain) == IS_FALSE || zend_string_equals(Z_STR_P(domain), local->id))) {
			return zend_string_copy(local->id);
		}
	}
	object = resolve(self, domain);
	if (!object) {
		return NULL;
	}
	if (!mwn_lb_domain_id(object, &id)) {
		zval_ptr_dtor(&id);
		return NULL;
	}
	return Z_STR(id);
}

zend_string *mwn_lb_resolve_id(zend_object *self, zval *domain)
{
	zval id;

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_resolveDomainID))) {
		return own_id(self, domain);
	}
	if (!mwn_call(self, MWN_CALL_resolveDomainID, &id, 1, domain)) {
		return NULL;
	}
	/* An override may have no return type. */
	convert_to_string(&id);
	return Z_STR(id);
}

ZEND_METHOD(MwNative_LoadBalancer, getLocalDomainID)
{
	zend_object *self;
	const mwn_lb_domain *local;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (local = mwn_lb_local_domain(self))) {
		RETURN_STR_COPY(local->id);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, resolveDomainID)
{
	zend_object *self;
	zend_string *id;
	zval *domain;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (id = own_id(self, domain))) {
		RETURN_STR(id);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, resolveDomainInstance)
{
	zend_object *self, *object;
	zval *domain;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (object = resolve(self, domain))) {
		RETURN_OBJ_COPY(object);
	}
}

bool mwn_lb_is_compatible(zend_object *connection, const mwn_lb_domain *domain, bool *fits)
{
	zval id, compatible;

	*fits = false;
	if (!mwn_call(connection, MWN_CALL_getDomainID, &id, 0, NULL)) {
		return false;
	}
	*fits = domain->is_unspecified || (Z_TYPE(id) == IS_STRING && zend_string_equals(Z_STR(id), domain->id));
	if (!*fits && mwn_call(domain->object, MWN_CALL_isCompatible, &compatible, 1, &id)) {
		*fits = zend_is_true(&compatible);
		zval_ptr_dtor(&compatible);
	}
	zval_ptr_dtor(&id);
	return !EG(exception);
}

bool mwn_lb_assert_domain(zend_object *connection, const mwn_lb_domain *domain)
{
	zval id;
	bool fits;

	if (!mwn_lb_is_compatible(connection, domain, &fits) || fits) {
		return !EG(exception);
	}
	/* Asked again, as the host does for its text. */
	if (mwn_call(connection, MWN_CALL_getDomainID, &id, 0, NULL)) {
		zend_string *held, *text = zval_get_tmp_string(&id, &held);
		mwn_lb_throw_php(spl_ce_UnexpectedValueException, strpprintf(0,
			"Got connection to '%s', but expected one for '%s'", ZSTR_VAL(text), ZSTR_VAL(domain->id)));
		zend_tmp_string_release(held);
		zval_ptr_dtor(&id);
	}
	return false;
}

ZEND_METHOD(MwNative_LoadBalancer, assertConnectionDomain)
{
	zend_object *self, *connection;
	const mwn_lb_domain *known;
	zval *domain;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (known = mwn_lb_domain_of_id(domain))) {
		mwn_lb_assert_domain(connection, known);
	}
}

bool mwn_lb_set_local_domain(zend_object *self, zval *id_or_domain)
{
	const mwn_lb_domain *domain = mwn_lb_domain_of_id(id_or_domain);
	zval object;

	if (!domain) {
		return false;
	}
	ZVAL_OBJ_COPY(&object, domain->object);
	mwn_lb_set(self, MWN_LB_PROPERTY_localDomain, &object);
	return !EG(exception);
}

/* A connection to the former local domain gets the new prefix. */
typedef struct {
	zend_string *former_id;
	zval *prefix;
} prefix_change;

static bool change_prefix(zend_object *connection, void *context)
{
	prefix_change *change = context;
	bool is_local;
	zval id;

	if (!mwn_call(connection, MWN_CALL_getDomainID, &id, 0, NULL)) {
		return false;
	}
	is_local = Z_TYPE(id) == IS_STRING && zend_string_equals(Z_STR(id), change->former_id);
	zval_ptr_dtor(&id);
	return !is_local || mwn_call(connection, MWN_CALL_tablePrefix, NULL, 1, change->prefix);
}

bool mwn_lb_domain_with_prefix(zend_object *domain, zval *prefix, zval *changed)
{
	zval arguments[3];
	bool done;

	if (!mwn_call(domain, MWN_CALL_getDatabase, &arguments[0], 0, NULL)) {
		return false;
	}
	if (!mwn_call(domain, MWN_CALL_getSchema, &arguments[1], 0, NULL)) {
		zval_ptr_dtor(&arguments[0]);
		return false;
	}
	ZVAL_COPY_VALUE(&arguments[2], prefix);
	done = mwn_lb_new("Wikimedia\\Rdbms\\DatabaseDomain", changed, 3, arguments);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

MWN_LB_BODY(143, setLocalDomainPrefix)
{
	const mwn_lb_domain *former;
	prefix_change change;
	zend_object *self;
	zval *prefix, changed;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(prefix)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self) || !(former = mwn_lb_local_domain(self))
		|| !mwn_lb_domain_with_prefix(former->object, prefix, &changed)) {
		return;
	}
	change = (prefix_change){former->id, prefix};
	if (mwn_lb_set_local_domain(self, &changed)) {
		mwn_lb_each_open(self, change_prefix, &change);
	}
	zval_ptr_dtor(&changed);
}

ZEND_METHOD(MwNative_LoadBalancer, redefineLocalDomain)
{
	zend_object *self;
	zval *domain, caller;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	ZVAL_STRING(&caller, MWN_LB_METHOD("redefineLocalDomain"));
	if (mwn_is_overridden(mwn_callee_of(self), MWN_CALL_closeAll)
		? mwn_call(self, MWN_CALL_closeAll, NULL, 1, &caller) : mwn_lb_close_all(self, &caller)) {
		mwn_lb_set_local_domain(self, domain);
	}
	zval_ptr_dtor(&caller);
}

static void set_array(INTERNAL_FUNCTION_PARAMETERS, mwn_lb_property property)
{
	zend_object *self;
	zval *aliases, copy;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY(aliases)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		ZVAL_COPY(&copy, aliases);
		mwn_lb_set(self, property, &copy);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, setTableAliases)
{
	set_array(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_LB_PROPERTY_tableAliases);
}

ZEND_METHOD(MwNative_LoadBalancer, setIndexAliases)
{
	set_array(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_LB_PROPERTY_indexAliases);
}

ZEND_METHOD(MwNative_LoadBalancer, setDomainAliases)
{
	set_array(INTERNAL_FUNCTION_PARAM_PASSTHRU, MWN_LB_PROPERTY_domainAliases);
}

ZEND_METHOD(MwNative_LoadBalancer, setTempTablesOnlyMode)
{
	zend_object *self;
	HashTable *modes;
	zval *mode, *domain, *former, on;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(mode)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (!mwn_lb_is_key(domain, MWN_LB_READ)) {
		return;
	}
	former = mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_tempTablesOnlyMode), domain);
	if (former) {
		ZVAL_COPY(return_value, former);
	} else {
		ZVAL_FALSE(return_value);
	}
	modes = mwn_lb_array(self, MWN_LB_PROPERTY_tempTablesOnlyMode);
	if (zend_is_true(mode)) {
		ZVAL_TRUE(&on);
		mwn_lb_put(modes, domain, &on);
	} else {
		mwn_lb_unset(modes, domain);
	}
}
