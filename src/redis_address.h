/*
 * How the configuration names a Redis server.
 */
#ifndef MWNATIVE_REDIS_ADDRESS_H
#define MWNATIVE_REDIS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define MWN_REDIS_DEFAULT_PORT 6379
/* The longest name of a host; the path of a unix socket is shorter, as the system wants it. */
#define MWN_REDIS_HOST_LENGTH 255

typedef struct {
	bool is_unix; /* `host` is the path of a unix socket */
	bool is_tls;
	int port;     /* 0 for a unix socket */
	char host[MWN_REDIS_HOST_LENGTH + 1]; /* without the brackets of an IPv6 address */
} mwn_redis_address;

/*
 * Reads "host", "host:port", "[ipv6]:port", "ipv6", "/path/of.socket", each but the last also after
 * "tls://" (and "tcp://"), as the host's RedisConnectionPool does.
 *
 * Returns NULL when it could be read, else what is wrong with it, a text for a person that quotes
 * nothing of the address; `address` is then not to be used.
 */
const char *mwn_redis_address_parse(mwn_redis_address *address, const char *text, size_t length);

#endif
