#include "php_mwnative.h"
#include "shell_table.h"

#include <unistd.h>

#include "zend_exceptions.h"
#include "main/fopen_wrappers.h"
#include "main/SAPI.h"

typedef zend_class_entry *(*autoload_function)(zend_string *name, zend_string *lower_name);

/* Names as the engine wants them, made once a process, permanent and interned. */
typedef struct {
	zend_string *lower_name;
	zend_string *lower_alias; /* NULL when the host has one name only */
	zend_string *parent;
	zend_string *lower_parent;
	zend_string *shell_path;
} bound_names;

#define MAX_PROFILES 8

static autoload_function next_autoload;
static bound_names names[MAX_PROFILES][MWN_SERVED_CLASSES];
/* mwnative.stub_path as it was when the process started: all shells come from one folder. */
static zend_string *shell_folder;

static zend_string *permanent_string(const char *text, size_t length)
{
	return zend_string_init_interned(text, length, true);
}

static zend_string *permanent_lower_string(const char *text)
{
	zend_string *lower = zend_string_alloc(strlen(text), true), *interned;

	zend_str_tolower_copy(ZSTR_VAL(lower), text, strlen(text));
	interned = permanent_string(ZSTR_VAL(lower), ZSTR_LEN(lower));
	zend_string_release_ex(lower, true);
	return interned;
}

static bound_names *names_of(const mwn_host_profile *profile, mwn_served_class served)
{
	return &names[profile - mwn_host_profiles][served];
}

static bool is_switched_on(mwn_served_class served)
{
	switch (served) {
		case MWN_FILE_BACKEND_MULTI_WRITE:
			return MWN_G(enable) && MWN_G(file_backend);
		case MWN_POOL_COUNTER_REDIS:
			return MWN_G(enable) && MWN_G(pool_counter);
		case MWN_LOAD_BALANCER:
			return MWN_G(enable) && MWN_G(load_balancer);
		default:
			return false;
	}
}

/* Keeps the reason for the status and tells the log once a process. */
static zend_class_entry *step_aside(mwn_served_class served, zend_string *reason)
{
	mwn_verdict *verdict = &MWN_G(verdicts)[served];

	MWN_G(bindings)[served].state = MWN_ASIDE;
	if (!verdict->reason || strcmp(verdict->reason, ZSTR_VAL(reason)) != 0) {
		pefree(verdict->reason, 1);
		verdict->reason = pestrdup(ZSTR_VAL(reason), 1);
		verdict->told = false;
	}
	zend_string_release(reason);
	if (!verdict->told) {
		char *line;
		verdict->told = true;
		spprintf(&line, 0, "mwnative: the host's own %s is used: %s",
			mwn_served_class_name(served), verdict->reason);
		php_log_err(line);
		efree(line);
	}
	return NULL;
}

static zend_class_entry *find_class(zend_string *lower_name)
{
	return zend_hash_find_ptr(EG(class_table), lower_name);
}

/* The code of a file; NULL, and no warning to anybody, when it cannot be read. Asking first would cost more than
 * all else: opcache has the file and touches no disk. */
static zend_op_array *compile_quietly(zend_string *path)
{
	zend_file_handle file;
	zend_op_array *code;
	zval handler;
	int reporting = EG(error_reporting);

	ZVAL_COPY_VALUE(&handler, &EG(user_error_handler));
	ZVAL_UNDEF(&EG(user_error_handler));
	EG(error_reporting) &= ~E_WARNING;
	zend_stream_init_filename_ex(&file, path);
	zend_try {
		/* ZEND_INCLUDE: a file that cannot be opened gives a warning, not the end. */
		code = zend_compile_file(&file, ZEND_INCLUDE);
	} zend_catch {
		/* Shutdown functions run yet, and the next request would not get its own back. */
		EG(error_reporting) = reporting;
		ZVAL_COPY_VALUE(&EG(user_error_handler), &handler);
		zend_bailout();
	} zend_end_try();
	zend_destroy_file_handle(&file);
	EG(error_reporting) = reporting;
	ZVAL_COPY_VALUE(&EG(user_error_handler), &handler);
	return code;
}

/* A parse error of our own file is no business of who asked for the class. */
static zend_string *why_it_does_not_compile(const zend_string *path)
{
	zval held, *message;
	zend_string *reason;

	if (!instanceof_function(EG(exception)->ce, zend_ce_compile_error)) {
		return NULL;
	}
	message = zend_read_property_ex(zend_ce_error, EG(exception), ZSTR_KNOWN(ZEND_STR_MESSAGE), true, &held);
	reason = strpprintf(0, "the shell %s is damaged (%s): reinstall the extension", ZSTR_VAL(path),
		Z_TYPE_P(message) == IS_STRING ? Z_STRVAL_P(message) : "");
	zend_clear_exception();
	return reason;
}

/* Includes one of our own files. NULL, or why it cannot be included; an exception may be under way either way. */
static zend_string *include_file(zend_string *path)
{
	zend_op_array *code;
	zval result;

	if (php_check_open_basedir_ex(ZSTR_VAL(path), 0) != 0) {
		return strpprintf(0, "open_basedir forbids the shell %s: add its folder", ZSTR_VAL(path));
	}
	code = compile_quietly(path);
	if (!code && EG(exception)) {
		return why_it_does_not_compile(path);
	}
	if (!code) {
		int reason = VCWD_ACCESS(ZSTR_VAL(path), R_OK) == 0 ? EIO : errno;
		return strpprintf(0, "the shell %s cannot be read (%s): reinstall the extension or set mwnative.stub_path",
			ZSTR_VAL(path), strerror(reason));
	}
	ZVAL_UNDEF(&result);
	zend_execute(code, &result);
	zval_ptr_dtor(&result);
	zend_destroy_static_vars(code);
	destroy_op_array(code);
	efree_size(code, sizeof(zend_op_array));
	return NULL;
}

zend_string *mwn_include_part(const mwn_host_profile *profile, const char *name)
{
	zend_string *path = strpprintf(0, "%s/%s/parts/%s.php", ZSTR_VAL(shell_folder), profile->generation, name);
	zend_string *obstacle = include_file(path);

	zend_string_release(path);
	return obstacle;
}

/* As class_alias() does it, with a key that is there already. */
static void add_second_name(zend_string *lower_alias, zend_class_entry *shell)
{
	zval alias;

	ZVAL_ALIAS_PTR(&alias, shell);
	if (zend_hash_add(EG(class_table), lower_alias, &alias) && !(shell->ce_flags & ZEND_ACC_IMMUTABLE)) {
		shell->refcount++;
	}
}

/* A later require_once of the original's file would be fatal, since its class exists:
 * the engine is told that it has the file already. */
static void mark_original_as_included(const mwn_host_class *host_class, const zend_class_entry *parent)
{
	const zend_string *beside = parent->info.user.filename;
	const char *slash = zend_memrchr(ZSTR_VAL(beside), '/', ZSTR_LEN(beside));
	size_t folder;
	zend_string *file;

	if (!slash) {
		return;
	}
	folder = (size_t)(slash - ZSTR_VAL(beside)) + 1;
	file = zend_string_concat2(ZSTR_VAL(beside), folder, host_class->file, strlen(host_class->file));
	zend_hash_add_empty_element(&EG(included_files), file);
	zend_string_release(file);
}

static void tell_class_it_is_bound(mwn_served_class served, const mwn_binding *binding)
{
	switch (served) {
		case MWN_FILE_BACKEND_MULTI_WRITE:
			mwn_file_backend_bound(&MWN_G(file_backend_request), binding);
			break;
		case MWN_POOL_COUNTER_REDIS:
			mwn_pool_counter_bound(&MWN_G(pool_counter_request), binding);
			break;
		case MWN_LOAD_BALANCER:
			mwn_load_balancer_bound(&MWN_G(load_balancer_request), binding);
			break;
		default:
			break;
	}
}

/* NULL when the parent fits the shell, else why not. Compared once in a process, not once a request. */
static zend_string *misfit(mwn_served_class served, const mwn_host_profile *profile, zend_class_entry *parent)
{
	mwn_verdict *verdict = &MWN_G(verdicts)[served];
	zend_ulong mark = mwn_shell_mark(parent);
	const mwn_shell *shell;
	zend_string *reason;

	if (verdict->profile == profile && verdict->mark == mark) {
		return NULL;
	}
	shell = mwn_find_shell(profile->generation, mwn_served_class_name(served));
	if (!shell) {
		return strpprintf(0, "this version of the extension has no shell for it on MediaWiki %s", profile->generation);
	}
	reason = mwn_shell_misfit(shell, parent, profile->classes[served].parent_is_interface);
	if (!reason) {
		verdict->profile = profile;
		verdict->mark = mark;
	}
	return reason;
}

/* PHP takes the methods of a class that is disabled, and leaves the class. */
static bool is_body_disabled(mwn_served_class served)
{
	const zend_class_entry *body = mwn_body_class(served);

	return zend_hash_num_elements(&body->function_table) == 0;
}

static bool is_child_of(const zend_class_entry *shell, const zend_class_entry *parent)
{
	return parent->ce_flags & ZEND_ACC_INTERFACE ? !shell->parent && instanceof_function(shell, parent)
		: shell->parent == parent;
}

static zend_class_entry *declare_shell(mwn_served_class served, const mwn_host_profile *profile,
	zend_class_entry *parent, zend_string *lower_name)
{
	const mwn_host_class *host_class = &profile->classes[served];
	bound_names *own = names_of(profile, served);
	mwn_binding *binding = &MWN_G(bindings)[served];
	mwn_verdict *verdict = &MWN_G(verdicts)[served];
	zend_string *obstacle = is_body_disabled(served) ? ZSTR_INIT_LITERAL("its body is in disable_classes", false)
		: misfit(served, profile, parent);
	zend_class_entry *shell;

	if (!obstacle) {
		obstacle = include_file(own->shell_path);
	}
	if (obstacle) {
		return step_aside(served, obstacle);
	}
	if (EG(exception)) {
		binding->state = MWN_NOT_ASKED;
		return NULL;
	}
	shell = find_class(own->lower_name);
	if (!shell || !is_child_of(shell, parent)) {
		return step_aside(served, strpprintf(0, "the shell %s did not declare %s",
			ZSTR_VAL(own->shell_path), host_class->name));
	}
	if (own->lower_alias) {
		add_second_name(own->lower_alias, shell);
	}
	binding->profile = profile;
	binding->shell = shell;
	binding->parent = parent;
	binding->state = MWN_BOUND;
	if (verdict->reason) {
		pefree(verdict->reason, 1);
		verdict->reason = NULL;
	}
	mark_original_as_included(host_class, parent);
	tell_class_it_is_bound(served, binding);
	return find_class(lower_name);
}

/* NULL without an exception: the lookup goes on to the host's autoloader. */
static zend_class_entry *bind_class(mwn_served_class served, zend_string *lower_name)
{
	mwn_binding *binding = &MWN_G(bindings)[served];
	const mwn_host_profile *profile;
	zend_class_entry *parent;
	bound_names *own;
	zval *version;

	if (binding->state != MWN_NOT_ASKED || !is_switched_on(served)) {
		return NULL;
	}
	if (CG(compiler_options) & ZEND_COMPILE_PRELOAD) {
		return NULL;
	}
	version = zend_get_constant_str("MW_VERSION", sizeof("MW_VERSION") - 1);
	if (!version || Z_TYPE_P(version) != IS_STRING) {
		/* Not MediaWiki, or not yet: nothing is decided. */
		return NULL;
	}
	profile = mwn_find_host_profile(Z_STRVAL_P(version), MWN_G(unverified_hosts));
	if (!profile) {
		return step_aside(served, strpprintf(0, "MediaWiki %s is not a verified host"
			" (mwnative.unverified_hosts=1 tries it all the same)", Z_STRVAL_P(version)));
	}
	own = names_of(profile, served);
	if (!zend_string_equals(lower_name, own->lower_name)
		&& !(own->lower_alias && zend_string_equals(lower_name, own->lower_alias))) {
		/* Another generation's name for it. */
		return NULL;
	}
	if (find_class(own->lower_name) || (own->lower_alias && find_class(own->lower_alias))) {
		return step_aside(served, strpprintf(0, "one of its names is declared already"));
	}

	binding->state = MWN_BINDING;
	parent = zend_lookup_class_ex(own->parent, own->lower_parent, 0);
	if (EG(exception)) {
		binding->state = MWN_NOT_ASKED;
		return NULL;
	}
	if (!parent) {
		return step_aside(served, strpprintf(0, "its parent %s cannot be loaded", ZSTR_VAL(own->parent)));
	}
	if (parent->type != ZEND_USER_CLASS) {
		return step_aside(served, strpprintf(0, "its parent %s is not the host's", ZSTR_VAL(own->parent)));
	}
	if (find_class(own->lower_name)) {
		/* Loading the parent loaded the original. */
		step_aside(served, strpprintf(0, "the host loaded it together with its parent"));
		return find_class(lower_name);
	}
	return declare_shell(served, profile, parent, lower_name);
}

/* Which served class has this name on any host? -1: none. */
static int served_class_of(const zend_string *lower_name)
{
	for (const mwn_host_profile *profile = mwn_host_profiles; profile->generation; profile++) {
		for (int served = 0; served < MWN_SERVED_CLASSES; served++) {
			const bound_names *own = names_of(profile, served);
			if (zend_string_equals(lower_name, own->lower_name)
				|| (own->lower_alias && zend_string_equals(lower_name, own->lower_alias))) {
				return served;
			}
		}
	}
	return -1;
}

static zend_class_entry *autoload(zend_string *name, zend_string *lower_name)
{
	int served = served_class_of(lower_name);

	if (UNEXPECTED(served >= 0)) {
		zend_class_entry *bound = bind_class((mwn_served_class)served, lower_name);
		if (bound || EG(exception)) {
			return bound;
		}
	}
	return next_autoload ? next_autoload(name, lower_name) : NULL;
}

void mwn_binder_startup(void)
{
	size_t row = 0;

	shell_folder = permanent_string(MWN_G(stub_path), strlen(MWN_G(stub_path)));
	for (const mwn_host_profile *profile = mwn_host_profiles; profile->generation; profile++, row++) {
		ZEND_ASSERT(row < MAX_PROFILES);
		for (int served = 0; served < MWN_SERVED_CLASSES; served++) {
			const mwn_host_class *host_class = &profile->classes[served];
			bound_names *own = names_of(profile, served);
			char *path;
			size_t length = spprintf(&path, 0, "%s/%s/%s.php", ZSTR_VAL(shell_folder), profile->generation,
				mwn_served_class_name(served));
			own->lower_name = permanent_lower_string(host_class->name);
			own->lower_alias = host_class->alias ? permanent_lower_string(host_class->alias) : NULL;
			own->parent = permanent_string(host_class->parent, strlen(host_class->parent));
			own->lower_parent = permanent_lower_string(host_class->parent);
			own->shell_path = permanent_string(path, length);
			efree(path);
		}
	}
	next_autoload = zend_autoload;
	zend_autoload = autoload;
}

void mwn_binder_shutdown(void)
{
	/* Another extension may have wrapped the pointer after us: it stays then. */
	if (zend_autoload == autoload) {
		zend_autoload = next_autoload;
	}
}

void mwn_binder_request_startup(void)
{
	/* A fatal error may have left a binding half way. */
	memset(MWN_G(bindings), 0, sizeof(MWN_G(bindings)));
}

void mwn_binder_free_verdicts(mwn_verdict *verdicts)
{
	for (int served = 0; served < MWN_SERVED_CLASSES; served++) {
		pefree(verdicts[served].reason, 1);
		verdicts[served].reason = NULL;
	}
}
