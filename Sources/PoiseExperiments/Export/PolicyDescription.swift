import Foundation
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseTraining
import PoiseEnvironments
import PoiseTasks
import PoiseScenarios

/// What a program that gets our policy or our episodes has to know of them.
struct PolicyDescription: Codable, Hashable {
  /// One number of an observation or an action.
  struct Element: Codable, Hashable {
    var name: String
    /// SI symbols; empty for numbers without a unit.
    var unit: String
  }

  /// An actuator: control = center + halfWidth · action, in the units of MJCF's `ctrl`.
  struct Actuator: Codable, Hashable {
    var name: String
    var joint: String
    var unit: String
    var center: Double
    var halfWidth: Double
    /// kp and kd at the joint where the task's actions are position targets: N·m/rad and N·m·s/rad, or N/m and N·s/m.
    var stiffness: Double?
    var damping: Double?
  }

  /// An action that can be chosen.
  struct Choice: Codable, Hashable {
    var name: String
    /// In the units of MJCF's `ctrl`, [actuators].
    var controls: [Double]
  }

  var poiseVersion = PoiseVersion.current
  var scenario: String
  /// See `LoadedScenario.episodeDigest`.
  var scenarioSha256: String
  var model: String
  var algorithm: String
  var trainingSeed: UInt64
  var checkpoint: String
  var checkpointSha256: String
  var instructionSet: String
  var controlTimeStepSeconds: Double
  var observations: [Element]
  var actions: [Actuator]
  /// By the index of the action; `nil` where actions are numbers.
  var choices: [Choice]?
  /// Root seed of the episodes, where there are some.
  var seed: UInt64?

  /// - Throws: `InvalidInput` for a scenario without a robot.
  init(_ run: TrainedRun) throws(InvalidInput) {
    let loaded = run.scenario
    let task = try loaded.requireRobot(for: "exporting a policy or its episodes").task
    scenario = loaded.name
    scenarioSha256 = loaded.episodeDigest
    model = task.model.name
    algorithm = run.folder.description.algorithm
    trainingSeed = run.folder.description.seed
    checkpoint = run.checkpoint.rawValue
    checkpointSha256 = run.checkpointDigest
    instructionSet = run.instructionSet.rawValue
    controlTimeStepSeconds = task.timing.controlTimeStep
    observations = task.observationSpace.elements.map { Element(name: $0.name, unit: $0.unit) }
    actions = zip(task.model.actuators, task.actionScaling).map { actuator, scaling in
      let joint = task.model.joints[actuator.joint]
      let gains = task.settings.actions.positionTargets == nil ? nil : actuator.jointGains
      return Actuator(
        name: actuator.name, joint: joint.name, unit: actuator.controlUnit(isHinge: joint.kind == .hinge),
        center: scaling.center, halfWidth: scaling.halfWidth, stiffness: gains?.stiffness, damping: gains?.damping)
    }
    if !task.levels.isEmpty {
      choices = task.levels.map { level in
        Choice(name: level.name, controls: zip(level.action, task.actionScaling).map { $1.control(Double($0)) })
      }
    }
  }

  /// One JSON object, keys in snake case and alphabetical order.
  func jsonText() throws -> String { String(decoding: try TrajectoryMetadata.encoder().encode(self), as: UTF8.self) }
}
