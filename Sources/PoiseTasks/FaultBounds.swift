public import PoiseCore

/// Bounds beyond which a simulation is not trusted: the episode ends as a fault.
public struct FaultBounds: Configurable, Hashable {
  /// Largest speed of a body's centre of mass, m/s.
  public var speed = 100.0
  /// Largest angular speed of a body, rad/s.
  public var angularSpeed = 1000.0
  /// Largest distance of a body from the world's origin, m.
  public var distance = 1e4
  /// Largest magnitude of an observation's element, after scale and clip.
  public var observation = 1e6
  /// Largest magnitude of a control step's reward, weights included.
  public var reward = 1e6
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("speed", \.speed, .number(.positive, unit: "m/s"), "Fastest velocity of a body's centre of mass."),
    .key("angularSpeed", \.angularSpeed, .number(.positive, unit: "rad/s"), "Fastest turning of a body."),
    .key("distance", \.distance, .number(.positive, unit: "m"), "Farthest distance of a body from the world's origin."),
    .key(
      "observation", \.observation, .number(.positive),
      "Largest element of an observation, after scale and clip."),
    .key("reward", \.reward, .number(.positive), "Largest reward of a control step, of either sign, weights included."),
  ]
}
