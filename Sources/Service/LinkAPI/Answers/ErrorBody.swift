/// `{"error":"one sentence"}`
enum ErrorBody {
  static let contentType = "application/json"

  static func text(_ reason: String) -> String {
    "{\"error\":\(JSONText.quoted(Sentence.whole(reason)))}"
  }
}
