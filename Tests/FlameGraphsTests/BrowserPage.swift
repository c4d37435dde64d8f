import Foundation

/// What a person does with a picture in a browser.
struct BrowserPage {
  let browser: Chromium
  let file: URL

  /// Opens a picture as a file of its own in a window of this size.
  init(_ svg: [UInt8], in browser: Chromium, width: Int = 1200, height: Int = 900) throws {
    self.browser = browser
    file = FileManager.default.temporaryDirectory
      .appendingPathComponent("lynx-picture-\(UUID().uuidString).svg")
    try Data(svg).write(to: file)
    try resize(width: width, height: height)
    try open(file.absoluteString)
  }

  func remove() { try? FileManager.default.removeItem(at: file) }

  func open(_ address: String) throws {
    // By way of an empty page: a change of the fragment alone would not load anything.
    for address in ["about:blank", address] {
      try browser.call("Page.navigate", ["url": address])
      try browser.wait(for: "Page.loadEventFired")
    }
  }

  func reload() throws {
    try browser.call("Page.reload")
    try browser.wait(for: "Page.loadEventFired")
  }

  func resize(width: Int, height: Int) throws {
    try browser.call(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
  }

  func prefer(_ scheme: String) throws {
    try browser.call(
      "Emulation.setEmulatedMedia",
      ["features": [["name": "prefers-color-scheme", "value": scheme]]])
  }

  // MARK: Looking

  /// What an expression is in the page, once two frames have been drawn.
  @discardableResult
  func evaluate(_ expression: String) throws -> Any? {
    let settled =
      "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => "
      + "done(\(expression)))))"
    let answer = try browser.call(
      "Runtime.evaluate",
      ["expression": settled, "awaitPromise": true, "returnByValue": true])
    if let exception = answer["exceptionDetails"] {
      throw Chromium.Failure(description: "\(expression): \(exception)")
    }
    return (answer["result"] as? [String: Any])?["value"]
  }

  func text(_ selector: String) throws -> String {
    try evaluate("document.querySelector('\(selector)')?.textContent") as? String ?? ""
  }

  func number(_ expression: String) throws -> Double {
    (try evaluate(expression) as? NSNumber)?.doubleValue ?? .nan
  }

  /// The first shown frame whose tooltip or label begins with the text, as an expression.
  static func frame(_ label: String) -> String {
    "[...document.querySelectorAll('.frames > g')].find(g => "
      + "g.querySelector('text')?.textContent === '\(label)')"
  }

  /// Left edge, upper edge, width and height of the frame in the window.
  func place(of label: String) throws -> [Double] {
    let found = try evaluate(
      "(r => r && [r.x, r.y, r.width, r.height])"
        + "(\(Self.frame(label))?.querySelector('rect').getBoundingClientRect())")
    return (found as? [NSNumber])?.map(\.doubleValue) ?? []
  }

  func address() throws -> String { try evaluate("location.href") as? String ?? "" }

  func screenshot(_ path: String) throws {
    let answer = try browser.call("Page.captureScreenshot", ["format": "png"])
    let image = Data(base64Encoded: answer["data"] as? String ?? "") ?? Data()
    try image.write(to: URL(fileURLWithPath: path))
  }

  // MARK: Hands

  func point(at label: String) throws {
    let place = try place(of: label)
    guard place.count == 4 else {
      throw Chromium.Failure(description: "no frame is labelled \(label)")
    }
    try browser.call(
      "Input.dispatchMouseEvent",
      ["type": "mouseMoved", "x": place[0] + min(place[2] / 2, 8), "y": place[1] + place[3] / 2])
  }

  func click(_ label: String) throws { try click(at: try place(of: label), label) }

  func press(button: String) throws {
    let found = try evaluate(
      "(r => r && [r.x, r.y, r.width, r.height])([...document.querySelectorAll('button')]"
        + ".find(b => b.textContent === '\(button)')?.getBoundingClientRect())")
    try click(at: (found as? [NSNumber])?.map(\.doubleValue) ?? [], button)
  }

  private func click(at place: [Double], _ what: String) throws {
    guard place.count == 4, place[2] > 0 else {
      throw Chromium.Failure(description: "nothing to click is called \(what)")
    }
    for type in ["mouseMoved", "mousePressed", "mouseReleased"] {
      try browser.call(
        "Input.dispatchMouseEvent",
        [
          "type": type, "x": place[0] + min(place[2] / 2, 8), "y": place[1] + place[3] / 2,
          "button": type == "mouseMoved" ? "none" : "left", "clickCount": 1,
        ])
    }
  }

  /// Presses a key; `modifiers` are those of the protocol: 2 is Control, 8 is Shift.
  func key(_ key: String, code: Int, modifiers: Int = 0, text: String? = nil) throws {
    var event: [String: Any] = [
      "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers,
      "type": text == nil ? "rawKeyDown" : "keyDown",
    ]
    event["text"] = text
    try browser.call("Input.dispatchKeyEvent", event)
    event["text"] = nil
    event["type"] = "keyUp"
    try browser.call("Input.dispatchKeyEvent", event)
  }

  func type(_ text: String) throws { try browser.call("Input.insertText", ["text": text]) }
}
