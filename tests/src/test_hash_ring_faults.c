/*
 * src/hash_ring when memory or OpenSSL fails it: every call it makes, each time it makes it.
 *
 * The linker puts the __wrap_ functions below in the place of the real ones (the run script names
 * them); they count, fail when told so, and note what is given back. Only what src/hash_ring.c
 * calls itself is seen: libcrypto's own calls are not.
 */
#include "ring_sample.h"

#include <openssl/evp.h>

enum call {
	MALLOC, CALLOC, CONTEXT_NEW, INIT, UPDATE, FINAL,
	CALLS
};

static const char *const call_names[CALLS] = {
	"malloc", "calloc", "EVP_MD_CTX_new", "EVP_DigestInit_ex", "EVP_DigestUpdate", "EVP_DigestFinal_ex",
};

/* Is src/hash_ring at work? Otherwise the wrappers only pass on. */
static bool watching;
static struct {
	int made[CALLS];
	int failing[CALLS]; /* the how manieth call fails; 0: none */
	int blocks, contexts; /* not given back yet */
} world;

static bool fails(enum call call)
{
	return watching && ++world.made[call] == world.failing[call];
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void __real_free(void *block);
EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
void __real_EVP_MD_CTX_free(EVP_MD_CTX *context);
int __real_EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type, ENGINE *engine);
int __real_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t length);
int __real_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *block);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
void __wrap_EVP_MD_CTX_free(EVP_MD_CTX *context);
int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t length);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length);

void *__wrap_malloc(size_t size)
{
	if (fails(MALLOC)) {
		return NULL;
	}
	world.blocks += watching;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	if (fails(CALLOC)) {
		return NULL;
	}
	world.blocks += watching;
	return __real_calloc(count, size);
}

void __wrap_free(void *block)
{
	if (watching && block) {
		world.blocks--;
	}
	__real_free(block);
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
	if (watching && context) {
		world.contexts--;
	}
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

static mwn_hash_ring *watched_new(const mwn_ring_location *locations, size_t count)
{
	mwn_hash_ring *ring;

	watching = true;
	ring = mwn_hash_ring_new(locations, count, 10);
	watching = false;
	return ring;
}

static void watched_free(mwn_hash_ring *ring)
{
	watching = true;
	mwn_hash_ring_free(ring);
	watching = false;
}

static size_t watched_locate(const mwn_hash_ring *ring, const char *key, size_t *indexes, size_t limit)
{
	size_t count;

	watching = true;
	count = mwn_hash_ring_locate(ring, key, strlen(key), indexes, limit);
	watching = false;
	return count;
}

static void clear_world(void)
{
	memset(&world, 0, sizeof(world));
}

/* Fails each call of a kind that building a ring of three makes, in turn. */
static void fail_each_new(enum call call)
{
	int made;

	clear_world();
	watched_free(watched_new(sample, 3));
	CHECK(world.blocks == 0 && world.contexts == 0);
	made = world.made[call];
	CHECK(made > 0);
	for (int nth = 1; nth <= made; nth++) {
		ABOUT("call %d of %d to %s", nth, made, call_names[call]);
		clear_world();
		world.failing[call] = nth;
		CHECK(!watched_new(sample, 3));
		CHECK(world.made[call] >= nth);
		CHECK(world.blocks == 0 && world.contexts == 0);
	}
}

/* The same for locating. */
static void fail_each_locate(enum call call, size_t limit)
{
	mwn_hash_ring *ring = ring_of(sample, 12);
	size_t indexes[12];
	int made;

	clear_world();
	CHECK(watched_locate(ring, "key", indexes, limit) == limit);
	CHECK(world.blocks == 0 && world.contexts == 0);
	made = world.made[call];
	CHECK(made > 0);
	for (int nth = 1; nth <= made; nth++) {
		ABOUT("call %d of %d to %s", nth, made, call_names[call]);
		clear_world();
		world.failing[call] = nth;
		CHECK(watched_locate(ring, "key", indexes, limit) == 0);
		CHECK(world.made[call] == nth);
		CHECK(world.blocks == 0 && world.contexts == 0);
	}
	mwn_hash_ring_free(ring);
}

static void faults(void)
{
	RULE("each malloc() and calloc() fails: no ring, and nothing is left behind");
	fail_each_new(MALLOC);
	fail_each_new(CALLOC);
	RULE("no digest context can be allocated: no ring");
	fail_each_new(CONTEXT_NEW);
	RULE("each digest cannot be begun, fed or ended: no ring");
	fail_each_new(INIT);
	fail_each_new(UPDATE);
	fail_each_new(FINAL);

	RULE("the allocation for more than eight locations fails: no location");
	fail_each_locate(MALLOC, 9);
	RULE("OpenSSL fails: no location");
	for (size_t limit = 3; limit <= 9; limit += 6) {
		fail_each_locate(CONTEXT_NEW, limit);
		fail_each_locate(INIT, limit);
		fail_each_locate(UPDATE, limit);
		fail_each_locate(FINAL, limit);
	}
}

static void costs(void)
{
	size_t indexes[12];
	mwn_hash_ring *ring;

	RULE("up to eight locations are found without an allocation, and more with one");
	ring = ring_of(sample, 12);
	for (size_t limit = 1; limit <= 12; limit++) {
		clear_world();
		ABOUT("%zu locations", limit);
		CHECK(watched_locate(ring, "key", indexes, limit) == limit);
		CHECK(world.made[CALLOC] == 0 && world.made[MALLOC] == (limit > 8));
	}
	mwn_hash_ring_free(ring);

	RULE("nothing is hashed when there is only one location");
	ring = ring_of(sample, 1);
	clear_world();
	CHECK(watched_locate(ring, "key", indexes, 3) == 1);
	for (int call = 0; call < CALLS; call++) {
		ABOUT("%s", call_names[call]);
		CHECK(world.made[call] == 0);
	}
	mwn_hash_ring_free(ring);
}

int main(void)
{
	make_sample();
	faults();
	costs();
	return check_report("test_hash_ring_faults");
}
