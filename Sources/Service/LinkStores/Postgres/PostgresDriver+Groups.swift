internal import Databases
internal import Links
internal import LinuxSystem

/// What goes to a connection together.
extension PostgresDriver {
  func send(_ request: PostgresRequests, _ pipeline: PostgresPipeline) {
    let answers = Answers(count: request.statements.count)
    for (statement, parameters) in request.statements {
      pipeline.send(statement, parameters) { result in
        guard let outcome = answers.add(result) else { return }
        switch outcome {
        case .success(let rows): request.complete(rows)
        case .failure(let error): request.fail(LinkError(error))
        }
      }
    }
    pipeline.sync()
  }

  /// Collects what the statements of a transaction came back with.
  private final class Answers {
    private var rows: [PostgresRows] = []
    private var left: Int
    private var error: DatabaseError?

    init(count: Int) { left = count }

    /// The outcome with the last answer, nil before.
    func add(
      _ result: Result<PostgresRows, DatabaseError>
    ) -> Result<[PostgresRows], DatabaseError>? {
      switch result {
      case .success(let answer): rows.append(answer)
      case .failure(let failure): error = error ?? failure
      }
      left -= 1
      guard left == 0 else { return nil }
      return error.map { .failure($0) } ?? .success(rows)
    }
  }

  /// Sends codes as one statement; what is too much for one waits for the next.
  func send(_ waiting: [TargetLookup], _ pipeline: PostgresPipeline, _ index: Int) {
    var codeCount = 0
    let end = waiting.firstIndex { lookup in
      defer { codeCount += lookup.codeCount }
      return codeCount > 0 && codeCount + lookup.codeCount > lookups.grouping.options.limit
    }
    let group = end.map { Array(waiting[..<$0]) } ?? waiting
    if let end { lookups.postpone(Array(waiting[end...]), now: Clock.monotonicNanoseconds) }
    let codes = CodeList(group)
    let sent = Clock.monotonicNanoseconds
    pipeline.send(PostgresStatements.targets, [.utf8Array(codes.texts)]) { [self] result in
      lookups.end(
        count: group.count, onConnection: index, sentNanoseconds: sent,
        now: Clock.monotonicNanoseconds)
      switch result {
      case .success(let rows): codes.answer(group, PostgresStatements.targets(rows, of: codes))
      case .failure(let error) where error.kind == .connectionLost:
        lookups.putBack(group, now: Clock.monotonicNanoseconds)
      case .failure(let error):
        for lookup in group { lookup.fail(LinkError(error)) }
      }
    }
    pipeline.sync()
  }

  /// Sends links as one statement.
  func send(_ waiting: [LinkCreation], _ pipeline: PostgresPipeline, _ index: Int) {
    // Of two that want the same code one waits for the next group: the statement would not say which
    // of them it took.
    var group: [CodeKey: LinkCreation] = [:]
    var rest: [LinkCreation] = []
    for creation in waiting {
      let key = CodeKey(text: creation.new.code.text)
      if group[key] == nil { group[key] = creation } else { rest.append(creation) }
    }
    creations.postpone(rest, now: Clock.monotonicNanoseconds)
    // In the same order on every node: two that wait for each other's codes would be a deadlock.
    let ordered = group.values.sorted {
      $0.new.code.text.utf8.lexicographicallyPrecedes($1.new.code.text.utf8)
    }
    let sent = Clock.monotonicNanoseconds
    let parameters: [PostgresParameter] = [
      .textArray(ordered.map(\.new.code.text)), .textArray(ordered.map(\.new.destination.text)),
      .textArray(ordered.map(\.new.createdBy)),
    ]
    pipeline.send(PostgresStatements.create, parameters) { [self] result in
      creations.end(
        count: ordered.count, onConnection: index, sentNanoseconds: sent,
        now: Clock.monotonicNanoseconds)
      switch result {
      case .success(let rows):
        let created = PostgresStatements.created(rows)
        for creation in ordered {
          let new = creation.new
          guard let (id, now) = created[CodeKey(text: new.code.text)] else {
            creation.answer(.failure(.codeTaken(new.code.text)))
            continue
          }
          creation.answer(
            .success(
              Link(
                id: id, code: new.code.text, destination: new.destination.text, createdAt: now,
                createdBy: new.createdBy, clicks: 0, isActive: true, updatedAt: now, version: 1)))
        }
      case .failure(let error):
        for creation in ordered { creation.answer(.failure(LinkError(error))) }
      }
    }
    pipeline.sync()
  }
}
