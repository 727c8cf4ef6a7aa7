/* getConnection() and its kin: groups, flags, readers, references. */
#include "../php_mwnative.h"

#include "zend_exceptions.h"
#include "zend_smart_str.h"
#include "ext/spl/spl_exceptions.h"

/* ---- groups and flags ---- */

bool mwn_lb_refuse_groups(zval *groups, zval *index)
{
	smart_str list = {0};
	zend_string *number = zval_get_string(index);
	zval *group;

	if (Z_TYPE_P(groups) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(groups), group) {
			zend_string *held, *name = zval_get_tmp_string(group, &held);
			if (list.s) {
				smart_str_appends(&list, ", ");
			}
			smart_str_append(&list, name);
			zend_tmp_string_release(held);
		} ZEND_HASH_FOREACH_END();
	} else {
		zend_string *held, *name = zval_get_tmp_string(groups, &held);
		smart_str_append(&list, name);
		zend_tmp_string_release(held);
	}
	smart_str_0(&list);
	mwn_lb_throw_php(spl_ce_LogicException, strpprintf(0, "Query group(s) (%s) given with server index (#%s)",
		list.s ? ZSTR_VAL(list.s) : "", ZSTR_VAL(number)));
	smart_str_free(&list);
	zend_string_release(number);
	return false;
}

/* The first of the groups that has servers, or else the default; borrowed from the object or from the groups. */
static zval *resolve_groups(zend_object *self, zval *groups, zval *index)
{
	HashTable *loads = mwn_lb_table(self, MWN_LB_PROPERTY_groupLoads);
	zval *fallback = mwn_lb_slot(self, MWN_LB_PROPERTY_defaultGroup), *group, zero;
	bool is_none = Z_TYPE_P(groups) == IS_FALSE
		|| (Z_TYPE_P(groups) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(groups)) == 0);

	ZVAL_LONG(&zero, 0);
	if (!is_none && zend_compare(index, &zero) > 0) {
		mwn_lb_refuse_groups(groups, index);
		return NULL;
	}
	if (is_none) {
		return fallback;
	}
	if (Z_TYPE_P(groups) == IS_STRING) {
		return mwn_lb_find(loads, groups) ? groups : fallback;
	}
	if (Z_TYPE_P(groups) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(groups), group) {
			ZVAL_DEREF(group);
			if (!mwn_lb_is_key(group, MWN_LB_ISSET)) {
				return NULL;
			}
			if (mwn_lb_find(loads, group)) {
				return group;
			}
		} ZEND_HASH_FOREACH_END();
	}
	return fallback;
}

MWN_LB_BODY(143, resolveGroups)
{
	zend_object *self;
	zval *groups, *index, *group;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(groups)
		Z_PARAM_ZVAL(index)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self) && (group = resolve_groups(self, groups, index))) {
		RETURN_COPY(group);
	}
}

/* Is an attribute of the primary's type true? */
bool mwn_lb_primary_has(zend_object *self, mwn_lb_constant attribute, bool *has)
{
	zval writer, attributes, *value;

	*has = false;
	ZVAL_LONG(&writer, MWN_LB_WRITER);
	if (!mwn_lb_server_attributes(self, &writer, &attributes)) {
		return false;
	}
	value = Z_TYPE(attributes) == IS_ARRAY ? mwn_lb_find(Z_ARRVAL(attributes), mwn_lb_constant_of(attribute)) : NULL;
	*has = value && zend_is_true(value);
	zval_ptr_dtor(&attributes);
	return !EG(exception);
}

static bool log_no_autocommit(zend_object *self)
{
	zval writer, type;
	zend_string *held, *text;
	bool done;

	ZVAL_LONG(&writer, MWN_LB_WRITER);
	if (!mwn_lb_call_slot(self, MWN_LB_PROPERTY_serverInfo, MWN_CALL_getServerType, &type, 1, &writer)) {
		return false;
	}
	text = zval_get_tmp_string(&type, &held);
	done = mwn_lb_log(self, MWN_CALL_info, "sanitizeConnectionFlags",
		strpprintf(0, "CONN_TRX_AUTOCOMMIT disallowed (%s)", ZSTR_VAL(text)), NULL);
	zend_tmp_string_release(held);
	zval_ptr_dtor(&type);
	return done;
}

/* Where a connection of its own would wait for its own process, or not see its temporary tables, there is none. */
static bool own_sanitize(zend_object *self, zval *flags, zval *domain, zval *sanitized)
{
	zend_long bits;
	bool locks_database;

	ZVAL_UNDEF(sanitized);
	if (!mwn_lb_flags(flags, &bits)) {
		return false;
	}
	ZVAL_COPY(sanitized, flags);
	if (EXPECTED(!mwn_lb_has_bit(bits, MWN_LB_CONN_TRX_AUTOCOMMIT))) {
		return true;
	}
	if (!mwn_lb_primary_has(self, MWN_LB_ATTR_DB_LEVEL_LOCKING, &locks_database)) {
		zval_ptr_dtor(sanitized);
		ZVAL_UNDEF(sanitized);
		return false;
	}
	if (locks_database || mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_tempTablesOnlyMode), domain)) {
		zval_ptr_dtor(sanitized);
		ZVAL_LONG(sanitized, bits & ~Z_LVAL_P(mwn_lb_constant_of(MWN_LB_CONN_TRX_AUTOCOMMIT)));
	}
	return !locks_database || log_no_autocommit(self);
}

static bool sanitize(zend_object *self, zval *flags, zval *domain, zval *sanitized)
{
	zval arguments[2];

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_sanitizeConnectionFlags))) {
		return own_sanitize(self, flags, domain, sanitized);
	}
	ZVAL_COPY_VALUE(&arguments[0], flags);
	ZVAL_COPY_VALUE(&arguments[1], domain);
	return mwn_call(self, MWN_CALL_sanitizeConnectionFlags, sanitized, 2, arguments);
}

MWN_LB_BODY(143, sanitizeConnectionFlags)
{
	zend_object *self;
	zval *flags, *domain;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(flags)
		Z_PARAM_ZVAL(domain)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		own_sanitize(self, flags, domain, return_value);
	}
}

bool mwn_lb_enforce_flags(zend_object *connection, zend_long flags)
{
	const char *refused = MWN_G(load_balancer_request).host->autocommit_refused;
	zval level, flag;
	bool in_transaction;

	if (EXPECTED(!mwn_lb_has_bit(flags, MWN_LB_CONN_TRX_AUTOCOMMIT)
		&& !mwn_lb_has_bit(flags, MWN_LB_CONN_UNTRACKED_GAUGE))) {
		return true;
	}
	if (!mwn_call(connection, MWN_CALL_trxLevel, &level, 0, NULL)) {
		return false;
	}
	in_transaction = zend_is_true(&level);
	zval_ptr_dtor(&level);
	if (in_transaction) {
		return mwn_lb_throw("DBUnexpectedError", connection,
			zend_string_init(refused, strlen(refused), false));
	}
	ZVAL_COPY_VALUE(&flag, mwn_lb_constant_of(MWN_LB_DBO_TRX));
	return mwn_call(connection, MWN_CALL_clearFlag, NULL, 1, &flag);
}

ZEND_METHOD(MwNative_LoadBalancer, enforceConnectionFlags)
{
	zend_object *self, *connection;
	zval *flags;
	zend_long bits;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self) && mwn_lb_flags(flags, &bits)) {
		mwn_lb_enforce_flags(connection, bits);
	}
}

/* ---- getConnectionInternal() ---- */

static bool is_known_server(zend_object *self, zval *index, bool *known)
{
	zval *info = mwn_lb_slot(self, MWN_LB_PROPERTY_serverInfo);

	*known = false;
	return mwn_is_callable_on(info, MWN_CALL_hasServerIndex)
		&& mwn_lb_ask(Z_OBJ_P(info), MWN_CALL_hasServerIndex, known, 1, index);
}

/* The group's reader; an exception when there is none. */
static bool choose_reader(zend_object *self, zval *group, zval *index)
{
	zend_string *text;
	zval zero;

	if (!mwn_lb_reader_index(self, group, index)) {
		return false;
	}
	ZVAL_LONG(&zero, 0);
	if (Z_TYPE_P(index) != IS_FALSE && zend_compare(index, &zero) >= 0) {
		return true;
	}
	zval_ptr_dtor(index);
	ZVAL_UNDEF(index);
	text = ZSTR_INIT_LITERAL("could not connect to any replica DB server", false);
	mwn_lb_report_error(self, text);
	zend_string_release(text);
	return false;
}

bool mwn_lb_is_pinned(zend_object *self, zval *group)
{
	return mwn_lb_find(mwn_lb_table(self, MWN_LB_PROPERTY_readIndexByGroup), group) != NULL;
}

static void unpin(zend_object *self, zval *group)
{
	HashTable *readers = mwn_lb_array(self, MWN_LB_PROPERTY_readIndexByGroup);

	mwn_lb_unset(readers, group);
}

bool mwn_lb_unpin_lost(zend_object *self, zval *group)
{
	zend_string *held, *name = zval_get_tmp_string(group, &held);
	bool done = mwn_lb_log(self, MWN_CALL_warning, "getConnectionInternal",
		strpprintf(0, "the reader of group '%s' cannot be reached any more; choosing another", ZSTR_VAL(name)), NULL);

	zend_tmp_string_release(held);
	unpin(self, group);
	return done;
}

bool mwn_lb_give_up_reader(zend_object *self, zval *index, zval *group)
{
	zend_object *error = EG(exception);
	bool connected;

	GC_ADDREF(error);
	zend_clear_exception();
	if (mwn_lb_is_connected(self, index, &connected) && !connected) {
		OBJ_RELEASE(error);
		return mwn_lb_unpin_lost(self, group);
	}
	if (EG(exception)) {
		OBJ_RELEASE(error);
	} else {
		zend_throw_exception_internal(error);
	}
	return false;
}

/* A connection to the group's reader. A reader that was chosen before and has been lost since makes room for another,
 * once. */
static bool reader_connection(zend_object *self, zval *group, zval *domain, zend_long flags, zval *connection)
{
	bool was_pinned = mwn_lb_is_pinned(self, group), done;
	zval index;

	if (!choose_reader(self, group, &index)) {
		return false;
	}
	was_pinned = was_pinned && !mwn_lb_is(&index, MWN_LB_WRITER);
	done = mwn_lb_server_connection(self, &index, domain, flags, connection);
	if (done || !was_pinned || !mwn_lb_is_connection_error(EG(exception))) {
		zval_ptr_dtor(&index);
		return done;
	}
	done = mwn_lb_give_up_reader(self, &index, group);
	zval_ptr_dtor(&index);
	if (!done || !choose_reader(self, group, &index)) {
		return false;
	}
	done = mwn_lb_server_connection(self, &index, domain, flags, connection);
	zval_ptr_dtor(&index);
	return done;
}

static bool open_for(zend_object *self, zval *index, zval *groups, zval *domain, zval *flags, zval *connection)
{
	zval *group = resolve_groups(self, groups, index), held_group, sanitized, writer;
	zend_string *held, *number;
	bool known, done;

	if (!group || !sanitize(self, flags, domain, &sanitized)) {
		return false;
	}
	if (mwn_lb_is_constant(index, MWN_LB_DB_PRIMARY)) {
		ZVAL_LONG(&writer, MWN_LB_WRITER);
		done = mwn_lb_server_connection(self, &writer, domain, zval_get_long(&sanitized), connection);
	} else if (mwn_lb_is_constant(index, MWN_LB_DB_REPLICA)) {
		ZVAL_COPY(&held_group, group);
		done = reader_connection(self, &held_group, domain, zval_get_long(&sanitized), connection);
		zval_ptr_dtor(&held_group);
	} else {
		done = is_known_server(self, index, &known);
		if (done && !known) {
			number = zval_get_tmp_string(index, &held);
			done = mwn_lb_throw_php(spl_ce_UnexpectedValueException,
				strpprintf(0, "Invalid server index index #%s", ZSTR_VAL(number)));
			zend_tmp_string_release(held);
		}
		done = done && mwn_lb_server_connection(self, index, domain, zval_get_long(&sanitized), connection);
	}
	zval_ptr_dtor(&sanitized);
	return done;
}

bool mwn_lb_connection(zend_object *self, zval *index, zval *groups, zval *domain, zval *flags, zval *connection)
{
	zend_string *id = mwn_lb_resolve_id(self, domain);
	zval domain_id;
	bool done;

	ZVAL_UNDEF(connection);
	if (!id) {
		return false;
	}
	ZVAL_STR(&domain_id, id);
	done = open_for(self, index, groups, &domain_id, flags, connection);
	zend_string_release(id);
	return done;
}

MWN_LB_BODY(143, getConnectionInternal)
{
	zend_object *self;
	zval *index, *groups, *domain, *flags;

	ZEND_PARSE_PARAMETERS_START(5, 5)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(groups)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		mwn_lb_connection(self, index, groups, domain, flags, return_value);
	}
}

/* ---- references ---- */

void mwn_lb_make_reference(INTERNAL_FUNCTION_PARAMETERS, const char *silence_refused)
{
	zend_object *self;
	zval *index, *groups, *domain, *flags, arguments[4];
	zend_string *id;
	zend_long bits;
	bool is_primary;

	ZEND_PARSE_PARAMETERS_START(5, 5)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(groups)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	if (!mwn_lb_flags(flags, &bits)) {
		return;
	}
	if (mwn_lb_has_bit(bits, MWN_LB_CONN_SILENCE_ERRORS)) {
		zend_throw_exception(spl_ce_UnexpectedValueException, silence_refused, 0);
		return;
	}
	id = mwn_lb_resolve_id(self, domain);
	if (!id) {
		return;
	}
	is_primary = mwn_lb_is_constant(index, MWN_LB_DB_PRIMARY) || mwn_lb_is(index, MWN_LB_WRITER);
	ZVAL_OBJ(&arguments[0], self);
	array_init_size(&arguments[1], 4);
	Z_TRY_ADDREF_P(index);
	Z_TRY_ADDREF_P(groups);
	Z_TRY_ADDREF_P(flags);
	add_next_index_zval(&arguments[1], index);
	add_next_index_zval(&arguments[1], groups);
	add_next_index_str(&arguments[1], id);
	add_next_index_zval(&arguments[1], flags);
	ZVAL_COPY_VALUE(&arguments[2], mwn_lb_constant_of(is_primary ? MWN_LB_DB_PRIMARY : MWN_LB_DB_REPLICA));
	mwn_lb_refer(self, MWN_LB_PROPERTY_modcount, &arguments[3]);
	mwn_lb_new("Wikimedia\\Rdbms\\DBConnRef", return_value, 4, arguments);
	zval_ptr_dtor(&arguments[1]);
	zval_ptr_dtor(&arguments[3]);
}

MWN_LB_BODY(143, getConnection)
{
	mwn_lb_make_reference(INTERNAL_FUNCTION_PARAM_PASSTHRU,
		MWN_LB_METHOD("getConnection") " got CONN_SILENCE_ERRORS; connection is already deferred");
}

ZEND_METHOD(MwNative_LoadBalancer, getMaintenanceConnectionRef)
{
	mwn_lb_make_reference(INTERNAL_FUNCTION_PARAM_PASSTHRU,
		MWN_LB_METHOD("getMaintenanceConnectionRef") " CONN_SILENCE_ERRORS is not supported");
}

MWN_LB_BODY(143, getConnectionRef)
{
	zend_object *self;
	zval *index, *groups, *domain, *flags, arguments[4], deprecated[2], ignored;
	zend_execute_data *body;
	bool done;

	ZEND_PARSE_PARAMETERS_START(5, 5)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(index)
		Z_PARAM_ZVAL(groups)
		Z_PARAM_ZVAL(domain)
		Z_PARAM_ZVAL(flags)
	ZEND_PARSE_PARAMETERS_END();
	if (!mwn_lb_enter(self)) {
		return;
	}
	ZVAL_STRING(&deprecated[0], MWN_LB_METHOD("getConnectionRef"));
	ZVAL_STRING(&deprecated[1], "1.39");
	/* It looks at who called the shell's method. */
	body = mwn_hide_body_frame();
	done = mwn_call_function("wfdeprecated", &ignored, 2, deprecated);
	mwn_show_body_frame(body);
	if (done) {
		zval_ptr_dtor(&ignored);
		ZVAL_COPY_VALUE(&arguments[0], index);
		ZVAL_COPY_VALUE(&arguments[1], groups);
		ZVAL_COPY_VALUE(&arguments[2], domain);
		ZVAL_COPY_VALUE(&arguments[3], flags);
		mwn_call(self, MWN_CALL_getConnection, return_value, 4, arguments);
	}
	zval_ptr_dtor(&deprecated[0]);
	zval_ptr_dtor(&deprecated[1]);
}
