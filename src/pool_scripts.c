#include "pool_scripts.h"

#include <stdio.h>

#include <openssl/evp.h>

#define QUOTE(number) #number
#define TEXT(number) QUOTE(number)

/* Shared by the scripts: lets a key, or the pool, live for some seconds more, unless it does already. The
 * list must not expire before the due times: the free slots would be lost, since nobody makes them anew. */
#define KEEP \
	"local function keep(key, seconds)\n" \
	"  local left, least = redis.call('PTTL', key), math.ceil(seconds * 1000)\n" \
	"  if left < least then\n" \
	"    redis.call('PEXPIRE', key, least)\n" \
	"    return least\n" \
	"  end\n" \
	"  return left\n" \
	"end\n" \
	"local function keep_pool(seconds)\n" \
	"  redis.call('PEXPIRE', slots, keep(due, seconds))\n" \
	"end\n"

/* A new pool gets its slots a thousand at a time: Lua can unpack only so many at once. */
#define ACQUIRE_TEXT \
	"local slots, due, waiters = KEYS[1], KEYS[2], KEYS[3]\n" \
	"local workers, maxqueue, ttl, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])\n" \
	KEEP \
	"if redis.call('EXISTS', due) == 0 then\n" \
	"  redis.call('DEL', slots)\n" \
	"  for first = 1, workers, 1000 do\n" \
	"    local numbers, scores = {}, {}\n" \
	"    for slot = first, math.min(first + 999, workers) do\n" \
	"      numbers[#numbers + 1] = slot\n" \
	"      scores[#scores + 1] = -1\n" \
	"      scores[#scores + 1] = slot\n" \
	"    end\n" \
	"    redis.call('RPUSH', slots, unpack(numbers))\n" \
	"    redis.call('ZADD', due, unpack(scores))\n" \
	"  end\n" \
	"else\n" \
	/* A few at a time: what is lost beyond that is found by the next ones who ask. */ \
	"  for _, slot in ipairs(redis.call('ZRANGEBYSCORE', due, 0, ARGV[4], 'LIMIT', 0, 10)) do\n" \
	"    redis.call('LREM', slots, 0, slot)\n" \
	"    redis.call('RPUSH', slots, slot)\n" \
	"    redis.call('ZADD', due, now + " TEXT(MWN_POOL_HANDOVER_SECONDS) ", slot)\n" \
	"  end\n" \
	"end\n" \
	"redis.call('ZREMRANGEBYSCORE', waiters, '-inf', now - tonumber(ARGV[7]))\n" \
	"local answer = redis.call('LPOP', slots)\n" \
	"if not answer then\n" \
	/* It should lie in the list, which is empty: a client that nobody knew to be waiting was handed it. Should that
	 * one be dead, the slot would be lost for ever. */ \
	"  for _, slot in ipairs(redis.call('ZRANGEBYSCORE', due, -1, -1, 'LIMIT', 0, 10)) do\n" \
	"    redis.call('ZADD', due, now + " TEXT(MWN_POOL_HANDOVER_SECONDS) ", slot)\n" \
	"  end\n" \
	"end\n" \
	"if answer then\n" \
	"  redis.call('ZADD', due, now + ttl, answer)\n" \
	"elseif redis.call('ZCARD', waiters) >= maxqueue then\n" \
	"  answer = 'QUEUE_FULL'\n" \
	"elseif ARGV[6] == '' then\n" \
	"  answer = 'TIMEOUT'\n" \
	"else\n" \
	"  redis.call('ZADD', waiters, ARGV[6], ARGV[5])\n" \
	"  keep(waiters, tonumber(ARGV[6]) - now + tonumber(ARGV[7]))\n" \
	"  answer = 'QUEUE_WAIT'\n" \
	"end\n" \
	"keep_pool(ttl)\n" \
	"return answer\n"

#define REGISTER_TEXT \
	"local slots, due, waiters = KEYS[1], KEYS[2], KEYS[3]\n" \
	"local slot, ttl, session, now = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])\n" \
	KEEP \
	/* First, since a script that has written may go on when the memory is full. */ \
	"redis.call('ZREM', waiters, session)\n" \
	/* Without its due times the pool is gone; one slot alone would look like all of it. */ \
	"if slot ~= 'w' and redis.call('EXISTS', due) == 1 then\n" \
	"  redis.call('ZADD', due, now + ttl, slot)\n" \
	"  keep_pool(ttl)\n" \
	"end\n" \
	"return 1\n"

/* The wake-up comes first: Redis serves blocked clients in the order in which keys were filled, and
 * whoever can use the finished work shall not be given a slot to do it again. */
#define RELEASE_TEXT \
	"local slots, due, wakeup, waiters = KEYS[1], KEYS[2], KEYS[3], KEYS[4]\n" \
	"local workers, ttl, slot, taken = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])\n" \
	"local now = tonumber(ARGV[6])\n" \
	KEEP \
	/* A slot can be given back when the memory is full: a script that has written may go on then. This
	 * write changes nothing, since the list never lives longer. */ \
	"redis.call('PEXPIRE', wakeup, 1)\n" \
	"local waiting = redis.call('ZCARD', waiters)\n" \
	"if ARGV[5] == '1' and waiting > 0 then\n" \
	"  for first = 1, waiting, 1000 do\n" \
	"    local signals = {}\n" \
	"    for i = first, math.min(first + 999, waiting) do\n" \
	"      signals[#signals + 1] = 'w'\n" \
	"    end\n" \
	"    redis.call('RPUSH', wakeup, unpack(signals))\n" \
	"  end\n" \
	"  redis.call('PEXPIRE', wakeup, 1)\n" \
	"end\n" \
	"local score = redis.call('ZSCORE', due, slot)\n" \
	"if not score or tonumber(score) ~= taken + ttl then\n" \
	"  return 0\n" \
	"end\n" \
	"local free = redis.call('RPUSH', slots, slot)\n" \
	"if free > workers then\n" \
	/* Out of step: the next one makes the pool anew. */ \
	"  redis.call('DEL', slots, due)\n" \
	"elseif waiting > 0 then\n" \
	"  redis.call('ZADD', due, now + " TEXT(MWN_POOL_HANDOVER_SECONDS) ", slot)\n" \
	"  keep_pool(ttl)\n" \
	"else\n" \
	"  redis.call('ZADD', due, -1, slot)\n" \
	"  if free == workers then\n" \
	"    redis.call('EXPIRE', slots, " TEXT(MWN_POOL_IDLE_SECONDS) ")\n" \
	"    redis.call('EXPIRE', due, " TEXT(MWN_POOL_IDLE_SECONDS) ")\n" \
	"  else\n" \
	"    keep_pool(ttl)\n" \
	"  end\n" \
	"end\n" \
	"return 1\n"

static const struct {
	const char *text;
	size_t length;
} scripts[MWN_SCRIPT_COUNT] = {
	[MWN_SCRIPT_ACQUIRE] = {ACQUIRE_TEXT, sizeof(ACQUIRE_TEXT) - 1},
	[MWN_SCRIPT_REGISTER] = {REGISTER_TEXT, sizeof(REGISTER_TEXT) - 1},
	[MWN_SCRIPT_RELEASE] = {RELEASE_TEXT, sizeof(RELEASE_TEXT) - 1},
};

static char digests[MWN_SCRIPT_COUNT][MWN_SCRIPT_SHA1_LENGTH + 1];

bool mwn_scripts_startup(void)
{
	for (int i = 0; i < MWN_SCRIPT_COUNT; i++) {
		unsigned char digest[EVP_MAX_MD_SIZE];
		unsigned length;

		if (!EVP_Digest(scripts[i].text, scripts[i].length, digest, &length, EVP_sha1(), NULL)) {
			return false;
		}
		for (unsigned byte = 0; byte < length; byte++) {
			snprintf(digests[i] + 2 * byte, 3, "%02x", digest[byte]);
		}
	}
	return true;
}

const char *mwn_script_text(mwn_script script, size_t *length)
{
	*length = scripts[script].length;
	return scripts[script].text;
}

const char *mwn_script_sha1(mwn_script script)
{
	return digests[script];
}
