public import PoiseCore

/// How a task's actions become controls of the robot.
///
///     actions: torques                                        # −1 … 1 spans each actuator's control range
///     actions: {levels: {left: [-10], right: [10]}}           # one of several control vectors, by name
///     actions: {positionTargets: {stiffness: 40, damping: 2, scale: 0.5}}
///     actions: {positionTargets: {…}, levels: {fold: [1.2, 0.4], stretch: [0, 0]}}
public struct ActionSettings: Configurable, Hashable {
  /// `nil`: an action is the control of each actuator, which for motors is a torque or a force.
  public var positionTargets: PositionTargets?
  /// `nil`: any action; else one of these.
  public var levels: [NamedValue<[Double]>]?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "positionTargets", \.positionTargets, .optional(.section),
      "Actions are target positions of each actuator's joint, tracked by an implicit PD law at the physics rate within the actuator's force range; null: actions are controls, which are torques where actuators are motors."
    ),
    .key(
      "levels", \.levels, .optional(.named(.list(of: .number()), by: "action", count: 2...1000)),
      "The possible actions, by name: each a value for every actuator, in the order of the model, in the units of its control (N·m or N for motors), or of its joint (rad or m) with positionTargets; null: any value between the limits. Learners of discrete actions choose one of the names."
    ),
  ]

  /// In files `torques` alone, or a section.
  public static let format: ConfigurationFormat<Self> = {
    let section = ConfigurationFormat<Self>.section
    return ConfigurationFormat(
      typeName: "torques or section", allowed: "torques, or positionTargets and levels",
      phrase: "'torques', or a section with positionTargets, levels or both",
      read: { node, current, reader in
        guard case .scalar(let scalar) = node.content, !scalar.text.isEmpty else {
          return section.read(node, current, &reader)
        }
        if scalar.text == "torques" { return Self() }
        reader.report(
          node, allowed: "'torques', or a section with positionTargets, levels or both",
          remedy: suggestion(for: scalar.text, among: ["torques"]))
        return nil
      },
      write: { $0 == Self() ? .text("torques") : section.write($0) }, summary: { $0 == Self() ? "torques" : "" },
      children: section.children)
  }()
}

/// Actions as targets of joints: q* = offset + scale · action, and torque = stiffness · (q* − q) − damping · q̇.
///
/// The law is implicit: position and rate are those after the physics step, so that any gain is stable at any step size. It is that of
/// MuJoCo's `position` actuators with `implicitfast`.
public struct PositionTargets: Configurable, Hashable {
  /// kp of every joint, N·m/rad or N/m; `nil` for those of the model's position actuators.
  public var stiffness: Double?
  /// kd of every joint, N·m·s/rad or N·s/m; `nil` for those of the model's position actuators, 0 for others.
  public var damping: Double?
  /// How far from its offset an action of 1 draws a joint, rad or m; `nil` where −1 … 1 spans the joint's range.
  public var scale: Double?
  /// What is otherwise for single joints, by their names.
  public var joints: [NamedValue<JointTargets>] = []
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "stiffness", \.stiffness, .optional(.number(.positive, unit: "N·m/rad or N/m")),
      "kp of every joint; null: that of the model's position actuators."),
    .key(
      "damping", \.damping, .optional(.number(.notNegative, unit: "N·m·s/rad or N·s/m")),
      "kd of every joint; null: that of the model's position actuators, 0 for others."),
    .key(
      "scale", \.scale, .optional(.number(.positive, unit: "rad or m")),
      "Distance of the targets of the actions −1 and 1 from the offset; null: −1 … 1 spans the joint's range."),
    .key(
      "joints", \.joints, .named(.section, by: "joint"),
      "Settings of single joints that differ, by the names of the joints: {knee: {offset: 0.5, scale: 0.3}}."),
  ]
}

/// Settings of one joint's targets that differ from those of all joints.
public struct JointTargets: Configurable, Hashable {
  /// The target of action 0, rad or m; `nil` for that of the reference pose, or the middle of the range without a scale.
  public var offset: Double?
  /// How far from the offset an action of 1 draws the joint, rad or m; `nil` as for all joints.
  public var scale: Double?
  /// kp, N·m/rad or N/m; `nil` as for all joints.
  public var stiffness: Double?
  /// kd, N·m·s/rad or N·s/m; `nil` as for all joints.
  public var damping: Double?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "offset", \.offset, .optional(.number(unit: "rad or m")),
      "The target of action 0; null: the model's reference pose, or the middle of the range where there is no scale."),
    .key("scale", \.scale, .optional(.number(.positive, unit: "rad or m")), "null: as for all joints."),
    .key(
      "stiffness", \.stiffness, .optional(.number(.positive, unit: "N·m/rad or N/m")), "null: as for all joints."),
    .key(
      "damping", \.damping, .optional(.number(.notNegative, unit: "N·m·s/rad or N·s/m")), "null: as for all joints."),
  ]
}
