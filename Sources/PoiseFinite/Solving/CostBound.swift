extension FiniteProblem {
  /// A bound of the distance of values from V* where γ is 1 and every choice has a cost.
  ///
  /// Let |T V − V| ≤ ρ everywhere, and let every choice cost c on average at least, c > ρ. Then, with m = max −V,
  ///
  ///     |V − V*| ≤ ρ m / (c − ρ).
  ///
  /// For the policy π that is greedy in V, V = T_π V − e with |e| ≤ ρ. If π never ended from some state, then on the states that it keeps to, the
  /// mean of r − e would have to be 0, but it is at most −(c − ρ). So π ends, after N_π actions on average; V = E Σ (r − e) gives
  /// (c − ρ) N_π ≤ −V, and V* ≥ V^π ≥ V − ρ N_π. From above V* ≤ V + ρ N*, and c N* ≤ −V* ≤ m + ρ m / (c − ρ) = c m / (c − ρ).
  ///
  /// - Parameters:
  ///   - values: V, [states].
  ///   - residual: ρ, rounding included.
  /// - Returns: 0 without a choice; infinity where a choice costs no more than ρ, or where there is a discount.
  func costBound(_ values: [Double], residual: Double) -> Double {
    guard discount == 1 else { return .infinity }
    // Without a choice every state is terminal, and its value is exact.
    guard let dearest = expectedRewards.max() else { return 0 }
    let cost = -dearest
    guard cost > residual else { return .infinity }
    let largest = values.reduce(0) { max($0, -$1) }
    return residual * largest / (cost - residual)
  }
}
