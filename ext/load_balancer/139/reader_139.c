/* getReaderIndex(), on MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include <math.h>

#include "ext/spl/spl_exceptions.h"
#include "load_balancer_139.h"

/* ---- by weight and lag ---- */

/* One look for a reader. */
typedef struct {
	zend_object *self;
	zval *domain;          /* identifier */
	HashTable *loads;      /* of servers that are left: index => weight */
	HashTable *configured; /* what the weights were before the monitor scaled them; NULL: not known */
	bool lagged;           /* all lag, so that any will do */
} search;

static void max_lag(zend_object *self, zval *index, zval *session_limit, zval *limit)
{
	HashTable *server = mwn_lb_139_server(self, index);
	zval *configured = server ? mwn_lb_option(server, "max lag") : NULL;

	if (!configured) {
		configured = mwn_lb_slot(self, MWN_LB_PROPERTY_maxLag);
	}
	ZVAL_COPY(limit, zend_compare(session_limit, configured) < 0 ? session_limit : configured);
}

static bool log_out(zend_object *self, zend_string *server, zval *lag, zval *limit)
{
	zval context;

	array_init(&context);
	add_assoc_str(&context, "db_server", zend_string_copy(server));
	if (Z_TYPE_P(lag) == IS_FALSE) {
		return mwn_lb_log_to(self, MWN_LB_REPLICATION, MWN_CALL_debug, "getRandomNonLagged",
			ZSTR_INIT_LITERAL("server {db_server} is not replicating?", false), &context);
	}
	Z_TRY_ADDREF_P(lag);
	add_assoc_zval(&context, "lag", lag);
	Z_TRY_ADDREF_P(limit);
	add_assoc_zval(&context, "maxlag", limit);
	return mwn_lb_log_to(self, MWN_LB_REPLICATION, MWN_CALL_debug, "getRandomNonLagged",
		ZSTR_INIT_LITERAL("server {db_server} has {lag} seconds of lag (>= {maxlag})", false), &context);
}

/* Takes a server out of the weights if it lags too much. */
static bool judge_lag(zend_object *self, HashTable *loads, zval *index, zval *lag, zval *session_limit)
{
	zend_string *server;
	bool done = true;
	zval limit;

	max_lag(self, index, session_limit, &limit);
	server = mwn_lb_server_name(self, index);
	if (!server) {
		zval_ptr_dtor(&limit);
		return false;
	}
	if ((Z_TYPE_P(lag) == IS_FALSE && !isinf(zval_get_double(&limit))) || zend_compare(&limit, lag) < 0) {
		done = log_out(self, server, lag, &limit);
		mwn_lb_unset(loads, index);
	}
	zend_string_release(server);
	zval_ptr_dtor(&limit);
	return done;
}

static bool judge_all(zend_object *self, HashTable *loads, HashTable *lags, zval *session_limit)
{
	zend_ulong number;
	zend_string *name;
	zval index, *lag;

	ZEND_HASH_FOREACH_KEY_VAL(lags, number, name, lag) {
		if (name || number == MWN_LB_WRITER) {
			continue;
		}
		ZVAL_LONG(&index, (zend_long)number);
		ZVAL_DEREF(lag);
		if (!judge_lag(self, loads, &index, lag, session_limit)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

/* One of the servers that do not lag, by weight; false: there is none. */
static bool pick_not_lagged(zend_object *self, HashTable *loads, zval *domain, zval *session_limit, zval *index)
{
	HashTable *fit;
	zval lags;
	bool done;

	ZVAL_FALSE(index);
	if (!mwn_call(self, MWN_CALL_getLagTimes, &lags, 1, domain)) {
		return false;
	}
	fit = zend_array_dup(loads);
	done = Z_TYPE(lags) != IS_ARRAY || judge_all(self, fit, Z_ARRVAL(lags), session_limit);
	if (done) {
		mwn_lb_pick(fit, index);
	}
	zend_array_release(fit);
	zval_ptr_dtor(&lags);
	return done;
}

MWN_LB_BODY(139, getRandomNonLagged)
{
	zend_object *self;
	HashTable *loads;
	zval *domain, *limit;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(loads)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(limit)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		pick_not_lagged(self, loads, domain, limit, return_value);
	}
}

/* One that lags no more than the session can bear: what it must see is so old, and it may wait for a second. */
static bool pick_for_session(search *search, zval *index)
{
	zval *position = mwn_lb_slot(search->self, MWN_LB_PROPERTY_waitForPos), time, limit;
	bool has_time;

	ZVAL_FALSE(index);
	if (!zend_is_true(position)) {
		return true;
	}
	if (!mwn_lb_call_slot(search->self, MWN_LB_PROPERTY_waitForPos, MWN_CALL_asOfTime, &time, 0, NULL)) {
		return false;
	}
	has_time = zend_is_true(&time);
	zval_ptr_dtor(&time);
	if (!has_time) {
		return true;
	}
	if (!mwn_lb_debug_to(search->self, MWN_LB_REPLICATION, "pickReaderIndex", "replication positions detected")) {
		return false;
	}
	ZVAL_DOUBLE(&limit, mwn_lb_now());
	if (!mwn_lb_call_slot(search->self, MWN_LB_PROPERTY_waitForPos, MWN_CALL_asOfTime, &time, 0, NULL)) {
		return false;
	}
	ZVAL_DOUBLE(&limit, Z_DVAL(limit) - zval_get_double(&time) + 1);
	zval_ptr_dtor(&time);
	return pick_not_lagged(search->self, search->loads, search->domain, &limit, index);
}

static bool log_all_lagged(search *search)
{
	zval context;

	array_init(&context);
	Z_TRY_ADDREF_P(search->domain);
	add_assoc_zval(&context, "db_domain", search->domain);
	return mwn_lb_log_to(search->self, MWN_LB_REPLICATION, MWN_CALL_error, "pickReaderIndex",
		ZSTR_INIT_LITERAL("all replica DBs lagged. Switch to read-only mode", false), &context);
}

static bool pick_one(search *search, zval *index)
{
	zval no_limit;

	if (search->lagged || UNEXPECTED(zend_is_true(mwn_lb_slot(search->self, MWN_LB_PROPERTY_lagAllowed)))) {
		mwn_lb_pick(search->loads, index);
		return true;
	}
	if (!pick_for_session(search, index)) {
		return false;
	}
	ZVAL_DOUBLE(&no_limit, INFINITY);
	if (Z_TYPE_P(index) == IS_FALSE
		&& !pick_not_lagged(search->self, search->loads, search->domain, &no_limit, index)) {
		return false;
	}
	if (Z_TYPE_P(index) == IS_FALSE) {
		if (!log_all_lagged(search)) {
			return false;
		}
		mwn_lb_pick(search->loads, index);
		search->lagged = true;
	}
	return true;
}

/* ---- one that answers ---- */

static bool debug_try(search *search, zval *index)
{
	zend_string *name = mwn_lb_server_name(search->self, index), *held, *number;
	bool done;

	if (!name) {
		return false;
	}
	number = zval_get_tmp_string(index, &held);
	done = mwn_lb_debug(search->self, "pickReaderIndex", "Using reader #%s: %s...", ZSTR_VAL(number), ZSTR_VAL(name));
	zend_tmp_string_release(held);
	zend_string_release(name);
	return done;
}

static bool log_failed(search *search, zval *index)
{
	zend_string *held, *number = zval_get_tmp_string(index, &held);
	zval context;
	bool done;

	array_init(&context);
	Z_TRY_ADDREF_P(search->domain);
	add_assoc_zval(&context, "db_domain", search->domain);
	done = mwn_lb_log(search->self, MWN_CALL_warning, "pickReaderIndex",
		strpprintf(0, "failed connecting to %s/{db_domain}", ZSTR_VAL(number)), &context);
	zend_tmp_string_release(held);
	return done;
}

/* One of a foreign domain is given back: who asks for the reader gets it anew. */
static bool give_back(search *search, zend_object *connection)
{
	const mwn_lb_domain *local = mwn_lb_local_domain(search->self);

	if (!local) {
		return false;
	}
	return (Z_TYPE_P(search->domain) == IS_STRING && zend_string_equals(Z_STR_P(search->domain), local->id))
		|| mwn_lb_139_give_back(search->self, connection);
}

/* Can the server be reached? The connection stays. */
static bool try_server(search *search, zval *index, bool *reached)
{
	zval connection;
	bool done;

	*reached = false;
	if (!debug_try(search, index) || !mwn_lb_server_connection(search->self, index, search->domain,
		zval_get_long(mwn_lb_constant_of(MWN_LB_CONN_SILENCE_ERRORS)), &connection)) {
		return false;
	}
	*reached = Z_TYPE(connection) == IS_OBJECT;
	done = *reached ? give_back(search, Z_OBJ(connection)) : log_failed(search, index);
	zval_ptr_dtor(&connection);
	return done;
}

static bool log_all_down(search *search)
{
	zval context;

	array_init(&context);
	Z_TRY_ADDREF_P(search->domain);
	add_assoc_zval(&context, "db_domain", search->domain);
	return mwn_lb_log(search->self, MWN_CALL_error, "pickReaderIndex", ZSTR_INIT_LITERAL("all servers down", false), &context);
}

/* The first that answers, or false. Of the weights those of servers that did not answer are taken out. */
static bool pick_reader(search *search, zval *index)
{
	bool reached = false;

	ZVAL_FALSE(index);
	while (!reached && zend_hash_num_elements(search->loads) > 0) {
		mwn_lb_unscale(search->loads, search->configured);
		if (!pick_one(search, index)) {
			return false;
		}
		if (Z_TYPE_P(index) == IS_FALSE) {
			search->lagged = false;
			return mwn_lb_debug(search->self, "pickReaderIndex", "pickRandom() returned false");
		}
		if (!try_server(search, index, &reached)) {
			return false;
		}
		if (!reached) {
			mwn_lb_unset(search->loads, index);
			zval_ptr_dtor(index);
			ZVAL_FALSE(index);
		}
	}
	return reached || log_all_down(search);
}

static bool refuse_no_loads(void)
{
	return mwn_lb_throw_php(spl_ce_InvalidArgumentException,
		ZSTR_INIT_LITERAL("Server configuration array is empty", false));
}

MWN_LB_BODY(139, pickReaderIndex)
{
	search search = {0};
	HashTable *loads;
	zval index;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(search.self)
		Z_PARAM_ARRAY_HT(loads)
		Z_PARAM_ZVAL(search.domain)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(search.self)) {
		return;
	}
	if (zend_hash_num_elements(loads) == 0) {
		refuse_no_loads();
		return;
	}
	search.loads = zend_array_dup(loads);
	if (pick_reader(&search, &index)) {
		array_init_size(return_value, 2);
		add_next_index_zval(return_value, &index);
		add_next_index_bool(return_value, search.lagged);
	}
	zend_array_release(search.loads);
}

/* ---- getReaderIndex() ---- */

/* The monitor may change the weights; *loads is then another array. */
static bool scale(zend_object *self, zval *loads, zval *domain)
{
	zval *monitor = mwn_lb_139_monitor(self), arguments[2];
	bool done;

	if (!monitor) {
		return false;
	}
	ZVAL_COPY_VALUE(&arguments[0], loads);
	ZVAL_MAKE_REF(&arguments[0]);
	ZVAL_COPY_VALUE(&arguments[1], domain);
	done = mwn_call_on(monitor, MWN_CALL_scaleLoads, NULL, 2, arguments);
	ZVAL_COPY(loads, Z_REFVAL(arguments[0]));
	zval_ptr_dtor(&arguments[0]);
	if (done && Z_TYPE_P(loads) != IS_ARRAY) {
		zend_type_error("%s::pickReaderIndex(): Argument #1 ($loads) must be of type array, %s given", MWN_LB_CLASS,
			zend_zval_type_name(loads));
		return false;
	}
	return done;
}

static bool pick_scaled(search *search, zval *configured, zval *index)
{
	zval loads;
	bool done;

	ZVAL_FALSE(index);
	ZVAL_COPY(&loads, configured);
	done = scale(search->self, &loads, search->domain) && mwn_lb_139_load_positions(search->self);
	if (done && zend_hash_num_elements(Z_ARRVAL(loads)) == 0) {
		done = refuse_no_loads();
	} else if (done) {
		SEPARATE_ARRAY(&loads);
		search->loads = Z_ARRVAL(loads);
		search->configured = Z_TYPE_P(configured) == IS_ARRAY ? Z_ARRVAL_P(configured) : NULL;
		done = pick_reader(search, index);
	}
	zval_ptr_dtor(&loads);
	return done;
}

/* No replica answers. If the configuration allows it, reads of the last group in the list go to the primary. */
static bool fall_back(search *search, HashTable *configured, zval *group, zval *index)
{
	zend_string *name;
	bool done;

	if (EXPECTED(!zend_is_true(mwn_lb_slot(search->self, MWN_LB_PROPERTY_fallbackToPrimary)))
		|| !mwn_lb_has_weighted_replica(configured)
		|| (Z_STRLEN_P(group) > 0 && !zend_is_identical(group, mwn_lb_slot(search->self, MWN_LB_PROPERTY_defaultGroup)))) {
		return true;
	}
	ZVAL_LONG(index, MWN_LB_WRITER);
	search->lagged = false;
	name = mwn_lb_server_name(search->self, index);
	if (!name) {
		return false;
	}
	done = mwn_lb_log(search->self, MWN_CALL_warning, "getReaderIndex",
		strpprintf(0, "no replica answers; reading from the primary %s", ZSTR_VAL(name)), NULL);
	zend_string_release(name);
	return done;
}

static bool set_existing(zend_object *self, zval *group, zval *index)
{
	zval zero, chosen;

	ZVAL_LONG(&zero, 0);
	if (zend_compare(index, &zero) < 0) {
		return mwn_lb_throw_php(spl_ce_UnexpectedValueException,
			ZSTR_INIT_LITERAL("Cannot set a negative read server index", false));
	}
	ZVAL_COPY(&chosen, index);
	mwn_lb_put(mwn_lb_array(self, MWN_LB_PROPERTY_readIndexByGroup), group, &chosen);
	return !EG(exception);
}

ZEND_METHOD(MwNative_LoadBalancer, setExistingReaderIndex)
{
	zend_object *self;
	zval *group, *index;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(group)
		Z_PARAM_ZVAL(index)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		set_existing(self, group, index);
	}
}

static bool pin(search *search, zval *group, zval *index)
{
	zend_object *self = search->self;
	zend_string *name;
	bool caught_up = true, done;

	if (zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_waitForPos)) && !mwn_lb_is(index, MWN_LB_WRITER)
		&& !mwn_lb_wait_for_server(self, index, NULL, &caught_up)) {
		return false;
	}
	if (!set_existing(self, group, index)) {
		return false;
	}
	MWN_G(load_balancer_process).readers_chosen++;
	if (Z_STRLEN_P(group) == 0 && (search->lagged || !caught_up)) {
		MWN_G(load_balancer_process).lagged++;
		mwn_lb_set_bool(self, MWN_LB_PROPERTY_laggedReplicaMode, true);
		if (!mwn_lb_debug_to(self, MWN_LB_REPLICATION, "getReaderIndex", "setting lagged replica mode")) {
			return false;
		}
	}
	name = mwn_lb_server_name(self, index);
	if (!name) {
		return false;
	}
	done = mwn_lb_debug(self, "getReaderIndex", "using server %s for group '%s'", ZSTR_VAL(name), Z_STRVAL_P(group));
	zend_string_release(name);
	return done;
}

static bool choose_and_pin(zend_object *self, zval *group, zval *domain, zval *index)
{
	zval *configured = mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads), group), held;
	search search = {.self = self, .domain = domain};
	bool done;

	ZVAL_FALSE(index);
	if (!configured) {
		return mwn_lb_log(self, MWN_CALL_info, "getReaderIndex",
			strpprintf(0, "no loads for group %s", Z_STRVAL_P(group)), NULL);
	}
	ZVAL_COPY(&held, configured);
	done = pick_scaled(&search, &held, index)
		&& (Z_TYPE_P(index) != IS_FALSE || fall_back(&search, Z_ARRVAL(held), group, index))
		&& (Z_TYPE_P(index) == IS_FALSE || pin(&search, group, index));
	zval_ptr_dtor(&held);
	if (!done) {
		zval_ptr_dtor(index);
		ZVAL_UNDEF(index);
	}
	return done;
}

static bool is_only_server(zend_object *self, bool *only)
{
	zval count;

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getServerCount))) {
		*only = zend_hash_num_elements(mwn_lb_table(self, MWN_LB_PROPERTY_servers)) == 1;
		return true;
	}
	if (!mwn_call(self, MWN_CALL_getServerCount, &count, 0, NULL)) {
		return false;
	}
	*only = zval_get_long(&count) == 1;
	zval_ptr_dtor(&count);
	return true;
}

static bool find_or_choose(zend_object *self, zval *group, zval *domain, zval *index)
{
	bool is_only;
	zval generic;

	if (Z_TYPE_P(group) != IS_STRING) {
		ZVAL_STR(&generic, MWN_LB_STR(empty));
		group = &generic;
	}
	if (!is_only_server(self, &is_only)) {
		return false;
	}
	if (is_only) {
		ZVAL_LONG(index, MWN_LB_WRITER);
		return true;
	}
	if (!mwn_lb_existing_reader(self, group, index)) {
		return false;
	}
	return EXPECTED(!mwn_lb_is(index, MWN_LB_NO_READER)) || choose_and_pin(self, group, domain, index);
}

static bool own_reader_index(zend_object *self, zval *group, zval *domain, zval *index)
{
	zend_string *text = mwn_lb_resolve_id(self, domain);
	zval id;
	bool done;

	ZVAL_UNDEF(index);
	if (!text) {
		return false;
	}
	ZVAL_STR(&id, text);
	done = find_or_choose(self, group, &id, index);
	zend_string_release(text);
	return done;
}

bool mwn_lb_139_reader_index(zend_object *self, zval *group, zval *domain, zval *index)
{
	zval arguments[2];

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getReaderIndex))) {
		return own_reader_index(self, group, domain, index);
	}
	ZVAL_COPY_VALUE(&arguments[0], group);
	ZVAL_COPY_VALUE(&arguments[1], domain);
	return mwn_call(self, MWN_CALL_getReaderIndex, index, 2, arguments);
}

MWN_LB_BODY(139, getReaderIndex)
{
	zend_object *self;
	zval *group, *domain;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(group)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		own_reader_index(self, group, domain, return_value);
	}
}
