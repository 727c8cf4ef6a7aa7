/*
 * libFuzzer target for src/redis_reader: the input as it is, and as a row of pieces of replies. What comes out must
 * keep the limits, and must not depend on how the bytes were cut up on their way.
 */
#include "check.h"

#include "src/redis_reader.h"

#include <string.h>

/* All that a reader made of some bytes, as text; the end says how it ended. */
typedef struct {
	char *bytes;
	size_t length, size;
} record;

static void put(record *out, const void *bytes, size_t length)
{
	if (out->length + length > out->size) {
		out->size = 2 * (out->length + length);
		out->bytes = realloc(out->bytes, out->size);
		MUST(out->bytes);
	}
	memcpy(out->bytes + out->length, bytes, length);
	out->length += length;
}

static void put_number(record *out, char kind, long long number)
{
	char text[32];

	put(out, text, (size_t)snprintf(text, sizeof(text), "%c%lld ", kind, number));
}

static void put_reply(record *out, const redisReply *reply, int depth)
{
	MUST(depth <= MWN_REDIS_REPLY_DEPTH_MAX + 1);
	switch (reply->type) {
		case REDIS_REPLY_NIL:
			put_number(out, '_', 0);
			break;
		case REDIS_REPLY_INTEGER:
			put_number(out, ':', reply->integer);
			break;
		case REDIS_REPLY_ARRAY:
			MUST(depth <= MWN_REDIS_REPLY_DEPTH_MAX && reply->elements <= MWN_REDIS_REPLY_ELEMENTS_MAX);
			put_number(out, '*', (long long)reply->elements);
			for (size_t i = 0; i < reply->elements; i++) {
				put_reply(out, reply->element[i], depth + 1);
			}
			break;
		default:
			/* Newer hiredis has more kinds of simple replies; arrays of another kind are none of them. */
			MUST(reply->elements == 0);
			put_number(out, '$', (long long)reply->len + reply->type * 1000000000LL);
			if (reply->str) {
				MUST(reply->str[reply->len] == '\0');
				put(out, reply->str, reply->len);
			}
	}
}

/* Feeds in pieces of that many bytes. */
static record read_all(const char *bytes, size_t length, size_t piece)
{
	mwn_redis_reader reader;
	redisReader *plain = redisReaderCreate();
	record out = {0};
	mwn_redis_result result = MWN_REDIS_OK;

	MUST(plain);
	mwn_redis_reader_limit(&reader, plain);
	for (size_t at = 0; at < length && result == MWN_REDIS_OK; at += piece) {
		redisReply *reply;
		MUST(redisReaderFeed(plain, bytes + at, length - at < piece ? length - at : piece) == REDIS_OK);
		while ((result = mwn_redis_reader_next(&reader, &reply)) == MWN_REDIS_OK && reply) {
			put_reply(&out, reply, 1);
			freeReplyObject(reply);
		}
		MUST(result == MWN_REDIS_OK || (result == MWN_REDIS_GARBAGE && !reply && mwn_redis_reader_error(&reader)[0]));
	}
	put_number(&out, '=', result);
	redisReaderFree(plain);
	return out;
}

static void try_bytes(const char *bytes, size_t length, size_t piece)
{
	record whole = read_all(bytes, length, length ? length : 1), cut = read_all(bytes, length, piece);

	MUST(whole.length == cut.length && memcmp(whole.bytes, cut.bytes, whole.length) == 0);
	free(whole.bytes);
	free(cut.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const pieces[] = {
		"*", "*1\r\n", "*2\r\n", "*3\r\n", "*0\r\n", "*-1\r\n", "*1024\r\n", "*1025\r\n", "*1000000000\r\n",
		"$", "$0\r\n\r\n", "$1\r\nx\r\n", "$2\r\n\r\n\r\n", "$-1\r\n", "$4\r\n", "$1048576\r\n", "$2000000000\r\n",
		":", ":0\r\n", ":-1\r\n", ":9223372036854775807\r\n", "+OK\r\n", "-ERR\r\n", "+", "-", "\r\n", "\r", "\n",
		"0", "1", "2", "9", "-", "%1\r\n", "~1\r\n", ">1\r\n", "=5\r\ntxt:x\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "(1\r\n",
	};
	enum { PIECES = sizeof(pieces) / sizeof(*pieces) };
	record built = {0};

	if (size == 0) {
		return 0;
	}
	try_bytes((const char *)data + 1, size - 1, 1 + data[0] % 7);
	for (size_t i = 1; i < size; i++) {
		if (data[i] < 4 * PIECES) {
			put(&built, pieces[data[i] % PIECES], strlen(pieces[data[i] % PIECES]));
		} else {
			put(&built, data + i, 1);
		}
	}
	try_bytes(built.bytes, built.length, 1 + data[0] % 7);
	free(built.bytes);
	return 0;
}
