public import PoiseCore
import PoiseModels

/// Starts joints at a given position and velocity.
public struct PoseReset: ResetTerm {
  /// Names of the hinges and slides; empty for all.
  public var joints: [String] = []
  /// Where the joints start, rad or m.
  public var position = 0.0
  /// How fast they start, rad/s or m/s.
  public var velocity = 0.0
  public init() {}

  public static let termName = "pose"
  public static let documentation = "Puts joints at a position, with a velocity. May appear in the list several times."
  public static let keys: [ConfigurationKey<Self>] = [
    .joints(\.joints),
    .key("position", \.position, .number(unit: "rad or m"), "Where they start."),
    .key("velocity", \.velocity, .number(unit: "rad/s or m/s"), "How fast."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReset {
    let joints = binder.joints(joints)
    let indices = joints.map(\.index)
    return BoundReset("\(joints.map(\.name).joined(separator: ", ")) at \(position), velocity \(velocity)") {
      [position, velocity] start, _, _ in
      for index in indices {
        start.positions[index] = position
        start.velocities[index] = velocity
      }
    }
  }
}

/// Starts joints at uniformly random positions and velocities in given ranges.
public struct UniformReset: ResetTerm {
  /// Names of the hinges and slides; empty for all.
  public var joints: [String] = []
  /// Range of the positions, rad or m; `nil` keeps the position.
  public var position: ClosedRange<Double>?
  /// Range of the velocities, rad/s or m/s; `nil` keeps the velocity.
  public var velocity: ClosedRange<Double>?
  public init() {}

  public static let termName = "uniform"
  public static let documentation =
    "Draws positions and velocities of joints uniformly from ranges."
  public static let keys: [ConfigurationKey<Self>] = [
    .joints(\.joints),
    .key("position", \.position, .optional(.range(unit: "rad or m")), "null keeps the position."),
    .key("velocity", \.velocity, .optional(.range(unit: "rad/s or m/s")), "null keeps the velocity."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReset {
    let joints = binder.joints(joints)
    let indices = joints.map(\.index)
    let parts = [("position", position), ("velocity", velocity)].compactMap { name, range in
      range.map { "\(name) uniform in \($0.lowerBound) … \($0.upperBound)" }
    }
    return BoundReset("\(joints.map(\.name).joined(separator: ", ")): \(parts.joined(separator: ", "))") {
      [position, velocity] start, random, _ in
      for index in indices {
        if let position { start.positions[index] = random.uniform(in: position) }
        if let velocity { start.velocities[index] = random.uniform(in: velocity) }
      }
    }
  }
}

/// Adds uniform noise to the positions and velocities of joints.
public struct NoiseReset: ResetTerm {
  /// Names of the hinges and slides; empty for all.
  public var joints: [String] = []
  /// Largest shift of the position either way, rad or m.
  public var position = 0.0
  /// Largest change of the velocity either way, rad/s or m/s.
  public var velocity = 0.0
  public init() {}

  public static let termName = "noise"
  public static let documentation =
    "Shifts positions and velocities of joints by uniform random amounts, kept within the limits."
  public static let keys: [ConfigurationKey<Self>] = [
    .joints(\.joints),
    .key("position", \.position, .number(.notNegative, unit: "rad or m"), "Largest shift either way."),
    .key("velocity", \.velocity, .number(.notNegative, unit: "rad/s or m/s"), "Largest change either way."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReset {
    let joints = binder.joints(joints)
    let all = self.joints.isEmpty ? "all joints" : joints.map(\.name).joined(separator: ", ")
    return BoundReset("\(all): position ± \(position), velocity ± \(velocity)") {
      [position, velocity] start, random, _ in
      for joint in joints {
        var q = start.positions[joint.index] + random.uniform(in: -position...position)
        if let limits = joint.limits { q = min(limits.upperBound, max(limits.lowerBound, q)) }
        start.positions[joint.index] = q
        start.velocities[joint.index] += random.uniform(in: -velocity...velocity)
      }
    }
  }
}
