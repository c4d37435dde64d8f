/// What an ended command says to the shell or the script that started it.
///
/// The numbers are those of BSD's `sysexits.h`, so that scripts can tell a wrong option (64) from
/// an unreadable profile (65) without reading the message.
public enum ExitCode: Int32, Sendable, CaseIterable {
  /// Done what was asked.
  case done = 0
  /// A check failed, or something went wrong that has no number of its own.
  case failed = 1
  /// The command line is wrong.
  case usage = 64
  /// The input was read and not understood.
  case data = 65
  /// The input is missing.
  case noInput = 66
  /// A service or process is not there.
  case unavailable = 69
  /// The output cannot be written.
  case cantCreate = 73
  /// Busy; the same command may succeed later.
  case temporary = 75
  /// Not permitted.
  case noPermission = 77
  /// A setting has a value that cannot be used.
  case config = 78
  /// A threshold that was asked for was missed.
  case threshold = 99
}
