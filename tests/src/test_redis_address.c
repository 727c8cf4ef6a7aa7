/* src/redis_address. */
#include "check.h"

#include "src/redis_address.h"

#include <string.h>

/* In a block of exactly its length, without a NUL behind it, so that the sanitizer sees every byte read too far. */
static const char *parse(mwn_redis_address *address, const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);
	const char *wrong;

	MUST(copy);
	memcpy(copy, text, length);
	wrong = mwn_redis_address_parse(address, copy, length);
	free(copy);
	return wrong;
}

static void check_host(const char *text, const char *host, int port, bool is_tls)
{
	mwn_redis_address address;

	memset(&address, '~', sizeof(address));
	ABOUT("%s", text);
	if (CHECK(parse(&address, text, strlen(text)) == NULL)) {
		CHECK(!address.is_unix);
		CHECK(address.is_tls == is_tls);
		CHECK(address.port == port);
		CHECK(strcmp(address.host, host) == 0);
	}
}

static void check_path(const char *path)
{
	mwn_redis_address address;

	memset(&address, '~', sizeof(address));
	ABOUT("%s", path);
	if (CHECK(parse(&address, path, strlen(path)) == NULL)) {
		CHECK(address.is_unix);
		CHECK(!address.is_tls);
		CHECK(address.port == 0);
		CHECK(strcmp(address.host, path) == 0);
	}
}

static void check_refused(const char *text, size_t length, const char *expected)
{
	mwn_redis_address address;
	const char *wrong = parse(&address, text, length);

	ABOUT("%.*s", (int)length, text);
	if (CHECK(wrong != NULL)) {
		ABOUT("%.*s: %s", (int)length, text, wrong);
		CHECK(strstr(wrong, expected));
	}
}

/* A text constant with its NUL bytes. */
#define CHECK_REFUSED(constant, expected) check_refused(constant, sizeof(constant) - 1, expected)

static void hosts(void)
{
	RULE("a host without a port has Redis's own");
	check_host("redis", "redis", 6379, false);
	check_host("redis.example.org", "redis.example.org", 6379, false);
	check_host("127.0.0.1", "127.0.0.1", 6379, false);

	RULE("a port follows a colon");
	check_host("redis:1", "redis", 1, false);
	check_host("127.0.0.1:6380", "127.0.0.1", 6380, false);
	check_host("redis:65535", "redis", 65535, false);
	check_host("redis:0006380", "redis", 6380, false);

	RULE("an IPv6 address is in brackets, which are not part of it");
	check_host("[::1]:6380", "::1", 6380, false);
	check_host("[2001:db8::7]:1", "2001:db8::7", 1, false);
	check_host("[fe80::1%eth0]:6380", "fe80::1%eth0", 6380, false);
	check_host("[::1]", "::1", 6379, false);
	check_host("[redis]:6380", "redis", 6380, false);

	RULE("an IPv6 address alone has no port");
	check_host("::1", "::1", 6379, false);
	check_host("2001:db8::6380", "2001:db8::6380", 6379, false);
	check_host("fe80::1%eth0", "fe80::1%eth0", 6379, false);
	check_host("::ffff:10.0.0.1", "::ffff:10.0.0.1", 6379, false);

	RULE("tls:// asks for TLS, tcp:// for nothing");
	check_host("tls://redis", "redis", 6379, true);
	check_host("tls://redis:6380", "redis", 6380, true);
	check_host("tls://[::1]:6380", "::1", 6380, true);
	check_host("tls://::1", "::1", 6379, true);
	check_host("tcp://redis", "redis", 6379, false);
	check_host("tcp://redis:6380", "redis", 6380, false);
	check_host("tcp://[::1]:6380", "::1", 6380, false);
}

static void paths(void)
{
	char path[200];

	RULE("what begins with a slash is the path of a unix socket, whatever follows");
	check_path("/");
	check_path("/run/redis/redis.sock");
	check_path("/run/redis:6379");
	check_path("/run/tls://redis");
	check_path("/run/[redis");
	check_path("/run/a@b c");

	RULE("a path of 107 bytes is the longest");
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[107] = '\0';
	check_path(path);
	path[107] = 'p';
	check_refused(path, 108, "too long a path");
	check_refused(path, sizeof(path), "too long a path");
}

static void refusals(void)
{
	char host[600];

	RULE("an address that is empty, or has no host, is refused");
	CHECK_REFUSED("", "empty");
	CHECK_REFUSED(":6379", "no host");
	CHECK_REFUSED("tls://", "no host");
	CHECK_REFUSED("tcp://:6379", "no host");
	CHECK_REFUSED("[]:6379", "no host");

	RULE("a host of 255 bytes is the longest");
	memset(host, 'h', sizeof(host));
	host[255] = '\0';
	check_host(host, host, 6379, false);
	host[255] = 'h';
	check_refused(host, 256, "too long");
	check_refused(host, sizeof(host), "too long");
	host[0] = '[';
	host[257] = ']';
	check_refused(host, 258, "too long");

	RULE("a port is 1 to 65535");
	CHECK_REFUSED("redis:", "port");
	CHECK_REFUSED("redis:0", "port");
	CHECK_REFUSED("redis:00", "port");
	CHECK_REFUSED("redis:65536", "port");
	CHECK_REFUSED("redis:99999999999999999999999999", "port");
	CHECK_REFUSED("redis:-1", "port");
	CHECK_REFUSED("redis:+1", "port");
	CHECK_REFUSED("redis: 1", "port");
	CHECK_REFUSED("redis:1 ", "port");
	CHECK_REFUSED("redis:x", "port");
	CHECK_REFUSED("redis:63a", "port");
	CHECK_REFUSED("redis:6379/0", "port");
	CHECK_REFUSED("[::1]:", "port");
	CHECK_REFUSED("[::1]:0", "port");
	CHECK_REFUSED("tls://redis:70000", "port");

	RULE("a NUL byte is refused, wherever it is");
	CHECK_REFUSED("\0", "NUL");
	CHECK_REFUSED("redis\0", "NUL");
	CHECK_REFUSED("re\0dis:6379", "NUL");
	CHECK_REFUSED("redis:6379\0", "NUL");
	CHECK_REFUSED("/run/\0redis", "NUL");
	CHECK_REFUSED("tls://\0", "NUL");

	RULE("other schemes are refused");
	CHECK_REFUSED("redis://redis:6379", "scheme");
	CHECK_REFUSED("ssl://redis:6379", "scheme");
	CHECK_REFUSED("TLS://redis:6379", "scheme");
	CHECK_REFUSED("unix:///run/redis.sock", "scheme");
	CHECK_REFUSED("://redis", "scheme");
	CHECK_REFUSED(" tls://redis", "scheme");
	CHECK_REFUSED("tls:///run/redis.sock", "no scheme");
	CHECK_REFUSED("tcp:///run/redis.sock", "no scheme");
	CHECK_REFUSED("tls://tls://redis", "port");
	CHECK_REFUSED("tls:/redis", "port");

	RULE("brackets are closed, and a port or nothing follows");
	CHECK_REFUSED("[::1", "bracket");
	CHECK_REFUSED("[", "bracket");
	CHECK_REFUSED("tls://[::1:6379", "bracket");
	CHECK_REFUSED("[::1]6379", "bracket");
	CHECK_REFUSED("[::1]]:6379", "bracket");

	RULE("several colons are an IPv6 address or nothing");
	CHECK_REFUSED("redis:6379:6379", "colons");
	CHECK_REFUSED("::1:6379x", "colons");
	CHECK_REFUSED("1:2:3", "colons");

	RULE("a user or a password is refused, and not repeated");
	CHECK_REFUSED("user:secret@redis:6379", "does not belong");
	CHECK_REFUSED("tcp://:secret@redis:6379", "does not belong");
	CHECK_REFUSED("secret@redis:6379", "does not belong");
	CHECK_REFUSED("tls://secret@redis", "does not belong");
}

int main(void)
{
	hosts();
	paths();
	refusals();
	return check_report("test_redis_address");
}
