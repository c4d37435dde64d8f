public import Profiles

/// How a flame graph is drawn.
public struct FlameGraphOptions: Sendable {
  /// The heading, and the name of the browser's tab.
  public var title: String
  /// A second, smaller line below the heading.
  public var subtitle: String?
  /// The width in pixels; nil fills the window (1200 pixels where no script runs).
  public var width: Int?
  /// Draws an icicle: the root on top.
  public var inverted: Bool
  /// Merges stacks from the leaf, so that what is above a function called it.
  public var reverse: Bool
  /// Frames narrower than this are not drawn: pixels of `width`, or of 1200 when that is nil.
  /// The script still knows them, so that zooming, searching and reversing stay exact.
  public var minWidth: Double
  public var palette: Palette
  /// A regular expression (of JavaScript) to search for when the picture is opened.
  public var search: String?
  /// The full signature of a function for its tooltip; nil if there is nothing to add.
  public var describe: (@Sendable (Profile.Function) -> String?)?

  public init(
    title: String = "Flame Graph", subtitle: String? = nil, width: Int? = nil,
    inverted: Bool = false, reverse: Bool = false, minWidth: Double = 0.1,
    palette: Palette = .language, search: String? = nil,
    describe: (@Sendable (Profile.Function) -> String?)? = nil
  ) {
    self.title = title
    self.subtitle = subtitle
    self.width = width
    self.inverted = inverted
    self.reverse = reverse
    self.minWidth = minWidth
    self.palette = palette
    self.search = search
    self.describe = describe
  }

  /// What the colours of the frames say.
  public enum Palette: String, Sendable, CaseIterable {
    /// The hue is the language or the kernel, paler where inlined; the only one with a legend.
    case language
    case hot, mem, io
    case aqua, blue, green, red, orange, purple, yellow, gray
  }
}
