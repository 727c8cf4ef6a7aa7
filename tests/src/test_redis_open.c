/* src/redis_link while it is opened: what keeps it from a server, and what the server answers to AUTH and SELECT. */
#include "descriptors.h"
#include "redis_interruption.h"
#include "redis_peer.h"

#include <errno.h>

static redis_peer peer;

static mwn_redis_result opened(mwn_redis_address address, mwn_redis_options options, mwn_redis_patience patience,
	char *error)
{
	mwn_redis_result result = MWN_REDIS_OK;
	mwn_redis_link *link;

	strcpy(error, "~");
	link = mwn_redis_link_open(&address, &options, patience, &result, error);
	CHECK((link != NULL) == (result == MWN_REDIS_OK));
	CHECK(link ? strcmp(error, "") == 0 : strlen(error) > 1);
	mwn_redis_link_close(link);
	ABOUT("result %d, %s", result, error);
	return result;
}

/* Connections that nobody accepts, until there is no room for one more. */
static int fill_queue(const struct sockaddr *to, socklen_t length, int waiting[16])
{
	int count = 0;

	while (count < 16) {
		waiting[count] = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		MUST(waiting[count] >= 0);
		if (connect(waiting[count++], to, length) != 0) {
			struct pollfd polled = {waiting[count - 1], POLLOUT, 0};
			if (errno == EAGAIN || poll(&polled, 1, 50) == 0) {
				return count;
			}
		}
	}
	return count;
}

/* Makes room. */
static bool accept_all(void *context)
{
	redis_peer *full = context;
	struct pollfd polled = {full->listener, POLLIN, 0};

	while (poll(&polled, 1, 0) == 1) {
		peer_accept(full);
		peer_hang_up(full);
	}
	return false;
}

static void check_full(redis_peer *full, const struct sockaddr *to, socklen_t length)
{
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_patience patience;
	double begun = seconds_now();
	int waiting[16], count = fill_queue(to, length, waiting);

	CHECK(opened(full->address, options_of(SHORT_SECONDS), PATIENT, error) == MWN_REDIS_UNREACHABLE);
	CHECK(seconds_now() - begun >= SHORT_SECONDS);
	CHECK(strstr(error, "no answer in time"));
	for (int kind = 0; kind < INTERRUPTIONS; kind++) {
		patience = interruption(kind);
		CHECK(opened(full->address, options_of(LONG_SECONDS), patience, error) == MWN_REDIS_INTERRUPTED);
		signal_often(false);
		CHECK(strstr(error, "interrupted"));
	}
	CHECK(opened(full->address, options_of(LONG_SECONDS), (mwn_redis_patience){accept_all, full, false}, error) == MWN_REDIS_OK);
	while (count > 0) {
		close(waiting[--count]);
	}
}

static void unreachable(const char *folder)
{
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	struct sockaddr_un path = {.sun_family = AF_UNIX};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	redis_peer other;
	int descriptors = open_descriptors();

	RULE("where nobody listens, nothing is reached");
	peer_bind(&other, -1);
	CHECK(opened(other.address, options_of(LONG_SECONDS), PATIENT, error) == MWN_REDIS_ABSENT);
	CHECK(strstr(error, "cannot connect to 127.0.0.1:") && strstr(error, "refused"));
	snprintf(path.sun_path, sizeof(path.sun_path), "%s/socket", folder);
	CHECK(opened(address_of(path.sun_path), options_of(LONG_SECONDS), PATIENT, error) == MWN_REDIS_ABSENT);
	CHECK(strstr(error, "cannot connect to /") && strstr(error, "/socket: "));

	RULE("what asks for TLS is not reached without it");
	other.address.is_tls = true;
	CHECK(opened(other.address, options_of(LONG_SECONDS), PATIENT, error) == MWN_REDIS_UNREACHABLE);
	CHECK(strstr(error, "cannot connect to tls://127.0.0.1:"));
	CHECK(mwn_redis_has_tls() || strstr(error, "no TLS"));
	peer_end(&other);

	RULE("a queue without room is waited for, within the time, at a port");
	peer_bind(&other, 0);
	to.sin_port = htons((uint16_t)other.address.port);
	check_full(&other, (const struct sockaddr *)&to, sizeof(to));
	peer_end(&other);

	RULE("a queue without room is waited for, within the time, at a path");
	MUST(strlen(folder) + strlen("/socket") < sizeof(path.sun_path));
	other = (redis_peer){socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), -1, address_of(path.sun_path)};
	MUST(bind(other.listener, (struct sockaddr *)&path, sizeof(path)) == 0 && listen(other.listener, 0) == 0);
	check_full(&other, (const struct sockaddr *)&path, sizeof(path));
	peer_end(&other);
	MUST(unlink(path.sun_path) == 0);

	RULE("nothing stays open of what failed to open");
	CHECK(open_descriptors() == descriptors);
}

/* Answers as soon as it has been connected to. */
static bool answer(void *context)
{
	if (peer.connection < 0) {
		peer_accept(&peer);
		peer_send(&peer, context, strlen(context));
	}
	return false;
}

static bool refuse(void *context)
{
	(void)context;
	if (peer.connection < 0) {
		peer_accept(&peer);
		peer_hang_up(&peer);
	}
	return false;
}

static mwn_redis_result introduced(const char *user, const char *password, int database, const char *answers,
	char *error)
{
	mwn_redis_options options = options_of(SHORT_SECONDS);
	mwn_redis_result result;
	char bytes[1000];

	options.database = database;
	if (password) {
		set_password(&options, user, password);
	}
	strcpy(bytes, answers);
	result = opened(peer.address, options, (mwn_redis_patience){answer, bytes, false}, error);
	return result;
}

static void introductions(void)
{
	mwn_redis_options options = options_of(LONG_SECONDS);
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_result result;

	RULE("AUTH and SELECT go in one round trip, before anything else");
	CHECK(introduced("ann", "secret", 7, "+OK\r\n+OK\r\n", error) == MWN_REDIS_OK);
	CHECK(strcmp(peer_heard(&peer), "*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$6\r\nsecret\r\n"
		"*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n") == 0);
	peer_hang_up(&peer);
	CHECK(introduced(NULL, "a\r\nb", 0, "+OK\r\n", error) == MWN_REDIS_OK);
	CHECK(strcmp(peer_heard(&peer), "*2\r\n$4\r\nAUTH\r\n$4\r\na\r\nb\r\n") == 0);
	peer_hang_up(&peer);
	CHECK(introduced(NULL, NULL, 12, "+OK\r\n", error) == MWN_REDIS_OK);
	CHECK(strcmp(peer_heard(&peer), "*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\n") == 0);
	peer_hang_up(&peer);

	RULE("an error reply is told in the server's words");
	CHECK(introduced(NULL, "secret", 7, "-WRONGPASS that is wrong\r\n-NOAUTH before\r\n", error) == MWN_REDIS_REFUSED);
	CHECK(strstr(error, " refused AUTH: WRONGPASS that is wrong"));
	peer_hang_up(&peer);
	CHECK(introduced(NULL, "secret", 99, "+OK\r\n-ERR out of range\r\n", error) == MWN_REDIS_REFUSED);
	CHECK(strstr(error, " refused SELECT: ERR out of range"));
	peer_hang_up(&peer);
	CHECK(introduced(NULL, NULL, 99, "-ERR \x1b[1m\xff\t\r\n", error) == MWN_REDIS_REFUSED);
	CHECK(strstr(error, " refused SELECT: ERR ?[1m??"));
	peer_hang_up(&peer);
	CHECK(introduced(NULL, NULL, 99, "-\r\n", error) == MWN_REDIS_REFUSED);
	CHECK(strcmp(error + strlen(error) - strlen(" refused SELECT"), " refused SELECT") == 0);
	peer_hang_up(&peer);

	RULE("neither password nor user is in a text, whatever the server repeats");
	for (size_t i = 0; i < 6; i++) {
		static const char *const answers[] = {
			"-ERR unknown command 'AUTH', with args beginning with: 'hidden' 'secret'\r\n", "-ERR bad secret\r\n",
			"-secret\r\n", "-ERR hidden is locked\r\n", "-with args secret\r\n", "-ERR with args hidden\r\n",
		};
		CHECK(introduced("hidden", "secret", 0, answers[i], error) == MWN_REDIS_REFUSED);
		CHECK(strstr(error, " refused AUTH"));
		CHECK(!strstr(error, "secret") && !strstr(error, "hidden"));
		CHECK(i > 0 || strcmp(strchr(error, 'E'), "ERR unknown command 'AUTH'") == 0);
		peer_hang_up(&peer);
	}

	RULE("a server that answers too long a text is cut short");
	char answer[900];
	snprintf(answer, sizeof(answer), "-%0800d\r\n", 7);
	CHECK(introduced(NULL, "secret", 0, answer, error) == MWN_REDIS_REFUSED);
	CHECK(strlen(error) == MWN_REDIS_ERROR_LENGTH);
	peer_hang_up(&peer);

	RULE("an answer that is neither OK nor an error breaks the link");
	for (size_t i = 0; i < 5; i++) {
		static const char *const answers[] = {":1\r\n", "$2\r\nOK\r\n", "*0\r\n", "+QUEUED\r\n", "nonsense"};
		CHECK(introduced(NULL, "secret", 0, answers[i], error) == MWN_REDIS_GARBAGE);
		CHECK(strstr(error, "sent what is no reply: "));
		CHECK(!strstr(error, "secret"));
		peer_hang_up(&peer);
	}

	RULE("a server that answers AUTH or SELECT too late, or not at all, or hangs up, is told so");
	result = introduced(NULL, "secret", 0, "", error);
	CHECK(result == MWN_REDIS_TIMED_OUT && strstr(error, "no reply from 127.0.0.1:") && strstr(error, "within 0.2 s"));
	peer_hang_up(&peer);
	result = introduced(NULL, "secret", 1, "+OK\r\n", error);
	CHECK(result == MWN_REDIS_TIMED_OUT && strstr(error, "no reply from 127.0.0.1:"));
	peer_hang_up(&peer);
	set_password(&options, NULL, "secret");
	CHECK(opened(peer.address, options, (mwn_redis_patience){refuse, NULL, false}, error) == MWN_REDIS_LOST);
	CHECK(strstr(error, "lost 127.0.0.1:"));
}

static void waits(void)
{
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_options options = options_of(LONG_SECONDS);
	mwn_redis_patience patience;

	RULE("a signal, or the end of the patience, ends the wait for an answer to AUTH");
	set_password(&options, NULL, "secret");
	for (int kind = 0; kind < INTERRUPTIONS; kind++) {
		patience = interruption(kind);
		CHECK(opened(peer.address, options, patience, error) == MWN_REDIS_INTERRUPTED);
		signal_often(false);
		CHECK(strstr(error, "interrupted"));
		peer_accept(&peer);
		peer_hang_up(&peer);
	}

	RULE("unless the patience outlasts signals: then the time-out does");
	options.read_timeout = SHORT_SECONDS;
	signal_often(true);
	CHECK(opened(peer.address, options, mwn_redis_undisturbed, error) == MWN_REDIS_TIMED_OUT);
	signal_often(false);
	peer_accept(&peer);
	peer_hang_up(&peer);
}

int main(int count, char **arguments)
{
	MUST(count == 2);
	peer_bind(&peer, 16);
	unreachable(arguments[1]);
	introductions();
	waits();
	peer_end(&peer);
	return check_report("test_redis_open");
}
