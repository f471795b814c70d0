public import ArgumentParser
import Dispatch
import Foundation
import PoiseCore
public import PoiseExperiments
import PoiseModels
import PoiseSimulation

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulates a robot from its reference pose and tells what became of it.")

  @Argument(help: "A model file, or a name that `poise list` shows.")
  var file: String

  @Option(help: "Simulated seconds.")
  var seconds = 10.0

  @Option(help: "Who drives: \(BaselineController.allCases.map(\.rawValue).joined(separator: ", ")).")
  var controller = BaselineController.zero

  @Option(help: "Root of all random numbers; the same seed gives the same bits.")
  var seed: UInt64 = 0

  @Option(help: "Write the trajectory to this file, '-' for standard output.")
  var csv: String?

  func validate() throws {
    guard seconds.isFinite, seconds > 0, seconds <= 1e6 else {
      throw ValidationError("--seconds: found \(seconds); allowed a number above 0 and at most 1000000.")
    }
  }

  func run() throws {
    let model = try RobotModel(contentsOf: ShippedFiles().resolve(file))
    var simulation = ModelSimulation()
    simulation.seconds = seconds
    simulation.controller = controller
    simulation.seed = seed
    let start = DispatchTime.now().uptimeNanoseconds
    let summary: ModelSimulation.Summary
    if let csv {
      let output = try WholeFile(csv)
      summary = try simulation.run(model) { try output.write($0) }
      try output.commit()
    } else {
      summary = try simulation.run(model)
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    // Where the trajectory itself goes to standard output, the story goes beside it.
    let say: (String) -> Void = csv == "-" ? { printError($0) } : { print($0) }
    say(report(summary, model: model))
    let simulated = Double(summary.physicsSteps) * model.physics.timeStep
    printError(
      "\(summary.physicsSteps) physics steps in \(elapsed.rounded(significant: 3)) s: "
        + "\((simulated / elapsed).rounded(significant: 3)) times real time")
  }

  private func report(_ summary: ModelSimulation.Summary, model: RobotModel) -> String {
    let simulated = Double(summary.physicsSteps) * model.physics.timeStep
    var lines = [
      "\(model.name): \(simulated.rounded(significant: 6)) s in \(summary.controlSteps) control steps, "
        + "controller \(controller.rawValue), seed \(seed)"
    ]
    for (body, pose) in summary.finalPoses {
      let p = pose.position
      let tilt = pose.orientation.rollPitch
      let degrees = [tilt.roll, tilt.pitch].map { ($0 * 180 / .pi).rounded(significant: 3) }
      lines.append(
        "  \(body) at \(p.x.rounded(significant: 4)) \(p.y.rounded(significant: 4)) \(p.z.rounded(significant: 4)) m, "
          + "roll \(degrees[0])°, pitch \(degrees[1])°")
    }
    lines.append("  energy \(summary.finalEnergy.rounded(significant: 6)) J")
    lines.append(
      summary.worstLimitViolation > 0
        ? "  worst limit violation \(summary.worstLimitViolation.rounded(significant: 3)) (\(summary.worstLimitJoint)), rad or m"
        : "  no joint limit was passed")
    lines.append("  deepest contact \((summary.worstPenetration * 1000).rounded(significant: 3)) mm")
    lines.append("  " + (summary.fault.map { "ended as a fault: \($0)" } ?? "no fault"))
    lines.append("  state \(String(summary.stateHash, radix: 16))")
    return lines.joined(separator: "\n")
  }
}

extension BaselineController: ExpressibleByArgument {}
