/// The manual page of a command: examples first, as its help has them.
struct ManualPage {
  let command: CommandTree.Command
  /// All commands that have a page.
  let pages: [String]
  let notes: ManualNotes

  /// Of the page's file.
  var fileName: String { "\(command.page).1" }

  var text: String {
    let discussion = Discussion(command.discussion ?? "")
    var page = Roff()
    page.header(command.page, date: ManualNotes.date, source: "Lynx")
    page.section("Name")
    page.name(command.page, Self.phrase(command.abstract ?? ""))
    page.section("Synopsis")
    page.synopsis(command)
    if !discussion.examples.isEmpty {
      page.section("Examples")
      for example in discussion.examples { page.example(example.command, example.meaning) }
    }
    let settings = discussion.lists.filter { $0.heading.contains("environment") }
    let lists = discussion.lists.filter { !$0.heading.contains("environment") }
    page.section("Description")
    page.paragraph((notes.descriptions[command.page] ?? command.abstract) ?? "")
    for paragraph in discussion.paragraphs { page.paragraph(paragraph) }
    commands(&page)
    for list in lists {
      page.section(list.heading)
      page.rows(list.rows)
    }
    options(&page)
    environment(&page, settings)
    page.items("Files", notes.files[command.page] ?? [])
    page.items("Exit status", exitStatus(discussion))
    page.section("See also")
    page.paragraph(
      pages.filter { $0 != command.page }.map { "\($0)(1)" }.joined(separator: ", ")
        + ((notes.seeAlso[command.page]).map { ", " + $0 } ?? ""))
    return page.text
  }

  private func commands(_ page: inout Roff) {
    let commands = (command.subcommands ?? []).filter(\.shouldDisplay)
    if commands.isEmpty { return }
    page.section("Commands")
    for command in commands { page.item(Roff.bold(command.typed), command.abstract ?? "") }
  }

  private func options(_ page: inout Roff) {
    let arguments = (command.arguments ?? []).filter(\.shouldDisplay)
    var titles: [String?] = []
    for argument in arguments where !titles.contains(argument.sectionTitle) {
      titles.append(argument.sectionTitle)
    }
    // What belongs to no group is the command's own words, --version and --help.
    for isPositional in [true, false] {
      let rest = arguments.filter {
        $0.sectionTitle == nil && ($0.kind == .positional) == isPositional
      }
      if isPositional {
        if rest.isEmpty { continue }
        page.section("Arguments")
        for argument in rest { page.item(argument.term, argument.meaning) }
      } else {
        page.section("Options")
        for argument in rest where titles.count == 1 { page.item(argument.term, argument.meaning) }
        for case let title? in titles {
          page.subsection(title)
          for argument in arguments where argument.sectionTitle == title {
            page.item(argument.term, argument.meaning)
          }
        }
        if titles.count > 1 {
          for argument in rest { page.item(argument.term, argument.meaning) }
        }
      }
    }
  }

  private func environment(_ page: inout Roff, _ settings: [Discussion.List]) {
    page.section("Environment")
    for list in settings {
      page.paragraph("\(list.heading).")
      for row in list.rows { page.item(Roff.bold(row.meaning), row.command.joined(separator: " ")) }
    }
    for note in (notes.environment[command.page] ?? []) + notes.commonEnvironment {
      page.item(Roff.bold(note.name), note.meaning)
    }
  }

  private func exitStatus(_ discussion: Discussion) -> [ManualNotes.Note] {
    discussion.exitCodes.isEmpty
      ? notes.commonExitStatus
      : discussion.exitCodes.map { ManualNotes.Note($0.code, $0.meaning) }
  }

  /// An abstract as `man -k` wants it: no sentence.
  private static func phrase(_ sentence: String) -> String {
    let phrase = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
    return phrase.prefix(1).lowercased() + phrase.dropFirst()
  }
}

extension Roff {
  fileprivate mutating func synopsis(_ command: CommandTree.Command) {
    var parts = [Roff.bold(command.typed)]
    let arguments = (command.arguments ?? []).filter { $0.shouldDisplay && $0.kind == .positional }
    if command.subcommands?.contains(where: \.shouldDisplay) == true {
      parts.append(Roff.italic("command"))
    }
    parts.append("[" + Roff.italic("options") + "]")
    for argument in arguments {
      var part = Roff.italic(argument.valueName ?? "")
      if argument.parsingStrategy == "postTerminator" {
        part = Roff.bold("--") + " " + part
      } else if argument.isRepeating {
        part += "..."
      }
      parts.append(argument.isOptional ? "[\(part)]" : part)
    }
    paragraph(raw: parts.joined(separator: " "))
  }

  fileprivate mutating func items(_ title: String, _ notes: [ManualNotes.Note]) {
    if notes.isEmpty { return }
    section(title)
    for note in notes { item(Roff.bold(note.name), note.meaning) }
  }

  fileprivate mutating func rows(_ rows: [Discussion.Example]) {
    for row in rows { item(Roff.bold(row.command.joined(separator: " ")), row.meaning) }
  }
}

extension CommandTree.Argument {
  /// How it is typed, in roff.
  fileprivate var term: String {
    let value = valueName.map { Roff.italic($0) } ?? ""
    switch kind {
    case .positional: return value
    case .flag: return (names ?? []).map { Roff.bold($0.typed) }.joined(separator: ", ")
    case .option:
      return (names ?? []).map { Roff.bold($0.typed) }.joined(separator: ", ") + " " + value
    }
  }
}
