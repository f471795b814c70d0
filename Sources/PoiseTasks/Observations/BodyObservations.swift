public import PoiseCore
import PoiseEnvironments

/// Observes the height of a body, m.
public struct BodyHeightObservation: ObservationTerm {
  /// The body whose height is observed; `nil` for the task's `uprightBody`.
  public var body: String?
  public init() {}

  public static let termName = "bodyHeight"
  public static let documentation = "Height of a body's origin above the world's."
  public static let keys: [ConfigurationKey<Self>] = [.body(\.body)]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let slot = binder.body(body)
    return BoundObservation([Space.Element(name: "\(binder.bodyName(body))_height", unit: "m")]) {
      $1.append($0.after.bodies[slot].height)
    }
  }
}

/// Observes the direction of gravity in a body's axes, as an inertial sensor reports it.
public struct ProjectedGravityObservation: ObservationTerm {
  /// The body in whose axes gravity is observed; `nil` for the task's `uprightBody`.
  public var body: String?
  public init() {}

  public static let termName = "projectedGravity"
  public static let documentation = "Direction of gravity in the body's axes, a unit vector: (0, 0, −1) upright."
  public static let keys: [ConfigurationKey<Self>] = [.body(\.body)]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let slot = binder.body(body)
    return BoundObservation(.vector(named: "\(binder.bodyName(body))_gravity", unit: "", bounds: -1...1)) {
      $1.append($0.after.bodies[slot].turn.unrotate($0.after.gravityDirection))
    }
  }
}

/// Observes the roll and pitch of a body, rad: the components of its `Tilt`.
public struct RollPitchObservation: ObservationTerm {
  /// The body whose tilt is observed; `nil` for the task's `uprightBody`.
  public var body: String?
  public init() {}

  public static let termName = "rollPitch"
  public static let documentation =
    "Roll and pitch of a body: its tilt, split along the body's x and y axes; continuous."
  public static let keys: [ConfigurationKey<Self>] = [.body(\.body)]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let slot = binder.body(body, needsTilt: true)
    let name = binder.bodyName(body)
    let elements = ["roll", "pitch"].map {
      Space.Element(name: "\(name)_\($0)", unit: "rad", bounds: -.pi ... .pi)
    }
    return BoundObservation(elements) { transition, output in
      let tilt = transition.after.bodies[slot].tilt
      output.append(tilt.roll)
      output.append(tilt.pitch)
    }
  }
}

/// Observes the linear velocity of a body in its own axes, m/s.
public struct LinearVelocityObservation: ObservationTerm {
  /// The body whose velocity is observed; `nil` for the task's `uprightBody`.
  public var body: String?
  public init() {}

  public static let termName = "linearVelocity"
  public static let documentation = "Velocity of a body's origin in the body's axes."
  public static let keys: [ConfigurationKey<Self>] = [.body(\.body)]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let slot = binder.body(body)
    return BoundObservation(.vector(named: "\(binder.bodyName(body))_velocity", unit: "m/s")) {
      let motion = $0.after.bodies[slot]
      $1.append(motion.turn.unrotate(motion.linearVelocity))
    }
  }
}

/// Observes the angular velocity of a body in its own axes, rad/s, as a gyroscope measures it.
public struct AngularVelocityObservation: ObservationTerm {
  /// The body whose angular velocity is observed; `nil` for the task's `uprightBody`.
  public var body: String?
  public init() {}

  public static let termName = "angularVelocity"
  public static let documentation = "Angular velocity of a body in the body's axes."
  public static let keys: [ConfigurationKey<Self>] = [.body(\.body)]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let slot = binder.body(body)
    return BoundObservation(.vector(named: "\(binder.bodyName(body))_angular_velocity", unit: "rad/s")) {
      let motion = $0.after.bodies[slot]
      $1.append(motion.turn.unrotate(motion.angularVelocity))
    }
  }
}

extension [Space.Element] {
  /// Three elements `name_x`, `name_y`, `name_z`.
  static func vector(
    named name: String, unit: String, bounds: ClosedRange<Double> = -.infinity ... .infinity
  ) -> Self {
    ["x", "y", "z"].map { Space.Element(name: "\(name)_\($0)", unit: unit, bounds: bounds) }
  }
}

extension ConfigurationKey {
  /// The key `body` of a term that reads one body.
  static func body(_ property: any WritableKeyPath<Root, String?> & Sendable) -> Self {
    .key("body", property, .optional(.text("the name of a body")), "Which body; null for the task's uprightBody.")
  }

  /// The key `bodies` of a term that reads some bodies; with `isRequired`, at least one.
  static func bodies(
    _ property: any WritableKeyPath<Root, [String]> & Sendable, _ which: String = "Which bodies.",
    isRequired: Bool = false
  ) -> Self {
    let format = ConfigurationFormat.list(of: .text("the name of a body"), count: (isRequired ? 1 : 0)...Int.max)
    return .key("bodies", property, format, which, isRequired: isRequired)
  }
}
