internal import COpenSSL
internal import LinuxSystem

/// What TLS connections to one server have in common.
///
/// Unsafe code. The invariant: the context is freed once, after the last session, which holds this object.
/// OpenSSL counts references to contexts under locks of its own, so that threads may share one.
final class TLSContext: @unchecked Sendable {
  fileprivate let context: OpaquePointer
  private let host: String
  private let isVerifying: Bool

  /// What cannot be had.
  struct Failure: Error {
    let reason: String
  }

  /// - Parameters:
  ///   - host: who the server has to be, as in the URL.
  ///   - certificates: a file of certificates that are trusted, in PEM; those of the system if nil.
  ///   - isVerifying: whether it has to prove who it is.
  init(host: String, certificates: String?, isVerifying: Bool) throws(Failure) {
    guard let context = SSL_CTX_new(TLS_client_method()) else {
      throw Failure(reason: "OpenSSL cannot be used: \(Self.lastError())")
    }
    self.context = context
    self.host = host
    self.isVerifying = isVerifying
    lynx_tls_allow_partial_writes(context)
    // Protocols that it speaks, each behind its length (RFC 7301).
    let protocols: [UInt8] = [8] + Array("http/1.1".utf8)
    SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count))
    if let certificates {
      guard SSL_CTX_load_verify_file(context, certificates) == 1 else {
        throw Failure(
          reason: "\(certificates) has no certificates that can be read: \(Self.lastError())")
      }
    } else if isVerifying {
      SSL_CTX_set_default_verify_paths(context)
    }
    SSL_CTX_set_verify(context, isVerifying ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
  }

  deinit { SSL_CTX_free(context) }

  /// Begins TLS on a connected socket; nil if it cannot.
  func session(_ descriptor: Int32) -> TLSSession? {
    ERR_clear_error()
    guard let session = SSL_new(context) else { return nil }
    let result = TLSSession(session, self)
    guard SSL_set_fd(session, descriptor) == 1 else { return nil }
    SSL_set_connect_state(session)
    let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
    // A name only: RFC 6066, section 3.
    if !isAddress, !host.isEmpty { _ = lynx_tls_set_server_name(session, host) }
    if isVerifying, lynx_tls_expect_host(session, host, isAddress ? 1 : 0) == 0 { return nil }
    return result
  }

  /// What OpenSSL says of the last call that failed on this thread.
  static func lastError() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    if code == 0 { return "no reason was given" }
    guard let reason = ERR_reason_error_string(code) else { return "error \(code)" }
    return String(cString: reason)
  }
}

/// TLS on one connection.
///
/// Unsafe code. The invariant: the session is freed once, and used by one thread at a time.
final class TLSSession {
  enum Handshake {
    case done
    case wouldBlock
    case failed
  }

  private let session: OpaquePointer
  private let context: TLSContext
  /// Why the handshake failed.
  private(set) var failure = ""
  /// Whether it failed because of who the server says it is.
  private(set) var isCertificateTrouble = false

  fileprivate init(_ session: OpaquePointer, _ context: TLSContext) {
    self.session = session
    self.context = context
  }

  deinit { SSL_free(session) }

  func handshake() -> Handshake {
    ERR_clear_error()
    let result = SSL_do_handshake(session)
    if result == 1 { return .done }
    switch SSL_get_error(session, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
    default:
      let verdict = SSL_get_verify_result(session)
      isCertificateTrouble = verdict != X509_V_OK
      failure =
        verdict == X509_V_OK
        ? TLSContext.lastError()
        : String(cString: X509_verify_cert_error_string(verdict))
      return .failed
    }
  }

  func receive(_ room: UnsafeMutableRawBufferPointer) -> SocketCalls.Outcome {
    ERR_clear_error()
    let count = SSL_read(session, room.baseAddress, Int32(clamping: room.count))
    return outcome(count)
  }

  func send(_ bytes: UnsafeRawBufferPointer) -> SocketCalls.Outcome {
    if bytes.isEmpty { return .done(0) }
    ERR_clear_error()
    let count = SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
    return outcome(count)
  }

  private func outcome(_ count: Int32) -> SocketCalls.Outcome {
    if count > 0 { return .done(Int(count)) }
    switch SSL_get_error(session, count) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
    case SSL_ERROR_ZERO_RETURN: return .done(0)
    default: return .failed
    }
  }

  func end() {
    ERR_clear_error()
    SSL_shutdown(session)
  }
}
