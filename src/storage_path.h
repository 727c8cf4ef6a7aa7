/*
 * Storage paths: "mwstore://<backend>/<container>/<path>".
 *
 * Bytes in, bytes out: nothing here knows PHP. Paths may hold any byte, NUL
 * included; names are plain text.
 */
#ifndef MWNATIVE_STORAGE_PATH_H
#define MWNATIVE_STORAGE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define MWN_STORAGE_SCHEME "mwstore://"
#define MWN_STORAGE_SCHEME_LENGTH (sizeof(MWN_STORAGE_SCHEME) - 1)

/* Some bytes that belong to somebody else. */
typedef struct {
	const char *bytes;
	size_t length;
} mwn_text;

/* Does the path begin with the scheme? Says nothing about what follows. */
static inline bool mwn_is_storage_path(mwn_text path)
{
	return path.length >= MWN_STORAGE_SCHEME_LENGTH
		&& memcmp(path.bytes, MWN_STORAGE_SCHEME, MWN_STORAGE_SCHEME_LENGTH) == 0;
}

/* Does the path begin with "mwstore://<name>/"? */
static inline bool mwn_path_is_of(mwn_text path, mwn_text name)
{
	/* The slash after the name keeps "a" from matching a path of "ab". */
	return path.length > MWN_STORAGE_SCHEME_LENGTH + name.length
		&& path.bytes[MWN_STORAGE_SCHEME_LENGTH + name.length] == '/'
		&& mwn_is_storage_path(path)
		&& memcmp(path.bytes + MWN_STORAGE_SCHEME_LENGTH, name.bytes, name.length) == 0;
}

/* The length of the path once the backend's name is replaced.
 * The path must be of `from` (mwn_path_is_of). */
size_t mwn_renamed_path_length(mwn_text path, mwn_text from, mwn_text to);

/* Writes the path with its backend's name replaced; `out` holds
 * mwn_renamed_path_length() bytes. No terminating NUL is written. */
void mwn_rename_path(char *out, mwn_text path, mwn_text from, mwn_text to);

/*
 * Is the path already what the host's FileBackend::normalizeStoragePath() would
 * return for it: no backslash anywhere, no empty component (so no doubled, leading
 * or trailing slash), no "." or ".." as a component after the container?
 *
 * "false" means "ask the host": the path may be valid and not yet normal.
 */
bool mwn_path_is_normal(mwn_text path);

#endif
