/* src/redis_servers. The peers are listening sockets in the test's folder; the clock can be put forward, and each
 * allocation can be made to fail. */
#include "check.h"

#include "src/hash_ring.h"
#include "src/redis_servers.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS = 4 };

static const mwn_redis_patience patient = {NULL, NULL, false};
static time_t put_forward;
static long allocations_left = -1; /* below 0: none fails */

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = __real_clock_gettime(clock, now);

	now->tv_sec += clock == CLOCK_MONOTONIC ? put_forward : 0;
	return result;
}

static bool must_fail(void)
{
	return allocations_left >= 0 && allocations_left-- == 0;
}

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : __real_calloc(count, size);
}

/* A server that accepts and says nothing. */
typedef struct {
	char path[MWN_REDIS_HOST_LENGTH + 1];
	int listener;
} peer;

static void listen_at(peer *peer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	MUST(strlen(peer->path) < sizeof(address.sun_path));
	strcpy(address.sun_path, peer->path);
	unlink(peer->path);
	peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	MUST(peer->listener >= 0);
	MUST(bind(peer->listener, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(peer->listener, 8) == 0);
}

static void hang_up(peer *peer)
{
	close(peer->listener);
	unlink(peer->path);
	peer->listener = -1;
}

/* The other end of the oldest connection that was not looked at yet; -1: there is none. */
static int other_end(const peer *peer)
{
	return accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static mwn_redis_servers *servers_of(peer *peers, bool persistent)
{
	static const char *const labels[SERVERS] = {"one", "two", "three", "4"};
	mwn_redis_options options = {.connect_timeout = 5, .read_timeout = 5, .password = NULL, .verify_peer = true};
	mwn_redis_server_config list[SERVERS];

	for (int i = 0; i < SERVERS; i++) {
		list[i] = (mwn_redis_server_config){labels[i], strlen(labels[i]), peers[i].path, strlen(peers[i].path), {0}};
		MUST(mwn_redis_address_parse(&list[i].address, peers[i].path, strlen(peers[i].path)) == NULL);
	}
	return mwn_redis_servers_new(list, SERVERS, &options, persistent);
}

static mwn_redis_link *connect_to(mwn_redis_servers *servers, size_t server, mwn_redis_result *result)
{
	char error[MWN_REDIS_ERROR_LENGTH + 1];

	return mwn_redis_server_connect(servers, server, patient, result, error);
}

static void test_placement(peer *peers)
{
	mwn_redis_servers *servers = servers_of(peers, true);
	static const mwn_ring_location locations[SERVERS] = {{"one", 3}, {"two", 3}, {"three", 5}, {"4", 1}};
	mwn_hash_ring *ring = mwn_hash_ring_new(locations, SERVERS, MWN_REDIS_SERVER_WEIGHT);

	MUST(servers && ring);
	RULE("a key's servers are those of the ring, three at most, and keep label and text");
	for (int i = 0; i < 500; i++) {
		size_t order[MWN_REDIS_SERVERS_TRIED], expected[MWN_REDIS_SERVERS_TRIED];
		char key[32];
		size_t length = (size_t)snprintf(key, sizeof(key), "page:%d", i);
		ABOUT("%s", key);
		CHECK(mwn_redis_servers_for_key(servers, key, length, order) == MWN_REDIS_SERVERS_TRIED);
		CHECK(mwn_hash_ring_locate(ring, key, length, expected, MWN_REDIS_SERVERS_TRIED) == MWN_REDIS_SERVERS_TRIED);
		CHECK(memcmp(order, expected, sizeof(order)) == 0);
	}
	CHECK(mwn_redis_servers_count(servers) == SERVERS);
	CHECK(strcmp(mwn_redis_server_label(servers, 3), "4") == 0);
	CHECK(strcmp(mwn_redis_server_text(servers, 2), peers[2].path) == 0);
	mwn_hash_ring_free(ring);
	mwn_redis_servers_free(servers);
}

static void test_reuse(peer *peers)
{
	mwn_redis_servers *servers = servers_of(peers, true);
	mwn_redis_result result;
	mwn_redis_link *link;
	int end;

	MUST(servers);
	RULE("one link to a server serves as long as it lives");
	CHECK(mwn_redis_server_link(servers, 0) == NULL);
	link = connect_to(servers, 0, &result);
	CHECK(link && result == MWN_REDIS_OK);
	CHECK(connect_to(servers, 0, &result) == link);
	CHECK(mwn_redis_server_link(servers, 0) == link);
	end = other_end(&peers[0]);
	MUST(end >= 0);

	RULE("a peer that closed is noticed before anything is sent, and a new link is made at once");
	close(end);
	CHECK(connect_to(servers, 0, &result) && result == MWN_REDIS_OK);
	end = other_end(&peers[0]);
	CHECK(end >= 0);
	CHECK(mwn_redis_server_down_for(servers, 0) == 0);

	RULE("replies that were owed over a link that is gone are counted once");
	link = mwn_redis_server_link(servers, 0);
	CHECK(mwn_redis_link_send(link, &(mwn_redis_argument){"PING", 4}, 1, patient) == MWN_REDIS_OK);
	CHECK(mwn_redis_server_owing_link(servers, 0) == link);
	CHECK(mwn_redis_server_lost_replies(servers, 0) == 0);
	close(end);
	CHECK(mwn_redis_server_owing_link(servers, 0) == NULL);
	CHECK(mwn_redis_server_lost_replies(servers, 0) == 1);
	CHECK(mwn_redis_server_lost_replies(servers, 0) == 0);

	RULE("another link is the caller's, and the one that is there stays");
	link = connect_to(servers, 0, &result);
	{
		char error[MWN_REDIS_ERROR_LENGTH + 1];
		mwn_redis_link *another = mwn_redis_server_open_another(servers, 0, patient, &result, error);
		CHECK(another && another != link);
		mwn_redis_link_close(another);
	}
	CHECK(mwn_redis_server_link(servers, 0) == link);
	mwn_redis_servers_free(servers);
	while ((end = other_end(&peers[0])) >= 0) {
		close(end);
	}
}

static void test_down(peer *peers)
{
	mwn_redis_servers *servers = servers_of(peers, true);
	mwn_redis_result result;

	MUST(servers);
	RULE("a server that refuses is down for 30 seconds, and is tried again after them");
	hang_up(&peers[1]);
	CHECK(connect_to(servers, 1, &result) == NULL && result == MWN_REDIS_ABSENT);
	CHECK(mwn_redis_server_down_for(servers, 1) > MWN_REDIS_DOWN_SECONDS - 5);
	CHECK(mwn_redis_server_down_for(servers, 1) <= MWN_REDIS_DOWN_SECONDS);
	CHECK(mwn_redis_server_down_for(servers, 0) == 0);
	listen_at(&peers[1]);
	put_forward += MWN_REDIS_DOWN_SECONDS - 10;
	CHECK(mwn_redis_server_down_for(servers, 1) > 0);
	put_forward += 12;
	CHECK(mwn_redis_server_down_for(servers, 1) == 0);
	CHECK(connect_to(servers, 1, &result) && result == MWN_REDIS_OK);

	RULE("one where nobody listens may be back at once, another that failed after a second or two");
	hang_up(&peers[1]);
	mwn_redis_server_drop(servers, 1);
	CHECK(connect_to(servers, 1, &result) == NULL && result == MWN_REDIS_ABSENT);
	CHECK(mwn_redis_server_down_for(servers, 1) > 0 && mwn_redis_server_may_be_back(servers, 1));
	listen_at(&peers[1]);
	/* Between two looks at the clock a slow machine may let a second pass. */
	for (int tries = 0; tries < 100; tries++) {
		mwn_redis_server_failed(servers, 1);
		if (!mwn_redis_server_may_be_back(servers, 1)) {
			break;
		}
	}
	CHECK(!mwn_redis_server_may_be_back(servers, 1));
	put_forward += MWN_REDIS_RETRY_SECONDS + 1;
	CHECK(mwn_redis_server_down_for(servers, 1) > 0 && mwn_redis_server_may_be_back(servers, 1));

	RULE("a new link takes the mark away");
	CHECK(connect_to(servers, 1, &result) && mwn_redis_server_down_for(servers, 1) == 0);

	RULE("what failed is closed and down, what was dropped is only closed");
	CHECK(connect_to(servers, 2, &result) != NULL);
	mwn_redis_server_drop(servers, 2);
	CHECK(mwn_redis_server_link(servers, 2) == NULL);
	CHECK(mwn_redis_server_down_for(servers, 2) == 0);
	mwn_redis_server_failed(servers, 1);
	CHECK(mwn_redis_server_link(servers, 1) == NULL);
	CHECK(mwn_redis_server_down_for(servers, 1) > 0);
	mwn_redis_server_drop(servers, 3);
	mwn_redis_servers_free(servers);
}

static void test_end_of_request(peer *peers)
{
	mwn_redis_result result;

	RULE("at the end of a request persistent links stay, and others do not");
	for (int persistent = 0; persistent < 2; persistent++) {
		mwn_redis_servers *servers = servers_of(peers, persistent);
		MUST(servers);
		CHECK(connect_to(servers, 0, &result) && connect_to(servers, 2, &result));
		mwn_redis_servers_end_request(servers);
		CHECK((mwn_redis_server_link(servers, 0) != NULL) == persistent);
		CHECK((mwn_redis_server_link(servers, 2) != NULL) == persistent);
		mwn_redis_servers_free(servers);
	}
}

static void test_failures(peer *peers)
{
	long count = 0;

	RULE("without a server there are no servers, and none can be freed");
	CHECK(mwn_redis_servers_new(NULL, 0, &(mwn_redis_options){.read_timeout = 1}, true) == NULL);
	mwn_redis_servers_free(NULL);

	RULE("each allocation may fail: there are no servers then, and nothing is left");
	for (;;) {
		mwn_redis_servers *servers;
		allocations_left = count++;
		servers = servers_of(peers, true);
		if (allocations_left >= 0) {
			/* None was left to fail. */
			allocations_left = -1;
			CHECK(servers != NULL);
			mwn_redis_servers_free(servers);
			break;
		}
		allocations_left = -1;
		ABOUT("allocation %ld", count);
		CHECK(servers == NULL);
		mwn_redis_servers_free(servers);
	}
	CHECK(count > SERVERS * 2);
}

int main(int count, char **arguments)
{
	peer peers[SERVERS];

	MUST(count == 2);
	for (int i = 0; i < SERVERS; i++) {
		MUST((size_t)snprintf(peers[i].path, sizeof(peers[i].path), "%s/%d", arguments[1], i) < sizeof(peers[i].path));
		listen_at(&peers[i]);
	}
	test_placement(peers);
	test_reuse(peers);
	test_down(peers);
	test_end_of_request(peers);
	test_failures(peers);
	for (int i = 0; i < SERVERS; i++) {
		hang_up(&peers[i]);
	}
	return check_report("test_redis_servers");
}
