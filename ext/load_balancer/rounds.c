/* Transaction rounds: many databases commit as if they were one. */
#include "../php_mwnative.h"

#include "zend_exceptions.h"
#include "zend_smart_str.h"
#include "ext/standard/php_math.h"

/* ---- stages ---- */

zend_string *mwn_lb_stage(zend_object *self)
{
	zval *stage = mwn_lb_slot(self, MWN_LB_PROPERTY_trxRoundStage);

	return EXPECTED(Z_TYPE_P(stage) == IS_STRING) ? Z_STR_P(stage) : MWN_LB_STR(empty);
}

bool mwn_lb_is_stage(zend_object *self, mwn_lb_string stage)
{
	return zend_string_equals(mwn_lb_stage(self), mwn_lb_strings[stage]);
}

void mwn_lb_set_stage(zend_object *self, mwn_lb_string stage)
{
	mwn_lb_set_string(self, MWN_LB_PROPERTY_trxRoundStage, mwn_lb_strings[stage]);
}

static bool refuse_stage(zend_object *self, const char *stages)
{
	return MWN_G(load_balancer_request).host->refuse_stage(self, stages);
}

bool mwn_lb_143_refuse_stage(zend_object *self, const char *stages)
{
	zval *round = mwn_lb_slot(self, MWN_LB_PROPERTY_trxRoundId);
	zend_string *held, *name = zend_is_true(round) ? zval_get_tmp_string(round, &held) : NULL;

	mwn_lb_throw("DBTransactionError", NULL, strpprintf(0, "Transaction '%s' round stage must be '%s' (not '%s')",
		name ? ZSTR_VAL(name) : "<unknown>", stages, ZSTR_VAL(mwn_lb_stage(self))));
	if (name) {
		zend_tmp_string_release(held);
	}
	return false;
}

static bool expect_stage(zend_object *self, mwn_lb_string stage)
{
	char quoted[64];

	if (EXPECTED(mwn_lb_is_stage(self, stage))) {
		return true;
	}
	snprintf(quoted, sizeof(quoted), "'%s'", ZSTR_VAL(mwn_lb_strings[stage]));
	return refuse_stage(self, quoted);
}

ZEND_METHOD(MwNative_LoadBalancer, assertTransactionRoundStage)
{
	zend_object *self;
	zval *allowed, *stage;
	smart_str stages = {0};
	bool fits = false;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(allowed)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (Z_TYPE_P(allowed) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(allowed), stage) {
			zend_string *held, *text = zval_get_tmp_string(stage, &held);
			smart_str_append_printf(&stages, "%s'%s'", stages.s ? "/" : "", ZSTR_VAL(text));
			fits = fits || zend_string_equals(text, mwn_lb_stage(self));
			zend_tmp_string_release(held);
		} ZEND_HASH_FOREACH_END();
	} else {
		zend_string *held, *text = zval_get_tmp_string(allowed, &held);
		smart_str_append_printf(&stages, "'%s'", ZSTR_VAL(text));
		fits = zend_string_equals(text, mwn_lb_stage(self));
		zend_tmp_string_release(held);
	}
	smart_str_0(&stages);
	if (!fits) {
		refuse_stage(self, stages.s ? ZSTR_VAL(stages.s) : "");
	}
	smart_str_free(&stages);
}

/* ---- which connections take part ---- */

static bool is_round_aware(zend_object *connection, bool *aware)
{
	return MWN_G(load_balancer_request).host->is_round_aware(connection, aware);
}

bool mwn_lb_143_is_round_aware(zend_object *connection, bool *aware)
{
	zval key, category;

	*aware = false;
	ZVAL_STR(&key, MWN_LB_STR(category));
	if (!mwn_call(connection, MWN_CALL_getLBInfo, &category, 1, &key)) {
		return false;
	}
	*aware = Z_TYPE(category) == IS_STRING && zend_string_equals(Z_STR(category), MWN_LB_STR(round));
	zval_ptr_dtor(&category);
	return true;
}

static bool has_flag(zend_object *connection, mwn_lb_constant flag, bool *has)
{
	zval bit;

	ZVAL_COPY_VALUE(&bit, mwn_lb_constant_of(flag));
	return mwn_lb_ask(connection, MWN_CALL_getFlag, has, 1, &bit);
}

static bool set_round(zend_object *connection, zval *round)
{
	zval arguments[2];
	bool done;

	ZVAL_COPY_VALUE(&arguments[0], mwn_lb_constant_of(MWN_LB_LB_TRX_ROUND_ID));
	ZVAL_COPY(&arguments[1], round);
	done = mwn_call(connection, MWN_CALL_setLBInfo, NULL, 2, arguments);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

bool mwn_lb_join_round(zend_object *self, zend_object *connection)
{
	bool aware, has;
	zval arguments[2];

	if (!is_round_aware(connection, &aware) || !aware || !has_flag(connection, MWN_LB_DBO_DEFAULT, &has)) {
		return !EG(exception);
	}
	if (has) {
		/* Even in the command line: a commit of the round will come. */
		ZVAL_COPY_VALUE(&arguments[0], mwn_lb_constant_of(MWN_LB_DBO_TRX));
		ZVAL_COPY_VALUE(&arguments[1], mwn_lb_constant_of(MWN_LB_REMEMBER_PRIOR));
		if (!mwn_call(connection, MWN_CALL_setFlag, NULL, 2, arguments)) {
			return false;
		}
	}
	return has_flag(connection, MWN_LB_DBO_TRX, &has)
		&& (!has || set_round(connection, mwn_lb_slot(self, MWN_LB_PROPERTY_trxRoundId)));
}

static bool join(zend_object *connection, void *self)
{
	return mwn_lb_join_round(self, connection);
}

static bool leave(zend_object *connection, void *ignored)
{
	bool aware, has;
	zval argument;

	(void)ignored;
	if (!is_round_aware(connection, &aware) || !aware || !has_flag(connection, MWN_LB_DBO_TRX, &has)) {
		return !EG(exception);
	}
	if (has) {
		ZVAL_NULL(&argument);
		if (!set_round(connection, &argument)) {
			return false;
		}
	}
	if (!has_flag(connection, MWN_LB_DBO_DEFAULT, &has) || !has) {
		return !EG(exception);
	}
	ZVAL_COPY_VALUE(&argument, mwn_lb_constant_of(MWN_LB_RESTORE_PRIOR));
	return mwn_call(connection, MWN_CALL_restoreFlags, NULL, 1, &argument);
}

ZEND_METHOD(MwNative_LoadBalancer, applyTransactionRoundFlags)
{
	zend_object *self, *connection;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_join_round(self, connection);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, undoTransactionRoundFlags)
{
	zend_object *self, *connection;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		leave(connection, NULL);
	}
}

/* ---- finalize ---- */

static bool run_pre_commit(zend_object *connection, void *count)
{
	zval run;

	if (!mwn_call(connection, MWN_CALL_runOnTransactionPreCommitCallbacks, &run, 0, NULL)) {
		return false;
	}
	*(zend_long *)count += zval_get_long(&run);
	zval_ptr_dtor(&run);
	return true;
}

bool mwn_lb_suppress_callbacks(zend_object *connection, void *on)
{
	zval argument;

	ZVAL_BOOL(&argument, *(bool *)on);
	return mwn_call(connection, MWN_CALL_setTrxEndCallbackSuppression, NULL, 1, &argument);
}

/* Callbacks may add callbacks, on other connections too: until there are none. */
static bool finalize(zend_object *self, zend_long *total)
{
	zend_long count;
	bool on = true;

	*total = 0;
	do {
		count = 0;
		if (!mwn_lb_each_primary(self, run_pre_commit, &count)) {
			return false;
		}
		*total += count;
	} while (count > 0);
	return mwn_lb_each_primary(self, mwn_lb_suppress_callbacks, &on);
}

ZEND_METHOD(MwNative_LoadBalancer, finalizePrimaryChanges)
{
	zend_object *self;
	zval *caller;
	zend_long total;
	mwn_lb_abort_guard guard;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)caller;
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (!mwn_lb_is_stage(self, MWN_LB_STRING_cursory) && !mwn_lb_is_stage(self, MWN_LB_STRING_finalized)) {
		refuse_stage(self, "'cursory'/'finalized'");
		return;
	}
	guard = mwn_lb_ignore_abort();
	mwn_lb_set_stage(self, MWN_LB_STRING_error);
	if (finalize(self, &total)) {
		mwn_lb_set_stage(self, MWN_LB_STRING_finalized);
		RETVAL_LONG(total);
	}
	mwn_lb_restore_abort(guard);
}

/* ---- approve ---- */

typedef struct {
	zend_object *self;
	zval *limit; /* seconds; 0: none */
} approval;

static bool refuse_duration(const approval *approval, zend_object *connection, zval *time)
{
	zend_string *limit = zval_get_string(approval->limit);
	zval exception, arguments[5];
	bool done;

	ZVAL_OBJ(&arguments[0], connection);
	ZVAL_STR(&arguments[1], strpprintf(0, "Transaction spent {time}s in writes, exceeding the %ss limit", ZSTR_VAL(limit)));
	zend_string_release(limit);
	array_init(&arguments[2]);
	Z_TRY_ADDREF_P(time);
	add_next_index_zval(&arguments[2], time);
	Z_TRY_ADDREF_P(approval->limit);
	add_next_index_zval(&arguments[2], approval->limit);
	ZVAL_NULL(&arguments[3]);
	array_init(&arguments[4]);
	add_assoc_double(&arguments[4], "time", _php_math_round(zval_get_double(time), 3, PHP_ROUND_HALF_UP));
	done = mwn_lb_new("Wikimedia\\Rdbms\\DBTransactionSizeError", &exception, 5, arguments);
	zval_ptr_dtor(&arguments[1]);
	zval_ptr_dtor(&arguments[2]);
	zval_ptr_dtor(&arguments[4]);
	if (done) {
		zend_throw_exception_object(&exception);
	}
	return false;
}

static bool log_duration(const approval *approval, zval *time)
{
	double milliseconds = zval_get_double(time) * 1000;
	zend_string *limit, *message;
	zval context;

	if (!mwn_lb_is_logged_to(approval->self, MWN_LB_PERFORMANCE)) {
		return true;
	}
	limit = zval_get_string(approval->limit);
	message = strpprintf(0, "Transaction spent {time_ms}ms in writes, under the %ss limit", ZSTR_VAL(limit));
	zend_string_release(limit);
	array_init(&context);
	add_assoc_double(&context, "time_ms", _php_math_round(milliseconds, milliseconds > 1 ? 0 : 3, PHP_ROUND_HALF_UP));
	return mwn_lb_log_to(approval->self, MWN_LB_PERFORMANCE, MWN_CALL_debug, NULL, message, &context);
}

/* Will replicas keep up with it? */
static bool check_duration(const approval *approval, zend_object *connection)
{
	zval how, time, zero;
	bool done = true;

	ZVAL_COPY_VALUE(&how, mwn_lb_constant_of(MWN_LB_ESTIMATE_DB_APPLY));
	if (!mwn_call(connection, MWN_CALL_pendingWriteQueryDuration, &time, 1, &how)) {
		return false;
	}
	ZVAL_LONG(&zero, 0);
	/* In this order, since NAN is not more than anything. */
	if (zend_compare(&zero, approval->limit) < 0) {
		if (zend_compare(approval->limit, &time) < 0) {
			done = refuse_duration(approval, connection, &time);
		} else if (zend_compare(&zero, &time) < 0) {
			done = log_duration(approval, &time);
		}
	}
	zval_ptr_dtor(&time);
	return done;
}

static bool refuse_ping(zend_object *connection)
{
	zval server;
	zend_string *held, *name;

	if (mwn_call(connection, MWN_CALL_getServerName, &server, 0, NULL)) {
		name = zval_get_tmp_string(&server, &held);
		mwn_lb_throw("DBTransactionError", connection,
			strpprintf(0, "Pre-commit ping failed on server %s", ZSTR_VAL(name)));
		zend_tmp_string_release(held);
		zval_ptr_dtor(&server);
	}
	return false;
}

/* A connection that was idle for long may be lost, and its transaction with it: better to know before any commits. */
static bool check_alive(zend_object *connection)
{
	bool pending, answered;

	if (!mwn_lb_ask(connection, MWN_CALL_writesOrCallbacksPending, &pending, 0, NULL)
		|| (!pending && !mwn_lb_ask(connection, MWN_CALL_sessionLocksPending, &pending, 0, NULL))) {
		return false;
	}
	if (!pending) {
		return true;
	}
	if (!mwn_lb_ask(connection, MWN_CALL_ping, &answered, 0, NULL)) {
		return false;
	}
	return answered || refuse_ping(connection);
}

static bool approve(zend_object *connection, void *context)
{
	bool active;

	if (!mwn_lb_ask(connection, MWN_CALL_explicitTrxActive, &active, 0, NULL)) {
		return false;
	}
	if (active) {
		return mwn_lb_throw("DBTransactionError", connection, ZSTR_INIT_LITERAL(
			"Explicit transaction still active; a caller might have failed to call endAtomic() or cancelAtomic().", false));
	}
	return check_duration(context, connection) && check_alive(connection);
}

void mwn_lb_approve(zend_object *self, zval *limit)
{
	mwn_lb_abort_guard guard;
	approval approval = {self, limit};

	if (!expect_stage(self, MWN_LB_STRING_finalized)) {
		return;
	}
	guard = mwn_lb_ignore_abort();
	mwn_lb_set_stage(self, MWN_LB_STRING_error);
	if (mwn_lb_each_primary(self, approve, &approval)) {
		mwn_lb_set_stage(self, MWN_LB_STRING_approved);
	}
	mwn_lb_restore_abort(guard);
}

MWN_LB_BODY(143, approvePrimaryChanges)
{
	zend_object *self;
	zval *caller, *limit;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(limit)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)caller;
	(void)return_value;
	if (mwn_lb_enter(self)) {
		mwn_lb_approve(self, limit);
	}
}

/* ---- begin ---- */

ZEND_METHOD(MwNative_LoadBalancer, beginPrimaryChanges)
{
	zend_object *self;
	zval *caller, *round, copy;
	mwn_lb_abort_guard guard;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self)) {
		return;
	}
	round = mwn_lb_slot(self, MWN_LB_PROPERTY_trxRoundId);
	if (Z_TYPE_P(round) != IS_FALSE) {
		zend_string *held, *name = zval_get_tmp_string(round, &held);
		mwn_lb_throw("DBTransactionError", NULL, strpprintf(0, "Transaction round '%s' already started", ZSTR_VAL(name)));
		zend_tmp_string_release(held);
		return;
	}
	if (!expect_stage(self, MWN_LB_STRING_cursory)) {
		return;
	}
	guard = mwn_lb_ignore_abort();
	if (mwn_lb_flush_primary_snapshots(self, caller)) {
		ZVAL_COPY(&copy, caller);
		mwn_lb_set(self, MWN_LB_PROPERTY_trxRoundId, &copy);
		mwn_lb_set_stage(self, MWN_LB_STRING_error);
		if (mwn_lb_each_primary(self, join, self)) {
			mwn_lb_set_stage(self, MWN_LB_STRING_cursory);
		}
	}
	mwn_lb_restore_abort(guard);
}

/* ---- commit and roll back ---- */

typedef struct {
	zend_object *self;
	zval *caller;
	zval failures;
} commit;

bool mwn_lb_end_transaction(zend_object *connection, zval *caller, mwn_method method)
{
	zval arguments[2];

	ZVAL_COPY_VALUE(&arguments[0], caller);
	ZVAL_COPY_VALUE(&arguments[1], mwn_lb_constant_of(MWN_LB_FLUSHING_ALL_PEERS));
	return mwn_call(connection, method, NULL, 2, arguments);
}

static bool note_failure(commit *commit, zend_object *connection, zend_object *error)
{
	zval exception, server, message;
	zend_string *held, *held_message, *name, *text;

	ZVAL_OBJ(&exception, error);
	if (!mwn_lb_call_callable(mwn_lb_slot(commit->self, MWN_LB_PROPERTY_errorLogger), NULL, 1, &exception)
		|| !mwn_call(connection, MWN_CALL_getServerName, &server, 0, NULL)) {
		return false;
	}
	if (!mwn_call(error, MWN_CALL_getMessage, &message, 0, NULL)) {
		zval_ptr_dtor(&server);
		return false;
	}
	name = zval_get_tmp_string(&server, &held);
	text = zval_get_tmp_string(&message, &held_message);
	/* By length: a text of a server may have a NUL in it. */
	add_next_index_str(&commit->failures, zend_string_concat3(ZSTR_VAL(name), ZSTR_LEN(name), ZEND_STRL(": "),
		ZSTR_VAL(text), ZSTR_LEN(text)));
	zend_tmp_string_release(held);
	zend_tmp_string_release(held_message);
	zval_ptr_dtor(&server);
	zval_ptr_dtor(&message);
	return true;
}

static bool commit_one(zend_object *connection, void *context)
{
	commit *commit = context;
	zend_object *error;
	bool done;

	if (EXPECTED(mwn_lb_end_transaction(connection, commit->caller, MWN_CALL_commit))) {
		return true;
	}
	error = mwn_lb_catch_database_error();
	if (!error) {
		return false;
	}
	done = note_failure(commit, connection, error);
	OBJ_RELEASE(error);
	return done;
}

static bool refuse_failures(const zval *failures)
{
	smart_str list = {0};
	zval seen, *failure;
	bool is_first = true;

	smart_str_appends(&list, "Commit failed on server(s) ");
	/* The same failure of a server is told once. */
	array_init(&seen);
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(failures), failure) {
		if (zend_hash_add_empty_element(Z_ARRVAL(seen), Z_STR_P(failure))) {
			if (!is_first) {
				smart_str_appendc(&list, '\n');
			}
			is_first = false;
			smart_str_append(&list, Z_STR_P(failure));
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&seen);
	return mwn_lb_throw("DBTransactionError", NULL, smart_str_extract(&list));
}

/* Ends the round; was there an explicit one? */
static bool end_round(zend_object *self)
{
	bool was_explicit = Z_TYPE_P(mwn_lb_slot(self, MWN_LB_PROPERTY_trxRoundId)) != IS_FALSE;

	mwn_lb_set_bool(self, MWN_LB_PROPERTY_trxRoundId, false);
	mwn_lb_set_stage(self, MWN_LB_STRING_error);
	return was_explicit;
}

static bool commit_all(zend_object *self, zval *caller)
{
	commit commit = {.self = self, .caller = caller};
	bool was_explicit = end_round(self), done;

	array_init(&commit.failures);
	done = mwn_lb_each_primary(self, commit_one, &commit);
	if (done && zend_hash_num_elements(Z_ARRVAL(commit.failures)) > 0) {
		done = refuse_failures(&commit.failures);
	}
	zval_ptr_dtor(&commit.failures);
	return done && (!was_explicit || mwn_lb_each_primary(self, leave, NULL));
}

static bool roll_back_one(zend_object *connection, void *caller)
{
	return mwn_lb_end_transaction(connection, caller, MWN_CALL_rollback);
}

static bool roll_back_all(zend_object *self, zval *caller)
{
	bool was_explicit = end_round(self);

	return mwn_lb_each_primary(self, roll_back_one, caller)
		&& (!was_explicit || mwn_lb_each_primary(self, leave, NULL));
}

ZEND_METHOD(MwNative_LoadBalancer, commitPrimaryChanges)
{
	zend_object *self;
	zval *caller;
	mwn_lb_abort_guard guard;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self) || !expect_stage(self, MWN_LB_STRING_approved)) {
		return;
	}
	guard = mwn_lb_ignore_abort();
	if (commit_all(self, caller)) {
		mwn_lb_set_stage(self, MWN_LB_STRING_commit_callbacks);
	}
	mwn_lb_restore_abort(guard);
}

ZEND_METHOD(MwNative_LoadBalancer, rollbackPrimaryChanges)
{
	zend_object *self;
	zval *caller;
	mwn_lb_abort_guard guard;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self)) {
		return;
	}
	guard = mwn_lb_ignore_abort();
	if (roll_back_all(self, caller)) {
		mwn_lb_set_stage(self, MWN_LB_STRING_rollback_callbacks);
	}
	mwn_lb_restore_abort(guard);
}

/* ---- sessions ---- */

static bool flush_session(zend_object *connection, void *caller)
{
	return mwn_lb_end_transaction(connection, caller, MWN_CALL_flushSession);
}

ZEND_METHOD(MwNative_LoadBalancer, flushPrimarySessions)
{
	zend_object *self;
	zval *caller;
	bool has_changes;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self) || !expect_stage(self, MWN_LB_STRING_cursory) || !mwn_lb_has_changes(self, &has_changes)) {
		return;
	}
	if (has_changes) {
		mwn_lb_throw("DBTransactionError", NULL, ZSTR_INIT_LITERAL("Cannot reset session while writes are pending", false));
		return;
	}
	mwn_lb_each_primary(self, flush_session, caller);
}
