// swift-tools-version: 6.2
import PackageDescription

// A folder of Sources/ is a floor, a folder in it a room: one target each. A room may import only
// the rooms its line names; Docs/ARCHITECTURE.md has the picture.

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]

func room(
  _ floor: String, _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(floor)/\(name)", exclude: exclude,
    swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)",
    swiftSettings: strict)
}

let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
// Only tests: a second opinion on requests.
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let configuration = Target.Dependency.product(
  name: "Configuration", package: "swift-configuration")

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
  name: "lynx",
  products: [.executable(name: "lynx", targets: ["lynx"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    // Its traits would add swift-configuration and full Foundation.
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
  ],
  targets: [
    // C: one module map or shim per C library.
    .systemLibrary(
      name: "CZlib", path: "Sources/C/CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CDeflate", path: "Sources/C/CDeflate", pkgConfig: "libdeflate",
      providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(
      name: "CElfutils", path: "Sources/C/CElfutils", pkgConfig: "libdw",
      providers: [.apt(["libdw-dev"])]),
    .systemLibrary(
      name: "CSQLite", path: "Sources/C/CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
      name: "CPostgres", path: "Sources/C/CPostgres", pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"])]),
    .target(
      name: "CUnwind", path: "Sources/C/CUnwind",
      linkerSettings: [.linkedLibrary("unwind-generic")]),
    .systemLibrary(
      name: "COpenSSL", path: "Sources/C/COpenSSL", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"])]),
    .target(name: "CLinuxShims", path: "Sources/C/CLinuxShims"),
    .target(
      name: "CDemangle", path: "Sources/C/CDemangle",
      linkerSettings: [.linkedLibrary("iberty")]),
    .target(
      name: "CFlameGraphAssets", path: "Sources/C/CFlameGraphAssets",
      exclude: ["flamegraph.js", "flamegraph.css"],
      cSettings: [.unsafeFlags(["-std=c23"])]),
    .target(
      name: "CLynxSchema", path: "Sources/C/CLynxSchema", exclude: ["sqlite", "postgres"],
      cSettings: [.unsafeFlags(["-std=c23"])]),
    .target(
      name: "CAPIDescription", path: "Sources/C/CAPIDescription",
      cSettings: [.unsafeFlags(["-std=c23"])]),

    // Base
    room("Base", "Terminal", []),
    room("Base", "Bytes", ["CDeflate", "CZlib"]),
    room("Base", "LinuxSystem", ["CLinuxShims"]),

    // Profiler
    room("Profiler", "Sampling", ["LinuxSystem", "Bytes"]),
    room("Profiler", "Modules", ["LinuxSystem", "Bytes", "CElfutils"]),
    room("Profiler", "Unwinding", ["Modules", "LinuxSystem", "CUnwind"]),
    room("Profiler", "Symbols", ["Modules", "LinuxSystem", "Bytes", "CDemangle"]),
    room("Profiler", "Profiles", ["Bytes", protobuf], exclude: ["profile.proto"]),
    room("Profiler", "FlameGraphs", ["Profiles", "CFlameGraphAssets"]),
    room(
      "Profiler", "Recording",
      ["Sampling", "Modules", "Unwinding", "Symbols", "Profiles", "LinuxSystem"]),

    // Service
    room("Service", "Links", [crypto]),
    room("Service", "Databases", ["CSQLite", "CPostgres", "LinuxSystem"]),
    room("Service", "LinkStores", ["Links", "Databases", "LinuxSystem"]),
    room("Service", "Migrations", ["Databases", "CLynxSchema", crypto]),
    room("Service", "LinkServer", ["Links", "LinkStores", "LinuxSystem"]),
    room(
      "Service", "LinkAPI",
      [
        "Links", "LinkStores", "LinuxSystem", "CAPIDescription", hummingbird, httpTypes, nioCore,
        nioHTTP1, nioPosix, logging,
      ]),
    room(
      "Service", "LinkService",
      [
        "LinkAPI", "LinkServer", "LinkStores", "Links", "Databases", "Migrations", "LinuxSystem",
        logging,
      ]),

    .executableTarget(
      name: "lynx",
      dependencies: [
        "Terminal", "LinuxSystem", "Sampling", "Symbols", "Profiles", "FlameGraphs", "Recording",
        "Databases", "Migrations", "LinkAPI", "LinkServer", "LinkService", "LoadTesting",
        "LoadResults", "Experiments", "Diagnosis", argumentParser, configuration, logging,
      ],
      path: "Sources/lynx", swiftSettings: strict, plugins: ["CommitStamp"]),

    // Build
    .plugin(name: "CommitStamp", capability: .buildTool(), path: "Sources/Build/CommitStamp"),
    // Not a product: .ci/generate runs it, nothing installs it.
    .executableTarget(
      name: "ManualPages", dependencies: ["Terminal"], path: "Sources/Build/ManualPages",
      swiftSettings: strict),

    // Lab
    room("Lab", "LoadResults", ["Terminal", "Bytes", histogram]),
    room("Lab", "LoadTesting", ["LoadResults", "Terminal", "LinuxSystem", "COpenSSL"]),
    room(
      "Lab", "Experiments",
      [
        "LoadTesting", "LoadResults", "Recording", "Profiles", "FlameGraphs", "Sampling",
        "LinuxSystem", "Terminal", "Bytes",
      ]),
    room(
      "Lab", "Diagnosis",
      [
        "Sampling", "Modules", "Unwinding", "Symbols", "Recording", "Profiles", "Databases",
        "Migrations", "LinkStores", "LinkServer", "LinkAPI", "LinkService", "Experiments",
        "LinuxSystem", "Terminal", "Bytes",
      ]),
    // Not a product: `swift run -c release PeerBenchmarks` runs it, nothing installs it.
    .executableTarget(
      name: "PeerBenchmarks",
      dependencies: [
        "Terminal", "LinuxSystem", "Profiles", "Links", "Databases", "Migrations", "LinkStores",
        "LoadResults", "TestSupport",
      ],
      path: "Sources/Lab/PeerBenchmarks", swiftSettings: strict),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    tests("LoadResultsTests", ["LoadResults", "Terminal", "Bytes"]),
    tests(
      "LoadTestingTests",
      ["LoadTesting", "LoadResults", "LinuxSystem", nioCore, nioEmbedded, nioHTTP1]),
    tests(
      "DiagnosisTests",
      [
        "Diagnosis", "Sampling", "Modules", "Databases", "Migrations", "LinkStores", "Links",
        "LinkService", "LinuxSystem", logging,
      ]),
    tests(
      "ExperimentsTests",
      ["Experiments", "LoadResults", "Profiles", "FlameGraphs", "Terminal", "Bytes"]),
    tests("BytesTests", ["Bytes"]),
    tests("ProfilesTests", ["Profiles", "Bytes"]),
    tests("FlameGraphsTests", ["FlameGraphs", "Profiles"]),
    tests("TerminalTests", ["Terminal"]),
    tests("SamplingTests", ["Sampling", "LinuxSystem"]),
    tests("UnwindingTests", ["Unwinding", "Modules", "Sampling", "LinuxSystem"]),
    tests("SymbolsTests", ["Symbols", "Modules", "LinuxSystem"]),
    tests("MigrationsTests", ["Migrations", "Databases"]),
    tests("CommandTests", ["Profiles", "Terminal", "Databases", "Migrations"]),
    tests("ProfilingTests", []),
    tests("LinksTests", ["Links"]),
    tests(
      "LinkStoresTests",
      [
        "LinkStores", "Links", "Databases", "Migrations", "LinuxSystem", "LinkWriter",
        "ClickWriter",
      ]),
    .executableTarget(
      name: "LinkWriter", dependencies: ["LinkStores", "Links", "Databases"],
      path: "Tests/Fixtures/LinkWriter", swiftSettings: strict),
    .executableTarget(
      name: "ClickWriter", dependencies: ["LinkStores", "Links", "Databases"],
      path: "Tests/Fixtures/ClickWriter", swiftSettings: strict),
    tests("ServingTests", ["Databases", "LinkService", "LinuxSystem"]),
    tests("DatabasesTests", ["Databases", "LinuxSystem"]),
    tests(
      "LinkServerTests",
      [
        "LinkServer", "LinkStores", "Links", "Databases", "Migrations", "LinuxSystem",
        "RedirectHost", nioCore, nioEmbedded, nioHTTP1,
      ]),
    .executableTarget(
      name: "RedirectHost",
      dependencies: ["LinkServer", "LinkStores", "Links", "Databases", "LinuxSystem"],
      path: "Tests/Fixtures/RedirectHost", swiftSettings: strict),
    tests(
      "LinkAPITests",
      ["LinkAPI", "LinkStores", "Links", "Databases", "Migrations", "LinuxSystem", logging]),
  ],
  swiftLanguageModes: [.v6]
)
