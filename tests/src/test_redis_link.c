/* src/redis_link with a real server. */
#include "descriptors.h"
#include "redis_server.h"

#define PASSWORD "wide open"

static redis_server server;

static mwn_redis_link *login(double seconds)
{
	mwn_redis_link *link = try_link(server.at_path, NULL, PASSWORD, seconds);

	MUST(link);
	return link;
}

static bool does(mwn_redis_link *link, const mwn_redis_argument *arguments, size_t count, int type, const char *text)
{
	return mwn_redis_link_send(link, arguments, count, PATIENT) == MWN_REDIS_OK && receives(link, type, text);
}

/* Is the answer that number? */
static bool counts(mwn_redis_link *link, const mwn_redis_argument *arguments, size_t count, long long number)
{
	redisReply *reply = NULL;
	bool is = mwn_redis_link_send(link, arguments, count, PATIENT) == MWN_REDIS_OK
		&& mwn_redis_link_receive(link, LONG_SECONDS, PATIENT, &reply) == MWN_REDIS_OK
		&& reply->type == REDIS_REPLY_INTEGER && reply->integer == number;

	mwn_redis_reply_free(reply);
	return is;
}

static mwn_redis_result refused(mwn_redis_options options, char *error)
{
	mwn_redis_result result = MWN_REDIS_OK;
	mwn_redis_link *link = mwn_redis_link_open(&server.at_port, &options, PATIENT, &result, error);

	CHECK(!link);
	mwn_redis_link_close(link);
	ABOUT("result %d, %s", result, error);
	return result;
}

static void opening(void)
{
	mwn_redis_options options = options_of(LONG_SECONDS);
	char error[MWN_REDIS_ERROR_LENGTH + 1], text[64];
	mwn_redis_link *link;

	RULE("a server is reached at its path, its port, and by name");
	snprintf(text, sizeof(text), "%s:%d", loopback_name(), server.at_port.port);
	for (int i = 0; i < 3; i++) {
		link = try_link((mwn_redis_address[]){server.at_path, server.at_port, address_of(text)}[i], NULL, PASSWORD,
			LONG_SECONDS);
		if (CHECK(link)) {
			CHECK(mwn_redis_link_error(link)[0] == '\0');
			CHECK(mwn_redis_link_is_usable(link) && mwn_redis_link_owed(link) == 0);
			CHECK(does(link, COMMAND(WORD("PING")), REDIS_REPLY_STATUS, "PONG"));
			CHECK(mwn_redis_link_is_usable(link));
		}
		mwn_redis_link_close(link);
	}

	RULE("a wrong password is refused, and not in the text");
	set_password(&options, NULL, "not wide open");
	CHECK(refused(options, error) == MWN_REDIS_REFUSED);
	CHECK(strstr(error, "127.0.0.1:") && strstr(error, " refused AUTH: WRONGPASS "));
	CHECK(!strstr(error, "wide open"));
	set_password(&options, "default", "not wide open");
	CHECK(refused(options, error) == MWN_REDIS_REFUSED);
	CHECK(strstr(error, " refused AUTH: WRONGPASS "));

	RULE("without a password a link opens, and its commands get error replies");
	link = try_link(server.at_port, NULL, NULL, LONG_SECONDS);
	if (CHECK(link)) {
		CHECK(does(link, COMMAND(WORD("GET"), WORD("key")), REDIS_REPLY_ERROR, "NOAUTH Authentication required."));
		CHECK(mwn_redis_link_is_usable(link));
	}
	mwn_redis_link_close(link);

	RULE("a user logs in with a name of its own");
	link = login(LONG_SECONDS);
	CHECK(does(link, COMMAND(WORD("ACL"), WORD("SETUSER"), WORD("ann"), WORD("on"), WORD(">hers"), WORD("~a*"),
		WORD("+@all")), REDIS_REPLY_STATUS, "OK"));
	mwn_redis_link_close(link);
	link = try_link(server.at_port, "ann", "hers", LONG_SECONDS);
	if (CHECK(link)) {
		CHECK(does(link, COMMAND(WORD("ACL"), WORD("WHOAMI")), REDIS_REPLY_STRING, "ann"));
		CHECK(does(link, COMMAND(WORD("SET"), WORD("b"), WORD("1")), REDIS_REPLY_ERROR, NULL));
		CHECK(does(link, COMMAND(WORD("SET"), WORD("a"), WORD("1")), REDIS_REPLY_STATUS, "OK"));
	}
	mwn_redis_link_close(link);
	set_password(&options, "ann", "his");
	CHECK(refused(options, error) == MWN_REDIS_REFUSED);
	set_password(&options, "bob", "hers");
	CHECK(refused(options, error) == MWN_REDIS_REFUSED);
	CHECK(!strstr(error, "bob") && !strstr(error, "hers"));

	RULE("a database is selected, one that is not there is refused");
	set_password(&options, NULL, PASSWORD);
	link = login(LONG_SECONDS);
	CHECK(does(link, COMMAND(WORD("SET"), WORD("where"), WORD("zero")), REDIS_REPLY_STATUS, "OK"));
	mwn_redis_link_close(link);
	options.database = 3;
	mwn_redis_result result;
	link = mwn_redis_link_open(&server.at_port, &options, PATIENT, &result, error);
	if (CHECK(link)) {
		CHECK(does(link, COMMAND(WORD("GET"), WORD("where")), REDIS_REPLY_NIL, NULL));
		CHECK(does(link, COMMAND(WORD("SELECT"), WORD("0")), REDIS_REPLY_STATUS, "OK"));
		CHECK(does(link, COMMAND(WORD("GET"), WORD("where")), REDIS_REPLY_STRING, "zero"));
	}
	mwn_redis_link_close(link);
	options.database = 99;
	CHECK(refused(options, error) == MWN_REDIS_REFUSED);
	CHECK(strstr(error, " refused SELECT: ERR "));
	options.database = -1;
	CHECK(refused(options, error) == MWN_REDIS_REFUSED);
}

static void commands(void)
{
	mwn_redis_link *link = login(LONG_SECONDS);
	enum { MANY = MWN_REDIS_REPLY_ELEMENTS_MAX + 1, LARGE = MWN_REDIS_REPLY_BYTES_MAX };
	static mwn_redis_argument many[MANY + 1];
	static char large[LARGE];
	redisReply *reply;

	RULE("an error reply is a reply, and the link goes on");
	CHECK(does(link, COMMAND(WORD("EVALSHA"), WORD("0123456789012345678901234567890123456789"), WORD("0")),
		REDIS_REPLY_ERROR, "NOSCRIPT No matching script. Please use EVAL."));
	CHECK(does(link, COMMAND(WORD("EVAL"), WORD("return {1, {'two', false}, redis.status_reply('x')}"), WORD("0")),
		REDIS_REPLY_ARRAY, NULL));
	CHECK(does(link, COMMAND(WORD("NOSUCH"), WORD("secret")), REDIS_REPLY_ERROR, NULL));
	CHECK(mwn_redis_link_is_usable(link));

	RULE("arguments are any bytes, none as well");
	CHECK(does(link, COMMAND(WORD("SET"), WORD("k\0\r\n"), WORD("\0v\xff\r\n$3\r\n")), REDIS_REPLY_STATUS, "OK"));
	CHECK(does(link, COMMAND(WORD("SET"), {NULL, 0}, {NULL, 0}), REDIS_REPLY_STATUS, "OK"));
	CHECK(does(link, COMMAND(WORD("GET"), WORD("")), REDIS_REPLY_STRING, ""));
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("GET"), WORD("k\0\r\n")), PATIENT) == MWN_REDIS_OK);
	if (CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_OK)) {
		CHECK(reply->len == 9 && memcmp(reply->str, "\0v\xff\r\n$3\r\n", 9) == 0);
	}
	mwn_redis_reply_free(reply);

	RULE("replies that were asked for together come in order");
	CHECK(does(link, COMMAND(WORD("DEL"), WORD("n")), REDIS_REPLY_INTEGER, NULL));
	for (int i = 0; i < 100; i++) {
		CHECK(mwn_redis_link_send(link, COMMAND(WORD("INCR"), WORD("n")), PATIENT) == MWN_REDIS_OK);
	}
	CHECK(mwn_redis_link_owed(link) == 100);
	for (int i = 1; i <= 100; i++) {
		CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_OK && reply->integer == i);
		mwn_redis_reply_free(reply);
	}
	CHECK(mwn_redis_link_owed(link) == 0 && mwn_redis_link_is_usable(link));

	RULE("as many elements as are allowed come, one more breaks the link");
	many[0] = (mwn_redis_argument)WORD("MGET");
	for (size_t i = 1; i <= MANY; i++) {
		many[i] = (mwn_redis_argument)WORD("n");
	}
	CHECK(mwn_redis_link_send(link, many, MANY, PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_OK && reply->elements == MANY - 1);
	mwn_redis_reply_free(reply);
	CHECK(mwn_redis_link_send(link, many, MANY + 1, PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_GARBAGE);
	CHECK(is_broken(link, "sent what is no reply: a reply of too many elements"));
	mwn_redis_link_close(link);

	RULE("as many bytes as are allowed come, one more breaks the link");
	link = login(LONG_SECONDS);
	memset(large, 'l', sizeof(large));
	for (size_t surplus = 0; surplus <= 1; surplus++) {
		/* "$1048564\r\n" before it, "\r\n" behind it. */
		CHECK(does(link, COMMAND(WORD("SET"), WORD("large"), {large, LARGE - 12 + surplus}), REDIS_REPLY_STATUS, "OK"));
		CHECK(mwn_redis_link_send(link, COMMAND(WORD("GET"), WORD("large")), PATIENT) == MWN_REDIS_OK);
		if (surplus == 0) {
			CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_OK && reply->len == LARGE - 12);
			mwn_redis_reply_free(reply);
		}
	}
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_GARBAGE);
	CHECK(is_broken(link, "too large a reply"));
	mwn_redis_link_close(link);
}

static void waiting(void)
{
	mwn_redis_link *link = login(SHORT_SECONDS), *other = login(LONG_SECONDS);
	double begun = seconds_now();
	redisReply *reply = NULL;

	RULE("a server that waits itself is waited for as long as the call says");
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("BLPOP"), WORD("queue"), WORD("0.4")), PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_receive(link, LONG_SECONDS, PATIENT, &reply) == MWN_REDIS_OK);
	CHECK(seconds_now() - begun >= 0.4 && reply && reply->type == REDIS_REPLY_NIL);
	mwn_redis_reply_free(reply);
	CHECK(mwn_redis_link_is_usable(link));

	RULE("what another pushes is received");
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("BLPOP"), WORD("queue"), WORD("0")), PATIENT) == MWN_REDIS_OK);
	CHECK(does(other, COMMAND(WORD("RPUSH"), WORD("queue"), WORD("one")), REDIS_REPLY_INTEGER, NULL));
	if (CHECK(mwn_redis_link_receive(link, LONG_SECONDS, PATIENT, &reply) == MWN_REDIS_OK)) {
		CHECK(reply->elements == 2 && strcmp(reply->element[1]->str, "one") == 0);
	}
	mwn_redis_reply_free(reply);

	RULE("after a time-out the link is broken, so that the late reply cannot be taken for another's");
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("BLPOP"), WORD("queue"), WORD("0")), PATIENT) == MWN_REDIS_OK);
	begun = seconds_now();
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_TIMED_OUT);
	CHECK(seconds_now() - begun >= SHORT_SECONDS);
	CHECK(is_broken(link, "no reply from /"));
	mwn_redis_link_close(link);
	mwn_redis_link_close(other);
}

static void loss(void)
{
	mwn_redis_link *link = login(LONG_SECONDS), *other = login(LONG_SECONDS);
	redisReply *reply = NULL;
	char id[32];

	RULE("a link that the server has killed is noticed, and lost");
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("CLIENT"), WORD("ID")), PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_OK);
	snprintf(id, sizeof(id), "%lld", reply->integer);
	mwn_redis_reply_free(reply);
	CHECK(mwn_redis_link_is_usable(link));
	CHECK(counts(other, COMMAND(WORD("CLIENT"), WORD("KILL"), WORD("ID"), {id, strlen(id)}), 1));
	for (int i = 0; i < 2000 && mwn_redis_link_is_usable(link); i++) {
		usleep(1000);
	}
	CHECK(!mwn_redis_link_is_usable(link));
	if (mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK) {
		CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_LOST);
	}
	CHECK(is_broken(link, "lost /"));
	mwn_redis_link_close(link);
	CHECK(mwn_redis_link_is_usable(other));

	RULE("a child's closing does not disturb the parent's link");
	pid_t child;
	int status;
	fflush(stdout);
	child = fork();
	MUST(child >= 0);
	if (child == 0) {
		bool is_usable = mwn_redis_link_is_usable(other);
		mwn_redis_link_close(other);
		_exit(is_usable ? 1 : 0);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(does(other, COMMAND(WORD("PING")), REDIS_REPLY_STATUS, "PONG"));
	mwn_redis_link_close(other);
}

static void stopping(void)
{
	mwn_redis_link *link = login(SHORT_SECONDS);
	mwn_redis_options options = options_of(SHORT_SECONDS);
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	redisReply *reply = NULL;

	RULE("a server that has stopped times out, also while a link is opened");
	MUST(kill(server.process, SIGSTOP) == 0);
	CHECK(mwn_redis_link_is_usable(link));
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_TIMED_OUT);
	CHECK(is_broken(link, " within 0.2 s"));
	mwn_redis_link_close(link);
	set_password(&options, NULL, PASSWORD);
	CHECK(refused(options, error) == MWN_REDIS_TIMED_OUT);
	CHECK(strstr(error, "no reply from 127.0.0.1:"));
	MUST(kill(server.process, SIGCONT) == 0);
	link = login(LONG_SECONDS);
	CHECK(does(link, COMMAND(WORD("PING")), REDIS_REPLY_STATUS, "PONG"));

	RULE("a server that ends is lost, and then not there");
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("SHUTDOWN"), WORD("NOSAVE")), PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_LOST);
	CHECK(is_broken(link, "closed the connection"));
	mwn_redis_link_close(link);
	MUST(waitpid(server.process, NULL, 0) == server.process);
	CHECK(refused(options, error) == MWN_REDIS_ABSENT);
	CHECK(strstr(error, "cannot connect to 127.0.0.1:"));
}

int main(int count, char **arguments)
{
	int descriptors;

	MUST(count == 2 && chdir(arguments[1]) == 0);
	descriptors = open_descriptors();
	server_start(&server, PASSWORD, false);
	opening();
	commands();
	waiting();
	loss();
	stopping();
	RULE("no descriptor is left open");
	CHECK(open_descriptors() == descriptors);
	return check_report("test_redis_link");
}
