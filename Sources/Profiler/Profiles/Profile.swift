/// What was measured: stacks with the values that belong to them, in memory.
///
/// The shape follows pprof's `profile.proto`, so that nothing is lost on the way to the artifact
/// and back. References are indices into the arrays of the same profile; a profile made by a
/// reader of this room has only valid ones.
public struct Profile: Sendable, Equatable {
  /// What each position of `Sample.values` counts, in order.
  public var sampleTypes: [ValueType]
  /// The index in `sampleTypes` of what a picture shows unless told otherwise.
  public var defaultSampleType: Int
  public var samples: [Sample]
  public var locations: [Location]
  public var functions: [Function]
  public var mappings: [Mapping]
  /// Free text about the recording: command, event, frequency, lost samples, version.
  public var comments: [String]
  /// When the recording began, nanoseconds since 1970; 0 if unknown.
  public var startNanoseconds: Int64
  /// How long was recorded, in nanoseconds; 0 if unknown.
  public var durationNanoseconds: Int64
  /// What a sampling period is counted in, and how long one is; nil if unknown.
  public var periodType: ValueType?
  public var period: Int64

  public init(
    sampleTypes: [ValueType], defaultSampleType: Int = 0, samples: [Sample] = [],
    locations: [Location] = [], functions: [Function] = [], mappings: [Mapping] = [],
    comments: [String] = [], startNanoseconds: Int64 = 0, durationNanoseconds: Int64 = 0,
    periodType: ValueType? = nil, period: Int64 = 0
  ) {
    self.sampleTypes = sampleTypes
    self.defaultSampleType = defaultSampleType
    self.samples = samples
    self.locations = locations
    self.functions = functions
    self.mappings = mappings
    self.comments = comments
    self.startNanoseconds = startNanoseconds
    self.durationNanoseconds = durationNanoseconds
    self.periodType = periodType
    self.period = period
  }

  /// A quantity and its unit, such as `cpu` in `nanoseconds`.
  public struct ValueType: Sendable, Hashable {
    public var type: String
    public var unit: String

    public init(type: String, unit: String) {
      self.type = type
      self.unit = unit
    }
  }

  /// One distinct stack (with its labels) and how much was seen of it.
  public struct Sample: Sendable, Hashable {
    /// Indices into `Profile.locations`, leaf first, as in pprof.
    public var locations: [Int]
    /// One value for each of `Profile.sampleTypes`.
    public var values: [Int64]
    public var labels: [Label]

    public init(locations: [Int], values: [Int64], labels: [Label] = []) {
      self.locations = locations
      self.values = values
      self.labels = labels
    }
  }

  /// A named property of a sample: `thread` = `worker-1`, or a number with its unit.
  public struct Label: Sendable, Hashable {
    public var key: String
    public var value: Value

    public enum Value: Sendable, Hashable {
      case text(String)
      case number(Int64, unit: String)
    }

    public init(key: String, value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// One place in the code, with the calls that were inlined into it.
  public struct Location: Sendable, Hashable {
    /// Index into `Profile.mappings`; nil when no module is known.
    public var mapping: Int?
    /// The address in the profiled process's terms of the mapping; 0 if there is none (folded).
    public var address: UInt64
    /// Innermost inlined call first, the function that physically contains the address last;
    /// empty if nothing is known but the address.
    public var lines: [Line]

    public init(mapping: Int?, address: UInt64, lines: [Line]) {
      self.mapping = mapping
      self.address = address
      self.lines = lines
    }
  }

  public struct Line: Sendable, Hashable {
    /// Index into `Profile.functions`.
    public var function: Int
    /// Source line, 0 if unknown.
    public var line: Int64

    public init(function: Int, line: Int64 = 0) {
      self.function = function
      self.line = line
    }
  }

  public struct Function: Sendable, Hashable {
    /// The name people read: demangled and short.
    public var name: String
    /// The symbol as the compiler wrote it; empty if unknown.
    public var systemName: String
    /// Source file; empty if unknown.
    public var fileName: String
    /// Source line the function begins at, 0 if unknown.
    public var startLine: Int64

    public init(
      name: String, systemName: String = "", fileName: String = "", startLine: Int64 = 0
    ) {
      self.name = name
      self.systemName = systemName
      self.fileName = fileName
      self.startLine = startLine
    }
  }

  /// A module: an executable, a library, the kernel.
  public struct Mapping: Sendable, Hashable {
    public var start: UInt64
    public var limit: UInt64
    public var fileOffset: UInt64
    /// A path, or a name in brackets such as `[kernel.kallsyms]` and `[vdso]`.
    public var fileName: String
    /// Lower-case hexadecimal when Lynx wrote it, any text when others did; empty if unknown.
    public var buildID: String
    public var hasFunctions: Bool
    public var hasFileNames: Bool
    public var hasLineNumbers: Bool
    public var hasInlineFrames: Bool

    public init(
      start: UInt64 = 0, limit: UInt64 = 0, fileOffset: UInt64 = 0, fileName: String,
      buildID: String = "", hasFunctions: Bool = false, hasFileNames: Bool = false,
      hasLineNumbers: Bool = false, hasInlineFrames: Bool = false
    ) {
      self.start = start
      self.limit = limit
      self.fileOffset = fileOffset
      self.fileName = fileName
      self.buildID = buildID
      self.hasFunctions = hasFunctions
      self.hasFileNames = hasFileNames
      self.hasLineNumbers = hasLineNumbers
      self.hasInlineFrames = hasInlineFrames
    }

    /// Whether the code in it ran in kernel mode.
    public var isKernel: Bool { fileName.hasPrefix("[kernel") }
  }
}
