/*
 * The floor of `bin/bench pool`: what an uncontended acquire and release cost over hiredis when a program
 * does nothing else. The scripts and their arguments are those of the extension.
 *
 * Reads commands from standard input, a line each, and answers with a line, nanoseconds of wall
 * clock, user and system time for each of the cycles:
 *   cycles waited N      two EVALSHA, each sent when the reply before it has come
 *   cycles pipelined N   the release is sent and its reply read after the next acquisition was sent
 *   cycles ping N        one PING
 *
 * Usage: pool_floor ADDRESS KEY_SHA1 WORKERS MAXQUEUE TIMEOUT LOCK_TTL
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <hiredis.h>

#include "src/pool_scripts.h"

enum { KEY_SIZE = 128, TIME_SIZE = 32, ARGUMENTS_MAX = 16 };

typedef struct {
	const char *bytes[ARGUMENTS_MAX];
	size_t lengths[ARGUMENTS_MAX];
	int count;
} command;

static redisContext *context;
static char slots[KEY_SIZE], due[KEY_SIZE], waiters[KEY_SIZE], wakeup[KEY_SIZE], forgotten_after[TIME_SIZE];
static const char *workers, *maxqueue, *lock_ttl;
static char held[TIME_SIZE], taken[TIME_SIZE];

static void fail(const char *what)
{
	fprintf(stderr, "pool_floor: %s: %s\n", what, context && context->err ? context->errstr : "unexpected reply");
	exit(1);
}

static void add(command *command, const char *text)
{
	command->bytes[command->count] = text;
	command->lengths[command->count++] = strlen(text);
}

static void begin(command *command, mwn_script script, const char *keys)
{
	command->count = 0;
	add(command, "EVALSHA");
	add(command, mwn_script_sha1(script));
	add(command, keys);
}

static void now_text(char text[TIME_SIZE])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(text, TIME_SIZE, "%" PRId64 ".%06ld", (int64_t)now.tv_sec, now.tv_nsec / 1000);
}

static void make_acquire(command *command)
{
	now_text(taken);
	begin(command, MWN_SCRIPT_ACQUIRE, "3");
	add(command, slots);
	add(command, due);
	add(command, waiters);
	add(command, workers);
	add(command, maxqueue);
	add(command, lock_ttl);
	add(command, taken);
	add(command, "0123456789abcdef0123456789abcdef");
	add(command, taken);
	add(command, forgotten_after);
}

static void make_release(command *command)
{
	static char now[TIME_SIZE];

	now_text(now);
	begin(command, MWN_SCRIPT_RELEASE, "4");
	add(command, slots);
	add(command, due);
	add(command, wakeup);
	add(command, waiters);
	add(command, workers);
	add(command, lock_ttl);
	add(command, held);
	add(command, taken);
	add(command, "0");
	add(command, now);
}

static void read_slot(redisReply *reply)
{
	if (!reply || reply->type != REDIS_REPLY_STRING || reply->len >= sizeof(held)
		|| strspn(reply->str, "0123456789") != reply->len) {
		fail("acquire");
	}
	memcpy(held, reply->str, reply->len + 1);
	freeReplyObject(reply);
}

static void read_released(redisReply *reply)
{
	if (!reply || reply->type != REDIS_REPLY_INTEGER || reply->integer != 1) {
		fail("release");
	}
	freeReplyObject(reply);
}

static redisReply *call(command *command)
{
	return redisCommandArgv(context, command->count, command->bytes, command->lengths);
}

static redisReply *next_reply(void)
{
	void *reply;

	return redisGetReply(context, &reply) == REDIS_OK ? reply : NULL;
}

static void append(command *command)
{
	if (redisAppendCommandArgv(context, command->count, command->bytes, command->lengths) != REDIS_OK) {
		fail("sending");
	}
}

static void flush(void)
{
	int done = 0;

	while (!done) {
		if (redisBufferWrite(context, &done) != REDIS_OK) {
			fail("sending");
		}
	}
}

static void waited(long times)
{
	command command;

	while (times-- > 0) {
		make_acquire(&command);
		read_slot(call(&command));
		make_release(&command);
		read_released(call(&command));
	}
}

static void pipelined(long times)
{
	command command;

	for (long i = 0; i < times; i++) {
		make_acquire(&command);
		append(&command);
		if (i > 0) {
			read_released(next_reply());
		}
		read_slot(next_reply());
		make_release(&command);
		append(&command);
		/* At once, as a process would that goes on to something else. */
		flush();
	}
	if (times > 0) {
		read_released(next_reply());
	}
}

static void ping(long times)
{
	static const char *text = "PING";
	static const size_t length = 4;

	while (times-- > 0) {
		redisReply *reply = redisCommandArgv(context, 1, &text, &length);
		if (!reply || reply->type != REDIS_REPLY_STATUS) {
			fail("PING");
		}
		freeReplyObject(reply);
	}
}

static double nanoseconds(struct timespec time)
{
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double of_timeval(struct timeval time)
{
	return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

static void measure(void (*cycles)(long), long times)
{
	struct timespec start, end;
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	clock_gettime(CLOCK_MONOTONIC, &start);
	cycles(times);
	clock_gettime(CLOCK_MONOTONIC, &end);
	getrusage(RUSAGE_SELF, &after);
	printf("%.1f %.1f %.1f\n", (nanoseconds(end) - nanoseconds(start)) / (double)times,
		(of_timeval(after.ru_utime) - of_timeval(before.ru_utime)) / (double)times,
		(of_timeval(after.ru_stime) - of_timeval(before.ru_stime)) / (double)times);
	fflush(stdout);
}

static void load(mwn_script script)
{
	size_t length;
	const char *text = mwn_script_text(script, &length);
	redisReply *reply = redisCommand(context, "SCRIPT LOAD %b", text, length);

	if (!reply || reply->type != REDIS_REPLY_STRING || strcmp(reply->str, mwn_script_sha1(script)) != 0) {
		fail("SCRIPT LOAD");
	}
	freeReplyObject(reply);
}

static void open_connection(const char *address)
{
	const char *colon = strrchr(address, ':');
	char host[256];

	if (address[0] == '/') {
		context = redisConnectUnix(address);
	} else if (colon) {
		snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
		context = redisConnect(host, atoi(colon + 1));
	}
	if (!context || context->err) {
		fail(address);
	}
}

int main(int count, char **arguments)
{
	static const struct {
		const char *name;
		void (*cycles)(long);
	} kinds[] = {{"waited", waited}, {"pipelined", pipelined}, {"ping", ping}};
	char line[256], kind[32];
	long times;

	if (count != 7 || !mwn_scripts_startup()) {
		fprintf(stderr, "usage: pool_floor ADDRESS KEY_SHA1 WORKERS MAXQUEUE TIMEOUT LOCK_TTL\n");
		return 1;
	}
	open_connection(arguments[1]);
	workers = arguments[3];
	maxqueue = arguments[4];
	lock_ttl = arguments[6];
	snprintf(slots, KEY_SIZE, "poolcounter:l-slots-%s-%s", arguments[2], workers);
	snprintf(due, KEY_SIZE, "poolcounter:z-renewtime-%s-%s", arguments[2], workers);
	snprintf(waiters, KEY_SIZE, "poolcounter:z-wait-%s-%s", arguments[2], workers);
	snprintf(wakeup, KEY_SIZE, "poolcounter:l-wakeup-%s-%s", arguments[2], workers);
	snprintf(forgotten_after, TIME_SIZE, "%d.000000", 2 * atoi(arguments[5]));
	load(MWN_SCRIPT_ACQUIRE);
	load(MWN_SCRIPT_RELEASE);
	while (fgets(line, sizeof(line), stdin)) {
		bool known = false;
		if (sscanf(line, "cycles %31s %ld", kind, &times) == 2 && times > 0) {
			for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
				if (strcmp(kind, kinds[i].name) == 0) {
					known = true;
					measure(kinds[i].cycles, times);
				}
			}
		}
		if (!known) {
			puts("?");
			fflush(stdout);
		}
	}
	redisFree(context);
	return 0;
}
