internal import LinuxSystem
internal import Sampling

/// Whether `lynx profile` can sample, and what it will see.
public enum ProfilerChecks {
  /// All of them, in the order people read them; those that take time are last.
  public static func all(_ subject: Subject) -> [Check] {
    all(subject, grants: Shared { Grants.asked(subject.files) })
  }

  static func all(_ subject: Subject, grants: Shared<Grants>) -> [Check] {
    // Memory locked for the rings of one check is missing to the other's.
    let turn = Turn()
    func check(
      _ name: String, _ title: String, deadline: Duration = .seconds(1),
      _ probe: @escaping @Sendable (Subject, Grants) -> Finding
    ) -> Check {
      Check(id: "profiler.\(name)", group: .profiler, title: title, deadline: deadline) {
        probe(subject, grants.value)
      }
    }
    return [
      check("own_process", "samples of own processes") { EventFindings.ownProcess($1) },
      check("kernel_frames", "time in the kernel") { EventFindings.kernelFrames($1) },
      check("event", "what makes a sample") { EventFindings.event($1) },
      check("other_users", "processes of other users") { EventFindings.otherUsers($1) },
      check("whole_cpus", "whole CPUs") { EventFindings.wholeCPUs($1) },
      check("frequency", "samples a second") { EventFindings.frequency($0.files, $1) },
      check("call_chains", "frames the kernel follows") {
        EventFindings.callChains($0.files, $1)
      },
      check("open_files", "files for events") { LimitFindings.openFiles($0, $1) },
      check("paranoid", "kernel.perf_event_paranoid") { SettingFindings.paranoid($0.files, $1) },
      check("capabilities", "capabilities") { SettingFindings.capabilities($1) },
      check("user_namespace", "user namespace") { SettingFindings.userNamespace($1) },
      check("lockdown", "kernel lockdown") { subject, _ in
        SettingFindings.lockdown(subject.files)
      },
      check("ptrace_scope", "kernel.yama.ptrace_scope") { subject, _ in
        SettingFindings.ptraceScope(subject.files)
      },
      check("target", "process to profile", deadline: .seconds(2)) {
        TargetFinding.find($0.pid, $1)
      },
      check("rings", "rings for samples", deadline: .seconds(8)) { _, grants in
        turn.take { LimitFindings.rings(grants) }
      },
      check("kernel_names", "names in the kernel", deadline: .seconds(5)) {
        SettingFindings.kernelNames($0.files, $1)
      },
      check("trial", "a trial sample", deadline: .seconds(8)) { _, grants in
        turn.take { TrialSample.take(grants) }
      },
    ]
  }
}
