internal import Synchronization

/// Something that several checks look at, found out once by whichever comes first; the others wait for it.
final class Shared<Value: Sendable>: Sendable {
  private let known = Mutex<Value?>(nil)
  private let find: @Sendable () -> Value

  init(_ find: @escaping @Sendable () -> Value) { self.find = find }

  var value: Value {
    known.withLock { known in
      if let known { return known }
      let value = find()
      known = value
      return value
    }
  }
}
