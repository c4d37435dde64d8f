import Foundation
import Testing

@Suite("The options of lynx profile")
struct ProfileArgumentTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test(
    "what cannot be meant is refused with code 64, the reason, and nothing left behind",
    arguments: [
      ("-p 1 --scenario create", "-p and --scenario exclude each other"),
      ("--scenario sleep", "'sleep' is not a scenario; there are redirect-hot"),
      ("-p 1 --database-url sqlite://x", "add --scenario"),
      ("--scenario create --delay 1s", "leave --delay out"),
      ("--scenario create,list -o a.svg", "name one directory"),
      ("--scenario create,list --artifact a", "name one directory"),
      ("-p 1 --tid 1", "-p and --tid exclude each other"),
      ("-p 1 -- true", "-p and -- COMMAND exclude each other"),
      ("--tid 1 -- true", "--tid and -- COMMAND exclude each other"),
      ("-p 0", "'0' is not a process or thread number"), ("-p=-4", "'-4' is not a process"),
      ("-p 1,,2", "'' is not a process"), ("-p x", "'x' is not a process"),
      ("-p 99999999999", "is not a process"), ("-p +1", "'+1' is not a process"),
      ("-p", "missing value for '-p'"), ("-qp", "missing value for '-p'"),
      ("-p 1 -F 0", "0 Hz cannot be sampled"), ("-p 1 -F 2M", "2000000 Hz cannot be sampled"),
      ("-p 1 -F fast", "digit"), ("-p 1 -F-1", "negative"),
      ("-p 1 -d 5x", "'x' is not a unit of time"), ("-p 1 -d-5", "negative"),
      ("-p 1 -d 0", "records nothing"), ("-p 1 --delay 1h1h", "large to small"),
      ("-p 1 -d 99999999999999999999h", "longer than can be measured"),
      ("-p 1 --stack-size 64k", "the kernel copies 1k to 65528"),
      ("-p 1 --stack-size 1001", "steps of 8"), ("-p 1 --stack-size 8", "steps of 8"),
      ("-p 1 --call-graph lbr", "'auto', 'dwarf' or 'fp'"),
      ("-p 1 --kernel maybe", "'auto', 'yes' or 'no'"), ("-p 1 --palette mud", "language"),
      ("-p 1 --color sometimes", "'auto', 'always' or 'never'"),
      ("-p 1 --width 5", "from 200 to"), ("-p 1 --min-width=-1", "not negative"),
      ("-p 1 --min-width nan", "not negative"),
      ("-p 1 -o x.png", ".svg, .folded, .txt or .pb.gz"), ("-p 1 -o -", "--artifact -"),
      ("-p 1 -o=", "-o needs the name of a file"), ("-p 1 -o x.svg -o x.svg", "two things"),
      ("-p 1 --artifact a --no-artifact", "exclude each other"),
      ("-p 1 --artifact - --json", "two things would be written to standard output"),
      ("-p 1 --history", "missing value for '--history"),
      ("-p 1 --history=", "--history needs a directory"),
      ("-p 1 --history d -o x.svg", "--history and -o exclude each other"),
      ("--scenario all --history d -o e/", "--history and -o exclude each other"),
      ("-p 1 --history d --artifact a", "--history and --artifact exclude each other"),
      ("-p 1 --history d --no-artifact", "--history and --no-artifact exclude each other"),
      ("-p 1 --json x.svg", "does not end in .json"), ("-p 1 -q -v", "exclude each other"),
      ("-p 1 --durration 5", "did you mean '--duration'?"), ("-p 1 --nonsense", "unknown option"),
      ("-p 1 -Z", "unknown option '-Z'"), ("---p", "invalid option"),
      ("-p 1 -=x", "invalid option"),
      ("sleep 5", "lynx profile -- sleep"), ("sleep", "lynx profile -- sleep"),
      ("-d 3 make all", "lynx profile -- make"),
    ])
  func refused(line: String, reason: String) throws {
    let arguments = line.split(separator: " ").map(String.init)
    let result = try Executable.run(["profile"] + arguments, in: directory)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("lynx profile: "), "\(result.errors)")
    #expect(result.errors.contains(reason), "\(result.errors)")
    #expect(result.errors.hasSuffix("See 'lynx profile --help'.\n"))
    #expect(try directory.names == [])
  }

  @Test(
    "what is meant is understood, joined or not",
    arguments: [
      "-p PID", "-pPID", "-p PID,PID", "-p=PID", "--pid PID", "--tid PID", "-F99 -d30ms -pPID",
      "-F 50k -d 0.03 -p PID", "-F=99 -d=30ms -p PID", "-p PID -oa=b.svg", "-p PID -ohello.svg",
      "-p PID -o a.svg -o a.folded -o a.txt -o a.pb.gz", "-p PID --json", "-p PID --json=-",
      "-p PID --json r.json", "-p PID --json -q", "--json -- true -p --help", "-q -- true -x --",
      "-p PID --stack-size 65528", "-p PID --stack-size 1k --call-graph dwarf",
      "-p PID --call-graph fp --kernel no --no-inline --no-demangle", "-p PID --title= --subtitle=",
      "-p PID --title=a=b --width 800 --inverted --reverse --min-width 1 --search ^main$",
      "-p PID --artifact - ", "-p PID --no-artifact", "-p PID --delay 1ms", "-p PID --color never",
    ])
  func understood(line: String) throws {
    let sleeper = Process()
    sleeper.executableURL = URL(fileURLWithPath: "/bin/sleep")
    sleeper.arguments = ["30"]
    try sleeper.run()
    defer { sleeper.terminate() }
    var line = line.replacing("PID", with: String(sleeper.processIdentifier))
    // Nothing may wait for the end of the sleeper.
    if line.contains("-p") || line.contains("--tid"), !line.contains("-d"), !line.contains("-- ") {
      line += " -d 20ms"
    }
    let arguments = line.split(separator: " ").map(String.init)
    let result = try Executable.run(["profile"] + arguments, in: directory)
    // Whether recording is possible here is not the question.
    #expect(result.status != 64, "\(result.errors)")
  }

  @Test("outputs that cannot be written are refused before anything is recorded")
  func unwritable() throws {
    for path in ["none/out.svg", "/proc/none/out.svg"] {
      let result = try Executable.run(
        ["profile", "-o", path, "--", "touch", "started"], in: directory)
      #expect(result.status == 73)
      #expect(result.errors.contains("cannot write '\(path)'"))
    }
    #expect(try directory.names == [])
  }
}
