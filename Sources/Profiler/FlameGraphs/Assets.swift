internal import CFlameGraphAssets

/// The files that every picture carries.
enum Assets {
  static let script = bytes(of: lynx_flamegraph_js())
  static let styleSheet = bytes(of: lynx_flamegraph_css())

  /// The address and the count come from one constant array, which lives as long as the program.
  private static func bytes(of asset: lynx_asset) -> [UInt8] {
    Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
  }
}
