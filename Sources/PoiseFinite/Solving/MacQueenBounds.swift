/// Bounds the distance of the values after a sweep from the fixed point, by the changes in the sweep.
///
/// With least change l and largest change u of v′ = T v, and γ < 1,
///
///     v′ + γ/(1−γ) l  ≤  v*  ≤  v′ + γ/(1−γ) u.
///
/// Terminal states have a change of 0, which counts among the changes. The middle of the two bounds is the better
/// estimate, and half of their distance bounds its error. Source: MacQueen 1966, "A Modified Dynamic Programming Method
/// for Markovian Decision Problems"; Puterman 1994, theorem 6.6.3. A rounding error ρ of the sweep moves either bound
/// by at most ρ/(1−γ).
struct MacQueenBounds {
  private let factor: Double
  private let discount: Double

  init(discount: Double) {
    self.discount = discount
    factor = discount < 1 ? discount / (1 - discount) : .infinity
  }

  /// The error bound without rounding.
  func distance(after change: Sweeper.Change) -> Double {
    change.span == 0 && change.least == 0 ? 0 : factor * change.span / 2
  }

  /// The error bound of the centred values, rounding included.
  func error(after change: Sweeper.Change, rounding: Double) -> Double {
    discount < 1 ? distance(after: change) + rounding / (1 - discount) : .infinity
  }

  /// Moves the values of all states that are not terminal to the middle of their bounds.
  func center(_ values: inout [Double], after change: Sweeper.Change, rounding: Double, isTerminal: (Int) -> Bool) {
    let middle = (change.least + change.largest) / 2
    // A change within rounding moves nothing.
    guard factor.isFinite, abs(middle) > rounding else { return }
    for state in values.indices where !isTerminal(state) { values[state] += factor * middle }
  }
}
