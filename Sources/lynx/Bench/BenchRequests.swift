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
