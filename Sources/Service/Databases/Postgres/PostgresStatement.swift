/// A statement that is prepared once on each connection that uses it.
public struct PostgresStatement: Sendable, Hashable {
  /// The types a ``PostgresParameter`` can have.
  public enum ParameterType: Sendable, Hashable {
    case int64, bool, text, bytes, int64Array, boolArray, textArray

    /// The type's number in pg_type.dat.
    var objectID: UInt32 {
      switch self {
      case .bool: 16
      case .bytes: 17
      case .int64: 20
      case .text: 25
      case .boolArray: 1000
      case .textArray: 1009
      case .int64Array: 1016
      }
    }
  }

  /// Names it among the statements of a program: two with one name have to be the same.
  public let name: String
  public let sql: String
  public let parameterTypes: [ParameterType]

  public init(_ name: String, _ sql: String, _ parameterTypes: [ParameterType] = []) {
    self.name = name
    self.sql = sql
    self.parameterTypes = parameterTypes
  }
}
