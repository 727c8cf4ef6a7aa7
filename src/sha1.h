/*
 * SHA-1 digests of local files, in the base 36 that MediaWiki stores.
 *
 * The digest is OpenSSL's, which uses the processor's SHA instructions where
 * it has them.
 */
#ifndef MWNATIVE_SHA1_H
#define MWNATIVE_SHA1_H

#include <stdbool.h>
#include <stddef.h>

#define MWN_SHA1_BYTES 20
/* Digits of a digest in base 36, padded with zeros as the host pads it. */
#define MWN_SHA1_BASE36_LENGTH 31

typedef enum {
	MWN_SHA1_OK,
	MWN_SHA1_UNREADABLE, /* the file cannot be read to its end, or is no regular file; errno says why */
	MWN_SHA1_NO_MEMORY,  /* the digest could not be set up */
} mwn_sha1_result;

/* Writes 31 digits (0-9, a-z) and a NUL. */
void mwn_sha1_to_base36(const unsigned char digest[MWN_SHA1_BYTES], char out[MWN_SHA1_BASE36_LENGTH + 1]);

/* Hashes a local file in blocks, in constant memory. `out` is only written on MWN_SHA1_OK.
 * A signal does not end it: reads that were interrupted go on. */
mwn_sha1_result mwn_sha1_file_base36(const char *path, char out[MWN_SHA1_BASE36_LENGTH + 1]);

#endif
