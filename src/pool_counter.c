#include "pool_counter.h"
#include "decimal.h"
#include "pool_scripts.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <hiredis.h>

/* EVALSHA, digest, number of keys; then keys and arguments. */
enum { SCRIPT_HEAD = 3, ARGUMENTS_MAX = SCRIPT_HEAD + 4 + 7 };
/* Of a time: the point and six digits more. */
enum { NUMBER_SIZE = MWN_DECIMAL_LENGTH, TIME_SIZE = MWN_DECIMAL_LENGTH + 7 };
/* The server ends a wait; should it not, so many seconds later the connection counts as lost, or after the link's
 * time-out if that is longer: whoever allows a slow server more may meet one at the end of a wait too. */
static const double LEAST_GRACE_SECONDS = 1.0;
/* Its wait begins when the server has told it to, and it must be counted until the end. */
static const double WAIT_DELAY_SECONDS = 0.2;

/* A command under construction. */
typedef struct {
	mwn_redis_argument arguments[ARGUMENTS_MAX];
	size_t count;
} command;

static void add(command *command, const char *bytes, size_t length)
{
	command->arguments[command->count++] = (mwn_redis_argument){bytes, length};
}

static void add_text(command *command, const char *text)
{
	add(command, text, strlen(text));
}

static void add_key(command *command, mwn_redis_argument key)
{
	command->arguments[command->count++] = key;
}

/* Nothing here is below 0. */
static void add_number(command *command, char text[NUMBER_SIZE], int64_t number)
{
	add(command, text, (size_t)(mwn_write_decimal(text, number > 0 ? (uint64_t)number : 0) - text));
}

/* Seconds with six decimals. */
static void add_time(command *command, char text[TIME_SIZE], int64_t microseconds)
{
	uint64_t time = microseconds > 0 ? (uint64_t)microseconds : 0;
	char *end = mwn_write_decimal(text, time / 1000000);
	uint32_t fraction = (uint32_t)(time % 1000000);

	*end++ = '.';
	for (uint32_t place = 100000; place > 0; place /= 10) {
		*end++ = (char)('0' + fraction / place % 10);
	}
	add(command, text, (size_t)(end - text));
}

static int64_t to_microseconds(double seconds)
{
	return (int64_t)(seconds * 1e6 + 0.5);
}

static mwn_pool_outcome broken(mwn_redis_link *link, mwn_redis_result result, mwn_pool_failure *failure)
{
	failure->link_result = result;
	snprintf(failure->text, sizeof(failure->text), "%s", mwn_redis_link_error(link));
	return MWN_POOL_BROKEN;
}

static mwn_pool_outcome refused(mwn_pool_failure *failure, const char *what, const char *text)
{
	failure->link_result = MWN_REDIS_OK;
	snprintf(failure->text, sizeof(failure->text), "%s%s", what, text);
	return MWN_POOL_REFUSED;
}

/* An error reply or one of the wrong type. */
static mwn_pool_outcome refused_reply(mwn_pool_failure *failure, const redisReply *reply)
{
	switch (reply->type) {
		case REDIS_REPLY_ERROR:
			return refused(failure, "", reply->str);
		case REDIS_REPLY_STRING:
		case REDIS_REPLY_STATUS:
			/* The host's own words for it. */
			snprintf(failure->text, sizeof(failure->text), "Server gave slot '%.64s'.", reply->str);
			failure->link_result = MWN_REDIS_OK;
			return MWN_POOL_REFUSED;
		default:
			return refused(failure, "the server gave a reply of an unexpected type", "");
	}
}

int64_t mwn_pool_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void mwn_pool_new_session(char session[MWN_POOL_SESSION_LENGTH + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[MWN_POOL_SESSION_LENGTH / 2];

	/* Not for ever, and never short for so few bytes; the clock and the pid would do as well. */
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
		int64_t now = mwn_pool_now();
		pid_t process = getpid();
		memset(random, 0, sizeof(random));
		memcpy(random, &now, sizeof(now));
		memcpy(random + sizeof(now), &process, sizeof(process));
	}
	for (size_t i = 0; i < sizeof(random); i++) {
		session[2 * i] = digits[random[i] >> 4];
		session[2 * i + 1] = digits[random[i] & 15];
	}
	session[MWN_POOL_SESSION_LENGTH] = '\0';
}

/* The reply to a deferred step comes when nobody asks for it any more. */
static void note_late(mwn_pool_failure *failure, const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_ERROR) {
		snprintf(failure->late, sizeof(failure->late), "%s", reply->str);
	}
}

/* A reply that comes at once: a signal must not leave it unread. */
static mwn_redis_result receive(mwn_redis_link *link, mwn_redis_patience patience, redisReply **reply)
{
	patience.outlasts_signals = true;
	return mwn_redis_link_receive(link, -1, patience, reply);
}

/* A command that is answered at once. Before its reply come those that earlier, deferred steps left owed. */
static mwn_redis_result call(mwn_redis_link *link, const command *command, mwn_redis_patience patience,
	mwn_pool_failure *failure, redisReply **reply)
{
	mwn_redis_result result = mwn_redis_link_send(link, command->arguments, command->count, patience);

	*reply = NULL;
	while (result == MWN_REDIS_OK) {
		result = receive(link, patience, reply);
		if (result != MWN_REDIS_OK || mwn_redis_link_owed(link) == 0) {
			break;
		}
		note_late(failure, *reply);
		mwn_redis_reply_free(*reply);
		*reply = NULL;
	}
	return result;
}

static bool is_error(const redisReply *reply, const char *kind)
{
	return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, kind, strlen(kind)) == 0;
}

static void begin_script(command *command, mwn_script script, const char *keys)
{
	command->count = 0;
	add(command, "EVALSHA", 7);
	add(command, mwn_script_sha1(script), MWN_SCRIPT_SHA1_LENGTH);
	add(command, keys, 1);
}

/* The same by its text, which also leaves it with the server. */
static void by_text(command *command, mwn_script script)
{
	size_t length;
	const char *text = mwn_script_text(script, &length);

	command->arguments[0] = (mwn_redis_argument){"EVAL", 4};
	command->arguments[1] = (mwn_redis_argument){text, length};
}

/* Runs a script; a server that does not know it yet has not run it, and is sent the text. */
static mwn_redis_result run(mwn_redis_link *link, command *command, mwn_script script,
	mwn_redis_patience patience, mwn_pool_failure *failure, redisReply **reply)
{
	mwn_redis_result result;

	failure->late[0] = '\0';
	result = call(link, command, patience, failure, reply);

	if (result == MWN_REDIS_OK && is_error(*reply, "NOSCRIPT")) {
		mwn_redis_reply_free(*reply);
		by_text(command, script);
		result = call(link, command, patience, failure, reply);
	}
	return result;
}

/* Is it the number of a slot? Then it becomes the slot that was taken at this time. */
static bool read_slot(const char *text, size_t length, int64_t taken, mwn_pool_slot *slot)
{
	if (length == 0 || length > MWN_POOL_SLOT_LENGTH || strspn(text, "0123456789") != length) {
		return false;
	}
	memcpy(slot->number, text, length + 1);
	slot->taken = taken;
	return true;
}

static bool is_text(const redisReply *reply, const char *text)
{
	return reply->type == REDIS_REPLY_STRING && reply->len == strlen(text) && memcmp(reply->str, text, reply->len) == 0;
}

mwn_pool_outcome mwn_pool_acquire_at(mwn_redis_link *link, const mwn_pool_keys *keys, const mwn_pool_limits *limits,
	const char *session, double wait_seconds, int64_t now, mwn_redis_patience patience, mwn_pool_slot *slot,
	mwn_pool_failure *failure)
{
	command command;
	char workers[NUMBER_SIZE], maxqueue[NUMBER_SIZE], lock_ttl[NUMBER_SIZE];
	char now_text[TIME_SIZE], score[TIME_SIZE], forgotten_after[TIME_SIZE];
	redisReply *reply;
	mwn_redis_result result;
	mwn_pool_outcome outcome;

	begin_script(&command, MWN_SCRIPT_ACQUIRE, "3");
	add_key(&command, keys->slots);
	add_key(&command, keys->due);
	add_key(&command, keys->waiters);
	add_number(&command, workers, limits->workers);
	add_number(&command, maxqueue, limits->maxqueue);
	add_number(&command, lock_ttl, limits->lock_ttl);
	add_time(&command, now_text, now);
	add_text(&command, session);
	if (wait_seconds > 0) {
		/* Others forget a waiter twice the pool's timeout after its score: not while it waits. */
		double late = wait_seconds + WAIT_DELAY_SECONDS - 2 * limits->timeout;
		add_time(&command, score, now + (late > 0 ? to_microseconds(late) : 0));
	} else {
		add(&command, "", 0);
	}
	add_time(&command, forgotten_after, to_microseconds(2 * limits->timeout));

	result = run(link, &command, MWN_SCRIPT_ACQUIRE, patience, failure, &reply);
	if (result != MWN_REDIS_OK) {
		return broken(link, result, failure);
	}
	if (reply->type == REDIS_REPLY_STRING && read_slot(reply->str, reply->len, now, slot)) {
		outcome = MWN_POOL_SLOT;
	} else if (is_text(reply, "QUEUE_FULL")) {
		outcome = MWN_POOL_QUEUE_FULL;
	} else if (is_text(reply, "QUEUE_WAIT")) {
		outcome = MWN_POOL_QUEUE_WAIT;
	} else if (is_text(reply, "TIMEOUT")) {
		outcome = MWN_POOL_WOULD_WAIT;
	} else {
		outcome = refused_reply(failure, reply);
	}
	mwn_redis_reply_free(reply);
	return outcome;
}

mwn_pool_outcome mwn_pool_acquire(mwn_redis_link *link, const mwn_pool_keys *keys, const mwn_pool_limits *limits,
	const char *session, double wait_seconds, mwn_redis_patience patience, mwn_pool_slot *slot, mwn_pool_failure *failure)
{
	return mwn_pool_acquire_at(link, keys, limits, session, wait_seconds, mwn_pool_now(), patience, slot, failure);
}

static mwn_pool_outcome read_handover(const redisReply *reply, mwn_pool_slot *slot, mwn_pool_failure *failure)
{
	if (reply->type == REDIS_REPLY_NIL || (reply->type == REDIS_REPLY_ARRAY && reply->elements == 0)) {
		return MWN_POOL_TIMED_OUT;
	}
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
		return refused_reply(failure, reply);
	}
	if (is_text(reply->element[1], "w")) {
		return MWN_POOL_WOKEN;
	}
	if (reply->element[1]->type == REDIS_REPLY_STRING
		&& read_slot(reply->element[1]->str, reply->element[1]->len, mwn_pool_now(), slot)) {
		return MWN_POOL_SLOT;
	}
	return refused_reply(failure, reply->element[1]);
}

mwn_pool_outcome mwn_pool_keep_waiting(mwn_redis_link *link, double seconds, mwn_redis_patience patience,
	mwn_pool_slot *slot, mwn_pool_failure *failure)
{
	double timeout = mwn_redis_link_read_timeout(link);
	double grace = timeout > LEAST_GRACE_SECONDS ? timeout : LEAST_GRACE_SECONDS;
	redisReply *reply;
	mwn_redis_result result = mwn_redis_link_receive(link, seconds + grace, patience, &reply);
	mwn_pool_outcome outcome;

	if (result != MWN_REDIS_OK) {
		return broken(link, result, failure);
	}
	outcome = read_handover(reply, slot, failure);
	mwn_redis_reply_free(reply);
	return outcome;
}

mwn_pool_outcome mwn_pool_wait(mwn_redis_link *link, const mwn_pool_keys *keys, bool for_anyone, double wait_seconds,
	mwn_redis_patience patience, int64_t *waiter, mwn_pool_slot *slot, mwn_pool_failure *failure)
{
	static const mwn_redis_argument name[] = {{"CLIENT", 6}, {"ID", 2}};
	command command = {.count = 0};
	char seconds[TIME_SIZE];
	int64_t microseconds = to_microseconds(wait_seconds);
	redisReply *reply = NULL;
	mwn_redis_result result;

	*waiter = 0;
	add(&command, "BLPOP", 5);
	if (for_anyone) {
		add_key(&command, keys->wakeup);
	}
	add_key(&command, keys->slots);
	/* Redis counts in milliseconds, and takes 0 for ever. */
	add_time(&command, seconds, microseconds < 1000 ? 1000 : microseconds);
	result = mwn_redis_link_send(link, name, 2, patience);
	if (result == MWN_REDIS_OK) {
		result = mwn_redis_link_send(link, command.arguments, command.count, patience);
	}
	if (result == MWN_REDIS_OK) {
		/* At once; where the command is unknown or forbidden there is no name. */
		result = receive(link, mwn_redis_undisturbed, &reply);
	}
	if (result != MWN_REDIS_OK) {
		return broken(link, result, failure);
	}
	*waiter = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
	mwn_redis_reply_free(reply);
	return mwn_pool_keep_waiting(link, wait_seconds, patience, slot, failure);
}

mwn_pool_outcome mwn_pool_stop_waiting(mwn_redis_link *link, mwn_redis_link *other, int64_t waiter,
	mwn_pool_slot *slot, mwn_pool_failure *failure)
{
	command command = {.count = 0};
	char name[NUMBER_SIZE];
	redisReply *reply = NULL;
	mwn_redis_result result;
	mwn_pool_outcome outcome;

	add(&command, "CLIENT", 6);
	add(&command, "UNBLOCK", 7);
	add_number(&command, name, waiter);
	result = call(other, &command, mwn_redis_undisturbed, failure, &reply);
	if (result != MWN_REDIS_OK) {
		return broken(other, result, failure);
	}
	if (reply->type != REDIS_REPLY_INTEGER) {
		outcome = refused_reply(failure, reply);
		mwn_redis_reply_free(reply);
		return outcome;
	}
	mwn_redis_reply_free(reply);
	/* Ended, now or before: the reply is on its way. */
	result = receive(link, mwn_redis_undisturbed, &reply);
	outcome = result == MWN_REDIS_OK ? read_handover(reply, slot, failure) : broken(link, result, failure);
	mwn_redis_reply_free(reply);
	return outcome;
}

/* The outcome of a script whose reply says nothing. */
static mwn_pool_outcome run_for_nothing(mwn_redis_link *link, command *command, mwn_script script,
	mwn_redis_patience patience, mwn_pool_failure *failure)
{
	redisReply *reply;
	mwn_redis_result result = run(link, command, script, patience, failure, &reply);
	mwn_pool_outcome outcome;

	if (result != MWN_REDIS_OK) {
		return broken(link, result, failure);
	}
	outcome = reply->type == REDIS_REPLY_INTEGER ? MWN_POOL_DONE : refused_reply(failure, reply);
	mwn_redis_reply_free(reply);
	return outcome;
}

/* Sends and does not wait. By its text: nobody will be there to send that when the server turns out not to know
 * the script. */
static mwn_pool_outcome send_deferred(mwn_redis_link *link, command *command, mwn_script script,
	mwn_redis_patience patience, mwn_pool_failure *failure)
{
	mwn_redis_result result;

	failure->late[0] = '\0';
	by_text(command, script);
	result = mwn_redis_link_send(link, command->arguments, command->count, patience);
	return result == MWN_REDIS_OK ? MWN_POOL_DONE : broken(link, result, failure);
}

mwn_pool_outcome mwn_pool_register(mwn_redis_link *link, const mwn_pool_keys *keys, const mwn_pool_limits *limits,
	const char *session, const mwn_pool_slot *slot, bool deferred, mwn_redis_patience patience, mwn_pool_failure *failure)
{
	command command;
	char lock_ttl[NUMBER_SIZE], taken[TIME_SIZE];

	begin_script(&command, MWN_SCRIPT_REGISTER, "3");
	add_key(&command, keys->slots);
	add_key(&command, keys->due);
	add_key(&command, keys->waiters);
	add_text(&command, slot ? slot->number : "w");
	add_number(&command, lock_ttl, limits->lock_ttl);
	add_text(&command, session);
	add_time(&command, taken, slot ? slot->taken : mwn_pool_now());
	return deferred ? send_deferred(link, &command, MWN_SCRIPT_REGISTER, patience, failure)
		: run_for_nothing(link, &command, MWN_SCRIPT_REGISTER, patience, failure);
}

mwn_pool_outcome mwn_pool_release(mwn_redis_link *link, const mwn_pool_keys *keys, const mwn_pool_limits *limits,
	const mwn_pool_slot *slot, bool wake_all, bool deferred, mwn_redis_patience patience, mwn_pool_failure *failure)
{
	command command;
	char workers[NUMBER_SIZE], lock_ttl[NUMBER_SIZE], taken[TIME_SIZE], now[TIME_SIZE];

	begin_script(&command, MWN_SCRIPT_RELEASE, "4");
	add_key(&command, keys->slots);
	add_key(&command, keys->due);
	add_key(&command, keys->wakeup);
	add_key(&command, keys->waiters);
	add_number(&command, workers, limits->workers);
	add_number(&command, lock_ttl, limits->lock_ttl);
	add_text(&command, slot->number);
	add_time(&command, taken, slot->taken);
	add(&command, wake_all ? "1" : "0", 1);
	add_time(&command, now, mwn_pool_now());
	return deferred ? send_deferred(link, &command, MWN_SCRIPT_RELEASE, patience, failure)
		: run_for_nothing(link, &command, MWN_SCRIPT_RELEASE, patience, failure);
}

mwn_pool_outcome mwn_pool_receive_owed(mwn_redis_link *link, mwn_redis_patience patience, mwn_pool_failure *failure)
{
	mwn_pool_outcome outcome = MWN_POOL_DONE;

	while (mwn_redis_link_owed(link) > 0) {
		redisReply *reply;
		mwn_redis_result result = receive(link, patience, &reply);

		if (result != MWN_REDIS_OK) {
			return broken(link, result, failure);
		}
		if (reply->type != REDIS_REPLY_INTEGER) {
			outcome = refused_reply(failure, reply);
		}
		mwn_redis_reply_free(reply);
	}
	return outcome;
}
