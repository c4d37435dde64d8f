internal import Glibc

/// Runs `body` with the file permissions of an ordinary user: setfsuid(2) changes this thread alone,
/// and takes from it what lets root pass.
public func asOrdinaryUser<Result>(_ body: () throws -> Result) throws -> Result {
  guard geteuid() == 0 else { return try body() }
  typealias SetUser = @convention(c) (uid_t) -> Int32
  guard let symbol = dlsym(nil, "setfsuid") else {
    throw Tool.Failure(description: "the C library has no setfsuid")
  }
  let setUser = unsafeBitCast(symbol, to: SetUser.self)
  _ = setUser(65_534)
  defer { _ = setUser(0) }
  return try body()
}
