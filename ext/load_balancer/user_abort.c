/* While a step of a round runs, a user who goes away does not end the request. */
#include "../php_mwnative.h"

#include "main/SAPI.h"
#include "zend_ini.h"

static void set_ignore_abort(bool ignore)
{
	zend_string *name = ZSTR_INIT_LITERAL("ignore_user_abort", false);

	/* Through the setting, so that the engine puts it back should the request end in between. */
	zend_alter_ini_entry_chars(name, ignore ? "1" : "0", 1, PHP_INI_USER, PHP_INI_STAGE_RUNTIME);
	zend_string_release(name);
}

mwn_lb_abort_guard mwn_lb_ignore_abort(void)
{
	mwn_lb_abort_guard guard = {false, PG(ignore_user_abort)};

	if (strcmp(sapi_module.name, "cli") != 0 && !guard.before) {
		set_ignore_abort(true);
		guard.changed = true;
	}
	return guard;
}

void mwn_lb_restore_abort(mwn_lb_abort_guard guard)
{
	if (guard.changed) {
		set_ignore_abort(guard.before);
	}
}
