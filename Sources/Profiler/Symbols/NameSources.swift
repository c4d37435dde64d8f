internal import Dispatch
public import Modules
internal import Synchronization

/// Opens what names are read from ahead of time, beside the recording: debug files are compressed,
/// symbol tables want sorting, and after Ctrl-C somebody waits.
///
/// What is opened belongs to the queue until ``names(of:)`` hands it over, and to its caller from
/// then on: never to two threads at once.
public final class NameSources: Sendable {
  private let queue = DispatchQueue(label: "lynx.names")
  private let state = Mutex(State())

  private struct State {
    var kernel: KernelSymbols?
    var asked: Set<ObjectIdentifier> = []
    var ready: [ObjectIdentifier: HandedOver<FunctionNames?>] = [:]
  }

  // A value that one thread makes and another takes, with the lock in between.
  private struct HandedOver<Value>: @unchecked Sendable {
    let value: Value
  }

  public init() {}

  /// Begins to read the kernel's symbols.
  public func prepareKernel() {
    queue.async { [self] in
      let symbols = KernelSymbols.read()
      state.withLock { $0.kernel = symbols }
    }
  }

  /// Begins to open a module's names, and to read what is needed for some of its addresses.
  public func prepare(_ module: ModuleFile, _ addresses: [UInt64] = []) {
    let identity = ObjectIdentifier(module)
    guard let source = module.nameSource else { return }
    let isNew = state.withLock { $0.asked.insert(identity).inserted }
    let handed = HandedOver(value: source)
    queue.async { [self] in
      if isNew {
        let opened = HandedOver(value: FunctionNames(handed.value))
        state.withLock { $0.ready[identity] = opened }
      }
      let names = state.withLock { $0.ready[identity] }
      names?.value?.prepare(addresses)
    }
  }

  /// Waits for the kernel's symbols; nil if they were not asked for.
  func kernel() -> KernelSymbols? {
    queue.sync {}
    return state.withLock { $0.kernel }
  }

  /// Waits for a module's names and hands them over; nil if it has no file to read them from.
  func names(of module: ModuleFile) -> FunctionNames? {
    prepare(module)
    queue.sync {}
    return state.withLock { $0.ready.removeValue(forKey: ObjectIdentifier(module)) }?.value
  }
}
