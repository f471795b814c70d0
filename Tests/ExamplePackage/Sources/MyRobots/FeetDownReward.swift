public import Poise

/// A reward term of one's own: both feet on the ground pay.
public struct FeetDownReward: RewardTerm {
  /// Names of bodies.
  public var feet = ["left_foot", "right_foot"]
  public init() {}

  public static let termName = "feetDown"
  public static let documentation = "Share of the feet that stand on something."
  public static let keys: [ConfigurationKey<Self>] = [
    .key("feet", \.feet, .list(of: .text("the name of a body")), "Which bodies are feet.")
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let feet = binder.contacts(feet, key: "feet")
    return BoundReward(reads: .after, bounds: 0...1) { transition in
      Double(feet.count { transition.after.contactForces[$0].length > 1 }) / Double(feet.count)
    }
  }
}
