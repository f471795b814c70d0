/// How far the values after a sweep are from the fixed point, told by how much the sweep changed.
///
/// With least change l and largest change u of v′ = T v, and γ < 1,
///
///     v′ + γ/(1−γ) l  ≤  v*  ≤  v′ + γ/(1−γ) u.
///
/// Terminal states change by 0 and count, because what is lost to them earns nothing. The middle of the two is the better estimate, and
/// half of their distance bounds its error. Source: MacQueen 1966, "A Modified Dynamic Programming Method for Markovian Decision Problems";
/// Puterman 1994, theorem 6.6.3. A sweep that is wrong by ρ, for rounding, moves either bound by at most ρ/(1−γ).
struct MacQueenBounds {
  private let factor: Double
  private let discount: Double

  init(discount: Double) {
    self.discount = discount
    factor = discount < 1 ? discount / (1 - discount) : .infinity
  }

  /// What the change alone leaves open.
  func distance(after change: Sweeper.Change) -> Double {
    change.span == 0 && change.least == 0 ? 0 : factor * change.span / 2
  }

  /// The largest distance of the centered values from the fixed point.
  func error(after change: Sweeper.Change, rounding: Double) -> Double {
    discount < 1 ? distance(after: change) + rounding / (1 - discount) : .infinity
  }

  /// Puts the values of all states that are not terminal into the middle of their bounds.
  func center(_ values: inout [Double], after change: Sweeper.Change, rounding: Double, isTerminal: (Int) -> Bool) {
    let middle = (change.least + change.largest) / 2
    // Not where there is nothing but rounding left.
    guard factor.isFinite, abs(middle) > rounding else { return }
    for state in values.indices where !isTerminal(state) { values[state] += factor * middle }
  }
}
