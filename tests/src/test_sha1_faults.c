/*
 * src/sha1 when the system fails it: every call it makes, each time it makes it.
 *
 * The linker puts the __wrap_ functions below in the place of the real ones (the
 * run script names them); they count, fail when told so, and note what is given
 * back. Only what src/sha1.c and src/read_ahead.c call themselves is seen: libcrypto's
 * own calls are not.
 */
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum call {
	OPEN, FSTAT, CONTEXT_NEW, INIT, MALLOC, READ, UPDATE, FINAL, CLOSE, MASK, THREAD,
	CALLS
};

static const char *const call_names[CALLS] = {
	"open", "fstat", "EVP_MD_CTX_new", "EVP_DigestInit_ex", "malloc", "read", "EVP_DigestUpdate",
	"EVP_DigestFinal_ex", "close", "pthread_sigmask", "pthread_create",
};

/* Is src/sha1 at work? Otherwise the wrappers only pass on. */
static bool watching;
static struct {
	int made[CALLS];
	int failing[CALLS]; /* the how manieth call fails; 0: none */
	bool lasting;       /* all later ones fail too */
	int error[CALLS];   /* with this errno; 0: errno is left alone */
	int blocks, contexts, threads; /* not given back yet */
	size_t allocated;
	int close_on_exec;
	/* Decides about a read, before it happens: how many bytes, or -1 and errno. Called in
	 * the thread that reads. */
	ssize_t (*on_read)(int file, size_t size);
} world;

static bool fails(enum call call)
{
	int nth = world.failing[call];

	if (!watching || ++world.made[call] < nth || nth == 0 || (world.made[call] > nth && !world.lasting)) {
		return false;
	}
	if (world.error[call]) {
		errno = world.error[call];
	}
	return true;
}

int __real_open(const char *path, int flags, ...);
int __real_fstat(int file, struct stat *status);
void *__real_malloc(size_t size);
void __real_free(void *block);
ssize_t __real_read(int file, void *block, size_t size);
int __real_close(int file);
EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
void __real_EVP_MD_CTX_free(EVP_MD_CTX *context);
int __real_EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type, ENGINE *engine);
int __real_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t length);
int __real_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length);
int __real_pthread_sigmask(int how, const sigset_t *mask, sigset_t *before);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __real_pthread_join(pthread_t thread, void **result);

int __wrap_open(const char *path, int flags, ...);
int __wrap_fstat(int file, struct stat *status);
void *__wrap_malloc(size_t size);
void __wrap_free(void *block);
ssize_t __wrap_read(int file, void *block, size_t size);
int __wrap_close(int file);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
void __wrap_EVP_MD_CTX_free(EVP_MD_CTX *context);
int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t length);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length);
int __wrap_pthread_sigmask(int how, const sigset_t *mask, sigset_t *before);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __wrap_pthread_join(pthread_t thread, void **result);

int __wrap_open(const char *path, int flags, ...)
{
	return fails(OPEN) ? -1 : __real_open(path, flags);
}

int __wrap_fstat(int file, struct stat *status)
{
	if (watching) {
		world.close_on_exec = (fcntl(file, F_GETFD) & FD_CLOEXEC) != 0;
	}
	return fails(FSTAT) ? -1 : __real_fstat(file, status);
}

void *__wrap_malloc(size_t size)
{
	if (fails(MALLOC)) {
		return NULL;
	}
	if (watching) {
		world.blocks++;
		world.allocated += size;
	}
	return __real_malloc(size);
}

void __wrap_free(void *block)
{
	if (watching && block) {
		world.blocks--;
	}
	__real_free(block);
}

ssize_t __wrap_read(int file, void *block, size_t size)
{
	if (fails(READ)) {
		return -1;
	}
	if (watching && world.on_read) {
		ssize_t most = world.on_read(file, size);
		if (most < 0) {
			return -1;
		}
		size = (size_t)most < size ? (size_t)most : size;
	}
	return __real_read(file, block, size);
}

int __wrap_close(int file)
{
	/* Closed also when it fails, as Linux does it. */
	int result = __real_close(file);
	return fails(CLOSE) ? -1 : result;
}

EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
	if (fails(CONTEXT_NEW)) {
		return NULL;
	}
	world.contexts += watching;
	return __real_EVP_MD_CTX_new();
}

void __wrap_EVP_MD_CTX_free(EVP_MD_CTX *context)
{
	world.contexts -= watching && context;
	__real_EVP_MD_CTX_free(context);
}

int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type, ENGINE *engine)
{
	return fails(INIT) ? 0 : __real_EVP_DigestInit_ex(context, type, engine);
}

int __wrap_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t length)
{
	return fails(UPDATE) ? 0 : __real_EVP_DigestUpdate(context, bytes, length);
}

int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length)
{
	return fails(FINAL) ? 0 : __real_EVP_DigestFinal_ex(context, digest, length);
}

int __wrap_pthread_sigmask(int how, const sigset_t *mask, sigset_t *before)
{
	return fails(MASK) ? EINVAL : __real_pthread_sigmask(how, mask, before);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
	int error = fails(THREAD) ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);

	world.threads += watching && error == 0;
	return error;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
	world.threads -= watching;
	return __real_pthread_join(thread, result);
}

static bool is_open_to(int signal_number)
{
	sigset_t mask;

	MUST(__real_pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
	return !sigismember(&mask, signal_number);
}

/* One hashing that is watched; `world` holds what is to fail, and afterwards what happened. */
static mwn_sha1_result watched(const char *path, char out[SAMPLE_OUT])
{
	mwn_sha1_result result;
	int descriptors = open_descriptors(), error;
	bool open_to_alarm = is_open_to(SIGALRM);

	blank_out(out);
	errno = 0;
	watching = true;
	result = mwn_sha1_file_base36(path, out);
	watching = false;
	error = errno;
	CHECK(world.blocks == 0);
	CHECK(world.contexts == 0);
	CHECK(world.threads == 0);
	CHECK(is_open_to(SIGALRM) == open_to_alarm);
	CHECK(is_open_to(SIGTERM) && !is_open_to(SIGUSR1));
	CHECK(open_descriptors() == descriptors);
	errno = error;
	return result;
}

static void clear_world(void)
{
	memset(&world, 0, sizeof(world));
}

/* From here on a file is read ahead. */
#define AHEAD ((size_t)32 * 1024 * 1024)

struct sample {
	const char *name;
	size_t length;
	unsigned char *bytes;
	char digest[MWN_SHA1_BASE36_LENGTH + 1];
};

/* Several reads, the last one short: into the allocated block, and by the thread. */
static struct sample large = {.name = "large", .length = 300000}, huge = {.name = "huge", .length = AHEAD + 300000};
static struct sample *const samples[] = {&large, &huge};
#define SAMPLES (sizeof(samples) / sizeof(*samples))

static void make(const struct sample *sample)
{
	sample_file(sample->name, sample->bytes, sample->length);
}

static void check_whole(const struct sample *sample)
{
	char out[SAMPLE_OUT];

	CHECK(watched(sample->name, out) == MWN_SHA1_OK);
	CHECK(is_digest(out, sample->digest));
}

/* Fails each of the calls of a kind in turn, and once all later ones succeed. */
static void fail_each(enum call call, mwn_sha1_result expected, int error)
{
	char out[SAMPLE_OUT];

	for (size_t i = 0; i < SAMPLES; i++) {
		int made;
		clear_world();
		check_whole(samples[i]);
		made = world.made[call];
		CHECK(made > 0);
		for (int nth = 1; nth <= made; nth++) {
			ABOUT("%s, call %d of %d to %s", samples[i]->name, nth, made, call_names[call]);
			clear_world();
			world.failing[call] = nth;
			world.error[call] = error;
			CHECK(watched(samples[i]->name, out) == expected);
			CHECK(world.made[call] == nth);
			CHECK(is_blank_from(out, 0));
			if (expected == MWN_SHA1_UNREADABLE) {
				CHECK(errno == error);
			}
		}
	}
}

static void calls_that_fail(void)
{
	RULE("without faults nothing is left behind");
	for (size_t i = 0; i < SAMPLES; i++) {
		clear_world();
		check_whole(samples[i]);
		for (int call = 0; call < CALLS; call++) {
			bool is_for_thread = call == MASK || call == THREAD;
			ABOUT("%s, %s", samples[i]->name, call_names[call]);
			CHECK((world.made[call] > 0) == (!is_for_thread || samples[i] == &huge));
		}
	}

	RULE("open() fails: unreadable");
	fail_each(OPEN, MWN_SHA1_UNREADABLE, EMFILE);
	RULE("fstat() fails: unreadable");
	fail_each(FSTAT, MWN_SHA1_UNREADABLE, EOVERFLOW);
	RULE("each read() fails: unreadable");
	fail_each(READ, MWN_SHA1_UNREADABLE, EIO);
	RULE("no digest context can be allocated: no memory");
	fail_each(CONTEXT_NEW, MWN_SHA1_NO_MEMORY, ENOMEM);
	RULE("the digest cannot be begun: no memory");
	fail_each(INIT, MWN_SHA1_NO_MEMORY, 0);
	RULE("the digest cannot be ended: no memory");
	fail_each(FINAL, MWN_SHA1_NO_MEMORY, 0);
}

static void calls_that_fail_otherwise(const struct sample *sample)
{
	char out[SAMPLE_OUT];

	RULE("every malloc() fails: no memory");
	ABOUT("%s", sample->name);
	clear_world();
	world.failing[MALLOC] = 1;
	world.error[MALLOC] = ENOMEM;
	world.lasting = true;
	CHECK(watched(sample->name, out) == MWN_SHA1_NO_MEMORY);
	CHECK(is_blank_from(out, 0));

	RULE("each update of the digest fails: an error, and nothing is written");
	for (int nth = 1; nth <= 3; nth++) {
		ABOUT("%s, call %d", sample->name, nth);
		clear_world();
		world.failing[UPDATE] = nth;
		CHECK(watched(sample->name, out) != MWN_SHA1_OK);
		CHECK(world.made[UPDATE] == nth);
		CHECK(is_blank_from(out, 0));
	}

	RULE("close() fails after all was read: the digest is good");
	ABOUT("%s", sample->name);
	clear_world();
	world.failing[CLOSE] = 1;
	world.error[CLOSE] = EIO;
	check_whole(sample);

	RULE("errno tells why the file was unreadable, also when close() fails then");
	ABOUT("%s", sample->name);
	clear_world();
	world.failing[READ] = world.failing[CLOSE] = 1;
	world.error[READ] = EISDIR;
	world.error[CLOSE] = EINTR;
	CHECK(watched(sample->name, out) == MWN_SHA1_UNREADABLE);
	CHECK(errno == EISDIR);
}

static void fallbacks(void)
{
	static const enum call needed[] = {MALLOC, MASK, THREAD};

	RULE("a file that cannot be read ahead is hashed all the same");
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		ABOUT("%s", call_names[needed[i]]);
		clear_world();
		world.failing[needed[i]] = 1;
		check_whole(&huge);
		/* In blocks of 128 KiB now, so it was not the thread. */
		CHECK(world.made[READ] == 260);
		CHECK(world.made[MALLOC] == 2);
	}
}

static ssize_t one_byte(int file, size_t size)
{
	(void)file;
	return size > 0;
}

/* Sometimes all that was asked for, mostly less. */
static ssize_t any_length(int file, size_t size)
{
	static uint32_t state = 1;

	(void)file;
	state = state * 1664525u + 1013904223u;
	return (ssize_t)(1 + (state >> 8) % size);
}

/* Every read is interrupted twice, the one that finds the end as well. */
static ssize_t interrupted_twice(int file, size_t size)
{
	(void)file;
	errno = EINTR;
	return world.made[READ] % 3 == 0 ? (ssize_t)size : -1;
}

static ssize_t interrupted_often(int file, size_t size)
{
	(void)file;
	errno = EINTR;
	return world.made[READ] > 10000 ? (ssize_t)size : -1;
}

static ssize_t interrupted_then_broken(int file, size_t size)
{
	(void)file;
	(void)size;
	errno = world.made[READ] < 3 ? EINTR : EIO;
	return -1;
}

/* What may happen to the file while it is being read. */
static struct sample changing;

static ssize_t shrinking(int file, size_t size)
{
	(void)file;
	if (world.made[READ] == 2) {
		MUST(truncate(changing.name, (off_t)changing.length) == 0);
	}
	return (ssize_t)size;
}

static ssize_t vanishing(int file, size_t size)
{
	(void)file;
	if (world.made[READ] == 1) {
		MUST(truncate(changing.name, 0) == 0 && unlink(changing.name) == 0);
	}
	return (ssize_t)size;
}

static ssize_t growing(int file, size_t size)
{
	(void)file;
	if (world.made[READ] == 2) {
		make(&changing);
	}
	return (ssize_t)size;
}

static void check_read(const char *path, ssize_t (*on_read)(int, size_t), const void *bytes, size_t length)
{
	char out[SAMPLE_OUT], expected[MWN_SHA1_BASE36_LENGTH + 1];

	expected_digest(bytes, length, expected);
	clear_world();
	world.on_read = on_read;
	CHECK(watched(path, out) == MWN_SHA1_OK);
	CHECK(is_digest(out, expected));
}

static void check_whole_read(const struct sample *sample, ssize_t (*on_read)(int, size_t))
{
	check_read(sample->name, on_read, sample->bytes, sample->length);
}

/* The file begins with `before` bytes of the sample and has `after` at the second read. */
static void check_change(const struct sample *sample, size_t before, ssize_t (*on_read)(int, size_t), size_t after)
{
	sample_file("changing", sample->bytes, before);
	changing = (struct sample){.name = "changing", .length = after, .bytes = sample->bytes};
	check_read("changing", on_read, sample->bytes, after);
}

static void reads(void)
{
	char out[SAMPLE_OUT];

	RULE("short reads do not end the file");
	sample_file("small", large.bytes, 8000);
	check_read("small", one_byte, large.bytes, 8000);
	check_read("small", any_length, large.bytes, 8000);
	check_whole_read(&large, any_length);
	check_whole_read(&huge, any_length);

	RULE("interrupted reads go on");
	check_read("small", interrupted_twice, large.bytes, 8000);
	check_whole_read(&large, interrupted_twice);
	CHECK(world.made[READ] == 12);
	check_whole_read(&huge, interrupted_twice);
	CHECK(world.made[READ] == 102);
	check_whole_read(&large, interrupted_often);
	check_whole_read(&huge, interrupted_often);

	RULE("an error after interruptions is still an error");
	for (size_t i = 0; i < SAMPLES; i++) {
		clear_world();
		world.on_read = interrupted_then_broken;
		CHECK(watched(samples[i]->name, out) == MWN_SHA1_UNREADABLE);
		CHECK(errno == EIO);
		CHECK(is_blank_from(out, 0));
	}

	RULE("a file that shrinks, grows or goes while it is read is hashed by what was read");
	check_change(&large, large.length, shrinking, 140000);
	check_change(&large, large.length, vanishing, 0);
	check_change(&large, 8000, growing, large.length);
	check_change(&huge, huge.length, shrinking, 1200000);
	check_change(&huge, huge.length, vanishing, 0);
	check_change(&huge, AHEAD, growing, huge.length);
}

static void hash_sparse(size_t length)
{
	char out[SAMPLE_OUT];

	ABOUT("%zu bytes", length);
	sample_file("sparse", "", 0);
	MUST(truncate("sparse", (off_t)length) == 0);
	clear_world();
	CHECK(watched("sparse", out) == MWN_SHA1_OK);
}

static void memory(void)
{
	RULE("a file of up to 8 KiB is hashed without an allocation");
	hash_sparse(8192);
	CHECK(world.made[MALLOC] == 0);

	RULE("a larger file takes a block of 128 KiB and no thread, and the block is used");
	hash_sparse(8193);
	CHECK(world.made[MALLOC] == 1 && world.allocated <= 128 * 1024);
	hash_sparse(AHEAD - 1);
	CHECK(world.made[MALLOC] == 1 && world.allocated <= 128 * 1024);
	CHECK(world.made[READ] <= 258);
	CHECK(world.made[THREAD] == 0);

	RULE("a file from 32 MiB on takes a thread and the same memory, whatever its size");
	for (size_t length = AHEAD; length <= 4 * AHEAD; length *= 2) {
		hash_sparse(length);
		CHECK(world.made[MALLOC] == 1 && world.allocated <= 2 * 1024 * 1024 + 512);
		CHECK(world.made[THREAD] == 1);
		CHECK(world.made[READ] <= (int)(length / (1024 * 1024)) + 1);
	}

	RULE("a program that is started meanwhile does not get the descriptor");
	CHECK(world.close_on_exec);
	MUST(unlink("sparse") == 0);
}

static atomic_int open_signals, alarms, others, strays;
static pthread_t caller;

/* In the thread: counts the signals that could be delivered to it. */
static ssize_t count_open_signals(int file, size_t size)
{
	(void)file;
	for (int number = 1; number <= SIGRTMAX; number++) {
		/* What lies between the ordinary and the real time signals is the C library's. */
		bool is_ours = number < 32 || number >= SIGRTMIN;
		if (is_ours && number != SIGKILL && number != SIGSTOP) {
			open_signals += is_open_to(number);
		}
	}
	return (ssize_t)size;
}

/* The system gives an alarm to the thread that got the last one, if it can take it. Of several signals
 * at once, the later ones go to whoever else can. */
static ssize_t signal_thrice(int file, size_t size)
{
	(void)file;
	for (int i = 0; i < 3; i++) {
		MUST(kill(getpid(), SIGRTMIN) == 0);
	}
	return (ssize_t)size;
}

static void on_signal(int number)
{
	if (!pthread_equal(pthread_self(), caller)) {
		strays++;
	} else if (number == SIGALRM) {
		alarms++;
	} else {
		others++;
	}
}

static void *hash_under_signals(void *argument)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};

	caller = pthread_self();
	MUST(sigaction(SIGALRM, &action, NULL) == 0 && sigaction(SIGRTMIN, &action, NULL) == 0);
	MUST(__real_pthread_sigmask(SIG_UNBLOCK, argument, NULL) == 0);
	MUST(setitimer(ITIMER_REAL, &often, NULL) == 0);
	while ((alarms < 50 || others < 500) && strays == 0) {
		clear_world();
		world.on_read = signal_thrice;
		check_whole(&huge);
	}
	MUST(setitimer(ITIMER_REAL, &never, NULL) == 0);
	return NULL;
}

static void signals(void)
{
	sigset_t taken;
	pthread_t thread;

	RULE("no signal can be delivered to the thread that reads ahead");
	clear_world();
	world.on_read = count_open_signals;
	check_whole(&huge);
	CHECK(open_signals == 0);

	/* From the main thread, which the system prefers, a stray signal would go unnoticed. */
	RULE("the handlers of signals run in the thread that hashes, and nothing is disturbed");
	sigemptyset(&taken);
	sigaddset(&taken, SIGALRM);
	sigaddset(&taken, SIGRTMIN);
	MUST(__real_pthread_sigmask(SIG_BLOCK, &taken, NULL) == 0);
	MUST(__real_pthread_create(&thread, NULL, hash_under_signals, &taken) == 0);
	MUST(__real_pthread_join(thread, NULL) == 0);
	CHECK(alarms >= 50 && others >= 500);
	CHECK(strays == 0);
}

int main(int count, char **arguments)
{
	sigset_t usr1;

	MUST(count == 2 && chdir(arguments[1]) == 0);
	/* One that the caller blocks, and is to stay so. */
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	MUST(__real_pthread_sigmask(SIG_BLOCK, &usr1, NULL) == 0);
	for (size_t i = 0; i < SAMPLES; i++) {
		samples[i]->bytes = sample_bytes(samples[i]->length, 11);
		expected_digest(samples[i]->bytes, samples[i]->length, samples[i]->digest);
		make(samples[i]);
	}
	calls_that_fail();
	calls_that_fail_otherwise(&large);
	calls_that_fail_otherwise(&huge);
	fallbacks();
	reads();
	memory();
	signals();
	for (size_t i = 0; i < SAMPLES; i++) {
		free(samples[i]->bytes);
	}
	return check_report("test_sha1_faults");
}
