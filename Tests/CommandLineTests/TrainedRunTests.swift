import Foundation
import TestSupport
import Testing

/// The run that ships: what a fresh clone replays, evaluates and exports. Made as Benchmarks/README.md says.
@Suite("The trained run that ships")
struct TrainedRunTests {
  private static let run = "models/trained/humanoid-balance"
  /// As many as the scores are defined over.
  private static let episodes = 100

  private struct Scores: Decodable {
    var survival_rate, tilt_reward_per_step, action_saturation, action_change_mean: Double
    var worst_joint_limit_violation_rad: Double
    var worst_penetration_survived_m: Double?
    var faults: Int
  }

  private static func judge(_ more: String...) throws -> Scores {
    let result = try PoiseProcess(["evaluate", run, "--episodes", "\(episodes)", "--json"] + more)
    #expect(result.status == 0, "\(result.errors)")
    return try JSONDecoder().decode(Scores.self, from: Data(result.output.utf8))
  }

  @Test("list shows it, and it takes less than 1 MB")
  func ships() throws {
    #expect(try PoiseProcess(["list"]).output.contains(Self.run))
    let files = FileManager.default.enumerator(atPath: "\(ProjectFolders.root)/\(Self.run)")
    var bytes = 0
    while files?.nextObject() != nil { bytes += (files?.fileAttributes?[.size] as? NSNumber)?.intValue ?? 0 }
    #expect(bytes > 10_000 && bytes < 1_000_000, "\(bytes) bytes")
  }

  @Test("it balances, quietly and within what its joints can do, where no torque and holding the pose fall")
  func balances() throws {
    let scores = try Self.judge()
    #expect(scores.survival_rate >= 0.95, "\(scores)")
    #expect(scores.tilt_reward_per_step >= -0.02, "\(scores)")
    #expect(scores.action_saturation < 0.01 && scores.action_change_mean < 0.1, "\(scores)")
    #expect(scores.worst_joint_limit_violation_rad < 5 * .pi / 180 && scores.faults == 0, "\(scores)")
    #expect(try Self.judge("--controller", "zero").survival_rate == 0)
    #expect(try Self.judge("--controller", "hold").survival_rate <= 0.3)
  }

  /// A policy that leaned on an error of the simulation would fall where the error is another.
  @Test("at half the physics step it survives as often, within 5 points")
  func halfStep() throws {
    let (full, half) = (try Self.judge(), try Self.judge("--set", "physics.timeStep=0.0025"))
    #expect(abs(full.survival_rate - half.survival_rate) <= 0.05, "\(full.survival_rate), \(half.survival_rate)")
    #expect(half.faults == 0)
  }
}
