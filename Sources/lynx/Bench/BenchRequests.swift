import LoadTesting
import Terminal

/// The requests that options, or a file, describe.
struct BenchRequests {
  let arguments: BenchArguments
  /// Of each of them.
  let headers: [RequestDescription.Header]

  init(_ arguments: BenchArguments, headers: [RequestDescription.Header]) {
    self.arguments = arguments
    self.headers = headers
  }

  /// A file of requests, bodies or lines is no longer than this.
  private static let longestFile = 64 << 20

  static func headers(_ lines: [String]) throws(CommandError) -> [RequestDescription.Header] {
    var headers: [RequestDescription.Header] = []
    for line in lines {
      guard let header = RequestDescription.Header(line) else {
        throw CommandError(.usage, "-H \(quoted(line)) is no header field; write 'NAME: VALUE'")
      }
      headers.append(header)
    }
    return headers
  }

  /// As `target` is to be asked.
  func plan(for target: LoadTarget) throws(CommandError) -> RequestPlan {
    if let path = arguments.requests.file { return try plan(of: path, for: target) }
    var request = RequestDescription()
    request.path = target.path
    request.headers = headers
    request.body = try body()
    request.method = arguments.requests.method ?? (request.body == nil ? "GET" : "POST")
    var composer = RequestComposer(
      target: target, keepsAlive: !arguments.load.noKeepAlive, readLines: Self.lines)
    do throws(RequestDescription.Failure) {
      let template = try composer.template(of: request)
      let expectation = RequestPlan.Expectation(statuses: arguments.requests.expect ?? [])
      return RequestPlan(
        [RequestPlan.Kind(template, expectation: expectation)], lists: composer.lists)
    } catch {
      throw CommandError(.usage, "the request cannot be sent: \(error.message)")
    }
  }

  /// The requests of a file, in turn; header fields of the command line go with each that has not its own.
  private func plan(
    of path: String, for target: LoadTarget
  ) throws(CommandError) -> RequestPlan {
    let bytes = try InputFile.read(path, limit: RequestsFile.mostBytes + 1)
    let file: RequestsFile
    do throws(RequestsFile.Failure) {
      file = try RequestsFile(bytes, target: target)
    } catch {
      throw CommandError(.data, "\(path): \(error)")
    }
    // Files that placeholders name lie beside it.
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? ""
    var composer = RequestComposer(target: target, keepsAlive: !arguments.load.noKeepAlive) {
      name throws(RequestDescription.Failure) in
      try Self.lines(name.hasPrefix("/") ? name : folder + name)
    }
    var kinds: [RequestPlan.Kind] = []
    for entry in file.entries {
      var request = entry.request
      let own = Set(request.headers.map { $0.name.lowercased() })
      request.headers += headers.filter { !own.contains($0.name.lowercased()) }
      do throws(RequestDescription.Failure) {
        let template = try composer.template(of: request)
        kinds.append(
          RequestPlan.Kind(template, expectation: entry.expectation, weight: entry.weight))
      } catch {
        throw CommandError(.data, "\(path), line \(entry.line): \(error.message)")
      }
    }
    return RequestPlan(kinds, lists: composer.lists)
  }

  private func body() throws(CommandError) -> String? {
    guard let text = arguments.requests.body else { return nil }
    guard text.hasPrefix("@") else { return text }
    let path = String(text.dropFirst())
    let bytes = try InputFile.read(path, limit: Self.longestFile)
    guard let body = String(validating: bytes, as: UTF8.self) else {
      throw CommandError(.data, "\(path) is not UTF-8, which bodies with placeholders have to be")
    }
    return body
  }

  /// The lines of a file that a placeholder names; the last one may end without a line feed.
  @Sendable
  static func lines(_ path: String) throws(RequestDescription.Failure) -> [String] {
    let bytes: [UInt8]
    do throws(CommandError) {
      bytes = try InputFile.read(path, limit: longestFile)
    } catch {
      throw RequestDescription.Failure(message: error.message)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw RequestDescription.Failure(message: "\(path) is not UTF-8")
    }
    var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}
