import Foundation
import FoundationXML

/// A picture as an XML parser reads it.
final class ParsedPicture: NSObject, XMLParserDelegate {
  struct Box: Equatable {
    var x = 0.0
    var y = 0.0
    var width = 0.0
    var style = ""
    var tooltip = ""
    var label = ""
  }

  private(set) var boxes: [Box] = []
  private(set) var title = ""
  private(set) var metadata = ""
  private(set) var texts: [String] = []
  private(set) var script = ""
  private(set) var error: (any Error)?
  private var inFrames = false
  private var depth = 0
  private var text = ""

  init(_ svg: [UInt8]) {
    super.init()
    let parser = XMLParser(data: Data(svg))
    parser.delegate = self
    if !parser.parse() { error = parser.parserError ?? CocoaError(.fileReadCorruptFile) }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    depth += 1
    text = ""
    if name == "g", attributes["class"] == "frames" { inFrames = true }
    if inFrames, name == "g", attributes["class"] == nil { boxes.append(Box()) }
    if inFrames, name == "rect", !boxes.isEmpty {
      boxes[boxes.count - 1].x = Double(attributes["x"] ?? "") ?? .nan
      boxes[boxes.count - 1].y = Double(attributes["y"] ?? "") ?? .nan
      boxes[boxes.count - 1].width = Double(attributes["width"] ?? "") ?? .nan
      boxes[boxes.count - 1].style = attributes["class"] ?? ""
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(_ parser: XMLParser, foundCDATA block: Data) {
    text += String(decoding: block, as: UTF8.self)
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    depth -= 1
    switch name {
    case "title" where inFrames: boxes[boxes.count - 1].tooltip = text
    case "title" where depth == 1: title = text
    case "text" where inFrames && !boxes.isEmpty: boxes[boxes.count - 1].label = text
    case "text": texts.append(text)
    case "metadata":
      metadata = text
      inFrames = false
    case "script": script = text
    default: break
    }
    text = ""
  }
}
