PHP_ARG_ENABLE([mwnative],
  [whether to enable mwnative],
  [AS_HELP_STRING([--enable-mwnative],
    [Enable MediaWiki's FileBackendMultiWrite, PoolCounterRedis and LoadBalancer in C])],
  [yes])

PHP_ARG_ENABLE([mwnative-werror],
  [whether warnings of mwnative's build are errors],
  [AS_HELP_STRING([--enable-mwnative-werror],
    [Treat compiler warnings as errors (for work on mwnative itself)])],
  [no],
  [no])

if test "$PHP_MWNATIVE" != "no"; then
  AC_MSG_CHECKING([for PHP 8.2 or later])
  mwnative_php_version=`$PHP_CONFIG --vernum`
  if test "$mwnative_php_version" -lt 80200; then
    AC_MSG_ERROR([mwnative needs PHP 8.2 or later, this is `$PHP_CONFIG --version`])
  fi
  AC_MSG_RESULT([yes])

  AC_PATH_PROG([PKG_CONFIG], [pkg-config], [no])
  if test "$PKG_CONFIG" = "no"; then
    AC_MSG_ERROR([mwnative needs pkg-config to find its libraries (Debian: apt-get install pkg-config)])
  fi
  AC_MSG_CHECKING([for libcrypto of OpenSSL 1.1 or later])
  if ! $PKG_CONFIG --atleast-version=1.1 libcrypto; then
    AC_MSG_RESULT([no])
    AC_MSG_ERROR([mwnative needs OpenSSL 1.1 or later with its headers (Debian: apt-get install libssl-dev)])
  fi
  AC_MSG_RESULT([`$PKG_CONFIG --modversion libcrypto`])
  PHP_EVAL_INCLINE([`$PKG_CONFIG --cflags libcrypto`])
  PHP_EVAL_LIBLINE([`$PKG_CONFIG --libs libcrypto`], [MWNATIVE_SHARED_LIBADD])
  PHP_SUBST([MWNATIVE_SHARED_LIBADD])

  AC_MSG_CHECKING([for hiredis 0.14 or later])
  if ! $PKG_CONFIG --atleast-version=0.14 hiredis; then
    AC_MSG_RESULT([no])
    AC_MSG_ERROR([mwnative needs hiredis 0.14 or later with its headers (Debian: apt-get install libhiredis-dev)])
  fi
  AC_MSG_RESULT([`$PKG_CONFIG --modversion hiredis`])
  PHP_EVAL_INCLINE([`$PKG_CONFIG --cflags hiredis`])
  PHP_EVAL_LIBLINE([`$PKG_CONFIG --libs hiredis`], [MWNATIVE_SHARED_LIBADD])

  AC_MSG_CHECKING([for TLS to Redis servers (hiredis_ssl 1.0 or later)])
  mwnative_hiredis_ssl=""
  if $PKG_CONFIG --atleast-version=1.0 hiredis_ssl && $PKG_CONFIG --exists libssl; then
    AC_MSG_RESULT([yes, `$PKG_CONFIG --modversion hiredis_ssl`])
    PHP_EVAL_INCLINE([`$PKG_CONFIG --cflags hiredis_ssl libssl`])
    PHP_EVAL_LIBLINE([`$PKG_CONFIG --libs hiredis_ssl libssl`], [MWNATIVE_SHARED_LIBADD])
    mwnative_hiredis_ssl="-DMWN_HAVE_HIREDIS_SSL=1"
  else
    AC_MSG_RESULT([no])
  fi

  dnl Where `make install` puts the shells, in a folder for each version: beside the extension.
  mwnative_folder="$EXTENSION_DIR/mwnative"
  PHP_SUBST([mwnative_folder])

  mwnative_cflags="-DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -D_GNU_SOURCE -DMWNATIVE_FOLDER='\"$mwnative_folder\"'"
  mwnative_cflags="$mwnative_cflags -fvisibility=hidden $mwnative_hiredis_ssl"
  if test "$PHP_MWNATIVE_WERROR" != "no"; then
    dnl The engine's macros have unused parameters of their own; its headers are not ours to mend.
    mwnative_cflags="$mwnative_cflags -Wall -Wextra -Werror -Wno-unused-parameter"
  fi

  mwnative_sources="
    src/hash_ring.c
    src/pool_counter.c
    src/pool_scripts.c
    src/read_ahead.c
    src/redis_address.c
    src/redis_link.c
    src/redis_reader.c
    src/redis_servers.c
    src/redis_socket.c
    src/redis_tls.c
    src/sha1.c
    src/storage_path.c
    src/timestamp.c
    ext/mwnative.c
    ext/binder.c
    ext/host_call.c
    ext/host_profile.c
    ext/iterate.c
    ext/shell_table.c
    ext/slots.c
    ext/status.c
    ext/file_backend/checks.c
    ext/file_backend/class.c
    ext/file_backend/clones.c
    ext/file_backend/config.c
    ext/file_backend/deferred.c
    ext/file_backend/directories.c
    ext/file_backend/hash.c
    ext/file_backend/host_values.c
    ext/file_backend/locks.c
    ext/file_backend/paths.c
    ext/file_backend/reads.c
    ext/file_backend/resync.c
    ext/file_backend/writes.c
    ext/load_balancer/139/any_open_139.c
    ext/load_balancer/139/closing_139.c
    ext/load_balancer/139/config_139.c
    ext/load_balancer/139/connections_139.c
    ext/load_balancer/139/lag_139.c
    ext/load_balancer/139/opening_139.c
    ext/load_balancer/139/pools_139.c
    ext/load_balancer/139/reader_139.c
    ext/load_balancer/139/rounds_139.c
    ext/load_balancer/139/servers_139.c
    ext/load_balancer/139/waiting_139.c
    ext/load_balancer/callbacks.c
    ext/load_balancer/catching_up.c
    ext/load_balancer/changes.c
    ext/load_balancer/choice.c
    ext/load_balancer/class.c
    ext/load_balancer/config.c
    ext/load_balancer/connections.c
    ext/load_balancer/domains.c
    ext/load_balancer/errors.c
    ext/load_balancer/former.c
    ext/load_balancer/hosts.c
    ext/load_balancer/keys.c
    ext/load_balancer/lag.c
    ext/load_balancer/log.c
    ext/load_balancer/opening.c
    ext/load_balancer/reader.c
    ext/load_balancer/rounds.c
    ext/load_balancer/server_list.c
    ext/load_balancer/servers.c
    ext/load_balancer/sharing.c
    ext/load_balancer/tracking.c
    ext/load_balancer/user_abort.c
    ext/load_balancer/waiting.c
    ext/pool_counter/acquire.c
    ext/pool_counter/class.c
    ext/pool_counter/config.c
    ext/pool_counter/connect.c
    ext/pool_counter/held.c
    ext/pool_counter/hooks.c
    ext/pool_counter/patience.c
    ext/pool_counter/pool.c
    ext/pool_counter/release.c
    ext/pool_counter/wait.c"
  PHP_NEW_EXTENSION([mwnative], [$mwnative_sources], [$ext_shared],, [$mwnative_cflags])
  PHP_ADD_INCLUDE([$ext_srcdir])
  PHP_ADD_INCLUDE([$ext_srcdir/ext])
  PHP_ADD_BUILD_DIR([$ext_builddir/src])
  PHP_ADD_BUILD_DIR([$ext_builddir/ext])
  PHP_ADD_BUILD_DIR([$ext_builddir/ext/file_backend])
  PHP_ADD_BUILD_DIR([$ext_builddir/ext/load_balancer])
  PHP_ADD_BUILD_DIR([$ext_builddir/ext/load_balancer/139])
  PHP_ADD_BUILD_DIR([$ext_builddir/ext/pool_counter])
  PHP_ADD_MAKEFILE_FRAGMENT([$ext_srcdir/ext/Makefile.frag])
fi
