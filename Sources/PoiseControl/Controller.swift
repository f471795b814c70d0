public import PoiseCore
public import PoiseEnvironments
public import PoiseModels

/// Who chooses the actions of a robot, or of another task: a policy that was learned, a controller that was designed, or a
/// baseline that knows nothing.
public protocol Controller: Sendable {
  /// What tables call it.
  var name: String { get }
  /// Makes what acts in one plant, episode after episode.
  func makeDriver() -> any ControllerDriver
}

/// A controller at work in one plant.
public protocol ControllerDriver {
  /// Prepares for the episode that the plant stands at the start of.
  ///
  /// - Parameter random: the controller's own stream of this episode.
  mutating func begin(_ plant: some Plant, random: RandomStream)
  /// What the actuators are asked for until the next control step.
  ///
  /// - Parameter observation: of the task, [observations]; empty for a robot without a task.
  mutating func command(_ plant: some Plant, observation: [Float]) -> ControlCommand
}

/// What a controller asks of the actuators for one control step.
public enum ControlCommand: Sendable {
  /// An action of the plant's space, [actions].
  case action([Double])
  /// A servo for each actuator, which works at the physics rate, [actuators].
  case servos([Robot.Servo])
}

/// What is controlled.
public protocol Plant {
  /// What an action is; the numbers of a box lie in −1 … 1.
  var actionSpace: Space { get }
  /// The action that does nothing, [actions]; `nil` where every action does something.
  var restingAction: [Double]? { get }
  /// The robot as it stands; `nil` for tasks without one.
  var robot: Robot? { get }
}
