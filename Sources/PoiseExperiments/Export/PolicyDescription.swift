import Foundation
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseTraining
import PoiseEnvironments
import PoiseTasks
import PoiseScenarios

/// The metadata of an exported policy or of exported episodes.
struct PolicyDescription: Codable, Hashable {
  /// One number of an observation or an action.
  struct Element: Codable, Hashable {
    var name: String
    /// Unit as SI symbols; empty for dimensionless numbers.
    var unit: String
  }

  /// An actuator: control = center + halfWidth · action, in the units of MJCF's `ctrl`.
  struct Actuator: Codable, Hashable {
    var name: String
    var joint: String
    var unit: String
    var center: Double
    var halfWidth: Double
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
  /// Root seed of the episodes; `nil` for a policy.
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
      return Actuator(
        name: actuator.name, joint: joint.name, unit: actuator.controlUnit(isHinge: joint.kind == .hinge),
        center: scaling.center, halfWidth: scaling.halfWidth)
    }
  }

  /// One JSON object, keys in snake case and alphabetical order.
  func jsonText() throws -> String { String(decoding: try TrajectoryMetadata.encoder().encode(self), as: UTF8.self) }
}

extension RobotModel.Actuator {
  /// Unit of the control: a motor exerts its control times the gear.
  func controlUnit(isHinge: Bool) -> String {
    switch law {
    case .motor:
      let unit = isHinge ? "N·m" : "N"
      return gear == 1 ? unit : "\(gear.rounded(significant: 6)) \(unit)"
    case .position: return isHinge ? "rad" : "m"
    case .velocity: return isHinge ? "rad/s" : "m/s"
    }
  }
}
