/*
 * Replies out of bytes, with limits: hiredis's reader takes what it is sent, and a peer that is no
 * Redis server, or a wicked one, could make it take all memory.
 */
#ifndef MWNATIVE_REDIS_READER_H
#define MWNATIVE_REDIS_READER_H

#include "redis_compat.h"
#include "redis_link.h"

/* How many arrays may be inside one another: what hiredis 0.14 can do; 1.x has no limit
 * of its own, and frees by recursion what it read. */
#define MWN_REDIS_REPLY_DEPTH_MAX 8

typedef struct {
	redisReader *reader;
	redisReplyObjectFunctions functions;
	void *(*create_array)(const redisReadTask *task, mwn_redis_count elements);
	size_t taken;        /* bytes of the reply under way that are no longer in the buffer */
	const char *refusal; /* the limit that was passed */
} mwn_redis_reader;

/* Puts limits on a reader that has read nothing yet. It must be freed (with its context) before
 * `self`, which must stay where it is. */
void mwn_redis_reader_limit(mwn_redis_reader *self, redisReader *reader);

/* Bytes that were fed and are not part of a reply that was returned. */
size_t mwn_redis_reader_unread(const mwn_redis_reader *self);

/*
 * Takes the next reply out of what the reader was fed. MWN_REDIS_OK and NULL: more bytes are needed.
 * MWN_REDIS_GARBAGE, MWN_REDIS_NO_MEMORY: nothing more comes out of this reader, and
 * mwn_redis_reader_error() says why.
 */
mwn_redis_result mwn_redis_reader_next(mwn_redis_reader *self, redisReply **reply);

const char *mwn_redis_reader_error(const mwn_redis_reader *self);

#endif
