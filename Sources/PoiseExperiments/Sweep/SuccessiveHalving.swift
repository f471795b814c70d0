import PoiseCore

/// Successive halving: how candidates are compared and dropped. Source: Jamieson and Talwalkar 2016, "Non-stochastic
/// Best Arm Identification and Hyperparameter Optimization", algorithm 1, with any share in place of the half, and
/// rungs of any length.
///
/// Candidates are ranked by, most important first:
///  1. seeds whose training failed,
///  2. seeds that have not reached the goal (except for `score`),
///  3. the median of the measure over the seeds, where a seed that missed the goal counts as infinite,
///  4. the median score, the higher the better,
///  5. their numbers, so that the order is always the same.
struct SuccessiveHalving {
  let measure: SweepMeasure
  /// In (0, 1].
  let keptShare: Double

  /// Candidates, the best first.
  ///
  /// - Parameter outcomes: the outcomes of each candidate, [seeds].
  func ranked(_ outcomes: [Int: [TrialOutcome]]) -> [Int] {
    outcomes.map { (number: $0.key, standing: standing($0.value)) }
      .sorted {
        $0.standing == $1.standing
          ? $0.number < $1.number : $0.standing.lexicographicallyPrecedes($1.standing)
      }
      .map(\.number)
  }

  /// How many of `count` candidates are kept: at least one.
  func keptCount(of count: Int) -> Int {
    max(1, Int((Double(count) * keptShare - 1e-9).rounded(.up)))
  }

  /// Numbers to compare, lower is better, most important first.
  private func standing(_ outcomes: [TrialOutcome]) -> [Double] {
    let failures = Double(outcomes.count { $0.failure != nil })
    let missed = Double(outcomes.count { !$0.goalReached })
    let score = median(outcomes.map { $0.score.map { $0.isNaN ? -.infinity : $0 } ?? -.infinity })
    return switch measure {
    case .score: [failures, -score]
    case .goalReached: [failures, missed, -score]
    case .wallSeconds, .processorSeconds, .environmentSteps:
      [failures, missed, median(outcomes.map { $0.timeToGoal(measure) }), -score]
    }
  }

  private func median(_ values: [Double]) -> Double { Quantiles(values)[0.5] }
}

extension TrialOutcome {
  /// Seconds or steps to the goal; infinite where it was not reached or they are unknown.
  func timeToGoal(_ measure: SweepMeasure) -> Double {
    goalReached ? spent(measure) : .infinity
  }

  /// Seconds or steps of the trial; infinite where they are unknown.
  func spent(_ measure: SweepMeasure) -> Double {
    switch measure {
    case .wallSeconds: wallSeconds
    case .processorSeconds: processorSeconds ?? .infinity
    case .environmentSteps, .score, .goalReached: Double(environmentSteps)
    }
  }
}
