/// Who may use the API.
public enum AuthMode: String, Sendable, CaseIterable {
  /// Whoever reaches it, for every link. There are no users then.
  case none
  /// Who has a key, for the links made with keys of the same name; an admin's key for all.
  case apiKey = "api-key"
}
