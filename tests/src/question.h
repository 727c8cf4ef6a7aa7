/*
 * For the programs that a script of comparison.php asks: questions on standard input, one a
 * line, answers on standard output, one a line as well. Fields are parted by tabs; the first is
 * the name of the question, and the others are bytes in hex.
 */
#ifndef MWNATIVE_QUESTION_H
#define MWNATIVE_QUESTION_H

#include "check.h"

#include "src/storage_path.h"

#include <string.h>

#define QUESTION_FIELDS 4

/* In a block of exactly its length, so that the sanitizer sees every byte read too far. */
static inline mwn_text from_hex(const char *hex)
{
	mwn_text text = {NULL, strlen(hex) / 2};
	char *bytes = malloc(text.length ? text.length : 1);

	MUST(bytes);
	for (size_t i = 0; i < text.length; i++) {
		unsigned byte;
		MUST(sscanf(hex + 2 * i, "%2x", &byte) == 1);
		bytes[i] = (char)byte;
	}
	text.bytes = bytes;
	return text;
}

/* Gives each question to `answer`, with the fields behind its name (empty where there is none).
 * Those are gone when it returns. */
static inline void answer_all(void (*answer)(const char *question, const mwn_text *texts))
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	while ((length = getline(&line, &room, stdin)) > 0) {
		char *fields[QUESTION_FIELDS], *end = line;
		mwn_text texts[QUESTION_FIELDS];
		int count = 0;

		line[length - 1] = '\0';
		while (end && count < QUESTION_FIELDS) {
			fields[count++] = end;
			end = strchr(end, '\t');
			if (end) {
				*end++ = '\0';
			}
		}
		for (int i = 1; i < QUESTION_FIELDS; i++) {
			texts[i] = from_hex(i < count ? fields[i] : "");
		}
		answer(fields[0], texts + 1);
		for (int i = 1; i < QUESTION_FIELDS; i++) {
			free((char *)texts[i].bytes);
		}
	}
	free(line);
}

#endif
