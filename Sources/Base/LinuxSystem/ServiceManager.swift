internal import Glibc

/// The service manager that started this process, if it wants to be told (systemd: sd_notify(3)).
public enum ServiceManager {
  /// Tells it a state such as `READY=1`; does nothing where nobody asked for it.
  ///
  /// - Throws: why it could not be told.
  public static func notify(_ state: String) throws(SystemCallError) {
    guard let name = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }), !name.isEmpty else {
      return
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    let bytes = Array(name.utf8)
    guard bytes.count < room else {
      throw SystemCallError(call: "sendto", code: ENAMETOOLONG, subject: name)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      for (index, byte) in bytes.enumerated() { path[index] = byte }
      // An abstract socket: its name begins with a NUL and ends where the address does.
      if bytes.first == UInt8(ascii: "@") { path[0] = 0 }
    }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let number = try retryingSystemCall("socket") {
      socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    let descriptor = FileDescriptor(owning: number)
    let message = Array(state.utf8)
    _ = try retryingSystemCall("sendto") {
      withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(
            descriptor.number, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
        }
      }
    }
  }
}
