/*
 * Calls from C into the host's objects.
 *
 * A method is looked up once a class and request, then called through its
 * zend_function: protected methods can be reached, and no name is hashed again.
 *
 * Every function that returns bool returns false when an exception is under way;
 * its result is then undefined (IS_UNDEF) and needs no release.
 */
#ifndef MWNATIVE_HOST_CALL_H
#define MWNATIVE_HOST_CALL_H

#include "php.h"
#if PHP_VERSION_ID >= 80400
# include "zend_lazy_objects.h"
#endif
#include "host_profile.h"

/* Every method that C calls on a host object. First, for each served class, those that its bodies
 * call on their own object: an override in a subclass is honoured. */
#define MWN_FILE_BACKEND_OVERRIDABLE(X) \
	X(substOpBatchPaths) \
	X(substOpPaths) \
	X(substPaths) \
	X(unsubstPaths) \
	X(fileStoragePathsForOps) \
	X(hasVolatileSources) \
	X(accessibilityCheck) \
	X(consistencyCheck) \
	X(resyncFiles) \
	X(doDirectoryOp) \
	X(getReadIndexFromParams) \
	X(clearCache) \
	X(fileExists)

#define MWN_POOL_COUNTER_OVERRIDABLE(X) \
	X(getConnection) \
	X(waitForSlotOrNotif) \
	X(initAndPopPoolSlotList) \
	X(registerAcquisitionTime) \
	X(getSlotListKey) \
	X(getSlotRTimeSetKey) \
	X(getWaitSetKey) \
	X(getWakeupListKey) \
	X(release)

#define MWN_LOAD_BALANCER_OVERRIDABLE(X) \
	X(sanitizeConnectionFlags) \
	X(getExistingReaderIndex) \
	X(reallyOpenConnection) \
	X(getConnLogContext) \
	X(configure) \
	X(getServerAttributes) \
	X(getServerCount) \
	X(hasReplicaServers) \
	X(hasStreamingReplicaServers) \
	X(getServerName) \
	X(getServerType) \
	X(getClusterName) \
	X(resolveDomainID) \
	X(getReaderIndex) \
	X(getAnyOpenConnection) \
	X(getServerConnection) \
	X(getConnectionInternal) \
	X(getConnectionRef) \
	X(reuseConnectionInternal) \
	X(closeConnection) \
	X(closeAll) \
	X(flushPrimarySnapshots) \
	X(hasPrimaryChanges) \
	X(lastPrimaryChangeTimestamp) \
	X(getLaggedReplicaMode) \
	X(getLagTimes)

#define MWN_OTHER_METHODS(X) \
	X(newStatus) \
	X(getScopedLocksForOps) \
	X(getScopedFileLocks) \
	X(doOperations) \
	X(doQuickOperations) \
	X(quickStore) \
	X(quickDelete) \
	X(concatenate) \
	X(getFileTimestamp) \
	X(getFileSize) \
	X(getFileStat) \
	X(getFileXAttributes) \
	X(getFileContentsMulti) \
	X(getFileSha1Base36) \
	X(getFileProps) \
	X(streamFile) \
	X(getLocalReference) \
	X(getLocalReferenceMulti) \
	X(getLocalCopyMulti) \
	X(getFileHttpUrl) \
	X(addShellboxInputFile) \
	X(directoryExists) \
	X(getDirectoryList) \
	X(getFileList) \
	X(getFeatures) \
	X(preloadCache) \
	X(preloadFileStat) \
	X(isPathUsableInternal) \
	X(getOperationsInternal) \
	X(getPathsToLockForOpsInternal) \
	X(hasField) \
	X(fatal) \
	X(merge) \
	X(isOK) \
	X(isGood) \
	X(debug) \
	X(error) \
	X(precheckAcquire) \
	X(onAcquire) \
	X(onRelease) \
	X(__toString) \
	X(addServer) \
	X(asOfTime) \
	X(attributesFromType) \
	X(clearFlag) \
	X(close) \
	X(commit) \
	X(create) \
	X(databasesAreIndependent) \
	X(dbSchema) \
	X(explicitTrxActive) \
	X(flushSession) \
	X(flushSnapshot) \
	X(get) \
	X(getDBname) \
	X(getDatabase) \
	X(getDomainID) \
	X(getFlag) \
	X(getId) \
	X(getLBInfo) \
	X(getLag) \
	X(getMessage) \
	X(getPrimaryPos) \
	X(getPrimaryServerName) \
	X(getReplicaPos) \
	X(getSchema) \
	X(getServerDriver) \
	X(getServerInfoStrict) \
	X(getServerMaxLag) \
	X(getSessionPrimaryPos) \
	X(getStreamingReplicaIndexes) \
	X(getTablePrefix) \
	X(getWithSetCallback) \
	X(hasReached) \
	X(hasServerIndex) \
	X(info) \
	X(initConnection) \
	X(isCompatible) \
	X(isOpen) \
	X(isUnspecified) \
	X(lastDoneWrites) \
	X(lastError) \
	X(makeGlobalKey) \
	X(normalizeServerMaps) \
	X(pendingWriteAndCallbackCallers) \
	X(pendingWriteCallers) \
	X(pendingWriteQueryDuration) \
	X(ping) \
	X(primaryPosWait) \
	X(reconfigureServers) \
	X(recordConnection) \
	X(restoreFlags) \
	X(rollback) \
	X(runOnTransactionIdleCallbacks) \
	X(runOnTransactionPreCommitCallbacks) \
	X(runTransactionListenerCallbacks) \
	X(scaleLoads) \
	X(selectDomain) \
	X(serverIsReadOnly) \
	X(sessionLocksPending) \
	X(set) \
	X(setFlag) \
	X(setIndexAliases) \
	X(setLBInfo) \
	X(setLogger) \
	X(setStatsdDataFactory) \
	X(setTableAliases) \
	X(setTransactionListener) \
	X(setTrxEndCallbackSuppression) \
	X(silenceForScope) \
	X(tablePrefix) \
	X(toArray) \
	X(trxLevel) \
	X(warning) \
	X(writesOrCallbacksPending) \
	X(writesPending)

typedef enum {
#define X(name) MWN_CALL_##name,
	MWN_FILE_BACKEND_OVERRIDABLE(X)
	MWN_POOL_COUNTER_OVERRIDABLE(X)
	MWN_LOAD_BALANCER_OVERRIDABLE(X)
	MWN_OTHER_METHODS(X)
#undef X
	MWN_METHOD_COUNT
} mwn_method;

/* What is known of one class in this request. */
typedef struct {
	zend_class_entry *class_entry;
	mwn_served_class served; /* it is that bound class or a subclass; MWN_SERVED_CLASSES: none of them */
	uint64_t overrides; /* bit per overridable method: set when a subclass of the shell has its own */
	bool is_store;      /* a backend that the proxy may hold: the host's FileBackendStore */
	enum { MWN_UNKNOWN, MWN_YES, MWN_NO } hashes_locally; /* see mwn_fb_hashes_locally() */
	zend_function *functions[MWN_METHOD_COUNT]; /* NULL: not looked up yet */
} mwn_callee;

void mwn_host_call_startup(void);
void mwn_host_call_request_startup(void);
void mwn_host_call_request_shutdown(void);

/* A proxy, its backends' class and what they hold take turns in a check. */
#define MWN_RECENT_CALLEES 4

/* Use mwn_callee_of() of php_mwnative.h, which asks the recent ones first. */
mwn_callee *mwn_make_callee(zend_class_entry *class_entry);

/* PHP 8.4: an object whose constructor has not run yet has no properties to be read by their places. */
bool mwn_wake_lazy(zend_object *self);
static zend_always_inline bool mwn_wake(zend_object *self)
{
#if PHP_VERSION_ID >= 80400
	return EXPECTED(!zend_object_is_lazy(self)) || mwn_wake_lazy(self);
#else
	(void)self;
	return true;
#endif
}

/* Does the object's class, a subclass of the shell, have its own version of this method? */
static zend_always_inline bool mwn_is_overridden(const mwn_callee *callee, mwn_method method)
{
	return UNEXPECTED(callee->overrides & ((uint64_t)1 << method));
}

/* An array as a value, without a reference of its own. Arrays of constants live in
 * opcache's memory and must not be counted: ZVAL_ARR() would. */
static zend_always_inline void mwn_borrow_array(zval *value, HashTable *array)
{
	Z_ARR_P(value) = array;
	Z_TYPE_INFO_P(value) = GC_FLAGS(array) & GC_IMMUTABLE ? IS_ARRAY : IS_ARRAY_EX;
}

/* The same with a reference of its own. */
static zend_always_inline void mwn_share_array(zval *value, HashTable *array)
{
	mwn_borrow_array(value, array);
	Z_TRY_ADDREF_P(value);
}

/* Calls a method. `result` may be NULL. Arguments stay the caller's. */
bool mwn_call(zend_object *object, mwn_method method, zval *result, uint32_t count, zval *arguments);

/* The same for a name that is not known beforehand, with what is visible to code of `scope`. */
bool mwn_call_named(zend_object *object, zend_string *name, zend_class_entry *scope,
	zval *result, uint32_t count, zval *arguments);

/* The same on a value that ought to be an object; if it is none, the engine's own error is thrown. */
bool mwn_call_on(zval *value, mwn_method method, zval *result, uint32_t count, zval *arguments);

/*
 * Between the two the frame of the body is left out, so that host code which looks at its
 * caller (the origin of a deferred update, the "called in" of a TypeError) sees the method
 * of the shell, as it would see the original's.
 */
zend_execute_data *mwn_hide_body_frame(void);
void mwn_show_body_frame(zend_execute_data *body);

/* Is the value an object, so that its method can be called at all? If not, the engine's own error
 * is thrown: before the arguments are evaluated, as in PHP. */
bool mwn_is_callable_on(zval *value, mwn_method method);

/* Calls a static method of a host class, which is loaded if need be. In lower case its name is found at once; as it is
 * written, where the engine may have to say something about it. */
bool mwn_call_static(const char *class_name, const char *method, zval *result, uint32_t count, zval *arguments);

/* Calls a function of PHP itself. */
bool mwn_call_function(const char *name, zval *result, uint32_t count, zval *arguments);

#endif
