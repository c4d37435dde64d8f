import Foundation
import Testing

/// What `lynx doctor --json` wrote.
struct DoctorResults {
  let checks: [[String: Any]]

  init(_ text: String) throws {
    let report = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect(report?["schema"] as? Int == 1)
    checks = try #require(report?["checks"] as? [[String: Any]])
  }

  /// How a check ended; fails the test if there is none of that id.
  func status(_ id: String) throws -> String {
    let check = try #require(checks.first { $0["id"] as? String == id }, "no check \(id)")
    return try #require(check["status"] as? String)
  }
}
