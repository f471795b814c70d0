import Foundation
public import PoiseCore
import PoiseModels
import PoiseSimulation

/// Domain randomisation: properties of the robot and its surroundings, each drawn uniformly when an episode starts.
public struct Randomisation: Configurable, Hashable {
  /// Range of the factor on mass and inertia, drawn for each link on its own.
  public var mass = 1.0...1.0
  /// Range of the factor on all friction coefficients.
  public var friction = 1.0...1.0
  /// Range of the factor on the torque or force of each actuator, drawn for each on its own.
  public var motorStrength = 1.0...1.0
  /// Range of the factor on the noise of all observations.
  public var sensorNoise = 1.0...1.0
  /// Range of the time from an action to its effect, s.
  public var actionDelay = 0.0...0.0
  /// Range of the angle between gravity and the vertical, rad; the direction is random.
  public var gravityTilt = 0.0...0.0
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("mass", \.mass, .range(.above(0, through: 10)), "Factor on mass and inertia of each link, each on its own."),
    .key("friction", \.friction, .range(.from(0, through: 10)), "Factor on all friction."),
    .key(
      "motorStrength", \.motorStrength, .range(.from(0, through: 10)),
      "Factor on the torque or force of each actuator, each on its own; beyond its limit too."),
    .key("sensorNoise", \.sensorNoise, .range(.from(0, through: 100)), "Factor on the noise of all observations."),
    .key(
      "actionDelay", \.actionDelay, .range(.from(0, through: 1), unit: "s"),
      "Time from an action to its effect, rounded to physics steps; until the first one arrives, the action is 0."),
    .key(
      "gravityTilt", \.gravityTilt, .range(.from(0, through: 0.5), unit: "rad"),
      "Angle of gravity from the vertical, in a random direction: a floor that is not level."),
  ]

  /// The largest factor on the noise, for the bounds of observations.
  var largestSensorNoise: Double { sensorNoise.upperBound }
}

/// The properties that were drawn for one episode.
public struct DrawnRandomisation: Sendable, Codable, Hashable {
  /// Factor on mass and inertia, [links].
  public var massScales: [Double]
  /// Factor on all friction coefficients.
  public var frictionScale = 1.0
  /// Factor on torque or force, [actuators].
  public var motorStrengths: [Double]
  /// Factor on the noise of all observations.
  public var sensorNoise = 1.0
  /// Physics steps from an action to its effect.
  public var delaySteps = 0
  /// Gravity, m/s², world frame.
  public var gravity: Vector3
}

extension DrawnRandomisation {
  init(linkCount: Int, actuatorCount: Int, gravity: Vector3) {
    massScales = Array(repeating: 1, count: linkCount)
    motorStrengths = Array(repeating: 1, count: actuatorCount)
    self.gravity = gravity
  }

  /// Draws all properties again; a property that does not vary takes no random number.
  mutating func draw(
    _ ranges: Randomisation, nominalGravity: Vector3, physicsTimeStep: Double, using random: inout RandomStream
  ) {
    func value(_ range: ClosedRange<Double>) -> Double {
      range.lowerBound == range.upperBound ? range.lowerBound : random.uniform(in: range)
    }
    for i in massScales.indices { massScales[i] = value(ranges.mass) }
    frictionScale = value(ranges.friction)
    for i in motorStrengths.indices { motorStrengths[i] = value(ranges.motorStrength) }
    sensorNoise = value(ranges.sensorNoise)
    delaySteps = Int(clamping: (value(ranges.actionDelay) / physicsTimeStep).rounded())
    gravity = nominalGravity
    if ranges.gravityTilt.upperBound > 0 {
      let azimuth = random.uniform(in: -.pi ... .pi)
      let tilt = value(ranges.gravityTilt)
      gravity = Quaternion(angle: tilt, axis: [cos(azimuth), sin(azimuth), 0]).rotate(nominalGravity)
    }
  }

  /// Whether this could have been drawn for the robot that `other` was drawn for.
  func hasShape(of other: Self) -> Bool {
    massScales.count == other.massScales.count && motorStrengths.count == other.motorStrengths.count
      && massScales.allSatisfy { $0 > 0 && $0 <= 1e6 } && motorStrengths.allSatisfy { (0...1e6).contains($0) }
      && (0...1e6).contains(frictionScale) && (0...1e6).contains(sensorNoise) && delaySteps >= 0 && gravity.isFinite
  }

  /// Gives a robot what was drawn.
  func apply(to robot: Robot) {
    for (body, scale) in zip(robot.bodies, massScales) where robot.world.massScale(of: body) != scale {
      robot.world.setMassScale(of: body, to: scale)
    }
    robot.world.frictionScale = frictionScale
    for i in motorStrengths.indices { robot.setStrength(motorStrengths[i], of: i) }
    if robot.world.gravity != gravity { robot.world.gravity = gravity }
  }
}
