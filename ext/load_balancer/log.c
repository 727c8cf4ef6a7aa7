/* What the host's loggers are told. */
#include "../php_mwnative.h"

#include "ext/spl/spl_exceptions.h"
#include "ext/standard/php_array.h"

static zval *logger_of(zend_object *self, mwn_lb_channel channel)
{
	return mwn_lb_slot(self, MWN_G(load_balancer_request).host->loggers[channel]);
}

bool mwn_lb_is_logged_to(zend_object *self, mwn_lb_channel channel)
{
	mwn_load_balancer_request *request = &MWN_G(load_balancer_request);
	const zval *logger = logger_of(self, channel);

	if (UNEXPECTED(Z_TYPE_P(logger) != IS_OBJECT)) {
		/* The call will say what is wrong. */
		return true;
	}
	if (UNEXPECTED(!request->null_logger) && zend_string_equals_literal(Z_OBJCE_P(logger)->name, "Psr\\Log\\NullLogger")) {
		request->null_logger = Z_OBJCE_P(logger);
	}
	return Z_OBJCE_P(logger) != request->null_logger;
}

bool mwn_lb_is_logged(zend_object *self)
{
	return mwn_lb_is_logged_to(self, MWN_LB_CONNECTIONS);
}

bool mwn_lb_log_to(zend_object *self, mwn_lb_channel channel, mwn_method level, const char *method, zend_string *message,
	zval *context)
{
	zval arguments[2], logger;
	bool done;

	if (method) {
		ZVAL_STR(&arguments[0], strpprintf(0, MWN_LB_CLASS "::%s: %s", method, ZSTR_VAL(message)));
		zend_string_release(message);
	} else {
		ZVAL_STR(&arguments[0], message);
	}
	if (context) {
		ZVAL_COPY_VALUE(&arguments[1], context);
	}
	ZVAL_COPY(&logger, logger_of(self, channel));
	done = mwn_call_on(&logger, level, NULL, context ? 2 : 1, arguments);
	zval_ptr_dtor(&logger);
	zval_ptr_dtor(&arguments[0]);
	if (context) {
		zval_ptr_dtor(&arguments[1]);
	}
	return done;
}

bool mwn_lb_log(zend_object *self, mwn_method level, const char *method, zend_string *message, zval *context)
{
	return mwn_lb_log_to(self, MWN_LB_CONNECTIONS, level, method, message, context);
}

bool mwn_lb_debug_to(zend_object *self, mwn_lb_channel channel, const char *method, const char *format, ...)
{
	va_list arguments;
	zend_string *message;

	if (!mwn_lb_is_logged_to(self, channel)) {
		return true;
	}
	va_start(arguments, format);
	message = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	return mwn_lb_log_to(self, channel, MWN_CALL_debug, method, message, NULL);
}

bool mwn_lb_debug(zend_object *self, const char *method, const char *format, ...)
{
	va_list arguments;
	zend_string *message;

	if (!mwn_lb_is_logged(self)) {
		return true;
	}
	va_start(arguments, format);
	message = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	return mwn_lb_log(self, MWN_CALL_debug, method, message, NULL);
}

static bool own_context(zend_object *connection, zval *extras, zval *context)
{
	zval server, domain;

	if (!mwn_call(connection, MWN_CALL_getServerName, &server, 0, NULL)) {
		return false;
	}
	if (!mwn_call(connection, MWN_CALL_getDomainID, &domain, 0, NULL)) {
		zval_ptr_dtor(&server);
		return false;
	}
	array_init(context);
	add_assoc_zval(context, "db_server", &server);
	add_assoc_zval(context, "db_domain", &domain);
	if (extras) {
		/* array_merge(): numbers are counted anew, names are replaced. */
		php_array_merge(Z_ARRVAL_P(context), Z_ARRVAL_P(extras));
	}
	return true;
}

bool mwn_lb_context(zend_object *self, zend_object *connection, zval *extras, zval *context)
{
	zval arguments[2];

	if (EXPECTED(!mwn_is_overridden(mwn_callee_of(self), MWN_CALL_getConnLogContext))) {
		return own_context(connection, extras, context);
	}
	ZVAL_OBJ(&arguments[0], connection);
	if (extras) {
		ZVAL_COPY_VALUE(&arguments[1], extras);
	}
	return mwn_call(self, MWN_CALL_getConnLogContext, context, extras ? 2 : 1, arguments);
}

void mwn_lb_add_exception(zval *context)
{
	zval exception;

	object_init_ex(&exception, spl_ce_RuntimeException);
	add_assoc_zval(context, "exception", &exception);
}

ZEND_METHOD(MwNative_LoadBalancer, getConnLogContext)
{
	zend_object *self, *connection;
	zval *extras;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_OBJ(self)
		Z_PARAM_OBJ(connection)
		Z_PARAM_ARRAY(extras)
	ZEND_PARSE_PARAMETERS_END();
	if (mwn_lb_enter(self)) {
		own_context(connection, extras, return_value);
	}
}
