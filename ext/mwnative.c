/* Module entry, settings and the life of a process and of a request. */
#include "php_mwnative.h"
#include "status.h"

#include "php_ini.h"
#include "zend_attributes.h"
#include "ext/standard/info.h"

#include "generated/mwnative_arginfo.h"

ZEND_DECLARE_MODULE_GLOBALS(mwnative)

#ifndef MWNATIVE_FOLDER
# error "MWNATIVE_FOLDER, in which the shells are installed, is set by config.m4"
#endif

PHP_INI_BEGIN()
	STD_PHP_INI_BOOLEAN("mwnative.enable", "1", PHP_INI_SYSTEM, OnUpdateBool, enable,
		zend_mwnative_globals, mwnative_globals)
	STD_PHP_INI_BOOLEAN("mwnative.file_backend", "1", PHP_INI_SYSTEM, OnUpdateBool, file_backend,
		zend_mwnative_globals, mwnative_globals)
	STD_PHP_INI_BOOLEAN("mwnative.pool_counter", "1", PHP_INI_SYSTEM, OnUpdateBool, pool_counter,
		zend_mwnative_globals, mwnative_globals)
	STD_PHP_INI_BOOLEAN("mwnative.load_balancer", "1", PHP_INI_SYSTEM, OnUpdateBool, load_balancer,
		zend_mwnative_globals, mwnative_globals)
	STD_PHP_INI_BOOLEAN("mwnative.unverified_hosts", "0", PHP_INI_SYSTEM, OnUpdateBool, unverified_hosts,
		zend_mwnative_globals, mwnative_globals)
	STD_PHP_INI_ENTRY("mwnative.stub_path", MWNATIVE_FOLDER "/stubs-" PHP_MWNATIVE_VERSION, PHP_INI_SYSTEM, OnUpdateString, stub_path,
		zend_mwnative_globals, mwnative_globals)
PHP_INI_END()

const zend_function_entry *mwn_deferred_write_methods(void);

/* The method table stands with all the others; the class is registered where its properties are. */
const zend_function_entry *mwn_deferred_write_methods(void)
{
	return class_MwNative_DeferredWrite_methods;
}

static zend_class_entry *bodies[MWN_SERVED_CLASSES];

const zend_class_entry *mwn_body_class(mwn_served_class served)
{
	return bodies[served];
}

static zend_class_entry *register_body(mwn_served_class served, const char *name, const zend_function_entry *methods)
{
	zend_class_entry entry, *body;

	INIT_CLASS_ENTRY_EX(entry, name, strlen(name), methods);
	body = zend_register_internal_class(&entry);
	body->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	bodies[served] = body;
	return body;
}

/* The argument behind the object. */
static void hide_argument(zend_class_entry *body, const char *lower_method)
{
	zend_add_parameter_attribute(zend_hash_str_find_ptr(&body->function_table, lower_method, strlen(lower_method)),
		1, zend_ce_sensitive_parameter->name, 0);
}

static PHP_MINIT_FUNCTION(mwnative)
{
	zend_class_entry *pool_counter, *load_balancer;

	(void)type;
	REGISTER_INI_ENTRIES();
	register_body(MWN_FILE_BACKEND_MULTI_WRITE, "MwNative\\FileBackendMultiWrite", class_MwNative_FileBackendMultiWrite_methods);
	pool_counter = register_body(MWN_POOL_COUNTER_REDIS, "MwNative\\PoolCounterRedis", class_MwNative_PoolCounterRedis_methods);
	load_balancer = register_body(MWN_LOAD_BALANCER, "MwNative\\LoadBalancer", class_MwNative_LoadBalancer_methods);
	/* The configuration holds passwords: not for stack traces. */
	hide_argument(pool_counter, "construct");
	hide_argument(load_balancer, "construct");
	hide_argument(load_balancer, "configure");
	hide_argument(load_balancer, "reconfigure");
	mwn_host_call_startup();
	mwn_file_backend_startup();
	mwn_load_balancer_startup();
	if (!mwn_pool_counter_startup()) {
		return FAILURE;
	}
	mwn_binder_startup();
	return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(mwnative)
{
	(void)type;
	mwn_binder_shutdown();
	UNREGISTER_INI_ENTRIES();
	return SUCCESS;
}

static PHP_RINIT_FUNCTION(mwnative)
{
	(void)type;
	(void)module_number;
#if defined(ZTS) && defined(COMPILE_DL_MWNATIVE)
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	mwn_binder_request_startup();
	mwn_host_call_request_startup();
	memset(&MWN_G(slot_answers), 0, sizeof(MWN_G(slot_answers)));
	memset(&MWN_G(file_backend_request), 0, sizeof(MWN_G(file_backend_request)));
	memset(&MWN_G(pool_counter_request), 0, sizeof(MWN_G(pool_counter_request)));
	memset(&MWN_G(load_balancer_request), 0, sizeof(MWN_G(load_balancer_request)));
	return SUCCESS;
}

static PHP_RSHUTDOWN_FUNCTION(mwnative)
{
	(void)type;
	(void)module_number;
	mwn_pool_counter_end_request(&MWN_G(pool_counter_request), &MWN_G(pool_counter_process));
	mwn_load_balancer_end_request(&MWN_G(load_balancer_request));
	mwn_slots_end_request(&MWN_G(slot_answers));
	return SUCCESS;
}

/* Destructors may still call methods of the bound class in RSHUTDOWN: what calls need goes after it. */
static ZEND_MODULE_POST_ZEND_DEACTIVATE_D(mwnative)
{
	mwn_pc_forget_old_servers(&MWN_G(pool_counter_process));
	mwn_lb_forget_domains(&MWN_G(load_balancer_request));
	mwn_host_call_request_shutdown();
	return SUCCESS;
}

static PHP_MINFO_FUNCTION(mwnative)
{
	mwn_status_print_info();
	DISPLAY_INI_ENTRIES();
}

static PHP_GINIT_FUNCTION(mwnative)
{
#if defined(ZTS) && defined(COMPILE_DL_MWNATIVE)
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	memset(mwnative_globals, 0, sizeof(*mwnative_globals));
}

static PHP_GSHUTDOWN_FUNCTION(mwnative)
{
	mwn_binder_free_verdicts(mwnative_globals->verdicts);
	mwn_file_backend_free_counters(&mwnative_globals->file_backend_counters);
	mwn_pool_counter_free(&mwnative_globals->pool_counter_process);
}

/* SPL's autoloader must be in place before it is wrapped. */
static const zend_module_dep mwnative_dependencies[] = {
	ZEND_MOD_REQUIRED("spl")
	ZEND_MOD_REQUIRED("pcre")
	ZEND_MOD_END
};

zend_module_entry mwnative_module_entry = {
	STANDARD_MODULE_HEADER_EX, NULL,
	mwnative_dependencies,
	"mwnative",
	mwnative_functions,
	PHP_MINIT(mwnative),
	PHP_MSHUTDOWN(mwnative),
	PHP_RINIT(mwnative),
	PHP_RSHUTDOWN(mwnative),
	PHP_MINFO(mwnative),
	PHP_MWNATIVE_VERSION,
	PHP_MODULE_GLOBALS(mwnative),
	PHP_GINIT(mwnative),
	PHP_GSHUTDOWN(mwnative),
	ZEND_MODULE_POST_ZEND_DEACTIVATE_N(mwnative),
	STANDARD_MODULE_PROPERTIES_EX
};

#ifdef COMPILE_DL_MWNATIVE
# ifdef ZTS
ZEND_TSRMLS_CACHE_DEFINE()
# endif
ZEND_GET_MODULE(mwnative)
#endif
