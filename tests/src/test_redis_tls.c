/* src/redis_tls with a real server, where it is built in. */
#include "descriptors.h"
#include "redis_server.h"

#define PASSWORD "open under TLS"

static redis_server server;

/* Certificates that nobody else has seen: one of trust, one for the server, one of another trust. */
static void make_certificates(void)
{
	MUST(system("{ openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=trust"
		" && openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.crt -days 2 -subj /CN=other"
		" && openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=redis.test"
		" && printf subjectAltName=DNS:redis.test,DNS:localhost,IP:127.0.0.1 >names"
		" && openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt"
		"; } >openssl.log 2>&1") == 0);
}

static mwn_redis_options trusting(const char *ca_file, const char *peer_name)
{
	mwn_redis_options options = options_of(LONG_SECONDS);

	set_password(&options, NULL, PASSWORD);
	options.ca_file = ca_file;
	options.peer_name = peer_name;
	options.verify_peer = ca_file != NULL;
	return options;
}

static mwn_redis_link *opened(const mwn_redis_address *address, mwn_redis_options options, mwn_redis_result *result,
	char *error)
{
	mwn_redis_link *link = mwn_redis_link_open(address, &options, PATIENT, result, error);

	ABOUT("result %d, %s", *result, error);
	CHECK((link != NULL) == (*result == MWN_REDIS_OK));
	return link;
}

static bool pings(mwn_redis_link *link)
{
	return mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK
		&& receives(link, REDIS_REPLY_STATUS, "PONG");
}

static bool opens(const mwn_redis_address *address, mwn_redis_options options)
{
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_result result;
	mwn_redis_link *link = opened(address, options, &result, error);
	bool does = link && pings(link) && mwn_redis_link_is_usable(link);

	mwn_redis_link_close(link);
	return does;
}

static bool is_refused(const mwn_redis_address *address, mwn_redis_options options, const char *why)
{
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_result result;

	mwn_redis_link_close(opened(address, options, &result, error));
	return result == MWN_REDIS_UNREACHABLE && strstr(error, "cannot connect to tls://") && strstr(error, why);
}

static void certificates(void)
{
	mwn_redis_address by_name = server.at_port, at_nobody;
	redis_peer peer;
	mwn_redis_options hasty = trusting("ca.crt", NULL);

	RULE("a certificate of the trusted ones, for the host or for the name that was given, is accepted");
	strcpy(by_name.host, loopback_name());
	CHECK(opens(&server.at_port, trusting("ca.crt", NULL)));
	CHECK(opens(&by_name, trusting("ca.crt", NULL)));
	CHECK(opens(&server.at_port, trusting("ca.crt", "redis.test")));

	RULE("a certificate for another name or address is not");
	CHECK(is_refused(&server.at_port, trusting("ca.crt", "other.test"), "mismatch"));
	CHECK(is_refused(&server.at_port, trusting("ca.crt", "127.0.0.2"), "mismatch"));

	RULE("a certificate of nobody who is trusted is not");
	CHECK(is_refused(&server.at_port, trusting("other.crt", NULL), "certificate"));
	hasty.ca_file = NULL;
	CHECK(is_refused(&server.at_port, hasty, "certificate"));

	RULE("any certificate is accepted when that was asked for");
	CHECK(opens(&server.at_port, trusting(NULL, NULL)));
	CHECK(opens(&server.at_port, trusting(NULL, "other.test")));

	RULE("trust that cannot be read is none");
	CHECK(is_refused(&server.at_port, trusting("absent.crt", NULL), "trusted certificates cannot be read"));
	CHECK(is_refused(&server.at_port, trusting("names", NULL), "trusted certificates cannot be read"));

	RULE("a peer that does not answer in TLS is not reached");
	peer_bind(&peer, 4);
	at_nobody = peer.address;
	at_nobody.is_tls = true;
	hasty = trusting("ca.crt", NULL);
	hasty.connect_timeout = SHORT_SECONDS;
	CHECK(is_refused(&at_nobody, hasty, "no answer in time"));
	peer_end(&peer);
}

static void talking(void)
{
	enum { LARGE = MWN_REDIS_REPLY_BYTES_MAX - 12 };
	static char large[LARGE];
	char error[MWN_REDIS_ERROR_LENGTH + 1], id[32];
	mwn_redis_options options = trusting("ca.crt", NULL);
	mwn_redis_result result;
	mwn_redis_link *link, *other;
	redisReply *reply = NULL;
	pid_t child;
	int status;

	RULE("what TLS says to itself does not make a link unusable");
	options.password = NULL;
	link = opened(&server.at_port, options, &result, error);
	MUST(link);
	for (int i = 0; i < 20; i++) {
		CHECK(mwn_redis_link_is_usable(link));
		usleep(5000);
	}
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK);
	CHECK(receives(link, REDIS_REPLY_ERROR, "NOAUTH Authentication required."));
	mwn_redis_link_close(link);

	RULE("large commands and replies pass, and the limit holds");
	options = trusting("ca.crt", NULL);
	link = opened(&server.at_port, options, &result, error);
	MUST(link);
	memset(large, 'l', sizeof(large));
	for (int i = 0; i < 3; i++) {
		CHECK(mwn_redis_link_send(link, COMMAND(WORD("SET"), WORD("large"), {large, LARGE}), PATIENT) == MWN_REDIS_OK);
		CHECK(mwn_redis_link_send(link, COMMAND(WORD("GET"), WORD("large")), PATIENT) == MWN_REDIS_OK);
		CHECK(receives(link, REDIS_REPLY_STATUS, "OK"));
		CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_OK && reply->len == LARGE
			&& memcmp(reply->str, large, LARGE) == 0);
		mwn_redis_reply_free(reply);
	}
	CHECK(mwn_redis_link_is_usable(link));
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("APPEND"), WORD("large"), WORD("l")), PATIENT) == MWN_REDIS_OK);
	CHECK(receives(link, REDIS_REPLY_INTEGER, NULL));
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("GET"), WORD("large")), PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_GARBAGE);
	CHECK(is_broken(link, "too large a reply"));
	mwn_redis_link_close(link);

	RULE("a child's closing does not disturb the parent's link");
	link = opened(&server.at_port, options, &result, error);
	MUST(link);
	fflush(stdout);
	child = fork();
	MUST(child >= 0);
	if (child == 0) {
		bool is_usable = mwn_redis_link_is_usable(link);
		mwn_redis_link_close(link);
		_exit(is_usable ? 1 : 0);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(pings(link) && mwn_redis_link_is_usable(link));

	RULE("a link that the server has killed is noticed, and writing to it is no signal");
	signal(SIGPIPE, SIG_DFL);
	other = opened(&server.at_port, options, &result, error);
	MUST(other);
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("CLIENT"), WORD("ID")), PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_OK);
	snprintf(id, sizeof(id), "%lld", reply->integer);
	mwn_redis_reply_free(reply);
	CHECK(mwn_redis_link_send(other, COMMAND(WORD("CLIENT"), WORD("KILL"), WORD("ID"), {id, strlen(id)}), PATIENT)
		== MWN_REDIS_OK);
	CHECK(receives(other, REDIS_REPLY_INTEGER, NULL));
	for (int i = 0; i < 2000 && mwn_redis_link_is_usable(link); i++) {
		usleep(1000);
	}
	CHECK(!mwn_redis_link_is_usable(link));
	for (int i = 0; i < 1000 && mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK; i++) {
		usleep(1000);
	}
	CHECK(is_broken(link, "lost tls://127.0.0.1:"));
	mwn_redis_link_close(link);
	CHECK(pings(other));

	RULE("a server that has stopped times out");
	mwn_redis_link_close(other);
	options.read_timeout = SHORT_SECONDS;
	link = opened(&server.at_port, options, &result, error);
	MUST(link && kill(server.process, SIGSTOP) == 0);
	CHECK(mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK);
	CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_TIMED_OUT);
	CHECK(is_broken(link, "no reply from tls://127.0.0.1:"));
	mwn_redis_link_close(link);
	options.connect_timeout = SHORT_SECONDS;
	CHECK(is_refused(&server.at_port, options, "no answer in time"));
	MUST(kill(server.process, SIGCONT) == 0);
}

int main(int count, char **arguments)
{
	int descriptors;

	MUST(count == 2 && chdir(arguments[1]) == 0);
	if (!mwn_redis_has_tls()) {
		mwn_redis_address address = address_of("tls://127.0.0.1:1");
		RULE("a build without TLS says so");
		CHECK(is_refused(&address, options_of(LONG_SECONDS), "this build has no TLS"));
		return check_report("test_redis_tls");
	}
	make_certificates();
	descriptors = open_descriptors();
	server_start(&server, PASSWORD, true);
	certificates();
	talking();
	server_stop(&server);
	RULE("no descriptor is left open");
	CHECK(open_descriptors() == descriptors);
	return check_report("test_redis_tls");
}
