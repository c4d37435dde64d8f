import Foundation

/// Docs/openapi.json, and whether answers are as it says.
enum APIDocument {
  static let path = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Docs/openapi.json").path

  nonisolated(unsafe) static let root: [String: Any] = {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
  }()

  static var paths: [String: [String: Any]] { root["paths"] as? [String: [String: Any]] ?? [:] }

  private static let methods: Set<String> = [
    "get", "put", "post", "delete", "patch", "head", "options",
  ]

  /// Each operation's method and path.
  static var operations: [(method: String, path: String)] {
    paths.flatMap { path, item in
      item.keys.filter(methods.contains).map { ($0.uppercased(), path) }
    }.sorted { ($0.path, $0.method) < ($1.path, $1.method) }
  }

  /// What about an answer is not as documented.
  static func faults(of answer: Answer, to request: TestRequest) -> [String] {
    var faults: [String] = []
    if answer.field("x-request-id") == nil { faults.append("no x-request-id") }
    if answer.field("date") == nil { faults.append("no date") }
    if request.method == "HEAD" { return faults }
    if answer.status >= 400 {
      faults += check(answer.json, ["$ref": "#/components/schemas/Error"], "body")
      if answer.field("content-type") != "application/json" { faults.append("is no JSON") }
      if answer.status == 405, answer.field("allow") == nil { faults.append("no Allow") }
    }
    let target = request.path.split(separator: "?", omittingEmptySubsequences: false)[0]
    guard let path = template(String(target)),
      let operation = paths[path]?[request.method.lowercased()] as? [String: Any],
      let responses = operation["responses"] as? [String: Any]
    else { return faults }
    guard let response = responses["\(answer.status)"] else {
      return faults + ["the status is not documented at \(path)"]
    }
    let resolved = resolve(response)
    for (name, value) in resolved["headers"] as? [String: [String: Any]] ?? [:]
    where value["required"] as? Bool == true && answer.field(name) == nil {
      faults.append("no \(name)")
    }
    let contents = resolved["content"] as? [String: [String: Any]] ?? [:]
    let type = answer.field("content-type")?.split(separator: ";").first.map(String.init)
    guard let type, let content = contents[type] else {
      return faults + ["the content type is not documented"]
    }
    if type == "application/json" {
      faults += check(answer.json, content["schema"] as? [String: Any] ?? [:], "body")
    }
    return faults
  }

  /// The documented path that a path is one of; one without variables before one with.
  static func template(_ path: String) -> String? {
    let parts = path.split(separator: "/")
    return paths.keys.sorted { $0.count { $0 == "{" } < $1.count { $0 == "{" } }.first {
      candidate in
      let others = candidate.split(separator: "/")
      return others.count == parts.count
        && zip(parts, others).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
    }
  }

  private static func resolve(_ value: Any) -> [String: Any] {
    guard let object = value as? [String: Any] else { return [:] }
    guard let reference = object["$ref"] as? String else { return object }
    var place: Any = root
    for part in reference.split(separator: "/").dropFirst() {
      place = (place as? [String: Any])?[String(part)] ?? [:]
    }
    return place as? [String: Any] ?? [:]
  }

  /// The keywords of JSON Schema that the document uses for answers.
  static func check(_ value: Any?, _ unresolved: [String: Any], _ place: String) -> [String] {
    let schema = resolve(unresolved)
    guard let value else { return ["\(place) is no JSON"] }
    let types = schema["type"] as? [String] ?? (schema["type"] as? String).map { [$0] } ?? []
    if !types.isEmpty, !types.contains(where: { isOf($0, value) }) {
      return ["\(place) is none of \(types)"]
    }
    var faults: [String] = []
    if let allowed = schema["enum"] as? [String], !allowed.contains(value as? String ?? "") {
      faults.append("\(place) is not one of \(allowed)")
    }
    if let pattern = schema["pattern"] as? String, let text = value as? String,
      text.range(of: pattern, options: .regularExpression) == nil
    {
      faults.append("\(place) is not \(pattern)")
    }
    if let least = schema["minimum"] as? Int, let number = value as? Int, number < least {
      faults.append("\(place) is less than \(least)")
    }
    if let items = schema["items"] as? [String: Any], let array = value as? [Any] {
      for (index, item) in array.enumerated() { faults += check(item, items, "\(place)[\(index)]") }
    }
    guard let object = value as? [String: Any] else { return faults }
    let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
    for name in schema["required"] as? [String] ?? [] where object[name] == nil {
      faults.append("\(place).\(name) is missing")
    }
    for (name, item) in object {
      if let property = properties[name] {
        faults += check(item, property, "\(place).\(name)")
      } else if schema["additionalProperties"] as? Bool == false {
        faults.append("\(place).\(name) is not documented")
      }
    }
    return faults
  }

  private static func isOf(_ type: String, _ value: Any) -> Bool {
    switch type {
    case "null": value is NSNull
    case "string": value is String
    case "array": value is [Any]
    case "object": value is [String: Any]
    case "boolean": value is NSNumber && isBoolean(value)
    case "integer": value is NSNumber && !isBoolean(value) && value is Int
    default: false
    }
  }

  private static func isBoolean(_ value: Any) -> Bool {
    guard let number = value as? NSNumber else { return false }
    return String(cString: number.objCType) == "c"
  }
}
