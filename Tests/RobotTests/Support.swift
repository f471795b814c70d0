import Testing
import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport

/// A setting of the physics under which a robot is tested.
enum Setting: String, CaseIterable, Sendable, CustomTestStringConvertible {
  /// What the model's file says: what users run.
  case shipped
  /// The direct solver at 1 ms: what the bounds are stated for.
  case reference

  var testDescription: String { rawValue }

  func physics(of model: RobotModel, timeStep: Double? = nil) -> PhysicsParameters {
    var physics = model.physics
    if self == .reference {
      physics.solver = .direct
      physics.timeStep = 0.001
    }
    if let timeStep { physics.timeStep = timeStep }
    return physics
  }
}

enum ShippedRobot: String, CaseIterable, Sendable {
  case pendulum, cartpole, humanoid

  var model: RobotModel { get throws { try RobotModel(contentsOf: ProjectFolders.model(rawValue)) } }
}

/// One line of the README's table of errors; printed, so that `make test` shows what the table must say.
func report(_ robot: String, _ setting: Setting, _ quantity: String, _ value: Double, _ unit: String) {
  print("fidelity | \(robot) | \(setting.rawValue) | \(quantity) | \(value.rounded(significant: 3)) \(unit)")
}

extension Robot {
  /// Draws every control uniformly from its range.
  func setRandomControls(using random: inout RandomStream) {
    for (index, actuator) in model.actuators.enumerated() {
      setControl(random.uniform(in: actuator.controlRange ?? -1...1), of: index)
    }
  }
}
