/* A link to the first server of the key that can be reached. */
#include "../php_mwnative.h"

#include "zend_smart_str.h"

bool mwn_pc_candidates_init(mwn_pc_candidates *candidates, zend_object *self)
{
	zend_string *key;

	memset(candidates, 0, sizeof(*candidates));
	candidates->self = self;
	candidates->servers = mwn_pc_servers(self);
	if (!candidates->servers) {
		return false;
	}
	key = mwn_pc_text(self, MWN_PC_PROPERTY_key);
	candidates->count = mwn_redis_servers_for_key(candidates->servers, ZSTR_VAL(key), ZSTR_LEN(key), candidates->order);
	zend_string_release(key);
	return !EG(exception);
}

static bool log_down(zend_object *self, const char *server, int seconds)
{
	char *message;
	bool done;

	spprintf(&message, 0, "Server \"{redis_server}\" is marked down for another %d seconds", seconds);
	done = mwn_pc_log(self, MWN_CALL_debug, message, server, NULL);
	efree(message);
	return done;
}

bool mwn_pc_log_late(zend_object *self, mwn_redis_servers *servers, size_t server, const mwn_pool_failure *failure)
{
	return !failure->late[0] || mwn_pc_log(self, MWN_CALL_error, "Redis exception on server \"{redis_server}\"",
		mwn_redis_server_text(servers, server), failure->late);
}

/* Is the next candidate one to ask now? */
static bool is_due(mwn_pc_candidates *candidates)
{
	size_t server = candidates->order[candidates->next];
	int down_for;

	if (candidates->again) {
		return candidates->passed_over[candidates->next] && mwn_redis_server_may_be_back(candidates->servers, server);
	}
	down_for = mwn_redis_server_down_for(candidates->servers, server);
	if (EXPECTED(!down_for) || candidates->patient) {
		return true;
	}
	candidates->passed_over[candidates->next] = true;
	log_down(candidates->self, mwn_redis_server_text(candidates->servers, server), down_for);
	return false;
}

/* A link to this one server; NULL without an exception: try another. */
static mwn_redis_link *link_to(mwn_pc_candidates *candidates, size_t server, bool *interrupted)
{
	zend_object *self = candidates->self;
	const char *text = mwn_redis_server_text(candidates->servers, server);
	char error[MWN_REDIS_ERROR_LENGTH + 1];
	mwn_redis_result result;
	mwn_redis_link *link;
	mwn_pc_wait_limit limit;

	link = mwn_redis_server_link(candidates->servers, server);
	if (EXPECTED(link)) {
		return link;
	}
	/* Now that no link is in hand: a logger may use the server too. */
	if (UNEXPECTED(mwn_redis_server_lost_replies(candidates->servers, server))
		&& !mwn_pc_log(self, MWN_CALL_error, "Redis exception on server \"{redis_server}\"", text,
			"the connection was lost before the answer to a deferred step came")) {
		return NULL;
	}
	mwn_pc_wait_limit_init(&limit);
	link = candidates->patient ? mwn_redis_server_connect_patiently(candidates->servers, server, &result, error)
		: mwn_redis_server_connect(candidates->servers, server, mwn_pc_patience(&limit), &result, error);
	if (link) {
		return link;
	}
	if (result == MWN_REDIS_INTERRUPTED) {
		*interrupted = true;
		mwn_pc_enforce_limit(&limit);
		return NULL;
	}
	mwn_pc_log(self, MWN_CALL_error, "Redis exception connecting to \"{redis_server}\"", text, error);
	return NULL;
}

/* When none is up, those that are marked down are better than nothing: one that was restarted is back at once. */
static bool has_next(mwn_pc_candidates *candidates)
{
	if (candidates->next == candidates->count && !candidates->again) {
		candidates->again = true;
		candidates->next = 0;
	}
	return candidates->next < candidates->count;
}

mwn_redis_link *mwn_pc_next_link(mwn_pc_candidates *candidates, bool *interrupted)
{
	mwn_redis_link *link = NULL;

	*interrupted = false;
	while (!link && !EG(exception) && !*interrupted && has_next(candidates)) {
		if (is_due(candidates)) {
			candidates->server = candidates->order[candidates->next];
			link = link_to(candidates, candidates->server, interrupted);
		}
		candidates->next++;
	}
	return link;
}

bool mwn_pc_link_failed(mwn_pc_candidates *candidates, const mwn_pool_failure *failure)
{
	mwn_redis_server_give_up(candidates->servers, candidates->server, failure->link_result);
	return mwn_pc_log(candidates->self, MWN_CALL_error, "Redis exception on server \"{redis_server}\"",
		mwn_redis_server_text(candidates->servers, candidates->server), failure->text);
}

bool mwn_pc_no_server(const mwn_pc_candidates *candidates, zval *status)
{
	smart_str labels = {0};
	bool done;

	for (size_t i = 0; i < candidates->count; i++) {
		if (i > 0) {
			smart_str_appends(&labels, ", ");
		}
		smart_str_appends(&labels, mwn_redis_server_label(candidates->servers, candidates->order[i]));
	}
	smart_str_0(&labels);
	done = mwn_pc_fatal(status, "pool-servererror", labels.s ? ZSTR_VAL(labels.s) : "");
	smart_str_free(&labels);
	return done;
}
