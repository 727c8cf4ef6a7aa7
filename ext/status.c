#include "php_mwnative.h"
#include "status.h"

#include <hiredis.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>

#include "ext/standard/info.h"

#define QUOTE(number) #number
#define TEXT(number) QUOTE(number)
#define HIREDIS_VERSION_TEXT TEXT(HIREDIS_MAJOR) "." TEXT(HIREDIS_MINOR) "." TEXT(HIREDIS_PATCH)

typedef struct {
	const char *state;
	const char *reason;
} class_status;

static bool is_declared(const char *name)
{
	zend_string *lower = zend_string_alloc(strlen(name), false);
	bool declared;

	zend_str_tolower_copy(ZSTR_VAL(lower), name, strlen(name));
	declared = zend_hash_exists(EG(class_table), lower);
	zend_string_release(lower);
	return declared;
}

static bool is_original_loaded(mwn_served_class served)
{
	for (const mwn_host_profile *profile = mwn_host_profiles; profile->generation; profile++) {
		if (is_declared(profile->classes[served].name)) {
			return true;
		}
	}
	return false;
}

static class_status status_of(mwn_served_class served)
{
	const mwn_binding *binding = &MWN_G(bindings)[served];
	const mwn_verdict *verdict = &MWN_G(verdicts)[served];

	if (!MWN_G(enable)) {
		return (class_status){"disabled", "mwnative.enable is off"};
	}
	if (served == MWN_FILE_BACKEND_MULTI_WRITE && !MWN_G(file_backend)) {
		return (class_status){"disabled", "mwnative.file_backend is off"};
	}
	if (served == MWN_POOL_COUNTER_REDIS && !MWN_G(pool_counter)) {
		return (class_status){"disabled", "mwnative.pool_counter is off"};
	}
	if (served == MWN_LOAD_BALANCER && !MWN_G(load_balancer)) {
		return (class_status){"disabled", "mwnative.load_balancer is off"};
	}
	switch (binding->state) {
		case MWN_BOUND:
			return (class_status){"bound", ""};
		case MWN_ASIDE:
			return (class_status){"stepped aside", verdict->reason ? verdict->reason : ""};
		default:
			break;
	}
	if (is_original_loaded(served)) {
		return (class_status){"original loaded first",
			"the host's file was included or preloaded before the class was looked up"};
	}
	return (class_status){"not asked for", "nothing has looked the class up in this request"};
}

static void add_file_backend_counters(zval *entry)
{
	const mwn_file_backend_counters *counted = &MWN_G(file_backend_counters);
	zval counters, failures, *count;
	zend_string *name;

	array_init(&counters);
	add_assoc_long(&counters, "calls", (zend_long)counted->calls);
	add_assoc_long(&counters, "filesChecked", (zend_long)counted->files_checked);
	add_assoc_long(&counters, "outOfSync", (zend_long)counted->out_of_sync);
	add_assoc_long(&counters, "resynced", (zend_long)counted->resynced);
	array_init(&failures);
	if (counted->replication_failures) {
		ZEND_HASH_FOREACH_STR_KEY_VAL(counted->replication_failures, name, count) {
			/* Keys of the process must not be held by the request: copied. */
			add_assoc_long_ex(&failures, ZSTR_VAL(name), ZSTR_LEN(name), Z_LVAL_P(count));
		} ZEND_HASH_FOREACH_END();
	}
	add_assoc_zval(&counters, "replicationFailures", &failures);
	add_assoc_zval(entry, "counters", &counters);
}

static void pool_counts_to_array(const mwn_pc_counts *counts, zval *row)
{
	array_init(row);
	add_assoc_long(row, "acquired", (zend_long)counts->acquired);
	add_assoc_long(row, "waited", (zend_long)counts->waited);
	add_assoc_double(row, "secondsWaited", counts->seconds_waited);
	add_assoc_long(row, "doneByOthers", (zend_long)counts->done_by_others);
	add_assoc_long(row, "queueFull", (zend_long)counts->queue_full);
	add_assoc_long(row, "timedOut", (zend_long)counts->timed_out);
	add_assoc_long(row, "failedOver", (zend_long)counts->failed_over);
	add_assoc_long(row, "errors", (zend_long)counts->errors);
}

static void add_pool_counters(zval *entry)
{
	HashTable *counted = MWN_G(pool_counter_process).counts;
	const mwn_pc_counts *counts;
	zend_string *type;
	zval counters, row;

	array_init(&counters);
	if (counted) {
		ZEND_HASH_FOREACH_STR_KEY_PTR(counted, type, counts) {
			pool_counts_to_array(counts, &row);
			/* Keys of the process must not be held by the request: copied. */
			add_assoc_zval_ex(&counters, ZSTR_VAL(type), ZSTR_LEN(type), &row);
		} ZEND_HASH_FOREACH_END();
	}
	add_assoc_zval(entry, "counters", &counters);
}

static void add_load_balancer_counters(zval *entry)
{
	const mwn_load_balancer_process *counted = &MWN_G(load_balancer_process);
	zval counters;

	array_init(&counters);
	add_assoc_long(&counters, "calls", (zend_long)counted->calls);
	add_assoc_long(&counters, "connectionsOpened", (zend_long)counted->opened);
	add_assoc_long(&counters, "connectionsFailed", (zend_long)counted->failed);
	add_assoc_long(&counters, "readersChosen", (zend_long)counted->readers_chosen);
	add_assoc_long(&counters, "laggedReplicaUsed", (zend_long)counted->lagged);
	add_assoc_zval(entry, "counters", &counters);
}

static void add_text_or_null(zval *array, const char *key, const char *text)
{
	if (text) {
		add_assoc_string(array, key, text);
	} else {
		add_assoc_null(array, key);
	}
}

static void add_class(zval *classes, mwn_served_class served)
{
	const mwn_binding *binding = &MWN_G(bindings)[served];
	class_status status = status_of(served);
	bool bound = binding->state == MWN_BOUND;
	zval entry;

	array_init(&entry);
	add_assoc_string(&entry, "state", status.state);
	add_assoc_string(&entry, "reason", status.reason);
	add_text_or_null(&entry, "host", bound ? binding->profile->generation : NULL);
	add_text_or_null(&entry, "name", bound ? ZSTR_VAL(binding->shell->name) : NULL);
	add_text_or_null(&entry, "parent", bound ? ZSTR_VAL(binding->parent->name) : NULL);
	if (served == MWN_FILE_BACKEND_MULTI_WRITE) {
		add_file_backend_counters(&entry);
	} else if (served == MWN_POOL_COUNTER_REDIS) {
		add_pool_counters(&entry);
	} else if (served == MWN_LOAD_BALANCER) {
		add_load_balancer_counters(&entry);
	}
	add_assoc_zval(classes, mwn_served_class_name(served), &entry);
}

ZEND_FUNCTION(mwnative_status)
{
	zval libraries, classes, *version;

	ZEND_PARSE_PARAMETERS_NONE();
	array_init(return_value);
	add_assoc_string(return_value, "version", PHP_MWNATIVE_VERSION);
	add_assoc_bool(return_value, "enabled", MWN_G(enable));
	version = zend_get_constant_str("MW_VERSION", sizeof("MW_VERSION") - 1);
	add_text_or_null(return_value, "host",
		version && Z_TYPE_P(version) == IS_STRING ? Z_STRVAL_P(version) : NULL);
	array_init(&libraries);
	add_assoc_string(&libraries, "OpenSSL", OpenSSL_version(OPENSSL_VERSION));
	add_assoc_string(&libraries, "hiredis", HIREDIS_VERSION_TEXT);
	add_assoc_string(&libraries, "TLS to Redis", mwn_redis_has_tls() ? "yes" : "no");
	add_assoc_zval(return_value, "libraries", &libraries);
	array_init(&classes);
	for (int served = 0; served < MWN_SERVED_CLASSES; served++) {
		add_class(&classes, (mwn_served_class)served);
	}
	add_assoc_zval(return_value, "classes", &classes);
}

void mwn_status_print_info(void)
{
	php_info_print_table_start();
	php_info_print_table_row(2, "mwnative", MWN_G(enable) ? "enabled" : "disabled");
	php_info_print_table_row(2, "Version", PHP_MWNATIVE_VERSION);
	php_info_print_table_row(2, "OpenSSL, compiled with", OPENSSL_VERSION_TEXT);
	php_info_print_table_row(2, "OpenSSL, running with", OpenSSL_version(OPENSSL_VERSION));
	php_info_print_table_row(2, "hiredis, compiled with", HIREDIS_VERSION_TEXT);
	php_info_print_table_row(2, "TLS to Redis servers", mwn_redis_has_tls() ? "yes" : "no (needs hiredis 1.0 or later)");
	php_info_print_table_end();

	php_info_print_table_start();
	php_info_print_table_header(2, "Class", "State");
	for (int served = 0; served < MWN_SERVED_CLASSES; served++) {
		class_status status = status_of((mwn_served_class)served);
		char *text;
		spprintf(&text, 0, "%s%s%s", status.state, *status.reason ? ": " : "", status.reason);
		php_info_print_table_row(2, mwn_served_class_name((mwn_served_class)served), text);
		efree(text);
	}
	php_info_print_table_end();
}
