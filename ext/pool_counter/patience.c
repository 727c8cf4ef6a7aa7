/* What ends a wait before its time, and what only interrupts it. */
#include "../php_mwnative.h"

#include <pthread.h>

#include "main/php_main.h"

void mwn_pc_wait_limit_init(mwn_pc_wait_limit *limit)
{
	/* The engine's own timer counts processor time on Linux, and a process that waits uses none. */
	limit->deadline = EG(timeout_seconds) > 0 ? mwn_pc_clock() + (double)EG(timeout_seconds) : 0;
	limit->engine_calls = false;
	limit->holds_signals = false;
}

void mwn_pc_hold_signals(mwn_pc_wait_limit *limit)
{
	sigset_t all;

	sigfillset(&all);
	limit->holds_signals = pthread_sigmask(SIG_BLOCK, &all, &limit->usual_signals) == 0;
}

void mwn_pc_let_signals(mwn_pc_wait_limit *limit)
{
	if (limit->holds_signals) {
		pthread_sigmask(SIG_SETMASK, &limit->usual_signals, NULL);
		limit->holds_signals = false;
	}
}

/* Will the process do something about it? What it ignores may be pending too while it is held. */
static bool is_handled(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0
		&& ((action.sa_flags & SA_SIGINFO) || (action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL));
}

/* Held signals are let through here and nowhere else, so that none is missed: one that came between two looks at
 * the socket would be taken for an interrupt of the engine. */
static bool signal_came(mwn_pc_wait_limit *limit)
{
	sigset_t pending;
	bool came = false;

	if (!limit->holds_signals || sigpending(&pending) != 0 || sigisemptyset(&pending)) {
		return false;
	}
	for (int number = 1; number < NSIG; number++) {
		came = came || (sigismember(&pending, number) == 1 && !sigismember(&limit->usual_signals, number)
			&& is_handled(number));
	}
	mwn_pc_let_signals(limit);
	mwn_pc_hold_signals(limit);
	return came;
}

static bool is_past(const mwn_pc_wait_limit *limit)
{
	return limit->deadline > 0 && mwn_pc_clock() >= limit->deadline;
}

static bool is_over(void *context)
{
	mwn_pc_wait_limit *limit = context;

	limit->engine_calls = false;
	if (signal_came(limit) || is_past(limit) || zend_atomic_bool_load_ex(&EG(timed_out))
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
	return (mwn_redis_patience){is_over, limit, false};
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
