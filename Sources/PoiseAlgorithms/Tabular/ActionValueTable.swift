public import PoiseFinite
public import PoiseCore

/// The table Q(s,a), one number for each choice of the problem, and α of each entry.
public struct ActionValueTable: Sendable, Hashable, Codable {
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

  /// Whether a table that came from a file is one that this could have become.
  func accepts(_ table: Self) -> Bool {
    table.values.count == values.count && table.visits.count == visits.count && table.rate == rate
      && table.values.allSatisfy(\.isFinite) && table.visits.allSatisfy { $0 >= 0 }
  }

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
