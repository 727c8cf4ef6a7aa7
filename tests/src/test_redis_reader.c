/* src/redis_reader: replies out of bytes, and the limits that a peer cannot pass. */
#include "check.h"

#include "src/redis_reader.h"

#include <string.h>

#define TEXT(constant) constant, sizeof(constant) - 1

static mwn_redis_reader reader;

static void begin(void)
{
	redisReader *plain = redisReaderCreate();

	MUST(plain);
	mwn_redis_reader_limit(&reader, plain);
}

static void end(void)
{
	redisReaderFree(reader.reader);
}

static void feed(const char *bytes, size_t length)
{
	MUST(redisReaderFeed(reader.reader, bytes, length) == REDIS_OK);
}

static void feed_often(const char *bytes, size_t length, size_t times)
{
	while (times-- > 0) {
		feed(bytes, length);
	}
}

static bool wants_more(void)
{
	redisReply *reply = (redisReply *)&reader;

	return mwn_redis_reader_next(&reader, &reply) == MWN_REDIS_OK && !reply;
}

static bool is_garbage(const char *why)
{
	redisReply *reply = (redisReply *)&reader;
	bool is = mwn_redis_reader_next(&reader, &reply) == MWN_REDIS_GARBAGE && !reply;

	ABOUT("%s", mwn_redis_reader_error(&reader));
	return is && strstr(mwn_redis_reader_error(&reader), why);
}

static redisReply *whole(void)
{
	redisReply *reply;

	return mwn_redis_reader_next(&reader, &reply) == MWN_REDIS_OK ? reply : NULL;
}

/* Writes a reply the way redis-cli shows it, so that texts can be compared. */
static char *show(char *out, const redisReply *reply)
{
	switch (reply->type) {
		case REDIS_REPLY_NIL:
			return out + sprintf(out, "nil");
		case REDIS_REPLY_INTEGER:
			return out + sprintf(out, "%lld", reply->integer);
		case REDIS_REPLY_STATUS:
			return out + sprintf(out, "+%s", reply->str);
		case REDIS_REPLY_ERROR:
			return out + sprintf(out, "-%s", reply->str);
		case REDIS_REPLY_STRING:
			return out + sprintf(out, "%zu'%s'", reply->len, reply->str);
		case REDIS_REPLY_ARRAY:
			*out++ = '[';
			for (size_t i = 0; i < reply->elements; i++) {
				if (i > 0) {
					*out++ = ' ';
				}
				out = show(out, reply->element[i]);
			}
			return out + sprintf(out, "]");
		default:
			return out + sprintf(out, "type %d", reply->type);
	}
}

static bool is_next(const char *expected)
{
	char shown[500];
	redisReply *reply = whole();

	if (!reply) {
		return false;
	}
	show(shown, reply);
	freeReplyObject(reply);
	ABOUT("%s", shown);
	return strcmp(shown, expected) == 0;
}

static const struct {
	const char *bytes;
	size_t length;
	const char *shown;
} replies[] = {
	{TEXT("+OK\r\n"), "+OK"},
	{TEXT("+\r\n"), "+"},
	{TEXT("-ERR no such thing\r\n"), "-ERR no such thing"},
	{TEXT(":0\r\n"), "0"},
	{TEXT(":-9223372036854775808\r\n"), "-9223372036854775808"},
	{TEXT("$-1\r\n"), "nil"},
	{TEXT("*-1\r\n"), "nil"},
	{TEXT("$0\r\n\r\n"), "0''"},
	{TEXT("$5\r\na\r\nbc\r\n"), "5'a\r\nbc'"},
	{TEXT("*0\r\n"), "[]"},
	{TEXT("*3\r\n$3\r\none\r\n:2\r\n$-1\r\n"), "[3'one' 2 nil]"},
	{TEXT("*2\r\n*2\r\n:1\r\n*0\r\n-no\r\n"), "[[1 []] -no]"},
	{TEXT("*2\r\n*-1\r\n+x\r\n"), "[nil +x]"},
};
#define REPLIES (sizeof(replies) / sizeof(*replies))

static void pieces(void)
{
	RULE("a reply comes out whole, in however many pieces it came in");
	for (size_t i = 0; i < REPLIES; i++) {
		for (size_t cut = 1; cut < replies[i].length; cut++) {
			begin();
			feed(replies[i].bytes, cut);
			CHECK(wants_more());
			feed(replies[i].bytes + cut, replies[i].length - cut);
			CHECK(is_next(replies[i].shown));
			CHECK(wants_more() && mwn_redis_reader_unread(&reader) == 0);
			end();
		}
		begin();
		for (size_t at = 0; at < replies[i].length; at++) {
			CHECK(wants_more());
			feed(replies[i].bytes + at, 1);
		}
		CHECK(is_next(replies[i].shown));
		end();
	}

	RULE("replies that come at once come out in their order");
	begin();
	for (size_t i = 0; i < REPLIES; i++) {
		feed(replies[i].bytes, replies[i].length);
	}
	for (size_t i = 0; i < REPLIES; i++) {
		CHECK(mwn_redis_reader_unread(&reader) > 0);
		CHECK(is_next(replies[i].shown));
	}
	CHECK(wants_more() && mwn_redis_reader_unread(&reader) == 0);
	end();

	RULE("a reader that is freed in the middle of a reply frees what it has of it");
	begin();
	feed(TEXT("*3\r\n$3\r\none\r\n*2\r\n:1\r\n$10\r\nhal"));
	CHECK(wants_more());
	end();
}

static void nonsense(void)
{
	static const struct {
		const char *bytes;
		size_t length;
	} all[] = {
		{TEXT("?")}, {TEXT("\r\n")}, {TEXT("\0")}, {TEXT("\xff\xfe")}, {TEXT("OK\r\n")},
		{TEXT("HTTP/1.1 400 Bad Request\r\n")},
		{TEXT(":\r\n")}, {TEXT(":x\r\n")}, {TEXT(":1 \r\n")}, {TEXT(":01\r\n")}, {TEXT(":9223372036854775808\r\n")},
		{TEXT("$\r\n")}, {TEXT("$x\r\n")}, {TEXT("$-2\r\n")}, {TEXT("$-9223372036854775808\r\n")}, {TEXT("$3x\r\nabc\r\n")},
		{TEXT("*\r\n")}, {TEXT("*x\r\n")}, {TEXT("*-2\r\n")}, {TEXT("*1x\r\n")}, {TEXT("*99999999999999999999\r\n")},
		{TEXT("*1\r\n?")}, {TEXT("*2\r\n$3\r\nabc\r\n?")},
		/* Of the newer protocol, which nobody asked for. */
		{TEXT("%1\r\n+a\r\n+b\r\n")}, {TEXT("~1\r\n+a\r\n")}, {TEXT(">1\r\n+a\r\n")},
	};

	RULE("what is no reply is garbage, and stays so");
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		begin();
		feed(all[i].bytes, all[i].length);
		CHECK(is_garbage(""));
		CHECK(mwn_redis_reader_error(&reader)[0] != '\0');
		CHECK(is_garbage(""));
		end();
	}
}

static void elements(void)
{
	RULE("an array of 1024 elements is read, of more is garbage before memory is taken");
	begin();
	feed(TEXT("*1024\r\n"));
	CHECK(wants_more());
	feed_often(TEXT(":1\r\n"), 1023);
	CHECK(wants_more());
	feed(TEXT(":1\r\n"));
	redisReply *reply = whole();
	if (CHECK(reply)) {
		CHECK(reply->elements == 1024);
	}
	freeReplyObject(reply);
	end();
	for (size_t i = 0; i < 4; i++) {
		static const char *const headers[] = {"*1025\r\n", "*1000000000\r\n", "*2147483647\r\n", "*2\r\n+a\r\n*1025\r\n"};
		begin();
		feed(headers[i], strlen(headers[i]));
		CHECK(is_garbage("too many elements"));
		CHECK(is_garbage("too many elements"));
		end();
	}

	RULE("arrays are read eight deep, no deeper");
	begin();
	feed_often(TEXT("*1\r\n"), MWN_REDIS_REPLY_DEPTH_MAX);
	feed(TEXT(":7\r\n"));
	CHECK(is_next("[[[[[[[[7]]]]]]]]"));
	end();
	begin();
	feed_often(TEXT("*1\r\n"), MWN_REDIS_REPLY_DEPTH_MAX + 1);
	CHECK(is_garbage(""));
	end();
	begin();
	feed_often(TEXT("*1\r\n"), 200000);
	CHECK(is_garbage(""));
	end();
}

enum { MOST = MWN_REDIS_REPLY_BYTES_MAX };

/* Writes the header of a string reply of that many bytes in all; returns how many are left for the string. */
static size_t bulk_of(size_t total, char header[32])
{
	/* As long as "$1048560\r\n" and the end of the line. */
	size_t content = total - 10 - 2;

	MUST(snprintf(header, 32, "$%zu\r\n", content) == 10);
	return content;
}

static void bytes(void)
{
	static char filling[MOST];
	char header[32];
	size_t content;

	memset(filling, 'f', sizeof(filling));
	RULE("a reply of 1 MiB is read, of a byte more is garbage");
	for (int surplus = 0; surplus <= 1; surplus++) {
		begin();
		content = bulk_of(MOST + (size_t)surplus, header);
		feed(header, strlen(header));
		CHECK(wants_more());
		for (size_t at = 0; at < content; at += 16384) {
			CHECK(wants_more());
			feed(filling, content - at < 16384 ? content - at : 16384);
		}
		feed(TEXT("\r\n"));
		if (surplus) {
			CHECK(is_garbage("too large"));
			feed(TEXT("+OK\r\n"));
			CHECK(is_garbage("too large"));
		} else {
			redisReply *reply = whole();
			CHECK(reply && reply->len == content);
			freeReplyObject(reply);
		}
		end();
	}

	RULE("a reply that comes after others, or with others, is measured by itself");
	begin();
	content = bulk_of(MOST, header);
	for (int i = 0; i < 3; i++) {
		feed(header, strlen(header));
		feed(filling, content);
		feed(TEXT("\r\n+OK\r\n"));
	}
	for (int i = 0; i < 3; i++) {
		redisReply *reply = whole();
		CHECK(reply && reply->len == content);
		freeReplyObject(reply);
		CHECK(is_next("+OK"));
	}
	end();

	RULE("a string that announces too much is garbage at once");
	for (size_t i = 0; i < 6; i++) {
		static const char *const headers[] = {"$1048577\r\n", "$2000000000\r\n", "$9223372036854775807\r\n",
			"$99999999999999999999999999", "*2\r\n+a\r\n$1048577\r\n", "$2000000"};
		begin();
		feed(headers[i], strlen(headers[i]));
		CHECK(is_garbage("too large"));
		feed(TEXT("+OK\r\n"));
		CHECK(is_garbage("too large"));
		end();
	}

	RULE("a line without an end is garbage when it is too long");
	for (size_t i = 0; i < 4; i++) {
		begin();
		feed(&"+-:*"[i], 1);
		for (int j = 0; j < 64; j++) {
			CHECK(wants_more());
			feed(filling, MOST / 64);
		}
		CHECK(is_garbage("too large"));
		end();
	}

	RULE("an array whose elements never end is garbage when it is too large");
	begin();
	feed(TEXT("*1024\r\n"));
	for (size_t fed = 0; fed < MOST; fed += 7 + 1024 * 4) {
		CHECK(wants_more());
		feed(TEXT("*1024\r\n"));
		feed_often(TEXT(":1\r\n"), 1024);
	}
	CHECK(is_garbage("too large"));
	end();
}

int main(void)
{
	pieces();
	nonsense();
	elements();
	bytes();
	return check_report("test_redis_reader");
}
