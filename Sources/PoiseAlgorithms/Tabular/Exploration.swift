internal import Foundation  // pow
public import PoiseCore

/// ε-greedy: a random choice with probability ε, else the best one; ties are broken at random.
///
/// Source: Sutton and Barto 2018, sections 2.2 and 5.4. ε falls linearly from `initial` to `final` over `decaySteps` actions; with 0 of them it
/// is `final` all along.
public struct EpsilonGreedy: Configurable, Hashable {
  public var initial = 1.0
  public var final = 0.1
  public var decaySteps = 0

  public init() {}

  public init(initial: Double, final: Double, decaySteps: Int) {
    self.initial = initial
    self.final = final
    self.decaySteps = decaySteps
  }

  /// The same ε for ever.
  public static func constant(_ epsilon: Double) -> Self { Self(initial: epsilon, final: epsilon, decaySteps: 0) }

  public static let keys: [ConfigurationKey<Self>] = [
    .key("initial", \.initial, .number(.from(0, through: 1)), "ε of the first action."),
    .key("final", \.final, .number(.from(0, through: 1)), "ε once it has decayed."),
    .key(
      "decaySteps", \.decaySteps, .integer(.from(0, through: Int.max), unit: "actions"),
      "Over how many actions ε falls linearly; with 0 it is final all along."),
  ]

  /// ε of an action, counted from 0 over all episodes.
  public func epsilon(at action: Int) -> Double {
    guard action < decaySteps else { return final }
    return initial + (final - initial) * (Double(action) / Double(decaySteps))
  }
}

/// α: how far a table moves towards a target; constant, or falling with the visits of the entry.
///
/// α = initial / N^visitPower, N counted from 1. Powers in (1/2, 1] meet the conditions of Robbins and Monro 1951 under which Q-learning
/// converges (Watkins and Dayan 1992); Even-Dar and Mansour 2003 recommend powers below 1 ("Learning Rates for Q-learning", theorem 4).
public struct LearningRate: Configurable, Hashable, Codable {
  public var initial = 0.1
  public var visitPower = 0.0

  public init() {}

  public init(initial: Double, visitPower: Double = 0) {
    self.initial = initial
    self.visitPower = visitPower
  }

  public static let keys: [ConfigurationKey<Self>] = [
    .key("initial", \.initial, .number(.above(0, through: 1)), "α of the first visit of a state and action."),
    .key(
      "visitPower", \.visitPower, .number(.from(0, through: 1)),
      "α falls with the visits N of its entry as 1/N to this power; 0 for never."),
  ]
}

/// x^y for positive x; the same bits as C's pow.
func power(_ x: Double, _ y: Double) -> Double {
  if y == -0.5 { return 1 / x.squareRoot() }
  if y == -1 { return 1 / x }
  return pow(x, y)
}
