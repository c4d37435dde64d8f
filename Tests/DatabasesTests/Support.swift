import Databases
import Foundation
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

/// The error a body throws; nil if it throws none or another type's.
func failure<Result>(_ body: () throws -> Result) -> DatabaseError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? DatabaseError
  }
}

/// One sentence: something is said, in one line, without a full stop.
func expectSentence(
  _ error: DatabaseError?, _ kind: DatabaseError.Kind, _ parts: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(error?.kind == kind, "\(error as Any)", sourceLocation: sourceLocation)
  guard let message = error?.message else { return }
  #expect(
    !message.isEmpty && !message.contains("\n") && !message.hasSuffix("."), "\(message)",
    sourceLocation: sourceLocation)
  for part in parts {
    #expect(message.contains(part), "\(message)", sourceLocation: sourceLocation)
  }
}

/// Texts that engines have stumbled over.
func awkwardText(_ generator: inout SeededGenerator) -> String {
  let pieces = [
    "'", "\"", "\\", "{", "}", ",", " ", "NULL", "null", "é", "🦁", "👩‍👩‍👧", "\u{301}", "a", "%",
    "_", "$1", "\n", "\t", "\r", "\u{1}", "\u{10FFFF}", "日本", "--", "/*", ";", "\u{FEFF}",
  ]
  return (0..<Int.random(in: 0...8, using: &generator)).map { _ in
    pieces.randomElement(using: &generator) ?? ""
  }.joined()
}

/// A port at which the kernel accepts connections and nobody ever answers.
final class SilentPort {
  private let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  let number: UInt16

  init() throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) | listen(descriptor, 4)
          | getsockname(descriptor, $0, &length)
      }
    }
    guard status == 0 else { throw Tool.Failure(description: "no port to listen on") }
    number = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }
}

/// Threads of their own, since those of Swift's pool are as few as there are cores.
final class Threads: Sendable {
  private let group = DispatchGroup()
  private let failures = Mutex<[String]>([])

  func start(_ body: @escaping @Sendable () throws -> Void) {
    group.enter()
    Thread.detachNewThread { [self] in
      do {
        try body()
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
      group.leave()
    }
  }

  /// Waits for all of them; what they threw.
  func join() -> [String] {
    group.wait()
    return failures.withLock { $0 }
  }
}

/// A file system of one megabyte; nil where only root could mount it and this is not root.
func withSmallDisk<Result>(_ path: String, _ body: () throws -> Result) throws -> Result? {
  guard geteuid() == 0 else { return nil }
  mkdir(path, 0o777)
  _ = try Tool.run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=1m,mode=1777", "tmpfs", path])
  defer { _ = try? Tool.run("/usr/bin/umount", ["-l", path]) }
  return try body()
}

/// Drives a pipeline as its owner would, until the condition holds or it takes too long.
func drive(
  _ pipeline: PostgresPipeline, seconds: UInt64 = 60, until condition: () -> Bool
) -> Bool {
  let end = Clock.monotonicNanoseconds + seconds * 1_000_000_000
  while !condition() {
    if Clock.monotonicNanoseconds > end { return false }
    step(pipeline.descriptor, pipeline.interest, pipeline.deadlineNanoseconds) {
      pipeline.process(readable: $0, writable: $1)
    }
  }
  return true
}

func drive(
  _ listener: PostgresListener, seconds: UInt64 = 60, until condition: () -> Bool
) -> Bool {
  let end = Clock.monotonicNanoseconds + seconds * 1_000_000_000
  while !condition() {
    if Clock.monotonicNanoseconds > end { return false }
    step(listener.descriptor, listener.interest, listener.deadlineNanoseconds) {
      listener.process(readable: $0, writable: $1)
    }
  }
  return true
}

private func step(
  _ descriptor: Int32, _ interest: PostgresPipeline.Interest, _ deadline: UInt64?,
  _ process: (Bool, Bool) -> Void
) {
  let events =
    (interest.contains(.reading) ? POLLIN : 0) | (interest.contains(.writing) ? POLLOUT : 0)
  var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
  let now = Clock.monotonicNanoseconds
  let wait = deadline.map { $0 > now ? min(100, ($0 - now) / 1_000_000 + 1) : 0 } ?? 100
  poll(&entry, 1, Int32(wait))
  let broken = entry.revents & Int16(POLLERR | POLLHUP) != 0
  process(
    broken || entry.revents & Int16(POLLIN) != 0, broken || entry.revents & Int16(POLLOUT) != 0)
}
