/* Small parts of rounds, callbacks for each connection, and the local domain's prefix, on MediaWiki 1.39. */
#include "../../php_mwnative.h"

#include "zend_smart_str.h"
#include "load_balancer_139.h"

bool mwn_lb_139_is_round_aware(zend_object *connection, bool *aware)
{
	zval key;
	bool only_autocommit;

	*aware = false;
	ZVAL_STR(&key, MWN_LB_STR(autocommit_only));
	if (!mwn_lb_ask(connection, MWN_CALL_getLBInfo, &only_autocommit, 1, &key)) {
		return false;
	}
	*aware = !only_autocommit;
	return true;
}

bool mwn_lb_139_refuse_stage(zend_object *self, const char *stages)
{
	zend_string *held, *stage = zval_get_tmp_string(mwn_lb_slot(self, MWN_LB_PROPERTY_trxRoundStage), &held);

	mwn_lb_throw("DBTransactionError", NULL,
		strpprintf(0, "Transaction round stage must be %s (not '%s')", stages, ZSTR_VAL(stage)));
	zend_tmp_string_release(held);
	return false;
}

MWN_LB_BODY(139, approvePrimaryChanges)
{
	zend_object *self;
	HashTable *options;
	zval *caller, *limit, none;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ARRAY_HT(options)
		Z_PARAM_ZVAL(caller)
	ZEND_PARSE_PARAMETERS_END();
	(void)caller;
	(void)return_value;
	if (!mwn_lb_enter(self)) {
		return;
	}
	ZVAL_LONG(&none, 0);
	limit = mwn_lb_option(options, "maxWriteDuration");
	mwn_lb_approve(self, limit ? limit : &none);
}

/* ", " between each. */
static zend_string *join(HashTable *parts)
{
	smart_str list = {0};
	zval *part;

	ZEND_HASH_FOREACH_VAL(parts, part) {
		zend_string *held, *text = zval_get_tmp_string(part, &held);
		if (list.s) {
			smart_str_appends(&list, ", ");
		}
		smart_str_append(&list, text);
		zend_tmp_string_release(held);
	} ZEND_HASH_FOREACH_END();
	smart_str_0(&list);
	return list.s ? list.s : ZSTR_EMPTY_ALLOC();
}

/* Twice, as the host does: that it is so, and who did it. */
bool mwn_lb_139_log_pending(zend_object *self, zend_object *connection)
{
	zval callers, extras, context;
	zend_string *list;
	bool done;

	if (!mwn_lb_log_to(self, MWN_LB_QUERIES, MWN_CALL_warning, "runPrimaryTransactionIdleCallbacks",
			ZSTR_INIT_LITERAL("found writes pending.", false), NULL)
		|| !mwn_call(connection, MWN_CALL_pendingWriteAndCallbackCallers, &callers, 0, NULL)) {
		return false;
	}
	list = Z_TYPE(callers) == IS_ARRAY ? join(Z_ARRVAL(callers)) : ZSTR_EMPTY_ALLOC();
	zval_ptr_dtor(&callers);
	array_init(&extras);
	mwn_lb_add_exception(&extras);
	done = mwn_lb_context(self, connection, &extras, &context)
		&& mwn_lb_log_to(self, MWN_LB_QUERIES, MWN_CALL_warning, "runPrimaryTransactionIdleCallbacks",
			strpprintf(0, "found writes pending (%s).", ZSTR_VAL(list)), &context);
	zval_ptr_dtor(&extras);
	zend_string_release(list);
	return done;
}

/* ---- callbacks for each connection ---- */

/* The host warns of these; it looks at who called the shell's method. */
static bool warn_of(const char *method)
{
	zend_execute_data *body = mwn_hide_body_frame();
	zval arguments[2], ignored;
	bool done;

	ZVAL_STR(&arguments[0], strpprintf(0, MWN_LB_CLASS "::%s", method));
	ZVAL_STRING(&arguments[1], "1.39");
	done = mwn_call_function("wfdeprecated", &ignored, 2, arguments);
	mwn_show_body_frame(body);
	zval_ptr_dtor(&ignored);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

MWN_LB_BODY(139, forEachOpenConnection)
{
	if (warn_of("forEachOpenConnection")) {
		mwn_lb_for_each(INTERNAL_FUNCTION_PARAM_PASSTHRU, mwn_lb_each_open);
	}
}

ZEND_METHOD(MwNative_LoadBalancer, forEachOpenPrimaryConnection)
{
	if (warn_of("forEachOpenPrimaryConnection")) {
		mwn_lb_for_each(INTERNAL_FUNCTION_PARAM_PASSTHRU, mwn_lb_each_primary);
	}
}

/* ---- the local domain's prefix ---- */

static bool lb_info(zend_object *connection, mwn_lb_string key, zval *value)
{
	zval name;

	ZVAL_STR(&name, mwn_lb_strings[key]);
	return mwn_call(connection, MWN_CALL_getLBInfo, value, 1, &name);
}

static bool add_if_in_use(zend_object *connection, void *domains)
{
	zval count, zero, domain;
	bool in_use;

	if (!lb_info(connection, MWN_LB_STRING_reference_count, &count)) {
		return false;
	}
	ZVAL_LONG(&zero, 0);
	in_use = zend_compare(&count, &zero) > 0;
	zval_ptr_dtor(&count);
	if (in_use) {
		if (!mwn_call(connection, MWN_CALL_getDomainID, &domain, 0, NULL)) {
			return false;
		}
		add_next_index_zval(domains, &domain);
	}
	return true;
}

/* A connection to another domain that somebody uses may not change under his hands. */
static bool refuse_while_in_use(zend_object *self)
{
	zend_string *list;
	zval domains;
	bool done;

	array_init(&domains);
	done = mwn_lb_each_open(self, add_if_in_use, &domains);
	if (done && zend_hash_num_elements(Z_ARRVAL(domains)) > 0) {
		list = join(Z_ARRVAL(domains));
		done = mwn_lb_throw("DBUnexpectedError", NULL,
			strpprintf(0, "Foreign domain connections are still in use (%s)", ZSTR_VAL(list)));
		zend_string_release(list);
	}
	zval_ptr_dtor(&domains);
	return done;
}

static bool change_prefix(zend_object *connection, void *prefix)
{
	zval foreign;
	bool is_foreign;

	if (!lb_info(connection, MWN_LB_STRING_foreign, &foreign)) {
		return false;
	}
	is_foreign = zend_is_true(&foreign);
	zval_ptr_dtor(&foreign);
	return is_foreign || mwn_call(connection, MWN_CALL_tablePrefix, NULL, 1, prefix);
}

MWN_LB_BODY(139, setLocalDomainPrefix)
{
	const mwn_lb_domain *former;
	zend_object *self;
	zval *prefix, changed;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(prefix)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (!mwn_lb_enter(self) || !refuse_while_in_use(self) || !(former = mwn_lb_local_domain(self))
		|| !mwn_lb_domain_with_prefix(former->object, prefix, &changed)) {
		return;
	}
	if (mwn_lb_set_local_domain(self, &changed)) {
		mwn_lb_each_open(self, change_prefix, prefix);
	}
	zval_ptr_dtor(&changed);
}
