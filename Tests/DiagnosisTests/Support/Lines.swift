import Diagnosis
import Foundation
import TestSupport
import Testing

/// Runs the line of a remedy in a shell; fails the test if it fails.
func run(
  _ remedy: Remedy?, directory: String = "/", sourceLocation: SourceLocation = #_sourceLocation
)
  throws
{
  let line = try #require(remedy?.line, sourceLocation: sourceLocation)
  _ = try Tool.run("/bin/sh", ["-c", "cd \"$1\" && \(line)", "sh", directory])
}
