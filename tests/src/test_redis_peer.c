/* src/redis_link, once it is open, against peers that are slow, deaf, gone or no Redis server at all. */
#include "descriptors.h"
#include "redis_interruption.h"
#include "redis_peer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static redis_peer peer;

static mwn_redis_result receive(mwn_redis_link *link, mwn_redis_patience patience)
{
	redisReply *reply = (redisReply *)link;
	mwn_redis_result result = mwn_redis_link_receive(link, -1, patience, &reply);

	CHECK((reply != NULL) == (result == MWN_REDIS_OK));
	mwn_redis_reply_free(reply);
	return result;
}

static void cuts(void)
{
	static const char *const replies[] = {
		"+OK\r\n", "-ERR no\r\n", ":42\r\n", "$5\r\nhello\r\n", "$-1\r\n", "*2\r\n$1\r\na\r\n*1\r\n:1\r\n", "*0\r\n",
	};
	mwn_redis_link *link;

	RULE("a peer that closes within a reply, after each of its bytes, is lost; after a whole one it is not yet");
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		for (size_t cut = 0; cut <= strlen(replies[i]); cut++) {
			link = owing_link(&peer, LONG_SECONDS);
			peer_send(&peer, replies[i], cut);
			/* First what was sent, so that closing does not throw it away. */
			CHECK(strcmp(peer_heard(&peer), "*1\r\n$4\r\nPING\r\n") == 0);
			peer_hang_up(&peer);
			ABOUT("%s, cut at %zu", replies[i], cut);
			if (cut == strlen(replies[i])) {
				CHECK(receive(link, PATIENT) == MWN_REDIS_OK);
				CHECK(!mwn_redis_link_is_usable(link));
			} else {
				CHECK(receive(link, PATIENT) == MWN_REDIS_LOST);
				CHECK(is_broken(link, "closed the connection"));
			}
			mwn_redis_link_close(link);
		}
	}

	RULE("a peer that resets the connection is lost");
	link = owing_link(&peer, LONG_SECONDS);
	CHECK(setsockopt(peer.connection, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger)) == 0);
	peer_hang_up(&peer);
	CHECK(!mwn_redis_link_is_usable(link));
	CHECK(receive(link, PATIENT) == MWN_REDIS_LOST);
	CHECK(is_broken(link, "lost 127.0.0.1:"));
	mwn_redis_link_close(link);

	RULE("writing to a peer that has gone is an error and no signal");
	link = peer_link(&peer, LONG_SECONDS);
	peer_hang_up(&peer);
	CHECK(!mwn_redis_link_is_usable(link));
	signal(SIGPIPE, SIG_DFL);
	/* The first is answered with a reset. */
	for (int i = 0; i < 1000 && mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK; i++) {
		usleep(1000);
	}
	CHECK(is_broken(link, "lost 127.0.0.1:"));
	mwn_redis_link_close(link);
}

static void check_garbage(const char *bytes, size_t length)
{
	mwn_redis_link *link = owing_link(&peer, LONG_SECONDS);

	peer_send(&peer, bytes, length);
	ABOUT("%.*s", (int)length, bytes);
	CHECK(receive(link, PATIENT) == MWN_REDIS_GARBAGE);
	CHECK(is_broken(link, "sent what is no reply: "));
	mwn_redis_link_close(link);
	peer_hang_up(&peer);
}

/* A peer that goes on sending while it is waited for. */
static struct {
	const char *bytes;
	size_t length, at, slices;
	size_t at_once; /* 0: all of it, again and again */
} flood;

static bool send_more(void *context)
{
	(void)context;
	flood.slices++;
	if (flood.at_once == 0) {
		while (send(peer.connection, flood.bytes, flood.length, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
		}
	} else if (flood.at < flood.length) {
		peer_send(&peer, flood.bytes + flood.at, flood.at_once);
		flood.at += flood.at_once;
	}
	return false;
}

static const mwn_redis_patience flooded = {send_more, NULL, false};

static void set_flood(const char *bytes, size_t length, size_t at_once)
{
	memset(&flood, 0, sizeof(flood));
	flood.bytes = bytes;
	flood.length = length;
	flood.at_once = at_once;
}

static void garbage(void)
{
	static char rest[65536];
	char nested[4 * 100 + 1] = "";
	mwn_redis_link *link;

	RULE("what is no Redis reply breaks the link");
	check_garbage(TEXT("HTTP/1.1 400 Bad Request\r\n\r\n"));
	check_garbage(TEXT("\0\0\0\0"));
	check_garbage(TEXT("?"));
	check_garbage(TEXT(":one\r\n"));
	check_garbage(TEXT("$-7\r\n"));
	check_garbage(TEXT("*2\r\n:1\r\nx"));

	RULE("a reply that announces too much breaks the link at once");
	check_garbage(TEXT("*1000000000\r\n"));
	check_garbage(TEXT("*1025\r\n"));
	check_garbage(TEXT("$2000000000\r\n"));
	check_garbage(TEXT("$1048577\r\n"));
	for (int i = 0; i < 100; i++) {
		memcpy(nested + strlen(nested), "*1\r\n", 5);
	}
	check_garbage(TEXT(nested));

	RULE("a reply that never ends breaks the link, however long the time-out is");
	memset(rest, 'x', sizeof(rest));
	set_flood(rest, sizeof(rest), 0);
	for (size_t i = 0; i < 3; i++) {
		link = owing_link(&peer, LONG_SECONDS);
		peer_send(&peer, (const char *[]){"+", "-", "$1000000"}[i], (size_t[]){1, 1, 8}[i]);
		CHECK(receive(link, flooded) == MWN_REDIS_GARBAGE);
		CHECK(is_broken(link, "sent what is no reply: "));
		mwn_redis_link_close(link);
		peer_hang_up(&peer);
	}
	for (size_t i = 0; i < sizeof(rest); i++) {
		rest[i] = "*999\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"[i % 26];
	}
	set_flood(rest, sizeof(rest) / 26 * 26, 0);
	link = owing_link(&peer, LONG_SECONDS);
	CHECK(receive(link, flooded) == MWN_REDIS_GARBAGE);
	CHECK(is_broken(link, "sent what is no reply: "));
	mwn_redis_link_close(link);
	peer_hang_up(&peer);
}

static void slowness(void)
{
	static const char drop[] = "$4\r\nslow\r\n";
	mwn_redis_link *link;
	double begun;
	size_t length = 16 * 1024 * 1024;
	char *large = calloc(1, length);

	RULE("a reply that drips in byte by byte is received");
	set_flood(TEXT(drop), 1);
	link = owing_link(&peer, LONG_SECONDS);
	CHECK(receive(link, flooded) == MWN_REDIS_OK);
	/* Each wait was a slice of its own, ended by the byte. */
	CHECK(flood.slices >= sizeof(drop) - 1);
	CHECK(mwn_redis_link_owed(link) == 0 && mwn_redis_link_is_usable(link));
	mwn_redis_link_close(link);
	peer_hang_up(&peer);

	RULE("bytes do not prolong the time that a reply has");
	set_flood(TEXT("+a line that takes its time, and more of it than there is"), 1);
	link = owing_link(&peer, SHORT_SECONDS);
	begun = seconds_now();
	CHECK(receive(link, flooded) == MWN_REDIS_TIMED_OUT);
	CHECK(seconds_now() - begun >= SHORT_SECONDS);
	CHECK(is_broken(link, " within 0.2 s"));
	mwn_redis_link_close(link);
	peer_hang_up(&peer);

	RULE("a peer that says nothing times out, after the link's time or the call's");
	link = owing_link(&peer, SHORT_SECONDS);
	begun = seconds_now();
	CHECK(receive(link, PATIENT) == MWN_REDIS_TIMED_OUT);
	CHECK(seconds_now() - begun >= SHORT_SECONDS && seconds_now() - begun < LONG_SECONDS / 2);
	CHECK(is_broken(link, "no reply from 127.0.0.1:"));
	mwn_redis_link_close(link);
	peer_hang_up(&peer);
	for (size_t i = 0; i < 4; i++) {
		static const double times[] = {0, 0.001, 0.125, 0.0501};
		static const char *const texts[] = {" within 0 s", " within 0.001 s", " within 0.125 s", " within 0.05 s"};
		redisReply *reply;
		link = owing_link(&peer, LONG_SECONDS);
		begun = seconds_now();
		CHECK(mwn_redis_link_receive(link, times[i], PATIENT, &reply) == MWN_REDIS_TIMED_OUT);
		CHECK(seconds_now() - begun >= times[i] && seconds_now() - begun < LONG_SECONDS / 2);
		CHECK(is_broken(link, texts[i]));
		mwn_redis_link_close(link);
		peer_hang_up(&peer);
	}

	RULE("a reply that is there is received, however short the time");
	link = owing_link(&peer, LONG_SECONDS);
	peer_send(&peer, TEXT("+PONG\r\n"));
	redisReply *reply;
	CHECK(mwn_redis_link_receive(link, 0, PATIENT, &reply) == MWN_REDIS_OK);
	mwn_redis_reply_free(reply);
	mwn_redis_link_close(link);
	peer_hang_up(&peer);

	RULE("a peer that does not read times out when its queue is full");
	MUST(large);
	link = peer_link(&peer, SHORT_SECONDS);
	CHECK(mwn_redis_link_send(link, COMMAND({large, length}), PATIENT) == MWN_REDIS_TIMED_OUT);
	CHECK(is_broken(link, "could not send to 127.0.0.1:"));
	CHECK(mwn_redis_link_owed(link) == 0);
	mwn_redis_link_close(link);
	peer_hang_up(&peer);
	free(large);
}

/* Reads as fast as it can while it is written to. */
static bool read_all(void *context)
{
	static char waste[65536];
	size_t *heard = context;
	ssize_t got;

	while ((got = recv(peer.connection, waste, sizeof(waste), MSG_DONTWAIT)) > 0) {
		*heard += (size_t)got;
	}
	return false;
}

static void sizes(void)
{
	static const char frame[] = "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$12582912\r\n\r\n";
	size_t length = 12582912, heard = 0;
	char *large = calloc(1, length);
	mwn_redis_link *link = peer_link(&peer, LONG_SECONDS);

	RULE("a command larger than the socket's queue is sent whole");
	MUST(large);
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("SET"), WORD(""), {large, length}),
		(mwn_redis_patience){read_all, &heard, false}) == MWN_REDIS_OK);
	for (int i = 0; i < 5000 && heard < length + strlen(frame); i++) {
		read_all(&heard);
		usleep(1000);
	}
	CHECK(heard == length + strlen(frame));
	CHECK(mwn_redis_link_owed(link) == 1);

	RULE("a command is sent as Redis wants it, any bytes in it");
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("a\r\nb"), {NULL, 0}, WORD("\xff$1")), PATIENT) == MWN_REDIS_OK);
	CHECK(strcmp(peer_heard(&peer), "*3\r\n$4\r\na\r\nb\r\n$0\r\n\r\n$3\r\n\xff$1\r\n") == 0);
	mwn_redis_link_close(link);
	peer_hang_up(&peer);
	free(large);
}

static void usability(void)
{
	mwn_redis_link *link = peer_link(&peer, LONG_SECONDS);

	RULE("a link is usable while nobody says a word");
	CHECK(mwn_redis_link_is_usable(link) && mwn_redis_link_owed(link) == 0);

	RULE("a reply that is owed may lie there");
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_is_usable(link) && mwn_redis_link_owed(link) == 1);
	peer_send(&peer, TEXT("+PONG\r\n"));
	CHECK(mwn_redis_link_is_usable(link));
	CHECK(receive(link, PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_is_usable(link) && mwn_redis_link_owed(link) == 0);

	RULE("bytes that nobody waits for make a link unusable");
	peer_send(&peer, TEXT("+"));
	CHECK(!mwn_redis_link_is_usable(link));
	mwn_redis_link_close(link);
	peer_hang_up(&peer);
	link = owing_link(&peer, LONG_SECONDS);
	peer_send(&peer, TEXT("+PONG\r\n+PONG\r\n"));
	CHECK(receive(link, PATIENT) == MWN_REDIS_OK);
	CHECK(!mwn_redis_link_is_usable(link));
	mwn_redis_link_close(link);
	peer_hang_up(&peer);

	RULE("a peer that has closed makes a link unusable, replies that are owed notwithstanding; they can be received");
	link = peer_link(&peer, LONG_SECONDS);
	peer_hang_up(&peer);
	CHECK(!mwn_redis_link_is_usable(link));
	mwn_redis_link_close(link);
	link = owing_link(&peer, LONG_SECONDS);
	CHECK(peer_heard(&peer)[0] == '*');
	peer_send(&peer, TEXT("+PONG\r\n"));
	peer_hang_up(&peer);
	CHECK(!mwn_redis_link_is_usable(link));
	CHECK(receives(link, REDIS_REPLY_STATUS, "PONG"));
	mwn_redis_link_close(link);

	RULE("a reply that is not owed cannot be received");
	link = peer_link(&peer, LONG_SECONDS);
	CHECK(receive(link, PATIENT) == MWN_REDIS_LOST);
	CHECK(is_broken(link, "owes no reply"));
	mwn_redis_link_close(link);
	peer_hang_up(&peer);

	RULE("a program that is started meanwhile does not get the descriptor, and closing gives it back");
	int before = open_descriptors(), lowest = dup(0);
	close(lowest);
	link = peer_link(&peer, LONG_SECONDS);
	CHECK(fcntl(lowest, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(lowest, F_GETFL) & O_NONBLOCK);
	mwn_redis_link_close(link);
	CHECK(fcntl(lowest, F_GETFD) == -1);
	peer_hang_up(&peer);
	mwn_redis_link_close(NULL);
	mwn_redis_reply_free(NULL);
	CHECK(open_descriptors() == before);

	RULE("a link works on descriptor 0 too, and gives it back");
	int input = dup(0);
	close(0);
	link = owing_link(&peer, LONG_SECONDS);
	peer_send(&peer, TEXT("+PONG\r\n"));
	CHECK(fcntl(0, F_GETFD) & FD_CLOEXEC);
	CHECK(receive(link, PATIENT) == MWN_REDIS_OK);
	mwn_redis_link_close(link);
	CHECK(fcntl(0, F_GETFD) == -1);
	MUST(dup2(input, 0) == 0);
	close(input);
	peer_hang_up(&peer);
}

static void children(void)
{
	mwn_redis_link *link = owing_link(&peer, LONG_SECONDS);
	pid_t child;
	int status = 0;

	RULE("a child cannot use its parent's link, and closing it there leaves the parent's alone");
	CHECK(mwn_redis_link_is_usable(link));
	fflush(stdout);
	child = fork();
	MUST(child >= 0);
	if (child == 0) {
		bool is_usable = mwn_redis_link_is_usable(link);
		mwn_redis_link_close(link);
		_exit(is_usable ? 1 : 0);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(mwn_redis_link_is_usable(link));
	peer_send(&peer, TEXT("+PONG\r\n"));
	CHECK(receives(link, REDIS_REPLY_STATUS, "PONG"));
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("ECHO")), PATIENT) == MWN_REDIS_OK);
	CHECK(strcmp(peer_heard(&peer), "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nECHO\r\n") == 0);
	mwn_redis_link_close(link);
	peer_hang_up(&peer);
}

static void interruptions(void)
{
	size_t length = 16 * 1024 * 1024;
	char *large = calloc(1, length);
	mwn_redis_link *link;
	mwn_redis_patience patience;

	MUST(large);
	RULE("a signal, or the end of the patience, ends the wait for a reply, which can still be received");
	for (int kind = 0; kind < INTERRUPTIONS; kind++) {
		link = owing_link(&peer, LONG_SECONDS);
		peer_send(&peer, TEXT("$5\r\nhel"));
		for (int i = 0; i < 2; i++) {
			patience = interruption(kind);
			CHECK(receive(link, patience) == MWN_REDIS_INTERRUPTED);
			signal_often(false);
			CHECK(strstr(mwn_redis_link_error(link), "interrupted while waiting for 127.0.0.1:"));
			CHECK(mwn_redis_link_owed(link) == 1 && mwn_redis_link_is_usable(link));
		}
		CHECK(mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK);
		CHECK(mwn_redis_link_error(link)[0] == '\0');
		peer_send(&peer, TEXT("lo\r\n+PONG\r\n"));
		CHECK(receives(link, REDIS_REPLY_STRING, "hello"));
		CHECK(receives(link, REDIS_REPLY_STATUS, "PONG"));
		CHECK(mwn_redis_link_is_usable(link));
		mwn_redis_link_close(link);
		peer_hang_up(&peer);
	}

	RULE("one that outlasts signals has its one time-out, however many come");
	link = owing_link(&peer, SHORT_SECONDS);
	signal_often(true);
	CHECK(receive(link, mwn_redis_undisturbed) == MWN_REDIS_TIMED_OUT);
	signal_often(false);
	mwn_redis_link_close(link);
	peer_hang_up(&peer);

	RULE("a patience that is over is not asked when nothing is waited for");
	link = owing_link(&peer, LONG_SECONDS);
	peer_send(&peer, TEXT("+PONG\r\n"));
	patience = (mwn_redis_patience){is_third, &(int){100}, false};
	CHECK(receive(link, patience) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("PING")), patience) == MWN_REDIS_OK);
	mwn_redis_link_close(link);
	peer_hang_up(&peer);

	RULE("both end a send, which breaks the link");
	for (int kind = 0; kind < INTERRUPTIONS; kind++) {
		link = peer_link(&peer, LONG_SECONDS);
		patience = interruption(kind);
		CHECK(mwn_redis_link_send(link, COMMAND({large, length}), patience) == MWN_REDIS_INTERRUPTED);
		signal_often(false);
		CHECK(is_broken(link, "interrupted while sending"));
		mwn_redis_link_close(link);
		peer_hang_up(&peer);
	}

	free(large);
}

int main(void)
{
	peer_bind(&peer, 16);
	cuts();
	garbage();
	slowness();
	sizes();
	usability();
	children();
	interruptions();
	peer_end(&peer);
	return check_report("test_redis_peer");
}
