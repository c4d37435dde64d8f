import Foundation
import Glibc
import Testing

@Suite("lynx doctor on a network of its own")
struct DoctorNetworkTests {
  /// In a network namespace settings are of that network alone, and end with it.
  private static let script = #"""
    set -eu
    command -v sudo > /dev/null || { mkdir bin; printf '#!/bin/sh\nexec "$@"\n' > bin/sudo; chmod 755 bin bin/sudo; export PATH=$PWD/bin:$PATH; }
    ip link set lo up 2> /dev/null || true
    sysctl -q -w net.core.somaxconn=64 net.ipv4.ip_unprivileged_port_start=1024
    sysctl -q -w net.ipv4.ip_local_port_range='40000 40100'
    cp "$LYNX" lynx; chmod 755 lynx
    doctor() {
      REDIRECT_PORT=81 API_PORT=40050 setpriv --reuid=nobody --regid=nogroup --clear-groups \
        ./lynx doctor --for serve --json > "$1" || [ $? = 1 ]
    }
    for round in 0 1 2; do
      doctor "$round.json"
      python3 -c 'if 1:
        import json, sys
        for check in json.load(open(sys.argv[1]))["checks"]:
          if check["id"] in ("server.redirects_port", "server.backlog", "server.ephemeral_ports") and check["remedy"]:
            print(check["remedy"])
      ' "$round.json" > remedies
      bash -eu remedies
    done
    doctor last.json
    """#

  @Test("ports and queues: each line that is given is run, until all is well")
  func remedies() throws {
    guard geteuid() == 0 else {
      FileHandle.standardError.write(
        Data("NOT TRIED: settings of the network, because these tests do not run as root\n".utf8))
      return
    }
    let directory = try TemporaryDirectory()
    try Data(Self.script.utf8).write(to: URL(fileURLWithPath: directory / "script"))
    let result = try Executable.run(
      ["-c", "chmod 777 . && unshare --net bash script"], in: directory,
      environment: ["LYNX": Executable.path], program: "/bin/bash")
    try #require(result.status == 0, "\(result.errors)\n\(result.output)")
    let places = ["redirects_port": "failed", "backlog": "warning", "ephemeral_ports": "warning"]
    let before = try DoctorResults(try directory.read("0.json"))
    let after = try DoctorResults(try directory.read("last.json"))
    for (name, status) in places {
      #expect(try before.status("server.\(name)") == status)
      #expect(try after.status("server.\(name)") == "ok")
    }
  }
}
