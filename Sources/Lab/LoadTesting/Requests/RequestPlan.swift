/// What is asked, in which order, and which answers are right.
public struct RequestPlan: Sendable {
  /// One kind of request.
  public struct Kind: Sendable {
    public var template: RequestTemplate
    public var expectation: Expectation
    /// How often it is sent, relative to the others.
    public var weight: Int
    /// Which of the load's servers it is for.
    public var server = 0

    public init(
      _ template: RequestTemplate, expectation: Expectation = .init(), weight: Int = 1,
      server: Int = 0
    ) {
      self.server = server
      self.template = template
      self.expectation = expectation
      self.weight = max(1, weight)
    }
  }

  /// Which answers count.
  public struct Expectation: Sendable {
    /// Statuses that are right; any of 200 to 399 if empty.
    public var statuses: [Int]
    /// `Location` is not looked at if nil.
    public var location: Location?

    public init(statuses: [Int] = [], location: Location? = nil) {
      self.statuses = statuses
      self.location = location
    }
  }

  /// What `Location` has to say.
  public enum Location: Sendable {
    case exactly(String)
    /// The text of list `list` with the number of the one that was drawn from list `pick`.
    case listed(list: Int, pick: Int)
  }

  /// In which order a list's texts are taken.
  public enum Draw: Sendable, Equatable {
    /// One after the other over all threads, from the start again after the last.
    case inTurn
    /// Each as likely as the others.
    case uniform
  }

  /// Texts for placeholders.
  public struct TextList: Sendable {
    public var texts: [String]
    public var draw: Draw

    public init(_ texts: [String], draw: Draw) {
      self.texts = texts
      self.draw = draw
    }
  }

  public var kinds: [Kind]
  public var lists: [TextList]
  /// Whether kinds are drawn at random by weight, rather than sent one after the other, each as often as its
  /// weight says.
  public var isShuffled: Bool

  public init(_ kinds: [Kind], lists: [TextList] = [], isShuffled: Bool = false) {
    self.kinds = kinds
    self.lists = lists
    self.isShuffled = isShuffled
  }
}
