/* src/read_ahead by itself. Its faults, and its signals, are in test_sha1_faults.c. */
#include "sample.h"

#include "src/read_ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Ten blocks, the last one short. */
#define LENGTH ((size_t)10000000)
static unsigned char *all_bytes;

static mwn_read_ahead *start(int file)
{
	mwn_read_ahead *ahead = mwn_read_ahead_new(file);

	MUST(ahead);
	return ahead;
}

/* Reads to the end, and compares. */
static void check_rest(mwn_read_ahead *ahead, size_t position)
{
	const unsigned char *bytes;
	ssize_t got;

	while ((got = mwn_read_ahead_next(ahead, &bytes)) > 0) {
		if (!CHECK(position + (size_t)got <= LENGTH)) {
			return;
		}
		CHECK(memcmp(bytes, all_bytes + position, (size_t)got) == 0);
		position += (size_t)got;
	}
	CHECK(got == 0);
	CHECK(position == LENGTH);
}

static int open_at(off_t position)
{
	int file = open("bytes", O_RDONLY);

	MUST(file >= 0 && lseek(file, position, SEEK_SET) == position);
	return file;
}

static void files(void)
{
	static const size_t positions[] = {0, 1, 1048576, LENGTH - 1, LENGTH};
	const unsigned char *bytes;
	mwn_read_ahead *ahead;
	int file;

	RULE("all bytes come in their order, from where the descriptor stands");
	for (size_t i = 0; i < sizeof(positions) / sizeof(*positions); i++) {
		ABOUT("from %zu", positions[i]);
		file = open_at((off_t)positions[i]);
		ahead = start(file);
		check_rest(ahead, positions[i]);
		mwn_read_ahead_free(ahead);
		close(file);
	}

	RULE("a block stays as it is until the next is asked for");
	file = open_at(0);
	ahead = start(file);
	for (size_t position = 0; position < LENGTH / 2;) {
		ssize_t got = mwn_read_ahead_next(ahead, &bytes);
		MUST(got > 0);
		/* Time for the thread to fill what it may fill. */
		usleep(10000);
		CHECK(memcmp(bytes, all_bytes + position, (size_t)got) == 0);
		position += (size_t)got;
	}
	mwn_read_ahead_free(ahead);
	close(file);

	RULE("the end stays the end");
	file = open_at((off_t)LENGTH);
	ahead = start(file);
	for (int i = 0; i < 3; i++) {
		CHECK(mwn_read_ahead_next(ahead, &bytes) == 0);
	}
	mwn_read_ahead_free(ahead);
	close(file);

	RULE("an error stays the error, and says its reason");
	file = open(".", O_RDONLY);
	ahead = start(file);
	for (int i = 0; i < 3; i++) {
		errno = 0;
		CHECK(mwn_read_ahead_next(ahead, &bytes) == -1);
		CHECK(errno == EISDIR);
	}
	mwn_read_ahead_free(ahead);
	close(file);

	RULE("it can be ended after any block, taken or not");
	for (int i = 0; i < 200; i++) {
		int blocks = i % 13;
		file = open_at(0);
		ahead = start(file);
		while (blocks-- > 0 && CHECK(mwn_read_ahead_next(ahead, &bytes) >= 0)) {
		}
		/* Lets the thread be before, in and after its read. */
		usleep((unsigned)(i % 5) * 100);
		mwn_read_ahead_free(ahead);
		CHECK(close(file) == 0);
	}

	RULE("no thread at all can be ended");
	mwn_read_ahead_free(NULL);
	CHECK(true);
}

static void pipes(void)
{
	const unsigned char *bytes;
	mwn_read_ahead *ahead;
	int ends[2];

	RULE("a block does not wait until it is full");
	MUST(pipe(ends) == 0);
	ahead = start(ends[0]);
	for (int i = 0; i < 100; i++) {
		MUST(write(ends[1], all_bytes + i, 10) == 10);
		CHECK(mwn_read_ahead_next(ahead, &bytes) == 10);
		CHECK(memcmp(bytes, all_bytes + i, 10) == 0);
	}
	close(ends[1]);
	CHECK(mwn_read_ahead_next(ahead, &bytes) == 0);
	mwn_read_ahead_free(ahead);
	close(ends[0]);
}

int main(int count, char **arguments)
{
	int descriptors;

	MUST(count == 2 && chdir(arguments[1]) == 0);
	descriptors = open_descriptors();
	all_bytes = sample_bytes(LENGTH, 5);
	sample_file("bytes", all_bytes, LENGTH);
	files();
	pipes();
	RULE("the descriptors are left to the caller");
	CHECK(open_descriptors() == descriptors);
	free(all_bytes);
	return check_report("test_read_ahead");
}
