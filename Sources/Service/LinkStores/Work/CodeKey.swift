/// A code as a key. By its bytes: Swift takes strings for equal that are written with different ones,
/// and both may be codes.
struct CodeKey: Hashable {
  let text: String

  static func == (a: Self, b: Self) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
