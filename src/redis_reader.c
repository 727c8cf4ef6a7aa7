#include "redis_reader.h"

/* NULL is "out of memory" to hiredis; `refusal` tells the difference. */
static void *create_array(const redisReadTask *task, mwn_redis_count elements)
{
	mwn_redis_reader *self = task->privdata;
	int depth = 1;

	/* Maps, sets and pushed messages of RESP3, which nobody asked for; hiredis 0.14 knows none. */
	if (task->type != REDIS_REPLY_ARRAY) {
		self->refusal = "a reply of another protocol";
		return NULL;
	}
	if (elements > MWN_REDIS_REPLY_ELEMENTS_MAX) {
		self->refusal = "a reply of too many elements";
		return NULL;
	}
	for (const redisReadTask *parent = task->parent; parent; parent = parent->parent) {
		depth++;
	}
	if (depth > MWN_REDIS_REPLY_DEPTH_MAX) {
		self->refusal = "a reply nested too deeply";
		return NULL;
	}
	return self->create_array(task, elements);
}

void mwn_redis_reader_limit(mwn_redis_reader *self, redisReader *reader)
{
	self->reader = reader;
	self->functions = *reader->fn;
	self->create_array = reader->fn->createArray;
	self->functions.createArray = create_array;
	self->taken = 0;
	self->refusal = NULL;
	reader->fn = &self->functions;
	reader->privdata = self;
	/* hiredis 0.14 aborts when it has freed a large buffer and gets no small one; so it keeps it. */
	reader->maxbuf = 0;
}

size_t mwn_redis_reader_unread(const mwn_redis_reader *self)
{
	return self->reader->len - self->reader->pos;
}

/* How many bytes, from where the reader stands, the reply has at least. */
static size_t least_rest(const mwn_redis_reader *self)
{
	const redisReadTask *task = mwn_redis_task(self->reader);
	const char *header = self->reader->buf + self->reader->pos;
	size_t unread = mwn_redis_reader_unread(self), announced = 0;

	if (!task || !mwn_redis_task_is_bulk(task)) {
		return unread;
	}
	for (size_t i = 0; i < unread && header[i] >= '0' && header[i] <= '9'; i++) {
		announced = announced * 10 + (size_t)(header[i] - '0');
		if (announced > MWN_REDIS_REPLY_BYTES_MAX) {
			break;
		}
	}
	return announced > unread ? announced : unread;
}

static mwn_redis_result refuse_size(mwn_redis_reader *self)
{
	self->refusal = "too large a reply";
	return MWN_REDIS_GARBAGE;
}

mwn_redis_result mwn_redis_reader_next(mwn_redis_reader *self, redisReply **reply)
{
	size_t unread = mwn_redis_reader_unread(self);
	void *got = NULL;

	*reply = NULL;
	if (redisReaderGetReply(self->reader, &got) != REDIS_OK) {
		return !self->refusal && self->reader->err == REDIS_ERR_OOM ? MWN_REDIS_NO_MEMORY : MWN_REDIS_GARBAGE;
	}
	self->taken += unread - mwn_redis_reader_unread(self);
	if (!got) {
		return self->taken + least_rest(self) > MWN_REDIS_REPLY_BYTES_MAX ? refuse_size(self) : MWN_REDIS_OK;
	}
	if (self->taken > MWN_REDIS_REPLY_BYTES_MAX) {
		freeReplyObject(got);
		return refuse_size(self);
	}
	self->taken = 0;
	*reply = got;
	return MWN_REDIS_OK;
}

const char *mwn_redis_reader_error(const mwn_redis_reader *self)
{
	return self->refusal ? self->refusal : self->reader->errstr;
}
