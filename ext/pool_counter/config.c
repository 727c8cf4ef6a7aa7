/* The constructor: what is configured, and which servers that means. */
#include "../php_mwnative.h"

#include <math.h>
#include <sys/random.h>

#include "zend_exceptions.h"
#include "zend_smart_str.h"
#include "ext/spl/spl_exceptions.h"
#include "ext/standard/sha1.h"

#define MOST_SERVERS 1024
#define MOST_LOCK_SECONDS 1000000000
#define MOST_WORKERS 1000000000
/* What stands for no time limit (0 in the configuration): nothing waits for ever. */
#define UNLIMITED_SECONDS 3600.0

/* Throws; `key` is where in the configuration. A value is never shown: it may be a password. */
static bool refuse(const char *key, const char *must)
{
	zend_throw_exception_ex(spl_ce_InvalidArgumentException, 0,
		"PoolCounterRedis: the configuration's '%s' %s", key, must);
	return false;
}

/* array[key], dereferenced; NULL when it is missing or null. */
static zval *find(HashTable *array, const char *key)
{
	zval *value = zend_hash_str_find(array, key, strlen(key));

	if (!value) {
		return NULL;
	}
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) == IS_NULL ? NULL : value;
}

/* A finite number, numeric strings included. */
static bool read_number(const zval *value, double *number)
{
	switch (Z_TYPE_P(value)) {
		case IS_LONG:
			*number = (double)Z_LVAL_P(value);
			return true;
		case IS_DOUBLE:
			*number = Z_DVAL_P(value);
			return zend_finite(*number);
		case IS_STRING: {
			zend_long whole;
			zend_uchar type = is_numeric_string(Z_STRVAL_P(value), Z_STRLEN_P(value), &whole, number, false);
			if (type == IS_LONG) {
				*number = (double)whole;
			}
			return type != 0 && zend_finite(*number);
		}
		default:
			return false;
	}
}

static bool is_whole(double number, double least, double most)
{
	return number >= least && number <= most && number == floor(number);
}

static bool check_whole(HashTable *config, const char *key, const char *path, double least, double most, const char *must)
{
	double number;
	zval *value = find(config, key);

	return (value && read_number(value, &number) && is_whole(number, least, most)) || refuse(path, must);
}

/* What the host's constructor takes as it is. */
static bool check_limits(HashTable *config)
{
	double number;
	zval *value;

	/* A queue may be as long as any number says: none is that long. */
	if (!check_whole(config, "workers", "workers", 1, MOST_WORKERS, "must be a whole number from 1 to 1000000000")
		|| !check_whole(config, "maxqueue", "maxqueue", 0, HUGE_VAL, "must be a whole number of at least 0")) {
		return false;
	}
	value = find(config, "timeout");
	if (!value || !read_number(value, &number) || number < 0) {
		return refuse("timeout", "must be a number of seconds, 0 or more");
	}
	value = find(config, "slots");
	return !value || Z_TYPE_P(value) == IS_FALSE
		|| check_whole(config, "slots", "slots", 0, 1e9, "must be a whole number from 0 to 1000000000");
}

static bool read_seconds(HashTable *config, const char *key, const char *path, bool may_be_negative, double *seconds)
{
	zval *value = find(config, key);

	*seconds = 1;
	if (value && (!read_number(value, seconds) || (*seconds < 0 && !may_be_negative))) {
		return refuse(path, may_be_negative ? "must be a number of seconds; 0 or less is no limit"
			: "must be a number of seconds, 0 (no limit) or more");
	}
	if (*seconds <= 0 || *seconds > UNLIMITED_SECONDS) {
		*seconds = UNLIMITED_SECONDS;
	}
	return true;
}

/* A string that src/ takes with its length; of an integer its digits. */
static bool read_secret(const zval *value, const char *path, char digits[MAX_LENGTH_OF_LONG + 1], const char **text,
	size_t *length)
{
	if (Z_TYPE_P(value) == IS_LONG) {
		*length = (size_t)snprintf(digits, MAX_LENGTH_OF_LONG + 1, ZEND_LONG_FMT, Z_LVAL_P(value));
		*text = digits;
		return true;
	}
	if (Z_TYPE_P(value) != IS_STRING) {
		return refuse(path, "must be a string or an integer");
	}
	*text = Z_STRVAL_P(value);
	*length = Z_STRLEN_P(value);
	return true;
}

static bool read_text(HashTable *config, const char *key, const char *path, const char **text)
{
	zval *value = find(config, key);

	*text = NULL;
	if (!value) {
		return true;
	}
	if (Z_TYPE_P(value) != IS_STRING || Z_STRLEN_P(value) == 0 || strlen(Z_STRVAL_P(value)) != Z_STRLEN_P(value)) {
		return refuse(path, "must be a string that is not empty");
	}
	*text = Z_STRVAL_P(value);
	return true;
}

/* What the options point at where a secret is an integer. */
typedef struct {
	char password[MAX_LENGTH_OF_LONG + 1];
	char user[MAX_LENGTH_OF_LONG + 1];
} secret_digits;

/* 'password' => string, or as phpredis takes it [ user, password ]; and 'user'. */
static bool read_credentials(HashTable *config, secret_digits *digits, mwn_redis_options *options)
{
	zval *password = find(config, "password"), *user = find(config, "user");

	if (password && Z_TYPE_P(password) == IS_ARRAY) {
		HashTable *pair = Z_ARRVAL_P(password);
		zval *first = zend_hash_index_find_deref(pair, 0), *second = zend_hash_index_find_deref(pair, 1);
		if (!first || zend_hash_num_elements(pair) > 2 || (second == NULL) != (zend_hash_num_elements(pair) == 1)) {
			return refuse("redisConfig.password", "must be a string, an integer or [ user, password ]");
		}
		user = second ? first : user;
		password = second ? second : first;
	}
	if (password && !read_secret(password, "redisConfig.password", digits->password, &options->password,
		&options->password_length)) {
		return false;
	}
	if (user && !read_secret(user, "redisConfig.user", digits->user, &options->user, &options->user_length)) {
		return false;
	}
	if (user && !password) {
		return refuse("redisConfig.user", "needs a 'password' beside it");
	}
	return true;
}

static bool read_options(HashTable *config, secret_digits *digits, mwn_redis_options *options, bool *persistent)
{
	zval *value;

	memset(options, 0, sizeof(*options));
	if (!read_seconds(config, "connectTimeout", "redisConfig.connectTimeout", false, &options->connect_timeout)
		|| !read_seconds(config, "readTimeout", "redisConfig.readTimeout", true, &options->read_timeout)
		|| !read_credentials(config, digits, options)
		|| !read_text(config, "cafile", "redisConfig.cafile", &options->ca_file)
		|| !read_text(config, "peerName", "redisConfig.peerName", &options->peer_name)) {
		return false;
	}
	value = find(config, "persistent");
	*persistent = value && zend_is_true(value);
	value = find(config, "verifyPeer");
	options->verify_peer = !value || zend_is_true(value);
	value = find(config, "database");
	if (value) {
		if (!check_whole(config, "database", "redisConfig.database", 0, 1e9,
			"must be a whole number from 0 to 1000000000")) {
			return false;
		}
		options->database = (int)zval_get_long(value);
	}
	return true;
}

static bool read_server(zend_ulong index, zend_string *label, zval *text, mwn_redis_server_config *server,
	char number[MAX_LENGTH_OF_LONG + 1])
{
	const char *wrong;
	char key[64];

	if (label) {
		server->label = ZSTR_VAL(label);
		server->label_length = ZSTR_LEN(label);
	} else {
		server->label_length = (size_t)snprintf(number, MAX_LENGTH_OF_LONG + 1, ZEND_LONG_FMT, (zend_long)index);
		server->label = number;
	}
	snprintf(key, sizeof(key), "servers.%.40s", server->label);
	ZVAL_DEREF(text);
	if (Z_TYPE_P(text) != IS_STRING) {
		return refuse(key, "must be an address: host:port, [ipv6]:port, tls://host:port or the path of a unix socket");
	}
	wrong = mwn_redis_address_parse(&server->address, Z_STRVAL_P(text), Z_STRLEN_P(text));
	if (wrong) {
		char must[256];
		snprintf(must, sizeof(must), "is no address of a server: %.200s", wrong);
		return refuse(key, must);
	}
	if (server->address.is_tls && !mwn_redis_has_tls()) {
		return refuse(key, "asks for TLS, which this build of mwnative lacks:"
			" build it with hiredis 1.0 or later and its TLS library");
	}
	server->text = Z_STRVAL_P(text);
	server->text_length = Z_STRLEN_P(text);
	return true;
}

static mwn_redis_servers *make_servers(HashTable *servers, HashTable *redis_config)
{
	uint32_t count = zend_hash_num_elements(servers), i = 0;
	mwn_redis_server_config *list = ecalloc(count, sizeof(*list));
	char (*numbers)[MAX_LENGTH_OF_LONG + 1] = safe_emalloc(count, sizeof(*numbers), 0);
	mwn_redis_servers *made = NULL;
	mwn_redis_options options;
	secret_digits digits;
	zend_ulong index;
	zend_string *label;
	zval *text;
	bool persistent = false, done = read_options(redis_config, &digits, &options, &persistent);

	ZEND_HASH_FOREACH_KEY_VAL(servers, index, label, text) {
		done = done && read_server(index, label, text, &list[i], numbers[i]);
		i++;
	} ZEND_HASH_FOREACH_END();
	if (done) {
		made = mwn_redis_servers_new(list, count, &options, persistent);
		if (!made) {
			zend_throw_error(NULL, "PoolCounterRedis: out of memory for the list of servers");
		}
	}
	efree(list);
	efree(numbers);
	explicit_bzero(&digits, sizeof(digits));
	return made;
}

/* ---- the servers of equal configurations are made once a process ---- */

/* A value that tells one set of servers from another; with its kind and length, so that no two look alike. */
static void append_value(smart_str *text, const zval *value)
{
	if (!value) {
		smart_str_appendc(text, '-');
	} else if (Z_TYPE_P(value) == IS_ARRAY) {
		zval *element;
		smart_str_appendc(text, '{');
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(value), element) {
			ZVAL_DEREF(element);
			append_value(text, Z_TYPE_P(element) == IS_ARRAY ? NULL : element);
		} ZEND_HASH_FOREACH_END();
		smart_str_appendc(text, '}');
	} else {
		zend_string *held, *string = zval_get_tmp_string((zval *)value, &held);
		smart_str_appendc(text, (char)('a' + Z_TYPE_P(value)));
		smart_str_append_unsigned(text, ZSTR_LEN(string));
		smart_str_appendc(text, ':');
		smart_str_append(text, string);
		zend_tmp_string_release(held);
	}
}

static zend_string *identity_of(HashTable *servers, HashTable *redis_config)
{
	static const char *const options[] = {"connectTimeout", "readTimeout", "persistent", "password", "user", "database",
		"cafile", "peerName", "verifyPeer"};
	smart_str text = {0};
	zend_ulong index;
	zend_string *label;
	zval *value, key;

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		value = find(redis_config, options[i]);
		append_value(&text, value && Z_TYPE_P(value) == IS_OBJECT ? NULL : value);
	}
	ZEND_HASH_FOREACH_KEY_VAL(servers, index, label, value) {
		if (label) {
			ZVAL_STR(&key, label);
		} else {
			ZVAL_LONG(&key, (zend_long)index);
		}
		append_value(&text, &key);
		ZVAL_DEREF(value);
		append_value(&text, Z_TYPE_P(value) == IS_OBJECT || Z_TYPE_P(value) == IS_ARRAY ? NULL : value);
	} ZEND_HASH_FOREACH_END();
	smart_str_0(&text);
	return text.s;
}

static void free_set(zval *entry)
{
	mwn_pc_server_set *set = Z_PTR_P(entry);

	mwn_redis_servers_free(set->servers);
	zend_string_release_ex(set->identity, true);
	pefree(set, 1);
}

static HashTable *new_table(dtor_func_t destructor)
{
	HashTable *table = pemalloc(sizeof(HashTable), 1);

	zend_hash_init(table, 8, NULL, destructor, 1);
	return table;
}

static mwn_pc_server_set *add_set(mwn_pool_counter_process *process, const zend_string *identity, mwn_redis_servers *servers)
{
	mwn_pc_server_set *set = pemalloc(sizeof(*set), 1);

	if (process->next_number == 0) {
		zend_ulong random = 0;
		if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
			random = (zend_ulong)mwn_pool_now();
		}
		/* Room for the sets, and neither 0 nor negative. */
		process->next_number = (zend_long)(random & (ZEND_LONG_MAX >> 1)) | 1;
	}
	set->servers = servers;
	set->identity = zend_string_init(ZSTR_VAL(identity), ZSTR_LEN(identity), true);
	set->number = process->next_number++;
	zend_hash_index_add_new_ptr(process->sets, (zend_ulong)set->number, set);
	zend_hash_add_new_ptr(process->sets_by_config, set->identity, set);
	return set;
}

static bool look_up_servers(HashTable *servers, HashTable *redis_config, zend_long *number)
{
	mwn_pool_counter_process *process = &MWN_G(pool_counter_process);
	zend_string *identity = identity_of(servers, redis_config);
	mwn_pc_server_set *set;
	mwn_redis_servers *made;

	if (!process->sets) {
		process->sets = new_table(free_set);
		process->sets_by_config = new_table(NULL);
	}
	set = zend_hash_find_ptr(process->sets_by_config, identity);
	if (!set) {
		made = make_servers(servers, redis_config);
		set = made ? add_set(process, identity, made) : NULL;
	}
	zend_string_release(identity);
	if (set) {
		set->used = ++process->uses;
		*number = set->number;
	}
	return set != NULL;
}

static int by_use(const void *one, const void *other)
{
	zend_ulong first = (*(mwn_pc_server_set *const *)one)->used, second = (*(mwn_pc_server_set *const *)other)->used;

	return first < second ? -1 : first > second;
}

void mwn_pc_forget_old_servers(mwn_pool_counter_process *process)
{
	/* A process that sees many configurations must not grow for ever. */
	enum { MOST_SETS = 256 };
	uint32_t count = process->sets ? zend_hash_num_elements(process->sets) : 0, i = 0;
	mwn_pc_server_set **list, *set;

	if (EXPECTED(count <= MOST_SETS)) {
		return;
	}
	list = safe_pemalloc(count, sizeof(*list), 0, 1);
	ZEND_HASH_FOREACH_PTR(process->sets, set) {
		list[i++] = set;
	} ZEND_HASH_FOREACH_END();
	qsort(list, count, sizeof(*list), by_use);
	for (i = 0; i < count - MOST_SETS; i++) {
		zend_hash_del(process->sets_by_config, list[i]->identity);
		zend_hash_index_del(process->sets, (zend_ulong)list[i]->number);
	}
	pefree(list, 1);
}

static bool is_same_array(const zval *kept, const HashTable *array)
{
	return Z_TYPE_P(kept) == IS_ARRAY && Z_ARR_P(kept) == array;
}

static bool has_references(HashTable *array)
{
	zval *value;

	ZEND_HASH_FOREACH_VAL(array, value) {
		if (Z_ISREF_P(value) || (Z_TYPE_P(value) == IS_ARRAY && has_references(Z_ARRVAL_P(value)))) {
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return false;
}

/* The very arrays of the object before need not be read again: they are held, so that nobody can change them. */
static bool number_of_servers(HashTable *servers, HashTable *redis_config, zend_long *number)
{
	mwn_pool_counter_request *request = &MWN_G(pool_counter_request);

	if (is_same_array(&request->last_servers, servers) && is_same_array(&request->last_redis_config, redis_config)) {
		*number = request->last_number;
		return true;
	}
	if (!look_up_servers(servers, redis_config, number)) {
		return false;
	}
	if (!has_references(servers) && !has_references(redis_config)) {
		zval old_servers = request->last_servers, old_redis_config = request->last_redis_config;
		mwn_share_array(&request->last_servers, servers);
		mwn_share_array(&request->last_redis_config, redis_config);
		request->last_number = *number;
		/* Last: an object in there may have a destructor that comes this way. */
		zval_ptr_dtor(&old_servers);
		zval_ptr_dtor(&old_redis_config);
	}
	return true;
}

void mwn_pc_forget_config(mwn_pool_counter_request *request)
{
	zval servers = request->last_servers, redis_config = request->last_redis_config;

	ZVAL_UNDEF(&request->last_servers);
	ZVAL_UNDEF(&request->last_redis_config);
	zval_ptr_dtor(&servers);
	zval_ptr_dtor(&redis_config);
}

mwn_redis_servers *mwn_pc_servers_by_number(const zval *number)
{
	const mwn_pool_counter_process *process = &MWN_G(pool_counter_process);
	const mwn_pc_server_set *set;

	if (Z_TYPE_P(number) != IS_LONG || !process->sets) {
		return NULL;
	}
	set = zend_hash_index_find_ptr(process->sets, (zend_ulong)Z_LVAL_P(number));
	return set ? set->servers : NULL;
}

mwn_redis_servers *mwn_pc_servers(zend_object *self)
{
	mwn_redis_servers *servers = mwn_pc_servers_by_number(mwn_pc_slot(self, MWN_PC_PROPERTY_serverSet));

	if (UNEXPECTED(!servers)) {
		zend_throw_error(NULL, "%s was not constructed in this process: it has no servers", ZSTR_VAL(self->ce->name));
	}
	return servers;
}

/* ---- the constructor ---- */

/* Without redisConfig: it is nothing to the parent, in whose frame of a stack trace the password would stand. */
static void hide_redis_config(const zval *config, zval *shown)
{
	if (Z_TYPE_P(config) == IS_ARRAY && zend_hash_str_exists(Z_ARRVAL_P(config), "redisConfig", sizeof("redisConfig") - 1)) {
		ZVAL_ARR(shown, zend_array_dup(Z_ARRVAL_P(config)));
		zend_hash_str_del(Z_ARRVAL_P(shown), "redisConfig", sizeof("redisConfig") - 1);
	} else {
		ZVAL_COPY(shown, config);
	}
}

static bool call_parent_constructor(zend_object *self, zval *config, zval *type, zval *key)
{
	zend_class_entry *parent = MWN_G(pool_counter_request).binding->parent;
	zval arguments[3], unused;

	if (parent->constructor) {
		hide_redis_config(config, &arguments[0]);
		ZVAL_COPY_VALUE(&arguments[1], type);
		ZVAL_COPY_VALUE(&arguments[2], key);
		zend_call_known_function(parent->constructor, self, self->ce, &unused, 3, arguments, NULL);
		zval_ptr_dtor(&arguments[0]);
		zval_ptr_dtor(&unused);
	}
	return !EG(exception);
}

static void set_key_sha1(zend_object *self)
{
	zend_string *text = mwn_pc_text(self, MWN_PC_PROPERTY_key), *hex = zend_string_alloc(40, false);
	zval sha1;
	unsigned char digest[20];
	PHP_SHA1_CTX context;

	PHP_SHA1Init(&context);
	PHP_SHA1Update(&context, (const unsigned char *)ZSTR_VAL(text), ZSTR_LEN(text));
	PHP_SHA1Final(digest, &context);
	make_sha1_digest(ZSTR_VAL(hex), digest);
	zend_string_release(text);
	ZVAL_STR(&sha1, hex);
	mwn_pc_set(self, MWN_PC_PROPERTY_keySha1, &sha1);
}

/* Work should finish within this time. */
static void set_lock_ttl(zend_object *self)
{
	zend_long limit = zend_ini_long("max_execution_time", sizeof("max_execution_time") - 1, false);
	zval seconds;

	ZVAL_LONG(&seconds, limit > 0 ? 2 * MIN(limit, MOST_LOCK_SECONDS) : 3600);
	mwn_pc_set(self, MWN_PC_PROPERTY_lockTTL, &seconds);
}

/* Where the host makes it itself: LoggerFactory::getInstance( 'redis' ) */
static bool set_logger(zend_object *self)
{
	const char *factory = MWN_G(pool_counter_request).binding->profile->logger_factory;
	zval channel, logger;
	bool done;

	if (!factory) {
		return true;
	}
	ZVAL_STRING(&channel, "redis");
	done = mwn_call_static(factory, "getinstance", &logger, 1, &channel);
	zval_ptr_dtor(&channel);
	if (done) {
		mwn_pc_set(self, MWN_PC_PROPERTY_logger, &logger);
	}
	return done;
}

ZEND_METHOD(MwNative_PoolCounterRedis, construct)
{
	zend_object *self;
	zval *config, *type, *key, *servers, *redis_config, *defer, value;
	zend_long number;

	ZEND_PARSE_PARAMETERS_START(4, 4)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(config)
		Z_PARAM_ZVAL(type)
		Z_PARAM_ZVAL(key)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_pc_enter(self)) {
		return;
	}
	if (Z_TYPE_P(config) == IS_ARRAY && !check_limits(Z_ARRVAL_P(config))) {
		return;
	}
	/* It refuses what is no array. */
	if (!call_parent_constructor(self, config, type, key) || Z_TYPE_P(config) != IS_ARRAY) {
		return;
	}
	servers = find(Z_ARRVAL_P(config), "servers");
	if (!servers || Z_TYPE_P(servers) != IS_ARRAY || zend_hash_num_elements(Z_ARRVAL_P(servers)) == 0
		|| zend_hash_num_elements(Z_ARRVAL_P(servers)) > MOST_SERVERS) {
		refuse("servers", "must be an array of label => address, of 1 to 1024 servers");
		return;
	}
	redis_config = find(Z_ARRVAL_P(config), "redisConfig");
	if (redis_config && Z_TYPE_P(redis_config) != IS_ARRAY) {
		refuse("redisConfig", "must be an array");
		return;
	}
	if (!number_of_servers(Z_ARRVAL_P(servers),
		redis_config ? Z_ARRVAL_P(redis_config) : (HashTable *)&zend_empty_array, &number)) {
		return;
	}
	ZVAL_COPY(&value, servers);
	mwn_pc_set(self, MWN_PC_PROPERTY_serversByLabel, &value);
	ZVAL_LONG(&value, number);
	mwn_pc_set(self, MWN_PC_PROPERTY_serverSet, &value);
	ZVAL_STR(&value, zval_get_string(type));
	mwn_pc_set(self, MWN_PC_PROPERTY_poolType, &value);
	defer = find(Z_ARRVAL_P(config), "deferRelease");
	ZVAL_BOOL(&value, defer && zend_is_true(defer));
	mwn_pc_set(self, MWN_PC_PROPERTY_deferRelease, &value);
	set_key_sha1(self);
	set_lock_ttl(self);
	if (!EG(exception) && set_logger(self)) {
		mwn_pc_register_shutdown();
	}
}
