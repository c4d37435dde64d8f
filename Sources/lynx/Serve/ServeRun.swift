import Experiments
import Glibc
import LinkServer
import LinkService
import LinuxSystem
import Logging
import Terminal

/// Runs the service until a signal stops it.
struct ServeRun {
  let plan: ServePlan

  /// - Throws: `CommandError` if it does not start.
  func perform() throws {
    let start = Clock.monotonicNanoseconds
    // Before any thread is started, which would get the signals else.
    let signals: StopSignals
    do throws(SystemCallError) {
      signals = try StopSignals()
    } catch {
      throw CommandError(.failed, "signals cannot be waited for: \(error)")
    }
    var settings = plan.settings
    settings.logger = Self.logger(plan.manner)
    let logger = settings.logger
    for line in plan.report { logger.debug("\(line)") }
    let service: LinkService
    do {
      service = try Blocking.run { [settings] in try await LinkService.start(settings) }
    } catch let error as ServiceError {
      throw CommandError(error)
    }
    let seconds = Double(Clock.monotonicNanoseconds - start) / 1e9
    do throws(CommandError) {
      try announce(service, seconds)
    } catch {
      throw withdraw(service, error)
    }
    let announcement = plan.isAnnounced ? tellOthers(service, logger) : nil
    defer { if let announcement { unlink(announcement) } }
    do throws(SystemCallError) {
      try ServiceManager.notify("READY=1")
    } catch {
      logger.warning("the service manager was not told that lynx is ready: \(error)")
    }

    var signal: StopSignals.Received?
    while signal == nil {
      _ = waitForReadable([signals.pollDescriptor], timeoutMilliseconds: -1)
      signal = signals.next()
    }
    // A second one ends it at once.
    signals.restoreDefaults()
    try? ServiceManager.notify("STOPPING=1")
    if !plan.manner.isQuiet {
      try? StandardStream.error.write(
        "\(signal?.cameFromTerminal == true ? "\n" : "")stopping: what is under way is finished\n")
    }
    let notice = Blocking.run { await service.stop() }
    if let notice { logger.warning("\(notice)") }
    if !plan.manner.isQuiet {
      let answers = service.redirectStatistics.requests
        .filter { (300...399).contains($0.key.rawValue) }.values.reduce(0, +)
      // Also to HEAD, which is no click.
      try? StandardStream.error.write(
        "stopped after redirecting \(NumberText.grouped(Int(clamping: answers))) requests\n")
    }
  }

  private static func logger(_ manner: Manner) -> Logger {
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var logger = Logger(label: "lynx")
    logger.logLevel = manner.isQuiet ? .error : manner.isVerbose ? .debug : .notice
    return logger
  }

  /// Stops a service whose first key could not be shown, so that the next start shows one.
  private func withdraw(_ service: LinkService, _ error: CommandError) -> CommandError {
    var message = "the first API key could not be printed and was revoked: \(error.message)"
    do {
      try Blocking.run { try await service.revokeFirstKey() }
    } catch {
      message =
        "the first API key could not be printed, and not revoked either (\(error)); revoke it in the "
        + "database: UPDATE api_keys SET revoked_at = 1 WHERE is_admin"
    }
    _ = Blocking.run { await service.stop() }
    return CommandError(error.code, message)
  }

  /// Lets `lynx profile` and `lynx bench` find this server; the path of what has to be removed in the end.
  private func tellOthers(_ service: LinkService, _ logger: Logger) -> String? {
    let announcement = ServerAnnouncement(
      version: Lynx.version, redirects: service.redirectAddresses.map(ServeBanner.text),
      api: service.apiAddresses.map(ServeBanner.text), database: "\(plan.settings.database)")
    do throws(CommandError) {
      return try announcement.publish()
    } catch {
      logger.notice("lynx profile and lynx bench will not find this server by themselves: \(error)")
      return nil
    }
  }

  private func announce(_ service: LinkService, _ seconds: Double) throws(CommandError) {
    if let key = service.firstKey {
      // The one thing of the start that somebody needs later.
      try StandardStream.output.write(
        "The first API key, an administrator's; it is not shown again:\n\(key)\n",
        needsReader: true)
    }
    if plan.manner.isQuiet { return }
    let banner = ServeBanner(plan: plan, service: service, seconds: seconds)
    // The service runs: that nobody hears of it is no failure.
    try? StandardStream.error.write(banner.text(Style(plan.manner.color, for: .error)))
  }
}

extension CommandError {
  init(_ error: ServiceError) {
    let code: ExitCode =
      switch error.kind {
      case .addressTaken: .temporary
      case .notPermitted: .noPermission
      case .setting, .schema: .config
      case .cannotWrite: .cantCreate
      case .other: .failed
      case .database(let kind): ExitCode(kind)
      }
    self.init(code, error.description)
  }
}
