import PoiseCore
import PoiseModels
import PoiseScenarios
import PoiseSimulation

/// The summary that `poise simulate` prints.
struct SimulationStory {
  var text: String
  /// The simulated time, s.
  var seconds: Double

  init(_ summary: ModelSimulation.Summary, of model: RobotModel) {
    seconds = Double(summary.physicsSteps) * model.physics.timeStep
    var lines = ["\(model.name): \(seconds.rounded(significant: 6)) s in \(summary.controlSteps) control steps"]
    for (body, pose) in summary.finalPoses {
      let p = pose.position
      let tilt = pose.orientation.rollPitch
      let degrees = [tilt.roll, tilt.pitch].map { ($0 * 180 / .pi).rounded(significant: 3) }
      lines.append(
        "  \(body) at \(p.x.rounded(significant: 4)) \(p.y.rounded(significant: 4)) \(p.z.rounded(significant: 4)) m, "
          + "roll \(degrees[0])°, pitch \(degrees[1])°")
    }
    lines.append("  energy \(summary.finalEnergy.rounded(significant: 6)) J")
    lines += Self.quality(
      limit: summary.worstLimitViolation, joint: summary.worstLimitJoint, penetration: summary.worstPenetration,
      repeated: summary.repeatedSteps)
    lines.append("  " + (summary.fault.map { "ended in a fault: \($0)" } ?? "no fault"))
    lines.append("  state \(String(summary.stateHash, radix: 16))")
    text = lines.joined(separator: "\n")
  }

  init(_ summary: ScenarioSimulation.Summary, of loaded: LoadedScenario) {
    seconds = Double(summary.steps) * summary.controlTimeStep
    var lines = [
      "\(loaded.name): \(seconds.rounded(significant: 6)) s in \(summary.steps) control steps, "
        + "ended \(summary.ending)",
      "  return \(summary.totalReward.rounded(significant: 6)), "
        + "tilt reward per completed step \(summary.tiltRewardPerStep.rounded(significant: 4))",
    ]
    for term in summary.rewardTerms { lines.append("    \(term.name) \(term.sum.rounded(significant: 6))") }
    lines += Self.quality(
      limit: summary.worstLimitViolation, joint: "", penetration: summary.worstPenetration,
      repeated: summary.repeatedSteps)
    lines.append("  " + (summary.fault ?? "no fault"))
    lines.append("  state \(String(summary.stateHash, radix: 16))")
    text = lines.joined(separator: "\n")
  }

  private static func quality(limit: Double, joint: String, penetration: Double, repeated: Int) -> [String] {
    let name = joint.isEmpty ? "" : " (\(joint))"
    return [
      limit > 0
        ? "  worst limit violation \(limit.rounded(significant: 3)) rad or m\(name)" : "  no joint limit was violated",
      "  deepest contact \((penetration * 1000).rounded(significant: 3)) mm",
    ]
      + (repeated == 0
        ? []
        : ["  \(repeated) physics step\(repeated == 1 ? "" : "s") that the direct solver gave up on, done again"])
  }
}
