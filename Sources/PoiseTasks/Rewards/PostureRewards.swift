public import PoiseCore

/// Penalises the squared tilt of a body.
public struct TiltReward: RewardTerm {
  /// The body whose tilt counts; `nil` for the task's `uprightBody`.
  public var body: String?
  public init() {}

  public static let termName = "tilt"
  public static let documentation =
    "−(roll² + pitch²) of a body: minus the square of the angle from upright; never positive."
  public static let keys: [ConfigurationKey<Self>] = [.body(\.body)]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let slot = binder.body(body, needsTilt: true)
    return BoundReward(reads: .after, unit: "rad²", bounds: -.pi * .pi...0) { -$0.after.bodies[slot].tilt.squared }
  }
}

/// Rewards every control step that does not terminate the episode.
public struct AliveReward: RewardTerm {
  public init() {}

  public static let termName = "alive"
  public static let documentation = "1 for each control step that does not end in a termination."
  public static let keys: [ConfigurationKey<Self>] = []

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    BoundReward(reads: .after, bounds: 0...1) { $0.isTerminated ? 0 : 1 }
  }
}

/// Each control step pays, the last one, too.
public struct EachStepReward: RewardTerm {
  public init() {}

  public static let termName = "eachStep"
  public static let documentation = "1 for each control step, also for one that ends in a termination."
  public static let keys: [ConfigurationKey<Self>] = []

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    BoundReward(reads: .after, bounds: 1...1) { _ in 1 }
  }
}

/// Rewards the height of a body, up to its height at the start of the episode.
public struct HeightReward: RewardTerm {
  /// The body whose height counts; `nil` for the task's `uprightBody`.
  public var body: String?
  public init() {}

  public static let termName = "height"
  public static let documentation =
    "Height of a body as a share of its height at the start, at most 1; jumping gains nothing."
  public static let keys: [ConfigurationKey<Self>] = [.body(\.body)]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let slot = binder.body(body)
    binder.requireHeight(of: body)
    return BoundReward(reads: .after, bounds: -.infinity...1) {
      min(1, $0.after.bodies[slot].height / $0.startPositions[slot].z)
    }
  }
}

/// Rewards a body that is nearly upright, with a smooth tolerance.
public struct UprightReward: RewardTerm {
  /// The body whose tilt counts; `nil` for the task's `uprightBody`.
  public var body: String?
  /// Tilt up to which the value is 1, rad.
  public var within = 0.1
  /// How far beyond `within` the value is 0.1, rad; 0 for a step.
  public var margin = 1.0
  public init() {}

  public static let termName = "upright"
  public static let documentation =
    "1 while a body's tilt is within a tolerance, falling smoothly to 0.1 at the margin beyond it."
  public static let keys: [ConfigurationKey<Self>] = [
    .body(\.body),
    .key("within", \.within, .number(.from(0, through: .pi), unit: "rad"), "Tilt up to here counts as upright."),
    .key(
      "margin", \.margin, .number(.notNegative, unit: "rad"), "How far beyond, the value is 0.1; 0 for a sharp edge."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let slot = binder.body(body, needsTilt: true)
    return BoundReward(reads: .after, bounds: 0...1) { [within, margin] in
      tolerance($0.after.bodies[slot].tilt.angle, within: 0...within, margin: margin)
    }
  }
}
