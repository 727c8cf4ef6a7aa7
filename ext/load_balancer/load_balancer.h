/*
 * LoadBalancer in C: what its parts share.
 *
 *  class.c        the bound class's slots, entering a body, the host's constants, exceptions
 *  keys.c         arrays under whatever PHP would take as a key
 *  log.c          what the host's loggers are told
 *  user_abort.c   ignoring it for the time of a round's step
 *  domains.c      database domains: identifiers, aliases, the local domain
 *  config.c       the constructor and reconfigure(): servers, groups, services
 *  server_list.c  the servers as the host's ServerInfo keeps them
 *  servers.c      what is configured of a server
 *  choice.c       weighted random choice
 *  reader.c       getReaderIndex(): which server a group reads from
 *  connections.c  getConnection() and its kin: groups, flags, readers, references
 *  sharing.c      getServerConnection(): an open connection that can serve, or a new one
 *  opening.c      new connections, from the host's factory
 *  errors.c       connections that fail
 *  tracking.c     the connections that are held, and their end
 *  waiting.c      replication positions: of the session and of callers
 *  catching_up.c  waiting until one server has reached a position
 *  rounds.c       transaction rounds
 *  callbacks.c    what runs after a round's end: callbacks, then listeners
 *  changes.c      what primary connections have pending, their snapshots and listeners
 *  lag.c          lag and read-only mode
 *  former.c       the names of MediaWiki 1.33 that hosts have dropped since
 *  hosts.c        which of the bodies a generation of the host gets, and what else it has of its own
 *  139/           what only MediaWiki 1.39 has: see 139/load_balancer_139.h
 *
 * Functions that return bool return false when an exception is under way, unless they say otherwise.
 */
#ifndef MWNATIVE_LOAD_BALANCER_H
#define MWNATIVE_LOAD_BALANCER_H

#include "php.h"
#include "../binder.h"
#include "../host_call.h"
#include "../slots.h"

/* Declared properties of the shells. */
#define MWN_LB_PROPERTIES(X) \
	X(loadMonitor) \
	X(srvCache) \
	X(wanCache) \
	X(databaseFactory) \
	X(trxProfiler) \
	X(statsd) \
	X(logger) \
	X(errorLogger) \
	X(localDomain) \
	X(conns) \
	X(clusterName) \
	X(serverInfo) \
	X(groupLoads) \
	X(defaultGroup) \
	X(tableAliases) \
	X(indexAliases) \
	X(domainAliases) \
	X(trxRecurringCallbacks) \
	X(tempTablesOnlyMode) \
	X(trxRoundId) \
	X(trxRoundStage) \
	X(readIndexByGroup) \
	X(waitForPos) \
	X(laggedReplicaMode) \
	X(readOnlyReason) \
	X(connectionCounter) \
	X(disabled) \
	X(chronologyProtector) \
	X(chronologyProtectorCalled) \
	X(lastErrorConn) \
	X(nonLocalDomainCache) \
	X(modcount) \
	X(csProvider) \
	X(chronologyCallback) \
	X(profiler) \
	X(connLogger) \
	X(queryLogger) \
	X(replLogger) \
	X(perfLogger) \
	X(deprecationLogger) \
	X(servers) \
	X(waitTimeout) \
	X(loadMonitorConfig) \
	X(maxLag) \
	X(cliMode) \
	X(agent) \
	X(errorConnection) \
	X(lastError) \
	X(chronologyCallbackTriggered) \
	X(lagAllowed) \
	X(fallbackToPrimary) \
	X(hasReplicas)

typedef enum {
#define X(name) MWN_LB_PROPERTY_##name,
	MWN_LB_PROPERTIES(X)
#undef X
	MWN_LB_PROPERTY_COUNT
} mwn_lb_property;

/* Class constants of the host that C compares with or hands on; read from the host once a request. */
#define MWN_LB_CONSTANTS(X) \
	X(DB_REPLICA) \
	X(DB_PRIMARY) \
	X(CONN_TRX_AUTOCOMMIT) \
	X(CONN_SILENCE_ERRORS) \
	X(CONN_UNTRACKED_GAUGE) \
	X(CONN_INTENT_WRITABLE) \
	X(CONN_REFRESH_READ_ONLY) \
	X(STAGE_POSTCOMMIT_CALLBACKS) \
	X(STAGE_POSTROLLBACK_CALLBACKS)

#define MWN_LB_DATABASE_CONSTANTS(X) \
	X(DBO_DEFAULT) \
	X(DBO_TRX) \
	X(DBO_GAUGE) \
	X(REMEMBER_PRIOR) \
	X(RESTORE_PRIOR) \
	X(FLUSHING_ALL_PEERS) \
	X(TRIGGER_COMMIT) \
	X(TRIGGER_ROLLBACK) \
	X(ESTIMATE_DB_APPLY) \
	X(LB_TRX_ROUND_ID) \
	X(LB_READ_ONLY_REASON) \
	X(ROLE_STATIC_CLONE) \
	X(ROLE_STREAMING_MASTER) \
	X(ROLE_STREAMING_REPLICA) \
	X(ATTR_DB_LEVEL_LOCKING) \
	X(ATTR_DB_IS_FILE) \
	X(NEW_UNCONNECTED)

typedef enum {
#define X(name) MWN_LB_##name,
	MWN_LB_CONSTANTS(X)
	MWN_LB_FIRST_OF_DATABASE,
	MWN_LB_BEFORE_DATABASE = MWN_LB_FIRST_OF_DATABASE - 1,
	MWN_LB_DATABASE_CONSTANTS(X)
#undef X
	MWN_LB_CONSTANT_COUNT
} mwn_lb_constant;

/* The primary's index, on every host. */
enum { MWN_LB_WRITER = 0 };
/* getExistingReaderIndex(): none chosen yet. */
enum { MWN_LB_NO_READER = -1 };
/* Seconds that a wait for replication takes when nobody says how long. */
enum { MWN_LB_WAIT_SECONDS = 10 };

/* Strings that are keys or values of the host's, made once a process. */
#define MWN_LB_STRINGS(X) \
	X(empty, "") \
	X(round, "round") \
	X(autocommit, "auto-commit") \
	X(gauge, "gauge") \
	X(server_index, "serverIndex") \
	X(category, "connCategory") \
	X(cursory, "cursory") \
	X(finalized, "finalized") \
	X(approved, "approved") \
	X(commit_callbacks, "commit-callbacks") \
	X(rollback_callbacks, "rollback-callbacks") \
	X(error, "error") \
	X(flags, "flags") \
	X(load, "load") \
	X(group_loads, "groupLoads") \
	X(type, "type") \
	X(is_static, "is static") \
	X(dbname, "dbname") \
	X(servers, "servers") \
	X(server_name, "serverName") \
	X(host, "host") \
	X(class, "class") \
	X(local, "local") \
	X(foreign_free, "foreignFree") \
	X(foreign_in_use, "foreignInUse") \
	X(local_autocommit, "localAutoCommit") \
	X(foreign_free_autocommit, "foreignFreeAutoCommit") \
	X(foreign_in_use_autocommit, "foreignInUseAutoCommit") \
	X(local_key, "__local__") \
	X(autocommit_only, "autoCommitOnly") \
	X(foreign, "foreign") \
	X(reference_count, "foreignPoolRefCount") \
	X(option_agent, "agent") \
	X(option_chronologyCallback, "chronologyCallback") \
	X(option_chronologyProtector, "chronologyProtector") \
	X(option_cliMode, "cliMode") \
	X(option_clusterName, "clusterName") \
	X(option_connLogger, "connLogger") \
	X(option_criticalSectionProvider, "criticalSectionProvider") \
	X(option_databaseFactory, "databaseFactory") \
	X(option_defaultGroup, "defaultGroup") \
	X(option_deprecationLogger, "deprecationLogger") \
	X(option_errorLogger, "errorLogger") \
	X(option_fallbackToPrimary, "fallbackToPrimary") \
	X(option_loadMonitor, "loadMonitor") \
	X(option_localDomain, "localDomain") \
	X(option_logger, "logger") \
	X(option_maxLag, "maxLag") \
	X(option_perfLogger, "perfLogger") \
	X(option_profiler, "profiler") \
	X(option_queryLogger, "queryLogger") \
	X(option_readOnlyReason, "readOnlyReason") \
	X(option_replLogger, "replLogger") \
	X(option_roundStage, "roundStage") \
	X(option_srvCache, "srvCache") \
	X(option_statsdDataFactory, "statsdDataFactory") \
	X(option_trxProfiler, "trxProfiler") \
	X(option_waitTimeout, "waitTimeout") \
	X(option_wanCache, "wanCache")

typedef enum {
#define X(name, text) MWN_LB_STRING_##name,
	MWN_LB_STRINGS(X)
#undef X
	MWN_LB_STRING_COUNT
} mwn_lb_string;

extern zend_string *mwn_lb_strings[MWN_LB_STRING_COUNT];
#define MWN_LB_STR(name) mwn_lb_strings[MWN_LB_STRING_##name]

/* What is known of a DatabaseDomain, which never changes. */
typedef struct {
	zend_object *object;
	zend_string *id;
	zend_string *database; /* NULL: none */
	bool is_unspecified;
} mwn_lb_domain;

/* One process (thread): what happened since it started, and which versions of ServerInfo are known (0: none). */
typedef struct {
	zend_ulong calls;
	zend_ulong opened;
	zend_ulong failed;
	zend_ulong readers_chosen;
	zend_ulong lagged;
	zend_ulong trusted_server_info;
	zend_ulong other_server_info;
} mwn_load_balancer_process;

/* Who is told what. Hosts may have one logger for all of it. */
typedef enum {
	MWN_LB_CONNECTIONS,
	MWN_LB_QUERIES,
	MWN_LB_REPLICATION,
	MWN_LB_PERFORMANCE,
	MWN_LB_CHANNELS
} mwn_lb_channel;

typedef bool (*mwn_lb_visitor)(zend_object *connection, void *context);
typedef void (*mwn_lb_body)(INTERNAL_FUNCTION_PARAMETERS);

/* Bodies of one name that do another thing on each generation: other parameters, other order of calls. */
#define MWN_LB_DIVERGENT_BODIES(X) \
	X(configure) \
	X(resolveGroups) \
	X(sanitizeConnectionFlags) \
	X(getRandomNonLagged) \
	X(getReaderIndex) \
	X(pickReaderIndex) \
	X(waitFor) \
	X(waitForOne) \
	X(waitForAll) \
	X(pickAnyOpenConnection) \
	X(getConnection) \
	X(getConnectionInternal) \
	X(getConnectionRef) \
	X(reallyOpenConnection) \
	X(reportConnectionError) \
	X(reconfigure) \
	X(approvePrimaryChanges) \
	X(getLaggedReplicaMode) \
	X(getReadOnlyReason) \
	X(isPrimaryRunningReadOnly) \
	X(closeConnection) \
	X(forEachOpenConnection) \
	X(getMaxLag) \
	X(getLagTimes) \
	X(waitForPrimaryPos) \
	X(setLocalDomainPrefix)

/* Defines one of them: the braces follow. */
#define MWN_LB_BODY(generation, name) void mwn_lb_##generation##_##name(INTERNAL_FUNCTION_PARAMETERS)

/* A generation of the host. */
typedef struct mwn_lb_host {
#define X(name) mwn_lb_body name;
	MWN_LB_DIVERGENT_BODIES(X)
#undef X
	mwn_lb_property loggers[MWN_LB_CHANNELS];
	/* Monitors that may be configured by their short names; ended by NULL. */
	const char *const *monitors;
	/* What is thrown when a connection cannot be in autocommit mode. */
	const char *autocommit_refused;

	/* Takes the configuration in. */
	bool (*configure_all)(zend_object *self, zval *params);
	/* What is configured of a server, without regard to overrides. */
	bool (*server_name)(zend_object *self, zval *index, zval *name);
	bool (*server_type)(zend_object *self, zval *index, zval *type);
	bool (*server_driver)(zend_object *self, zval *index, zval *driver);
	bool (*has_replicas)(zend_object *self, bool *has);
	/* The tracked connections when there are none: category => []. */
	void (*no_connections)(zval *connections);
	bool (*server_connection)(zend_object *self, zval *index, zval *domain, zend_long flags, zval *connection);
	bool (*any_open)(zend_object *self, zval *index, zval *flags, zval *connection);
	/* closeConnection(), with regard to overrides where there can be any. */
	bool (*close)(zend_object *self, zend_object *connection);
	/* One of all that are closed; the context is the caller's name. */
	mwn_lb_visitor close_one;
	/* Does the connection take part in rounds? */
	bool (*is_round_aware)(zend_object *connection, bool *aware);
	/* Throws that it is not the stage for it; `stages` has each that would be in quotes. Returns false. */
	bool (*refuse_stage)(zend_object *self, const char *stages);
	/* The method that waits for one server, as logs name it; the version of what the server cache holds; and a position
	 * from and for that cache, null: there is none. */
	const char *wait_method;
	const char *position_version;
	bool (*revive_position)(zval *cached, zval *position);
	bool (*position_for_cache)(zend_object *self, zval *position);
	/* Logs that a callback left writes behind. */
	bool (*log_pending)(zend_object *self, zend_object *connection);
} mwn_lb_host;

extern const mwn_lb_host mwn_lb_host_139;
extern const mwn_lb_host mwn_lb_host_143;

/* One request. */
typedef struct {
	const mwn_binding *binding;
	const mwn_lb_host *host; /* of the binding */
	mwn_slot slots[MWN_LB_PROPERTY_COUNT];
	zval constants[MWN_LB_CONSTANT_COUNT];
	bool has_constants;
	zend_class_entry *database_domain; /* NULL until first needed */
	zend_class_entry *null_logger;     /* NULL until one was seen */
	zend_class_entry *server_info;     /* NULL until one was seen */
	zend_ulong server_info_mark;
	mwn_slot server_list; /* of server_info; plain: known */
	HashTable *domains;                /* id => mwn_lb_domain; NULL: none yet */
	const mwn_lb_domain *last_local;   /* the local domain that was asked for last */
	zval nobodys_table;                /* written to where a property is no array */
} mwn_load_balancer_request;

/* ---- class.c ---- */

void mwn_load_balancer_startup(void);
void mwn_load_balancer_bound(mwn_load_balancer_request *request, const mwn_binding *binding);
void mwn_load_balancer_end_request(mwn_load_balancer_request *request);

/* At the beginning of every body: is the object of the bound class, and is the host's Database there? */
bool mwn_lb_enter(zend_object *self);

zval *mwn_lb_slot(zend_object *self, mwn_lb_property property);
/* Takes the value over. */
void mwn_lb_set(zend_object *self, mwn_lb_property property, zval *value);
void mwn_lb_set_bool(zend_object *self, mwn_lb_property property, bool value);
void mwn_lb_set_string(zend_object *self, mwn_lb_property property, zend_string *value);

/* The slot itself by reference, which the caller releases. */
void mwn_lb_refer(zend_object *self, mwn_lb_property property, zval *reference);

/* NULL: there is none, or what is there is no array. */
static zend_always_inline HashTable *mwn_lb_as_table(zval *value)
{
	if (!value) {
		return NULL;
	}
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) == IS_ARRAY ? Z_ARRVAL_P(value) : NULL;
}
/* The array in a slot, for writing: separated, never NULL. */
HashTable *mwn_lb_array(zend_object *self, mwn_lb_property property);
/* The array in a slot, for reading; empty when there is none. */
HashTable *mwn_lb_table(zend_object *self, mwn_lb_property property);

zval *mwn_lb_constant_of(mwn_lb_constant constant);
static zend_always_inline bool mwn_lb_is(const zval *value, zend_long number)
{
	return Z_TYPE_P(value) == IS_LONG && Z_LVAL_P(value) == number;
}
bool mwn_lb_is_constant(const zval *value, mwn_lb_constant constant);
/* Flags as the host's own int parameter takes them; false: they are none, and a TypeError is under way. */
bool mwn_lb_flags(zval *given, zend_long *flags);
/* Is every bit of the constant set in the flags? */
bool mwn_lb_has_bit(zend_long flags, mwn_lb_constant constant);

/* Is it of that class of Wikimedia\\Rdbms, by its short name in lower case? */
bool mwn_lb_is_a(const zend_object *object, const char *lower_short_name);
/* new class( arguments ). */
bool mwn_lb_new(const char *class_name, zval *object, uint32_t count, zval *arguments);
/* Throws an exception of the host; with the connection (NULL: none) as its first argument. Returns false. */
bool mwn_lb_throw(const char *short_name, zend_object *connection, zend_string *message);
/* The same for exceptions of PHP. */
bool mwn_lb_throw_php(zend_class_entry *class_entry, zend_string *message);

/* Calls of a service in a slot. */
bool mwn_lb_call_slot(zend_object *self, mwn_lb_property property, mwn_method method, zval *result, uint32_t count,
	zval *arguments);
/* A call whose result is a truth value; *value is false when an exception is under way. */
bool mwn_lb_ask(zend_object *object, mwn_method method, bool *value, uint32_t count, zval *arguments);
/* A callable in a slot. */
bool mwn_lb_call_callable(zval *callable, zval *result, uint32_t count, zval *arguments);

/* "Wikimedia\Rdbms\LoadBalancer::" */
#define MWN_LB_CLASS "Wikimedia\\Rdbms\\LoadBalancer"
#define MWN_LB_METHOD(name) MWN_LB_CLASS "::" name

/* ---- keys.c ---- */

/* Can it be the key of an array? If not the engine's own TypeError is thrown; `use` is what is done with the key. */
typedef enum { MWN_LB_ISSET, MWN_LB_UNSET, MWN_LB_READ } mwn_lb_use_of_key;
bool mwn_lb_is_key(const zval *key, mwn_lb_use_of_key use);
/* An element under whatever PHP would take as its key; NULL: none, or none but null. */
zval *mwn_lb_find(HashTable *table, const zval *key);
void mwn_lb_unset(HashTable *table, const zval *key);
/* Takes the value over, and frees the former one when the new one is in its place: a destructor may change the table, so
 * the caller must not use it any more. */
void mwn_lb_put(HashTable *table, zval *key, zval *value);
/* The key without what may run code: a float tells that it loses its fraction, so an error handler may run, now and not
 * while somebody has a table in his hands. */
void mwn_lb_plain_key(const zval *key, zval *plain);
zval *mwn_lb_find_str(HashTable *table, mwn_lb_string key);
/* options[ name ] ?? null of a configuration. */
#define MWN_LB_OPTION(options, name) mwn_lb_find_str(options, MWN_LB_STRING_option_##name)
/* array[ key ] ?? null of a configuration, by name. */
zval *mwn_lb_option(HashTable *table, const char *name);

/* ---- log.c ---- */

/* Does anybody read what this logger is told? */
bool mwn_lb_is_logged_to(zend_object *self, mwn_lb_channel channel);
bool mwn_lb_is_logged(zend_object *self);
/* Without a channel: of connections. logger->LEVEL( method: message, context ), with the original's name of the method;
 * takes message and context over (context may be NULL). A method of NULL: the message is all. */
bool mwn_lb_log(zend_object *self, mwn_method level, const char *method, zend_string *message, zval *context);
bool mwn_lb_log_to(zend_object *self, mwn_lb_channel channel, mwn_method level, const char *method, zend_string *message,
	zval *context);
/* A debug line that is not made when nobody reads it. */
bool mwn_lb_debug_to(zend_object *self, mwn_lb_channel channel, const char *method, const char *format, ...)
	ZEND_ATTRIBUTE_FORMAT(printf, 4, 5);
bool mwn_lb_debug(zend_object *self, const char *method, const char *format, ...) ZEND_ATTRIBUTE_FORMAT(printf, 3, 4);
/* [ db_server, db_domain ] of a connection; `extras` (may be NULL) stay the caller's. */
bool mwn_lb_context(zend_object *self, zend_object *connection, zval *extras, zval *context);
/* A RuntimeException for a log's context, which shows where it was made. */
void mwn_lb_add_exception(zval *context);

/* ---- user_abort.c ---- */

/* ignore_user_abort() for the time of a round's step, except in the command line. */
typedef struct {
	bool changed;
	bool before;
} mwn_lb_abort_guard;
mwn_lb_abort_guard mwn_lb_ignore_abort(void);
void mwn_lb_restore_abort(mwn_lb_abort_guard guard);

/* ---- domains.c ---- */

/* Valid to the end of the request. NULL: an exception. */
const mwn_lb_domain *mwn_lb_domain_of_id(zval *id);
const mwn_lb_domain *mwn_lb_local_domain(zend_object *self);
/* The identifier, with a reference of its own. NULL: an exception. */
zend_string *mwn_lb_resolve_id(zend_object *self, zval *domain);
bool mwn_lb_domain_id(zend_object *domain, zval *id);
bool mwn_lb_set_local_domain(zend_object *self, zval *id_or_domain);
bool mwn_lb_is_compatible(zend_object *connection, const mwn_lb_domain *domain, bool *fits);
/* The same domain with another prefix of tables. */
bool mwn_lb_domain_with_prefix(zend_object *domain, zval *prefix, zval *changed);
/* Is the connection on that domain? An exception if not. */
bool mwn_lb_assert_domain(zend_object *connection, const mwn_lb_domain *domain);
void mwn_lb_free_domains(mwn_load_balancer_request *request);
/* The same when the engine has freed all objects: what was noted after the end of the request (by a session handler). */
void mwn_lb_forget_domains(mwn_load_balancer_request *request);

/* ---- server_list.c ---- */

/* Puts the servers in; `list` is then what they are, for the caller to release. False: the host has to do it, by its
 * methods; no exception. */
bool mwn_lb_put_servers(zend_object *info, HashTable *servers, zval *list);
/* Did the host's methods make of these servers what would have been put in? */
void mwn_lb_compare_servers(zend_object *info, HashTable *servers);

/* ---- config.c ---- */

/* What is configured, one thing at a time; each has a default. */
bool mwn_lb_configure_local_domain(zend_object *self, HashTable *params);
bool mwn_lb_configure_service(zend_object *self, HashTable *params, mwn_lb_string name, mwn_lb_property property,
	bool (*make_default)(zval *service));
void mwn_lb_configure_stage(zend_object *self, HashTable *params);
void mwn_lb_configure_default_group(zend_object *self, HashTable *params);
bool mwn_lb_default_server_cache(zval *service);
bool mwn_lb_default_wan_cache(zval *service);
bool mwn_lb_default_error_logger(zval *service);
bool mwn_lb_default_logger(zval *service);
bool mwn_lb_default_transaction_profiler(zval *service);
bool mwn_lb_default_statsd(zval *service);
/* A closure of one of the bodies, for the host to call. */
void mwn_lb_closure_of_body(const char *lower_name, zval *closure);
/* groups[ group ][ index ] = weight, for each of the server's groups and for the generic one. */
void mwn_lb_add_weights(HashTable *groups, zval *index, zval *server, uint32_t servers);
/* May reads go to the primary when no replica answers? */
bool mwn_lb_may_fall_back(HashTable *params);
bool mwn_lb_make_monitor(zend_object *self, zval *config, zval *monitor);

/* ---- servers.c ---- */

/* How long a wait for replication takes when nobody says. A number. */
void mwn_lb_wait_seconds(zend_object *self, zval *seconds);

/* getServerName() of this object. A string that the caller releases. */
zend_string *mwn_lb_server_name(zend_object *self, zval *index);
bool mwn_lb_server_attributes(zend_object *self, zval *index, zval *attributes);
bool mwn_lb_has_replicas(zend_object *self, bool *has);
bool mwn_lb_server_has_load(zend_object *self, zval *index);

/* ---- choice.c ---- */

/* A key of the weights by chance; false when all are 0. Draws once from PHP's generator, as the host's does. */
void mwn_lb_pick(HashTable *weights, zval *key);
/* Is there any but the primary that may be picked? */
bool mwn_lb_has_weighted_replica(HashTable *weights);
/* Is the sum 0? As array_sum() has it. */
bool mwn_lb_is_weightless(HashTable *weights);

/* ---- reader.c ---- */

bool mwn_lb_reader_index(zend_object *self, zval *group, zval *index);
bool mwn_lb_existing_reader(zend_object *self, zval *group, zval *index);
void mwn_lb_lagged(zend_object *self);
/* Weights that are all 0 become those that are configured (may be NULL). */
void mwn_lb_unscale(HashTable *loads, HashTable *configured);

/* ---- connections.c ---- */

bool mwn_lb_connection(zend_object *self, zval *index, zval *groups, zval *domain, zval *flags, zval *connection);
/* getServerConnection(): an object, or false. */
bool mwn_lb_server_connection(zend_object *self, zval *index, zval *domain, zend_long flags, zval *connection);
/* The same for any domain and without exceptions for connections that fail. */
bool mwn_lb_quiet_connection(zend_object *self, zval *index, zend_long more_flags, zval *connection);
bool mwn_lb_enforce_flags(zend_object *connection, zend_long flags);
/* Throws that query groups make no sense for a replica's index. Returns false. */
bool mwn_lb_refuse_groups(zval *groups, zval *index);
/* Is an attribute of the primary's type true? */
bool mwn_lb_primary_has(zend_object *self, mwn_lb_constant attribute, bool *has);
/* What a new connection must know before its first query. */
bool mwn_lb_prepare(zend_object *self, zval *index, zend_object *connection);
bool mwn_lb_is_connection_error(const zend_object *exception);
/* Was a reader chosen for the group? */
bool mwn_lb_is_pinned(zend_object *self, zval *group);
/* Forgets the group's reader, which cannot be reached any more, and logs it. */
bool mwn_lb_unpin_lost(zend_object *self, zval *group);
/* A body: self, index, groups, domain and flags. `silence_refused` is what is thrown for CONN_SILENCE_ERRORS. */
void mwn_lb_make_reference(INTERNAL_FUNCTION_PARAMETERS, const char *silence_refused);
/* Of an override, which may return anything: an object, or nothing. Anything else is an Error, and is freed. */
bool mwn_lb_expect_connection(zval *connection, const char *method);
/* Takes the exception under way over if it is a database error; NULL: it is none, and still under way. */
zend_object *mwn_lb_catch_database_error(void);
/* Notes the connection as the last that failed. */
void mwn_lb_set_failed(zend_object *self, zend_object *connection);
/* A new connection of a category, open or not. */
bool mwn_lb_143_open(zend_object *self, zval *index, const mwn_lb_domain *domain, zend_string *category,
	zval *connection);
/* "extra; error (server)". By length: what a server says may have a NUL in it. `extra` may be NULL. */
zend_string *mwn_lb_connection_error(const zend_string *extra, const zend_string *error, const zend_string *server);
/* Throws what is known of the last failure. `extra` may be NULL. */
bool mwn_lb_report_error(zend_object *self, zend_string *extra);

/* With an exception under way, which is over when a reader that was chosen before is given up: the server cannot be
 * reached. As long as one of its connections is open it can, and has the request's snapshot. */
bool mwn_lb_give_up_reader(zend_object *self, zval *index, zval *group);

/* ---- tracking.c ---- */

void mwn_lb_no_connections(zval *connections);
/* Visits the connections that are open when it begins, until the visitor returns false. Returns false then. */
bool mwn_lb_each_open(zend_object *self, mwn_lb_visitor visitor, void *context);
bool mwn_lb_each_primary(zend_object *self, mwn_lb_visitor visitor, void *context);
bool mwn_lb_each_replica(zend_object *self, mwn_lb_visitor visitor, void *context);
/* The connections of a category to a server; NULL: none. */
HashTable *mwn_lb_pool(zend_object *self, zend_string *category, zval *index);
void mwn_lb_track(zend_object *self, zend_string *category, zval *index, zend_object *connection);
/* Was it there? */
bool mwn_lb_untrack(zend_object *self, zend_string *category, zval *index, zend_object *connection);
size_t mwn_lb_tracked_count(zend_object *self);
/* Is any tracked connection to the server open? */
bool mwn_lb_is_connected(zend_object *self, zval *index, bool *connected);
/* An object, or false. */
bool mwn_lb_any_open(zend_object *self, zval *index, zend_long flags, zval *connection);
bool mwn_lb_close(zend_object *self, zend_object *connection);
/* For the end of something that may have thrown. */
void mwn_lb_close_despite_exception(zend_object *self, zend_object *connection);
bool mwn_lb_close_all(zend_object *self, zval *caller);
bool mwn_lb_log_not_open(zend_object *self, zend_object *connection, zval *index);
/* Is it a DBConnRef? */
bool mwn_lb_is_reference(const zend_object *connection);

/* ---- waiting.c ---- */

bool mwn_lb_load_session_position(zend_object *self);
/* Waits for this position too, if it is newer than what is waited for. */
/* Takes the position over. */
void mwn_lb_restore_position(zend_object *self, zval *before);
bool mwn_lb_raise_position(zend_object *self, zval *position);
/* *ok: it has reached the position. `timeout` may be NULL. */
bool mwn_lb_await_position(zend_object *self, zval *index, zval *timeout, bool *ok);

double mwn_lb_now(void);
bool mwn_lb_143_revive_position(zval *cached, zval *position);
bool mwn_lb_143_position_for_cache(zend_object *self, zval *position);
/* Where the primary is now, over a connection that is closed again if it had to be made. */
bool mwn_lb_primary_position(zend_object *self, zval *position);
/* A replica with weight, or false. */
void mwn_lb_any_replica(zend_object *self, zval *index);

/* ---- catching_up.c ---- */

/* Is it a DBPrimaryPos? */
bool mwn_lb_is_position(const zval *value);
/* Asks the server to wait; *ok: it got there in time. */
bool mwn_lb_ask_to_wait(zend_object *connection, zval *position, zval *timeout, bool *ok);
/* *ok: the server has reached the position that is waited for, which there must be. `timeout` may be NULL. */
bool mwn_lb_wait_for_server(zend_object *self, zval *index, zval *timeout, bool *ok);

/* ---- changes.c ---- */

bool mwn_lb_flush_primary_snapshots(zend_object *self, zval *caller);
bool mwn_lb_has_changes(zend_object *self, bool *has);

/* ---- rounds.c ---- */

zend_string *mwn_lb_stage(zend_object *self);
bool mwn_lb_is_stage(zend_object *self, mwn_lb_string stage);
void mwn_lb_set_stage(zend_object *self, mwn_lb_string stage);
/* For each connection; the context is a bool: are its callbacks to wait? */
bool mwn_lb_suppress_callbacks(zend_object *connection, void *on);
/* commit() or another method that ends the transactions of all connections together. */
bool mwn_lb_end_transaction(zend_object *connection, zval *caller, mwn_method method);

bool mwn_lb_join_round(zend_object *self, zend_object *connection);
/* Can every primary connection commit? `limit` is in seconds, 0: none. */
void mwn_lb_approve(zend_object *self, zval *limit);

/* ---- lag.c ---- */

bool mwn_lb_lag_times(zend_object *self, zval *lags);
bool mwn_lb_is_primary_read_only(zend_object *self, zend_object *connection, bool *read_only);
/* Calls a private method of the shell whose result is a truth value. */
bool mwn_lb_ask_shell(zend_object *self, const char *lower_method, bool *answer, uint32_t count, zval *arguments);
/* Is the server read-only? One that cannot say keeps its former answer. */
bool mwn_lb_ask_server(zend_object *connection, zval *former, zval *answer);
/* The worst of the servers that everybody reads from, into [ host, lag, index ]. */
typedef bool (*mwn_lb_host_of)(zend_object *self, zval *index, zval *host);
bool mwn_lb_find_worst(zend_object *self, HashTable *lags, mwn_lb_host_of host_of, zval *worst);

/* ---- former.c ---- */

/* A body: self, callback and more arguments for it. */
void mwn_lb_for_each(INTERNAL_FUNCTION_PARAMETERS, bool (*visit)(zend_object *, mwn_lb_visitor, void *));

/* ---- what MediaWiki 1.43 has of its own, for hosts.c ---- */

#define X(name) MWN_LB_BODY(143, name);
MWN_LB_DIVERGENT_BODIES(X)
#undef X
bool mwn_lb_143_configure_all(zend_object *self, zval *params);
bool mwn_lb_143_server_name(zend_object *self, zval *index, zval *name);
bool mwn_lb_143_server_type(zend_object *self, zval *index, zval *type);
bool mwn_lb_143_server_driver(zend_object *self, zval *index, zval *driver);
bool mwn_lb_143_has_replicas(zend_object *self, bool *has);
void mwn_lb_143_no_connections(zval *connections);
bool mwn_lb_143_server_connection(zend_object *self, zval *index, zval *domain, zend_long flags, zval *connection);
bool mwn_lb_143_any_open(zend_object *self, zval *index, zval *flags, zval *connection);
bool mwn_lb_143_close(zend_object *self, zend_object *connection);
bool mwn_lb_143_close_one(zend_object *connection, void *caller);
bool mwn_lb_143_is_round_aware(zend_object *connection, bool *aware);
bool mwn_lb_143_refuse_stage(zend_object *self, const char *stages);
bool mwn_lb_143_log_pending(zend_object *self, zend_object *connection);

#endif
