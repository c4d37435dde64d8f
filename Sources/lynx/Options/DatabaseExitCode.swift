import Databases
import Terminal

extension ExitCode {
  /// What a command ends with when its database refuses.
  init(_ kind: DatabaseError.Kind) {
    self =
      switch kind {
      case .invalidURL: .config
      case .unreachable, .connectionLost: .unavailable
      case .notPermitted: .noPermission
      case .busy: .temporary
      case .full, .cannotMake: .cantCreate
      case .corrupt: .data
      case .constraint, .statement, .other: .failed
      }
  }
}
