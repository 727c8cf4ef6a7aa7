#include "hash_ring.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

/* The host's numbers: the digests of a location of average weight, and the positions in one. */
#define DIGESTS_PER_LOCATION 40
#define POSITIONS_PER_DIGEST 4
/* Keeps the size of the nodes within 32 bits. */
#define MOST_LOCATIONS ((size_t)1 << 20)
#define MD5_BYTES 16
/* Up to this limit a key is located without an allocation. */
#define FEW_LOCATIONS 8

typedef struct {
	uint32_t position;
	uint32_t location;
	uint32_t number; /* among the nodes of its location */
} ring_node;

struct mwn_hash_ring {
	/* By position, of which no two are the same. */
	ring_node *nodes;
	size_t node_count;
	/* By the caller's index; a NUL follows each label. */
	mwn_ring_location *locations;
	size_t location_count;
	char *labels;
};

/* Locations in the order of their digests. */
typedef struct {
	size_t *indexes;
	unsigned char (*digests)[MD5_BYTES];
	size_t count;
} found_locations;

/* Of two texts as if they were one. */
static bool hash_texts(EVP_MD_CTX *context, const EVP_MD *type, const char *first, size_t first_length,
	const char *second, size_t second_length, unsigned char out[EVP_MAX_MD_SIZE])
{
	return EVP_DigestInit_ex(context, type, NULL)
		&& EVP_DigestUpdate(context, first, first_length)
		&& EVP_DigestUpdate(context, second, second_length)
		&& EVP_DigestFinal_ex(context, out, NULL);
}

static uint32_t read_position(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The host multiplies a rounded ratio and cuts off the fraction: in rings of some sizes (7 is the
 * first) every location has one digest less than it should. */
static uint32_t digests_per_location(size_t count, int weight)
{
	double ratio = (double)weight / (double)((int64_t)weight * (int64_t)count);

	return (uint32_t)(ratio * DIGESTS_PER_LOCATION * (double)count);
}

static bool place_location(mwn_hash_ring *ring, uint32_t location, uint32_t digests, EVP_MD_CTX *context)
{
	const mwn_ring_location *label = &ring->locations[location];
	unsigned char bytes[EVP_MAX_MD_SIZE];
	char suffix[16];

	for (uint32_t i = 0; i < digests; i++) {
		int length = snprintf(suffix, sizeof(suffix), "-%" PRIu32, i);
		if (!hash_texts(context, EVP_sha1(), label->label, label->length, suffix, (size_t)length, bytes)) {
			return false;
		}
		for (uint32_t j = 0; j < POSITIONS_PER_DIGEST; j++) {
			ring->nodes[ring->node_count++] = (ring_node){
				read_position(bytes + 4 * j), location, i * POSITIONS_PER_DIGEST + j,
			};
		}
	}
	return true;
}

static int compare_positions(const void *a, const void *b)
{
	uint32_t position = ((const ring_node *)a)->position, other = ((const ring_node *)b)->position;

	return (position > other) - (position < other);
}

/* Is a node's name, "<number>@<label>", behind the other's? PHP compares such names as text: the
 * "@" keeps them from ever being numbers to it. */
static bool is_named_behind(const ring_node *node, const ring_node *other, const mwn_ring_location *locations)
{
	const mwn_ring_location *label = &locations[node->location], *other_label = &locations[other->location];
	size_t shorter = label->length < other_label->length ? label->length : other_label->length;
	char number[16], other_number[16];
	int order;

	snprintf(number, sizeof(number), "%" PRIu32 "@", node->number);
	snprintf(other_number, sizeof(other_number), "%" PRIu32 "@", other->number);
	order = strcmp(number, other_number);
	if (order == 0) {
		order = memcmp(label->label, other_label->label, shorter);
	}
	return order > 0 || (order == 0 && label->length > other_label->length);
}

/*
 * Leaves one node at each position, the one with the last name.
 *
 * The host removes a node by an index that is too low once it has removed another, so it can take
 * away the wrong node. That never makes a ring of another shape: of the nodes that it failed to
 * remove, the youngest stays to the end, because only the index of a still younger one could hit
 * it; and so the host throws.
 */
static void settle_collisions(mwn_hash_ring *ring)
{
	size_t kept = 0;

	for (size_t i = 1; i < ring->node_count; i++) {
		const ring_node *node = &ring->nodes[i];
		if (node->position != ring->nodes[kept].position) {
			kept++;
		} else if (!is_named_behind(node, &ring->nodes[kept], ring->locations)) {
			continue;
		}
		ring->nodes[kept] = *node;
	}
	ring->node_count = kept + 1;
}

static bool place_all(mwn_hash_ring *ring, uint32_t digests)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool placed = context != NULL;

	for (uint32_t i = 0; placed && i < ring->location_count; i++) {
		placed = place_location(ring, i, digests, context);
	}
	EVP_MD_CTX_free(context);
	if (placed) {
		qsort(ring->nodes, ring->node_count, sizeof(*ring->nodes), compare_positions);
		settle_collisions(ring);
	}
	return placed;
}

static bool copy_locations(mwn_hash_ring *ring, const mwn_ring_location *locations, size_t count)
{
	size_t bytes = 0;
	char *end;

	for (size_t i = 0; i < count; i++) {
		bytes += locations[i].length + 1;
	}
	ring->locations = malloc(count * sizeof(*ring->locations));
	ring->labels = end = malloc(bytes);
	if (!ring->locations || !ring->labels) {
		return false;
	}
	for (; ring->location_count < count; ring->location_count++) {
		mwn_ring_location from = locations[ring->location_count];
		memcpy(end, from.label, from.length);
		end[from.length] = '\0';
		ring->locations[ring->location_count] = (mwn_ring_location){end, from.length};
		end += from.length + 1;
	}
	return true;
}

mwn_hash_ring *mwn_hash_ring_new(const mwn_ring_location *locations, size_t count, int weight)
{
	mwn_hash_ring *ring;
	uint32_t digests;

	if (count == 0 || count > MOST_LOCATIONS || weight <= 0) {
		return NULL;
	}
	ring = calloc(1, sizeof(*ring));
	if (!ring) {
		return NULL;
	}
	digests = digests_per_location(count, weight);
	ring->nodes = malloc(count * digests * POSITIONS_PER_DIGEST * sizeof(*ring->nodes));
	if (!ring->nodes || !copy_locations(ring, locations, count) || !place_all(ring, digests)) {
		mwn_hash_ring_free(ring);
		return NULL;
	}
	return ring;
}

void mwn_hash_ring_free(mwn_hash_ring *ring)
{
	if (!ring) {
		return;
	}
	free(ring->nodes);
	free(ring->locations);
	free(ring->labels);
	free(ring);
}

/* The index of the first node at or behind the position; behind the last one is the first again. */
static size_t find_node(const mwn_hash_ring *ring, uint32_t position)
{
	size_t low = 0, high = ring->node_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ring->nodes[middle].position < position) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < ring->node_count ? low : 0;
}

static bool is_among(const found_locations *found, uint32_t location)
{
	for (size_t i = 0; i < found->count; i++) {
		if (found->indexes[i] == location) {
			return true;
		}
	}
	return false;
}

static void insert_sorted(found_locations *found, uint32_t location, const unsigned char digest[MD5_BYTES])
{
	size_t at = found->count++;

	while (at > 0 && memcmp(found->digests[at - 1], digest, MD5_BYTES) > 0) {
		memcpy(found->digests[at], found->digests[at - 1], MD5_BYTES);
		found->indexes[at] = found->indexes[at - 1];
		at--;
	}
	memcpy(found->digests[at], digest, MD5_BYTES);
	found->indexes[at] = location;
}

static bool find_locations(const mwn_hash_ring *ring, const char *key, size_t length, found_locations *found,
	size_t wanted, EVP_MD_CTX *context)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	size_t node;

	if (!hash_texts(context, EVP_sha1(), key, length, "", 0, bytes)) {
		return false;
	}
	node = find_node(ring, read_position(bytes));
	for (size_t passed = 0; found->count < wanted && passed < ring->node_count; passed++) {
		uint32_t index = ring->nodes[node].location;
		const mwn_ring_location *location = &ring->locations[index];
		if (!is_among(found, index)) {
			/* The NUL behind the label belongs to what the host hashes. */
			if (!hash_texts(context, EVP_md5(), location->label, location->length + 1, key, length, bytes)) {
				return false;
			}
			insert_sorted(found, index, bytes);
		}
		node = node + 1 < ring->node_count ? node + 1 : 0;
	}
	return true;
}

size_t mwn_hash_ring_locate(const mwn_hash_ring *ring, const char *key, size_t length, size_t *indexes, size_t limit)
{
	unsigned char few[FEW_LOCATIONS][MD5_BYTES], (*many)[MD5_BYTES] = NULL;
	found_locations found = {.indexes = indexes, .digests = few};
	size_t wanted = limit < ring->location_count ? limit : ring->location_count;
	EVP_MD_CTX *context;

	if (wanted == 0) {
		return 0;
	}
	if (ring->location_count == 1) {
		indexes[0] = 0;
		return 1;
	}
	if (wanted > FEW_LOCATIONS) {
		found.digests = many = malloc(wanted * sizeof(*many));
		if (!many) {
			return 0;
		}
	}
	context = EVP_MD_CTX_new();
	if (!context || !find_locations(ring, key, length, &found, wanted, context)) {
		found.count = 0;
	}
	EVP_MD_CTX_free(context);
	free(many);
	return found.count;
}
