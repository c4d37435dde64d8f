internal import Modules

/// The lines that have a program built with what its samples need, by the language it was written in.
enum BuildAdvice {
  enum Gap { case names, debugInformation, callFrames, buildID, framePointers }

  static func line(
    _ gap: Gap, _ language: ModuleExamination.Language
  ) -> String {
    switch language {
    case .swift: swift(gap)
    case .rust: rust(gap)
    case .go: go(gap)
    case .c, .unknown: c(gap)
    }
  }

  private static func swift(_ gap: Gap) -> String {
    switch gap {
    case .names, .debugInformation: "swift build -c release -Xswiftc -g"
    case .callFrames: "swift build -c release -Xcc -fasynchronous-unwind-tables"
    case .buildID: "swift build -c release -Xlinker --build-id"
    case .framePointers: "swift build -c release --no-omit-frame-pointers"
    }
  }

  /// The variables are what `[profile.release] debug = true`, `strip = false` and `build.rustflags` say
  /// (Cargo book, "Environment variables").
  private static func rust(_ gap: Gap) -> String {
    switch gap {
    case .names, .debugInformation:
      "CARGO_PROFILE_RELEASE_DEBUG=true CARGO_PROFILE_RELEASE_STRIP=none cargo build --release"
    case .callFrames: "RUSTFLAGS='-C force-unwind-tables=yes' cargo build --release"
    case .buildID: "RUSTFLAGS='-C link-arg=-Wl,--build-id' cargo build --release"
    case .framePointers: "RUSTFLAGS='-C force-frame-pointers=yes' cargo build --release"
    }
  }

  /// `-s` and `-w` leave symbols and DWARF out (go doc cmd/link), the call-frame rules with them.
  private static func go(_ gap: Gap) -> String {
    switch gap {
    case .names, .debugInformation, .callFrames, .framePointers:
      "go build -ldflags=''  # without -s and -w"
    case .buildID: "go build -ldflags='-linkmode=external -extldflags=-Wl,--build-id'"
    }
  }

  private static func c(_ gap: Gap) -> String {
    switch gap {
    case .names, .debugInformation: flags("-O2 -g") + "  # and do not strip it"
    case .callFrames: flags("-O2 -g -fasynchronous-unwind-tables")
    case .buildID: "make -B LDFLAGS='-Wl,--build-id'"
    case .framePointers: flags("-O2 -g -fno-omit-frame-pointer")
    }
  }

  private static func flags(_ flags: String) -> String {
    // Behind make they count for more than what the Makefile sets.
    "make -B CFLAGS='\(flags)' CXXFLAGS='\(flags)'"
  }
}
