/*
 * What src/ answers, for host.php to compare.
 *
 *	normal PATH            1 or 0
 *	rename PATH FROM TO    the renamed path in hex; "-" when the path is not of FROM
 *	time TEXT              seconds; "-" when left to the host
 *	base36 DIGEST          31 digits
 *	file PATH              31 digits; "-" when there are none
 */
#include "question.h"

#include "src/sha1.h"
#include "src/storage_path.h"
#include "src/timestamp.h"

#include <inttypes.h>

static void answer_rename(mwn_text path, mwn_text from, mwn_text to)
{
	size_t length;
	char *out;

	if (!mwn_path_is_of(path, from)) {
		puts("-");
		return;
	}
	length = mwn_renamed_path_length(path, from, to);
	out = malloc(length);
	MUST(out);
	mwn_rename_path(out, path, from, to);
	for (size_t i = 0; i < length; i++) {
		printf("%02x", (unsigned char)out[i]);
	}
	putchar('\n');
	free(out);
}

static void answer(const char *question, const mwn_text *texts)
{
	char digits[MWN_SHA1_BASE36_LENGTH + 1];

	if (strcmp(question, "normal") == 0) {
		puts(mwn_path_is_normal(texts[0]) ? "1" : "0");
	} else if (strcmp(question, "rename") == 0) {
		answer_rename(texts[0], texts[1], texts[2]);
	} else if (strcmp(question, "time") == 0) {
		int64_t seconds;
		if (mwn_timestamp_to_unix(texts[0].bytes, texts[0].length, &seconds)) {
			printf("%" PRId64 "\n", seconds);
		} else {
			puts("-");
		}
	} else if (strcmp(question, "base36") == 0) {
		MUST(texts[0].length == MWN_SHA1_BYTES);
		mwn_sha1_to_base36((const unsigned char *)texts[0].bytes, digits);
		puts(digits);
	} else if (strcmp(question, "file") == 0) {
		char path[4096];
		MUST(texts[0].length < sizeof(path));
		memcpy(path, texts[0].bytes, texts[0].length);
		path[texts[0].length] = '\0';
		puts(mwn_sha1_file_base36(path, digits) == MWN_SHA1_OK ? digits : "-");
	} else {
		MUST(!"a question that is known");
	}
}

int main(void)
{
	answer_all(answer);
	return 0;
}
