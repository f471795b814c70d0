import Foundation
package import PoiseCore
import PoiseModels
import PoiseNetworks
package import PoiseTraining
import PoiseEnvironments
import PoiseTasks
import PoiseScenarios

/// What a program that gets our policy or our episodes has to know of them.
package struct PolicyDescription: Codable, Hashable {
  /// One number of an observation or an action.
  package struct Element: Codable, Hashable {
    package var name: String
    /// SI symbols; empty for numbers without a unit.
    package var unit: String
  }

  /// An actuator: control = center + halfWidth · action, in the units of MJCF's `ctrl`.
  package struct Actuator: Codable, Hashable {
    package var name: String
    package var joint: String
    package var unit: String
    package var center: Double
    package var halfWidth: Double
  }

  package var poiseVersion = PoiseVersion.current
  package var scenario: String
  /// See `LoadedScenario.episodeDigest`.
  package var scenarioSha256: String
  package var model: String
  package var algorithm: String
  package var trainingSeed: UInt64
  package var checkpoint: String
  package var checkpointSha256: String
  package var instructionSet: String
  package var controlTimeStepSeconds: Double
  package var observations: [Element]
  package var actions: [Actuator]
  /// Root seed of the episodes, where there are some.
  package var seed: UInt64?

  /// - Throws: `InvalidInput` for a scenario without a robot.
  package init(_ run: TrainedRun) throws(InvalidInput) {
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
