/*
 * What differs between generations of the host: one row a generation.
 * Nothing else in the extension asks for the host's version.
 */
#ifndef MWNATIVE_HOST_PROFILE_H
#define MWNATIVE_HOST_PROFILE_H

#include "php.h"

struct mwn_lb_host;

/* The classes that this extension serves, in the order of every per-class array. */
typedef enum {
	MWN_FILE_BACKEND_MULTI_WRITE,
	MWN_POOL_COUNTER_REDIS,
	MWN_LOAD_BALANCER,
	MWN_SERVED_CLASSES
} mwn_served_class;

typedef struct {
	const char *name;   /* the canonical name: what the shell declares */
	const char *alias;  /* the second name, NULL when the host has one name only */
	const char *parent; /* the host's class that the shell extends, or the interface that it implements */
	bool parent_is_interface;
	const char *file;   /* the original's file, beside the parent's */
} mwn_host_class;

typedef struct {
	const char *generation; /* "1.43": the folder of the shells */
	int version;            /* 143: major * 100 + minor */
	mwn_host_class classes[MWN_SERVED_CLASSES];

	const struct mwn_lb_host *balancer; /* what LoadBalancer does there: ext/load_balancer/hosts.c */

	bool lists_for_write; /* FileBackendMultiWrite::getFileList() knows "forWrite" */

	/* names of host classes that the bodies use */
	const char *file_backend_store;
	const char *fs_file_backend;
	const char *fs_file;
	const char *format_json;
	const char *deferred_updates;
	const char *status;
	const char *empty_bag_o_stuff;
	const char *wan_object_cache;
	const char *null_statsd;
	const char *logger_factory; /* PoolCounterRedis makes its own logger with it; NULL: it is handed one */
} mwn_host_profile;

/* The short name of a served class, the key in mwnative_status(). */
const char *mwn_served_class_name(mwn_served_class served);

/*
 * The profile for a host's version text ("1.43.9", "1.44.0-alpha").
 *
 * A generation that is not verified gets the nearest older profile, or the oldest,
 * when `unverified` is true; otherwise NULL. NULL also for text that is no version.
 */
const mwn_host_profile *mwn_find_host_profile(const char *version, bool unverified);

/* Every profile, ended by a row whose generation is NULL. */
extern const mwn_host_profile mwn_host_profiles[];

#endif
