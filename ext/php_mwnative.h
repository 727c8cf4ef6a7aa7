/* The extension as the engine sees it: module entry, settings, state. */
#ifndef PHP_MWNATIVE_H
#define PHP_MWNATIVE_H

#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "php.h"

#define PHP_MWNATIVE_VERSION "0.3.1"

extern zend_module_entry mwnative_module_entry;
#define phpext_mwnative_ptr &mwnative_module_entry

#include "binder.h"
#include "host_call.h"
#include "slots.h"
#include "file_backend/file_backend.h"
#include "pool_counter/pool_counter.h"
#include "load_balancer/load_balancer.h"

ZEND_BEGIN_MODULE_GLOBALS(mwnative)
	/* settings, all PHP_INI_SYSTEM */
	bool enable;
	bool file_backend;
	bool pool_counter;
	bool load_balancer;
	bool unverified_hosts;
	char *stub_path;

	/* one request */
	mwn_binding bindings[MWN_SERVED_CLASSES];
	mwn_file_backend_request file_backend_request;
	mwn_pool_counter_request pool_counter_request;
	mwn_load_balancer_request load_balancer_request;
	mwn_slot_answers slot_answers;
	HashTable *callees; /* class entry address => mwn_callee */
	mwn_callee *recent_callees[MWN_RECENT_CALLEES]; /* asked first; filled in turn */
	uint32_t next_recent_callee;

	/* one process (one thread in ZTS) */
	mwn_verdict verdicts[MWN_SERVED_CLASSES];
	mwn_file_backend_counters file_backend_counters;
	mwn_pool_counter_process pool_counter_process;
	mwn_load_balancer_process load_balancer_process;
ZEND_END_MODULE_GLOBALS(mwnative)

ZEND_EXTERN_MODULE_GLOBALS(mwnative)
#define MWN_G(v) ZEND_MODULE_GLOBALS_ACCESSOR(mwnative, v)

#if defined(ZTS) && defined(COMPILE_DL_MWNATIVE)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

/* The class of an object. Stays valid to the end of the request. */
static zend_always_inline mwn_callee *mwn_callee_of(const zend_object *object)
{
	for (int i = 0; i < MWN_RECENT_CALLEES; i++) {
		mwn_callee *callee = MWN_G(recent_callees)[i];
		if (callee && EXPECTED(callee->class_entry == object->ce)) {
			return callee;
		}
	}
	return mwn_make_callee(object->ce);
}

/* A property of the proxy (or, for name, of any backend), dereferenced and never IS_UNDEF. Runs PHP where a subclass has
 * unset it (see mwn_slot_ask()), or the parent of the shell, on an unverified host, does not have it. */
static zend_always_inline zval *mwn_fb_slot(zend_object *object, mwn_fb_property property)
{
	const mwn_slot *slot = &MWN_G(file_backend_request).slots[property];
	zval *value = mwn_slot_place(object, slot);

	return EXPECTED(value) ? value : mwn_slot_ask(object, slot);
}

/* The same without running PHP: NULL where it is not in its place. */
static zend_always_inline zval *mwn_fb_place(zend_object *object, mwn_fb_property property)
{
	return mwn_slot_place(object, &MWN_G(file_backend_request).slots[property]);
}

#endif
