import Glibc
import LinkAPI
import LinkServer
import LinkService
import LinuxSystem
import Terminal

/// What is told when the service is ready: what it uses and where it is.
struct ServeBanner {
  let plan: ServePlan
  let service: LinkService
  /// From the start of the command.
  let seconds: Double

  func text(_ style: Style) -> String {
    let redirects = plan.settings.redirects
    var lines: [(String, String)] = []
    for address in service.redirectAddresses {
      lines.append((lines.isEmpty ? "redirects" : "", Self.text(address)))
    }
    let threads = "\(redirects.threads) thread\(redirects.threads == 1 ? "" : "s")"
    lines[lines.count - 1].1 +=
      "   \(redirects.redirectStatus.rawValue), max-age \(redirects.maximumAge), \(threads)"
    for (index, address) in service.apiAddresses.enumerated() {
      lines.append((index == 0 ? "API" : "", Self.text(address)))
    }
    lines[lines.count - 1].1 +=
      plan.settings.api.authMode == .none ? "   open to everybody who reaches it" : "   with keys"
    lines.append(
      (
        "database",
        "\(plan.settings.database)\(service.hasMadeSchema ? "   schema made" : "")"
      ))
    lines.append(("clicks", plan.settings.journalDirectory))
    for (index, entry) in plan.origins.filter({ !$0.origin.isOption }).enumerated() {
      lines.append((index == 0 ? "settings" : "", entry.origin.description))
    }
    let rows = lines.map { name, text in
      "  \(style.bold(name.padded(to: 10)))\(printable(text))"
    }
    let milliseconds = Int((seconds * 1000).rounded(.up))
    return "\(style.bold(Lynx.version)) is ready after \(milliseconds) ms, pid \(getpid())\n"
      + rows.joined(separator: "\n") + "\n"
  }

  static func text(_ address: RedirectSettings.Address) -> String {
    switch address {
    case .internet(let host, let port):
      "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/"
    case .unix(let path): "unix:\(path)"
    case .inherited(let descriptor): "descriptor \(descriptor) of the service manager"
    }
  }

  static func text(_ address: APISettings.Address) -> String {
    switch address {
    case .tcp: "http://\(address)/api/"
    case .unix: "unix:\(address)"
    }
  }
}

extension ServeSources.Origin {
  fileprivate var isOption: Bool {
    if case .option = self { return true }
    return false
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }
}
