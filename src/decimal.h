/* Whole numbers as decimal text, where printf would be most of the work. */
#ifndef MWNATIVE_DECIMAL_H
#define MWNATIVE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

/* Digits of the largest number. */
#define MWN_DECIMAL_LENGTH 20

/* Writes the digits, without a NUL, and returns their end. `out` has room for MWN_DECIMAL_LENGTH. */
static inline char *mwn_write_decimal(char *out, uint64_t number)
{
	char digits[MWN_DECIMAL_LENGTH], *digit = digits + MWN_DECIMAL_LENGTH;

	do {
		*--digit = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (digit < digits + MWN_DECIMAL_LENGTH) {
		*out++ = *digit++;
	}
	return out;
}

#endif
