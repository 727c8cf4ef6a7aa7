#include "timestamp.h"

static bool read_digits(const char *text, int count, int *value)
{
	*value = 0;
	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return false;
		}
		*value = *value * 10 + (text[i] - '0');
	}
	return true;
}

static bool is_leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar. The year is
 * counted from March, so that the leap day is the last of a year. */
static int64_t days_since_epoch(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t month_from_march = (month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

bool mwn_timestamp_to_unix(const char *text, size_t length, int64_t *seconds)
{
	static const int month_lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day, hour, minute, second;

	if (length != 14
		|| !read_digits(text, 4, &year) || !read_digits(text + 4, 2, &month)
		|| !read_digits(text + 6, 2, &day) || !read_digits(text + 8, 2, &hour)
		|| !read_digits(text + 10, 2, &minute) || !read_digits(text + 12, 2, &second)) {
		return false;
	}
	if (year < 1000 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) {
		return false;
	}
	if (day > month_lengths[month - 1] + (month == 2 && is_leap_year(year))) {
		return false;
	}
	*seconds = days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}
