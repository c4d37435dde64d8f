import Foundation
import Glibc
import TestSupport
import Testing

@Suite("lynx doctor names Debian's package of debug information")
struct DoctorPackageTests {
  /// `shares.c` as Debian ships programs: stripped in one package, its debug information in another, both in an
  /// archive that apt can be told of.
  private static let packages = #"""
    gcc -O2 -g -Wl,--build-id=sha1 -pthread "$SOURCE" -o lynx-sample
    id=$(readelf -n lynx-sample | sed -n 's/.*Build ID: //p')
    place=symbols/usr/lib/debug/.build-id/${id:0:2}
    mkdir -p program/DEBIAN program/usr/bin symbols/DEBIAN "$place" sample-debug
    objcopy --only-keep-debug --compress-debug-sections lynx-sample "$place/${id:2}.debug"
    strip -o program/usr/bin/lynx-sample lynx-sample
    for package in program:lynx-sample symbols:lynx-sample-dbgsym; do
      directory=${package%:*} name=${package#*:}
      printf 'Package: %s\nVersion: 1\nArchitecture: %s\nMaintainer: A <a@example.com>\nDescription: a sample\n' \
        "$name" "$(dpkg --print-architecture)" > "$directory/DEBIAN/control"
      dpkg-deb --root-owner-group --build "$directory" "sample-debug/$name.deb"
      {
        cat "$directory/DEBIAN/control"
        echo "Filename: ./$name.deb"
        echo "Size: $(stat -c %s "sample-debug/$name.deb")"
        echo "SHA256: $(sha256sum < "sample-debug/$name.deb" | cut -d' ' -f1)"
        echo
      } >> sample-debug/Packages
    done
    """#

  /// In a mount namespace whose /etc, /usr and /var are thrown away at its end.
  private static let installation = #"""
    mkdir layers
    mount -t tmpfs layers layers
    for name in etc usr var; do
      mkdir -p "layers/$name/above" "layers/$name/work"
      mount -t overlay "$name" -o "lowerdir=/$name,upperdir=$PWD/layers/$name/above,workdir=$PWD/layers/$name/work" "/$name"
    done
    rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
    echo "deb [trusted=yes] file:$PWD/sample-debug ./" > /etc/apt/sources.list.d/sample.list
    echo 'APT::Sandbox::User "root";' > /etc/apt/apt.conf.d/99sample
    command -v sudo > /dev/null || { printf '#!/bin/sh\nexec "$@"\n' > /usr/bin/sudo; chmod +x /usr/bin/sudo; }
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q lynx-sample
    doctor() { "$LYNX" doctor --for profile --binary /usr/bin/lynx-sample --json > "$1" || [ $? = 1 ]; }
    doctor before.json
    python3 -c 'if 1:
      import json
      checks = json.load(open("before.json"))["checks"]
      print(next(c["remedy"] for c in checks if c["id"] == "symbols.program.debug_file"))
    ' > remedy
    bash -eu remedy
    doctor after.json
    """#

  @Test("and what it brings is found: names, lines and the file itself")
  func remedy() throws {
    guard geteuid() == 0 else {
      FileHandle.standardError.write(
        Data("NOT TRIED: Debian's debug packages, because these tests do not run as root\n".utf8))
      return
    }
    let directory = try TemporaryDirectory()
    for (name, text) in [("build", Self.packages), ("install", Self.installation)] {
      try Data("set -eu\n\(text)\n".utf8).write(to: URL(fileURLWithPath: directory / name))
    }
    let result = try Executable.run(
      ["-c", "bash build && unshare --mount bash install"], in: directory,
      environment: ["LYNX": Executable.path, "SOURCE": Workshop.program("shares.c")],
      program: "/bin/bash")
    try #require(result.status == 0, "\(result.errors)\n\(result.output)")
    #expect(access("/usr/bin/lynx-sample", F_OK) != 0, "the machine itself was changed")

    let remedy = try String(contentsOfFile: directory / "remedy", encoding: .utf8)
    #expect(remedy == "sudo apt-get install -y lynx-sample-dbgsym\n")
    let gaps = ["names": "failed", "debug_information": "warning", "debug_file": "warning"]
    let before = try DoctorResults(try directory.read("before.json"))
    let after = try DoctorResults(try directory.read("after.json"))
    for (name, status) in gaps {
      #expect(try before.status("symbols.program.\(name)") == status)
      #expect(try after.status("symbols.program.\(name)") == "ok")
    }
  }
}
