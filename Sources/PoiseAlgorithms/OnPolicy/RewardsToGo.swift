public import PoiseEnvironments

/// The discounted sum of the rewards from each step to the end of its episode.
///
///     Rₜ = rₜ + γ Rₜ₊₁              the sum stops where an episode is over, for whatever reason, and at the end of the rollout
///
/// Source: Williams 1992, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning", section 9, whose
/// reinforcement comes at the end of an episode; in this form Sutton and Barto 2018, section 13.3. Nothing is bootstrapped: an episode
/// that ends at a time limit or with the rollout counts as if nothing followed. A faulted step counts 0, and so does what follows it.
public enum RewardsToGo {
  /// Writes the sums in one pass from the last step to the first; allocates nothing.
  ///
  /// - Parameters:
  ///   - rewards: rₜ, [time].
  ///   - endings: whether and how the episode ended with step t, [time].
  ///   - γ: the discount factor, in (0, 1].
  ///   - sums: becomes Rₜ, [time].
  public static func write(
    rewards: Span<Float>, endings: Span<EpisodeEnding>, discountFactor γ: Double, into sums: inout MutableSpan<Float>
  ) {
    let count = rewards.count
    precondition(endings.count == count && sums.count == count, "\(count) rewards, \(endings.count) endings")
    var next = 0.0
    for t in stride(from: count - 1, through: 0, by: -1) {
      let reward = endings[t] == .fault ? 0 : Double(rewards[t])
      next = reward + (endings[t].isOver ? 0 : γ * next)
      sums[t] = Float(next)
    }
  }

  /// The same over arrays, which may all be parts of one value.
  public static func write(
    rewards: [Float], endings: [EpisodeEnding], discountFactor: Double, into sums: inout [Float]
  ) {
    var span = sums.mutableSpan
    write(rewards: rewards.span, endings: endings.span, discountFactor: discountFactor, into: &span)
  }
}
