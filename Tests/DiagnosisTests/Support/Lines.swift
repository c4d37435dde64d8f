import Diagnosis
import Foundation
import Glibc
import TestSupport
import Testing

/// Runs the line of a remedy in a shell, by root without asking to be root; fails the test if it fails.
func run(
  _ remedy: Remedy?, directory: String = "/", sourceLocation: SourceLocation = #_sourceLocation
)
  throws
{
  let line = try #require(remedy?.line, sourceLocation: sourceLocation)
  let own = geteuid() == 0 ? line.replacing("sudo ", with: "") : line
  _ = try Tool.run("/bin/sh", ["-c", "cd \"$1\" && \(own)", "sh", directory])
}
