#include "redis_stream.h"

bool mwn_redis_has_tls(void)
{
#ifdef MWN_HAVE_HIREDIS_SSL
	return true;
#else
	return false;
#endif
}

#ifdef MWN_HAVE_HIREDIS_SSL

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* OpenSSL writes, and in reading may write, with a call that can raise SIGPIPE. */
typedef struct {
	sigset_t mask;
	bool was_pending;
} held_signal;

static held_signal hold_sigpipe(void)
{
	held_signal held;
	sigset_t pipe, pending;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &held.mask);
	sigpending(&pending);
	held.was_pending = sigismember(&pending, SIGPIPE) == 1;
	return held;
}

static void release_sigpipe(const held_signal *held)
{
	int reason = errno;

	if (!held->was_pending) {
		sigset_t pipe;
		sigemptyset(&pipe);
		sigaddset(&pipe, SIGPIPE);
		while (sigtimedwait(&pipe, NULL, &(struct timespec){0, 0}) < 0 && errno == EINTR) {
		}
	}
	pthread_sigmask(SIG_SETMASK, &held->mask, NULL);
	errno = reason;
}

static short wanted_events(const SSL *session)
{
	return SSL_want_read(session) ? POLLIN : POLLOUT;
}

static mwn_redis_result write_tls(mwn_redis_stream *stream, const char *bytes, size_t length,
	mwn_redis_moment deadline, mwn_redis_patience patience, const char **reason)
{
	redisContext *context = stream->context;

	if (redisAppendFormattedCommand(context, bytes, length) != REDIS_OK) {
		return MWN_REDIS_NO_MEMORY;
	}
	for (;;) {
		held_signal held = hold_sigpipe();
		int done = 0, written;
		mwn_redis_result result;
		/* Others' errors would be taken for errors of this call. */
		ERR_clear_error();
		written = redisBufferWrite(context, &done);
		release_sigpipe(&held);
		if (written != REDIS_OK) {
			*reason = context->errstr;
			return context->err == REDIS_ERR_OOM ? MWN_REDIS_NO_MEMORY : MWN_REDIS_LOST;
		}
		if (done) {
			return MWN_REDIS_OK;
		}
		result = mwn_redis_wait(context->fd, wanted_events(stream->session), deadline, patience);
		if (result != MWN_REDIS_OK) {
			*reason = "it cannot be waited for";
			return result;
		}
		/* hiredis also calls it "not done" when OpenSSL has given up. */
		if (mwn_redis_now() >= deadline) {
			return MWN_REDIS_TIMED_OUT;
		}
	}
}

static mwn_redis_result read_tls(mwn_redis_stream *stream, const char **reason)
{
	held_signal held = hold_sigpipe();
	mwn_redis_result result;

	ERR_clear_error();
	result = mwn_redis_fill_reader(stream->context, reason);
	release_sigpipe(&held);
	return result;
}

static bool has_more_tls(const mwn_redis_stream *stream)
{
	return SSL_pending(stream->session) > 0;
}

static const mwn_redis_transport mwn_redis_tls = {write_tls, read_tls, has_more_tls};

static const char *openssl_reason(const char *otherwise)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : otherwise;
}

static const char *handshake_reason(const SSL *session)
{
	long verified = SSL_get_verify_result(session);

	return verified != X509_V_OK && SSL_get_verify_mode(session) != SSL_VERIFY_NONE
		? X509_verify_cert_error_string(verified) : openssl_reason("it closed the connection instead of beginning TLS");
}

static SSL_CTX *new_settings(const mwn_redis_options *options, const char **reason)
{
	SSL_CTX *settings = SSL_CTX_new(TLS_client_method());

	if (!settings) {
		*reason = openssl_reason("TLS cannot be set up");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(settings, TLS1_2_VERSION);
	SSL_CTX_set_verify(settings, options->verify_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (options->verify_peer && (options->ca_file ? SSL_CTX_load_verify_locations(settings, options->ca_file, NULL)
			: SSL_CTX_set_default_verify_paths(settings)) != 1) {
		*reason = "the file of trusted certificates cannot be read";
		SSL_CTX_free(settings);
		return NULL;
	}
	return settings;
}

static bool set_name(SSL *session, const char *name, bool verify_peer)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1) {
		return !verify_peer || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name) == 1;
	}
	return SSL_set_tlsext_host_name(session, name) == 1 && (!verify_peer || SSL_set1_host(session, name) == 1);
}

static mwn_redis_result shake_hands(const mwn_redis_stream *stream, mwn_redis_moment deadline,
	mwn_redis_patience patience, const char **reason)
{
	for (;;) {
		held_signal held = hold_sigpipe();
		int done, error;
		mwn_redis_result result;
		ERR_clear_error();
		done = SSL_do_handshake(stream->session);
		error = SSL_get_error(stream->session, done);
		release_sigpipe(&held);
		if (done == 1) {
			return MWN_REDIS_OK;
		}
		if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
			*reason = handshake_reason(stream->session);
			return MWN_REDIS_UNREACHABLE;
		}
		result = mwn_redis_wait(stream->context->fd, wanted_events(stream->session), deadline, patience);
		if (result == MWN_REDIS_OK) {
			continue;
		}
		*reason = result == MWN_REDIS_INTERRUPTED ? "interrupted" : "no answer in time, in TLS";
		return result == MWN_REDIS_TIMED_OUT ? MWN_REDIS_UNREACHABLE : result;
	}
}

mwn_redis_result mwn_redis_tls_start(mwn_redis_stream *stream, const char *host, const mwn_redis_options *options,
	mwn_redis_moment deadline, mwn_redis_patience patience, const char **reason)
{
	SSL_CTX *settings;
	SSL *session;
	held_signal held;
	int started;

	ERR_clear_error();
	settings = new_settings(options, reason);
	if (!settings) {
		return MWN_REDIS_UNREACHABLE;
	}
	session = SSL_new(settings);
	/* The session keeps them. */
	SSL_CTX_free(settings);
	if (!session || !set_name(session, options->peer_name ? options->peer_name : host, options->verify_peer)) {
		*reason = openssl_reason("TLS cannot be set up");
		SSL_free(session);
		return MWN_REDIS_UNREACHABLE;
	}
	held = hold_sigpipe();
	started = redisInitiateSSL(stream->context, session);
	release_sigpipe(&held);
	if (started != REDIS_OK) {
		*reason = handshake_reason(session);
		SSL_free(session);
		return stream->context->err == REDIS_ERR_OOM ? MWN_REDIS_NO_MEMORY : MWN_REDIS_UNREACHABLE;
	}
	stream->transport = &mwn_redis_tls;
	stream->session = session;
	return shake_hands(stream, deadline, patience, reason);
}

#else

mwn_redis_result mwn_redis_tls_start(mwn_redis_stream *stream, const char *host, const mwn_redis_options *options,
	mwn_redis_moment deadline, mwn_redis_patience patience, const char **reason)
{
	(void)stream;
	(void)host;
	(void)options;
	(void)deadline;
	(void)patience;
	*reason = "this build has no TLS";
	return MWN_REDIS_UNREACHABLE;
}

#endif
