#include "storage_path.h"

size_t mwn_renamed_path_length(mwn_text path, mwn_text from, mwn_text to)
{
	return path.length - from.length + to.length;
}

void mwn_rename_path(char *out, mwn_text path, mwn_text from, mwn_text to)
{
	size_t rest = MWN_STORAGE_SCHEME_LENGTH + from.length;

	memcpy(out, MWN_STORAGE_SCHEME, MWN_STORAGE_SCHEME_LENGTH);
	memcpy(out + MWN_STORAGE_SCHEME_LENGTH, to.bytes, to.length);
	memcpy(out + MWN_STORAGE_SCHEME_LENGTH + to.length, path.bytes + rest, path.length - rest);
}

bool mwn_path_is_normal(mwn_text path)
{
	const char *end = path.bytes + path.length, *part, *slash;
	unsigned parts = 0;

	if (!mwn_is_storage_path(path) || memchr(path.bytes, '\\', path.length)) {
		return false;
	}
	for (part = path.bytes + MWN_STORAGE_SCHEME_LENGTH;; part = slash + 1) {
		slash = memchr(part, '/', (size_t)(end - part));
		size_t length = (size_t)((slash ? slash : end) - part);
		if (length == 0) {
			return false;
		}
		parts++;
		/* The first two are the backend and the container, which may be any text. */
		if (parts > 2 && (length == 1 || length == 2) && memcmp(part, "..", length) == 0) {
			return false;
		}
		if (!slash) {
			return parts >= 2;
		}
	}
}
