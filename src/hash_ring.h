/*
 * Which servers hold a key: the placement of the host's HashRing (algorithm SHA-1, every
 * location of the same weight) and of ArrayUtils::consistentHashSort().
 *
 * Placement is shared with PHP workers that use the host's own classes, so it follows them to the
 * last bit, the arithmetic of their weights and what they do with equal positions included. One
 * thing cannot be followed: among thousands of locations, two collisions can make the host remove
 * a node that had no part in them, and it throws. Here every collision ends as the host means it
 * to end: the node whose name is last keeps the position.
 *
 * A ring does not change once it is built: any number of threads may use it.
 */
#ifndef MWNATIVE_HASH_RING_H
#define MWNATIVE_HASH_RING_H

#include <stddef.h>

typedef struct mwn_hash_ring mwn_hash_ring;

/* A location: the label of a server, as text. It may be empty and may hold any byte. */
typedef struct {
	const char *label;
	size_t length;
} mwn_ring_location;

/*
 * Builds the ring of these locations, whose labels differ; `weight` is what the host gives each of
 * them (above 0). The labels are copied.
 *
 * NULL when memory or OpenSSL fails, when there is no location (or more than a million), or when the
 * weight is not above 0. The ring is the caller's, who gives it to mwn_hash_ring_free().
 */
mwn_hash_ring *mwn_hash_ring_new(const mwn_ring_location *locations, size_t count, int weight);

/* Accepts NULL. */
void mwn_hash_ring_free(mwn_hash_ring *ring);

/*
 * The first `limit` locations for a key, in the order in which the host tries them: found
 * clockwise on the ring, then sorted by the MD5 of label and key. Writes the indexes that the
 * locations had in mwn_hash_ring_new() and returns how many: the smaller of `limit` and the number
 * of locations on the ring.
 *
 * 0 when OpenSSL fails, or memory, which is only needed for more than 8 locations; `indexes` may
 * have been written to then.
 */
size_t mwn_hash_ring_locate(const mwn_hash_ring *ring, const char *key, size_t length, size_t *indexes, size_t limit);

#endif
