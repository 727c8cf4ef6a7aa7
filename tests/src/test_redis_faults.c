/*
 * src/redis_link when the system fails it: every allocation it makes, hiredis's own included, and every call to the
 * system, each time it is made.
 *
 * The linker puts the __wrap_ functions below in the place of the real ones (the run script names them), in hiredis
 * too, which is linked statically for that. The peer acts when it is sent something.
 */
#include "descriptors.h"
#include "redis_peer.h"

#include <errno.h>
#include <malloc.h>
#include <netdb.h>

enum call {
	ALLOCATE, LOOK_UP, SOCKET, SET_OPTION, CONNECT, GET_OPTION, POLL, SEND, READ, GET_PID, CLOSE,
	CALLS
};

static const char *const call_names[CALLS] = {
	"malloc", "getaddrinfo", "socket", "setsockopt", "connect", "getsockopt", "poll", "send", "read", "getpid", "close",
};

static redis_peer peer;
/* Is src/redis_link at work? Otherwise the wrappers only pass on. */
static bool watching;
static struct {
	int made[CALLS];
	int failing[CALLS]; /* the how manieth call fails; 0: none */
	int error[CALLS];   /* with this errno, or this code of getaddrinfo() */
	bool often;         /* and so does every one after it */
	int blocks;         /* not given back yet */
	int lists;          /* the same, of addresses */
	int indiscretions;  /* given back with the password in them */
	int waited;         /* milliseconds that poll() was told to wait, in vain */
	size_t most;        /* of the bytes that are read or sent at once; 0: any */
	int accepted;
	const char *const *answers; /* to one send after the other */
	/* In the place of the system's list of addresses. */
	struct addrinfo *addresses;
} world;

static bool fails(enum call call)
{
	if (!watching) {
		return false;
	}
	world.made[call]++;
	if (world.failing[call] == 0 || world.made[call] < world.failing[call]
		|| (world.made[call] > world.failing[call] && !world.often)) {
		return false;
	}
	errno = world.error[call];
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);
int __real_getaddrinfo(const char *host, const char *service, const struct addrinfo *wanted, struct addrinfo **found);
void __real_freeaddrinfo(struct addrinfo *found);
int __real_socket(int family, int type, int protocol);
int __real_setsockopt(int file, int level, int option, const void *value, socklen_t size);
int __real_connect(int file, const struct sockaddr *to, socklen_t length);
int __real_getsockopt(int file, int level, int option, void *value, socklen_t *size);
int __real_poll(struct pollfd *polled, nfds_t count, int timeout);
ssize_t __real_send(int file, const void *bytes, size_t length, int flags);
ssize_t __real_read(int file, void *bytes, size_t size);
ssize_t __real_recv(int file, void *bytes, size_t size, int flags);
pid_t __real_getpid(void);
int __real_close(int file);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *wanted, struct addrinfo **found);
void __wrap_freeaddrinfo(struct addrinfo *found);
int __wrap_socket(int family, int type, int protocol);
int __wrap_setsockopt(int file, int level, int option, const void *value, socklen_t size);
int __wrap_connect(int file, const struct sockaddr *to, socklen_t length);
int __wrap_getsockopt(int file, int level, int option, void *value, socklen_t *size);
int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout);
ssize_t __wrap_send(int file, const void *bytes, size_t length, int flags);
ssize_t __wrap_read(int file, void *bytes, size_t size);
ssize_t __wrap_recv(int file, void *bytes, size_t size, int flags);
pid_t __wrap_getpid(void);
int __wrap_close(int file);

void *__wrap_malloc(size_t size)
{
	if (fails(ALLOCATE)) {
		return NULL;
	}
	world.blocks += watching;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	if (fails(ALLOCATE)) {
		return NULL;
	}
	world.blocks += watching;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	if (fails(ALLOCATE)) {
		return NULL;
	}
	world.blocks += watching && !block;
	return __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
	if (fails(ALLOCATE)) {
		return NULL;
	}
	world.blocks += watching;
	return __real_strdup(text);
}

void __wrap_free(void *block)
{
	world.blocks -= watching && block;
	world.indiscretions += watching && block && memmem(block, malloc_usable_size(block), "secret", strlen("secret"));
	__real_free(block);
}

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *wanted, struct addrinfo **found)
{
	if (fails(LOOK_UP)) {
		/* With the reason of EAI_SYSTEM. */
		errno = EMFILE;
		return world.error[LOOK_UP];
	}
	if (watching && world.addresses) {
		*found = world.addresses;
		return 0;
	}
	world.lists += watching;
	return __real_getaddrinfo(host, service, wanted, found);
}

void __wrap_freeaddrinfo(struct addrinfo *found)
{
	if (found != world.addresses) {
		world.lists -= watching;
		__real_freeaddrinfo(found);
	}
}

int __wrap_socket(int family, int type, int protocol)
{
	return fails(SOCKET) ? -1 : __real_socket(family, type, protocol);
}

int __wrap_setsockopt(int file, int level, int option, const void *value, socklen_t size)
{
	return fails(SET_OPTION) ? -1 : __real_setsockopt(file, level, option, value, size);
}

int __wrap_connect(int file, const struct sockaddr *to, socklen_t length)
{
	if (!fails(CONNECT)) {
		return __real_connect(file, to, length);
	}
	/* An interrupted connect() goes on. */
	if (world.error[CONNECT] == EINTR) {
		__real_connect(file, to, length);
		errno = EINTR;
	}
	return -1;
}

int __wrap_getsockopt(int file, int level, int option, void *value, socklen_t *size)
{
	return fails(GET_OPTION) ? -1 : __real_getsockopt(file, level, option, value, size);
}

int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout)
{
	int ready;

	if (fails(POLL)) {
		return -1;
	}
	ready = __real_poll(polled, count, timeout);
	world.waited += watching && ready == 0 ? timeout : 0;
	return ready;
}

/* The peer has been sent another command. */
static void answer(void)
{
	watching = false;
	if (peer.connection < 0) {
		peer_accept(&peer);
	}
	if (world.answers && *world.answers) {
		peer_send(&peer, *world.answers, strlen(*world.answers));
		world.answers++;
	}
	watching = true;
}

ssize_t __wrap_send(int file, const void *bytes, size_t length, int flags)
{
	size_t most = watching && world.most && world.most < length ? world.most : length;
	ssize_t sent;

	if (!watching) {
		return __real_send(file, bytes, length, flags);
	}
	if (fails(SEND)) {
		return -1;
	}
	sent = __real_send(file, bytes, most, flags);
	if (most == length) {
		answer();
	}
	return sent;
}

ssize_t __wrap_read(int file, void *bytes, size_t size)
{
	return fails(READ) ? -1 : __real_read(file, bytes, watching && world.most && world.most < size ? world.most : size);
}

ssize_t __wrap_recv(int file, void *bytes, size_t size, int flags)
{
	return fails(READ) ? -1
		: __real_recv(file, bytes, watching && world.most && world.most < size ? world.most : size, flags);
}

pid_t __wrap_getpid(void)
{
	/* "Fails": it is another process. */
	return fails(GET_PID) ? 1 : __real_getpid();
}

int __wrap_close(int file)
{
	/* Closed also when it fails, as Linux does it. */
	int result = __real_close(file);
	return fails(CLOSE) ? -1 : result;
}

static char large[60001];
static char large_answer[60100];

/* A link's whole life, which needs every kind of allocation. */
static struct {
	mwn_redis_result result; /* of the first step that failed */
	bool was_open;
	char error[MWN_REDIS_ERROR_LENGTH + 1];
} life;

static bool holds(mwn_redis_link *link, mwn_redis_result result)
{
	if (result == MWN_REDIS_OK) {
		return true;
	}
	life.result = result;
	strcpy(life.error, mwn_redis_link_error(link));
	watching = false;
	CHECK(!mwn_redis_link_is_usable(link));
	watching = true;
	return false;
}

static bool asks(mwn_redis_link *link, const mwn_redis_argument *arguments, size_t count, int type)
{
	redisReply *reply = NULL;
	bool has_type;

	if (!holds(link, mwn_redis_link_send(link, arguments, count, PATIENT))
		|| !holds(link, mwn_redis_link_receive(link, -1, PATIENT, &reply))) {
		return false;
	}
	has_type = reply->type == type;
	mwn_redis_reply_free(reply);
	CHECK(has_type);
	return true;
}

static mwn_redis_result live(void)
{
	static const char *const all_answers[] = {
		"+OK\r\n", "+OK\r\n", "*4\r\n$3\r\none\r\n:2\r\n*2\r\n$-1\r\n+x\r\n-no\r\n", large_answer, "+PONG\r\n", NULL,
	};
	mwn_redis_options options = options_of(LONG_SECONDS);
	int descriptors = open_descriptors();
	mwn_redis_link *link;

	options.database = 7;
	set_password(&options, "hidden", "secret");
	if (!world.answers) {
		world.answers = all_answers;
	}
	memset(&life, 0, sizeof(life));
	watching = true;
	link = mwn_redis_link_open(&peer.address, &options, PATIENT, &life.result, life.error);
	if (link) {
		life.was_open = true;
		if (asks(link, COMMAND(WORD("EVALSHA"), WORD("some")), REDIS_REPLY_ARRAY)
			&& asks(link, COMMAND(WORD("SET"), {large, sizeof(large) - 1}), REDIS_REPLY_STRING)) {
			asks(link, COMMAND(WORD("PING")), REDIS_REPLY_STATUS);
		}
	}
	mwn_redis_link_close(link);
	watching = false;
	if (peer.connection >= 0) {
		peer_hang_up(&peer);
	} else {
		/* It may have connected and gone without a word. */
		struct pollfd polled = {peer.listener, POLLIN, 0};
		while (poll(&polled, 1, 0) == 1) {
			peer_accept(&peer);
			peer_hang_up(&peer);
		}
	}
	CHECK(world.blocks == 0);
	CHECK(world.lists == 0);
	CHECK(world.indiscretions == 0);
	CHECK(open_descriptors() == descriptors);
	CHECK((life.result == MWN_REDIS_OK) == (life.error[0] == '\0'));
	CHECK(!strstr(life.error, "secret") && !strstr(life.error, "hidden"));
	return life.result;
}

static void clear_world(void)
{
	memset(&world, 0, sizeof(world));
}

/* How often a call is made when nothing fails. */
static int usual(enum call call)
{
	clear_world();
	CHECK(live() == MWN_REDIS_OK);
	CHECK(world.made[call] > 0);
	return world.made[call];
}

static mwn_redis_result live_without(enum call call, int nth, int error)
{
	mwn_redis_result result;

	clear_world();
	world.failing[call] = nth;
	world.error[call] = error;
	result = live();
	ABOUT("%s %d fails with %d: result %d, %s", call_names[call], nth, error, result, life.error);
	CHECK(world.made[call] >= nth);
	return result;
}

static void memory(void)
{
	int made;

	RULE("without faults nothing is left behind");
	made = usual(ALLOCATE);

	RULE("each allocation fails: no memory, no link or a broken one, and nothing is left behind");
	for (int nth = 1; nth <= made; nth++) {
		CHECK(live_without(ALLOCATE, nth, ENOMEM) == MWN_REDIS_NO_MEMORY);
		CHECK(strstr(life.error, "out of memory"));
	}

	RULE("each allocation and all later ones fail: the same");
	for (int nth = 1; nth <= made; nth++) {
		clear_world();
		world.failing[ALLOCATE] = nth;
		world.often = true;
		CHECK(live() == MWN_REDIS_NO_MEMORY);
	}

	RULE("a name cannot be looked up for want of memory");
	CHECK(live_without(LOOK_UP, 1, EAI_MEMORY) == MWN_REDIS_NO_MEMORY);
	RULE("no socket can be had for want of memory");
	CHECK(live_without(SOCKET, 1, ENOMEM) == MWN_REDIS_NO_MEMORY);
	CHECK(live_without(SOCKET, 1, ENOBUFS) == MWN_REDIS_NO_MEMORY);
	RULE("each poll() fails for want of memory");
	made = usual(POLL);
	for (int nth = 1; nth <= made; nth++) {
		CHECK(live_without(POLL, nth, ENOMEM) == MWN_REDIS_NO_MEMORY);
	}
}

static void check_unreachable(enum call call, int error, const char *text)
{
	CHECK(live_without(call, 1, error) == MWN_REDIS_UNREACHABLE);
	CHECK(strstr(life.error, "cannot connect to 127.0.0.1:") && strstr(life.error, text));
}

static void connecting(void)
{
	RULE("what keeps a connection from being made makes the server unreachable, and is told");
	check_unreachable(LOOK_UP, EAI_AGAIN, gai_strerror(EAI_AGAIN));
	check_unreachable(LOOK_UP, EAI_NONAME, gai_strerror(EAI_NONAME));
	check_unreachable(LOOK_UP, EAI_SYSTEM, strerror(EMFILE));
	check_unreachable(SOCKET, EMFILE, strerror(EMFILE));
	check_unreachable(SOCKET, EAFNOSUPPORT, strerror(EAFNOSUPPORT));
	check_unreachable(CONNECT, EHOSTUNREACH, strerror(EHOSTUNREACH));
	check_unreachable(CONNECT, EACCES, strerror(EACCES));
	check_unreachable(GET_OPTION, EBADF, strerror(EBADF));
	check_unreachable(POLL, EINVAL, strerror(EINVAL));

	RULE("a signal while the connection is waited for ends that");
	CHECK(live_without(POLL, 1, EINTR) == MWN_REDIS_INTERRUPTED);
	CHECK(!life.was_open);

	RULE("an interrupted or refused-for-now connect() goes on");
	CHECK(live_without(CONNECT, 1, EINTR) == MWN_REDIS_OK);
	CHECK(live_without(CONNECT, 1, EAGAIN) == MWN_REDIS_OK);
	CHECK(world.made[CONNECT] == 2);

	RULE("options that cannot be set are done without");
	for (int nth = usual(SET_OPTION); nth > 0; nth--) {
		CHECK(live_without(SET_OPTION, nth, ENOPROTOOPT) == MWN_REDIS_OK);
	}

	RULE("a close() that fails has closed");
	CHECK(live_without(CLOSE, 1, EIO) == MWN_REDIS_OK);
}

static struct addrinfo entry(struct sockaddr_in *to, const redis_peer *at, struct addrinfo *next)
{
	*to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)at->address.port)};
	return (struct addrinfo){.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_addr = (struct sockaddr *)to,
		.ai_addrlen = sizeof(*to), .ai_next = next};
}

static mwn_redis_result open_at(struct addrinfo *addresses, double seconds, char *error)
{
	mwn_redis_options options = options_of(seconds);
	mwn_redis_result result = MWN_REDIS_OK;
	mwn_redis_link *link;

	world.addresses = addresses;
	watching = true;
	link = mwn_redis_link_open(&peer.address, &options, PATIENT, &result, error);
	mwn_redis_link_close(link);
	watching = false;
	ABOUT("result %d, %s", result, error);
	return result;
}

static void addresses(void)
{
	struct sockaddr_in to[3];
	struct addrinfo list[3];
	redis_peer closed, deaf;
	mwn_redis_link *waiting[3] = {NULL};
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	double begun;

	peer_bind(&closed, -1);
	list[0] = entry(&to[0], &closed, &list[1]);
	list[1] = entry(&to[1], &peer, NULL);

	RULE("of a host's addresses, the first that answers is taken");
	clear_world();
	CHECK(open_at(list, LONG_SECONDS, error) == MWN_REDIS_OK);
	CHECK(world.made[CONNECT] == 2 && world.made[SOCKET] == 2);
	clear_world();
	CHECK(open_at(&list[1], LONG_SECONDS, error) == MWN_REDIS_OK);
	CHECK(world.made[CONNECT] == 1);

	RULE("an address of a family that the system lacks is passed over");
	clear_world();
	world.failing[SOCKET] = 1;
	world.error[SOCKET] = EAFNOSUPPORT;
	CHECK(open_at(list, LONG_SECONDS, error) == MWN_REDIS_OK);
	CHECK(world.made[CONNECT] == 1);

	RULE("when none answers, the last one's reason is told");
	clear_world();
	list[1] = entry(&to[1], &closed, NULL);
	CHECK(open_at(list, LONG_SECONDS, error) == MWN_REDIS_ABSENT);
	CHECK(strstr(error, strerror(ECONNREFUSED)));

	RULE("a signal ends it for all addresses");
	clear_world();
	world.failing[POLL] = 1;
	world.error[POLL] = EINTR;
	CHECK(open_at(list, LONG_SECONDS, error) == MWN_REDIS_INTERRUPTED);
	CHECK(world.made[CONNECT] == 1);

	RULE("an address that does not answer uses up its share of the time and no more");
	peer_bind(&deaf, 0);
	list[0] = entry(&to[0], &deaf, &list[1]);
	list[1] = entry(&to[1], &peer, NULL);
	/* Its queue is full then. */
	for (int i = 0; i < 3; i++) {
		mwn_redis_options options = options_of(0.05);
		mwn_redis_result result;
		waiting[i] = mwn_redis_link_open(&deaf.address, &options, PATIENT, &result, error);
	}
	clear_world();
	begun = seconds_now();
	CHECK(open_at(list, 2 * SHORT_SECONDS, error) == MWN_REDIS_OK);
	CHECK(seconds_now() - begun >= SHORT_SECONDS);
	CHECK(world.waited < 1.5 * SHORT_SECONDS * 1000);
	CHECK(world.made[CONNECT] == 2);
	list[1] = entry(&to[1], &deaf, NULL);
	clear_world();
	begun = seconds_now();
	CHECK(open_at(list, 2 * SHORT_SECONDS, error) == MWN_REDIS_UNREACHABLE);
	CHECK(seconds_now() - begun >= 2 * SHORT_SECONDS);
	CHECK(strstr(error, "no answer in time"));
	for (int i = 0; i < 3; i++) {
		mwn_redis_link_close(waiting[i]);
	}
	clear_world();
	peer_end(&deaf);
	peer_end(&closed);
}

static void talking(void)
{
	int made;

	/* Those links were never accepted. */
	peer_end(&peer);
	peer_bind(&peer, 16);

	RULE("each send() fails: lost, with the reason");
	made = usual(SEND);
	for (int nth = 1; nth <= made; nth++) {
		CHECK(live_without(SEND, nth, EPIPE) == MWN_REDIS_LOST);
		CHECK(strstr(life.error, "lost 127.0.0.1:") && strstr(life.error, strerror(EPIPE)));
		CHECK(world.made[SEND] == nth);
	}

	RULE("each read() fails: lost, with the reason");
	made = usual(READ);
	for (int nth = 1; nth <= made; nth++) {
		CHECK(live_without(READ, nth, ECONNRESET) == MWN_REDIS_LOST);
		CHECK(strstr(life.error, "lost 127.0.0.1:") && strstr(life.error, strerror(ECONNRESET)));
		CHECK(world.made[READ] == nth);
	}

	RULE("each poll() fails: lost");
	made = usual(POLL);
	for (int nth = 2; nth <= made; nth++) {
		mwn_redis_result result = live_without(POLL, nth, EINVAL);
		CHECK(result == MWN_REDIS_LOST);
	}

	RULE("a send() or read() that was interrupted, or found no room or nothing, is made again");
	for (int call = SEND; call <= READ; call++) {
		made = usual((enum call)call);
		for (int nth = 1; nth <= made; nth++) {
			CHECK(live_without((enum call)call, nth, EINTR) == MWN_REDIS_OK);
			CHECK(live_without((enum call)call, nth, EAGAIN) == MWN_REDIS_OK);
			CHECK(world.made[call] > made);
		}
	}

	RULE("short writes and reads do not matter");
	for (size_t most = 1; most <= 1000; most = most * 7 + 3) {
		clear_world();
		world.most = most;
		CHECK(live() == MWN_REDIS_OK);
	}
}

static void frugality(void)
{
	mwn_redis_options options = options_of(LONG_SECONDS);
	mwn_redis_result result;
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_link *link;
	redisReply *reply;

	RULE("a command and its reply cost a send(), a poll() and a read(), and no memory but the reply's");
	clear_world();
	link = mwn_redis_link_open(&peer.address, &options, PATIENT, &result, error);
	MUST(link);
	world.answers = (const char *const[]){"+PONG\r\n", "+PONG\r\n", NULL};
	for (int i = 0; i < 2; i++) {
		memset(world.made, 0, sizeof(world.made));
		watching = true;
		CHECK(mwn_redis_link_send(link, COMMAND(WORD("PING")), PATIENT) == MWN_REDIS_OK);
		CHECK(mwn_redis_link_receive(link, -1, PATIENT, &reply) == MWN_REDIS_OK);
		mwn_redis_reply_free(reply);
		watching = false;
	}
	CHECK(world.made[SEND] == 1 && world.made[POLL] == 1 && world.made[READ] == 1 && world.made[GET_PID] == 0);
	CHECK(world.made[ALLOCATE] == 2);

	RULE("whether a link is usable costs a poll() and a getpid()");
	memset(world.made, 0, sizeof(world.made));
	watching = true;
	CHECK(mwn_redis_link_is_usable(link));
	watching = false;
	CHECK(world.made[POLL] == 1 && world.made[GET_PID] == 1 && world.made[READ] == 0);

	RULE("a link of another process, or that cannot be looked at, is not usable");
	memset(world.made, 0, sizeof(world.made));
	world.failing[GET_PID] = 1;
	world.failing[POLL] = 1;
	watching = true;
	CHECK(!mwn_redis_link_is_usable(link));
	CHECK(world.made[POLL] == 0);
	CHECK(!mwn_redis_link_is_usable(link));
	CHECK(world.made[POLL] == 1);
	CHECK(mwn_redis_link_is_usable(link));
	watching = false;
	mwn_redis_link_close(link);
	peer_hang_up(&peer);
}

int main(void)
{
	peer_bind(&peer, 16);
	memset(large, 'l', sizeof(large) - 1);
	snprintf(large_answer, sizeof(large_answer), "$%zu\r\n%s\r\n", sizeof(large) - 1, large);
	memory();
	connecting();
	addresses();
	talking();
	frugality();
	peer_end(&peer);
	return check_report("test_redis_faults");
}
