import LinkAPI
import LinkServer
import Terminal

extension ServePlan {
  /// Every setting as it is used and where that was said, a line each, for `--verbose`. Without what is
  /// secret.
  var report: [String] {
    ServeSetting.allCases.map { setting in
      let origin = origins.first { $0.setting == setting }?.origin.description ?? "by default"
      return "\(setting.rawValue)=\(text(setting)) (\(origin))"
    }
  }

  private func text(_ setting: ServeSetting) -> String {
    let redirects = settings.redirects
    let api = settings.api
    switch setting {
    // Its description has no password.
    case .databaseURL: return "\(settings.database)"
    case .redirectHost: return Self.list(redirects.addresses.compactMap(\.host))
    case .redirectPort: return Self.list(redirects.addresses.compactMap(\.port).prefix(1))
    case .unixSocket:
      return Self.list(
        redirects.addresses.compactMap { if case .unix(let path) = $0 { path } else { nil } })
    case .apiHost:
      return Self.list(
        api.addresses.compactMap { if case .tcp(let host, _) = $0 { host } else { nil } })
    case .apiPort:
      return Self.list(
        api.addresses.compactMap { if case .tcp(_, let port) = $0 { port } else { nil } }.prefix(1))
    case .auth: return api.authMode.rawValue
    case .allowOpenAPI: return "\(api.allowsOpenAPI)"
    case .threads: return "\(redirects.threads)"
    case .redirectStatus: return "\(redirects.redirectStatus.rawValue)"
    case .redirectMaxAge: return DurationText.format(.seconds(redirects.maximumAge))
    case .redirectBaseURL: return api.redirectBaseURL ?? ""
    case .forwardQuery: return "\(redirects.forwardsQuery)"
    case .timingHeaders: return "\(redirects.hasTimingFields)"
    case .cacheMaxEntries: return "\(settings.cacheEntries)"
    case .journalDir: return settings.journalDirectory
    case .clickFlushInterval: return DurationText.format(settings.clickFlushInterval)
    case .databaseConnections: return "\(settings.databaseConnections)"
    case .shortCodeMaxLength: return "\(api.shortCodeMaxLength)"
    }
  }

  private static func list(_ values: some Sequence<some CustomStringConvertible>) -> String {
    values.map(\.description).joined(separator: ",")
  }
}

extension RedirectSettings.Address {
  fileprivate var host: String? {
    if case .internet(let host, _) = self { return host }
    return nil
  }

  fileprivate var port: Int? {
    if case .internet(_, let port) = self { return port }
    return nil
  }
}
