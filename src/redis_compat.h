/*
 * hiredis 0.14 and hiredis 1.x, seen as one. Only the sources of the link include this.
 */
#ifndef MWNATIVE_REDIS_COMPAT_H
#define MWNATIVE_REDIS_COMPAT_H

#include <stdbool.h>
#include <stddef.h>

#include <hiredis.h>

#if HIREDIS_MAJOR >= 1
typedef size_t mwn_redis_count; /* how many elements createArray is asked for */
#else
typedef int mwn_redis_count;
#endif

/* What the reader is in the middle of, NULL when it is between replies. */
static inline const redisReadTask *mwn_redis_task(const redisReader *reader)
{
	if (reader->ridx < 0) {
		return NULL;
	}
#if HIREDIS_MAJOR >= 1
	return reader->task[reader->ridx];
#else
	return &reader->rstack[reader->ridx];
#endif
}

/* Is it a string whose length comes first? */
static inline bool mwn_redis_task_is_bulk(const redisReadTask *task)
{
#if HIREDIS_MAJOR >= 1
	if (task->type == REDIS_REPLY_VERB) {
		return true;
	}
#endif
	return task->type == REDIS_REPLY_STRING;
}

#endif
