internal import Foundation  // pow
public import PoiseCore

/// ε-greedy exploration: a random choice with probability ε, otherwise the best one; ties are broken at random.
///
/// Source: Sutton and Barto 2018, sections 2.2 and 5.4. ε falls linearly from `initial` to `final` over `decaySteps`
/// actions; if that is 0, ε is always `final`.
public struct EpsilonGreedy: Configurable, Hashable {
  /// ε of the first action, in [0, 1].
  public var initial = 1.0
  /// ε after the decay, in [0, 1].
  public var final = 0.1
  /// The number of actions over which ε changes linearly; with 0 it is always `final`.
  public var decaySteps = 0

  public init() {}

  /// Makes a schedule of its parts; parameters are as the properties.
  public init(initial: Double, final: Double, decaySteps: Int) {
    self.initial = initial
    self.final = final
    self.decaySteps = decaySteps
  }

  /// A constant ε, in [0, 1].
  public static func constant(_ epsilon: Double) -> Self { Self(initial: epsilon, final: epsilon, decaySteps: 0) }

  public static let keys: [ConfigurationKey<Self>] = [
    .key("initial", \.initial, .number(.from(0, through: 1)), "ε of the first action."),
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
public struct LearningRate: Configurable, Hashable {
  /// α of the first visit, in (0, 1].
  public var initial = 0.1
  /// The power of 1/N by which α decreases, in [0, 1]; 0 for a constant α.
  public var visitPower = 0.0

  public init() {}

  /// Makes a rate of its parts; parameters are as the properties.
  public init(initial: Double, visitPower: Double = 0) {
    self.initial = initial
    self.visitPower = visitPower
  }

  public static let keys: [ConfigurationKey<Self>] = [
    .key("initial", \.initial, .number(.above(0, through: 1)), "α of the first visit of a state and action."),
    .key(
      "visitPower", \.visitPower, .number(.from(0, through: 1)),
      "α decreases with the visits N of an entry as 1/N to this power; 0: constant."),
  ]
}

/// The table Q(s,a), one number for each choice of the problem, and α of each entry.
public struct ActionValueTable: Sendable, Hashable {
  /// Q, [choices].
  public var values: [Double]
  /// The number of updates of each entry, [choices]; empty if α is constant.
  public private(set) var visits: [Int32]
  private let rate: LearningRate

  /// Makes a table in which all entries are equal.
  ///
  /// - Parameters:
  ///   - problem: gives the number of entries.
  ///   - rate: α.
  ///   - initialValue: Q of all entries.
  public init(_ problem: FiniteProblem, rate: LearningRate = LearningRate(), initialValue: Double = 0) {
    self.rate = rate
    values = [Double](repeating: initialValue, count: problem.choiceCount)
    visits = rate.visitPower == 0 ? [] : [Int32](repeating: 0, count: problem.choiceCount)
  }

  /// Q of a choice.
  public subscript(choice: Int) -> Double { values[choice] }

  /// The largest Q of a state; 0 for a terminal one.
  @inline(__always)
  public func best(_ state: Int, _ problem: FiniteProblem) -> Double {
    let range = problem.choices(of: state)
    guard !range.isEmpty else { return 0 }
    var best = values[range.lowerBound]
    for choice in range.dropFirst() where values[choice] > best { best = values[choice] }
    return best
  }

  /// Counts an update of an entry and gives its α.
  @inline(__always)
  public mutating func nextRate(_ choice: Int) -> Double {
    guard !visits.isEmpty else { return rate.initial }
    visits[choice] &+= 1
    return rate.initial * power(Double(visits[choice]), -rate.visitPower)
  }

  /// Q(c) ← Q(c) + α (target − Q(c)).
  @inline(__always)
  public mutating func move(_ choice: Int, towards target: Double) {
    values[choice] += nextRate(choice) * (target - values[choice])
  }

  /// An ε-greedy choice in a state that is not terminal. One draw of 64 bits: the upper half decides whether to
  /// explore, the lower half which choice to take.
  @inline(__always)
  public func choose(_ state: Int, _ problem: FiniteProblem, epsilon: Double, random: inout RandomStream) -> Int {
    let range = problem.choices(of: state)
    let bits = random.next()
    let low = UInt32(truncatingIfNeeded: bits)
    func pick(_ count: Int) -> Int { Int((UInt64(low) &* UInt64(count)) >> 32) }
    if Double(bits >> 32) * 0x1p-32 < epsilon { return range.lowerBound + pick(range.count) }
    var best = range.lowerBound
    var ties = 1
    for choice in range.dropFirst() {
      if values[choice] > values[best] {
        (best, ties) = (choice, 1)
      } else if values[choice] == values[best] {
        ties += 1
      }
    }
    if ties == 1 { return best }
    var skip = pick(ties)
    for choice in best..<range.upperBound where values[choice] == values[best] {
      if skip == 0 { return choice }
      skip -= 1
    }
    return best
  }

  /// Σ_a π(a|s) Q(s,a) of the ε-greedy policy; 0 for a terminal state.
  func expectation(_ state: Int, _ problem: FiniteProblem, epsilon: Double) -> Double {
    let range = problem.choices(of: state)
    guard !range.isEmpty else { return 0 }
    let sum = range.reduce(0) { $0 + values[$1] }
    return epsilon * sum / Double(range.count) + (1 - epsilon) * best(state, problem)
  }
}

/// x^y for positive x; the same bits as C's pow.
func power(_ x: Double, _ y: Double) -> Double {
  if y == -0.5 { return 1 / x.squareRoot() }
  if y == -1 { return 1 / x }
  return pow(x, y)
}
