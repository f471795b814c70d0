public import PoiseCore
public import PoiseEnvironments

/// A named part of the reward.
///
/// The values of all terms are added, so a cost returns values of at most 0. Weights belong to the task, not to the term.
public protocol RewardTerm: ConfigurableTerm {
  /// Resolves names; called once, before any episode.
  func bind(_ binder: inout TermBinder) -> BoundReward
}

/// A reward term bound to a robot.
public struct BoundReward: Sendable {
  /// The state that a reward term reads.
  public enum Moment: String, Sendable {
    /// The state in which the action was chosen, as in Gymnasium's Pendulum-v1.
    case before
    /// The state to which the action led.
    case after
    /// Both, or what happened between them.
    case between
  }

  /// The state or states that the term reads.
  public var moment: Moment
  /// Unit of the value without its weight, as SI symbols; empty for a dimensionless one.
  public var unit: String
  /// Bounds of the value without its weight.
  public var bounds: ClosedRange<Double>
  /// The metric that shows the mean of the value over control steps; `nil` for none.
  public var metric: Metric?
  /// The value of a transition, without the weight.
  public var evaluate: @Sendable (_ transition: borrowing Transition) -> Double

  /// A bound term, from what the properties of the same names explain.
  public init(
    reads moment: Moment, unit: String = "", bounds: ClosedRange<Double>, metric: Metric? = nil,
    evaluate: @escaping @Sendable (_ transition: borrowing Transition) -> Double
  ) {
    self.moment = moment
    self.unit = unit
    self.bounds = bounds
    self.metric = metric
    self.evaluate = evaluate
  }
}

/// A reward term of a task with its weight; in files `name: {own keys, weight}`.
public struct Reward: Sendable, Hashable {
  /// The term itself.
  public var term: any RewardTerm
  /// Factor on the term's value in each control step.
  public var weight: Double

  /// Wraps a term with its weight.
  public init(_ term: any RewardTerm, weight: Double = 1) {
    self.term = term
    self.weight = weight
  }

  /// The name of the term in scenario files.
  public var name: String { type(of: term).termName }

  public static func == (a: Self, b: Self) -> Bool {
    AnyHashable(a.term) == AnyHashable(b.term) && a.weight == b.weight
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(AnyHashable(term))
    hasher.combine(weight)
  }

  /// How a term type is written with its weight.
  public static func configurationCase<Term: RewardTerm>(_ type: Term.Type) -> ConfigurationCase<Self> {
    ConfigurationCase(
      Term.termName, Term.documentation,
      wrap: { (weighted: Weighted<Term>) in Self(weighted.term, weight: weighted.weight) },
      unwrap: { reward in
        guard let term = reward.term as? Term else { return nil }
        var weighted = Weighted<Term>()
        (weighted.term, weighted.weight) = (term, reward.weight)
        return weighted
      })
  }
}

/// A term's own keys and its weight on one level.
struct Weighted<Term: RewardTerm>: Configurable {
  var term = Term()
  var weight = 1.0
  init() {}

  static var keys: [ConfigurationKey<Self>] {
    [.key("weight", \.weight, .number(), "Factor on the term's value in each control step.")]
      + Term.keys.map { $0.lifted(through: \.term) }
  }

  func crossChecks(_ checks: inout ConfigurationChecks) { term.crossChecks(&checks) }
}
