/* How the wait of a link is ended from outside. */
#ifndef MWNATIVE_REDIS_INTERRUPTION_H
#define MWNATIVE_REDIS_INTERRUPTION_H

#include "redis_peer.h"

#include <signal.h>
#include <sys/time.h>

static inline void on_signal(int number)
{
	(void)number;
}

/* Again and again, for one of them may come between two waits. */
static inline void signal_often(bool on)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct itimerval timer = {{0, on ? 7000 : 0}, {0, on ? 7000 : 0}};

	MUST(sigaction(SIGALRM, &action, NULL) == 0);
	MUST(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

/* Ends after some slices. */
static inline bool is_third(void *context)
{
	return ++*(int *)context >= 3;
}

/* How a wait may be ended from outside. */
enum { BY_SIGNAL, BY_PATIENCE, INTERRUPTIONS };

static inline mwn_redis_patience interruption(int kind)
{
	static int asked;

	asked = 0;
	if (kind == BY_SIGNAL) {
		signal_often(true);
		return PATIENT;
	}
	return (mwn_redis_patience){is_third, &asked, false};
}

#endif
