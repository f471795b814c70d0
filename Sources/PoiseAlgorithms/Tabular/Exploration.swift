internal import Foundation  // pow
public import PoiseCore

/// ε-greedy exploration: a random choice with probability ε, otherwise the best one; ties are broken at random.
///
/// Source: Sutton and Barto 2018, sections 2.2 and 5.4. ε falls linearly from `initial` to `final` over `decaySteps`
/// actions; if that is 0, ε is always `final`.
public struct EpsilonGreedy: Configurable, Hashable {
  /// ε of the first action, in [0, 1]; without `decaySteps`, `final` holds from the start.
  public var initial = 1.0
  /// ε after the decay, in [0, 1].
  public var final = 0.1
  /// The number of actions over which ε changes linearly; with 0 it is always `final`.
  public var decaySteps = 0

  /// Makes the default parameters.
  public init() {}

  /// Makes a schedule of its parts; parameters are as the properties.
  public init(initial: Double, final: Double, decaySteps: Int) {
    self.initial = initial
    self.final = final
    self.decaySteps = decaySteps
  }

  /// A constant ε, in [0, 1].
  public static func constant(_ epsilon: Double) -> Self { Self(initial: epsilon, final: epsilon, decaySteps: 0) }

  /// The keys of its section.
  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "initial", \.initial, .number(.from(0, through: 1)),
      "ε of the first action; without decaySteps, final holds from the start."),
    .key("final", \.final, .number(.from(0, through: 1)), "ε after the decay."),
    .key(
      "decaySteps", \.decaySteps, .integer(.from(0, through: Int.max), unit: "actions"),
      "Number of actions over which ε changes linearly; with 0 it is always final."),
  ]

  /// ε of an action; actions are counted from 0 over all episodes.
  public func epsilon(at action: Int) -> Double {
    guard action < decaySteps else { return final }
    return initial + (final - initial) * (Double(action) / Double(decaySteps))
  }
}

/// α: the step size of a table's updates, constant or decreasing with the visits of the entry.
///
/// α = initial / N^visitPower, N counted from 1. Powers in (1/2, 1] meet the conditions of Robbins and Monro 1951 under which Q-learning
/// converges (Watkins and Dayan 1992); Even-Dar and Mansour 2003 recommend powers below 1 ("Learning Rates for Q-learning", theorem 4).
public struct LearningRate: Configurable, Hashable, Codable {
  /// α of the first visit, in (0, 1].
  public var initial = 0.1
  /// The power of 1/N by which α decreases, in [0, 1]; 0 for a constant α.
  public var visitPower = 0.0

  /// Makes the default parameters.
  public init() {}

  /// Makes a rate of its parts; parameters are as the properties.
  public init(initial: Double, visitPower: Double = 0) {
    self.initial = initial
    self.visitPower = visitPower
  }

  /// The keys of its section.
  public static let keys: [ConfigurationKey<Self>] = [
    .key("initial", \.initial, .number(.above(0, through: 1)), "α of the first visit of a state and action."),
    .key(
      "visitPower", \.visitPower, .number(.from(0, through: 1)),
      "α decreases with the visits N of an entry as 1/N to this power; 0: constant."),
  ]
}

/// x^y for positive x; the same bits as C's pow.
func power(_ x: Double, _ y: Double) -> Double {
  if y == -0.5 { return 1 / x.squareRoot() }
  if y == -1 { return 1 / x }
  return pow(x, y)
}
