/* PHP's random numbers, from the state that mt_srand() sets: where the header is depends on the version. */
#ifndef MWNATIVE_RANDOM_H
#define MWNATIVE_RANDOM_H

#include "php.h"

#if PHP_VERSION_ID >= 80400
# include "ext/random/php_random.h"
#else
# include "ext/standard/php_mt_rand.h"
#endif

#endif
