/*
 * The binder: gives a host our class at the moment when it first looks the name up.
 *
 * The engine's autoload pointer is wrapped. When a name that we serve is looked
 * up, the binder recognises the host, loads the parent from the host, compares
 * the tree with the shell, and includes the shell. In every case of doubt it
 * steps aside: the host's own class loads as if the extension were not there.
 */
#ifndef MWNATIVE_BINDER_H
#define MWNATIVE_BINDER_H

#include "php.h"
#include "host_profile.h"

typedef enum {
	MWN_NOT_ASKED,
	MWN_BINDING, /* on the stack right now; a nested lookup goes to the host */
	MWN_BOUND,
	MWN_ASIDE,
} mwn_binding_state;

/* One served class in one request. */
typedef struct {
	mwn_binding_state state;
	const mwn_host_profile *profile; /* set when bound */
	zend_class_entry *shell;         /* set when bound */
	zend_class_entry *parent;        /* set when bound */
} mwn_binding;

/*
 * What was found about a parent in this process, so that the comparison runs once
 * and not once a request.
 */
typedef struct {
	zend_ulong mark; /* of the parent that was found to fit */
	const mwn_host_profile *profile; /* of the host that it fitted; NULL: none yet */
	/* why the class was not bound last time in this process, for the status; NULL: it was */
	char *reason;
	bool told; /* the reason is in the log */
} mwn_verdict;

void mwn_binder_startup(void);
void mwn_binder_shutdown(void);
void mwn_binder_request_startup(void);
void mwn_binder_free_verdicts(mwn_verdict *verdicts);

/* Includes a PHP file from the folder parts/ of the shells of a host: a class that a body needs. NULL, or why it cannot
 * be included, which the caller releases; an exception may be under way either way. */
zend_string *mwn_include_part(const mwn_host_profile *profile, const char *name);

/* The bound class, or NULL. */
/* MwNative\<name>, whose static methods are the bodies. */
const zend_class_entry *mwn_body_class(mwn_served_class served);

static zend_always_inline zend_class_entry *mwn_bound_class(const mwn_binding *binding)
{
	return binding->state == MWN_BOUND ? binding->shell : NULL;
}

#endif
