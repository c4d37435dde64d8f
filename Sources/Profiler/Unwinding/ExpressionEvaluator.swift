internal import CUnwind
public import LinuxSystem
public import Modules

/// One step by libunwind, over the same registers and stack copy: for frames whose rule needs
/// DWARF expressions evaluated (linkage stubs, signal frames), and as a second opinion.
public final class ExpressionEvaluator {
  private let store: ModuleStore
  private var space = AddressSpace()
  private var stack = StackCopy(base: 0, bytes: UnsafeRawBufferPointer(start: nil, count: 0))

  public enum Outcome: Sendable {
    case caller
    case root
    case unknown
  }

  public init(store: ModuleStore) {
    self.store = store
  }

  /// Turns a frame's registers into its caller's.
  public func step(
    _ registers: inout RegisterFile, stack: StackCopy, space: AddressSpace
  ) -> Outcome {
    self.space = space
    self.stack = stack
    defer { self.stack = StackCopy(base: 0, bytes: UnsafeRawBufferPointer(start: nil, count: 0)) }
    var values = (0..<RegisterFile.count).map { registers.values[$0] }
    let result = lynx_unwind_step(
      &values, values.count,
      { context, address, value in
        guard let word = ExpressionEvaluator.from(context).word(at: address) else { return false }
        value.pointee = word
        return true
      },
      { context, instruction, start, end, header in
        guard let found = ExpressionEvaluator.from(context).table(for: instruction) else {
          return false
        }
        start.pointee = found.start
        end.pointee = found.end
        header.pointee = found.header
        return true
      }, Unmanaged.passUnretained(self).toOpaque())
    guard result > 0 else { return result == 0 ? .root : .unknown }
    for (number, value) in values.enumerated() { registers.values[number] = value }
    return registers.programCounter == 0 ? .root : .caller
  }

  private static func from(_ context: UnsafeMutableRawPointer) -> ExpressionEvaluator {
    Unmanaged<ExpressionEvaluator>.fromOpaque(context).takeUnretainedValue()
  }

  private func word(at address: UInt64) -> UInt64? {
    if let word = stack.word(at: address) { return word }
    if let region = space.region(at: address) {
      return store[region.module].loadedWord(at: address &- region.bias)
    }
    // Tables lie in pages that are not executable: try the modules whose code is mapped.
    var seen = Set<Int>()
    for region in space.regions where seen.insert(region.module).inserted {
      if let word = store[region.module].loadedWord(at: address &- region.bias) { return word }
    }
    return nil
  }

  private func table(for instruction: UInt64) -> (start: UInt64, end: UInt64, header: UInt64)? {
    guard let region = space.region(at: instruction),
      let table = store[region.module].unwindTable
    else { return nil }
    return (region.start, region.end, table.address &+ region.bias)
  }
}
