/// POST /api/urls
struct NewURLBody: JSONBody {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case url
    case customCode = "custom_code"
  }
  typealias Field = CodingKeys

  let url: String
  let customCode: String?
}

/// PATCH /api/urls/{code}
struct ChangedURLBody: JSONBody {
  enum CodingKeys: String, CodingKey, CaseIterable { case url }
  typealias Field = CodingKeys

  let url: String
}

/// POST /api/keys
struct NewKeyBody: JSONBody {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case name
    case isAdmin = "is_admin"
  }
  typealias Field = CodingKeys

  let name: String
  let isAdmin: Bool?
}
