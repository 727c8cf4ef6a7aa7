/*
 * Checks for the C tests of src/: a rule has a name, and any number of checks try it.
 *
 *	RULE("an empty file has a digest");
 *	CHECK(mwn_sha1_file_base36("empty", out) == MWN_SHA1_OK);
 *	return check_report("test_sha1");
 *
 * A check that fails prints its file and line, and the test goes on. A rule has
 * passed when checks were made and none of them failed; rules are what is counted.
 */
#ifndef MWNATIVE_CHECK_H
#define MWNATIVE_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* A rule broken in a loop is shown this often. */
#define CHECK_SHOWN 3

static struct {
	const char *rule;
	char about[200];
	unsigned long checks, failures;
	int passed, failed;
} check_state;

static inline void check_end_rule(void)
{
	if (!check_state.rule) {
		return;
	}
	if (check_state.checks == 0) {
		printf("never tried: %s\n", check_state.rule);
	} else if (check_state.failures > CHECK_SHOWN) {
		printf("%lu checks of %lu failed: %s\n", check_state.failures, check_state.checks, check_state.rule);
	}
	if (check_state.checks > 0 && check_state.failures == 0) {
		check_state.passed++;
	} else {
		check_state.failed++;
	}
	check_state.rule = NULL;
}

static inline void check_begin_rule(const char *rule)
{
	check_end_rule();
	check_state.rule = rule;
	check_state.about[0] = '\0';
	check_state.checks = check_state.failures = 0;
}

static inline bool check_that(bool holds, const char *condition, const char *file, int line)
{
	check_state.checks++;
	if (!holds && ++check_state.failures <= CHECK_SHOWN) {
		printf("%s:%d: %s: not so: %s%s%s\n", file, line, check_state.rule, condition,
			check_state.about[0] ? "; about: " : "", check_state.about);
		fflush(stdout);
	}
	return holds;
}

__attribute__((format(printf, 1, 2)))
static inline void check_about(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(check_state.about, sizeof(check_state.about), format, arguments);
	va_end(arguments);
}

static inline int check_report(const char *program)
{
	check_end_rule();
	printf("%s: %d passed, %d failed\n", program, check_state.passed, check_state.failed);
	return check_state.failed != 0;
}

/* Begins a rule (and ends the one before it). */
#define RULE(name) check_begin_rule(name)
/* Is true when the condition is. */
#define CHECK(condition) check_that(condition, #condition, __FILE__, __LINE__)
/* What the next checks are about, printed with a failure: ABOUT("%zu bytes", size). */
#define ABOUT(...) check_about(__VA_ARGS__)

/* What a test cannot go on without, and what a fuzz target finds: ends the program. */
#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#endif
