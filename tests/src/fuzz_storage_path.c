/*
 * libFuzzer target for src/storage_path: names and rest are cut out of the input,
 * so that paths of a backend come up without luck; the input as a whole is tried too.
 */
#include "check.h"

#include "src/storage_path.h"

#include <stdint.h>
#include <string.h>

/* In blocks of exactly their lengths, for the sanitizer. */
static char *exact(const void *bytes, size_t length)
{
	char *copy = malloc(length ? length : 1);

	MUST(copy);
	if (length) {
		memcpy(copy, bytes, length);
	}
	return copy;
}

static mwn_text join(mwn_text name, mwn_text rest)
{
	mwn_text path = {NULL, MWN_STORAGE_SCHEME_LENGTH + name.length + 1 + rest.length};
	char *bytes = malloc(path.length);

	MUST(bytes);
	memcpy(bytes, MWN_STORAGE_SCHEME, MWN_STORAGE_SCHEME_LENGTH);
	memcpy(bytes + MWN_STORAGE_SCHEME_LENGTH, name.bytes, name.length);
	bytes[MWN_STORAGE_SCHEME_LENGTH + name.length] = '/';
	memcpy(bytes + path.length - rest.length, rest.bytes, rest.length);
	path.bytes = bytes;
	return path;
}

static bool is_same(mwn_text a, mwn_text b)
{
	return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/*
 * The host's FileBackend::normalizeStoragePath(), step by step: would it return the
 * path as it is?
 */
static bool host_keeps(mwn_text path)
{
	const char *end = path.bytes + path.length, *backend = path.bytes + MWN_STORAGE_SCHEME_LENGTH;
	const char *container, *rest;
	char *slashed, *part;
	size_t length;
	bool keeps = true;

	if (path.length < MWN_STORAGE_SCHEME_LENGTH
		|| memcmp(path.bytes, MWN_STORAGE_SCHEME, MWN_STORAGE_SCHEME_LENGTH) != 0) {
		return false;
	}
	container = memchr(backend, '/', (size_t)(end - backend));
	if (!container || container == backend || ++container == end || *container == '/') {
		return false;
	}
	rest = memchr(container, '/', (size_t)(end - container));
	if (!rest) {
		return true;
	}
	rest++;
	length = (size_t)(end - rest);
	/* An empty rest loses its slash, a backslash becomes one, a leading one goes, two become one. */
	if (length == 0 || *rest == '/' || memchr(rest, '\\', length)) {
		return false;
	}
	/* Between slashes, what the host looks for is the same in all places, but for the end of a longer path. */
	slashed = malloc(length + 2);
	MUST(slashed);
	slashed[0] = '/';
	memcpy(slashed + 1, rest, length);
	slashed[length + 1] = '\0';
	for (part = slashed; part < slashed + length + 1; part++) {
		size_t left = (size_t)(slashed + length + 1 - part);
		if ((left >= 2 && memcmp(part, "//", 2) == 0)
			|| (left >= 3 && memcmp(part, "/./", 3) == 0)
			|| (left >= 4 && memcmp(part, "/../", 4) == 0)) {
			keeps = false;
		}
	}
	if ((length == 1 && *rest == '.') || (length == 2 && memcmp(rest, "..", 2) == 0)) {
		keeps = false;
	}
	free(slashed);
	return keeps;
}

static void try_normal(mwn_text path)
{
	bool plain = memchr(path.bytes, '\\', path.length) == NULL && memchr(path.bytes, '.', path.length) == NULL
		&& path.length > 0 && path.bytes[path.length - 1] != '/';

	if (mwn_path_is_normal(path)) {
		MUST(mwn_is_storage_path(path));
		MUST(host_keeps(path));
	} else {
		/* The host may only be asked in vain for something odd. */
		MUST(!plain || !host_keeps(path));
	}
}

static void try_rename(mwn_text path, mwn_text from, mwn_text to)
{
	mwn_text out, back;
	char *bytes;

	MUST(mwn_path_is_of(path, from));
	out.length = mwn_renamed_path_length(path, from, to);
	MUST(out.length - to.length == path.length - from.length);
	out.bytes = bytes = malloc(out.length);
	MUST(bytes);
	mwn_rename_path(bytes, path, from, to);
	MUST(mwn_path_is_of(out, to));

	MUST(mwn_renamed_path_length(out, to, from) == path.length);
	back.length = path.length;
	back.bytes = bytes = malloc(back.length);
	MUST(bytes);
	mwn_rename_path(bytes, out, to, from);
	MUST(is_same(back, path));
	free((char *)back.bytes);
	free((char *)out.bytes);
}

static void try_whole(mwn_text path, mwn_text name)
{
	mwn_text start = join(name, (mwn_text){"", 0});
	bool starts = path.length >= start.length && memcmp(path.bytes, start.bytes, start.length) == 0;

	MUST(mwn_path_is_of(path, name) == starts);
	if (starts) {
		MUST(mwn_is_storage_path(path));
		try_rename(path, name, (mwn_text){"other", 5});
	}
	try_normal(path);
	free((char *)start.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t from_length, to_length;
	mwn_text from, to, rest, path, renamed;

	if (size < 2) {
		return 0;
	}
	from_length = data[0] % 16 < size - 2 ? data[0] % 16 : size - 2;
	to_length = data[1] % 16 < size - 2 - from_length ? data[1] % 16 : size - 2 - from_length;
	from = (mwn_text){exact(data + 2, from_length), from_length};
	to = (mwn_text){exact(data + 2 + from_length, to_length), to_length};
	rest.length = size - 2 - from_length - to_length;
	rest.bytes = exact(data + size - rest.length, rest.length);

	path = join(from, rest);
	try_whole(path, from);
	try_whole(path, to);
	try_rename(path, from, to);
	renamed = join(to, rest);
	try_whole(renamed, from);
	try_whole(renamed, to);
	try_whole(rest, from);

	free((char *)renamed.bytes);
	free((char *)path.bytes);
	free((char *)rest.bytes);
	free((char *)to.bytes);
	free((char *)from.bytes);
	return 0;
}
