internal import CPostgres

extension PostgresConnection {
  /// Runs statements without parameters in one message, each as if it were sent alone where a
  /// transaction is open. Rows are dropped.
  ///
  /// - Parameters:
  ///   - statements: one statement each, none of which ends a transaction or changes how the server
  ///     reads what follows; with its semicolon unless it is the last.
  ///   - completed: grows by one with each that is done.
  /// - Throws: with the offset, if the server named a place, in the statement after those that are
  ///   completed.
  public func execute(_ statements: [String], completed: inout Int) throws(DatabaseError) {
    let script = statements.joined(separator: "\n")
    try requireNoNUL(script)
    try begin(PQsendQuery(handle, script))
    var done = 0
    var failure: DatabaseError?
    try drain { result in
      if failure == nil { failure = self.failure(result, statement: script) }
      // One result a statement, whatever rules make of it.
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: done += 1
      default: break
      }
    }
    guard var failure else {
      completed += statements.count
      return
    }
    // The server reads all of them before it runs the first: a place says more than the count.
    if var offset = failure.offset {
      done = 0
      while done < statements.count - 1, offset > statements[done].utf8.count {
        offset -= statements[done].utf8.count + 1
        done += 1
      }
      failure.offset = offset
    }
    completed += min(done, statements.count - 1)
    throw failure
  }
}
