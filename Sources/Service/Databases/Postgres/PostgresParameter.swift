/// A value for `$1`, `$2`, … of a ``PostgresStatement``, sent in binary.
///
/// Arrays are for `= ANY($1)` and `unnest($1)`.
public enum PostgresParameter: Sendable, Hashable {
  case null
  case int64(Int64)
  case bool(Bool)
  /// Without NUL, which PostgreSQL cannot hold.
  case text(String)
  case bytes([UInt8])
  case int64Array([Int64?])
  case boolArray([Bool?])
  case textArray([String?])
  /// The same without NULLs.
  case utf8Array(UTF8Texts)

  /// Nil for NULL, which every type has.
  var type: PostgresStatement.ParameterType? {
    switch self {
    case .null: nil
    case .int64: .int64
    case .bool: .bool
    case .text: .text
    case .bytes: .bytes
    case .int64Array: .int64Array
    case .boolArray: .boolArray
    case .textArray, .utf8Array: .textArray
    }
  }
}

/// The values of one request one behind the other, in the formats of PostgreSQL's receive functions
/// (int8recv, boolrecv, textrecv, bytearecv, array_recv): big-endian, arrays with a header.
struct EncodedParameters: Equatable {
  private(set) var bytes: [UInt8] = []
  /// Where each value lies; nil for NULL.
  private(set) var ranges: [Range<Int>?] = []

  init(_ parameters: [PostgresParameter], for statement: PostgresStatement) throws(DatabaseError) {
    guard parameters.count == statement.parameterTypes.count else {
      throw DatabaseError(
        .statement,
        "statement \(statement.name) takes \(statement.parameterTypes.count) parameters and was "
          + "given \(parameters.count)")
    }
    ranges.reserveCapacity(parameters.count)
    for (index, parameter) in parameters.enumerated() {
      guard let type = parameter.type else {
        ranges.append(nil)
        continue
      }
      guard type == statement.parameterTypes[index] else {
        throw DatabaseError(
          .statement,
          "parameter \(index + 1) of statement \(statement.name) is of type "
            + "\(statement.parameterTypes[index]) and was given as \(type)")
      }
      let start = bytes.count
      try append(parameter)
      ranges.append(start..<bytes.count)
    }
    // libpq takes a missing address for NULL: an empty value at the end has one this way.
    bytes.append(0)
    guard bytes.count <= Int(Int32.max) / 2 else {
      throw DatabaseError(
        .statement, "the parameters of statement \(statement.name) are larger than 1 GiB")
    }
  }

  private mutating func append(_ parameter: PostgresParameter) throws(DatabaseError) {
    switch parameter {
    case .null: break
    case .int64(let value): append(bigEndian: value)
    case .bool(let value): bytes.append(value ? 1 : 0)
    case .text(let value): try append(value)
    case .bytes(let value): bytes.append(contentsOf: value)
    case .int64Array(let values):
      try append(values, of: .int64) { (encoded, value) in encoded.append(bigEndian: value) }
    case .boolArray(let values):
      try append(values, of: .bool) { (encoded, value) in encoded.bytes.append(value ? 1 : 0) }
    case .textArray(let values):
      try append(values, of: .text) { (encoded, value) throws(DatabaseError) in
        try encoded.append(value)
      }
    case .utf8Array(let texts): try append(texts)
    }
  }

  private mutating func append(_ texts: UTF8Texts) throws(DatabaseError) {
    if texts.bytes.contains(0) { throw nulInText(at: nil) }
    appendArrayHeader(count: texts.count, hasNull: false, .text)
    bytes.reserveCapacity(bytes.count + texts.bytes.count + 4 * texts.count + 1)
    for index in 0..<texts.count {
      let range = texts.range(index)
      append(bigEndian: Int32(clamping: range.count))
      bytes.append(contentsOf: texts.bytes[range])
    }
  }

  private mutating func appendArrayHeader(
    count: Int, hasNull: Bool, _ type: PostgresStatement.ParameterType
  ) {
    append(bigEndian: Int32(count == 0 ? 0 : 1))
    append(bigEndian: Int32(hasNull ? 1 : 0))
    append(bigEndian: type.objectID)
    if count == 0 { return }
    append(bigEndian: Int32(clamping: count))
    append(bigEndian: Int32(1))
  }

  private mutating func append(_ text: String) throws(DatabaseError) {
    try requireNoNUL(text)
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func append<Value: FixedWidthInteger>(bigEndian value: Value) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// array_recv: dimensions, whether there are NULLs, the elements' type; for the one dimension its
  /// length and first index; then each element with its length before it, -1 for NULL.
  private mutating func append<Value>(
    _ values: [Value?], of type: PostgresStatement.ParameterType,
    _ encode: (inout EncodedParameters, Value) throws(DatabaseError) -> Void
  ) throws(DatabaseError) {
    appendArrayHeader(count: values.count, hasNull: values.contains { $0 == nil }, type)
    for value in values {
      guard let value else {
        append(bigEndian: Int32(-1))
        continue
      }
      let place = bytes.count
      append(bigEndian: Int32(0))
      try encode(&self, value)
      let length = UInt32(clamping: bytes.count - place - 4)
      withUnsafeBytes(of: length.bigEndian) { length in
        for (index, byte) in length.enumerated() { bytes[place + index] = byte }
      }
    }
  }
}
