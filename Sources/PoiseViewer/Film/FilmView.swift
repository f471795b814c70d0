public import PoiseCore

/// From where a film shows the robot: a direction, and the picture is as large as the robot and its motion need.
public enum FilmView: Hashable, Sendable {
  /// As the page shows it: from a corner, a little above.
  case corner
  /// Along the horizontal axis about which most joints turn.
  case side
  /// At right angles to `side`: what moves forward comes towards the camera.
  case front
  /// From behind.
  case back
  /// From above.
  case top
  /// From a direction, degrees: the azimuth from the x axis towards the y axis, the elevation above the ground.
  case direction(azimuth: Double, elevation: Double)

  private static let named: [(name: String, view: Self)] = [
    ("corner", .corner), ("side", .side), ("front", .front), ("back", .back), ("top", .top),
  ]

  /// Finds a view by its name, or by `AZIMUTH,ELEVATION`.
  ///
  /// - Throws: `InvalidInput` that says which there are.
  public init(_ text: String) throws(InvalidInput) {
    if let known = Self.named.first(where: { $0.name == text }) {
      self = known.view
      return
    }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    if numbers.count == 2, let azimuth = numbers[0], let elevation = numbers[1], abs(azimuth) <= 360,
      (-90...90).contains(elevation)
    {
      self = .direction(azimuth: azimuth, elevation: elevation)
      return
    }
    throw InvalidInput(
      Problem(
        file: "--camera", found: "'\(text)'",
        allowed: "\(Self.named.map(\.name).joined(separator: ", ")), or azimuth and elevation in degrees such as 30,15",
        remedy: suggestion(for: text, among: Self.named.map(\.name))))
  }

  /// Azimuth and elevation, rad.
  ///
  /// - Parameter looksAlongY: whether most joints turn about the y axis, and not about x.
  func angles(looksAlongY: Bool) -> (azimuth: Double, elevation: Double) {
    // Forward is along x where joints turn about y.
    let forward = looksAlongY ? 0.0 : .pi / 2
    return switch self {
    case .corner: (-0.95, 0.2)
    case .side: (forward - .pi / 2, 0.08)
    case .front: (forward, 0.08)
    case .back: (forward + .pi, 0.08)
    case .top: (-.pi / 2, .pi / 2)
    case .direction(let azimuth, let elevation): (azimuth / 180 * .pi, elevation / 180 * .pi)
    }
  }
}
