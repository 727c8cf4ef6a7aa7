/* Locations to build rings of. */
#ifndef MWNATIVE_RING_SAMPLE_H
#define MWNATIVE_RING_SAMPLE_H

#include "check.h"

#include "src/hash_ring.h"

#include <string.h>

#define SAMPLE_MOST 60

/* "redis0", "redis1" and so on. */
static mwn_ring_location sample[SAMPLE_MOST];

static inline mwn_ring_location location(const char *label)
{
	return (mwn_ring_location){label, strlen(label)};
}

static inline void make_sample(void)
{
	static char labels[SAMPLE_MOST][32];

	for (int i = 0; i < SAMPLE_MOST; i++) {
		snprintf(labels[i], sizeof(labels[i]), "redis%d", i);
		sample[i] = location(labels[i]);
	}
}

static inline mwn_hash_ring *ring_of(const mwn_ring_location *locations, size_t count)
{
	mwn_hash_ring *ring = mwn_hash_ring_new(locations, count, 10);

	MUST(ring);
	return ring;
}

#endif
