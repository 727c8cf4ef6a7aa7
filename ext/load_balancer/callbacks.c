/* What runs after a round's commit or roll-back: callbacks, then listeners. */
#include "../php_mwnative.h"

#include "zend_smart_str.h"

/* TRIGGER_*; NULL: not the time for callbacks, and an exception. */
static zval *trigger_of_stage(zend_object *self)
{
	if (mwn_lb_is_stage(self, MWN_LB_STRING_commit_callbacks)) {
		return mwn_lb_constant_of(MWN_LB_TRIGGER_COMMIT);
	}
	if (mwn_lb_is_stage(self, MWN_LB_STRING_rollback_callbacks)) {
		return mwn_lb_constant_of(MWN_LB_TRIGGER_ROLLBACK);
	}
	mwn_lb_throw("DBTransactionError", NULL, strpprintf(0, "Transaction should be in the callback stage (not '%s')",
		ZSTR_VAL(mwn_lb_stage(self))));
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
	done = mwn_lb_end_transaction(connection, &caller, MWN_CALL_commit);
	zval_ptr_dtor(&caller);
	if (EXPECTED(done)) {
		return true;
	}
	caught = mwn_lb_catch_database_error();
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

	if (!mwn_lb_each_primary(callbacks->self, mwn_lb_suppress_callbacks, &off)) {
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
	stage = zend_string_copy(mwn_lb_stage(self));
	mwn_lb_set_stage(self, MWN_LB_STRING_error);
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
	mwn_lb_set_stage(self, MWN_LB_STRING_error);
	callbacks_init(&callbacks, self, trigger);
	done = mwn_lb_each_primary(self, run_listeners, &callbacks);
	if (done) {
		mwn_lb_set_stage(self, MWN_LB_STRING_cursory);
	}
	callbacks_end(&callbacks, done ? return_value : NULL);
	mwn_lb_restore_abort(guard);
}
