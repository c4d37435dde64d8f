#pragma once
// OpenSSL, and those of its calls that are macros, which Swift does not see.

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/// A write may be done in part, and be tried again from another place in memory.
static inline void lynx_tls_allow_partial_writes(SSL_CTX *_Nonnull context) {
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/// The name that the server is asked for (RFC 6066, section 3).
static inline int lynx_tls_set_server_name(SSL *_Nonnull session, const char *_Nonnull name) {
  return SSL_set_tlsext_host_name(session, name) == 1;
}

/// Who the certificate has to be of: a name, or an address. Whether that was understood.
static inline int lynx_tls_expect_host(
  SSL *_Nonnull session, const char *_Nonnull host, int is_address) {
  if (is_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1;
  return SSL_set1_host(session, host) == 1;
}
