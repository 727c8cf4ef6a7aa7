/* The extension as the engine sees it: module entry, settings, state. */
#ifndef PHP_MWNATIVE_H
#define PHP_MWNATIVE_H

#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "php.h"

#define PHP_MWNATIVE_VERSION "0.1.0"

extern zend_module_entry mwnative_module_entry;
#define phpext_mwnative_ptr &mwnative_module_entry

#include "binder.h"
#include "host_call.h"
#include "file_backend/file_backend.h"

ZEND_BEGIN_MODULE_GLOBALS(mwnative)
	/* settings, all PHP_INI_SYSTEM */
	bool enable;
	bool file_backend;
	bool unverified_hosts;
	char *stub_path;

	/* one request */
	mwn_binding bindings[MWN_SERVED_CLASSES];
	mwn_file_backend_request file_backend_request;
	HashTable *callees; /* class entry address => mwn_callee */
	mwn_callee *last_callee[2];

	/* one process (one thread in ZTS) */
	mwn_verdict verdicts[MWN_SERVED_CLASSES];
	mwn_file_backend_counters file_backend_counters;
ZEND_END_MODULE_GLOBALS(mwnative)

ZEND_EXTERN_MODULE_GLOBALS(mwnative)
#define MWN_G(v) ZEND_MODULE_GLOBALS_ACCESSOR(mwnative, v)

#if defined(ZTS) && defined(COMPILE_DL_MWNATIVE)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

#endif
