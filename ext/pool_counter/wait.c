/*
 * The wait in the queue.
 *
 * A signal, the time limit and an aborted connection end it. What only wants to run in between (a profiler that takes a
 * sample, a timer that may throw) is let run, and the wait goes on.
 */
#include "../php_mwnative.h"

double mwn_pc_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool is_interrupted(mwn_pool_outcome outcome, const mwn_pool_failure *failure)
{
	return outcome == MWN_POOL_BROKEN && failure->link_result == MWN_REDIS_INTERRUPTED;
}

/* The server may answer at any time, also to PHP code that now runs and uses the same server: the link is out of its
 * reach, and with the request if that code ends it. */
static void let_engine_run(mwn_redis_servers *servers, size_t server)
{
	mwn_pool_counter_request *request = &MWN_G(pool_counter_request);
	mwn_redis_link *link = mwn_redis_server_take_out(servers, server);

	request->waiting_link = link;
	mwn_pc_answer_engine();
	request->waiting_link = NULL;
	mwn_redis_server_put_back(servers, server, link);
}

/* Has the server end the wait. SLOT, WOKEN or TIMED_OUT; anything else: the link is no good any more. */
static mwn_pool_outcome stop_waiting(mwn_redis_servers *servers, size_t server, mwn_redis_link *link, int64_t waiter,
	mwn_pool_slot *slot, mwn_pool_failure *failure)
{
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_result result;
	mwn_redis_link *other = waiter
		? mwn_redis_server_open_another(servers, server, mwn_redis_undisturbed, &result, error) : NULL;
	mwn_pool_outcome outcome = other ? mwn_pool_stop_waiting(link, other, waiter, slot, failure) : MWN_POOL_BROKEN;

	mwn_redis_link_close(other);
	return outcome;
}

mwn_pool_outcome mwn_pc_wait(mwn_redis_servers *servers, size_t server, mwn_redis_link *link, const mwn_pc_pool *pool,
	zend_long wake_up, double seconds, mwn_pc_counts *counts, mwn_pc_wait_limit *limit, mwn_pool_slot *slot,
	mwn_pool_failure *failure, bool *broken_off)
{
	double started = mwn_pc_clock();
	mwn_pool_outcome outcome;
	int64_t waiter;

	counts->waited++;
	mwn_pc_wait_limit_init(limit);
	mwn_pc_hold_signals(limit);
	outcome = mwn_pool_wait(link, &pool->keys, wake_up == MWN_PC_AWAKE_ALL, seconds, mwn_pc_patience(limit), &waiter,
		slot, failure);
	while (is_interrupted(outcome, failure) && limit->engine_calls) {
		double left = started + seconds - mwn_pc_clock();
		mwn_pc_let_signals(limit);
		let_engine_run(servers, server);
		if (EG(exception)) {
			break;
		}
		mwn_pc_hold_signals(limit);
		outcome = mwn_pool_keep_waiting(link, left > 0 ? left : 0, mwn_pc_patience(limit), slot, failure);
	}
	mwn_pc_let_signals(limit);
	counts->seconds_waited += mwn_pc_clock() - started;
	*broken_off = is_interrupted(outcome, failure);
	if (*broken_off) {
		outcome = stop_waiting(servers, server, link, waiter, slot, failure);
		if (outcome == MWN_POOL_REFUSED) {
			outcome = MWN_POOL_BROKEN;
		}
	}
	return outcome;
}
