import Diagnosis
import Foundation
import Testing

/// What the check with an id found; fails the test if there is no such check.
func finding(
  _ id: String, of checks: [Check], sourceLocation: SourceLocation = #_sourceLocation
) throws -> Finding {
  let check = try #require(
    checks.first { $0.id == id }, "no check \(id)", sourceLocation: sourceLocation)
  return check.probe()
}

/// The checks of a program's symbols.
func symbolChecks(_ path: String) -> [Check] {
  var subject = Subject()
  subject.binary = path
  return SymbolChecks.all(subject)
}

/// What one of them found.
func symbolFinding(_ name: String, _ path: String) throws -> Finding {
  try finding("symbols.program.\(name)", of: symbolChecks(path))
}

/// Holds a finding to its status and to parts of what it says, and every gap to an expectation and a line.
func expect(
  _ finding: Finding, _ status: CheckStatus, _ parts: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(finding.status == status, "\(finding)", sourceLocation: sourceLocation)
  #expect(!finding.observed.isEmpty && !finding.observed.contains("\n"), "\(finding)")
  for part in parts {
    #expect(finding.observed.contains(part), "\(finding)", sourceLocation: sourceLocation)
  }
  if finding.status == .failed || finding.status == .warning {
    #expect(!finding.expected.isEmpty, "\(finding)", sourceLocation: sourceLocation)
    #expect(finding.remedy?.line.isEmpty == false, "\(finding)", sourceLocation: sourceLocation)
  }
}
