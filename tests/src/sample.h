/* Bytes to hash, files that hold them, and their digests computed in another way. */
#ifndef MWNATIVE_SAMPLE_H
#define MWNATIVE_SAMPLE_H

#include "check.h"
#include "descriptors.h"

#include "src/sha1.h"

#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

/* Where a digest is written: room behind it shows a byte too many. */
#define SAMPLE_OUT 64

/* The same bytes for the same seed, on every machine. */
static inline unsigned char *sample_bytes(size_t length, uint32_t seed)
{
	unsigned char *bytes = malloc(length + 1);
	uint32_t state = seed * 2654435761u + 1;

	MUST(bytes);
	for (size_t i = 0; i < length; i++) {
		state = state * 1664525u + 1013904223u;
		bytes[i] = (unsigned char)(state >> 24);
	}
	return bytes;
}

/* In the current folder. */
static inline void sample_file(const char *name, const void *bytes, size_t length)
{
	FILE *file = fopen(name, "wb");

	MUST(file);
	MUST(fwrite(bytes, 1, length, file) == length);
	MUST(fclose(file) == 0);
}

/* Division by hand, a digit at a time. */
static inline void expected_base36(const unsigned char digest[MWN_SHA1_BYTES], char out[MWN_SHA1_BASE36_LENGTH + 1])
{
	unsigned char number[MWN_SHA1_BYTES];

	memcpy(number, digest, sizeof(number));
	for (int position = MWN_SHA1_BASE36_LENGTH - 1; position >= 0; position--) {
		unsigned remainder = 0;
		for (int i = 0; i < MWN_SHA1_BYTES; i++) {
			unsigned value = remainder * 256 + number[i];
			number[i] = (unsigned char)(value / 36);
			remainder = value % 36;
		}
		out[position] = (char)(remainder < 10 ? '0' + remainder : 'a' + remainder - 10);
	}
	out[MWN_SHA1_BASE36_LENGTH] = '\0';
}

/* Of bytes in memory, hashed in one call. */
static inline void expected_digest(const void *bytes, size_t length, char out[MWN_SHA1_BASE36_LENGTH + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	MUST(EVP_Digest(bytes, length, digest, NULL, EVP_sha1(), NULL));
	expected_base36(digest, out);
}

static inline void blank_out(char out[SAMPLE_OUT])
{
	memset(out, '~', SAMPLE_OUT);
}

static inline bool is_blank_from(const char out[SAMPLE_OUT], size_t from)
{
	for (size_t i = from; i < SAMPLE_OUT; i++) {
		if (out[i] != '~') {
			return false;
		}
	}
	return true;
}

/* The digest, its NUL, and nothing behind it. */
static inline bool is_digest(const char out[SAMPLE_OUT], const char *expected)
{
	return memcmp(out, expected, MWN_SHA1_BASE36_LENGTH + 1) == 0 && is_blank_from(out, MWN_SHA1_BASE36_LENGTH + 1);
}

#endif
