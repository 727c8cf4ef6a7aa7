/* Connections that fail: what is thrown and logged, and which exceptions are the host's. */
#include "../php_mwnative.h"

#include "zend_exceptions.h"
#include "zend_smart_str.h"

void mwn_lb_set_failed(zend_object *self, zend_object *connection)
{
	zval failed;

	MWN_G(load_balancer_process).failed++;
	ZVAL_OBJ_COPY(&failed, connection);
	mwn_lb_set(self, MWN_LB_PROPERTY_lastErrorConn, &failed);
}

static bool log_connection_error(zend_object *self, zend_object *connection, zend_string *extra, zend_string *error)
{
	zval extras, context;
	bool done;

	array_init(&extras);
	add_assoc_string(&extras, "method", MWN_LB_METHOD("reportConnectionError"));
	add_assoc_str(&extras, "last_error", zend_string_copy(error));
	done = mwn_lb_context(self, connection, &extras, &context);
	zval_ptr_dtor(&extras);
	return done && mwn_lb_log(self, MWN_CALL_warning, "reportConnectionError",
		strpprintf(0, "%s; {last_error} ({db_server})", ZSTR_VAL(extra)), &context);
}

zend_string *mwn_lb_connection_error(const zend_string *extra, const zend_string *error, const zend_string *server)
{
	smart_str text = {0};

	if (extra) {
		smart_str_append(&text, extra);
		smart_str_appends(&text, "; ");
	}
	smart_str_append(&text, error);
	smart_str_appends(&text, " (");
	smart_str_append(&text, server);
	smart_str_appendc(&text, ')');
	return smart_str_extract(&text);
}

static bool report_connection(zend_object *self, zend_object *connection, zend_string *extra)
{
	zval server, error;
	zend_string *name, *text, *message;
	bool done;

	if (!mwn_call(connection, MWN_CALL_getServerName, &server, 0, NULL)) {
		return false;
	}
	name = zval_get_string(&server);
	zval_ptr_dtor(&server);
	if (!mwn_call(connection, MWN_CALL_lastError, &error, 0, NULL)) {
		zend_string_release(name);
		return false;
	}
	text = zend_is_true(&error) ? zval_get_string(&error) : ZSTR_INIT_LITERAL("unknown error", false);
	zval_ptr_dtor(&error);
	message = mwn_lb_connection_error(extra, text, name);
	done = !extra || log_connection_error(self, connection, extra, text);
	zend_string_release(name);
	zend_string_release(text);
	if (!done) {
		zend_string_release(message);
		return false;
	}
	return mwn_lb_throw("DBConnectionError", connection, message);
}

bool mwn_lb_report_error(zend_object *self, zend_string *extra)
{
	zval *last = mwn_lb_slot(self, MWN_LB_PROPERTY_lastErrorConn), context;

	if (extra && ZSTR_LEN(extra) == 0) {
		extra = NULL;
	}
	if (Z_TYPE_P(last) == IS_OBJECT) {
		zend_object *connection = Z_OBJ_P(last);
		GC_ADDREF(connection);
		report_connection(self, connection, extra);
		OBJ_RELEASE(connection);
		return false;
	}
	if (extra) {
		array_init(&context);
		add_assoc_string(&context, "method", MWN_LB_METHOD("reportConnectionError"));
		add_assoc_string(&context, "last_error", "(last connection error missing)");
		if (!mwn_lb_log(self, MWN_CALL_error, "reportConnectionError", zend_string_copy(extra), &context)) {
			return false;
		}
	}
	return mwn_lb_throw("DBConnectionError", NULL, extra ? zend_string_copy(extra)
		: ZSTR_INIT_LITERAL("could not connect to the DB server", false));
}

MWN_LB_BODY(143, reportConnectionError)
{
	zend_object *self;
	zend_string *text;
	zval *extra;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_OBJ(self)
		Z_PARAM_ZVAL(extra)
	ZEND_PARSE_PARAMETERS_END();
	(void)return_value;
	if (mwn_lb_enter(self)) {
		text = zval_get_string(extra);
		mwn_lb_report_error(self, text);
		zend_string_release(text);
	}
}

bool mwn_lb_expect_connection(zval *connection, const char *method)
{
	if (EXPECTED(Z_TYPE_P(connection) == IS_OBJECT || !zend_is_true(connection))) {
		return true;
	}
	zend_throw_error(NULL, "%s() gave %s where a connection or false is wanted", method, zend_zval_type_name(connection));
	zval_ptr_dtor(connection);
	ZVAL_UNDEF(connection);
	return false;
}

/* ---- of the host's kinds ---- */

/* An exception of the host's kind "no connection" is the caller's to report, from the connection itself. */
bool mwn_lb_is_connection_error(const zend_object *exception)
{
	return mwn_lb_is_a(exception, "dbconnectionerror");
}

zend_object *mwn_lb_catch_database_error(void)
{
	zend_object *exception = EG(exception);

	if (!mwn_lb_is_a(exception, "dberror")) {
		return NULL;
	}
	GC_ADDREF(exception);
	zend_clear_exception();
	return exception;
}
