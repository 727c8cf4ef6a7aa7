#include "redis_servers.h"
#include "hash_ring.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
	char *label;
	char *text;
	mwn_redis_address address;
	mwn_redis_link *link; /* NULL: not connected */
	time_t down_until;    /* of the monotonic clock; 0: not down */
	bool is_absent;       /* it was marked down since nobody listened there */
	size_t lost_replies;
} server;

struct mwn_redis_servers {
	size_t count;
	server *list;
	mwn_hash_ring *ring;
	mwn_redis_options options;
	/* what the options point at */
	char *user;
	char *password;
	char *ca_file;
	char *peer_name;
	bool persistent;
};

/* The wall clock may be set back, and a server would be down for a day. */
static time_t clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Of NULL NULL; `done` becomes false when memory ends. */
static char *copy_of(const char *text, size_t length, bool *done)
{
	char *copy;

	if (!text) {
		return NULL;
	}
	copy = malloc(length + 1);
	if (!copy) {
		*done = false;
		return NULL;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

static char *copy_of_text(const char *text, bool *done)
{
	return copy_of(text, text ? strlen(text) : 0, done);
}

static bool copy_options(mwn_redis_servers *servers, const mwn_redis_options *options)
{
	bool done = true;

	servers->user = copy_of(options->user, options->user_length, &done);
	servers->password = copy_of(options->password, options->password_length, &done);
	servers->ca_file = copy_of_text(options->ca_file, &done);
	servers->peer_name = copy_of_text(options->peer_name, &done);
	servers->options = *options;
	servers->options.user = servers->user;
	servers->options.password = servers->password;
	servers->options.ca_file = servers->ca_file;
	servers->options.peer_name = servers->peer_name;
	return done;
}

static bool copy_list(mwn_redis_servers *servers, const mwn_redis_server_config *configs, size_t count)
{
	bool done = true;

	servers->list = calloc(count, sizeof(server));
	if (!servers->list) {
		return false;
	}
	servers->count = count;
	for (size_t i = 0; i < count; i++) {
		servers->list[i].label = copy_of(configs[i].label, configs[i].label_length, &done);
		servers->list[i].text = copy_of(configs[i].text, configs[i].text_length, &done);
		servers->list[i].address = configs[i].address;
	}
	return done;
}

static bool make_ring(mwn_redis_servers *servers, const mwn_redis_server_config *configs, size_t count)
{
	mwn_ring_location *locations = calloc(count, sizeof(*locations));

	if (!locations) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		locations[i] = (mwn_ring_location){configs[i].label, configs[i].label_length};
	}
	servers->ring = mwn_hash_ring_new(locations, count, MWN_REDIS_SERVER_WEIGHT);
	free(locations);
	return servers->ring != NULL;
}

mwn_redis_servers *mwn_redis_servers_new(const mwn_redis_server_config *configs, size_t count,
	const mwn_redis_options *options, bool persistent)
{
	mwn_redis_servers *servers = calloc(1, sizeof(*servers));

	if (!servers) {
		return NULL;
	}
	servers->persistent = persistent;
	if (count == 0 || !copy_options(servers, options) || !copy_list(servers, configs, count)
		|| !make_ring(servers, configs, count)) {
		mwn_redis_servers_free(servers);
		return NULL;
	}
	return servers;
}

void mwn_redis_servers_free(mwn_redis_servers *servers)
{
	if (!servers) {
		return;
	}
	for (size_t i = 0; i < servers->count; i++) {
		mwn_redis_link_close(servers->list[i].link);
		free(servers->list[i].label);
		free(servers->list[i].text);
	}
	free(servers->list);
	mwn_hash_ring_free(servers->ring);
	free(servers->user);
	free(servers->password);
	free(servers->ca_file);
	free(servers->peer_name);
	free(servers);
}

size_t mwn_redis_servers_for_key(const mwn_redis_servers *servers, const char *key, size_t length,
	size_t order[MWN_REDIS_SERVERS_TRIED])
{
	return mwn_hash_ring_locate(servers->ring, key, length, order, MWN_REDIS_SERVERS_TRIED);
}

size_t mwn_redis_servers_count(const mwn_redis_servers *servers)
{
	return servers->count;
}

const char *mwn_redis_server_label(const mwn_redis_servers *servers, size_t index)
{
	return servers->list[index].label;
}

const char *mwn_redis_server_text(const mwn_redis_servers *servers, size_t index)
{
	return servers->list[index].text;
}

int mwn_redis_server_down_for(mwn_redis_servers *servers, size_t index)
{
	server *server = &servers->list[index];
	time_t now;

	if (server->down_until == 0) {
		return 0;
	}
	now = clock_seconds();
	if (now > server->down_until) {
		server->down_until = 0;
		return 0;
	}
	/* Down to the end of its last second. */
	return server->down_until > now ? (int)(server->down_until - now) : 1;
}

bool mwn_redis_server_may_be_back(mwn_redis_servers *servers, size_t index)
{
	const server *server = &servers->list[index];

	return mwn_redis_server_down_for(servers, index) == 0 || server->is_absent
		|| clock_seconds() > server->down_until - MWN_REDIS_DOWN_SECONDS + MWN_REDIS_RETRY_SECONDS;
}

mwn_redis_link *mwn_redis_server_link(mwn_redis_servers *servers, size_t index)
{
	server *server = &servers->list[index];

	if (server->link && !mwn_redis_link_is_usable(server->link)) {
		server->lost_replies += mwn_redis_link_owed(server->link);
		mwn_redis_server_drop(servers, index);
	}
	return server->link;
}

size_t mwn_redis_server_lost_replies(mwn_redis_servers *servers, size_t index)
{
	size_t lost = servers->list[index].lost_replies;

	servers->list[index].lost_replies = 0;
	return lost;
}

mwn_redis_link *mwn_redis_server_owing_link(mwn_redis_servers *servers, size_t index)
{
	const mwn_redis_link *link = servers->list[index].link;

	return link && mwn_redis_link_owed(link) > 0 ? mwn_redis_server_link(servers, index) : NULL;
}

mwn_redis_link *mwn_redis_server_connect(mwn_redis_servers *servers, size_t index, mwn_redis_patience patience,
	mwn_redis_result *result, char *error)
{
	server *server = &servers->list[index];

	*result = MWN_REDIS_OK;
	*error = '\0';
	if (!mwn_redis_server_link(servers, index)) {
		server->link = mwn_redis_link_open(&server->address, &servers->options, patience, result, error);
		if (server->link) {
			/* Should it not answer, it is marked again. */
			server->down_until = 0;
		} else if (*result != MWN_REDIS_INTERRUPTED) {
			mwn_redis_server_failed(servers, index);
			server->is_absent = *result == MWN_REDIS_ABSENT;
		}
	}
	return server->link;
}

mwn_redis_link *mwn_redis_server_connect_patiently(mwn_redis_servers *servers, size_t index, mwn_redis_result *result,
	char *error)
{
	return mwn_redis_server_connect(servers, index, mwn_redis_undisturbed, result, error);
}

mwn_redis_link *mwn_redis_server_open_another(const mwn_redis_servers *servers, size_t index,
	mwn_redis_patience patience, mwn_redis_result *result, char *error)
{
	return mwn_redis_link_open(&servers->list[index].address, &servers->options, patience, result, error);
}

void mwn_redis_server_drop(mwn_redis_servers *servers, size_t index)
{
	mwn_redis_link_close(servers->list[index].link);
	servers->list[index].link = NULL;
}

void mwn_redis_server_failed(mwn_redis_servers *servers, size_t index)
{
	mwn_redis_server_drop(servers, index);
	servers->list[index].down_until = clock_seconds() + MWN_REDIS_DOWN_SECONDS;
	servers->list[index].is_absent = false;
}

void mwn_redis_server_give_up(mwn_redis_servers *servers, size_t index, mwn_redis_result result)
{
	/* A connection may be lost while the server is well; whether it is, the next one will tell at once. */
	if (result == MWN_REDIS_TIMED_OUT || result == MWN_REDIS_GARBAGE) {
		mwn_redis_server_failed(servers, index);
	} else {
		mwn_redis_server_drop(servers, index);
	}
}

mwn_redis_link *mwn_redis_server_take_out(mwn_redis_servers *servers, size_t index)
{
	mwn_redis_link *link = servers->list[index].link;

	servers->list[index].link = NULL;
	return link;
}

void mwn_redis_server_put_back(mwn_redis_servers *servers, size_t index, mwn_redis_link *link)
{
	if (link) {
		mwn_redis_server_drop(servers, index);
		servers->list[index].link = link;
	}
}

void mwn_redis_servers_end_request(mwn_redis_servers *servers)
{
	if (servers->persistent) {
		return;
	}
	for (size_t i = 0; i < servers->count; i++) {
		mwn_redis_server_drop(servers, i);
	}
}
