#include "redis_address.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#define PATH_LENGTH (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static const char *take_scheme(mwn_redis_address *address, const char **text, const char *end)
{
	static const char mark[] = "://", unknown[] = "the address has an unknown scheme (known: tls://, tcp://)";
	enum { MARK_LENGTH = sizeof(mark) - 1, NAME_LENGTH = 3 };
	const char *found = memmem(*text, (size_t)(end - *text), mark, MARK_LENGTH);

	if (!found) {
		return NULL;
	}
	if (found - *text != NAME_LENGTH) {
		return unknown;
	}
	address->is_tls = memcmp(*text, "tls", NAME_LENGTH) == 0;
	if (!address->is_tls && memcmp(*text, "tcp", NAME_LENGTH) != 0) {
		return unknown;
	}
	*text = found + MARK_LENGTH;
	return *text < end && **text == '/' ? "a unix socket takes no scheme" : NULL;
}

static const char *set_host(mwn_redis_address *address, const char *start, const char *end)
{
	if (start == end) {
		return "the address has no host";
	}
	if (end - start > MWN_REDIS_HOST_LENGTH) {
		return "the address has too long a host";
	}
	/* Would be shown with the host wherever that is. */
	if (memchr(start, '@', (size_t)(end - start))) {
		return "the address has an \"@\": a user or a password does not belong there";
	}
	memcpy(address->host, start, (size_t)(end - start));
	address->host[end - start] = '\0';
	return NULL;
}

static const char *set_port(mwn_redis_address *address, const char *start, const char *end)
{
	static const char wrong[] = "the port of the address is not one of 1 to 65535";
	int port = 0;

	for (; start < end; start++) {
		if (*start < '0' || *start > '9') {
			return wrong;
		}
		port = port * 10 + (*start - '0');
		if (port > 65535) {
			return wrong;
		}
	}
	address->port = port;
	return port == 0 ? wrong : NULL;
}

static bool is_ipv6(const char *host)
{
	unsigned char bytes[16];
	char number[MWN_REDIS_HOST_LENGTH + 1];

	strcpy(number, host);
	/* The name of an interface may follow. */
	number[strcspn(number, "%")] = '\0';
	return inet_pton(AF_INET6, number, bytes) == 1;
}

static const char *read_network(mwn_redis_address *address, const char *text, const char *end)
{
	const char *wrong = take_scheme(address, &text, end), *colon;

	if (wrong) {
		return wrong;
	}
	address->port = MWN_REDIS_DEFAULT_PORT;
	if (text < end && *text == '[') {
		const char *bracket = memchr(text, ']', (size_t)(end - text));
		if (!bracket) {
			return "the address has a bracket that is not closed";
		}
		wrong = set_host(address, text + 1, bracket);
		if (wrong || bracket + 1 == end) {
			return wrong;
		}
		return bracket[1] == ':' ? set_port(address, bracket + 2, end) : "the address goes on after its bracket";
	}
	colon = memchr(text, ':', (size_t)(end - text));
	if (!colon) {
		return set_host(address, text, end);
	}
	if (memchr(colon + 1, ':', (size_t)(end - colon - 1))) {
		wrong = set_host(address, text, end);
		if (!wrong && !is_ipv6(address->host)) {
			wrong = "the address has several colons, and is no IPv6 address (with a port: [address]:port)";
		}
		return wrong;
	}
	wrong = set_host(address, text, colon);
	return wrong ? wrong : set_port(address, colon + 1, end);
}

const char *mwn_redis_address_parse(mwn_redis_address *address, const char *text, size_t length)
{
	*address = (mwn_redis_address){0};
	if (length == 0) {
		return "the address is empty";
	}
	if (memchr(text, '\0', length)) {
		return "the address has a NUL byte";
	}
	if (*text != '/') {
		return read_network(address, text, text + length);
	}
	if (length > PATH_LENGTH) {
		return "the address is too long a path for a unix socket";
	}
	address->is_unix = true;
	memcpy(address->host, text, length);
	address->host[length] = '\0';
	return NULL;
}
