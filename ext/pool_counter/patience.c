/* What ends a wait before its time. */
#include "../php_mwnative.h"

#include <time.h>

#include "main/php_main.h"

static double monotonic_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void mwn_pc_wait_limit_init(mwn_pc_wait_limit *limit)
{
	/* The engine's own timer counts processor time on Linux, and a process that waits uses none. */
	limit->deadline = EG(timeout_seconds) > 0 ? monotonic_seconds() + (double)EG(timeout_seconds) : 0;
}

static bool is_past(const mwn_pc_wait_limit *limit)
{
	return limit->deadline > 0 && monotonic_seconds() >= limit->deadline;
}

static bool is_interrupt_pending(void)
{
#if PHP_VERSION_ID >= 80200
	return zend_atomic_bool_load_ex(&EG(vm_interrupt));
#else
	return EG(vm_interrupt);
#endif
}

static bool is_over(void *context)
{
	return is_interrupt_pending() || (PG(connection_status) & PHP_CONNECTION_ABORTED) || is_past(context);
}

mwn_redis_patience mwn_pc_patience(mwn_pc_wait_limit *limit)
{
	return (mwn_redis_patience){is_over, limit};
}

void mwn_pc_enforce_limit(const mwn_pc_wait_limit *limit)
{
	if (is_past(limit)) {
		zend_atomic_bool_store_ex(&EG(timed_out), true);
		zend_atomic_bool_store_ex(&EG(vm_interrupt), true);
	}
}
