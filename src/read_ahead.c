#include "read_ahead.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* Each block costs a wake-up of either side, which is lost time where there is no second processor for
 * the thread: with 128 KiB a tenth of the time of a digest, with this less than a twentieth. */
#define BLOCK_BYTES ((size_t)1024 * 1024)

struct mwn_read_ahead {
	/* The consumer has one, the thread the other; taking the next block gives the last one back. */
	unsigned char blocks[2][BLOCK_BYTES];
	int file;
	pthread_t thread;
	pthread_mutex_t mutex;
	/* Never waited for by both: one waits for `ready`, the other for its end. */
	pthread_cond_t changed;
	/* Below: only with the mutex. */
	bool ready, over;
	const unsigned char *bytes;
	ssize_t length;
	int error;
};

/* Gives a block to the consumer. False when no other is wanted. */
static bool hand_over(mwn_read_ahead *ahead, const unsigned char *bytes, ssize_t length, int error)
{
	bool over;

	pthread_mutex_lock(&ahead->mutex);
	ahead->bytes = bytes;
	ahead->length = length;
	ahead->error = error;
	ahead->ready = true;
	pthread_cond_signal(&ahead->changed);
	while (length > 0 && ahead->ready && !ahead->over) {
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	}
	over = length <= 0 || ahead->over;
	pthread_mutex_unlock(&ahead->mutex);
	return !over;
}

static void *read_blocks(void *argument)
{
	mwn_read_ahead *ahead = argument;
	ssize_t length;
	int turn = 0;

	do {
		turn = !turn;
		do {
			length = read(ahead->file, ahead->blocks[turn], BLOCK_BYTES);
		} while (length < 0 && errno == EINTR);
	} while (hand_over(ahead, ahead->blocks[turn], length, errno));
	return NULL;
}

static bool start_without_signals(mwn_read_ahead *ahead)
{
	sigset_t all, before;
	bool started;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
		return false;
	}
	started = pthread_create(&ahead->thread, NULL, read_blocks, ahead) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

mwn_read_ahead *mwn_read_ahead_new(int file)
{
	mwn_read_ahead *ahead = malloc(sizeof(*ahead));

	if (!ahead) {
		return NULL;
	}
	ahead->file = file;
	ahead->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	ahead->changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	ahead->ready = ahead->over = false;
	if (!start_without_signals(ahead)) {
		free(ahead);
		return NULL;
	}
	return ahead;
}

ssize_t mwn_read_ahead_next(mwn_read_ahead *ahead, const unsigned char **bytes)
{
	ssize_t length;

	pthread_mutex_lock(&ahead->mutex);
	while (!ahead->ready) {
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	}
	*bytes = ahead->bytes;
	length = ahead->length;
	if (length < 0) {
		errno = ahead->error;
	}
	/* The end stays: the thread is gone then, and would never be ready again. */
	ahead->ready = length <= 0;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->mutex);
	return length;
}

void mwn_read_ahead_free(mwn_read_ahead *ahead)
{
	if (!ahead) {
		return;
	}
	pthread_mutex_lock(&ahead->mutex);
	ahead->over = true;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->mutex);
	pthread_join(ahead->thread, NULL);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->mutex);
	free(ahead);
}
