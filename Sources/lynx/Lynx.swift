import ArgumentParser

@main
struct Lynx: ParsableCommand {
  func run() throws { print("lynx") }
}
