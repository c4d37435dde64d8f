internal import Profiles

/// How the picture tells an amount in words.
enum Amounts {
  /// What the script needs to say the same.
  enum Style {
    /// `1,234 samples`, with this noun.
    case counted([UInt8])
    /// `1.23 s`.
    case time
  }

  /// The first three significant digits with a unit that suits them: `1.23 s`, `450 µs`.
  static func time(nanoseconds: Int64) -> [UInt8] {
    let units: [(scale: Int64, name: StaticString)] = [
      (1_000_000_000, " s"), (1_000_000, " ms"), (1000, " µs"),
    ]
    var text: [UInt8] = []
    for (scale, name) in units where nanoseconds >= scale {
      let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: scale)
      text.append(grouped: whole)
      if whole < 10 {
        text.append(UInt8(ascii: "."))
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / (scale / 10)))
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / (scale / 100) % 10))
      } else if whole < 100 {
        text.append(UInt8(ascii: "."))
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / (scale / 10)))
      }
      text.append(name)
      return text
    }
    text.append(grouped: nanoseconds)
    text.append(" ns")
    return text
  }
}

extension FlameGraph {
  /// How the amount in the first line of a tooltip is told.
  var amountStyle: Amounts.Style {
    if countsSamples { return .counted(Array("samples".utf8)) }
    return switch sampleType.unit {
    case "nanoseconds": .time
    case "", "count":
      .counted(CleanText.bytes(sampleType.type.isEmpty ? "samples" : sampleType.type))
    default: .counted(CleanText.bytes(sampleType.unit))
    }
  }

  /// Whether a line about time is added to what the first line says.
  var tellsTimeApart: Bool { countsSamples && sampleType.unit == "nanoseconds" }
}
