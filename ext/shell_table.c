#include "shell_table.h"

#include "zend_inheritance.h"

#include "generated/shell_tables.h"

const mwn_shell *mwn_find_shell(const char *host, const char *name)
{
	for (const mwn_shell *shell = shells; shell->host; shell++) {
		if (strcmp(shell->host, host) == 0 && strcmp(shell->name, name) == 0) {
			return shell;
		}
	}
	return NULL;
}

static const mwn_shell_method *find_method(const mwn_shell *shell, const zend_string *name)
{
	for (const mwn_shell_method *method = shell->methods; method->name; method++) {
		if (zend_string_equals_cstr(name, method->name, strlen(method->name))) {
			return method;
		}
	}
	return NULL;
}

/* The shell promises `ours` where the parent promises `theirs`. A type may be left out
 * where `optional` says so (for a parameter on our side; for a return value on theirs). */
static bool type_fits(const char *ours, zend_type theirs, bool ours_optional, bool theirs_optional)
{
	zend_string *text;
	bool fits;

	if (!ours) {
		return ours_optional || !ZEND_TYPE_IS_SET(theirs);
	}
	if (!ZEND_TYPE_IS_SET(theirs)) {
		return theirs_optional;
	}
	text = zend_type_to_string(theirs);
	fits = strcasecmp(ZSTR_VAL(text), ours) == 0;
	zend_string_release(text);
	return fits;
}

static const char *visibility(uint32_t flags)
{
	return flags & ZEND_ACC_PUBLIC ? "public" : flags & ZEND_ACC_PROTECTED ? "protected" : "private";
}

/* Is `ours` as visible as `theirs` at least? The engine numbers them from public up. */
static bool as_visible(uint32_t ours, uint32_t theirs)
{
	return (ours & ZEND_ACC_PPP_MASK) <= (theirs & ZEND_ACC_PPP_MASK);
}

static zend_string *method_misfit(const mwn_shell_method *ours, const zend_function *theirs)
{
	const char *class_name = ZSTR_VAL(theirs->common.scope->name);
	const char *name = ZSTR_VAL(theirs->common.function_name);
	uint32_t flags = theirs->common.fn_flags;
	uint32_t checked;

	if (flags & ZEND_ACC_FINAL) {
		return strpprintf(0, "%s::%s() is final there and the shell overrides it", class_name, name);
	}
	if ((flags & ZEND_ACC_STATIC) != (ours->flags & ZEND_ACC_STATIC)) {
		return strpprintf(0, "%s::%s() is %sstatic there", class_name, name,
			flags & ZEND_ACC_STATIC ? "" : "not ");
	}
	if (!as_visible(ours->flags, flags)) {
		return strpprintf(0, "%s::%s() is %s there", class_name, name, visibility(flags));
	}
	/* A constructor is bound only by a signature that is abstract, here or further up. */
	if ((flags & ZEND_ACC_CTOR) && !(flags & ZEND_ACC_ABSTRACT)) {
		theirs = theirs->common.prototype;
		if (!theirs || !(theirs->common.fn_flags & ZEND_ACC_ABSTRACT)) {
			return NULL;
		}
		flags = theirs->common.fn_flags;
	}
	if (flags & (ZEND_ACC_VARIADIC | ZEND_ACC_RETURN_REFERENCE)) {
		return strpprintf(0, "%s::%s() is variadic or returns a reference there", class_name, name);
	}
	if (ours->required > theirs->common.required_num_args
		|| ours->parameter_count < theirs->common.num_args) {
		return strpprintf(0, "%s::%s() takes %u to %u arguments there, the shell %u to %u", class_name, name,
			theirs->common.required_num_args, theirs->common.num_args, ours->required, ours->parameter_count);
	}
	checked = theirs->common.num_args;
	for (uint32_t i = 0; i < checked; i++) {
		const zend_arg_info *info = &theirs->common.arg_info[i];
		if (ours->parameters[i].by_reference != (bool)ZEND_ARG_SEND_MODE(info)
			|| !type_fits(ours->parameters[i].type, info->type, true, false)) {
			return strpprintf(0, "argument %u of %s::%s() has another type there", i + 1, class_name, name);
		}
	}
	if (flags & ZEND_ACC_HAS_RETURN_TYPE) {
		if (!type_fits(ours->return_type, theirs->common.arg_info[-1].type, false, true)) {
			return strpprintf(0, "%s::%s() returns another type there", class_name, name);
		}
	}
	return NULL;
}

static zend_string *methods_misfit(const mwn_shell *shell, zend_class_entry *parent)
{
	const zend_function *theirs;
	const mwn_shell_method *ours;
	zend_string *key, *reason;

	ZEND_HASH_FOREACH_STR_KEY_PTR(&parent->function_table, key, theirs) {
		ours = find_method(shell, key);
		if (!ours) {
			if (theirs->common.fn_flags & ZEND_ACC_ABSTRACT) {
				return strpprintf(0, "%s::%s() is abstract there and the shell lacks it",
					ZSTR_VAL(theirs->common.scope->name), ZSTR_VAL(theirs->common.function_name));
			}
			continue;
		}
		/* A private method is not inherited, except that a final one forbids its name. */
		if ((theirs->common.fn_flags & ZEND_ACC_PRIVATE)
			&& !(theirs->common.fn_flags & (ZEND_ACC_FINAL | ZEND_ACC_ABSTRACT))) {
			continue;
		}
		reason = method_misfit(ours, theirs);
		if (reason) {
			return reason;
		}
	} ZEND_HASH_FOREACH_END();
	return NULL;
}

static zend_string *members_misfit(const mwn_shell *shell, zend_class_entry *parent)
{
	for (const mwn_shell_property *ours = shell->properties; ours->name; ours++) {
		const zend_property_info *theirs =
			zend_hash_str_find_ptr(&parent->properties_info, ours->name, strlen(ours->name));
		if (theirs && !(theirs->flags & ZEND_ACC_PRIVATE)) {
			return strpprintf(0, "%s already has a property $%s", ZSTR_VAL(parent->name), ours->name);
		}
	}
	for (const char *const *name = shell->constants; *name; name++) {
		const zend_class_constant *theirs =
			zend_hash_str_find_ptr(CE_CONSTANTS_TABLE(parent), *name, strlen(*name));
		if (theirs && !(ZEND_CLASS_CONST_FLAGS(theirs) & ZEND_ACC_PRIVATE)) {
			return strpprintf(0, "%s already has a constant %s", ZSTR_VAL(parent->name), *name);
		}
	}
	return NULL;
}

/* NULL when the parent is of the kind that the shell wants, else why not. */
static zend_string *kind_misfit(const zend_class_entry *parent, bool is_interface)
{
	if (parent->ce_flags & ZEND_ACC_READONLY_CLASS) {
		return strpprintf(0, "%s is a readonly class there", ZSTR_VAL(parent->name));
	}
	if (is_interface) {
		return parent->ce_flags & ZEND_ACC_INTERFACE ? NULL
			: strpprintf(0, "%s is no interface there", ZSTR_VAL(parent->name));
	}
	if (parent->ce_flags & (ZEND_ACC_INTERFACE | ZEND_ACC_TRAIT | ZEND_ACC_ENUM | ZEND_ACC_FINAL)) {
		return strpprintf(0, "%s is final or no class there", ZSTR_VAL(parent->name));
	}
	return NULL;
}

zend_string *mwn_shell_misfit(const mwn_shell *shell, zend_class_entry *parent, bool is_interface)
{
	zend_string *reason = kind_misfit(parent, is_interface);

	if (!reason) {
		reason = methods_misfit(shell, parent);
	}
	return reason ? reason : members_misfit(shell, parent);
}

static zend_ulong mix(zend_ulong mark, zend_ulong value)
{
	return (mark ^ value) * Z_UL(0x9E3779B97F4A7C15) + (mark >> 29);
}

static zend_ulong mix_type(zend_ulong mark, zend_type type)
{
	const zend_type *part;

	mark = mix(mark, ZEND_TYPE_FULL_MASK(type) & ~_ZEND_TYPE_ARENA_BIT);
	ZEND_TYPE_FOREACH(type, part) {
		if (ZEND_TYPE_HAS_LIST(*part)) {
			mark = mix_type(mark, *part);
		} else if (ZEND_TYPE_HAS_NAME(*part)) {
			mark = mix(mark, zend_string_hash_val(ZEND_TYPE_NAME(*part)));
		}
	} ZEND_TYPE_FOREACH_END();
	return mark;
}

static zend_ulong mix_method(zend_ulong mark, const zend_function *method)
{
	uint32_t flags = method->common.fn_flags & (ZEND_ACC_PPP_MASK | ZEND_ACC_STATIC | ZEND_ACC_FINAL
		| ZEND_ACC_ABSTRACT | ZEND_ACC_CTOR | ZEND_ACC_VARIADIC | ZEND_ACC_RETURN_REFERENCE
		| ZEND_ACC_HAS_RETURN_TYPE);

	mark = mix(mark, flags);
	mark = mix(mark, method->common.num_args | (zend_ulong)method->common.required_num_args << 32);
	for (uint32_t i = 0; i < method->common.num_args; i++) {
		mark = mix_type(mark, method->common.arg_info[i].type);
	}
	return flags & ZEND_ACC_HAS_RETURN_TYPE ? mix_type(mark, method->common.arg_info[-1].type) : mark;
}

/* The methods lie all over opcache's memory, out of every cache when a request begins: fetched side by side they take
 * a fraction of the time that they take one after the other. */
static void fetch_ahead(const zend_class_entry *parent)
{
	const zend_function *method;

	ZEND_HASH_FOREACH_PTR((HashTable *)&parent->function_table, method) {
		__builtin_prefetch(&method->common.fn_flags);
		__builtin_prefetch(&method->common.arg_info);
	} ZEND_HASH_FOREACH_END();
	ZEND_HASH_FOREACH_PTR((HashTable *)&parent->function_table, method) {
		if (method->common.num_args > 0) {
			__builtin_prefetch(method->common.arg_info);
		}
	} ZEND_HASH_FOREACH_END();
}

zend_ulong mwn_shell_mark(zend_class_entry *parent)
{
	zend_ulong mark = parent->ce_flags & (ZEND_ACC_INTERFACE | ZEND_ACC_TRAIT | ZEND_ACC_ENUM | ZEND_ACC_FINAL
		| ZEND_ACC_READONLY_CLASS);
	const zend_function *method;
	const zend_property_info *property;
	const zend_class_constant *constant;
	zend_string *name;

	fetch_ahead(parent);
	ZEND_HASH_FOREACH_STR_KEY_PTR(&parent->function_table, name, method) {
		mark = mix_method(mix(mark, ZSTR_H(name)), method);
		if ((method->common.fn_flags & ZEND_ACC_CTOR) && method->common.prototype) {
			mark = mix_method(mark, method->common.prototype);
		}
	} ZEND_HASH_FOREACH_END();
	ZEND_HASH_FOREACH_STR_KEY_PTR(&parent->properties_info, name, property) {
		mark = mix(mix(mark, ZSTR_H(name)), property->flags & ZEND_ACC_PPP_MASK);
	} ZEND_HASH_FOREACH_END();
	ZEND_HASH_MAP_FOREACH_STR_KEY_PTR(CE_CONSTANTS_TABLE(parent), name, constant) {
		mark = mix(mix(mark, ZSTR_H(name)), ZEND_CLASS_CONST_FLAGS(constant));
	} ZEND_HASH_FOREACH_END();
	return mark;
}
