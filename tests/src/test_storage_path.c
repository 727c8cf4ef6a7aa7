/* src/storage_path. What the host makes of the same paths is compared in host.php. */
#include "check.h"

#include "src/storage_path.h"

#include <stdint.h>
#include <string.h>

/* A string constant with its NUL bytes. */
#define TEXT(constant) exact(constant, sizeof(constant) - 1)

/* A block of exactly that length, without a NUL behind it, so that the sanitizer
 * sees every byte read too far. Given back by forget(). */
static void *kept[64];
static int kept_count;

static mwn_text exact(const char *bytes, size_t length)
{
	char *copy = malloc(length ? length : 1);

	MUST(copy && kept_count < (int)(sizeof(kept) / sizeof(*kept)));
	kept[kept_count++] = copy;
	memcpy(copy, bytes, length);
	return (mwn_text){copy, length};
}

static void forget(void)
{
	while (kept_count > 0) {
		free(kept[--kept_count]);
	}
}

static bool is_same(mwn_text a, mwn_text b)
{
	return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/* Into a block of exactly the length that was announced. */
static mwn_text renamed(mwn_text path, mwn_text from, mwn_text to)
{
	size_t length = mwn_renamed_path_length(path, from, to);
	char *out = malloc(length);

	MUST(out && kept_count < (int)(sizeof(kept) / sizeof(*kept)));
	kept[kept_count++] = out;
	memset(out, '~', length);
	mwn_rename_path(out, path, from, to);
	return (mwn_text){out, length};
}

static void scheme(void)
{
	RULE("a path with the scheme is a storage path, whatever follows");
	CHECK(mwn_is_storage_path(TEXT("mwstore://")));
	CHECK(mwn_is_storage_path(TEXT("mwstore:///")));
	CHECK(mwn_is_storage_path(TEXT("mwstore://a/b/c")));
	CHECK(mwn_is_storage_path(TEXT("mwstore://\0")));
	CHECK(mwn_is_storage_path(TEXT("mwstore://../..")));

	RULE("anything else is no storage path");
	CHECK(!mwn_is_storage_path(TEXT("")));
	CHECK(!mwn_is_storage_path(TEXT("mwstore:/")));
	CHECK(!mwn_is_storage_path(TEXT("mwstore:/a/b/c")));
	CHECK(!mwn_is_storage_path(TEXT(" mwstore://a/b/c")));
	CHECK(!mwn_is_storage_path(TEXT("Mwstore://a/b/c")));
	CHECK(!mwn_is_storage_path(TEXT("\0mwstore://a/b/c")));
	CHECK(!mwn_is_storage_path(TEXT("mwstore\0://a/b/c")));
	CHECK(!mwn_is_storage_path(TEXT("http://a/b/c/d/e")));
	for (size_t length = 0; length < MWN_STORAGE_SCHEME_LENGTH; length++) {
		ABOUT("%zu bytes of the scheme", length);
		CHECK(!mwn_is_storage_path(exact(MWN_STORAGE_SCHEME, length)));
	}
	for (size_t i = 0; i < MWN_STORAGE_SCHEME_LENGTH; i++) {
		char broken[] = MWN_STORAGE_SCHEME "a/b/c";
		broken[i] ^= 1;
		ABOUT("%s", broken);
		CHECK(!mwn_is_storage_path(exact(broken, sizeof(broken) - 1)));
	}
	forget();
}

static void names(void)
{
	RULE("a path is of the backend that it names");
	CHECK(mwn_path_is_of(TEXT("mwstore://a/b/c"), TEXT("a")));
	CHECK(mwn_path_is_of(TEXT("mwstore://local-multi/x"), TEXT("local-multi")));
	CHECK(mwn_path_is_of(TEXT("mwstore://a/"), TEXT("a")));
	CHECK(mwn_path_is_of(TEXT("mwstore://a//"), TEXT("a")));
	CHECK(mwn_path_is_of(TEXT("mwstore:///"), TEXT("")));
	CHECK(mwn_path_is_of(TEXT("mwstore:///a/b"), TEXT("")));

	RULE("a name is matched as a whole");
	CHECK(!mwn_path_is_of(TEXT("mwstore://ab/c/d"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a/c/d"), TEXT("ab")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://ba/c/d"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://A/c/d"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a /c/d"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a/b/c"), TEXT("")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a\\b/c"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://b/a/c"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://ab/a/c"), TEXT("cb")));

	RULE("the slash after the name must be there");
	CHECK(!mwn_path_is_of(TEXT("mwstore://a"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://"), TEXT("")));
	CHECK(!mwn_path_is_of(TEXT("mwstore:/"), TEXT("")));
	CHECK(!mwn_path_is_of(TEXT(""), TEXT("")));
	CHECK(!mwn_path_is_of(TEXT(""), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a"), TEXT("a name longer than the path")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a/"), TEXT("a/")));

	RULE("what has another scheme is of no backend");
	CHECK(!mwn_path_is_of(TEXT("mwstorf://a/b/c"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("xxxxxxxxxxa/b/c"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT(" mwstore://a/b/c"), TEXT("a")));
	forget();

	RULE("characters of regular expressions in a name stand for themselves");
	CHECK(mwn_path_is_of(TEXT("mwstore://a.b/c"), TEXT("a.b")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://axb/c"), TEXT("a.b")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://abc/d"), TEXT(".*")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a/d"), TEXT("a|b")));
	CHECK(mwn_path_is_of(TEXT("mwstore://^[(!#$\\E]+/d"), TEXT("^[(!#$\\E]+")));

	RULE("a NUL byte is a byte like others");
	CHECK(mwn_path_is_of(TEXT("mwstore://a\0b/c\0"), TEXT("a\0b")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a\0b/c"), TEXT("a\0c")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a\0b/c"), TEXT("a")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a/c"), TEXT("a\0")));
	CHECK(mwn_path_is_of(TEXT("mwstore://\0/"), TEXT("\0")));

	RULE("a name may hold a slash, and is still matched as a whole");
	CHECK(mwn_path_is_of(TEXT("mwstore://a/b/c"), TEXT("a/b")));
	CHECK(!mwn_path_is_of(TEXT("mwstore://a/bc/d"), TEXT("a/b")));
	forget();
}

static void check_rename(mwn_text path, mwn_text from, mwn_text to, mwn_text expected)
{
	ABOUT("%.*s", (int)(path.length < 60 ? path.length : 60), path.bytes);
	CHECK(mwn_path_is_of(path, from));
	CHECK(mwn_renamed_path_length(path, from, to) == expected.length);
	CHECK(is_same(renamed(path, from, to), expected));
	CHECK(mwn_path_is_of(expected, to));
	CHECK(is_same(renamed(expected, to, from), path));
	forget();
}

static void renaming(void)
{
	enum { MEGABYTE = 1024 * 1024 };
	char *bytes = malloc(2 * MEGABYTE + 64);
	mwn_text path, from, to;

	RULE("a rename replaces the name and nothing else, to a shorter, equal or longer one, and back");
	check_rename(TEXT("mwstore://multi/c/f.png"), TEXT("multi"), TEXT("a"), TEXT("mwstore://a/c/f.png"));
	check_rename(TEXT("mwstore://multi/c/f.png"), TEXT("multi"), TEXT("local"), TEXT("mwstore://local/c/f.png"));
	check_rename(TEXT("mwstore://a/c/f.png"), TEXT("a"), TEXT("a much longer name"),
		TEXT("mwstore://a much longer name/c/f.png"));
	check_rename(TEXT("mwstore://a/c/f.png"), TEXT("a"), TEXT("a"), TEXT("mwstore://a/c/f.png"));
	check_rename(TEXT("mwstore://a/a/a/a"), TEXT("a"), TEXT("b"), TEXT("mwstore://b/a/a/a"));
	check_rename(TEXT("mwstore://a//x\\..//./"), TEXT("a"), TEXT("b"), TEXT("mwstore://b//x\\..//./"));

	RULE("a rename keeps an empty rest and takes an empty name");
	check_rename(TEXT("mwstore://a/"), TEXT("a"), TEXT("bc"), TEXT("mwstore://bc/"));
	check_rename(TEXT("mwstore://a/"), TEXT("a"), TEXT(""), TEXT("mwstore:///"));
	check_rename(TEXT("mwstore://a/b"), TEXT("a"), TEXT(""), TEXT("mwstore:///b"));

	RULE("a rename copies odd bytes as they are");
	check_rename(TEXT("mwstore://a\0b/c\0d\0"), TEXT("a\0b"), TEXT("\0\0\0"), TEXT("mwstore://\0\0\0/c\0d\0"));
	check_rename(TEXT("mwstore://a.*/\xff\xfe"), TEXT("a.*"), TEXT("$0\\1${1}"), TEXT("mwstore://$0\\1${1}/\xff\xfe"));
	check_rename(TEXT("mwstore://a/b/c"), TEXT("a/b"), TEXT("x"), TEXT("mwstore://x/c"));

	RULE("a path and names of a megabyte are renamed");
	MUST(bytes);
	memcpy(bytes, "mwstore://a/", 12);
	for (size_t i = 12; i < MEGABYTE; i++) {
		bytes[i] = (char)(i * 2654435761u >> 11);
	}
	path = exact(bytes, MEGABYTE);
	memmove(bytes + 13, bytes + 11, MEGABYTE - 11);
	memcpy(bytes + 10, "xyz", 3);
	check_rename(path, TEXT("a"), TEXT("xyz"), exact(bytes, MEGABYTE + 2));

	memset(bytes, 'n', 2 * MEGABYTE + 64);
	memcpy(bytes, "mwstore://", 10);
	memcpy(bytes + 10 + MEGABYTE, "/rest", 5);
	path = exact(bytes, MEGABYTE + 15);
	from = exact(bytes + 10, MEGABYTE);
	to = TEXT("short");
	CHECK(!mwn_path_is_of(path, exact(from.bytes, MEGABYTE - 1)));
	check_rename(path, from, to, TEXT("mwstore://short/rest"));
	free(bytes);
}

#define NORMAL(path) CHECK(mwn_path_is_normal(TEXT(path)))
#define NOT_NORMAL(path) CHECK(!mwn_path_is_normal(TEXT(path)))

static void normal(void)
{
	enum { LONG = 1024 * 1024 };
	char *bytes = malloc(LONG);

	RULE("paths as wikis have them are known to be normal");
	NORMAL("mwstore://local-backend/local-public/a/ab/Picture.jpg");
	NORMAL("mwstore://local-multi/wiki-local-thumb/a/ab/Picture.jpg/120px-Picture.jpg");
	NORMAL("mwstore://b/wiki-local-public/archive/a/ab/20260101000000!A_\xc3\xa9 (1).tar.gz");
	NORMAL("mwstore://b/c");
	NORMAL("mwstore://b/c/f");
	NORMAL("mwstore://0/0/0");

	RULE("dots within a name are normal");
	NORMAL("mwstore://b/c/...");
	NORMAL("mwstore://b/c/.hidden");
	NORMAL("mwstore://b/c/..a");
	NORMAL("mwstore://b/c/a.");
	NORMAL("mwstore://b/c/a../b");
	forget();

	RULE("what has no scheme, no backend or no container is not normal");
	NOT_NORMAL("");
	NOT_NORMAL("b/c/f");
	NOT_NORMAL("/b/c/f");
	NOT_NORMAL("mwstore:/b/c/f");
	NOT_NORMAL("http://bb/c/f");
	NOT_NORMAL("mwstore://");
	NOT_NORMAL("mwstore://b");
	NOT_NORMAL("mwstore://b/");
	NOT_NORMAL("mwstore:///");
	NOT_NORMAL("mwstore:///c");
	NOT_NORMAL("mwstore:///c/f");
	NOT_NORMAL("mwstore://b//f");
	forget();

	RULE("doubled and leading slashes are not normal");
	NOT_NORMAL("mwstore://b/c//");
	NOT_NORMAL("mwstore://b/c//f");
	NOT_NORMAL("mwstore://b/c/d//f");
	NOT_NORMAL("mwstore://b/c/d/f//");
	NOT_NORMAL("mwstore://b/c/d///f");
	NOT_NORMAL("mwstore://b/c/");

	RULE("a backslash in the rest is not normal");
	NOT_NORMAL("mwstore://b/c/\\");
	NOT_NORMAL("mwstore://b/c/d\\f");
	NOT_NORMAL("mwstore://b/c/d/f\\");
	NOT_NORMAL("mwstore://b/c/..\\f");
	forget();

	RULE("a component that is a dot or two is not normal");
	NOT_NORMAL("mwstore://b/c/.");
	NOT_NORMAL("mwstore://b/c/..");
	NOT_NORMAL("mwstore://b/c/./f");
	NOT_NORMAL("mwstore://b/c/../f");
	NOT_NORMAL("mwstore://b/c/d/./f");
	NOT_NORMAL("mwstore://b/c/d/../f");
	NOT_NORMAL("mwstore://b/c/../../../etc/passwd");
	NOT_NORMAL("mwstore://b/c/f\0/../g");
	forget();

	RULE("a path of a megabyte is looked at to its end");
	MUST(bytes);
	for (size_t i = 0; i < LONG; i++) {
		bytes[i] = i % 64 ? (char)('a' + i % 23) : '/';
	}
	memcpy(bytes, "mwstore://b/c/dd", 16);
	CHECK(mwn_path_is_normal(exact(bytes, LONG)));
	bytes[LONG - 1] = '\\';
	CHECK(!mwn_path_is_normal(exact(bytes, LONG)));
	memcpy(bytes + LONG - 4, "/../", 4);
	CHECK(!mwn_path_is_normal(exact(bytes, LONG)));
	memcpy(bytes + LONG - 4, "//ab", 4);
	CHECK(!mwn_path_is_normal(exact(bytes, LONG)));
	free(bytes);
	forget();
}

int main(void)
{
	scheme();
	names();
	renaming();
	normal();
	return check_report("test_storage_path");
}
