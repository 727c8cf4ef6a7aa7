/* src/timestamp: the whole calendar. What the host makes of the same texts is compared in host.php. */
#include "check.h"

#include "src/timestamp.h"

#include <string.h>
#include <time.h>

/* From a block of exactly that length, so that the sanitizer sees every byte read too far. */
static bool reads(const char *text, size_t length, int64_t *seconds)
{
	char *copy = malloc(length ? length : 1);
	bool result;

	MUST(copy);
	memcpy(copy, text, length);
	result = mwn_timestamp_to_unix(copy, length, seconds);
	free(copy);
	return result;
}

/* Fourteen digits, also of dates that are none. */
static bool reads_parts(int year, int month, int day, int hour, int minute, int second, int64_t *seconds)
{
	char text[64];

	snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02d", year, month, day, hour, minute, second);
	ABOUT("%s", text);
	return mwn_timestamp_to_unix(text, 14, seconds);
}

static void known(void)
{
	/* Each line can be proved with: date -u -d 'YYYY-MM-DD HH:MM:SS' +%s */
	static const struct {
		const char *text;
		int64_t seconds;
	} known[] = {
		{"19700101000000", 0},
		{"10000101000000", -30610224000},
		{"99991231235959", 253402300799},
		{"20010909014640", 1000000000},
		{"20380119031408", 2147483648},
		{"19691231235959", -1},
		{"20000229120000", 951825600},
		{"15821004000000", -12220243200},
		{"15821015000000", -12219292800},
		{"19000228235959", -2203891201},
		{"19000301000000", -2203891200},
		{"24000229000000", 13574563200},
		{"20261122111500", 1795346100},
	};

	RULE("known moments have their known seconds");
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		int64_t seconds = 42;
		ABOUT("%s", known[i].text);
		CHECK(reads(known[i].text, 14, &seconds));
		CHECK(seconds == known[i].seconds);
	}
}

/* The days of the year that the calendar's rule gives it, told plainly. */
static bool has_leap_day(int year)
{
	if (year % 400 == 0) {
		return true;
	}
	return year % 100 != 0 && year % 4 == 0;
}

static void every_day(void)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t midnight = -30610224000, seconds;

	RULE("every day of the years 1000 to 9999 is where counting and the C library put it, and no other day exists");
	for (int year = 1000; year <= 9999; year++) {
		for (int month = 1; month <= 12; month++) {
			int last = lengths[month - 1] + (month == 2 && has_leap_day(year));
			for (int day = 1; day <= last; day++) {
				/* 100003 is a prime number: all times of day come up. */
				int time_of_day = (int)((midnight / 86400 + 1000000) * 100003 % 86400);
				struct tm parts = {
					.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = time_of_day / 3600,
					.tm_min = time_of_day / 60 % 60, .tm_sec = time_of_day % 60,
				};
				seconds = -1;
				CHECK(reads_parts(year, month, day, parts.tm_hour, parts.tm_min, parts.tm_sec, &seconds));
				CHECK(seconds == midnight + time_of_day);
				CHECK(seconds == timegm(&parts));
				midnight += 86400;
			}
			CHECK(!reads_parts(year, month, 0, 12, 0, 0, &seconds));
			CHECK(!reads_parts(year, month, last + 1, 12, 0, 0, &seconds));
		}
		CHECK(!reads_parts(year, 0, 1, 0, 0, 0, &seconds));
		CHECK(!reads_parts(year, 13, 1, 0, 0, 0, &seconds));
	}
	RULE("the count ends where the year 10000 begins");
	CHECK(midnight == 253402300800);
}

static void times_of_day(void)
{
	int64_t seconds;

	RULE("every second of a day follows the one before");
	for (int i = 0; i < 86400; i++) {
		CHECK(reads_parts(1970, 1, 1, i / 3600, i / 60 % 60, i % 60, &seconds));
		CHECK(seconds == i);
	}

	RULE("hour 24, minute 60 and second 60 and all above are none");
	for (int i = 0; i < 100; i++) {
		CHECK(reads_parts(2024, 6, 30, i, 0, 0, &seconds) == (i < 24));
		CHECK(reads_parts(2024, 6, 30, 23, i, 0, &seconds) == (i < 60));
		CHECK(reads_parts(2024, 6, 30, 23, 59, i, &seconds) == (i < 60));
	}
}

static void no_dates(void)
{
	int64_t seconds;

	RULE("29 February is there in leap years only");
	CHECK(!reads("20230229000000", 14, &seconds));
	CHECK(!reads("19000229000000", 14, &seconds));
	CHECK(!reads("21000229000000", 14, &seconds));
	CHECK(reads("20000229000000", 14, &seconds));
	CHECK(reads("20240229000000", 14, &seconds));
	CHECK(!reads("20240230000000", 14, &seconds));

	RULE("months and days out of range are none");
	for (int i = 0; i < 100; i++) {
		CHECK(reads_parts(2024, i, 1, 0, 0, 0, &seconds) == (i >= 1 && i <= 12));
		CHECK(reads_parts(2024, 1, i, 0, 0, 0, &seconds) == (i >= 1 && i <= 31));
	}

	RULE("years before 1000 are left to the host");
	CHECK(!reads("00000000000000", 14, &seconds));
	CHECK(!reads("00000101000000", 14, &seconds));
	CHECK(!reads("00010101000000", 14, &seconds));
	CHECK(!reads("09991231235959", 14, &seconds));
	CHECK(reads("10000101000000", 14, &seconds));
}

static void other_texts(void)
{
	static const char valid[] = "20240229112233445566";
	char text[14];
	int64_t seconds;

	RULE("fourteen characters are wanted, no more and no less");
	for (size_t length = 0; length < sizeof(valid); length++) {
		ABOUT("%zu characters", length);
		CHECK(reads(valid, length, &seconds) == (length == 14));
	}

	RULE("a byte that is no digit spoils the text, wherever it is");
	for (int position = 0; position < 14; position++) {
		for (int byte = 0; byte < 256; byte++) {
			if (byte >= '0' && byte <= '9') {
				continue;
			}
			memcpy(text, valid, sizeof(text));
			text[position] = (char)byte;
			ABOUT("byte %d at %d", byte, position);
			CHECK(!reads(text, sizeof(text), &seconds));
		}
	}

	RULE("the host's other forms of fourteen characters are left to it");
	CHECK(!reads("2024-02-29 112", 14, &seconds));
	CHECK(!reads("-2024022911223", 14, &seconds));
	CHECK(!reads("+2024022911223", 14, &seconds));
	CHECK(!reads(" 2024022911223", 14, &seconds));
	CHECK(!reads("2024022911223\n", 14, &seconds));
	CHECK(!reads("1709205753.123", 14, &seconds));
}

int main(void)
{
	known();
	every_day();
	times_of_day();
	no_dates();
	other_texts();
	return check_report("test_timestamp");
}
