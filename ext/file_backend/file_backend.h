/*
 * FileBackendMultiWrite in C: what its parts share.
 *
 *  class.c     registration, the bound class's slots, entering a body
 *  host_values.c  statuses, log lines and array elements as the host treats them
 *  config.c    the constructor
 *  paths.c     proxy paths to real paths and back
 *  reads.c     what is passed on to one backend, caches, lists
 *  writes.c    operations, quick operations
 *  directories.c  the same for directories
 *  clones.c    what all writes share: the master is asked, then its clones are written to
 *  deferred.c  writes to clones after the response
 *  locks.c     which files a batch touches, and their locks
 *  checks.c    accessibilityCheck and consistencyCheck
 *  resync.c    resyncFiles
 *  hash.c      SHA-1 of a file in a backend
 *
 * Two layers: mwn_fb_X_own() is the class's own behaviour, what the shell's method X
 * runs. mwn_fb_X() is what the class calls on $this: it takes the override of a
 * subclass if there is one, and the own behaviour if not.
 *
 * Functions that return bool or a pointer return false or NULL when an exception is
 * under way; out parameters are then undefined (IS_UNDEF) and need no release.
 */
#ifndef MWNATIVE_FILE_BACKEND_H
#define MWNATIVE_FILE_BACKEND_H

#include "php.h"
#include "zend_smart_str.h"
#include "../binder.h"
#include "../host_call.h"
#include "../slots.h"

/* Declared properties that C reads and writes by slot. */
#define MWN_FB_PROPERTIES(X) \
	X(backends) \
	X(masterIndex) \
	X(readIndex) \
	X(syncChecks) \
	X(autoResync) \
	X(asyncWrites) \
	X(noPushQuickOps) \
	X(noPushDirConts) \
	X(name) \
	X(domainId) \
	X(logger)

typedef enum {
#define X(name) MWN_PROPERTY_##name,
	MWN_FB_PROPERTIES(X)
#undef X
	MWN_FB_PROPERTY_COUNT
} mwn_fb_property;

/* Strings that are used as keys and arguments, made once a process. */
#define MWN_FB_STRINGS(X) \
	X(src) X(srcs) X(dst) X(dir) X(latest) X(op) X(store) X(srcRef) X(size) X(mtime) \
	X(ignoreMissingSource) X(nonLocking) X(preserveCache) X(forWrite) X(replication) X(async) \
	X(name) X(domainId) X(logger) X(readOnly) X(lockManager) X(isMultiMaster) X(readAffinity) X(class) \
	X(backends) X(syncChecks) X(autoResync) X(noPushQuickOps) X(noPushDirConts) \
	X(doOperations) X(doQuickOperations) X(prepare) X(secure) X(publish) X(clean) \
	X(success) X(successCount) X(failCount) X(conservative) X(mixed) X(sha1) X(sha1Base36) X(cheapCache) X(profiler)

typedef enum {
#define X(name) MWN_STRING_##name,
	MWN_FB_STRINGS(X)
#undef X
	MWN_FB_STRING_COUNT
} mwn_fb_string;

extern zend_string *mwn_fb_strings[MWN_FB_STRING_COUNT];
#define MWN_STR(name) (mwn_fb_strings[MWN_STRING_##name])

/* Since the process (thread) started; mwnative_status() shows them. */
typedef struct {
	zend_ulong calls;
	zend_ulong files_checked;
	zend_ulong out_of_sync;
	zend_ulong resynced;
	HashTable *replication_failures; /* persistent: backend name => int; NULL: none yet */
} mwn_file_backend_counters;

/* One request: what follows from the bound class. */
typedef struct {
	const mwn_binding *binding;
	zend_class_entry *store; /* the host's FileBackendStore; NULL until first needed */
	mwn_slot slots[MWN_FB_PROPERTY_COUNT];
} mwn_file_backend_request;

/* ---- class.c ---- */

void mwn_file_backend_startup(void);
void mwn_file_backend_bound(mwn_file_backend_request *request, const mwn_binding *binding);
/* Is it a class of backends that the proxy may hold? */
bool mwn_file_backend_is_store(mwn_file_backend_request *request, const zend_class_entry *class_entry);
/* Is the SHA-1 of a file in such a backend that of a local file, which the host's own code
 * finds? So for the host's FSFileBackend, and subclasses that override nothing. */
bool mwn_fb_hashes_locally(mwn_callee *callee);
void mwn_file_backend_free_counters(mwn_file_backend_counters *counters);
void mwn_file_backend_count_failure(zend_object *backend);
const mwn_host_profile *mwn_fb_profile(void);

/* Checks that a body was handed an object of the bound class; throws a TypeError if not. */
mwn_callee *mwn_fb_enter(zend_object *self);

/* To read one there is mwn_fb_slot() of php_mwnative.h. */
/* Replaces a property; takes over the value. */
void mwn_fb_set_property(zend_object *object, mwn_fb_property property, zval *value);

/* The backend at an index (int or string), held: host code may put another in its place while it is in use. The
 * caller releases it. A value that is no backend of the host is handed to `refuser`, the method of the shell whose
 * signature refuses it in the original. */
zend_object *mwn_fb_backend_at(zend_object *self, zval *index, mwn_method refuser);
/* The same for the index that a property has. */
zend_object *mwn_fb_backend_by(zend_object *self, mwn_fb_property property, mwn_method refuser);
/* The same for a value taken from the list of backends, which may be a reference: a list that is held does not keep
 * what that points to. */
zend_object *mwn_fb_as_backend(zend_object *self, zval *value, mwn_method refuser);
zend_object *mwn_fb_master(zend_object *self, mwn_method refuser);
/* What stands at an index, at that which a property has or at the master's, unchecked and held; the caller releases it. */
bool mwn_fb_value_at(zend_object *self, zval *index, zval *value);
bool mwn_fb_value_by(zend_object *self, mwn_fb_property property, zval *value);
bool mwn_fb_master_value(zend_object *self, zval *value);
/* The list of backends, to be walked through while host code runs: `held` keeps it, and the
 * objects in it, until the caller releases it. Empty, after PHP's warning, when it is no list. */
HashTable *mwn_fb_hold_backends(zend_object *self, zval *held);
/* Is this key of the list of backends the master's? */
bool mwn_fb_is_master(zend_object *self, zend_ulong index, zend_string *key);

/* ---- host_values.c ---- */

/* A log line, built piece by piece since paths may hold any byte. It begins with
 * "<class>::<method>: ", as the host's __METHOD__ reads. */
void mwn_fb_log_begin(smart_str *line, const char *method);
/* Logs with the proxy's logger; frees the line. */
bool mwn_fb_log(zend_object *self, mwn_method level, smart_str *line);
/* Would the logger throw the line away? Then it need not be made. */
bool mwn_fb_log_is_silent(zend_object *self);
/* FormatJson::encode() of the host; the caller releases. */
zend_string *mwn_fb_json(zval *value);

/* Calls a method of the proxy as the shell would: its signature refuses what an override of another method may have
 * returned. */
bool mwn_fb_call_self(zend_object *self, mwn_method method, zval *result, uint32_t count, zval *arguments);

/* A new status of the host. */
bool mwn_fb_new_status(zend_object *self, zval *status);
bool mwn_fb_fatal(zval *status, const char *message, zval *path);
bool mwn_fb_status_is_ok(zval *status, bool *ok);
/* The same without a call that the status could notice; false also for what is no status. */
bool mwn_fb_is_failure(const zval *status);
bool mwn_fb_merge(zval *status, zval *other);
/* value->name; the caller releases the copy. */
bool mwn_fb_read_property(zval *value, zend_string *name, zval *copy);
/* The overall result counts what the master did, not every backend's batch. */
bool mwn_fb_take_success_of_master(zval *status, zval *master_status);

/* array[key], as PHP reads it: with a warning and null when it is not there.
 * `holder` may receive a value that the caller then releases. */
zval *mwn_fb_element(zval *array, zend_string *key, zval *holder);
/* !empty(array[key]) */
bool mwn_fb_flag(const HashTable *array, zend_string *key);
/* isset(array[key]): the value, dereferenced, or NULL. */
zval *mwn_fb_set(const HashTable *array, zend_string *key);
/* isset() and !empty() of an element of any value, an object with offsets too; both are false
 * as well when an exception is under way. */
bool mwn_fb_has_element(zval *value, zend_string *key);
bool mwn_fb_has_true_element(zval *value, zend_string *key);

/* ---- paths.c ---- */

/* Rewrites one string or an array; odd values as preg_replace() treats them. */
bool mwn_fb_subst_paths_own(zend_object *self, zval *paths, zend_object *backend, zval *out);
bool mwn_fb_unsubst_paths_own(zend_object *self, zval *paths, zend_object *backend, zval *out);
bool mwn_fb_subst_op_batch_own(zend_object *self, HashTable *ops, zend_object *backend, zval *out);
bool mwn_fb_subst_op_own(zend_object *self, HashTable *op, zend_object *backend, zval *out);

bool mwn_fb_subst_paths(zend_object *self, zval *paths, zend_object *backend, zval *out);
bool mwn_fb_unsubst_paths(zend_object *self, zval *paths, zend_object *backend, zval *out);
bool mwn_fb_subst_op_batch(zend_object *self, HashTable *ops, zend_object *backend, zval *out);
bool mwn_fb_subst_op(zend_object *self, HashTable *op, zend_object *backend, zval *out);

/* ---- reads.c ---- */

bool mwn_fb_read_index(zend_object *self, HashTable *params, zval *index);
bool mwn_fb_clear_cache(zend_object *self, zval *paths);

/* ---- clones.c ---- */

/* Calls the method of what is the master now, with rewritten parameters. */
bool mwn_fb_write_to_master(zend_object *self, zend_string *method, zval *real, zval *master_status);
/* All backends but the master, in their order, until one visit returns false. `refuser` is the method of the proxy
 * that would be handed the backend: what is none it refuses. */
typedef bool (*mwn_fb_clone_visitor)(zend_object *self, zend_object *clone, void *context);
bool mwn_fb_each_clone(zend_object *self, mwn_method refuser, mwn_fb_clone_visitor visitor, void *context);
/* Now; what went wrong is counted, and merged into the status. */
bool mwn_fb_write_to_clone(zend_object *clone, zend_string *method, uint32_t count, zval *arguments, zval *status);
bool mwn_fb_is_async(zend_object *self);
/* May clones be written to after the response? Not when a source may be gone by then. */
bool mwn_fb_may_defer(zend_object *self, HashTable *ops, bool *defer);

/* ---- locks.c ---- */

bool mwn_fb_storage_paths_for_ops(zend_object *self, HashTable *ops, zval *out);
bool mwn_fb_scoped_locks_for_ops(zend_object *self, HashTable *ops, zval *status, zval *lock);

/* ---- checks.c, resync.c ---- */

bool mwn_fb_accessibility_check(zend_object *self, zval *paths, zval *status);
bool mwn_fb_consistency_check(zend_object *self, zval *paths, zval *status);
bool mwn_fb_resync_files(zend_object *self, zval *paths, zval *mode, zval *status);

/* ---- hash.c ---- */

/* getFileSha1Base36() of a backend, hashed here where the file is a local one. */
bool mwn_fb_sha1(zend_object *backend, zval *params, zval *sha1);

/* ---- deferred.c ---- */

void mwn_fb_deferred_startup(void);
/* Hands a write, a method of a backend with its arguments, to the host's DeferredUpdates.
 * `lock` and `paths` are for doOperations() and may be NULL: the lock lives as long as the
 * write, and the paths are logged when it runs. */
bool mwn_fb_defer(zend_object *self, zend_object *backend, zend_string *method,
	uint32_t count, zval *arguments, zval *lock, zval *paths);

#endif
