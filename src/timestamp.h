/* MediaWiki's 14-digit timestamps (TS_MW), always in UTC. */
#ifndef MWNATIVE_TIMESTAMP_H
#define MWNATIVE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads "YYYYMMDDHHMMSS" of a date that exists, from the year 1000 on.
 * Anything else gives false: the caller asks the host, which knows many forms. */
bool mwn_timestamp_to_unix(const char *text, size_t length, int64_t *seconds);

#endif
