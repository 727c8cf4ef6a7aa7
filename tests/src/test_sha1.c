/* src/sha1: digits, and files of all kinds. Faults of the system are in test_sha1_faults.c. */
#include "sample.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void from_hex(const char *hex, unsigned char digest[MWN_SHA1_BYTES])
{
	for (int i = 0; i < MWN_SHA1_BYTES; i++) {
		unsigned byte;
		MUST(sscanf(hex + 2 * i, "%2x", &byte) == 1);
		digest[i] = (unsigned char)byte;
	}
}

static void known_digits(void)
{
	/* Each line can be proved with: python3 -c 'print("%040x" % int("DIGITS", 36))' */
	static const struct {
		const char *hex, *digits;
	} known[] = {
		{"0000000000000000000000000000000000000000", "0000000000000000000000000000000"},
		{"ffffffffffffffffffffffffffffffffffffffff", "twj4yidkw7a8pn4g709kzmfoaol3x8f"},
		{"0000000000000000000000000000000000000001", "0000000000000000000000000000001"},
		{"0000000000000000000000000000000000000023", "000000000000000000000000000000z"},
		{"0000000000000000000000000000000000000024", "0000000000000000000000000000010"},
		{"0000000000000000000000000000000081bf0fff", "0000000000000000000000000zzzzzz"},
		{"0000000000000000000000000000000081bf1000", "0000000000000000000000001000000"},
		{"00000000000000000000000041c21cb8e0ffffff", "0000000000000000000zzzzzzzzzzzz"},
		{"088f924eeceeda7fe92e1f5b1000000000000000", "1000000000000000000000000000000"},
		{"088f924eeceeda7fe92e1f5b0fffffffffffffff", "0zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
		{"8000000000000000000000000000000000000000", "ey9kh96sg3n4ctk83i4sht7u5cajym8"},
		{"00000000000000000000000000000000ffffffff", "0000000000000000000000001z141z3"},
		{"0000000000000000000000000000000100000000", "0000000000000000000000001z141z4"},
		{"ffffffff00000000000000000000000000000000", "twj4yhyfa9d6pnyqjbhmbvz2soyb85c"},
		{"0123456789abcdef0123456789abcdef01234567", "04s8tld0qdsiovp8fwxxneuyp7ekyg7"},
		{"da39a3ee5e6b4b0d3255bfef95601890afd80709", "phoiac9h4m842xq45sp7s6u21eteeq1"},
	};
	unsigned char digest[MWN_SHA1_BYTES];
	char out[SAMPLE_OUT];

	RULE("known digests have their known digits, leading zeros included");
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		ABOUT("%s", known[i].hex);
		from_hex(known[i].hex, digest);
		blank_out(out);
		mwn_sha1_to_base36(digest, out);
		CHECK(is_digest(out, known[i].digits));
	}
}

static void check_digits(const unsigned char digest[MWN_SHA1_BYTES])
{
	char out[SAMPLE_OUT], expected[MWN_SHA1_BASE36_LENGTH + 1];

	blank_out(out);
	mwn_sha1_to_base36(digest, out);
	expected_base36(digest, expected);
	CHECK(is_digest(out, expected));
}

static void computed_digits(void)
{
	unsigned char digest[MWN_SHA1_BYTES], *random = sample_bytes(20000 * MWN_SHA1_BYTES, 36);

	RULE("each single bit of a digest has the digits of a division by hand");
	for (int bit = 0; bit < MWN_SHA1_BYTES * 8; bit++) {
		ABOUT("bit %d", bit);
		memset(digest, 0, sizeof(digest));
		digest[bit / 8] = (unsigned char)(1u << bit % 8);
		check_digits(digest);
		for (int i = 0; i < MWN_SHA1_BYTES; i++) {
			digest[i] = (unsigned char)~digest[i];
		}
		check_digits(digest);
	}

	RULE("20000 random digests have the digits of a division by hand");
	for (int i = 0; i < 20000; i++) {
		ABOUT("number %d", i);
		memcpy(digest, random + i * MWN_SHA1_BYTES, sizeof(digest));
		/* Every length of leading zeros. */
		memset(digest, 0, (size_t)(i % MWN_SHA1_BYTES));
		check_digits(digest);
	}
	free(random);
}

static void check_file(const char *path, const char *expected)
{
	char out[SAMPLE_OUT];

	blank_out(out);
	CHECK(mwn_sha1_file_base36(path, out) == MWN_SHA1_OK);
	CHECK(is_digest(out, expected));
}

static void file_sizes(void)
{
	enum { AHEAD = 32 * 1024 * 1024, AHEAD_BLOCK = 1024 * 1024 };
	static const size_t sizes[] = {
		0, 1, 2, 55, 56, 63, 64, 65, 4095, 4096, 4097, 8191, 8192, 8193, 16384, 16385, 131071, 131072, 131073,
		139264, 262143, 262144, 262145, 1048576, 1048577,
		/* Read ahead from 32 MiB on, in blocks of 1 MiB. */
		AHEAD - 1, AHEAD, AHEAD + 1, AHEAD + AHEAD_BLOCK - 1, AHEAD + AHEAD_BLOCK, AHEAD + AHEAD_BLOCK + 1,
		AHEAD + 2 * AHEAD_BLOCK - 1, AHEAD + 2 * AHEAD_BLOCK, AHEAD + 2 * AHEAD_BLOCK + 1, 50000000,
	};
	char expected[MWN_SHA1_BASE36_LENGTH + 1];

	RULE("files of every size around the blocks have the digest of their bytes");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		unsigned char *bytes = sample_bytes(sizes[i], (uint32_t)i);
		ABOUT("%zu bytes", sizes[i]);
		sample_file("sized", bytes, sizes[i]);
		expected_digest(bytes, sizes[i], expected);
		check_file("sized", expected);
		free(bytes);
	}

	RULE("a file that holds one byte value only has the digest of its bytes");
	for (int value = 0; value < 256; value += 15) {
		unsigned char bytes[9000];
		ABOUT("value %d", value);
		memset(bytes, value, sizeof(bytes));
		sample_file("same", bytes, sizeof(bytes));
		expected_digest(bytes, sizeof(bytes), expected);
		check_file("same", expected);
	}
}

static void known_files(void)
{
	static char million[1000000];

	/* The digests of FIPS 180; sha1sum gives the same, and python3's int(_, 36) the digits. */
	RULE("the empty file, \"abc\" and a million times \"a\" have their published digests");
	sample_file("known", "", 0);
	check_file("known", "phoiac9h4m842xq45sp7s6u21eteeq1");
	sample_file("known", "abc", 3);
	check_file("known", "jt72fo5t4yobf0qugwuczbwj07max7h");
	memset(million, 'a', sizeof(million));
	sample_file("known", million, sizeof(million));
	check_file("known", "65h0mfmsvv3k89i9ueni7ce28212xyn");
}

static void odd_files(void)
{
	char expected[MWN_SHA1_BASE36_LENGTH + 1];
	unsigned char *bytes = sample_bytes(10000, 7);
	char environment[100000];
	FILE *file;
	size_t length;

	sample_file("plain", bytes, 10000);
	expected_digest(bytes, 10000, expected);

	RULE("a file is found through links and odd names");
	MUST(symlink("plain", "link") == 0);
	check_file("link", expected);
	MUST(symlink("link", "link to link") == 0);
	check_file("link to link", expected);
	sample_file("- \n\\ \xff\xc3", bytes, 10000);
	check_file("- \n\\ \xff\xc3", expected);
	check_file("./././plain", expected);

	RULE("a file of /proc, whose size is said to be 0, is hashed by what can be read");
	file = fopen("/proc/self/environ", "rb");
	MUST(file);
	length = fread(environment, 1, sizeof(environment), file);
	fclose(file);
	expected_digest(environment, length, expected);
	check_file("/proc/self/environ", expected);
	free(bytes);
}

static void check_unreadable(const char *path, int error)
{
	char out[SAMPLE_OUT];

	ABOUT("%.60s", path);
	blank_out(out);
	errno = 0;
	CHECK(mwn_sha1_file_base36(path, out) == MWN_SHA1_UNREADABLE);
	CHECK(errno == error);
	CHECK(is_blank_from(out, 0));
}

static void unreadable_files(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
	static char long_path[100001];
	bool is_root = geteuid() == 0;
	int listener;

	RULE("what is no regular file is unreadable, and does not hang");
	check_unreadable(".", EINVAL);
	check_unreadable("/", EINVAL);
	check_unreadable("/dev/null", EINVAL);
	MUST(mkfifo("fifo", 0600) == 0);
	check_unreadable("fifo", EINVAL);
	MUST(symlink("fifo", "link to fifo") == 0);
	check_unreadable("link to fifo", EINVAL);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	check_unreadable("socket", ENXIO);
	close(listener);

	RULE("what is not there is unreadable");
	memset(long_path, 'x', sizeof(long_path) - 1);
	check_unreadable("missing", ENOENT);
	check_unreadable("missing/too", ENOENT);
	check_unreadable("", ENOENT);
	check_unreadable("plain/below a file", ENOTDIR);
	check_unreadable("plain/", ENOTDIR);
	check_unreadable(long_path, ENAMETOOLONG);
	MUST(symlink("nowhere", "dangling") == 0);
	check_unreadable("dangling", ENOENT);
	MUST(symlink("loop", "loop") == 0);
	check_unreadable("loop", ELOOP);

	RULE("a file that may not be opened is unreadable");
	sample_file("secret", "secret", 6);
	MUST(chmod("secret", 0) == 0);
	/* Root may open everything, so it steps back for this one. */
	MUST(!is_root || seteuid(65534) == 0);
	check_unreadable("secret", EACCES);
	MUST(!is_root || seteuid(0) == 0);

	RULE("a file that opens but cannot be read is unreadable");
	check_unreadable("/proc/self/mem", EIO);
}

int main(int count, char **arguments)
{
	int descriptors;

	MUST(count == 2 && chdir(arguments[1]) == 0);
	descriptors = open_descriptors();
	known_digits();
	computed_digits();
	file_sizes();
	known_files();
	odd_files();
	unreadable_files();
	RULE("no descriptor is left open, whatever the file was");
	CHECK(open_descriptors() == descriptors);
	return check_report("test_sha1");
}
