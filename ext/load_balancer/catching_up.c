/* Waiting until one server has reached the position that is waited for. */
#include "../php_mwnative.h"

/* Seconds for which it is remembered that a server has reached a position. */
enum { REMEMBER_SECONDS = 86400 };

static const mwn_lb_host *host(void)
{
	return MWN_G(load_balancer_request).host;
}

/* One wait: for which server, and what the server cache calls it. */
typedef struct {
	zend_object *self;
	zval *index;
	zend_string *name;
	zval key;
	zend_long timeout;
} wait;

static bool make_key(wait *wait)
{
	zval parts[4];
	bool done;

	ZVAL_STRING(&parts[0], MWN_LB_CLASS);
	ZVAL_STRING(&parts[1], "last-known-pos");
	ZVAL_STR(&parts[2], wait->name);
	ZVAL_STRING(&parts[3], host()->position_version);
	done = mwn_lb_call_slot(wait->self, MWN_LB_PROPERTY_srvCache, MWN_CALL_makeGlobalKey, &wait->key, 4, parts);
	zval_ptr_dtor(&parts[0]);
	zval_ptr_dtor(&parts[1]);
	zval_ptr_dtor(&parts[3]);
	return done;
}

bool mwn_lb_is_position(const zval *value)
{
	return Z_TYPE_P(value) == IS_OBJECT && mwn_lb_is_a(Z_OBJ_P(value), "dbprimarypos");
}

static bool log_known(const wait *wait, zval *position)
{
	zend_string *text = zval_get_string(position);
	zval context;

	if (EG(exception)) {
		zend_string_release(text);
		return false;
	}
	array_init(&context);
	add_assoc_str(&context, "db_server", zend_string_copy(wait->name));
	mwn_lb_log_to(wait->self, MWN_LB_REPLICATION, MWN_CALL_debug, host()->wait_method,
		strpprintf(0, "replica DB {db_server} known to be caught up (pos >= %s).", ZSTR_VAL(text)), &context);
	zend_string_release(text);
	return !EG(exception);
}

/* Is it known already that the server has come so far? */
static bool is_known_to_be_there(wait *wait, bool *there)
{
	zval cached, position, target;
	bool done;

	*there = false;
	if (!mwn_lb_call_slot(wait->self, MWN_LB_PROPERTY_srvCache, MWN_CALL_get, &cached, 1, &wait->key)) {
		return false;
	}
	done = host()->revive_position(&cached, &position);
	zval_ptr_dtor(&cached);
	if (done && mwn_lb_is_position(&position)) {
		ZVAL_COPY(&target, mwn_lb_slot(wait->self, MWN_LB_PROPERTY_waitForPos));
		done = mwn_lb_ask(Z_OBJ(position), MWN_CALL_hasReached, there, 1, &target);
		zval_ptr_dtor(&target);
		done = done && (!*there || log_known(wait, &position));
	}
	zval_ptr_dtor(&position);
	return done;
}

/* A connection to wait on: one that is open, or one for this wait alone. False in it: there is none. */
static bool connect_for(wait *wait, zval *connection, bool *is_new)
{
	zval context;

	*is_new = false;
	if (!mwn_lb_any_open(wait->self, wait->index, zval_get_long(mwn_lb_constant_of(MWN_LB_CONN_SILENCE_ERRORS)), connection)) {
		return false;
	}
	if (zend_is_true(connection)) {
		return true;
	}
	zval_ptr_dtor(connection);
	*is_new = true;
	if (!mwn_lb_quiet_connection(wait->self, wait->index, 0, connection)) {
		return false;
	}
	if (zend_is_true(connection)) {
		return true;
	}
	array_init(&context);
	add_assoc_str(&context, "db_server", zend_string_copy(wait->name));
	return mwn_lb_log_to(wait->self, MWN_LB_REPLICATION, MWN_CALL_warning, host()->wait_method,
		ZSTR_INIT_LITERAL("failed to connect to {db_server}", false), &context);
}

/* Asks the server to wait; *ok: it got there in time. */
bool mwn_lb_ask_to_wait(zend_object *connection, zval *position, zval *timeout, bool *ok)
{
	zval arguments[2], result, failed;

	*ok = false;
	ZVAL_COPY(&arguments[0], position);
	ZVAL_COPY_VALUE(&arguments[1], timeout);
	if (!mwn_call(connection, MWN_CALL_primaryPosWait, &result, 2, arguments)) {
		zval_ptr_dtor(&arguments[0]);
		return false;
	}
	ZVAL_LONG(&failed, -1);
	*ok = Z_TYPE(result) != IS_NULL && zend_compare(&result, &failed) != 0;
	zval_ptr_dtor(&result);
	zval_ptr_dtor(&arguments[0]);
	return true;
}

static bool remember(wait *wait)
{
	zval arguments[3];
	bool done;

	if (!host()->position_for_cache(wait->self, &arguments[1])) {
		return false;
	}
	ZVAL_COPY_VALUE(&arguments[0], &wait->key);
	ZVAL_LONG(&arguments[2], REMEMBER_SECONDS);
	done = mwn_lb_call_slot(wait->self, MWN_LB_PROPERTY_srvCache, MWN_CALL_set, NULL, 3, arguments);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

static bool wait_on(wait *wait, zend_object *connection, bool *ok)
{
	zval context, timeout;

	if (!mwn_lb_context(wait->self, connection, NULL, &context)
		|| !mwn_lb_log_to(wait->self, MWN_LB_REPLICATION, MWN_CALL_info, host()->wait_method,
			ZSTR_INIT_LITERAL("waiting for replica DB {db_server} to catch up...", false), &context)) {
		return false;
	}
	ZVAL_LONG(&timeout, wait->timeout);
	return mwn_lb_ask_to_wait(connection, mwn_lb_slot(wait->self, MWN_LB_PROPERTY_waitForPos), &timeout, ok)
		&& (!*ok || remember(wait));
}

static bool wait_for_server(wait *wait, bool *ok)
{
	zval connection;
	bool is_new, done;

	if (!is_known_to_be_there(wait, ok)) {
		return false;
	}
	if (*ok) {
		return true;
	}
	if (!connect_for(wait, &connection, &is_new)) {
		return false;
	}
	if (!zend_is_true(&connection)) {
		zval_ptr_dtor(&connection);
		return true;
	}
	done = wait_on(wait, Z_OBJ(connection), ok);
	/* One that was made for this alone is not left behind. */
	if (done && is_new) {
		done = mwn_lb_close(wait->self, Z_OBJ(connection));
	}
	zval_ptr_dtor(&connection);
	return done;
}

bool mwn_lb_wait_for_server(zend_object *self, zval *index, zval *timeout, bool *ok)
{
	wait wait = {.self = self, .index = index};
	zval seconds;
	bool done;

	*ok = false;
	mwn_lb_wait_seconds(self, &seconds);
	wait.timeout = zval_get_long(timeout && zend_is_true(timeout) ? timeout : &seconds);
	zval_ptr_dtor(&seconds);
	if (wait.timeout < 1) {
		wait.timeout = 1;
	}
	wait.name = mwn_lb_server_name(self, index);
	if (!wait.name) {
		return false;
	}
	done = make_key(&wait);
	if (done) {
		done = wait_for_server(&wait, ok);
		zval_ptr_dtor(&wait.key);
	}
	zend_string_release(wait.name);
	return done;
}
