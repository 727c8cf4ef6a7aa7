/* What each shell in stubs/<host>/ declares, as C tables (made by bin/generate). */
#ifndef MWNATIVE_SHELL_TABLE_H
#define MWNATIVE_SHELL_TABLE_H

#include "php.h"

typedef struct {
	const char *name;
	const char *type; /* as the engine prints it; NULL: none */
	bool by_reference;
	bool variadic;
} mwn_shell_parameter;

typedef struct {
	const char *name; /* lower case; NULL ends the table */
	uint32_t flags;   /* ZEND_ACC_PUBLIC, _PROTECTED or _PRIVATE, with _STATIC and _FINAL */
	uint32_t required;
	uint32_t parameter_count;
	const mwn_shell_parameter *parameters;
	const char *return_type; /* NULL: none */
} mwn_shell_method;

typedef struct {
	const char *name; /* NULL ends the table */
	uint32_t flags;
} mwn_shell_property;

typedef struct {
	const char *host; /* "1.43"; NULL ends the table */
	const char *name; /* "FileBackendMultiWrite" */
	const mwn_shell_method *methods;
	const mwn_shell_property *properties;
	const char *const *constants; /* ended by NULL */
} mwn_shell;

/* The shell of a class for a host, NULL when there is none. */
const mwn_shell *mwn_find_shell(const char *host, const char *name);

/*
 * Could the shell be declared as a child of `parent` (which `is_interface` when the shell implements it), so that the
 * engine would raise no error? Returns NULL when it fits, else the reason, which the caller releases.
 *
 * Stricter than the engine: a type must be spelled the same on both sides, since
 * a host that changed it is a host that this shell was not written for.
 */
zend_string *mwn_shell_misfit(const mwn_shell *shell, zend_class_entry *parent, bool is_interface);

/* A mark of all that mwn_shell_misfit() reads of a class: equal marks, equal answers. Neither the
 * class's address nor its file would do: after a restart of opcache another version of it may lie
 * in the same place. */
zend_ulong mwn_shell_mark(zend_class_entry *parent);

#endif
