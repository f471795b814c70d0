import Foundation
import PoiseCore
import PoiseModels

/// The states from which a regulator with limited actions comes to rest: those whose cost to go xᵀ X x is below a level.
///
/// The level is found by trial: states all around on the surface of each of a rising sequence of levels are let go in the simulator, with
/// the law that is cut at ±1, until one of them does not come to rest or leaves the range of a joint.
struct RegulatorBasin {
  /// The largest level that all trials passed; 0 for none.
  let level: Double

  private static let growth = 1.4
  private static let directions = 48
  /// Simulated seconds for coming to rest.
  private static let seconds = 8.0

  init(_ design: LQRDesign, _ stepper: ControlStepper) {
    let n = design.coordinates.count
    var random = RandomStream(seed: 0, purpose: .controlDesign)
    // Directions of cost 1: the same for each level.
    let trials = (0..<Self.directions).map { _ in
      let x = (0..<n).map { _ in random.normal() }
      let cost = design.cost.quadraticForm(x)
      return x.map { $0 / cost.squareRoot() }
    }
    let steps = Int((Self.seconds / stepper.plant.controlTimeStep).rounded())
    let ranges = stepper.plant.robot.scalarJoints.map { stepper.plant.robot.joints[$0].range }
    func comesToRest(_ start: [Double], _ level: Double) -> Bool {
      var state = design.coordinates.state(start, from: design.system.pose)
      for _ in 0..<steps {
        state = stepper.step(state, design.action(for: state))
        guard state.isFinite, zip(state.positions, ranges).allSatisfy({ $1?.contains($0) ?? true }) else {
          return false
        }
        if design.costToGo(state) < 0.01 * level { return true }
      }
      return false
    }
    var (found, next) = (0.0, 1e-3)
    while next < 1e6, trials.allSatisfy({ trial in comesToRest(trial.map { $0 * next.squareRoot() }, next) }) {
      found = next
      next *= Self.growth
    }
    level = found
  }
}
