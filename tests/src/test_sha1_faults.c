/*
 * src/sha1 when the system fails it: every call it makes, each time it makes it.
 *
 * The linker puts the __wrap_ functions below in the place of the real ones (the
 * run script names them); they count, fail when told so, and note what is given
 * back. Only what src/sha1.c calls itself is seen: libcrypto's own calls are not.
 */
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum call {
	OPEN, FSTAT, CONTEXT_NEW, INIT, MALLOC, READ, UPDATE, FINAL, CLOSE,
	CALLS
};

static const char *const call_names[CALLS] = {
	"open", "fstat", "EVP_MD_CTX_new", "EVP_DigestInit_ex", "malloc", "read", "EVP_DigestUpdate",
	"EVP_DigestFinal_ex", "close",
};

/* Is src/sha1 at work? Otherwise the wrappers only pass on. */
static bool watching;
static struct {
	int made[CALLS];
	int failing[CALLS]; /* the how manieth call fails; 0: none */
	int error[CALLS];   /* with this errno; 0: errno is left alone */
	int blocks, contexts; /* not given back yet */
	size_t allocated;
	int close_on_exec;
	/* Decides about a read, before it happens: how many bytes, or -1 and errno. */
	ssize_t (*on_read)(int file, size_t size);
} world;

static bool fails(enum call call)
{
	if (!watching || ++world.made[call] != world.failing[call]) {
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

/* One hashing that is watched; `world` holds what is to fail, and afterwards what happened. */
static mwn_sha1_result watched(const char *path, char out[SAMPLE_OUT])
{
	mwn_sha1_result result;
	int descriptors = open_descriptors(), error;

	blank_out(out);
	errno = 0;
	watching = true;
	result = mwn_sha1_file_base36(path, out);
	watching = false;
	error = errno;
	CHECK(world.blocks == 0);
	CHECK(world.contexts == 0);
	CHECK(open_descriptors() == descriptors);
	errno = error;
	return result;
}

static void clear_world(void)
{
	memset(&world, 0, sizeof(world));
}

/* Big enough for the allocated block and several reads, the last one short. */
#define LARGE 300000
static unsigned char *large_bytes;
static char large_digest[MWN_SHA1_BASE36_LENGTH + 1];

static void make_large(void)
{
	sample_file("large", large_bytes, LARGE);
}

/* Fails each of the calls of a kind in turn, and once all later ones succeed. */
static void fail_each(enum call call, mwn_sha1_result expected, int error)
{
	char out[SAMPLE_OUT];
	int made;

	clear_world();
	CHECK(watched("large", out) == MWN_SHA1_OK);
	CHECK(is_digest(out, large_digest));
	made = world.made[call];
	CHECK(made > 0);
	for (int nth = 1; nth <= made; nth++) {
		ABOUT("call %d of %d to %s", nth, made, call_names[call]);
		clear_world();
		world.failing[call] = nth;
		world.error[call] = error;
		CHECK(watched("large", out) == expected);
		CHECK(world.made[call] == nth);
		CHECK(is_blank_from(out, 0));
		if (expected == MWN_SHA1_UNREADABLE) {
			CHECK(errno == error);
		}
	}
}

static void faults(void)
{
	char out[SAMPLE_OUT];

	RULE("without faults nothing is left behind");
	clear_world();
	CHECK(watched("large", out) == MWN_SHA1_OK);
	CHECK(is_digest(out, large_digest));
	for (int call = 0; call < CALLS; call++) {
		ABOUT("%s", call_names[call]);
		CHECK(world.made[call] > 0);
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
	RULE("each malloc() fails: no memory");
	fail_each(MALLOC, MWN_SHA1_NO_MEMORY, ENOMEM);
	RULE("the digest cannot be ended: no memory");
	fail_each(FINAL, MWN_SHA1_NO_MEMORY, 0);

	RULE("each update of the digest fails: an error, and nothing is written");
	for (int nth = 1; nth <= 3; nth++) {
		clear_world();
		world.failing[UPDATE] = nth;
		CHECK(watched("large", out) != MWN_SHA1_OK);
		CHECK(world.made[UPDATE] == nth);
		CHECK(is_blank_from(out, 0));
	}

	RULE("close() fails after all was read: the digest is good");
	clear_world();
	world.failing[CLOSE] = 1;
	world.error[CLOSE] = EIO;
	CHECK(watched("large", out) == MWN_SHA1_OK);
	CHECK(is_digest(out, large_digest));

	RULE("errno tells why the file was unreadable, also when close() fails then");
	clear_world();
	world.failing[READ] = world.failing[CLOSE] = 1;
	world.error[READ] = EISDIR;
	world.error[CLOSE] = EINTR;
	CHECK(watched("large", out) == MWN_SHA1_UNREADABLE);
	CHECK(errno == EISDIR);
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
#define SHRUNK 140000

static ssize_t shrinking(int file, size_t size)
{
	(void)file;
	if (world.made[READ] == 2) {
		MUST(truncate("large", SHRUNK) == 0);
	}
	return (ssize_t)size;
}

static ssize_t vanishing(int file, size_t size)
{
	(void)file;
	if (world.made[READ] == 1) {
		MUST(truncate("large", 0) == 0 && unlink("large") == 0);
	}
	return (ssize_t)size;
}

static ssize_t growing(int file, size_t size)
{
	(void)file;
	if (world.made[READ] == 2) {
		sample_file("small", large_bytes, LARGE);
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

static void reads(void)
{
	char out[SAMPLE_OUT];

	RULE("short reads do not end the file");
	sample_file("small", large_bytes, 8000);
	check_read("small", one_byte, large_bytes, 8000);
	check_read("small", any_length, large_bytes, 8000);
	check_read("large", any_length, large_bytes, LARGE);

	RULE("interrupted reads go on");
	check_read("small", interrupted_twice, large_bytes, 8000);
	check_read("large", interrupted_twice, large_bytes, LARGE);
	CHECK(world.made[READ] == 12);
	check_read("large", interrupted_often, large_bytes, LARGE);

	RULE("an error after interruptions is still an error");
	clear_world();
	world.on_read = interrupted_then_broken;
	CHECK(watched("large", out) == MWN_SHA1_UNREADABLE);
	CHECK(errno == EIO);
	CHECK(is_blank_from(out, 0));

	RULE("a file that shrinks, grows or goes while it is read is hashed by what was read");
	check_read("large", shrinking, large_bytes, SHRUNK);
	make_large();
	check_read("large", vanishing, "", 0);
	make_large();
	check_read("small", growing, large_bytes, LARGE);
}

static void memory(void)
{
	char out[SAMPLE_OUT];

	RULE("a file of up to 8 KiB is hashed without an allocation");
	sample_file("small", large_bytes, 8192);
	clear_world();
	CHECK(watched("small", out) == MWN_SHA1_OK);
	CHECK(world.made[MALLOC] == 0);

	RULE("a file of any size takes the same memory");
	sample_file("big", large_bytes, 8193);
	MUST(truncate("big", 64 * 1024 * 1024) == 0);
	clear_world();
	CHECK(watched("big", out) == MWN_SHA1_OK);
	CHECK(world.made[MALLOC] == 1);
	CHECK(world.allocated <= 128 * 1024);
	/* And the block is used: not 8192 reads of 8 KiB. */
	CHECK(world.made[READ] <= 520);

	RULE("a program that is started meanwhile does not get the descriptor");
	CHECK(world.close_on_exec);
}

int main(int count, char **arguments)
{
	MUST(count == 2 && chdir(arguments[1]) == 0);
	large_bytes = sample_bytes(LARGE, 11);
	expected_digest(large_bytes, LARGE, large_digest);
	make_large();
	faults();
	reads();
	memory();
	free(large_bytes);
	return check_report("test_sha1_faults");
}
