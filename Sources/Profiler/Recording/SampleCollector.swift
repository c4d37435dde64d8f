internal import LinuxSystem
internal import Modules
internal import Sampling
internal import Symbols
internal import Unwinding

/// Samples → counted stacks, while the target runs. Nothing else is kept, so that memory grows
/// with the number of distinct stacks and not with time.
final class SampleCollector: SampleVisitor {
  /// A stack together with who was on it.
  struct Key: Hashable {
    let stack: StackTable.Node
    let label: Int32
  }

  struct Count {
    var samples: Int64 = 0
    var weight: Int64 = 0
  }

  /// How the user part of stacks ended, in samples.
  struct Ends {
    var stacks = 0
    var truncated = 0
    var withoutRule = 0
    var broken = 0
  }

  let store: ModuleStore
  let unwinder: Unwinder
  /// Opened beside the recording, as modules come up in stacks.
  let names = NameSources()
  private(set) var processes: ProcessTable
  private(set) var stacks = StackTable()
  private(set) var counts: [Key: Count] = [:]
  private(set) var ends = Ends()
  private(set) var sampleCount: Int64 = 0
  /// Samples before this moment (CLOCK_MONOTONIC) are passed over: the time of a delay.
  var beginNanoseconds: UInt64 = 0
  private let followsFramePointers: Bool
  private let chainLimit: Int
  private var places: [CodeAddress] = []
  private var preparedNodes = 1
  /// Places that were asked about, and the place each is counted as: another that resolves to the
  /// same lines, as soon as that is known. Without it memory would grow with the instructions seen.
  private var countedAs: [CodeAddress: CodeAddress] = [:]

  init(store: ModuleStore, followsFramePointers: Bool) {
    self.store = store
    self.followsFramePointers = followsFramePointers
    unwinder = Unwinder(store: store)
    processes = ProcessTable(store: store)
    chainLimit = Machine.setting("kernel.perf_event_max_stack") ?? 127
    places.reserveCapacity(256)
  }

  func adopt(_ process: ProcessID) { processes.adopt(process) }

  func visit(_ event: ProcessEvent) { processes.apply(event) }

  func visit(_ sample: Sample) {
    guard sample.nanoseconds >= beginNanoseconds else { return }
    places.removeAll(keepingCapacity: true)
    let end = collect(sample)
    if places.isEmpty { return }
    if let end {
      ends.stacks += 1
      switch end {
      case .root: break
      case .truncated: ends.truncated += 1
      case .noRule: ends.withoutRule += 1
      case .broken: ends.broken += 1
      }
    }
    for index in places.indices {
      if let other = countedAs[places[index]] { places[index] = other }
    }
    sampleCount += 1
    let key = Key(
      stack: stacks.node(of: places),
      label: Int32(
        truncatingIfNeeded: processes.label(
          process: sample.process, thread: sample.thread)))
    counts[key, default: Count()].samples += 1
    let weight = Int64(clamping: sample.period)
    counts[key, default: Count()].weight =
      counts[key, default: Count()].weight.addingReportingOverflow(weight).partialValue
  }

  /// Has the names opened and read, beside the recording, of what came up since the last call, and
  /// takes over what was found to resolve alike.
  func prepareNames() {
    for alias in names.takeAliases() {
      countedAs[CodeAddress(module: alias.module, address: alias.address)] =
        CodeAddress(module: alias.module, address: alias.representative)
    }
    let known = stacks.places
    guard preparedNodes < known.count else { return }
    var addresses: [ModuleStore.Index: [UInt64]] = [:]
    for place in known[preparedNodes...] where countedAs[place] == nil {
      countedAs[place] = place
      if let module = place.module { addresses[module, default: []].append(place.address) }
    }
    preparedNodes = known.count
    for (module, found) in addresses.sorted(by: { $0.key < $1.key }) {
      names.prepare(module, of: store, found)
    }
  }

  /// Fills `places`, innermost first; says how the user part ended, nil if there is none.
  private func collect(_ sample: Sample) -> StackEnd? {
    var inUser = !sample.inKernel
    var isFirst = true
    var userFrames = 0
    return processes.withSpace(of: sample.process) { space -> StackEnd? in
      for address in sample.callChain {
        if address >= Sample.CallChain.firstMarker {
          if address == Sample.CallChain.kernelMarker { inUser = false }
          if address == Sample.CallChain.userMarker { inUser = true }
          isFirst = true
          continue
        }
        let lookup = isFirst ? address : address &- 1
        isFirst = false
        if !inUser {
          places.append(CodeAddress(module: store.kernel, address: lookup))
        } else if followsFramePointers {
          userFrames += 1
          append(lookup, in: &space)
        }
      }
      if followsFramePointers {
        guard userFrames > 0 else { return nil }
        return places.count >= chainLimit ? .truncated : .root
      }
      guard let registers = sample.registers else {
        if sample.inKernel {
          if places.isEmpty {
            places.append(CodeAddress(module: store.kernel, address: sample.instructionPointer))
          }
          return nil
        }
        // A process of another word size: all that is known is where it was.
        append(sample.instructionPointer, in: &space)
        return .noRule
      }
      let stack = StackCopy(base: registers.stackPointer, bytes: sample.stack)
      return unwinder.unwind(registers, stack: stack, space: &space, into: &places)
    }
  }

  private func append(_ address: UInt64, in space: inout AddressSpace) {
    let region = space.region(at: address)
    places.append(
      CodeAddress(module: region?.module, address: address &- (region?.bias ?? 0)))
  }
}
