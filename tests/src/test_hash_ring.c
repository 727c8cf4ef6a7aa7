/*
 * src/hash_ring, whose failures are in test_hash_ring_faults.c. What the host makes of the same
 * labels and keys is compared in ring_host.php.
 *
 * The linker puts the __wrap_ function below in the place of OpenSSL's (the run script names it),
 * to put all nodes of a ring at a few positions.
 */
#include "ring_sample.h"

#include <pthread.h>
#include <stdint.h>

#include <openssl/evp.h>

#define SHA1_BYTES 20
#define UNTOUCHED ((size_t)-2)

/* Of each byte of a SHA-1 digest, and so of each position, only these bits are left. */
static unsigned char left_bits = 0xff;

int __real_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length);

int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length)
{
	bool is_sha1 = EVP_MD_CTX_size(context) == SHA1_BYTES;
	int result = __real_EVP_DigestFinal_ex(context, digest, length);

	for (int i = 0; is_sha1 && i < SHA1_BYTES; i++) {
		digest[i] &= left_bits;
	}
	return result;
}

/* In a block of its own without a NUL behind it, so that the sanitizer sees a byte read too far. */
static char *key_block(unsigned number, size_t *length)
{
	char text[40], *block;

	*length = (size_t)snprintf(text, sizeof(text), "enwiki:pcache:idhash:%u", number);
	block = malloc(*length);
	MUST(block);
	memcpy(block, text, *length);
	return block;
}

static size_t locate_number(const mwn_hash_ring *ring, unsigned number, size_t *indexes, size_t limit)
{
	size_t length, count;
	char *key = key_block(number, &length);

	count = mwn_hash_ring_locate(ring, key, length, indexes, limit);
	free(key);
	return count;
}

static void known_placements(void)
{
	static const char *const servers[] = {
		"rdb1001:6379", "rdb1002:6379", "rdb1003:6379", "rdb1004:6379", "rdb1005:6379",
	};
	static const char *const numbers[] = {"1", "2", "3", "4", "5", "6", "7"};
	static const struct {
		const char *key;
		size_t length, among_servers[3], among_numbers[3];
	} known[] = {
		{"", 0, {3, 4, 2}, {2, 5, 3}},
		{"a", 1, {2, 0, 3}, {5, 4, 2}},
		{"a\0b", 3, {2, 3, 4}, {6, 5, 0}},
		{"\xc3\xa9", 2, {0, 1, 2}, {0, 2, 4}},
		{"enwiki:pcache:idhash:1-0!canonical", 34, {1, 4, 0}, {4, 5, 6}},
		{"nowait:enwiki:FileRender:A.jpg", 30, {4, 3, 1}, {2, 6, 0}},
	};
	static const size_t all[12] = {0, 6, 8, 2, 10, 9, 3, 1, 7, 11, 5, 4};
	mwn_ring_location locations[7];
	mwn_hash_ring *ring;
	size_t indexes[12];

	RULE("keys are placed as the host was seen to place them");
	for (int i = 0; i < 5; i++) {
		locations[i] = location(servers[i]);
	}
	ring = ring_of(locations, 5);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		ABOUT("%s", known[i].key);
		CHECK(mwn_hash_ring_locate(ring, known[i].key, known[i].length, indexes, 3) == 3);
		CHECK(memcmp(indexes, known[i].among_servers, sizeof(known[i].among_servers)) == 0);
	}
	mwn_hash_ring_free(ring);
	for (int i = 0; i < 7; i++) {
		locations[i] = location(numbers[i]);
	}
	ring = ring_of(locations, 7);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		ABOUT("%s", known[i].key);
		CHECK(mwn_hash_ring_locate(ring, known[i].key, known[i].length, indexes, 3) == 3);
		CHECK(memcmp(indexes, known[i].among_numbers, sizeof(known[i].among_numbers)) == 0);
	}
	mwn_hash_ring_free(ring);
	ring = ring_of(sample, 12);
	ABOUT("all of twelve");
	CHECK(mwn_hash_ring_locate(ring, "", 0, indexes, 12) == 12);
	CHECK(memcmp(indexes, all, sizeof(all)) == 0);
	mwn_hash_ring_free(ring);
}

static void limits(void)
{
	static const size_t sizes[] = {1, 2, 3, 7, 8, 9, 20, SAMPLE_MOST};
	size_t indexes[SAMPLE_MOST + 4];

	RULE("as many locations are found as wanted and there, none twice, and nothing is written behind them");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		mwn_hash_ring *ring = ring_of(sample, sizes[i]);
		for (size_t limit = 0; limit <= sizes[i] + 2; limit++) {
			bool seen[SAMPLE_MOST] = {false};
			size_t expected = limit < sizes[i] ? limit : sizes[i];
			ABOUT("%zu of %zu", limit, sizes[i]);
			for (size_t j = 0; j < SAMPLE_MOST + 4; j++) {
				indexes[j] = UNTOUCHED;
			}
			CHECK(locate_number(ring, (unsigned)limit, indexes, limit) == expected);
			for (size_t j = 0; j < expected; j++) {
				if (CHECK(indexes[j] < sizes[i])) {
					CHECK(!seen[indexes[j]]);
					seen[indexes[j]] = true;
				}
			}
			CHECK(indexes[expected] == UNTOUCHED);
		}
		CHECK(locate_number(ring, 1, indexes, SIZE_MAX) == sizes[i]);
		mwn_hash_ring_free(ring);
	}

	RULE("a higher limit adds one location and keeps the order of the others");
	for (unsigned number = 0; number < 50; number++) {
		mwn_hash_ring *ring = ring_of(sample, 12);
		size_t fewer[12] = {0};
		for (size_t limit = 1; limit <= 12; limit++) {
			size_t same = 0;
			ABOUT("%zu for key %u", limit, number);
			CHECK(locate_number(ring, number, indexes, limit) == limit);
			for (size_t i = 0; i < limit; i++) {
				same += same < limit - 1 && indexes[i] == fewer[same];
			}
			CHECK(same == limit - 1);
			memcpy(fewer, indexes, sizeof(fewer));
		}
		mwn_hash_ring_free(ring);
	}

	RULE("the only location has every key");
	mwn_hash_ring *only = ring_of(sample, 1);
	for (unsigned number = 0; number < 20; number++) {
		indexes[0] = UNTOUCHED;
		CHECK(locate_number(only, number, indexes, 3) == 1);
		CHECK(indexes[0] == 0);
	}
	mwn_hash_ring_free(only);

	RULE("there is no ring without a location, of more than a million, or of a weight that is not above 0");
	CHECK(!mwn_hash_ring_new(sample, 0, 10));
	CHECK(!mwn_hash_ring_new(NULL, 0, 10));
	CHECK(!mwn_hash_ring_new(sample, ((size_t)1 << 20) + 1, 10));
	CHECK(!mwn_hash_ring_new(sample, SIZE_MAX, 10));
	CHECK(!mwn_hash_ring_new(sample, 3, 0));
	CHECK(!mwn_hash_ring_new(sample, 3, -1));

	RULE("no ring can be freed");
	mwn_hash_ring_free(NULL);
	CHECK(true);
}

/* Are three locations of many keys the same on both rings, when the second ring's indexes are
 * translated (NULL: not at all)? */
static bool is_same_ring(const mwn_hash_ring *ring, const mwn_hash_ring *other, const size_t *translated)
{
	size_t indexes[3], others[3];

	for (unsigned number = 0; number < 500; number++) {
		MUST(locate_number(ring, number, indexes, 3) == 3 && locate_number(other, number, others, 3) == 3);
		for (int i = 0; i < 3; i++) {
			if (indexes[i] != (translated ? translated[others[i]] : others[i])) {
				return false;
			}
		}
	}
	return true;
}

static void labels_and_weights(void)
{
	static const int weights[] = {1, 2, 3, 7, 10, 1000000007, INT32_MAX};
	mwn_hash_ring *ring, *other;
	size_t translated[12], indexes[3];

	RULE("the weight is the same for all, so it changes nothing");
	for (size_t size = 3; size <= SAMPLE_MOST; size++) {
		ring = ring_of(sample, size);
		for (size_t i = 0; i < sizeof(weights) / sizeof(*weights); i++) {
			other = mwn_hash_ring_new(sample, size, weights[i]);
			ABOUT("%zu locations of %d", size, weights[i]);
			MUST(other);
			CHECK(is_same_ring(ring, other, NULL));
			mwn_hash_ring_free(other);
		}
		mwn_hash_ring_free(ring);
	}

	RULE("labels are copied");
	char labels[5][8];
	mwn_ring_location locations[12];
	ring = ring_of(sample, 5);
	for (size_t i = 0; i < 5; i++) {
		memcpy(labels[i], sample[i].label, sample[i].length);
		locations[i] = (mwn_ring_location){labels[i], sample[i].length};
	}
	other = ring_of(locations, 5);
	memset(labels, '~', sizeof(labels));
	memset(locations, 0, sizeof(locations));
	CHECK(is_same_ring(ring, other, NULL));
	mwn_hash_ring_free(other);
	mwn_hash_ring_free(ring);

	RULE("the order of the locations changes their indexes and nothing else");
	for (size_t i = 0; i < 12; i++) {
		translated[i] = i * 5 % 12;
		locations[i] = sample[translated[i]];
	}
	ring = ring_of(sample, 12);
	other = ring_of(locations, 12);
	CHECK(is_same_ring(ring, other, translated));
	mwn_hash_ring_free(other);
	mwn_hash_ring_free(ring);

	RULE("a location that is taken away leaves only its own keys to others, who share them");
	unsigned moved[4] = {0};
	ring = ring_of(sample, 5);
	other = ring_of(sample, 4);
	for (unsigned number = 0; number < 2000; number++) {
		size_t before, after;
		ABOUT("key %u", number);
		CHECK(locate_number(ring, number, &before, 1) == 1 && locate_number(other, number, &after, 1) == 1);
		CHECK(before == 4 || before == after);
		if (before == 4 && CHECK(after < 4)) {
			moved[after]++;
		}
	}
	for (int i = 0; i < 4; i++) {
		ABOUT("%u keys moved to %d", moved[i], i);
		CHECK(moved[i] > 30);
	}
	mwn_hash_ring_free(other);
	mwn_hash_ring_free(ring);

	RULE("labels and keys may be empty and of any bytes");
	ring = ring_of((mwn_ring_location[]){{"", 0}, {"\0", 1}, {"\0\0", 2}, {"\xff\n", 2}}, 4);
	CHECK(mwn_hash_ring_locate(ring, "", 0, indexes, 3) == 3);
	CHECK(mwn_hash_ring_locate(ring, "\0\xff\n", 3, indexes, 3) == 3);
	mwn_hash_ring_free(ring);
}

static void check_last(const char *label, size_t length, const char *last, size_t last_length)
{
	mwn_ring_location locations[2] = {{label, length}, {last, last_length}};
	size_t indexes[2];

	for (int i = 0; i < 2; i++) {
		mwn_hash_ring *ring = ring_of(locations, 2);
		ABOUT("%.20s and %.20s", locations[0].label, locations[1].label);
		for (unsigned number = 0; number < 20; number++) {
			CHECK(locate_number(ring, number, indexes, 2) == 1);
			CHECK(indexes[0] == (i == 0));
		}
		mwn_hash_ring_free(ring);
		locations[1] = locations[0];
		locations[0] = (mwn_ring_location){last, last_length};
	}
}

static void collisions(void)
{
	size_t indexes[SAMPLE_MOST];
	mwn_hash_ring *ring;

	RULE("of nodes at one position the one stays whose name is last, byte by byte");
	left_bits = 0;
	check_last("a", 1, "b", 1);
	check_last("", 0, "a", 1);
	check_last("a", 1, "aa", 2);
	check_last("10", 2, "9", 1);
	check_last("1e1", 3, "9", 1);
	check_last("z", 1, "\xff", 1);
	check_last("a\0a", 3, "a\0b", 3);
	check_last("a", 1, "a\0", 2);

	RULE("with few positions, as many locations are found as have one");
	left_bits = 1;
	ring = ring_of(sample, SAMPLE_MOST);
	for (unsigned number = 0; number < 100; number++) {
		size_t count = locate_number(ring, number, indexes, SAMPLE_MOST);
		CHECK(count >= 1 && count <= 16);
		for (size_t i = 0; i < count; i++) {
			CHECK(indexes[i] < SAMPLE_MOST);
		}
	}
	mwn_hash_ring_free(ring);
	left_bits = 0xff;
}

#define THREADS 4

static void *locate_many(void *argument)
{
	const mwn_hash_ring *ring = argument;
	uintptr_t sum = 0;

	for (unsigned number = 0; number < 3000; number++) {
		size_t indexes[12], count = locate_number(ring, number, indexes, number % 13);
		for (size_t i = 0; i < count; i++) {
			sum = sum * 31 + indexes[i] + 1;
		}
	}
	return (void *)sum;
}

static void threads(void)
{
	mwn_hash_ring *ring = ring_of(sample, 12);
	void *expected = locate_many(ring);
	pthread_t ids[THREADS];

	RULE("several threads find the same on one ring");
	for (int i = 0; i < THREADS; i++) {
		MUST(pthread_create(&ids[i], NULL, locate_many, ring) == 0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *found;
		MUST(pthread_join(ids[i], &found) == 0);
		CHECK(found == expected);
	}
	mwn_hash_ring_free(ring);
}

int main(void)
{
	make_sample();
	known_placements();
	limits();
	labels_and_weights();
	collisions();
	threads();
	return check_report("test_hash_ring");
}
