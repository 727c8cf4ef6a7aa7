/* What ends a wait before its time, and what only interrupts it. */
#include "../php_mwnative.h"

#include "main/php_main.h"

void mwn_pc_wait_limit_init(mwn_pc_wait_limit *limit)
{
	/* The engine's own timer counts processor time on Linux, and a process that waits uses none. */
	limit->deadline = EG(timeout_seconds) > 0 ? mwn_pc_clock() + (double)EG(timeout_seconds) : 0;
	limit->engine_calls = false;
}

static bool is_past(const mwn_pc_wait_limit *limit)
{
	return limit->deadline > 0 && mwn_pc_clock() >= limit->deadline;
}

static bool is_over(void *context)
{
	mwn_pc_wait_limit *limit = context;

	if (is_past(limit) || zend_atomic_bool_load_ex(&EG(timed_out))
		|| ((PG(connection_status) & PHP_CONNECTION_ABORTED) && !PG(ignore_user_abort))) {
		return true;
	}
	/* One at a time: code that runs in the middle of a wait and waits itself is not interrupted in turn. */
	limit->engine_calls = !MWN_G(pool_counter_request).waiting_link && zend_atomic_bool_load_ex(&EG(vm_interrupt));
	return limit->engine_calls;
}

mwn_redis_patience mwn_pc_patience(mwn_pc_wait_limit *limit)
{
	limit->engine_calls = false;
	return (mwn_redis_patience){is_over, limit};
}

void mwn_pc_answer_engine(void)
{
	zend_atomic_bool_store_ex(&EG(vm_interrupt), false);
	if (zend_interrupt_function) {
		zend_interrupt_function(EG(current_execute_data));
	}
}

void mwn_pc_enforce_limit(const mwn_pc_wait_limit *limit)
{
	if (is_past(limit)) {
		zend_atomic_bool_store_ex(&EG(timed_out), true);
		zend_atomic_bool_store_ex(&EG(vm_interrupt), true);
	}
}
