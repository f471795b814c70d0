import PoiseCore
public import PoiseEnvironments

/// Generalized advantage estimates of one world's rollout.
///
///     δₜ = rₜ + γ V′ₜ − V(oₜ)        V′ₜ = 0 where the task terminated,
///                                         V(final observation) where the time limit cut the episode,
///                                         V(oₜ₊₁) otherwise, the rollout's last step included
///     Âₜ = δₜ + γ λ Âₜ₊₁              the sum stops where an episode is over
///
/// Source: Schulman et al. 2016, "High-Dimensional Continuous Control Using Generalized Advantage Estimation", eq. 11
/// and 16. Deviation: none. A faulted step belongs to no estimate: its advantage is 0 and must not be used, and the
/// step before it is treated as cut by a time limit, with V of the observation from which the faulted step started.
public enum GeneralizedAdvantage {
  /// Writes advantages in one pass from the last step to the first; allocates nothing.
  ///
  /// - Parameters:
  ///   - rewards: rₜ, [time].
  ///   - values: V(oₜ), [time].
  ///   - nextValues: V of the observation *after* step t and before any reset, [time]; ignored where the task
  ///     terminated.
  ///   - endings: how the episode stood after step t, [time].
  ///   - discountFactor: γ per control step.
  ///   - lambda: λ.
  ///   - advantages: Âₜ, [time].
  public static func write(
    rewards: Span<Float>, values: Span<Float>, nextValues: Span<Float>, endings: Span<EpisodeEnding>,
    discountFactor: Double, lambda: Double, into advantages: inout MutableSpan<Float>
  ) {
    let count = rewards.count
    precondition(
      values.count == count && nextValues.count == count && endings.count == count && advantages.count == count,
      "\(count) rewards, \(values.count) values, \(nextValues.count) next values, \(endings.count) endings")
    let (γ, λ) = (discountFactor, lambda)
    // Âₜ₊₁, or 0 past an end, past a fault and past the rollout.
    var nextAdvantage = 0.0
    for t in stride(from: count - 1, through: 0, by: -1) {
      guard endings[t] != .fault else {
        (advantages[t], nextAdvantage) = (0, 0)
        continue
      }
      let next = endings[t] == .terminated ? 0 : Double(nextValues[t])
      let δ = Double(rewards[t]) + γ * next - Double(values[t])
      nextAdvantage = δ + (endings[t].isOver ? 0 : γ * λ * nextAdvantage)
      advantages[t] = Float(nextAdvantage)
    }
  }

  /// Writes advantages to an array; unlike spans, all of the arrays may be properties of one value.
  public static func write(
    rewards: [Float], values: [Float], nextValues: [Float], endings: [EpisodeEnding], discountFactor: Double,
    lambda: Double, into advantages: inout [Float]
  ) {
    var span = advantages.mutableSpan
    write(
      rewards: rewards.span, values: values.span, nextValues: nextValues.span, endings: endings.span,
      discountFactor: discountFactor, lambda: lambda, into: &span)
  }
}
