import PoiseCore

/// How candidates are compared and dropped. Source: Jamieson and Talwalkar 2016, "Non-stochastic Best Arm Identification and
/// Hyperparameter Optimization", algorithm 1, with a free share in place of the half and rungs of free length.
///
/// Candidates are ranked, first things first, by
///  1. seeds whose training failed,
///  2. seeds that have not reached the goal (but for `score`),
///  3. the median of the measure over the seeds, a seed that missed the goal counting as infinitely late,
///  4. the median score, the higher the better,
///  5. their numbers, so that the order is always the same.
struct SuccessiveHalving {
  let measure: SweepMeasure
  /// In (0, 1].
  let keptShare: Double

  /// Candidates, the best first.
  ///
  /// - Parameter outcomes: of each candidate, [seeds].
  func ranked(_ outcomes: [Int: [TrialOutcome]]) -> [Int] {
    outcomes.map { (number: $0.key, standing: standing($0.value)) }
      .sorted {
        $0.standing == $1.standing
          ? $0.number < $1.number : $0.standing.lexicographicallyPrecedes($1.standing)
      }
      .map(\.number)
  }

  /// How many of so many go on: one at least.
  func keptCount(of count: Int) -> Int {
    max(1, Int((Double(count) * keptShare - 1e-9).rounded(.up)))
  }

  /// The less, the better, the first element first.
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
  /// Seconds or steps to the goal; infinite where it was not reached, or cannot be told.
  func timeToGoal(_ measure: SweepMeasure) -> Double {
    goalReached ? spent(measure) : .infinity
  }

  /// Seconds or steps; infinite where they cannot be told.
  func spent(_ measure: SweepMeasure) -> Double {
    switch measure {
    case .wallSeconds: wallSeconds
    case .processorSeconds: processorSeconds ?? .infinity
    case .environmentSteps, .score, .goalReached: Double(environmentSteps)
    }
  }
}
