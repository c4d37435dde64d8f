// swift-tools-version: 6.2
import PackageDescription

/// The Swift server that tests and benchmarks profile: a Hummingbird hello-world. It is a package
/// of its own so that the product never depends on what is only there to be measured.
let package = Package(
  name: "SwiftServer",
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.0.0")
  ],
  targets: [
    .executableTarget(
      name: "SwiftServer",
      dependencies: [.product(name: "Hummingbird", package: "hummingbird")])
  ]
)
