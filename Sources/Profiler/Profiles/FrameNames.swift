/// The names of a valid profile's frames, numbered, so that names are compared and hashed once
/// for each location rather than once for each sample.
struct FrameNames {
  /// Each name once, in the order of first use.
  private(set) var texts: [String] = []
  /// For each of the profile's locations the names of its frames, outermost first.
  private(set) var ofLocation: [[Int]] = []

  var count: Int { texts.count }

  /// - Parameter spelling: how a name is to be written; those that come out the same become one.
  init(_ profile: Profile, spelling: (Profile.Frame, String) -> String = { $1 }) {
    var numbers: [String: Int] = [:]
    ofLocation.reserveCapacity(profile.locations.count)
    var frames: [Profile.Frame] = []
    for location in profile.locations.indices {
      frames.removeAll(keepingCapacity: true)
      profile.appendFrames(ofLocation: location, to: &frames)
      let names = frames.map { frame in
        let text = spelling(frame, profile.name(of: frame))
        if let number = numbers[text] { return number }
        numbers[text] = texts.count
        texts.append(text)
        return texts.count - 1
      }
      ofLocation.append(names)
    }
  }
}
