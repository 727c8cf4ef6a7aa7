/*
 * The configured servers as the host's ServerInfo keeps them.
 *
 * Normalizing a dozen of them and handing over one after the other is most of what a constructor costs. So the list is
 * made here and put in its place at once, if this is known to be what ServerInfo would make of it: the first list of
 * a process goes through its methods, and what they made is compared with what is made here.
 */
#include "../php_mwnative.h"

#include "../shell_table.h"

/* ServerInfo of this request: which it is, and where it keeps the servers. False: it is another class. */
static bool know_server_info(const zend_object *info)
{
	mwn_load_balancer_request *request = &MWN_G(load_balancer_request);
	const zend_property_info *servers;

	if (EXPECTED(request->server_info == info->ce)) {
		return request->server_list.plain;
	}
	request->server_info = info->ce;
	request->server_list.plain = false;
	servers = zend_hash_str_find_ptr(&info->ce->properties_info, "servers", strlen("servers"));
	/* With more properties it may do more with a server than keep it. */
	if (info->ce->type != ZEND_USER_CLASS || !servers || zend_hash_num_elements(&info->ce->properties_info) != 1 || (servers->flags & ZEND_ACC_STATIC) || ZEND_TYPE_IS_SET(servers->type)) {
		return false;
	}
	request->server_list = (mwn_slot){.offset = servers->offset, .plain = true};
	/* Another version of the file may be another in what it does. */
	request->server_info_mark = mwn_shell_mark(info->ce) ^ zend_string_hash_val(info->ce->info.user.filename);
	return true;
}

/* serverName ?? host; NULL: none, or one that is better left to the host. */
static zend_string *name_of(HashTable *server)
{
	zval *name = zend_hash_find(server, MWN_LB_STR(server_name));

	if (!name || Z_TYPE_P(name) == IS_NULL) {
		name = zend_hash_find(server, MWN_LB_STR(host));
	}
	return name && Z_TYPE_P(name) == IS_STRING && Z_STRLEN_P(name) > 0 ? Z_STR_P(name) : NULL;
}

/* One server with its name and groups; false: it is better left to the host. */
static bool add_server(HashTable *list, HashTable *names, zval *given)
{
	zval server, value, *groups, *own_name;
	zend_string *name;

	if (Z_TYPE_P(given) != IS_ARRAY || !(name = name_of(Z_ARRVAL_P(given))) || !zend_hash_add_empty_element(names, name)) {
		return false;
	}
	ZVAL_COPY(&server, given);
	own_name = zend_hash_find(Z_ARRVAL(server), MWN_LB_STR(server_name));
	if (!own_name || Z_TYPE_P(own_name) != IS_STRING || Z_STR_P(own_name) != name) {
		SEPARATE_ARRAY(&server);
		ZVAL_STR_COPY(&value, name);
		zend_hash_update(Z_ARRVAL(server), MWN_LB_STR(server_name), &value);
	}
	groups = zend_hash_find(Z_ARRVAL(server), MWN_LB_STR(group_loads));
	if (!groups || Z_TYPE_P(groups) == IS_NULL) {
		SEPARATE_ARRAY(&server);
		ZVAL_EMPTY_ARRAY(&value);
		zend_hash_update(Z_ARRVAL(server), MWN_LB_STR(group_loads), &value);
	}
	zend_hash_next_index_insert_new(list, &server);
	return true;
}

static bool make_list(HashTable *servers, zval *list)
{
	zend_ulong expected = 0, number;
	zend_string *name;
	HashTable names;
	zval *server;
	bool done = zend_hash_num_elements(servers) > 0;

	array_init_size(list, zend_hash_num_elements(servers));
	zend_hash_init(&names, zend_hash_num_elements(servers), NULL, NULL, 0);
	ZEND_HASH_FOREACH_KEY_VAL(servers, number, name, server) {
		ZVAL_DEREF(server);
		done = !name && number == expected++ && add_server(Z_ARRVAL_P(list), &names, server);
		if (!done) {
			break;
		}
	} ZEND_HASH_FOREACH_END();
	zend_hash_destroy(&names);
	if (!done) {
		zval_ptr_dtor(list);
		ZVAL_UNDEF(list);
	}
	return done;
}

bool mwn_lb_put_servers(zend_object *info, HashTable *servers, zval *list)
{
	const mwn_load_balancer_request *request = &MWN_G(load_balancer_request);
	zval *place;

	if (!know_server_info(info) || MWN_G(load_balancer_process).trusted_server_info != request->server_info_mark
		|| !make_list(servers, list)) {
		return false;
	}
	place = OBJ_PROP(info, request->server_list.offset);
	zval_ptr_dtor(place);
	ZVAL_COPY(place, list);
	return true;
}

void mwn_lb_compare_servers(zend_object *info, HashTable *servers)
{
	const mwn_load_balancer_request *request = &MWN_G(load_balancer_request);
	mwn_load_balancer_process *process = &MWN_G(load_balancer_process);
	zval list;

	if (!know_server_info(info) || process->trusted_server_info == request->server_info_mark
		|| process->other_server_info == request->server_info_mark || !make_list(servers, &list)) {
		return;
	}
	if (zend_is_identical(OBJ_PROP(info, request->server_list.offset), &list)) {
		process->trusted_server_info = request->server_info_mark;
	} else {
		process->other_server_info = request->server_info_mark;
	}
	zval_ptr_dtor(&list);
}
