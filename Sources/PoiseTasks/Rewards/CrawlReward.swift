public import PoiseCore
public import PoiseEnvironments

/// Progress of a body along x, less its deviation along y, in body lengths.
public struct CrawlReward: RewardTerm {
  /// Name of the body; `nil` for the task's upright body.
  public var body: String?
  /// What counts as one body length, m.
  public var length = 1.0
  public init() {}

  public static let termName = "crawl"
  public static let documentation =
    "(Δx − |Δy|) ÷ length of a body in a control step: the distance forwards, less the distance sideways, in body lengths."
  public static let keys: [ConfigurationKey<Self>] = [
    .body(\.body),
    .key("length", \.length, .number(.positive, unit: "m"), "What counts as one body length.", isRequired: true),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let slot = binder.body(body)
    let inverse = 1 / length
    return BoundReward(reads: .between, bounds: -.infinity ... .infinity, metric: .bodyLengthsPerAction) { transition in
      let step = transition.after.bodies[slot].pose.position - transition.before.bodies[slot].pose.position
      return (step.x - abs(step.y)) * inverse
    }
  }
}

extension Metric {
  /// Mean of Δx − |Δy| over the actions, in body lengths.
  public static let bodyLengthsPerAction = Self(
    "body_lengths_per_action", title: "body lengths per action", digits: 4, combination: .sumPerStep,
    headline: "% body lengths per action")
}
