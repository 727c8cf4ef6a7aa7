#include "host_profile.h"

#include "load_balancer/load_balancer.h"

#include <stdlib.h>

static const char *const served_class_names[MWN_SERVED_CLASSES] = {
	[MWN_FILE_BACKEND_MULTI_WRITE] = "FileBackendMultiWrite",
	[MWN_POOL_COUNTER_REDIS] = "PoolCounterRedis",
	[MWN_LOAD_BALANCER] = "LoadBalancer",
};

/* Oldest first. */
const mwn_host_profile mwn_host_profiles[] = {
	{
		.generation = "1.39",
		.version = 139,
		.classes = {
			[MWN_FILE_BACKEND_MULTI_WRITE] = {
				.name = "FileBackendMultiWrite",
				.alias = NULL,
				.parent = "FileBackend",
				.file = "FileBackendMultiWrite.php",
			},
			[MWN_POOL_COUNTER_REDIS] = {
				.name = "PoolCounterRedis",
				.alias = NULL,
				.parent = "PoolCounter",
				.file = "PoolCounterRedis.php",
			},
			[MWN_LOAD_BALANCER] = {
				.name = "Wikimedia\\Rdbms\\LoadBalancer",
				.alias = "LoadBalancer",
				.parent = "Wikimedia\\Rdbms\\ILoadBalancerForOwner",
				.parent_is_interface = true,
				.file = "LoadBalancer.php",
			},
		},
		.balancer = &mwn_lb_host_139,
		.file_backend_store = "FileBackendStore",
		.fs_file_backend = "FSFileBackend",
		.fs_file = "FSFile",
		.format_json = "FormatJson",
		.deferred_updates = "DeferredUpdates",
		.status = "Status",
		.empty_bag_o_stuff = "EmptyBagOStuff",
		.wan_object_cache = "WANObjectCache",
		.null_statsd = "NullStatsdDataFactory",
		.logger_factory = "MediaWiki\\Logger\\LoggerFactory",
	},
	{
		.generation = "1.43",
		.version = 143,
		.classes = {
			[MWN_FILE_BACKEND_MULTI_WRITE] = {
				.name = "Wikimedia\\FileBackend\\FileBackendMultiWrite",
				.alias = "FileBackendMultiWrite",
				.parent = "Wikimedia\\FileBackend\\FileBackend",
				.file = "FileBackendMultiWrite.php",
			},
			[MWN_POOL_COUNTER_REDIS] = {
				.name = "MediaWiki\\PoolCounter\\PoolCounterRedis",
				.alias = "PoolCounterRedis",
				.parent = "MediaWiki\\PoolCounter\\PoolCounter",
				.file = "PoolCounterRedis.php",
			},
			[MWN_LOAD_BALANCER] = {
				.name = "Wikimedia\\Rdbms\\LoadBalancer",
				.alias = NULL,
				.parent = "Wikimedia\\Rdbms\\ILoadBalancerForOwner",
				.parent_is_interface = true,
				.file = "LoadBalancer.php",
			},
		},
		.balancer = &mwn_lb_host_143,
		.lists_for_write = true,
		.file_backend_store = "Wikimedia\\FileBackend\\FileBackendStore",
		.fs_file_backend = "Wikimedia\\FileBackend\\FSFileBackend",
		.fs_file = "Wikimedia\\FileBackend\\FSFile\\FSFile",
		.format_json = "MediaWiki\\Json\\FormatJson",
		.deferred_updates = "MediaWiki\\Deferred\\DeferredUpdates",
		.status = "MediaWiki\\Status\\Status",
		.empty_bag_o_stuff = "Wikimedia\\ObjectCache\\EmptyBagOStuff",
		.wan_object_cache = "Wikimedia\\ObjectCache\\WANObjectCache",
		.null_statsd = "Wikimedia\\Stats\\NullStatsdDataFactory",
		.logger_factory = NULL,
	},
	{ .generation = NULL },
};

const char *mwn_served_class_name(mwn_served_class served)
{
	return served_class_names[served];
}

static int parse_version(const char *text)
{
	char *end;
	long major, minor;

	major = strtol(text, &end, 10);
	if (end == text || *end != '.' || major < 0 || major > 99) {
		return -1;
	}
	text = end + 1;
	minor = strtol(text, &end, 10);
	if (end == text || minor < 0 || minor > 99) {
		return -1;
	}
	return (int)(major * 100 + minor);
}

const mwn_host_profile *mwn_find_host_profile(const char *text, bool unverified)
{
	int version = parse_version(text);
	const mwn_host_profile *profile, *nearest = &mwn_host_profiles[0];

	if (version < 0) {
		return NULL;
	}
	for (profile = mwn_host_profiles; profile->generation; profile++) {
		if (profile->version == version) {
			return profile;
		}
		if (profile->version < version) {
			nearest = profile;
		}
	}
	return unverified ? nearest : NULL;
}
