public import PoiseCore
public import PoiseEnvironments
public import PoiseModels

/// Chooses the actions of a robot, or of another environment: a learned policy, a designed controller, or a baseline.
public protocol Controller: Sendable {
  /// The name in tables.
  var name: String { get }
  /// Makes a driver, which acts in one plant, episode after episode.
  func makeDriver() -> any ControllerDriver
}

/// A controller in one plant, with its state.
public protocol ControllerDriver {
  /// Prepares for an episode.
  ///
  /// - Parameters:
  ///   - plant: the plant, at the start of the episode.
  ///   - random: the controller's own random stream for this episode.
  mutating func begin(_ plant: some Plant, random: RandomStream)
  /// The command for the actuators until the next control step.
  ///
  /// - Parameters:
  ///   - plant: the plant in its present state.
  ///   - observation: the task's observation, [observations]; empty for a robot without a task.
  mutating func command(_ plant: some Plant, observation: [Float]) -> ControlCommand
}

/// A command to the actuators for one control step.
public enum ControlCommand: Sendable {
  /// An action of the plant's space, [actions].
  case action([Double])
  /// A servo for each actuator, which acts at the physics rate, [actuators].
  case servos([Robot.Servo])
}

/// The system that a controller acts on.
public protocol Plant {
  /// The space of actions; numbers are in −1 … 1.
  var actionSpace: Space { get }
  /// The action that exerts nothing, [actions]; `nil` where there is none.
  var restingAction: [Double]? { get }
  /// The robot in its present state; `nil` for environments without one.
  var robot: Robot? { get }
  /// The environment in its present state; `nil` for a robot without a task. Controllers read it and do not step it.
  var environment: (any Environment)? { get }
}
