/*
 * What LoadBalancer has on MediaWiki 1.39 only; hosts.c makes it known.
 *
 *  config_139.c       configure(), reconfigure(), the monitor
 *  servers_139.c      what is configured of a server
 *  connections_139.c  getConnection() and its kin
 *  opening_139.c      reallyOpenConnection()
 *  any_open_139.c     getAnyOpenConnection()
 *  pools_139.c        connections by category, server and domain; those of foreign domains are counted
 *  closing_139.c      giving back and closing
 *  reader_139.c       getReaderIndex()
 *  waiting_139.c      replication positions
 *  rounds_139.c       small parts of rounds; callbacks for each connection; the local domain's prefix
 *  lag_139.c          lag and read-only mode
 *
 * Tracked connections: category => server index => domain => connection. A connection to the local domain is kept
 * under MWN_LB_STR(local_key). One to a foreign domain is in use as long as its count of references is above 0; then
 * it is free, and may be switched to another domain.
 */
#ifndef MWNATIVE_LOAD_BALANCER_139_H
#define MWNATIVE_LOAD_BALANCER_139_H

#include "../load_balancer.h"

#define X(name) MWN_LB_BODY(139, name);
MWN_LB_DIVERGENT_BODIES(X)
#undef X

/* ---- config_139.c ---- */

bool mwn_lb_139_configure_all(zend_object *self, zval *params);
/* The monitor, which is made when it is first needed. Borrowed; NULL: an exception. */
zval *mwn_lb_139_monitor(zend_object *self);

/* ---- servers_139.c ---- */

/* A server's configuration, borrowed; NULL: there is no such server. */
HashTable *mwn_lb_139_server(zend_object *self, zval *index);
/* The same, or an exception. */
HashTable *mwn_lb_139_server_strict(zend_object *self, zval *index);
/* The host that is configured, or an exception. */
bool mwn_lb_139_host_of(zend_object *self, zval *index, zval *host);
bool mwn_lb_139_server_name(zend_object *self, zval *index, zval *name);
bool mwn_lb_139_server_type(zend_object *self, zval *index, zval *type);
bool mwn_lb_139_server_driver(zend_object *self, zval *index, zval *driver);
bool mwn_lb_139_has_replicas(zend_object *self, bool *has);
bool mwn_lb_139_has_streaming_replicas(zend_object *self, bool *has);
/* Indexes of replicas that are not static: a new array. */
void mwn_lb_139_streaming_replicas(zend_object *self, zval *indexes);
bool mwn_lb_139_is_static(HashTable *server);
/* IDatabase::ROLE_* */
zval *mwn_lb_139_topology_role(zval *index, HashTable *server);

/* ---- connections_139.c ---- */

bool mwn_lb_139_server_connection(zend_object *self, zval *index, zval *domain, zend_long flags, zval *connection);
/* Throws what is known of the last failure. Returns false. */
bool mwn_lb_139_report_error(zend_object *self);
void mwn_lb_139_set_failed(zend_object *self, zend_object *connection);

/* ---- opening_139.c ---- */

/* `more` is what the connection tells besides its server's index. Honours an override. */
bool mwn_lb_139_open(zend_object *self, zval *index, zend_object *domain, zval *more, zval *connection);

/* ---- pools_139.c ---- */

void mwn_lb_139_no_connections(zval *connections);
/* An object with a reference, or false: it failed. `reused` (may be NULL) tells whether it was there before. */
bool mwn_lb_139_local_connection(zend_object *self, zval *index, zend_long flags, zval *connection, bool *reused);
bool mwn_lb_139_foreign_connection(zend_object *self, zval *index, const mwn_lb_domain *domain, zend_long flags,
	zval *connection, bool *reused);
bool mwn_lb_139_any_open(zend_object *self, zval *index, zval *flags, zval *connection);
/* conns[ category ][ index ][ domain ], borrowed; NULL: none. */
zval *mwn_lb_139_tracked(zend_object *self, zend_string *category, zval *index, zend_string *domain);
void mwn_lb_139_track(zend_object *self, zend_string *category, zval *index, zend_string *domain, zend_object *connection);
/* The server's connections of that category, for writing; NULL: none. */
HashTable *mwn_lb_139_pool_for_writing(zend_object *self, zend_string *category, zval *index);
void mwn_lb_139_untrack(zend_object *self, zend_string *category, zval *index, zend_string *domain);
/* Takes the connection out of every category. Was it in one? */
bool mwn_lb_139_forget(zend_object *self, zval *index, zend_object *connection);

/* ---- closing_139.c ---- */

/* reuseConnectionInternal(), with regard to overrides. */
bool mwn_lb_139_give_back(zend_object *self, zend_object *connection);
bool mwn_lb_139_close(zend_object *self, zend_object *connection);
bool mwn_lb_139_close_one(zend_object *connection, void *caller);

/* ---- reader_139.c ---- */

/* getReaderIndex(), with regard to overrides. */
bool mwn_lb_139_reader_index(zend_object *self, zval *group, zval *domain, zval *index);

/* ---- waiting_139.c ---- */

/* Tells ChronologyProtector, once, that positions are needed; generally it calls waitFor(). */
bool mwn_lb_139_load_positions(zend_object *self);
bool mwn_lb_139_revive_position(zval *cached, zval *position);
bool mwn_lb_139_position_for_cache(zend_object *self, zval *position);

/* ---- rounds_139.c ---- */

bool mwn_lb_139_is_round_aware(zend_object *connection, bool *aware);
bool mwn_lb_139_refuse_stage(zend_object *self, const char *stages);
bool mwn_lb_139_log_pending(zend_object *self, zend_object *connection);

/* ---- lag_139.c ---- */

bool mwn_lb_139_is_lagged(zend_object *self, zval *domain, bool *lagged);
/* isPrimaryConnectionReadOnly() */
bool mwn_lb_139_is_connection_read_only(zend_object *self, zend_object *connection, zend_long flags, bool *read_only);

#endif
