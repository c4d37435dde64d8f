/// When to colour what is printed.
public enum ColorMode: String, Sendable, CaseIterable {
  case auto, always, never
}

/// Colours and weights for one stream; texts stay as they are where colour is not wanted.
public struct Style: Sendable {
  public let isEnabled: Bool

  /// `--color always` and `never` win over everything. `auto` obeys, in this order, `NO_COLOR`,
  /// `CLICOLOR_FORCE`, `TERM=dumb`, and whether the stream is a terminal.
  public init(
    _ mode: ColorMode, for stream: StandardStream,
    environment: (String) -> String? = { environmentValue($0) }
  ) {
    isEnabled =
      switch mode {
      case .always: true
      case .never: false
      case .auto:
        if environment("NO_COLOR") != nil {
          false
        } else if let force = environment("CLICOLOR_FORCE"), force != "0" {
          true
        } else if environment("TERM") == "dumb" {
          false
        } else {
          stream.isTerminal
        }
      }
  }

  public func bold(_ text: String) -> String { wrap(text, "1") }
  public func dim(_ text: String) -> String { wrap(text, "2") }
  public func red(_ text: String) -> String { wrap(text, "31") }
  public func green(_ text: String) -> String { wrap(text, "32") }
  public func yellow(_ text: String) -> String { wrap(text, "33") }

  private func wrap(_ text: String, _ code: String) -> String {
    isEnabled && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
