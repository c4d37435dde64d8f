import TestSupport
import Testing

@testable import Symbols

@Suite("C++ and Rust names are what c++filt says and what the source says, abbreviated where long")
struct NativeNameTests {
  @Test("C++ functions of a program and of the standard library")
  func cppAgrees() throws {
    let shop = try Workshop()
    try shop.run("g++ -O2 '\(Workshop.program("deep.cpp"))' -o deep")
    try shop.run("g++ -print-file-name=libstdc++.so.6 > where")
    let listed = try shop.run("(nm deep; nm -D $(cat where)) | awk '{print $NF}'")
    let symbols = Set(listed.split(separator: "\n").map { String($0.prefix { $0 != "@" }) })
      .filter { $0.hasPrefix("_Z") }.sorted()
    try #require(symbols.count > 3000)
    let verdicts = try shop.run(
      "c++filt -p -i", input: Array((symbols.joined(separator: "\n") + "\n").utf8)
    ).split(separator: "\n")
    try #require(verdicts.count == symbols.count)
    for (symbol, verdict) in zip(symbols, verdicts) {
      let name = Demangling.displayName(symbol)
      if verdict.utf8.count <= 64 {
        #expect(name == verdict, "\(symbol)")
      } else {
        #expect(Self.abbreviates(name, String(verdict)), "\(symbol): \(name) of \(verdict)")
      }
    }
    print("compared \(symbols.count) names with c++filt")
  }

  /// Whether `name` is `full` with some balanced lists written as `<…>`.
  private static func abbreviates(_ name: String, _ full: String) -> Bool {
    let pieces = Array(name.utf8).split(
      separator: Array("<…>".utf8), omittingEmptySubsequences: false)
    var rest = Array(full.utf8)[...]
    for (index, piece) in pieces.enumerated() {
      guard rest.starts(with: piece) else { return false }
      rest = rest.dropFirst(piece.count)
      if index == pieces.count - 1 { return rest.isEmpty }
      var depth = 0
      while let byte = rest.first {
        if byte == UInt8(ascii: "<") { depth += 1 }
        if byte == UInt8(ascii: ">") { depth -= 1 }
        rest = rest.dropFirst()
        if depth == 0 { break }
      }
    }
    return false
  }

  @Test(
    "C++ by form",
    arguments: [
      ("_ZZ4mainENKUlimE_clEim", "main::{lambda(int, unsigned long)#1}::operator()"),
      ("_ZN12_GLOBAL__N_11fEv", "(anonymous namespace)::f"),
      ("_ZN3FooltERKS_", "Foo::operator<"), ("_ZN3FoossERKS_", "Foo::operator<=>"),
      ("_ZN3FooptEv", "Foo::operator->"), ("_ZN3FoolsEi", "Foo::operator<<"),
      ("_ZN3FoocvbEv", "Foo::operator bool"),
      (
        "_ZNKSt8functionIFvvEEclEv",
        "std::function<void ()>::operator()"
      ),
      ("_ZN3Foo4workEv.cold", "Foo::work"), ("_ZN3Foo4workEv.part.0", "Foo::work"),
      ("_ZN3Foo4workEv.constprop.0.isra.0", "Foo::work"),
      ("_ZN3Foo4workEv.llvm.1234", "Foo::work"),
      ("foo.part.0", "foo"), ("foo.constprop.0.isra.1", "foo"), ("main.cold", "main"),
      ("foo.v2", "foo.v2"), (".hidden", ".hidden"), ("memcpy@plt", "memcpy@plt"),
      // Named like a Rust hash, and is not one.
      ("_ZN1a17h0123456789abcdefEv", "a::h0123456789abcdef"),
      ("_ZN12somelongname5helloEv", "somelongname::hello"),
    ])
  func cppForms(symbol: String, wanted: String) {
    #expect(Demangling.displayName(symbol) == wanted)
  }

  @Test(
    "what is abbreviated and what is not",
    arguments: [
      (
        "<<alloc::boxed::Box<dyn core::error::Error> as core::convert::From<alloc::string::String>>"
          + "::from::StringError as core::error::Error>::type_id",
        "<<alloc::boxed::Box<…> as core::convert::From<…>>::from::StringError as "
          + "core::error::Error>::type_id"
      ),
      (
        "std::operator==<char, std::char_traits<char>, std::allocator<char> > (a long tail of words)",
        "std::operator==<…> (a long tail of words)"
      ),
      (
        "std::operator<< <char, std::char_traits<char>, std::allocator<char> > (a long tail)",
        "std::operator<< <…> (a long tail)"
      ),
      (
        "std::pair<std::vector<unsigned int, std::allocator<unsigned int> >, int>::operator->",
        "std::pair<…>::operator->"
      ),
      (
        "core::iter::adapters::map::map_fold::<&words::Word, u64, fn(&words::Word) -> u64>::x",
        "core::iter::adapters::map::map_fold::<…>::x"
      ),
    ])
  func abbreviation(full: String, wanted: String) {
    #expect(TemplateAbbreviation.abbreviate(full) == wanted)
  }

  /// Functions whose names the source below tells, and how each mangling has them read.
  private static let rustSource = """
    trait Shape { fn area(&self) -> u64; }
    struct Square(u64);
    impl Shape for Square { #[inline(never)] fn area(&self) -> u64 { self.0 * self.0 } }
    impl Square { #[inline(never)] fn grow(&mut self, by: u64) { self.0 += by; } }
    mod inner {
        #[inline(never)]
        pub fn plain(x: u64) -> u64 { (unsafe { std::ptr::read_volatile(&x) }) + 1 }
    }
    #[inline(never)] fn generic<T: Shape>(shape: &T) -> u64 { shape.area() + 1 }
    #[inline(never)] fn apply<F: Fn(u64) -> u64>(f: F) -> u64 { f(3) + f(4) }
    fn main() {
        let mut square = Square(std::env::args().count() as u64);
        square.grow(2);
        let add = square.0;
        println!("{}", generic(&square) + inner::plain(4)
          + apply(#[inline(never)] |x| (unsafe { std::ptr::read_volatile(&x) }) + add));
    }
    """

  @Test(
    "Rust by what the source says",
    arguments: [
      (
        "legacy",
        [
          "<shapes::Square as shapes::Shape>::area", "shapes::Square::grow",
          "shapes::inner::plain", "shapes::generic", "shapes::apply", "shapes::main",
          "shapes::main::{{closure}}",
        ]
      ),
      (
        "v0",
        [
          "<shapes::Square as shapes::Shape>::area", "<shapes::Square>::grow",
          "shapes::inner::plain", "shapes::generic::<shapes::Square>",
          "shapes::apply::<shapes::main::{closure#0}>", "shapes::main",
          "shapes::main::{closure#0}",
        ]
      ),
    ])
  func rust(mangling: String, wanted: [String]) throws {
    let shop = try Workshop()
    let source = try shop.source("shapes.rs", Self.rustSource)
    // The older mangling is an unstable option by now.
    try shop.run(
      "RUSTC_BOOTSTRAP=1 rustc -Z unstable-options -C opt-level=1 -C debuginfo=2 "
        + "-C symbol-mangling-version=\(mangling) -o shapes '\(source)'")
    let symbols = try shop.run("nm shapes | awk '{print $3}' | grep -E '^_(Z|R)'")
    let names = Set(symbols.split(separator: "\n").map { Demangling.displayName(String($0)) })
    for name in wanted { #expect(names.contains(name), "\(name)") }
    for name in names {
      #expect(!name.hasPrefix("_R") && !name.contains("::h0") && !name.contains("17h"), "\(name)")
    }
  }
}
