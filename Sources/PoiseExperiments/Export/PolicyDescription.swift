import Foundation
import PoiseCore
import PoiseModels
package import PoiseNetworks
package import PoiseTraining
import PoiseEnvironments
import PoiseTasks
package import PoiseScenarios

/// What a program that gets our policy or our episodes has to know of them.
package struct PolicyDescription: Codable, Hashable {
  /// One number of an observation or an action.
  package struct Element: Codable, Hashable {
    package var name: String
    /// SI symbols; empty for numbers without a unit.
    package var unit: String
  }

  /// A number of an action: control = center + halfWidth · action, in the units of MJCF's `ctrl`; without a robot it is the number itself.
  package struct Actuator: Codable, Hashable {
    package var name: String
    /// `nil` without a robot.
    package var joint: String?
    package var unit: String
    package var center: Double
    package var halfWidth: Double
    /// kp and kd at the joint where the task's actions are position targets: N·m/rad and N·m·s/rad, or N/m and N·s/m.
    package var stiffness: Double?
    package var damping: Double?
  }

  /// An action that can be chosen.
  package struct Choice: Codable, Hashable {
    package var name: String
    /// In the units of MJCF's `ctrl`, [actuators]; `nil` without a robot.
    package var controls: [Double]?
  }

  package var poiseVersion = PoiseVersion.current
  package var scenario: String
  /// See `LoadedScenario.episodeDigest`.
  package var scenarioSha256: String
  /// The robot's model; `nil` without a robot.
  package var model: String?
  package var algorithm: String
  package var trainingSeed: UInt64
  package var checkpoint: String
  package var checkpointSha256: String
  package var instructionSet: String
  /// `nil` where steps take no time, as on a grid.
  package var controlTimeStepSeconds: Double?
  package var observations: [Element]
  package var actions: [Actuator]
  /// By the index of the action; `nil` where actions are numbers.
  package var choices: [Choice]?
  /// Root seed of the episodes, where there are some.
  package var seed: UInt64?

  /// Describes the policy of a run.
  package init(_ run: TrainedRun) {
    self.init(
      run.scenario, algorithm: run.folder.description.algorithm, trainingSeed: run.folder.description.seed,
      checkpoint: run.checkpoint.rawValue, checkpointDigest: run.checkpointDigest, instructionSet: run.instructionSet)
  }

  /// Describes what acts in a scenario; a controller that was not trained has no seed and no checkpoint.
  package init(
    _ loaded: LoadedScenario, algorithm: String, trainingSeed: UInt64 = 0, checkpoint: String = "none",
    checkpointDigest: String = "", instructionSet: InstructionSet
  ) {
    let specification = loaded.specification
    scenario = loaded.name
    scenarioSha256 = loaded.episodeDigest
    model = loaded.robot?.model.name
    self.algorithm = algorithm
    self.trainingSeed = trainingSeed
    self.checkpoint = checkpoint
    checkpointSha256 = checkpointDigest
    self.instructionSet = instructionSet.rawValue
    controlTimeStepSeconds = specification.controlTimeStep
    observations = specification.observationSpace.elements.map { Element(name: $0.name, unit: $0.unit) }
    guard let task = loaded.robot?.task else {
      actions = []
      switch specification.actionSpace {
      case .discrete(let names): choices = names.map { Choice(name: $0) }
      case .box, .image, .composite:
        actions = specification.actionSpace.elements.map {
          Actuator(name: $0.name, unit: $0.unit, center: 0, halfWidth: 1)
        }
      }
      return
    }
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
  func jsonText() throws -> String { try TrajectoryMetadata.encoder().text(of: self) }
}
