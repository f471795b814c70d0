public import PoiseCore
import PoiseModels

/// Joints start at given positions.
public struct PoseReset: ResetTerm {
  public var joints: [String] = []
  public var position = 0.0
  public var velocity = 0.0
  public init() {}

  public static let termName = "pose"
  public static let documentation = "Puts joints at a position, with a velocity. May stand in the list several times."
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

/// Joints start anywhere in a range.
public struct UniformReset: ResetTerm {
  public var joints: [String] = []
  public var position: ClosedRange<Double>?
  public var velocity: ClosedRange<Double>?
  public init() {}

  public static let termName = "uniform"
  public static let documentation =
    "Draws positions and velocities of joints uniformly from ranges, such as any angle at all."
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

/// Joints start near where they are.
public struct NoiseReset: ResetTerm {
  public var joints: [String] = []
  public var position = 0.0
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
