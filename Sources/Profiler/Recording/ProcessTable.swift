internal import LinuxSystem
internal import Modules
internal import Sampling

/// What is known of the processes sampled: their address spaces, their threads and names.
struct ProcessTable {
  /// Names that samples are told apart by.
  struct Label: Hashable {
    let process: String
    let thread: String
  }

  private let store: ModuleStore
  private var processes: [ProcessID: Process] = [:]
  private(set) var labels: [Label] = []
  private var labelIndex: [Label: Int] = [:]

  private struct Process {
    var space = AddressSpace()
    var threads: [ProcessID: Thread] = [:]
    var name = ""
  }

  private struct Thread {
    var name: String
    var label: Int?
  }

  init(store: ModuleStore) {
    self.store = store
  }

  /// Reads what /proc says of a process that was there before the recording.
  mutating func adopt(_ id: ProcessID) {
    var process = Process()
    for region in Processes.mappings(of: id) where region.isExecutable {
      let module = store.module(
        path: region.path, buildID: [], process: id, start: region.start, end: region.end)
      process.space.map(
        start: region.start, end: region.end, fileOffset: region.fileOffset, module: module,
        in: store)
    }
    process.name = Processes.name(of: id, thread: id) ?? ""
    for thread in Processes.threads(of: id) {
      process.threads[thread] = Thread(name: Processes.name(of: id, thread: thread) ?? "")
    }
    processes[id] = process
  }

  mutating func apply(_ event: ProcessEvent) {
    switch event {
    case .mapped(let id, let mapping):
      let end = mapping.start &+ mapping.length
      let module = store.module(
        path: mapping.path, buildID: mapping.buildID, process: id, start: mapping.start, end: end)
      processes[id, default: Process()].space.map(
        start: mapping.start, end: end, fileOffset: mapping.fileOffset, module: module, in: store)
    case .named(let id, let thread, let name, let isExec):
      if isExec {
        processes[id] = Process()
      }
      processes[id, default: Process()].threads[thread] = Thread(name: name)
      if thread == id {
        processes[id]?.name = name
        for other in processes[id]?.threads.keys.map({ $0 }) ?? [] {
          processes[id]?.threads[other]?.label = nil
        }
      }
    case .forked(let id, let parent, let thread):
      let born = Thread(name: processes[parent]?.threads[parent]?.name ?? "")
      if id == parent {
        processes[id]?.threads[thread] = born
      } else if let original = processes[parent] {
        var copy = original
        copy.threads = [thread: born]
        processes[id] = copy
      }
    case .exited(let id, let thread):
      processes[id]?.threads[thread] = nil
      if processes[id]?.threads.isEmpty == true { processes[id] = nil }
    }
  }

  /// Gives the address space of a process to read from; one not heard of before is looked up.
  mutating func withSpace<Result>(
    of id: ProcessID, _ body: (inout AddressSpace) -> Result
  ) -> Result {
    if processes[id] == nil { adopt(id) }
    return body(&processes[id, default: Process()].space)
  }

  /// The index in ``labels`` for a thread.
  mutating func label(process id: ProcessID, thread: ProcessID) -> Int {
    if let label = processes[id]?.threads[thread]?.label { return label }
    let threadName =
      processes[id]?.threads[thread]?.name ?? Processes.name(of: id, thread: thread) ?? ""
    let processName = processes[id].map { $0.name.isEmpty ? threadName : $0.name } ?? threadName
    let label = Label(process: processName, thread: threadName)
    let index: Int
    if let known = labelIndex[label] {
      index = known
    } else {
      labels.append(label)
      index = labels.count - 1
      labelIndex[label] = index
    }
    processes[id]?.threads[thread, default: Thread(name: threadName)].label = index
    return index
  }
}
