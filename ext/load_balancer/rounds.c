/* Transaction rounds: many databases commit as if they were one. */
#include "../php_mwnative.h"

#include "zend_exceptions.h"
#include "zend_smart_str.h"
#include "ext/standard/php_math.h"

/* ---- stages ---- */

static zend_string *stage_of(zend_object *self)
{
	zval *stage = mwn_lb_slot(self, MWN_LB_PROPERTY_trxRoundStage);

	return EXPECTED(Z_TYPE_P(stage) == IS_STRING) ? Z_STR_P(stage) : MWN_LB_STR(empty);
}

static bool is_stage(zend_object *self, mwn_lb_string stage)
{
	return zend_string_equals(stage_of(self), mwn_lb_strings[stage]);
}

static void set_stage(zend_object *self, mwn_lb_string stage)
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
		name ? ZSTR_VAL(name) : "<unknown>", stages, ZSTR_VAL(stage_of(self))));
	if (name) {
		zend_tmp_string_release(held);
	}
	return false;
}

static bool expect_stage(zend_object *self, mwn_lb_string stage)
{
	char quoted[64];

	if (EXPECTED(is_stage(self, stage))) {
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
			fits = fits || zend_string_equals(text, stage_of(self));
			zend_tmp_string_release(held);
		} ZEND_HASH_FOREACH_END();
	} else {
		zend_string *held, *text = zval_get_tmp_string(allowed, &held);
		smart_str_append_printf(&stages, "'%s'", ZSTR_VAL(text));
		fits = zend_string_equals(text, stage_of(self));
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

static bool suppress(zend_object *connection, void *on)
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
	return mwn_lb_each_primary(self, suppress, &on);
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
	if (!is_stage(self, MWN_LB_STRING_cursory) && !is_stage(self, MWN_LB_STRING_finalized)) {
		refuse_stage(self, "'cursory'/'finalized'");
		return;
	}
	guard = mwn_lb_ignore_abort();
	set_stage(self, MWN_LB_STRING_error);
	if (finalize(self, &total)) {
		set_stage(self, MWN_LB_STRING_finalized);
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
	if (zend_compare(approval->limit, &zero) > 0) {
		if (zend_compare(&time, approval->limit) > 0) {
			done = refuse_duration(approval, connection, &time);
		} else if (zend_compare(&time, &zero) > 0) {
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
	set_stage(self, MWN_LB_STRING_error);
	if (mwn_lb_each_primary(self, approve, &approval)) {
		set_stage(self, MWN_LB_STRING_approved);
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
		set_stage(self, MWN_LB_STRING_error);
		if (mwn_lb_each_primary(self, join, self)) {
			set_stage(self, MWN_LB_STRING_cursory);
		}
	}
	mwn_lb_restore_abort(guard);
}

/* ---- commit and roll back ---- */

/* Takes the exception over if it is a database error; NULL: it is none, and is still under way. */
static zend_object *catch_database_error(void)
{
	zend_class_entry *class_entry = zend_hash_str_find_ptr(EG(class_table), "wikimedia\\rdbms\\dberror",
		strlen("wikimedia\\rdbms\\dberror"));
	zend_object *exception = EG(exception);

	if (!class_entry || !instanceof_function(exception->ce, class_entry)) {
		return NULL;
	}
	GC_ADDREF(exception);
	zend_clear_exception();
	return exception;
}

typedef struct {
	zend_object *self;
	zval *caller;
	zval failures;
} commit;

static bool commit_flushing(zend_object *connection, zval *caller, mwn_method method)
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
	add_next_index_str(&commit->failures, strpprintf(0, "%s: %s", ZSTR_VAL(name), ZSTR_VAL(text)));
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

	if (EXPECTED(commit_flushing(connection, commit->caller, MWN_CALL_commit))) {
		return true;
	}
	error = catch_database_error();
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

	/* The same failure of a server is told once. */
	array_init(&seen);
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(failures), failure) {
		if (zend_hash_add_empty_element(Z_ARRVAL(seen), Z_STR_P(failure))) {
			if (list.s) {
				smart_str_appendc(&list, '\n');
			}
			smart_str_append(&list, Z_STR_P(failure));
		}
	} ZEND_HASH_FOREACH_END();
	smart_str_0(&list);
	zval_ptr_dtor(&seen);
	mwn_lb_throw("DBTransactionError", NULL, strpprintf(0, "Commit failed on server(s) %s", ZSTR_VAL(list.s)));
	smart_str_free(&list);
	return false;
}

/* Ends the round; was there an explicit one? */
static bool end_round(zend_object *self)
{
	bool was_explicit = Z_TYPE_P(mwn_lb_slot(self, MWN_LB_PROPERTY_trxRoundId)) != IS_FALSE;

	mwn_lb_set_bool(self, MWN_LB_PROPERTY_trxRoundId, false);
	set_stage(self, MWN_LB_STRING_error);
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
	return commit_flushing(connection, caller, MWN_CALL_rollback);
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
		set_stage(self, MWN_LB_STRING_commit_callbacks);
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
		set_stage(self, MWN_LB_STRING_rollback_callbacks);
	}
	mwn_lb_restore_abort(guard);
}

/* ---- callbacks after the end ---- */

/* TRIGGER_*; NULL: not the time for callbacks, and an exception. */
static zval *trigger_of_stage(zend_object *self)
{
	if (is_stage(self, MWN_LB_STRING_commit_callbacks)) {
		return mwn_lb_constant_of(MWN_LB_TRIGGER_COMMIT);
	}
	if (is_stage(self, MWN_LB_STRING_rollback_callbacks)) {
		return mwn_lb_constant_of(MWN_LB_TRIGGER_ROLLBACK);
	}
	mwn_lb_throw("DBTransactionError", NULL, strpprintf(0, "Transaction should be in the callback stage (not '%s')",
		ZSTR_VAL(stage_of(self))));
	return NULL;
}

/* What callbacks are told, and what they throw: the host's methods add to the list by reference. */
typedef struct {
	zend_object *self;
	zval arguments[2];
	zend_long count;
} callbacks;

static void callbacks_init(callbacks *callbacks, zend_object *self, const zval *trigger)
{
	callbacks->self = self;
	callbacks->count = 0;
	ZVAL_COPY_VALUE(&callbacks->arguments[0], trigger);
	ZVAL_NEW_EMPTY_REF(&callbacks->arguments[1]);
	array_init(Z_REFVAL(callbacks->arguments[1]));
}

/* The first error or null. */
static void callbacks_end(callbacks *callbacks, zval *first)
{
	zval *errors = Z_REFVAL(callbacks->arguments[1]), *error;

	error = Z_TYPE_P(errors) == IS_ARRAY ? zend_hash_index_find_deref(Z_ARRVAL_P(errors), 0) : NULL;
	if (first && error) {
		ZVAL_COPY(first, error);
	} else if (first) {
		ZVAL_NULL(first);
	}
	zval_ptr_dtor(&callbacks->arguments[1]);
}

static bool run_idle(zend_object *connection, void *context)
{
	callbacks *callbacks = context;
	zval level, run;
	bool in_transaction;

	if (!mwn_call(connection, MWN_CALL_trxLevel, &level, 0, NULL)) {
		return false;
	}
	in_transaction = zend_is_true(&level);
	zval_ptr_dtor(&level);
	if (in_transaction) {
		/* In the next turn, when it is committed. */
		return true;
	}
	if (!mwn_call(connection, MWN_CALL_runOnTransactionIdleCallbacks, &run, 2, callbacks->arguments)) {
		return false;
	}
	callbacks->count += zval_get_long(&run);
	zval_ptr_dtor(&run);
	return true;
}

bool mwn_lb_143_log_pending(zend_object *self, zend_object *connection)
{
	zval callers, extras, context, *caller;
	smart_str list = {0};
	bool done;

	if (!mwn_call(connection, MWN_CALL_pendingWriteCallers, &callers, 0, NULL)) {
		return false;
	}
	if (Z_TYPE(callers) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(callers), caller) {
			zend_string *held, *name = zval_get_tmp_string(caller, &held);
			if (list.s) {
				smart_str_appends(&list, ", ");
			}
			smart_str_append(&list, name);
			zend_tmp_string_release(held);
		} ZEND_HASH_FOREACH_END();
	}
	smart_str_0(&list);
	zval_ptr_dtor(&callers);
	array_init(&extras);
	mwn_lb_add_exception(&extras);
	done = mwn_lb_context(self, connection, &extras, &context)
		&& mwn_lb_log(self, MWN_CALL_info, NULL, strpprintf(0, "%s: found writes pending (%s).",
			MWN_LB_METHOD("runPrimaryTransactionIdleCallbacks"), list.s ? ZSTR_VAL(list.s) : ""), &context);
	zval_ptr_dtor(&extras);
	smart_str_free(&list);
	return done;
}

static bool log_left_over(zend_object *self, zend_object *connection)
{
	bool pending;
	zval level;
	bool in_transaction;

	if (!mwn_lb_ask(connection, MWN_CALL_writesPending, &pending, 0, NULL)) {
		return false;
	}
	if (pending) {
		return MWN_G(load_balancer_request).host->log_pending(self, connection);
	}
	if (!mwn_call(connection, MWN_CALL_trxLevel, &level, 0, NULL)) {
		return false;
	}
	in_transaction = zend_is_true(&level);
	zval_ptr_dtor(&level);
	return !in_transaction
		|| mwn_lb_debug_to(self, MWN_LB_QUERIES, "runPrimaryTransactionIdleCallbacks", "found empty transaction.");
}

/* A callback of one connection may have used another, whose transaction is then open. */
static bool clear_left_over(zend_object *connection, void *context)
{
	callbacks *callbacks = context;
	zval caller, error, *errors;
	zend_object *caught;
	bool done;

	if (!log_left_over(callbacks->self, connection)) {
		return false;
	}
	ZVAL_STRING(&caller, MWN_LB_METHOD("runPrimaryTransactionIdleCallbacks"));
	done = commit_flushing(connection, &caller, MWN_CALL_commit);
	zval_ptr_dtor(&caller);
	if (EXPECTED(done)) {
		return true;
	}
	caught = catch_database_error();
	if (!caught) {
		return false;
	}
	errors = Z_REFVAL(callbacks->arguments[1]);
	if (Z_TYPE_P(errors) != IS_ARRAY) {
		OBJ_RELEASE(caught);
		return true;
	}
	SEPARATE_ARRAY(errors);
	ZVAL_OBJ(&error, caught);
	zend_hash_next_index_insert(Z_ARRVAL_P(errors), &error);
	return true;
}

static bool run_idle_callbacks(callbacks *callbacks)
{
	bool off = false;

	if (!mwn_lb_each_primary(callbacks->self, suppress, &off)) {
		return false;
	}
	do {
		callbacks->count = 0;
		if (!mwn_lb_each_primary(callbacks->self, run_idle, callbacks)
			|| !mwn_lb_each_primary(callbacks->self, clear_left_over, callbacks)) {
			return false;
		}
	} while (callbacks->count > 0);
	return true;
}

ZEND_METHOD(MwNative_LoadBalancer, runPrimaryTransactionIdleCallbacks)
{
	zend_object *self;
	zval *caller;
	zend_string *stage;
	const zval *trigger;
	callbacks callbacks;
	mwn_lb_abort_guard guard;
	bool done;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)caller;
	if (!mwn_lb_enter(self) || !(trigger = trigger_of_stage(self))) {
		return;
	}
	guard = mwn_lb_ignore_abort();
	stage = zend_string_copy(stage_of(self));
	set_stage(self, MWN_LB_STRING_error);
	callbacks_init(&callbacks, self, trigger);
	done = run_idle_callbacks(&callbacks);
	if (done) {
		mwn_lb_set_string(self, MWN_LB_PROPERTY_trxRoundStage, stage);
	}
	callbacks_end(&callbacks, done ? return_value : NULL);
	zend_string_release(stage);
	mwn_lb_restore_abort(guard);
}

static bool run_listeners(zend_object *connection, void *context)
{
	callbacks *callbacks = context;

	return mwn_call(connection, MWN_CALL_runTransactionListenerCallbacks, NULL, 2, callbacks->arguments);
}

ZEND_METHOD(MwNative_LoadBalancer, runPrimaryTransactionListenerCallbacks)
{
	zend_object *self;
	zval *caller;
	const zval *trigger;
	callbacks callbacks;
	mwn_lb_abort_guard guard;
	bool done;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)caller;
	if (!mwn_lb_enter(self) || !(trigger = trigger_of_stage(self))) {
		return;
	}
	guard = mwn_lb_ignore_abort();
	set_stage(self, MWN_LB_STRING_error);
	callbacks_init(&callbacks, self, trigger);
	done = mwn_lb_each_primary(self, run_listeners, &callbacks);
	if (done) {
		set_stage(self, MWN_LB_STRING_cursory);
	}
	callbacks_end(&callbacks, done ? return_value : NULL);
	mwn_lb_restore_abort(guard);
}

/* ---- sessions ---- */

static bool flush_session(zend_object *connection, void *caller)
{
	return commit_flushing(connection, caller, MWN_CALL_flushSession);
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
