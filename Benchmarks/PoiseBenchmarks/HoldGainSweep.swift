import PoiseControl
public import PoiseCore
public import PoiseNetworks
import PoiseScenarios

/// The scores of the `hold` baseline for a grid of gains on a scenario's tuning seed. The scenarios' gains come from here.
///
/// Settings are compared as checkpoints are, by survival, then by the tilt reward. The grid is geometric, and wide
/// enough that the best gains are inside it: a best setting at its edge means that the grid is too small.
///
/// - Parameters:
///   - path: the scenario file.
///   - stiffnesses: values of `hold.stiffness`, 1/rad or 1/m.
///   - dampings: values of `hold.damping`, s/rad or s/m.
///   - episodes: number of episodes of each evaluation.
///   - instructionSet: the instruction set of the evaluation; the baseline has no network, so it changes no result.
///   - pool: the threads; their number changes no result.
/// - Returns: the best ten, the best first.
public func holdGainSweep(
  _ path: String, stiffnesses: [Double] = [1, 2, 4, 8, 16, 32, 64],
  dampings: [Double] = [0, 0.00625, 0.0125, 0.025, 0.05, 0.1, 0.2, 0.4], episodes: Int = 40,
  instructionSet: InstructionSet, pool: WorkerPool
) throws -> BenchmarkReport {
  var report = BenchmarkReport(title: "hold-gains")
  var tried: [(name: String, result: EvaluationResult)] = []
  for target in HoldGains.Target.allCases {
    for stiffness in stiffnesses {
      for damping in dampings {
        let loaded = try LoadedScenario(
          contentsOf: path,
          overrides: ["hold.target=\(target)", "hold.stiffness=\(stiffness)", "hold.damping=\(damping)"])
        let seed = loaded.settings.evaluation.tuningSeed
        report.conditions = ["scenario": loaded.name, "episodes": "\(episodes)", "seed for tuning": "\(seed)"]
        let evaluation = Evaluation(loaded, episodes: episodes, seed: seed, instructionSet: instructionSet)
        tried.append(
          ("\(target), \(stiffness), \(damping)", try evaluation.run(.baseline(.hold), pool: pool)))
      }
    }
  }
  tried.sort {
    ($0.result.survivalRate, $0.result.tiltRewardPerStep) > ($1.result.survivalRate, $1.result.tiltRewardPerStep)
  }
  for (name, result) in tried.prefix(10) {
    report.rows.append(.init("\(name): survival", result.survivalRate, ""))
    report.rows.append(.init("\(name): tilt reward per step", result.tiltRewardPerStep, "rad²"))
    report.rows.append(.init("\(name): mean episode", result.episodeSecondsMean, "s"))
  }
  return report
}
