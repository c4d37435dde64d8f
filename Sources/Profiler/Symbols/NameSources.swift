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
    var aliases: [Alias] = []
  }

  /// An address of a module that resolves to the same functions and lines as another.
  public struct Alias: Sendable {
    public let module: ModuleStore.Index
    public let address: UInt64
    public let representative: UInt64
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

  /// Begins to open the names of a module, to read what its addresses need, and to find out which
  /// of them resolve alike: ``takeAliases()`` has those later.
  public func prepare(_ index: ModuleStore.Index, of store: ModuleStore, _ addresses: [UInt64]) {
    let module = store[index]
    let identity = ObjectIdentifier(module)
    if module.origin == .kernel {
      queue.async { [self] in
        let kernel = state.withLock { $0.kernel }
        note(index, addresses, addresses.map { kernel?.start(of: $0) ?? $0 })
      }
      return
    }
    guard let source = module.nameSource else { return }
    let isNew = state.withLock { $0.asked.insert(identity).inserted }
    let handed = HandedOver(value: source)
    queue.async { [self] in
      if isNew {
        let opened = HandedOver(value: FunctionNames(handed.value))
        state.withLock { $0.ready[identity] = opened }
      }
      guard let names = state.withLock({ $0.ready[identity] })?.value else { return }
      names.prepare(addresses)
      note(index, addresses, names.representatives(of: addresses))
    }
  }

  /// What was found to resolve alike since the last call.
  public func takeAliases() -> [Alias] {
    state.withLock { state in
      defer { state.aliases = [] }
      return state.aliases
    }
  }

  private func note(
    _ module: ModuleStore.Index, _ addresses: [UInt64], _ representatives: [UInt64]
  ) {
    let found = zip(addresses, representatives).filter { $0 != $1 }.map {
      Alias(module: module, address: $0, representative: $1)
    }
    state.withLock { $0.aliases += found }
  }

  /// Waits for the kernel's symbols and hands them over; nil if they were not asked for.
  func kernel() -> KernelSymbols? {
    queue.sync {}
    return state.withLock { $0.kernel.take() }
  }

  /// Waits for a module's names and hands them over; nil if it has no file to read them from.
  func names(of module: ModuleFile) -> FunctionNames? {
    queue.sync {}
    let identity = ObjectIdentifier(module)
    if let ready = state.withLock({ $0.ready.removeValue(forKey: identity) }) { return ready.value }
    return module.openFunctionNames()
  }
}
