public import PoiseCore

/// Bounds of what is believed of a simulation.
public struct FaultBounds: Configurable, Hashable {
  public var speed = 100.0
  public var angularSpeed = 1000.0
  public var distance = 1e4
  public var observation = 1e6
  public var reward = 1e6
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("speed", \.speed, .number(.positive, unit: "m/s"), "Fastest velocity of a body's centre of mass."),
    .key("angularSpeed", \.angularSpeed, .number(.positive, unit: "rad/s"), "Fastest turning of a body."),
    .key("distance", \.distance, .number(.positive, unit: "m"), "Farthest distance of a body from the world's origin."),
    .key(
      "observation", \.observation, .number(.positive),
      "Largest element of an observation, after scale and clip; no learner could make use of it."),
    .key("reward", \.reward, .number(.positive), "Largest reward of a control step, of either sign, weights included."),
  ]
}
