import LoadResults
import Testing

@Suite("Results of a run")
struct LoadResultTests {
  @Test(
    "no password is kept",
    arguments: [
      ("http://ann:secret@host:80/a?b=c@d", "http://ann@host:80/a?b=c@d"),
      ("http://:secret@host/", "http://@host/"),
      ("https://ann:se:cr@et@host#x", "https://ann@host#x"),
      ("http://ann@host/:a@b", "http://ann@host/:a@b"),
      ("ann:secret@host", "ann@host"),
      ("http://[::1]:8080/a:b@c", "http://[::1]:8080/a:b@c"),
      ("", ""), ("://", "://"), ("@", "@"), (":@", "@"),
    ])
  func passwords(given: String, kept: String) {
    #expect(LoadResult(name: "", url: given).url == kept)
  }

  @Test("figures a request and a second, and none where there is nothing to divide by")
  func quotients() {
    let result = LoadResult(
      name: "a", url: "u", durationSeconds: 2, cpuSeconds: 0.5, serverCPUSeconds: 1,
      requests: 10, bytesReceived: 300, errors: LoadErrors(timeout: 3))
    #expect(result.requestsPerSecond == 5 && result.bytesPerSecond == 150)
    #expect(result.cpuSecondsPerRequest == 0.05 && result.serverCPUSecondsPerRequest == 0.1)
    #expect(result.attempts == 13)
    let none = LoadResult(name: "a", url: "u", cpuSeconds: 1, serverCPUSeconds: 1)
    #expect(none.requestsPerSecond == 0 && none.bytesPerSecond == 0)
    #expect(none.cpuSecondsPerRequest == nil && none.serverCPUSecondsPerRequest == nil)
    var errors = LoadErrors(connect: .max, reset: .max)
    #expect(errors.total == .max)
    errors.merge(LoadErrors(timeout: 2, unanswered: 1))
    #expect(errors == LoadErrors(connect: .max, reset: .max, timeout: 2, unanswered: 1))
  }
}
