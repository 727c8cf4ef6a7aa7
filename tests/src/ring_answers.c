/*
 * What src/hash_ring answers, for ring_host.php to compare.
 *
 *	location LABEL     one more location for the next ring: how many it has now
 *	ring WEIGHT MASK   the ring of those locations: how many; "-" when there is no ring
 *	locate KEY LIMIT   on that ring: indexes, parted by spaces
 *
 * WEIGHT, MASK and LIMIT are decimal numbers. The mask (0: all bits) is put over every 32 bits of
 * a SHA-1 digest, so that few locations collide as often as a great many do. The linker puts the
 * __wrap_ function below in the place of OpenSSL's for that.
 */
#include "question.h"

#include "src/hash_ring.h"

#include <stdint.h>

#include <openssl/evp.h>

#define SHA1_BYTES 20

static mwn_ring_location *locations;
static size_t location_count;
static mwn_hash_ring *ring;
static size_t ring_size;
static uint32_t mask;

int __real_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length);

int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *length)
{
	bool masked = mask && EVP_MD_CTX_size(context) == SHA1_BYTES;
	int result = __real_EVP_DigestFinal_ex(context, digest, length);

	for (int i = 0; masked && i < SHA1_BYTES; i++) {
		digest[i] &= (unsigned char)(mask >> i % 4 * 8);
	}
	return result;
}

static unsigned long number(mwn_text text)
{
	char digits[24], *end;
	unsigned long value;

	MUST(text.length > 0 && text.length < sizeof(digits));
	memcpy(digits, text.bytes, text.length);
	digits[text.length] = '\0';
	value = strtoul(digits, &end, 10);
	MUST(*end == '\0');
	return value;
}

static void add_location(mwn_text label)
{
	char *copy = malloc(label.length ? label.length : 1);

	locations = realloc(locations, (location_count + 1) * sizeof(*locations));
	MUST(locations && copy);
	memcpy(copy, label.bytes, label.length);
	locations[location_count++] = (mwn_ring_location){copy, label.length};
	printf("%zu\n", location_count);
}

static void build_ring(int weight)
{
	mwn_hash_ring_free(ring);
	ring = mwn_hash_ring_new(locations, location_count, weight);
	if (ring) {
		printf("%zu\n", location_count);
	} else {
		puts("-");
	}
	ring_size = location_count;
	while (location_count > 0) {
		free((char *)locations[--location_count].label);
	}
}

static void locate(mwn_text key, size_t limit)
{
	/* Of exactly the length that the ring may fill. */
	size_t most = limit < ring_size ? limit : ring_size, *indexes = malloc(most ? most * sizeof(*indexes) : 1), count;

	MUST(ring && indexes);
	count = mwn_hash_ring_locate(ring, key.bytes, key.length, indexes, limit);
	MUST(count <= most);
	for (size_t i = 0; i < count; i++) {
		printf(i ? " %zu" : "%zu", indexes[i]);
	}
	putchar('\n');
	free(indexes);
}

static void answer(const char *question, const mwn_text *texts)
{
	if (strcmp(question, "location") == 0) {
		add_location(texts[0]);
	} else if (strcmp(question, "ring") == 0) {
		mask = (uint32_t)number(texts[1]);
		build_ring((int)number(texts[0]));
	} else if (strcmp(question, "locate") == 0) {
		locate(texts[0], number(texts[1]));
	} else {
		MUST(!"a question that is known");
	}
}

int main(void)
{
	answer_all(answer);
	mwn_hash_ring_free(ring);
	free(locations);
	return 0;
}
