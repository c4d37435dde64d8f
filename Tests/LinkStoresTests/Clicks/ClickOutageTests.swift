import Foundation
import LinkStores
import Links
import TestSupport
import Testing

@Suite("Clicks are counted while the database is away")
struct ClickOutageTests {
  @Test(
    "PostgreSQL stops and comes back: every click is there, once", arguments: ["fast", "killed"])
  func outage(way: String) async throws {
    let scene = try await ClickScene(.postgres, server: PostgresServer())
    let server = try #require(scene.server)
    let process = try scene.start(flushMilliseconds: 5)
    for _ in 0..<3 {
      try #require(process.waits(forBytes: scene.size + 20_000))
      if way == "killed" { try server.kill() } else { try server.stop(way) }
      try #require(process.waits(forBytes: scene.size + 400_000), "counting goes on")
      try server.start()
    }
    try #require(process.waits(forBytes: scene.size + 20_000))
    process.kill()
    try await scene.untilReachable()
    try scene.recover()
    let account = try await scene.check(way, expectingNotices: true)
    print("\(way): \(account.total) answered clicks")
  }

  @Test("killed while the database is away: the next start sends what it can, later the rest")
  func killedWhileAway() async throws {
    let scene = try await ClickScene(.postgres, server: PostgresServer())
    let server = try #require(scene.server)
    let process = try scene.start(flushMilliseconds: 5)
    try #require(process.waits(forBytes: 50_000))
    try server.kill()
    try #require(process.waits(forBytes: scene.size + 50_000))
    process.kill()
    #expect(try scene.start("recover").end() == 75, "without the database nothing starts")
    #expect(scene.journals.count { $0.hasSuffix(".journal") } == 1)
    try server.start()
    try await scene.untilReachable()
    try scene.recover()
    try await scene.check("after its return", expectingNotices: true)
  }

  @Test("The disk is full: counting goes on, and once there is room every click is there, once")
  func fullDisk() async throws {
    let scene = try await ClickScene(.sqlite)
    await scene.fixture.store.close()
    let disk = scene.fixture.directory + "/disk"
    // A mount that is seen in there alone, as root or as anyone whom the kernel lets.
    let script = """
      set -eu
      mkdir "$DISK" && mount -t tmpfs -o size=2m tmpfs "$DISK"
      cp "$SOURCE"/links.db* "$DISK"
      said() { stat -c %s "$OUTPUT"; }
      grows() { local goal=$(($(said) + $1)); while [ "$(said)" -lt $goal ]; do sleep 0.01; done; }
      touch "$OUTPUT"
      "$WRITER" "sqlite://$DISK/links.db" "$DISK/clicks" 2 5 count "$@" >> "$OUTPUT" &
      grows 20000
      head -c 10m /dev/zero > "$DISK/filler" 2> /dev/null || true
      while ! grep -q '^! .*clicks wait here' "$OUTPUT"; do sleep 0.01; done
      grows 400000
      rm "$DISK/filler"
      while ! grep -q '^! .*are in the database' "$OUTPUT"; do sleep 0.01; done
      kill $! && wait $! || exit $?
      # A process that finds no room for its journal says so and leaves nothing. There is some for
      # what SQLite needs to open the database.
      free=$(df --output=avail -k "$DISK" | tail -n 1)
      head -c $(((free - 100) * 1024)) /dev/zero > "$DISK/filler"
      "$WRITER" "sqlite://$DISK/links.db" "$DISK/clicks" 200 5 recover "$@" > "$REFUSED" && exit 1
      ls -A "$DISK/clicks" >> "$REFUSED"
      rm "$DISK/filler"
      rm "$SOURCE"/links.db*
      cp "$DISK"/links.db* "$SOURCE"
      """
    let refused = scene.fixture.directory + "/refused"
    let settings = [
      "DISK=\(disk)", "SOURCE=\(scene.fixture.directory)", "OUTPUT=\(scene.output)",
      "WRITER=\(try fixtureProgram("ClickWriter"))", "REFUSED=\(refused)",
    ]
    _ = try Tool.run(
      "/usr/bin/env",
      settings + ["unshare", geteuid() == 0 ? "-m" : "-Urm", "timeout", "120"]
        + ["bash", "-c", script, "full-disk"] + scene.links.map { "\($0.id)" })
    let store = try SQLiteLinkStore(path: scene.fixture.directory + "/links.db")
    let account = try ClickAccount(scene.output)
    #expect(account.answered == account.received)
    for link in scene.links {
      let clicks = try await store.link(code: link.code).clicks
      #expect(clicks == account.answered[link.id, default: 0])
    }
    await store.close()
    #expect(account.notices.contains { $0.contains("full") })
    let said = try String(contentsOfFile: refused, encoding: .utf8)
    #expect(
      said.contains("the click journal needs ")
        && said.contains(" MB in \(disk)/clicks, which has no room for it"), "\(said)")
    #expect(said.split(separator: "\n").count == 1, "no file is left: \(said)")
    print("full disk: \(account.total) answered clicks")
  }
}
