/* getReaderIndex(): which server a group reads from. */
#include "../php_mwnative.h"

#include <math.h>

#include "zend_exceptions.h"
#include "ext/spl/spl_exceptions.h"

/* ---- what was chosen before ---- */

static void own_existing_reader(zend_object *self, zval *group, zval *index)
{
	zval *chosen = mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_readIndexByGroup), group);

	if (chosen) {
		ZVAL_COPY(index, chosen);
	} else {
		ZVAL_LONG(index, MWN_LB_NO_READER);
	}
}

bool mwn_lb_existing_reader(zend_object *self, zval *group, zval *index)
{
	if (UNEXPECTED(mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getExistingReaderIndex))) {
		return mwn_call(self, MWN_CALL_getExistingReaderIndex, index, 1, group);
	}
	own_existing_reader(self, group, index);
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, getExistingReaderIndex)
{
	zend_object *self;
	zval *group;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(group)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		own_existing_reader(self, group, return_value);
	}
}

void mwn_lb_lagged(zend_object *self)
{
	MWN_G(load_balancer_process).lagged++;
	mwn_lb_set_bool(self, MWN_LB_PROPERTY_laggedReplicaMode, true);
	mwn_lb_log(self, MWN_CALL_warning, "setLaggedReplicaMode", ZSTR_INIT_LITERAL("setting lagged replica mode", false), NULL);
}

ZEND_METHOD(MwNative_LoadBalancer, setLaggedReplicaMode)
{
	zend_object *self;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJ(self)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_lagged(self);
	}
}

/* ---- by weight and lag ---- */

static bool log_not_replicating(zend_object *self, zval *name)
{
	zval context;

	array_init(&context);
	Z_TRY_ADDREF_P(name);
	add_assoc_zval(&context, "db_server", name);
	return mwn_lb_log(self, MWN_CALL_debug, "getRandomNonLagged",
		ZSTR_INIT_LITERAL("server {db_server} is not replicating?", false), &context);
}

static bool log_lag(zend_object *self, zval *name, zval *lag, zval *limit)
{
	zval context;

	array_init(&context);
	Z_TRY_ADDREF_P(name);
	Z_TRY_ADDREF_P(lag);
	Z_TRY_ADDREF_P(limit);
	add_assoc_zval(&context, "db_server", name);
	add_assoc_zval(&context, "lag", lag);
	add_assoc_zval(&context, "maxlag", limit);
	return mwn_lb_log(self, MWN_CALL_debug, "getRandomNonLagged",
		ZSTR_INIT_LITERAL("server {db_server} has {lag} seconds of lag (>= {maxlag})", false), &context);
}

/* Takes a server out of the weights if it lags too much. */
static bool judge_lag(zend_object *self, HashTable *loads, zval *index, zval *lag, zval *session_limit)
{
	zval limit, name;
	bool done = true, is_out = false;

	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerMaxLag, &limit, 1, index)) {
		return false;
	}
	if (zend_compare(session_limit, &limit) < 0) {
		zval_ptr_dtor(&limit);
		ZVAL_COPY(&limit, session_limit);
	}
	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerName, &name, 1, index)) {
		zval_ptr_dtor(&limit);
		return false;
	}
	if (Z_TYPE_P(lag) == IS_FALSE && !isinf(zval_get_double(&limit))) {
		done = log_not_replicating(self, &name);
		is_out = true;
	} else if (zend_compare(&limit, lag) < 0) {
		done = log_lag(self, &name, lag, &limit);
		is_out = true;
	}
	if (is_out) {
		mwn_lb_unset(loads, index);
	}
	zval_ptr_dtor(&name);
	zval_ptr_dtor(&limit);
	return done;
}

/* One of the servers that do not lag, by weight; false: there is none. */
static bool pick_not_lagged(zend_object *self, HashTable *loads, zval *session_limit, zval *index)
{
	zval lags, *lag, server;
	zend_ulong number;
	zend_string *name;
	HashTable *fit;
	bool done = true;

	ZVAL_FALSE(index);
	if (!mwn_lb_lag_times(self, &lags)) {
		return false;
	}
	fit = zend_array_dup(loads);
	if (Z_TYPE(lags) == IS_ARRAY) {
		ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL(lags), number, name, lag) {
			if (name || number == MWN_LB_WRITER) {
				continue;
			}
			ZVAL_LONG(&server, (zend_long)number);
			ZVAL_DEREF(lag);
			done = judge_lag(self, fit, &server, lag, session_limit);
			if (!done) {
				break;
			}
		} ZEND_HASH_FOREACH_END();
	}
	if (done) {
		mwn_lb_pick(fit, index);
	}
	zend_array_release(fit);
	zval_ptr_dtor(&lags);
	return done;
}

MWN_LB_BODY(143, getRandomNonLagged)
{
	zend_object *self;
	HashTable *loads;
	zval *limit;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(loads)
		Z_PARAM_ZVAL(limit)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		pick_not_lagged(self, loads, limit, return_value);
	}
}

/* How much lag the session can bear: what it has seen is so old, and it may wait for a second. */
static bool session_limit(zend_object *self, zval *limit)
{
	zval *position = mwn_lb_slot(self, MWN_LB_PROPERTY_waitForPos), time;

	ZVAL_DOUBLE(limit, INFINITY);
	if (Z_TYPE_P(position) != IS_OBJECT) {
		return true;
	}
	if (!mwn_call(Z_OBJ_P(position), MWN_CALL_asOfTime, &time, 0, NULL)) {
		return false;
	}
	if (!zend_is_true(&time)) {
		zval_ptr_dtor(&time);
		return true;
	}
	zval_ptr_dtor(&time);
	if (!mwn_lb_debug(self, "pickReaderIndex", "session has replication position")) {
		return false;
	}
	ZVAL_DOUBLE(limit, mwn_lb_now());
	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_waitForPos, MWN_CALL_asOfTime, &time, 0, NULL)) {
		return false;
	}
	ZVAL_DOUBLE(limit, Z_DVAL_P(limit) - zval_get_double(&time) + 1);
	zval_ptr_dtor(&time);
	return true;
}

/* Weights that a monitor has scaled may all be rounded to 0 though a server is well: those that are configured count
 * then, of the servers that are left. */
void mwn_lb_unscale(HashTable *loads, HashTable *configured)
{
	zend_ulong number;
	zval *load, *own;

	if (!configured || !mwn_lb_is_weightless(loads)) {
		return;
	}
	ZEND_HASH_FOREACH_NUM_KEY_VAL(loads, number, load) {
		own = zend_hash_index_find(configured, number);
		if (own) {
			ZVAL_DEREF(own);
			zval_ptr_dtor(load);
			ZVAL_COPY(load, own);
		}
	} ZEND_HASH_FOREACH_END();
}

static bool pick_one(zend_object *self, HashTable *loads, zval *index)
{
	zval limit;

	if (UNEXPECTED(zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_lagAllowed)))) {
		mwn_lb_pick(loads, index);
		return true;
	}
	if (!session_limit(self, &limit) || !pick_not_lagged(self, loads, &limit, index)) {
		return false;
	}
	if (Z_TYPE_P(index) == IS_FALSE) {
		/* All lag: any of them. */
		mwn_lb_lagged(self);
		if (EG(exception)) {
			return false;
		}
		mwn_lb_pick(loads, index);
	}
	return true;
}

/* Can the server be reached? The connection stays. */
static bool try_server(zend_object *self, zval *index, bool *reached)
{
	zend_string *name = mwn_lb_server_name(self, index);
	zval connection;
	bool done;

	*reached = false;
	if (!name) {
		return false;
	}
	done = mwn_lb_debug(self, "pickReaderIndex", "connecting to %s...", ZSTR_VAL(name))
		&& mwn_lb_quiet_connection(self, index, 0, &connection);
	if (done) {
		*reached = zend_is_true(&connection);
		zval_ptr_dtor(&connection);
		if (!*reached) {
			done = mwn_lb_log(self, MWN_CALL_warning, "pickReaderIndex",
				strpprintf(0, "failed connecting to %s", ZSTR_VAL(name)), NULL);
		}
	}
	zend_string_release(name);
	return done;
}

/* The first that answers. *index is false when there is none to ask, or the last that did not answer. Of the weights
 * those of servers that did not answer are taken out. */
static bool pick_reader(zend_object *self, HashTable *loads, HashTable *configured, zval *index, bool *reached)
{
	*reached = false;
	ZVAL_FALSE(index);
	while (!*reached && zend_hash_num_elements(loads) > 0) {
		zval_ptr_dtor(index);
		mwn_lb_unscale(loads, configured);
		if (!pick_one(self, loads, index)) {
			return false;
		}
		if (Z_TYPE_P(index) == IS_FALSE) {
			return mwn_lb_debug(self, "pickReaderIndex", "no suitable server found");
		}
		if (!try_server(self, index, reached)) {
			return false;
		}
		if (!*reached) {
			mwn_lb_unset(loads, index);
		}
	}
	return *reached || mwn_lb_log(self, MWN_CALL_error, "pickReaderIndex",
		ZSTR_INIT_LITERAL("all servers down", false), NULL);
}

MWN_LB_BODY(143, pickReaderIndex)
{
	zend_object *self;
	HashTable *loads, *left;
	bool reached;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(loads)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (zend_hash_num_elements(loads) == 0) {
		mwn_lb_throw_php(spl_ce_InvalidArgumentException, ZSTR_INIT_LITERAL("Load group array is empty", false));
		return;
	}
	left = zend_array_dup(loads);
	pick_reader(self, left, NULL, return_value, &reached);
	zend_array_release(left);
}

/* ---- getReaderIndex() ---- */

/* The monitor may change the weights; *loads is then another array. */
static bool scale(zend_object *self, zval *loads)
{
	zval reference;
	bool done;

	ZVAL_COPY_VALUE(&reference, loads);
	ZVAL_MAKE_REF(&reference);
	done = mwn_lb_call_slot(self, MWN_LB_PROPERTY_loadMonitor, MWN_CALL_scaleLoads, NULL, 1, &reference);
	ZVAL_COPY(loads, Z_REFVAL(reference));
	zval_ptr_dtor(&reference);
	if (done && Z_TYPE_P(loads) != IS_ARRAY) {
		zend_type_error("%s::pickReaderIndex(): Argument #1 ($loads) must be of type array, %s given", MWN_LB_CLASS,
			zend_zval_type_name(loads));
		return false;
	}
	return done;
}

static bool pick_scaled(zend_object *self, zval *configured, zval *index, bool *reached)
{
	zval loads;
	bool done;

	*reached = false;
	ZVAL_FALSE(index);
	ZVAL_COPY(&loads, configured);
	if (!scale(self, &loads)) {
		zval_ptr_dtor(&loads);
		return false;
	}
	if (zend_hash_num_elements(Z_ARRVAL(loads)) == 0) {
		zval_ptr_dtor(&loads);
		return mwn_lb_throw_php(spl_ce_InvalidArgumentException, ZSTR_INIT_LITERAL("Load group array is empty", false));
	}
	SEPARATE_ARRAY(&loads);
	done = pick_reader(self, Z_ARRVAL(loads), Z_ARRVAL_P(configured), index, reached);
	zval_ptr_dtor(&loads);
	return done;
}

/* The monitor says that all servers are overloaded or dead. If they are dead, and the configuration allows it, reads
 * go to the primary; if one lives, what the monitor says holds. */
static bool is_any_alive(zend_object *self, HashTable *configured, bool *alive)
{
	zval index;
	bool reached;

	*alive = false;
	for (uint32_t i = 0; i < configured->nNumUsed && !*alive; i++) {
		const Bucket *bucket = HT_IS_PACKED(configured) ? NULL : &configured->arData[i];
		const zval *load = bucket ? &bucket->val : &configured->arPacked[i];

		if (Z_TYPE_P(load) == IS_UNDEF || (bucket && bucket->key)) {
			continue;
		}
		ZVAL_LONG(&index, bucket ? (zend_long)bucket->h : (zend_long)i);
		if (Z_LVAL(index) != MWN_LB_WRITER) {
			if (!try_server(self, &index, &reached)) {
				return false;
			}
			*alive = reached;
		}
	}
	return true;
}

static bool fall_back(zend_object *self, bool was_lagged, zval *index, bool *reached)
{
	zend_string *name;
	bool done;

	ZVAL_LONG(index, MWN_LB_WRITER);
	mwn_lb_set_bool(self, MWN_LB_PROPERTY_laggedReplicaMode, was_lagged);
	name = mwn_lb_server_name(self, index);
	if (!name) {
		return false;
	}
	done = mwn_lb_log(self, MWN_CALL_warning, "getReaderIndex",
		strpprintf(0, "no replica answers; reading from the primary %s", ZSTR_VAL(name)), NULL);
	zend_string_release(name);
	*reached = done;
	return done;
}

/* A reader for these weights. As for the host, an index that did not answer may be the result. */
static bool choose(zend_object *self, zval *configured, zval *index, bool *reached)
{
	bool was_lagged = zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_laggedReplicaMode)), alive = true;
	zend_object *refusal = NULL;

	if (EXPECTED(!zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_fallbackToPrimary)))) {
		return pick_scaled(self, configured, index, reached);
	}
	if (!pick_scaled(self, configured, index, reached)) {
		refusal = mwn_lb_catch_database_error();
		if (!refusal) {
			return false;
		}
		if (!is_any_alive(self, Z_ARRVAL_P(configured), &alive) || alive) {
			if (!EG(exception)) {
				zend_throw_exception_internal(refusal);
			} else {
				OBJ_RELEASE(refusal);
			}
			return false;
		}
		OBJ_RELEASE(refusal);
		ZVAL_FALSE(index);
	}
	/* A group without weights is not a group of dead servers. */
	if (*reached || !mwn_lb_has_weighted_replica(Z_ARRVAL_P(configured))) {
		return true;
	}
	zval_ptr_dtor(index);
	return fall_back(self, was_lagged, index, reached);
}

static bool pin(zend_object *self, zval *group, zval *index)
{
	zval chosen;
	zend_string *name;
	bool caught_up, done;

	if (!mwn_lb_await_position(self, index, NULL, &caught_up)) {
		return false;
	}
	if (!caught_up) {
		mwn_lb_lagged(self);
		if (EG(exception)) {
			return false;
		}
	}
	if (Z_TYPE_P(index) == IS_LONG && Z_LVAL_P(index) < 0) {
		return mwn_lb_throw_php(spl_ce_UnexpectedValueException,
			ZSTR_INIT_LITERAL("Cannot set a negative read server index", false));
	}
	ZVAL_COPY(&chosen, index);
	mwn_lb_put(mwn_lb_array(self, MWN_LB_PROPERTY_readIndexByGroup), group, &chosen);
	MWN_G(load_balancer_process).readers_chosen++;
	name = mwn_lb_server_name(self, index);
	if (!name) {
		return false;
	}
	done = mwn_lb_debug(self, "getReaderIndex", "using server %s for group '%s'", ZSTR_VAL(name), Z_STRVAL_P(group));
	zend_string_release(name);
	return done;
}

static bool choose_and_pin(zend_object *self, zval *group, zval *index)
{
	zval *configured = mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads), group), held;
	bool reached, done;

	ZVAL_FALSE(index);
	if (!configured || Z_TYPE_P(configured) != IS_ARRAY || zend_hash_num_elements(Z_ARRVAL_P(configured)) == 0) {
		return mwn_lb_log(self, MWN_CALL_info, "getReaderIndex",
			strpprintf(0, "no loads for group %s", Z_STRVAL_P(group)), NULL);
	}
	ZVAL_COPY(&held, configured);
	done = mwn_lb_load_session_position(self) && choose(self, &held, index, &reached)
		&& (Z_TYPE_P(index) == IS_FALSE || pin(self, group, index));
	zval_ptr_dtor(&held);
	if (!done) {
		zval_ptr_dtor(index);
		ZVAL_UNDEF(index);
	}
	return done;
}

static bool own_reader_index(zend_object *self, zval *group, zval *index)
{
	zval generic;
	bool has_replicas;

	if (Z_TYPE_P(group) != IS_STRING) {
		ZVAL_STR(&generic, MWN_LB_STR(empty));
		group = &generic;
	}
	if (EXPECTED(zend_is_true(mwn_lb_slot(self, MWN_LB_PROPERTY_hasReplicas))
		&& !mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getExistingReaderIndex))) {
		own_existing_reader(self, group, index);
		if (EXPECTED(!mwn_lb_is(index, MWN_LB_NO_READER))) {
			return true;
		}
	}
	if (!mwn_lb_has_replicas(self, &has_replicas)) {
		return false;
	}
	if (!has_replicas) {
		ZVAL_LONG(index, MWN_LB_WRITER);
		return true;
	}
	/* Not asked again for each read. */
	mwn_lb_set_bool(self, MWN_LB_PROPERTY_hasReplicas, true);
	if (!mwn_lb_existing_reader(self, group, index)) {
		return false;
	}
	if (!mwn_lb_is(index, MWN_LB_NO_READER)) {
		return true;
	}
	return choose_and_pin(self, group, index);
}

bool mwn_lb_reader_index(zend_object *self, zval *group, zval *index)
{
	return mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getReaderIndex)
		? mwn_call(self, MWN_CALL_getReaderIndex, index, 1, group) : own_reader_index(self, group, index);
}

MWN_LB_BODY(143, getReaderIndex)
{
	zend_object *self;
	zval *group;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(group)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		own_reader_index(self, group, return_value);
	}
}
