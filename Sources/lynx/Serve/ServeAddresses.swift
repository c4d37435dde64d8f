import LinuxSystem
import Terminal

/// Where `lynx serve` is to listen: names looked up, and no place asked for twice.
struct ServeAddresses {
  struct Place {
    var host: String
    var port: Int
    /// The options that say so.
    var settings: (host: ServeSetting, port: ServeSetting)
    var address: ResolvedAddress

    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  private var places: [Place] = []
  private let values: ServeValues

  init(_ values: ServeValues) { self.values = values }

  mutating func add(
    _ host: String, _ port: Int, _ settings: (host: ServeSetting, port: ServeSetting)
  ) throws(CommandError) {
    let address: ResolvedAddress
    do throws(SystemCallError) {
      address = try ResolvedAddress(host: host, port: port)
    } catch {
      throw try values.refusal(
        settings.host,
        "the name \(quoted(host)) cannot be resolved; write an address of this machine, for example "
          + "127.0.0.1")
    }
    let place = Place(host: host, port: port, settings: settings, address: address)
    if let other = places.first(where: { $0.address.overlaps(address) }) {
      throw try refusal(place, other)
    }
    places.append(place)
  }

  private func refusal(_ place: Place, _ other: Place) throws(CommandError) -> CommandError {
    if place.settings.host == other.settings.host {
      return try values.refusal(
        place.settings.host,
        "\(other.text) and \(place.text) are the same place or one is within the other; leave one out"
      )
    }
    let ports = [other.settings.port, place.settings.port]
    var code = ExitCode.config
    for setting in ports where try values.sources.find(setting)?.origin.code == .usage {
      code = .usage
    }
    return CommandError(
      code,
      "redirects at \(other.text) and the API at \(place.text) would be in each other's way; give "
        + "\(ports[0].option) and \(ports[1].option) different ports")
  }
}
