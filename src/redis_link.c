#include "redis_link.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decimal.h"
#include "redis_reader.h"
#include "redis_stream.h"

/* What a command holds beside its arguments and each of them: a mark, a number, line ends. */
#define ARGUMENT_EXTRA (1 + MWN_DECIMAL_LENGTH + 2 + 2)

const mwn_redis_patience mwn_redis_undisturbed = {NULL, NULL, true};

struct mwn_redis_link {
	mwn_redis_stream stream;
	mwn_redis_reader reader;
	pid_t opener;
	bool is_broken;
	size_t owed;
	double read_timeout;
	/* Kept from command to command. */
	char *command;
	size_t command_size;
	char place[MWN_REDIS_HOST_LENGTH + 32];
	char error[MWN_REDIS_ERROR_LENGTH + 1];
};

__attribute__((format(printf, 2, 3)))
static void explain(mwn_redis_link *link, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(link->error, sizeof(link->error), format, arguments);
	va_end(arguments);
}

/* In whole numbers: PHP's setlocale() would put its own decimal point into a double. */
static void explain_timeout(mwn_redis_link *link, const char *what, double seconds)
{
	long long milliseconds = seconds < 1e9 ? (long long)(seconds * 1000 + 0.5) : 1000000000000;
	int rest = (int)(milliseconds % 1000), digits = 3;

	if (rest == 0) {
		explain(link, "%s %s within %lld s", what, link->place, milliseconds / 1000);
		return;
	}
	while (rest % 10 == 0) {
		rest /= 10;
		digits--;
	}
	explain(link, "%s %s within %lld.%0*d s", what, link->place, milliseconds / 1000, digits, rest);
}

static mwn_redis_result break_link(mwn_redis_link *link, mwn_redis_result result, const char *reason)
{
	link->is_broken = true;
	switch (result) {
		case MWN_REDIS_NO_MEMORY:
			explain(link, "out of memory while talking to %s", link->place);
			break;
		case MWN_REDIS_GARBAGE:
			explain(link, "%s sent what is no reply: %s", link->place, reason);
			break;
		default:
			explain(link, "lost %s: %s", link->place, reason);
	}
	return result;
}

static bool make_room(mwn_redis_link *link, size_t size)
{
	if (size <= link->command_size) {
		return true;
	}
	/* What the buffer holds is not needed, so nothing is copied. */
	free(link->command);
	link->command = malloc(size);
	link->command_size = link->command ? size : 0;
	return link->command != NULL;
}

static char *put_count(char *end, char mark, size_t count)
{
	*end++ = mark;
	end = mwn_write_decimal(end, count);
	*end++ = '\r';
	*end++ = '\n';
	return end;
}

/* The command in Redis's protocol; its length, 0 without memory. */
static size_t format_command(mwn_redis_link *link, const mwn_redis_argument *arguments, size_t count)
{
	size_t size = ARGUMENT_EXTRA + 1;
	char *end;

	for (size_t i = 0; i < count; i++) {
		size += ARGUMENT_EXTRA + arguments[i].length;
	}
	if (!make_room(link, size)) {
		return 0;
	}
	end = put_count(link->command, '*', count);
	for (size_t i = 0; i < count; i++) {
		end = put_count(end, '$', arguments[i].length);
		if (arguments[i].length > 0) {
			memcpy(end, arguments[i].bytes, arguments[i].length);
			end += arguments[i].length;
		}
		*end++ = '\r';
		*end++ = '\n';
	}
	return (size_t)(end - link->command);
}

static mwn_redis_result send_until(mwn_redis_link *link, const mwn_redis_argument *arguments, size_t count,
	mwn_redis_moment deadline, mwn_redis_patience patience)
{
	const char *reason = "";
	size_t length = format_command(link, arguments, count);
	mwn_redis_result result;

	if (length == 0) {
		return break_link(link, MWN_REDIS_NO_MEMORY, NULL);
	}
	result = link->stream.transport->write(&link->stream, link->command, length, deadline, patience, &reason);
	switch (result) {
		case MWN_REDIS_OK:
			link->owed++;
			return result;
		case MWN_REDIS_TIMED_OUT:
			link->is_broken = true;
			explain_timeout(link, "could not send to", link->read_timeout);
			return result;
		case MWN_REDIS_INTERRUPTED:
			return break_link(link, result, "interrupted while sending");
		default:
			return break_link(link, result, reason);
	}
}

static mwn_redis_result receive_until(mwn_redis_link *link, mwn_redis_moment deadline, double seconds,
	mwn_redis_patience patience, redisReply **reply)
{
	const char *reason = "";

	for (;;) {
		mwn_redis_result result = mwn_redis_reader_next(&link->reader, reply);
		if (result != MWN_REDIS_OK) {
			return break_link(link, result, mwn_redis_reader_error(&link->reader));
		}
		if (*reply) {
			link->owed--;
			return result;
		}
		if (!link->stream.transport->has_more(&link->stream)) {
			result = mwn_redis_wait(link->stream.context->fd, POLLIN, deadline, patience);
			if (result == MWN_REDIS_INTERRUPTED) {
				explain(link, "interrupted while waiting for %s", link->place);
				return result;
			}
			if (result == MWN_REDIS_TIMED_OUT) {
				link->is_broken = true;
				explain_timeout(link, "no reply from", seconds);
				return result;
			}
			if (result != MWN_REDIS_OK) {
				return break_link(link, result, "it cannot be waited for");
			}
		}
		result = link->stream.transport->read(&link->stream, &reason);
		if (result != MWN_REDIS_OK) {
			return break_link(link, result, reason);
		}
	}
}

static mwn_redis_result check_usage(mwn_redis_link *link, bool is_in_order)
{
	link->error[0] = '\0';
	if (link->is_broken) {
		explain(link, "the connection to %s is broken", link->place);
		return MWN_REDIS_LOST;
	}
	return is_in_order ? MWN_REDIS_OK : break_link(link, MWN_REDIS_LOST, "it owes no reply");
}

mwn_redis_result mwn_redis_link_send(mwn_redis_link *link, const mwn_redis_argument *arguments, size_t count,
	mwn_redis_patience patience)
{
	mwn_redis_result result = check_usage(link, true);

	return result != MWN_REDIS_OK ? result
		: send_until(link, arguments, count, mwn_redis_after(link->read_timeout), patience);
}

mwn_redis_result mwn_redis_link_receive(mwn_redis_link *link, double seconds, mwn_redis_patience patience,
	redisReply **reply)
{
	mwn_redis_result result = check_usage(link, link->owed > 0);

	*reply = NULL;
	if (result != MWN_REDIS_OK) {
		return result;
	}
	if (seconds < 0) {
		seconds = link->read_timeout;
	}
	return receive_until(link, mwn_redis_after(seconds), seconds, patience, reply);
}

static bool has(const char *text, size_t length, const char *secret, size_t secret_length)
{
	return secret && secret_length > 0 && memmem(text, length, secret, secret_length);
}

/* The server's own words go behind ours, as far as they are fit to be shown. */
static void explain_refusal(mwn_redis_link *link, const char *what, const redisReply *reply,
	const mwn_redis_options *options)
{
	/* What follows is what was sent. */
	const char *echo = memmem(reply->str, reply->len, "with args", strlen("with args"));
	size_t length = echo ? (size_t)(echo - reply->str) : reply->len, used;

	while (echo && length > 0 && (reply->str[length - 1] == ' ' || reply->str[length - 1] == ',')) {
		length--;
	}
	explain(link, "%s refused %s", link->place, what);
	used = strlen(link->error);
	if (length == 0 || has(reply->str, length, options->password, options->password_length)
		|| has(reply->str, length, options->user, options->user_length)) {
		return;
	}
	snprintf(link->error + used, sizeof(link->error) - used, ": ");
	used = strlen(link->error);
	for (size_t i = 0; i < length && used < MWN_REDIS_ERROR_LENGTH; i++) {
		/* Redis speaks ASCII; anything else would be for whatever shows the text. */
		link->error[used++] = reply->str[i] >= ' ' && reply->str[i] < 0x7f ? reply->str[i] : '?';
	}
	link->error[used] = '\0';
}

static mwn_redis_result expect_ok(mwn_redis_link *link, const char *what, mwn_redis_moment deadline,
	mwn_redis_patience patience, const mwn_redis_options *options)
{
	redisReply *reply;
	mwn_redis_result result = receive_until(link, deadline, link->read_timeout, patience, &reply);

	if (result != MWN_REDIS_OK) {
		return result;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		explain_refusal(link, what, reply, options);
		result = MWN_REDIS_REFUSED;
	} else if (reply->type != REDIS_REPLY_STATUS || strcmp(reply->str, "OK") != 0) {
		result = break_link(link, MWN_REDIS_GARBAGE, "neither OK nor an error");
	}
	freeReplyObject(reply);
	return result;
}

/* AUTH and SELECT in one round trip. */
static mwn_redis_result introduce(mwn_redis_link *link, const mwn_redis_options *options, mwn_redis_patience patience)
{
	mwn_redis_moment deadline = mwn_redis_after(options->read_timeout);
	mwn_redis_result result = MWN_REDIS_OK;

	if (options->password) {
		const mwn_redis_argument password = {options->password, options->password_length};
		const mwn_redis_argument user = {options->user, options->user_length};
		result = options->user
			? send_until(link, (mwn_redis_argument[]){{"AUTH", 4}, user, password}, 3, deadline, patience)
			: send_until(link, (mwn_redis_argument[]){{"AUTH", 4}, password}, 2, deadline, patience);
		if (link->command) {
			explicit_bzero(link->command, link->command_size);
		}
	}
	if (result == MWN_REDIS_OK && options->database != 0) {
		char number[16];
		size_t length = (size_t)snprintf(number, sizeof(number), "%d", options->database);
		result = send_until(link, (mwn_redis_argument[]){{"SELECT", 6}, {number, length}}, 2, deadline, patience);
	}
	if (result == MWN_REDIS_OK && options->password) {
		result = expect_ok(link, "AUTH", deadline, patience, options);
	}
	if (result == MWN_REDIS_OK && options->database != 0) {
		result = expect_ok(link, "SELECT", deadline, patience, options);
	}
	return result;
}

static mwn_redis_result explain_unreachable(mwn_redis_link *link, mwn_redis_result result, const char *reason)
{
	explain(link, "cannot connect to %s: %s", link->place, result == MWN_REDIS_NO_MEMORY ? "out of memory" : reason);
	return result;
}

static mwn_redis_result open_stream(mwn_redis_link *link, const mwn_redis_address *address,
	const mwn_redis_options *options, mwn_redis_patience patience)
{
	mwn_redis_moment deadline = mwn_redis_after(options->connect_timeout);
	const char *reason = "";
	mwn_redis_result result = MWN_REDIS_UNREACHABLE;
	redisContext *context;
	int descriptor;

	if (address->is_tls && !mwn_redis_has_tls()) {
		return explain_unreachable(link, result, "this build has no TLS");
	}
	descriptor = mwn_redis_connect(address, deadline, patience, &result, &reason);
	if (descriptor < 0) {
		return explain_unreachable(link, result, reason);
	}
	context = redisConnectFd(descriptor);
	if (!context) {
		close(descriptor);
		return explain_unreachable(link, MWN_REDIS_NO_MEMORY, NULL);
	}
	/* Only then do hiredis's reads return when there is nothing to read. */
	context->flags &= ~REDIS_BLOCK;
	link->stream = (mwn_redis_stream){&mwn_redis_plain, context, NULL};
	mwn_redis_reader_limit(&link->reader, context->reader);
	if (!address->is_tls) {
		return MWN_REDIS_OK;
	}
	result = mwn_redis_tls_start(&link->stream, address->host, options, deadline, patience, &reason);
	return result == MWN_REDIS_OK ? result : explain_unreachable(link, result, reason);
}

static void set_place(mwn_redis_link *link, const mwn_redis_address *address)
{
	const char *scheme = address->is_tls ? "tls://" : "";
	bool has_colons = strchr(address->host, ':') != NULL;

	if (address->is_unix) {
		snprintf(link->place, sizeof(link->place), "%s", address->host);
	} else {
		snprintf(link->place, sizeof(link->place), "%s%s%s%s:%d", scheme, has_colons ? "[" : "", address->host,
			has_colons ? "]" : "", address->port);
	}
}

mwn_redis_link *mwn_redis_link_open(const mwn_redis_address *address, const mwn_redis_options *options,
	mwn_redis_patience patience, mwn_redis_result *result, char *error)
{
	mwn_redis_link *link = calloc(1, sizeof(*link));

	if (!link) {
		*result = MWN_REDIS_NO_MEMORY;
		strcpy(error, "out of memory");
		return NULL;
	}
	link->opener = getpid();
	link->read_timeout = options->read_timeout;
	set_place(link, address);
	*result = open_stream(link, address, options, patience);
	if (*result == MWN_REDIS_OK) {
		*result = introduce(link, options, patience);
	}
	strcpy(error, link->error);
	if (*result != MWN_REDIS_OK) {
		mwn_redis_link_close(link);
		return NULL;
	}
	return link;
}

void mwn_redis_link_close(mwn_redis_link *link)
{
	if (!link) {
		return;
	}
	if (link->stream.context) {
		/* redisFree() of hiredis 0.14 leaves descriptor 0 open. */
		close(redisFreeKeepFd(link->stream.context));
	}
	free(link->command);
	free(link);
}

/* Takes in what TLS says to itself, such as tickets for later sessions. */
static bool is_silent(mwn_redis_link *link)
{
	const char *reason;

	return link->stream.session && link->stream.transport->read(&link->stream, &reason) == MWN_REDIS_OK
		&& mwn_redis_reader_unread(&link->reader) == 0;
}

bool mwn_redis_link_is_usable(mwn_redis_link *link)
{
	struct pollfd polled;

	if (link->is_broken || link->opener != getpid()
		|| (link->owed == 0 && mwn_redis_reader_unread(&link->reader) > 0)) {
		return false;
	}
	polled = (struct pollfd){link->stream.context->fd, POLLIN | POLLRDHUP, 0};
	if (poll(&polled, 1, 0) < 0 || (polled.revents & ~POLLIN)) {
		return false;
	}
	return polled.revents == 0 || link->owed > 0 || is_silent(link);
}

double mwn_redis_link_read_timeout(const mwn_redis_link *link)
{
	return link->read_timeout;
}

size_t mwn_redis_link_owed(const mwn_redis_link *link)
{
	/* What a parent is owed is not lost when its child closes its copy of the connection. */
	return link->owed > 0 && link->opener == getpid() ? link->owed : 0;
}

const char *mwn_redis_link_error(const mwn_redis_link *link)
{
	return link->error;
}

void mwn_redis_reply_free(redisReply *reply)
{
	freeReplyObject(reply);
}
