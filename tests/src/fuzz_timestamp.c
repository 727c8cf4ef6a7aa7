/* libFuzzer target for src/timestamp: the input as it is, and with most of its bytes made digits. */
#include "check.h"

#include "src/timestamp.h"

#include <string.h>
#include <time.h>

/* Does the C library's calendar know that date? */
static bool is_date(const char *text, size_t length, int64_t *seconds)
{
	int parts[6] = {0}, at = 0;
	struct tm date = {0}, same;

	if (length != 14) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (!memchr("0123456789", text[i], 10)) {
			return false;
		}
		at = i < 4 ? 0 : (int)i / 2 - 1;
		parts[at] = parts[at] * 10 + (text[i] - '0');
	}
	date.tm_year = parts[0] - 1900;
	date.tm_mon = parts[1] - 1;
	date.tm_mday = parts[2];
	date.tm_hour = parts[3];
	date.tm_min = parts[4];
	date.tm_sec = parts[5];
	same = date;
	*seconds = timegm(&same);
	/* A date that is none comes back as another one. */
	return parts[0] >= 1000 && same.tm_year == date.tm_year && same.tm_mon == date.tm_mon
		&& same.tm_mday == date.tm_mday && same.tm_hour == date.tm_hour && same.tm_min == date.tm_min
		&& same.tm_sec == date.tm_sec;
}

static void try_text(const char *text, size_t length)
{
	int64_t seconds = 0, expected = 0;
	bool read = mwn_timestamp_to_unix(text, length, &seconds);

	MUST(read == is_date(text, length, &expected));
	MUST(!read || seconds == expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* What the digits of a date are below, so that many dates exist and many just do not. */
	static const uint8_t limits[14] = {10, 10, 10, 10, 2, 4, 4, 10, 3, 6, 7, 10, 7, 10};
	char *text = malloc(size ? size : 1);

	MUST(text);
	try_text((const char *)data, size);
	for (size_t i = 0; i < size; i++) {
		text[i] = (char)(data[i] == 255 ? data[i] : '0' + data[i] % (i < 14 ? limits[i] : 10));
	}
	try_text(text, size);
	if (size > 14) {
		try_text(text + size - 14, 14);
	}
	free(text);
	return 0;
}
