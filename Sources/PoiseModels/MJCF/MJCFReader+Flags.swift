import PoiseCore

/// MJCF's `option/flag`: parts of the physics that a model switches off.
extension MJCFReader {
  private func isOff(_ names: String...) -> Bool { names.contains { disabledFlags[$0] != nil } }

  /// Dry friction is a constraint of MuJoCo's solver, so the flag `constraint` switches it off, too.
  var isFrictionLossOff: Bool { isOff("constraint", "frictionloss") }

  /// Removes from the model what its flags switch off, after everything is read. `contact` and `gravity` are settings of
  /// the world (`PhysicsSettings`); so is the contact part of `constraint`.
  mutating func followFlags() {
    if isOff("constraint", "limit") {
      for joint in joints.indices { joints[joint].range = nil }
    }
    if isFrictionLossOff {
      for joint in joints.indices { joints[joint].frictionLoss = 0 }
    }
    if isOff("spring", "passive") {
      for joint in joints.indices { joints[joint].stiffness = 0 }
    }
    if isOff("damper", "passive") {
      for joint in joints.indices { joints[joint].damping = 0 }
    }
    if let flag = disabledFlags["clampctrl"], let actuator = actuators.first(where: { $0.controlRange != nil }) {
      flag.problem(
        "clampctrl", found: "'disable', and actuator '\(actuator.name)' has a ctrlrange",
        allowed: "'enable', because Poise clamps controls to their ranges", remedy: "Remove the ranges instead.")
    }
    if let flag = disabledFlags["actuation"], let actuator = actuators.first {
      flag.problem(
        "actuation", found: "'disable', and there is actuator '\(actuator.name)'",
        allowed: "'enable', because Poise switches no actuators off", remedy: "Remove the actuators instead.")
    }
  }
}
