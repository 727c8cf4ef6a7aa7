/*
 * The Redis servers of one configuration, for the life of the process (of the thread in ZTS): where keys are
 * placed, one link to each server, and which of them are down.
 */
#ifndef MWNATIVE_REDIS_SERVERS_H
#define MWNATIVE_REDIS_SERVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "redis_link.h"

/* The weight that the host gives each server on the ring. */
#define MWN_REDIS_SERVER_WEIGHT 10
/* How many servers the host tries for a key. */
#define MWN_REDIS_SERVERS_TRIED 3
/* Seconds before a server that failed is tried again. */
#define MWN_REDIS_DOWN_SECONDS 30
/* The same where there is no other server to go to. */
#define MWN_REDIS_RETRY_SECONDS 1

typedef struct mwn_redis_servers mwn_redis_servers;

/* A server as it was configured. */
typedef struct {
	const char *label;
	size_t label_length;
	const char *text; /* its address as written: what log lines name it by */
	size_t text_length;
	mwn_redis_address address;
} mwn_redis_server_config;

/* Copies everything. NULL when memory or OpenSSL fails, or when there is no server. */
mwn_redis_servers *mwn_redis_servers_new(const mwn_redis_server_config *servers, size_t count,
	const mwn_redis_options *options, bool persistent);

/* Closes the links. Accepts NULL. */
void mwn_redis_servers_free(mwn_redis_servers *servers);

/* Which servers may hold a key, in the order in which they are to be tried; returns how many, at most
 * MWN_REDIS_SERVERS_TRIED. */
size_t mwn_redis_servers_for_key(const mwn_redis_servers *servers, const char *key, size_t length,
	size_t order[MWN_REDIS_SERVERS_TRIED]);

size_t mwn_redis_servers_count(const mwn_redis_servers *servers);
const char *mwn_redis_server_label(const mwn_redis_servers *servers, size_t server);
const char *mwn_redis_server_text(const mwn_redis_servers *servers, size_t server);

/* Seconds for which a server is still considered down; 0 when it is not. */
int mwn_redis_server_down_for(mwn_redis_servers *servers, size_t server);

/*
 * Is a server that is marked down worth a question, for want of another? It is when the question costs nothing, since
 * nobody listened there, or when the mark is older than MWN_REDIS_RETRY_SECONDS.
 */
bool mwn_redis_server_may_be_back(mwn_redis_servers *servers, size_t server);

/*
 * The link to a server: the one that is there if it can be used, else a new one, which takes a mark away. NULL when
 * it cannot be connected to, which marks the server down (an interruption does not). `error` has room for
 * MWN_REDIS_ERROR_LENGTH + 1 bytes. The link stays the servers'.
 */
mwn_redis_link *mwn_redis_server_connect(mwn_redis_servers *servers, size_t server, mwn_redis_patience patience,
	mwn_redis_result *result, char *error);

/* The same, and no signal breaks it off. */
mwn_redis_link *mwn_redis_server_connect_patiently(mwn_redis_servers *servers, size_t server, mwn_redis_result *result,
	char *error);

/* One more link to a server, which is the caller's; the one that is there stays. NULL as above, but nothing is marked. */
mwn_redis_link *mwn_redis_server_open_another(const mwn_redis_servers *servers, size_t server,
	mwn_redis_patience patience, mwn_redis_result *result, char *error);

/* The link that is there and can be used; NULL without one: nothing is opened. */
mwn_redis_link *mwn_redis_server_link(mwn_redis_servers *servers, size_t server);

/* How many replies were owed over links that were found unusable since this was last asked. */
size_t mwn_redis_server_lost_replies(mwn_redis_servers *servers, size_t server);

/* The link that is there, if this process still has replies to receive over it; else NULL. */
mwn_redis_link *mwn_redis_server_owing_link(mwn_redis_servers *servers, size_t server);

/* Closes the link, since nothing more can be done with it; the server itself is not to blame. */
void mwn_redis_server_drop(mwn_redis_servers *servers, size_t server);

/* The same, and marks the server down. */
void mwn_redis_server_failed(mwn_redis_servers *servers, size_t server);

/* One of the two, for a link that failed with this result. */
void mwn_redis_server_give_up(mwn_redis_servers *servers, size_t server, mwn_redis_result result);

/* Takes the link out, to be put back: while something is under way over it, others must open one of their own. The one
 * that came in its place meanwhile is closed then. NULL: there is none, or nothing is put back. */
mwn_redis_link *mwn_redis_server_take_out(mwn_redis_servers *servers, size_t server);
void mwn_redis_server_put_back(mwn_redis_servers *servers, size_t server, mwn_redis_link *link);

/* The request has ended: closes what is not to be kept. */
void mwn_redis_servers_end_request(mwn_redis_servers *servers);

#endif
