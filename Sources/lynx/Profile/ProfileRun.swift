import Terminal

/// Records what `plan` says and writes what it asks for.
func runProfile(_ plan: ProfilePlan) throws {
  try plan.outputs.probe()
  throw CommandError(.failed, "recording is not part of this build; build a newer version")
}
