/* Which of the bodies a generation of the host gets, and what else it has of its own. */
#include "../php_mwnative.h"

#include "139/load_balancer_139.h"

/* Before a class is bound any body will do: it refuses the object. */
static const mwn_lb_host *host(void)
{
	const mwn_lb_host *bound = MWN_G(load_balancer_request).host;

	return bound ? bound : &mwn_lb_host_143;
}

#define X(name) \
	ZEND_METHOD(MwNative_LoadBalancer, name) \
	{ \
		host()->name(INTERNAL_FUNCTION_PARAM_PASSTHRU); \
	}
MWN_LB_DIVERGENT_BODIES(X)
#undef X

static const char *const monitors_139[] = {"LoadMonitor", "LoadMonitorNull", "LoadMonitorMySQL", NULL};

const mwn_lb_host mwn_lb_host_139 = {
#define X(body) .body = mwn_lb_139_##body,
	MWN_LB_DIVERGENT_BODIES(X)
#undef X
	.loggers = {
		[MWN_LB_CONNECTIONS] = MWN_LB_PROPERTY_connLogger,
		[MWN_LB_QUERIES] = MWN_LB_PROPERTY_queryLogger,
		[MWN_LB_REPLICATION] = MWN_LB_PROPERTY_replLogger,
		[MWN_LB_PERFORMANCE] = MWN_LB_PROPERTY_perfLogger,
	},
	.monitors = monitors_139,
	.autocommit_refused = "Handle requested with CONN_TRX_AUTOCOMMIT yet it has a transaction",
	.configure_all = mwn_lb_139_configure_all,
	.server_name = mwn_lb_139_server_name,
	.server_type = mwn_lb_139_server_type,
	.server_driver = mwn_lb_139_server_driver,
	.has_replicas = mwn_lb_139_has_replicas,
	.no_connections = mwn_lb_139_no_connections,
	.server_connection = mwn_lb_139_server_connection,
	.any_open = mwn_lb_139_any_open,
	.close = mwn_lb_139_close,
	.close_one = mwn_lb_139_close_one,
	.is_round_aware = mwn_lb_139_is_round_aware,
	.refuse_stage = mwn_lb_139_refuse_stage,
	.wait_method = "doWait",
	.position_version = "v1",
	.revive_position = mwn_lb_139_revive_position,
	.position_for_cache = mwn_lb_139_position_for_cache,
	.log_pending = mwn_lb_139_log_pending,
};

static const char *const monitors_143[] = {"LoadMonitor", "LoadMonitorNull", NULL};

const mwn_lb_host mwn_lb_host_143 = {
#define X(body) .body = mwn_lb_143_##body,
	MWN_LB_DIVERGENT_BODIES(X)
#undef X
	.loggers = {
		[MWN_LB_CONNECTIONS] = MWN_LB_PROPERTY_logger,
		[MWN_LB_QUERIES] = MWN_LB_PROPERTY_logger,
		[MWN_LB_REPLICATION] = MWN_LB_PROPERTY_logger,
		[MWN_LB_PERFORMANCE] = MWN_LB_PROPERTY_logger,
	},
	.monitors = monitors_143,
	.autocommit_refused = "Handle requested with autocommit-mode yet it has a transaction",
	.configure_all = mwn_lb_143_configure_all,
	.server_name = mwn_lb_143_server_name,
	.server_type = mwn_lb_143_server_type,
	.server_driver = mwn_lb_143_server_driver,
	.has_replicas = mwn_lb_143_has_replicas,
	.no_connections = mwn_lb_143_no_connections,
	.server_connection = mwn_lb_143_server_connection,
	.any_open = mwn_lb_143_any_open,
	.close = mwn_lb_143_close,
	.close_one = mwn_lb_143_close_one,
	.is_round_aware = mwn_lb_143_is_round_aware,
	.refuse_stage = mwn_lb_143_refuse_stage,
	.wait_method = "awaitSessionPrimaryPos",
	.position_version = "v2",
	.revive_position = mwn_lb_143_revive_position,
	.position_for_cache = mwn_lb_143_position_for_cache,
	.log_pending = mwn_lb_143_log_pending,
};
