public import LinuxSystem
public import Modules

/// How an unwound stack ended.
public enum StackEnd: UInt8, Sendable {
  /// At the outermost frame: its return address is said to be undefined, or is null.
  case root
  /// The stack is deeper than its copy, or than ``Unwinder/maximumDepth``.
  case truncated
  /// Nothing describes the frame, and it has no frame pointer to follow.
  case noRule
  /// What should be a return address does not lead into code.
  case broken
}

/// Registers and a stack copy → the return addresses of all callers.
///
/// A frame's rule is compiled once and kept by address. Costs 5–10 µs for 20 frames. Belongs to
/// one thread at a time.
public final class Unwinder {
  public static let maximumDepth = 2048
  private let store: ModuleStore
  private var rules = RuleCache()
  private let evaluator: ExpressionEvaluator

  /// How many frames found their rule in the cache, and how many did not.
  public var cacheHits: Int { rules.hits }
  public var cacheMisses: Int { rules.misses }

  public init(store: ModuleStore) {
    self.store = store
    evaluator = ExpressionEvaluator(store: store)
  }

  /// Appends the places of the stack, innermost first: the program counter, then for each caller
  /// the call instruction (the return address minus one, which a call that never returns needs).
  public func unwind(
    _ start: RegisterFile, stack: StackCopy, space: inout AddressSpace,
    into places: inout [CodeAddress]
  ) -> StackEnd {
    var registers = start
    var isExact = true
    for _ in 0..<Self.maximumDepth {
      let lookup = isExact ? registers.programCounter : registers.programCounter &- 1
      guard let region = space.region(at: lookup) else {
        if places.isEmpty { places.append(CodeAddress(module: nil, address: lookup)) }
        return .broken
      }
      let place = CodeAddress(module: region.module, address: lookup &- region.bias)
      places.append(place)
      let rule = rules.rule(for: place) { store[region.module].unwindRule(at: place.address) }
      // A handler returns to the first instruction of the trampoline: what lies before it is
      // another function's.
      if rule.isSignalFrame, !isExact {
        places[places.count - 1] = CodeAddress(
          module: region.module, address: registers.programCounter &- region.bias)
      }

      let outcome = step(rule, &registers, stack: stack, space: &space, isInnermost: isExact)
      switch outcome {
      case .caller: isExact = rule.isSignalFrame
      case .end(let end): return end
      }
    }
    return .truncated
  }

  private enum Outcome {
    case caller
    case end(StackEnd)
  }

  private func step(
    _ rule: UnwindRule, _ registers: inout RegisterFile, stack: StackCopy,
    space: inout AddressSpace, isInnermost: Bool
  ) -> Outcome {
    switch rule.kind {
    case .simple:
      if rule.returnAddress == UnwindRule.undefined { return .end(.root) }
      let outcome = apply(rule, &registers, stack: stack, space: &space, isInnermost: isInnermost)
      if case .end(.broken) = outcome {
        return followFramePointer(&registers, stack: stack, space: &space) ?? outcome
      }
      return outcome
    case .expression:
      switch evaluator.step(&registers, stack: stack, space: space) {
      case .caller:
        return space.region(at: registers.programCounter &- 1) == nil ? .end(.broken) : .caller
      case .root: return .end(.root)
      case .unknown:
        return followFramePointer(&registers, stack: stack, space: &space) ?? .end(.noRule)
      }
    case .missing:
      if let outcome = followFramePointer(&registers, stack: stack, space: &space) {
        return outcome
      }
      return .end(
        isProcessEntry(registers, space: &space, isInnermost: isInnermost) ? .root : .noRule)
    }
  }

  /// One step by a simple rule: `(pc, sp) = (*(cfa + ra), cfa)`, saved registers from `*(cfa + n)`.
  private func apply(
    _ rule: UnwindRule, _ registers: inout RegisterFile, stack: StackCopy,
    space: inout AddressSpace, isInnermost: Bool
  ) -> Outcome {
    let stackPointer = registers.stackPointer
    let cfa =
      registers.values[Int(rule.cfaRegister)] &+ UInt64(bitPattern: Int64(rule.cfaOffset))
    // A caller's frame lies above. Only a signal handler's caller may be on another stack, and a
    // leaf of an architecture with a link register may have no frame of its own.
    if !rule.isSignalFrame {
      if cfa < stackPointer || (cfa == stackPointer && !isInnermost) { return .end(.broken) }
    }
    let returnAddress: UInt64
    if rule.returnAddress == UnwindRule.kept {
      #if arch(arm64)
        returnAddress = Self.withoutAuthentication(registers.values[30])
      #else
        return .end(.broken)
      #endif
    } else {
      let slot = cfa &+ UInt64(bitPattern: Int64(rule.returnAddress))
      guard let word = stack.word(at: slot) else {
        return .end(stack.isBeyond(slot) ? .truncated : .broken)
      }
      #if arch(arm64)
        returnAddress = Self.withoutAuthentication(word)
      #else
        returnAddress = word
      #endif
    }
    if returnAddress == 0 { return .end(.root) }
    let lookup = rule.isSignalFrame ? returnAddress : returnAddress &- 1
    guard space.region(at: lookup) != nil else { return .end(.broken) }
    for place in UnwindRule.calleeSaved.indices {
      let offset = rule.saved[place]
      if offset == UnwindRule.kept || offset == UnwindRule.undefined { continue }
      let slot = cfa &+ UInt64(bitPattern: Int64(offset))
      // Behind an epilogue's pop the rule may still name the slot; the register has its value back.
      if slot < stackPointer { continue }
      guard let word = stack.word(at: slot) else { continue }
      registers.values[UnwindRule.calleeSaved[place]] = Self.withoutAsyncMark(word)
    }
    registers.programCounter = returnAddress
    registers.stackPointer = cfa
    return .caller
  }

  /// `(pc, sp, fp) = (*(fp + 8), fp + 16, *fp)`, believed only if it leads into code and upwards.
  private func followFramePointer(
    _ registers: inout RegisterFile, stack: StackCopy, space: inout AddressSpace
  ) -> Outcome? {
    let framePointer = Self.withoutAsyncMark(registers.framePointer)
    guard framePointer >= registers.stackPointer, framePointer & 7 == 0,
      let returnAddress = stack.word(at: framePointer &+ 8),
      let next = stack.word(at: framePointer), space.region(at: returnAddress &- 1) != nil
    else { return nil }
    registers.programCounter = returnAddress
    registers.stackPointer = framePointer &+ 16
    registers.framePointer = Self.withoutAsyncMark(next)
    return .caller
  }

  /// Whether a caller without any rule is where the process began, such as the dynamic loader's
  /// `_start`: there the frame pointer is zero (System V ABI AMD64 supplement, 3.4.1).
  private func isProcessEntry(
    _ registers: RegisterFile, space: inout AddressSpace, isInnermost: Bool
  ) -> Bool {
    guard !isInnermost, registers.framePointer == 0,
      let region = space.region(at: registers.programCounter &- 1)
    else { return false }
    return store[region.module].origin == .file
  }

  /// Swift marks the frame pointer that an asynchronous function saves with bit 60 (swift
  /// docs/ABI/CallingConvention, "extended frame"). No user address has it.
  private static func withoutAsyncMark(_ value: UInt64) -> UInt64 {
    value >> 60 == 1 ? value & ~(1 << 60) : value
  }

  #if arch(arm64)
    /// User addresses have at most 48 bits here; what is above is an authentication code.
    private static func withoutAuthentication(_ value: UInt64) -> UInt64 {
      value & ((1 << 48) - 1)
    }
  #endif
}
