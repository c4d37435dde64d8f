internal import CPostgres

/// The rows a request came back with, read where libpq put them: in binary, without copies.
///
/// Unsafe, in this file only: the memory of a PGresult stays where it is until PQclear, which the
/// last owner calls; rows and columns are checked by libpq's accessors, which answer NULL and
/// length 0 outside of the table.
public struct PostgresRows {
  private final class Owner {
    let result: OpaquePointer
    init(_ result: OpaquePointer) { self.result = result }
    deinit { PQclear(result) }
  }
  private let owner: Owner
  /// How many rows there are.
  public let count: Int
  public let columnCount: Int

  init(owning result: OpaquePointer) {
    owner = Owner(result)
    count = Int(PQntuples(result))
    columnCount = Int(PQnfields(result))
  }

  /// How many rows an INSERT, UPDATE, DELETE or SELECT touched.
  public var affected: Int {
    Int(PQcmdTuples(owner.result).map { String(cString: $0) } ?? "") ?? 0
  }

  /// Whether the column is NULL there, or the row or column does not exist.
  public func isNull(_ row: Int, _ column: Int) -> Bool { value(row, column) == nil }

  /// A smallint, integer or bigint; nil for NULL and for other types.
  public func int64(_ row: Int, _ column: Int) -> Int64? {
    guard let bytes = value(row, column) else { return nil }
    switch type(column) {
    case 20 where bytes.count == 8:
      return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    case 23 where bytes.count == 4:
      return Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
    case 21 where bytes.count == 2:
      return Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
    default: return nil
    }
  }

  /// A boolean; nil for NULL and for other types.
  public func bool(_ row: Int, _ column: Int) -> Bool? {
    guard let bytes = value(row, column), type(column) == 16, bytes.count == 1 else { return nil }
    return bytes[0] != 0
  }

  /// A text, varchar, name or json; nil for NULL and for other types.
  public func text(_ row: Int, _ column: Int) -> String? {
    guard let bytes = value(row, column), isText(type(column)) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A copy of the value as the type's send function wrote it; nil for NULL.
  public func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
    value(row, column).map { [UInt8]($0) }
  }

  /// The value as the type's send function wrote it, in place: a text's UTF-8. Not called for NULL,
  /// which returns nil.
  public func withBytes<Result>(
    _ row: Int, _ column: Int, _ body: (Span<UInt8>) throws -> Result
  ) rethrows -> Result? {
    guard let bytes = value(row, column) else { return nil }
    return try withExtendedLifetime(owner) {
      try bytes.withMemoryRebound(to: UInt8.self) { try body(Span(_unsafeElements: $0)) }
    }
  }

  private func isText(_ type: UInt32) -> Bool {
    switch type {
    case 25, 1043, 1042, 19, 114, 705: true
    default: false
    }
  }

  private func type(_ column: Int) -> UInt32 { PQftype(owner.result, Int32(clamping: column)) }

  private func value(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
    // Asked here: libpq would write a warning to standard error.
    guard row >= 0, row < count, column >= 0, column < columnCount else { return nil }
    let (row, column) = (Int32(row), Int32(column))
    guard PQgetisnull(owner.result, row, column) == 0,
      let start = PQgetvalue(owner.result, row, column)
    else { return nil }
    return UnsafeRawBufferPointer(
      start: start, count: Int(PQgetlength(owner.result, row, column)))
  }
}
