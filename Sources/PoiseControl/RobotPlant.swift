public import PoiseEnvironments
public import PoiseModels

/// A robot without a task as a plant.
public struct RobotPlant: Plant {
  private let model: Robot

  /// Makes a plant of a robot in its world.
  public init(_ robot: Robot) { model = robot }

  public var robot: Robot? { model }
  public var environment: (any Environment)? { nil }
  public var actionSpace: Space { Space(model.model.actuators.map { Space.Element(name: $0.name, bounds: -1...1) }) }
  /// The actions with control 0, hence no torque; 0 need not be the middle of the control range.
  public var restingAction: [Double]? {
    ranges.map { $0.half > 0 ? min(1, max(-1, (0 - $0.middle) / $0.half)) : 0 }
  }

  /// The control range of each actuator, [actuators].
  private var ranges: [(middle: Double, half: Double)] { Self.ranges(model.model) }

  private static func ranges(_ model: RobotModel) -> [(middle: Double, half: Double)] {
    model.actuators.map { actuator in
      let range = actuator.controlRange ?? -1...1
      return ((range.lowerBound + range.upperBound) / 2, (range.upperBound - range.lowerBound) / 2)
    }
  }

  /// A robot without a task as a designer knows it.
  ///
  /// - Parameters:
  ///   - model: the robot's description.
  ///   - physicsSteps: of a control step.
  public static func plantModel(_ model: RobotModel, physicsSteps: Int) -> PlantModel {
    let ranges = ranges(model)
    return PlantModel(
      robot: model, physics: model.physics, physicsSteps: physicsSteps, centers: ranges.map(\.middle),
      halfWidths: ranges.map(\.half))
  }

  /// Passes a command to the actuators for the next control step.
  ///
  /// - Returns: the actions in −1 … 1, [actuators]; empty for servos, whose efforts vary within the step.
  @discardableResult
  public func apply(_ command: ControlCommand) -> [Double] {
    switch command {
    case .action(let action):
      for (index, range) in ranges.enumerated() {
        model.setControl(range.middle + range.half * action[index], of: index)
      }
      return action
    case .servos(let servos):
      for (index, servo) in servos.enumerated() { model.setServo(servo, of: index) }
      return []
    }
  }
}
