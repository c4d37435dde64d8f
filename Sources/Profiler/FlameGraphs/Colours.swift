internal import Glibc

/// A colour of a frame, in the OKLCH space: equal lightness there is equal contrast to the label.
struct Colour {
  var lightness: Double
  var chroma: Double
  /// Degrees.
  var hue: Double

  /// The same hue for a dark page with light labels.
  var dark: Colour { Colour(lightness: lightness - 0.34, chroma: chroma * 0.9, hue: hue) }

  /// Red, green and blue in sRGB, cut to what it can show.
  ///
  /// The matrices are those of Björn Ottosson, "A perceptual color space for image processing".
  var rgb: [UInt8] {
    let a = chroma * cos(hue * .pi / 180)
    let b = chroma * sin(hue * .pi / 180)
    func cube(_ value: Double) -> Double { value * value * value }
    let long = cube(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let medium = cube(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let short = cube(lightness - 0.0894841775 * a - 1.2914855480 * b)
    return [
      4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
      -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
      -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    ].map { linear in
      let value = min(1, max(0, linear))
      let encoded = value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
      return UInt8((encoded * 255).rounded())
    }
  }
}

/// A class of frames in the style sheet: a letter, and a digit for the shade.
struct ColourFamily {
  static let shades = 8

  var letter: UInt8
  /// In degrees; shades lie between the two.
  var hues: ClosedRange<Double>
  var chroma: Double
  var lightness: ClosedRange<Double>

  /// Neighbours in number are not neighbours in lightness, so that both vary.
  func colour(shade: Int) -> Colour {
    let last = Double(Self.shades - 1)
    let along = Double(shade) / last
    let across = Double(shade * 3 % Self.shades) / last
    return Colour(
      lightness: lightness.lowerBound + across * (lightness.upperBound - lightness.lowerBound),
      chroma: chroma,
      hue: hues.lowerBound + along * (hues.upperBound - hues.lowerBound))
  }

  /// A shade that depends on nothing but the name (FNV-1a).
  static func shade(of name: [UInt8]) -> UInt8 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return UInt8(truncatingIfNeeded: (hash ^ hash >> 32) % UInt64(shades))
  }
}

extension FrameKind {
  var family: ColourFamily {
    func family(
      _ letter: Unicode.Scalar, _ hues: ClosedRange<Double>, chroma: Double,
      _ lightness: ClosedRange<Double> = 0.79...0.86
    ) -> ColourFamily {
      ColourFamily(
        letter: UInt8(ascii: letter), hues: hues, chroma: chroma, lightness: lightness)
    }
    return switch self {
    case .swift: family("s", 55...78, chroma: 0.105)
    case .cxx: family("x", 235...258, chroma: 0.085)
    case .rust: family("r", 14...32, chroma: 0.1)
    case .c: family("c", 140...165, chroma: 0.085)
    case .kernel: family("k", 292...312, chroma: 0.085, 0.77...0.84)
    case .unresolved: family("u", 250...270, chroma: 0.006, 0.8...0.87)
    }
  }

  var legend: StaticString {
    switch self {
    case .swift: "Swift"
    case .cxx: "C++"
    case .rust: "Rust"
    case .c: "C and others"
    case .kernel: "Kernel"
    case .unresolved: "Unresolved"
    }
  }
}

extension FlameGraphOptions.Palette {
  /// The families the style sheet needs.
  var families: [ColourFamily] {
    func one(
      _ hues: ClosedRange<Double>, _ chroma: Double, _ lightness: ClosedRange<Double> = 0.75...0.87
    ) -> [ColourFamily] {
      [ColourFamily(letter: UInt8(ascii: "p"), hues: hues, chroma: chroma, lightness: lightness)]
    }
    return switch self {
    case .language: FrameKind.allCases.map(\.family)
    case .hot: one(25...95, 0.125, 0.75...0.86)
    case .mem: one(135...165, 0.11)
    case .io: one(225...265, 0.09)
    case .aqua: one(190...210, 0.085)
    case .blue: one(250...260, 0.09)
    case .green: one(142...150, 0.12)
    case .red: one(18...26, 0.11)
    case .orange: one(52...62, 0.115)
    case .purple: one(298...308, 0.1)
    case .yellow: one(92...100, 0.13, 0.79...0.87)
    case .gray: one(250...260, 0.004)
    }
  }

  /// The letter of the family a kind is drawn in.
  func letter(_ kind: FrameKind) -> UInt8 {
    self == .language ? kind.family.letter : UInt8(ascii: "p")
  }

  /// The rules that colour frames, for light pages and dark ones.
  var styleSheet: [UInt8] {
    FrameColours.styleSheet(
      families.flatMap { family in
        (0..<ColourFamily.shades).map { shade in
          let colour = family.colour(shade: shade)
          return ([family.letter, UInt8(ascii: "0") + UInt8(shade)], colour, colour.dark)
        }
      })
  }
}

/// The part of the style sheet that differs from picture to picture.
enum FrameColours {
  /// Rules for classes of frames, first for light pages and then for dark ones.
  static func styleSheet(
    _ classes: [(name: [UInt8], light: Colour, dark: Colour)]
  ) -> [UInt8] {
    var css: [UInt8] = []
    func rules(dark: Bool) {
      for (index, shade) in classes.enumerated() {
        css.append(".lynx .")
        css.append(contentsOf: shade.name)
        css.append("{fill:#")
        for channel in (dark ? shade.dark : shade.light).rgb {
          for digit in [channel >> 4, channel & 15] {
            css.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
          }
        }
        css.append(index % ColourFamily.shades == ColourFamily.shades - 1 ? "}\n" : "}")
      }
    }
    rules(dark: false)
    css.append("@media (prefers-color-scheme:dark){\n")
    rules(dark: true)
    css.append("}\n")
    return css
  }
}
