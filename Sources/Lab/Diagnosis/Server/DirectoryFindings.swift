internal import Databases
internal import Glibc
internal import LinuxSystem
internal import Terminal

/// Where a server writes: the directory of its SQLite file, and that of its journal of clicks.
struct DirectoryFindings {
  /// A directory, and what it is for.
  struct Place {
    let path: String
    let use: String
    /// Whether the server makes it if it is not there.
    let isMade: Bool
  }

  private let places: [Place]

  init(serving: ServingSubject) {
    var places: [Place] = []
    if case .sqlite(let path) = serving.database.engine, path != ":memory:" {
      places.append(Place(path: Self.parent(of: path), use: "the database", isMade: false))
    }
    places.append(Place(path: serving.journalDirectory, use: "clicks", isMade: true))
    self.places = places
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The finding of the first place with the gravest.
  private func worst(_ find: (Place) -> Finding) -> Finding {
    let findings = places.map(find)
    if let worst = findings.first(where: { $0.status == .failed })
      ?? findings.first(where: { $0.status == .warning })
    {
      return worst
    }
    var seen: Set<String> = []
    let observed = findings.map(\.observed).filter { seen.insert($0).inserted }
    let isNowhere = !findings.isEmpty && findings.allSatisfy { $0.status == .notApplicable }
    return Finding(isNowhere ? .notApplicable : .ok, observed.joined(separator: "; "))
  }

  /// The directory that there is: where a server makes one, that in which it does.
  private static func existing(_ place: Place) -> (path: String, exists: Bool) {
    access(place.path, F_OK) == 0 || !place.isMade
      ? (place.path, true) : (parent(of: place.path), false)
  }

  // MARK: Writable

  var writable: Finding { worst(writable) }

  /// By making a file and removing it.
  private func writable(_ place: Place) -> Finding {
    let (path, exists) = Self.existing(place)
    let file = "\(path)/.lynx-doctor-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    do throws(SystemCallError) {
      _ = try FileDescriptor(creating: file)
      unlink(file)
      return Finding(.ok, exists ? "\(path) can be written to" : "\(place.path) can be made")
    } catch {
      return Finding(
        .failed, "\(path), for \(place.use), cannot be written to: \(error.reason)",
        expected: "a directory that user \(Machine.userName(Machine.effectiveUser)) may write to",
        remedy: Self.remedy(path, error.code))
    }
  }

  /// A directory of another user stays that user's: what is asked for is another place.
  static let elsewhere = Remedy(
    "lynx serve --database-url \"sqlite://$HOME/lynx.db\" --journal-dir \"$HOME/lynx.db.clicks\"")

  private static func remedy(_ path: String, _ code: Int32) -> Remedy {
    let word = shellWord(path)
    switch code {
    case ENOENT: return .makeDirectory(path)
    case EROFS:
      return Remedy(
        "sudo mount -o remount,rw \"$(findmnt -n -o TARGET --target \(word))\"", needsRoot: true)
    case ENOSPC, EDQUOT: return largestFiles(path)
    case ENOTDIR:
      return Remedy("\(path) is a file; name a directory with --journal-dir or --database-url")
    default:
      var status = stat()
      if stat(path, &status) == 0, status.st_uid == Machine.effectiveUser {
        return Remedy("chmod u+rwx \(word)", isOwn: true)
      }
      return elsewhere
    }
  }

  /// What could be removed is not for a program to say.
  private static func largestFiles(_ path: String) -> Remedy {
    Remedy("du -xah \(shellWord(path)) | sort -rh | head -20")
  }

  // MARK: Room

  /// A journal and a write-ahead log take some tens of megabytes.
  private static let leastBytes: UInt64 = 16 << 20
  private static let fewBytes: UInt64 = 256 << 20
  private static let leastFiles: UInt64 = 16
  private static let fewFiles: UInt64 = 1024

  var space: Finding {
    worst { place in
      let path = Self.existing(place).path
      do throws(SystemCallError) {
        return Self.space(try FileSystem(of: path), path)
      } catch {
        return Finding(
          .warning, "\(path): how much room there is cannot be told: \(error.reason)",
          expected: "the directory", remedy: Self.remedy(path, error.code))
      }
    }
  }

  static func space(_ system: FileSystem, _ path: String) -> Finding {
    let free = SizeText.approximate(Int(clamping: system.availableBytes))
    let files =
      system.totalFiles == 0 ? "" : " and \(system.availableFiles) files"
    let observed = "\(path): room for \(free)\(files)"
    let expected = "256 MiB and 1024 files at least"
    func isBelow(_ bytes: UInt64, _ files: UInt64) -> Bool {
      system.availableBytes < bytes || system.totalFiles > 0 && system.availableFiles < files
    }
    if isBelow(leastBytes, leastFiles) {
      return Finding(.failed, observed, expected: expected, remedy: largestFiles(path))
    }
    if isBelow(fewBytes, fewFiles) {
      return Finding(.warning, observed, expected: expected, remedy: largestFiles(path))
    }
    return Finding(.ok, observed)
  }

  // MARK: Kind of file system

  var kind: Finding {
    worst { place in
      let path = Self.existing(place).path
      guard let system = try? FileSystem(of: path) else {
        return Finding(.notApplicable, "\(path) is not there")
      }
      return Self.kind(system.kind, path, place.use)
    }
  }

  /// A write-ahead log needs memory that all who use the file share, and locks that hold
  /// (https://sqlite.org/wal.html, "Overview": it does not work over a network file system).
  static func kind(_ kind: FileSystem.Kind, _ path: String, _ use: String) -> Finding {
    let remedy = Remedy(
      "sudo install -d -o \(Machine.userName(Machine.effectiveUser)) /var/lib/lynx && lynx serve --database-url "
        + "sqlite:///var/lib/lynx/lynx.db --journal-dir /var/lib/lynx/clicks", needsRoot: true)
    switch kind {
    case .local: return Finding(.ok, "\(path) is on a file system of this machine")
    case .network(let name):
      return Finding(
        .failed, "\(path), for \(use), is on \(name), a network file system",
        expected: "a disk of this machine", remedy: remedy)
    case .fuse:
      return Finding(
        .warning, "\(path), for \(use), is served by a program (FUSE)",
        expected: "a disk of this machine, unless that program keeps locks and shared memory",
        remedy: remedy)
    case .memory:
      return Finding(
        .warning, "\(path), for \(use), is in memory and gone with the machine's run",
        expected: "a disk", remedy: remedy)
    }
  }
}
