import Glibc
import LinuxSystem
import Sampling
import Testing
import Unwinding

@testable import Modules

/// Samples of a real program, kept with what is needed to unwind them later.
final class LiveSamples: SampleVisitor {
  struct Kept {
    var registers: RegisterFile
    var stack: [UInt8]
    var space: AddressSpace
    var process: ProcessID
  }

  let store = ModuleStore()
  private(set) var kept: [Kept] = []
  private var spaces: [ProcessID: AddressSpace] = [:]

  /// Runs a command from its first instruction, for at most as long as it takes itself.
  init(
    of command: [String], frequency: Int = 997, stackBytes: Int = 16_384,
    callGraph: CallGraph? = nil
  ) throws {
    let child = try ChildProcess(holding: command)
    let session = try SamplingSession(
      target: .heldChild(child.processID),
      settings: SamplingSettings(
        frequency: frequency, callGraph: callGraph ?? .stackCopy(bytes: stackBytes), kernel: .no))
    try child.release()
    while child.poll() == nil {
      var pause = timespec(tv_sec: 0, tv_nsec: 5_000_000)
      nanosleep(&pause, nil)
      session.drain(until: Clock.monotonicNanoseconds &- 10_000_000, into: self)
    }
    session.stop()
    session.drain(until: .max, into: self)
  }

  func visit(_ sample: Sample) {
    guard let registers = sample.registers, let space = spaces[sample.process] else { return }
    kept.append(
      Kept(
        registers: registers, stack: Array(sample.stack), space: space, process: sample.process))
  }

  func visit(_ event: ProcessEvent) {
    switch event {
    case .mapped(let process, let mapping):
      let end = mapping.start &+ mapping.length
      let module = store.module(
        path: mapping.path, buildID: mapping.buildID, process: process, start: mapping.start,
        end: end)
      spaces[process, default: AddressSpace()].map(
        start: mapping.start, end: end, fileOffset: mapping.fileOffset, module: module, in: store)
    case .named(let process, _, _, let isExec):
      if isExec { spaces[process] = AddressSpace() }
    case .forked(let process, let parent, _):
      if process != parent { spaces[process] = spaces[parent] }
    case .exited: break
    }
  }

  /// How stacks ended.
  struct Ends: CustomStringConvertible {
    var root = 0
    var truncated = 0
    var noRule = 0
    var broken = 0
    var total: Int { root + truncated + noRule + broken }
    var description: String {
      "\(root) rooted, \(truncated) truncated, \(noRule) without rule, \(broken) broken"
    }
  }

  /// Unwinds each sample; `body` sees the places, innermost first.
  func unwindAll(_ body: (Kept, [CodeAddress], StackEnd) -> Void) -> Ends {
    let unwinder = Unwinder(store: store)
    var ends = Ends()
    for sample in kept {
      var places: [CodeAddress] = []
      var space = sample.space
      let end = sample.stack.withUnsafeBytes { bytes in
        unwinder.unwind(
          sample.registers, stack: StackCopy(base: sample.registers.stackPointer, bytes: bytes),
          space: &space, into: &places)
      }
      switch end {
      case .root: ends.root += 1
      case .truncated: ends.truncated += 1
      case .noRule: ends.noRule += 1
      case .broken: ends.broken += 1
      }
      body(sample, places, end)
    }
    return ends
  }

  /// The name of a place, by the module's own symbols; `module+0x1234` where there is none.
  func name(_ place: CodeAddress) -> String {
    if let known = nameOfPlace[place] { return known }
    let name = readName(place)
    nameOfPlace[place] = name
    return name
  }

  private func readName(_ place: CodeAddress) -> String {
    guard let index = place.module else { return "?" }
    if names[index] == nil { names[index] = store[index].openFunctionNames() }
    if let names = names[index], let frame = names.resolve([place.address], inlines: false)[0].first
    {
      return names.functions[frame.function].symbol
    }
    return store[index].name + "+0x" + String(place.address, radix: 16)
  }

  private var nameOfPlace: [CodeAddress: String] = [:]
  private var names: [Int: FunctionNames] = [:]

  /// Whether call-frame information describes a place.
  func isDescribed(_ place: CodeAddress) -> Bool {
    guard let index = place.module, let file = store[index].elf else { return false }
    if tables[index] == nil { tables[index] = CallFrameTable(file) }
    return tables[index]?.rule(at: place.address) != nil
  }

  private var tables: [Int: CallFrameTable] = [:]
}
