import PoiseCore
public import PoiseModels

/// An action of a discrete task.
public struct ActionLevel: Hashable, Sendable {
  /// Its name in the scenario.
  public let name: String
  /// In −1 … 1, [actuators]; `ActionScaling` gives the controls.
  public let action: [Float]
}

/// The actions of a task, bound to a robot: what moves it, and what its actions stand for.
struct BoundActions {
  /// The robot as the actions drive it: with position targets its actuators are servos.
  private(set) var model: RobotModel
  /// From −1 … 1 to each actuator's control, [actuators].
  private(set) var scaling: [ActionScaling] = []
  /// What can be chosen; empty where actions are numbers.
  private(set) var levels: [ActionLevel] = []
  /// Everything that does not fit the robot.
  private(set) var problems: [Problem] = []
  private let source: ConfigurationSource

  /// - Parameter source: where the task's keys stand, for problems.
  init(_ settings: ActionSettings, model: RobotModel, source: ConfigurationSource) {
    self.model = model
    self.source = source
    if let targets = settings.positionTargets {
      bind(targets)
    } else {
      scaling = model.actuators.map { actuator in
        require(
          actuator.controlRange != nil, at: "", found: "actuator '\(actuator.name)' without a control range",
          allowed: "a ctrlrange for every actuator, onto which the policy's −1 … 1 is scaled",
          remedy: "Add ctrlrange to it in \(model.files[0]):\(actuator.line).")
        return ActionScaling(range: actuator.controlRange ?? -1...1)
      }
    }
    if let levels = settings.levels { bind(levels, areTargets: settings.positionTargets != nil) }
  }

  private mutating func require(
    _ condition: Bool, at key: String, found: String, allowed: String, remedy: String = ""
  ) {
    if !condition { problems.append(source.problem(at: key, found: found, allowed: allowed, remedy: remedy)) }
  }

  // MARK: Position targets

  private static let targetsKey = "actions.positionTargets"

  private mutating func bind(_ targets: PositionTargets) {
    let driven = model.actuators.map { model.joints[$0.joint].name }
    for joint in targets.joints {
      require(
        driven.contains(joint.name), at: "\(Self.targetsKey).joints.\(joint.name)", found: "'\(joint.name)'",
        allowed: "a joint that an actuator drives: \(driven.map { "'\($0)'" }.joined(separator: ", "))",
        remedy: suggestion(for: joint.name, among: driven))
    }
    for i in model.actuators.indices {
      let actuator = model.actuators[i]
      let joint = model.joints[actuator.joint]
      let own = targets.joints.first { $0.name == joint.name }?.value ?? JointTargets()
      require(
        driven.count { $0 == joint.name } == 1 && actuator.gear != 0, at: Self.targetsKey,
        found: actuator.gear == 0
          ? "actuator '\(actuator.name)' with a gear of 0" : "joint '\(joint.name)' with more than one actuator",
        allowed: "one actuator for each joint, with a gear that is not 0",
        remedy: "Correct it in \(model.files[0]):\(actuator.line).")
      let ranges = targetRange(own, targets, joint)
      let gains = actuator.jointGains
      let stiffness = own.stiffness ?? targets.stiffness ?? gains?.stiffness
      require(
        stiffness != nil, at: Self.targetsKey,
        found: "no stiffness for joint '\(joint.name)', whose actuator is no position actuator",
        allowed: "a stiffness for all joints, or for this one",
        remedy: "Add stiffness: with the torque or force for each rad or m that the joint is off its target.")
      model.actuators[i] = actuator.following(
        ranges, stiffness: stiffness ?? 1, damping: own.damping ?? targets.damping ?? gains?.damping ?? 0)
      scaling.append(ActionScaling(range: model.actuators[i].controlRange ?? ranges, isReversed: actuator.gear < 0))
    }
  }

  /// The targets of the actions −1 and 1, rad or m.
  private mutating func targetRange(
    _ own: JointTargets, _ common: PositionTargets, _ joint: RobotModel.Joint
  ) -> ClosedRange<Double> {
    if let scale = own.scale ?? common.scale {
      let offset = own.offset ?? joint.reference
      return offset - scale...offset + scale
    }
    require(
      joint.range != nil, at: Self.targetsKey, found: "no scale for joint '\(joint.name)', which has no limits",
      allowed: "a scale for all joints or for this one, or a joint with a range, which −1 … 1 then spans",
      remedy: "Add scale: with the rad or m that an action of 1 is worth.")
    require(
      own.offset == nil, at: "\(Self.targetsKey).joints.\(joint.name).offset", found: "an offset without a scale",
      allowed: "null where −1 … 1 spans the joint's range, or a scale beside it", remedy: "Add scale:.")
    return joint.range ?? -1...1
  }

  // MARK: Levels

  private mutating func bind(_ levels: [NamedValue<[Double]>], areTargets: Bool) {
    let names = model.actuators.map(\.name)
    for level in levels {
      let key = "actions.levels.\(level.name)"
      guard level.value.count == names.count else {
        require(
          false, at: key, found: "\(level.value.count) value\(level.value.count == 1 ? "" : "s")",
          allowed: "\(names.count), one for each actuator of the model: \(names.joined(separator: ", "))")
        continue
      }
      let action = level.value.indices.map { i -> Float in
        let actuator = model.actuators[i]
        // A target is told at the joint, a control before the gear.
        let factor = areTargets ? actuator.gear : 1
        let value = scaling[i].halfWidth != 0 ? scaling[i].action(factor * level.value[i]) : 0
        let ends = [-1, 1].map { scaling[i].control($0) / factor }.sorted()
        let symbol = unit(of: actuator, isTarget: areTargets)
        // An end of the range that was computed may be off by a rounding.
        require(
          abs(value) <= 1 + 1e-9 && (scaling[i].halfWidth != 0 || level.value[i] == ends[0]), at: key,
          found: "\(level.value[i].rounded(significant: 6)) for '\(actuator.name)'",
          allowed: "\(ends[0].rounded(significant: 6)) … \(ends[1].rounded(significant: 6)) \(symbol), "
            + (areTargets ? "its range of targets" : "its control range"))
        return Float(min(1, max(-1, value)))
      }
      self.levels.append(ActionLevel(name: level.name, action: action))
    }
  }

  private func unit(of actuator: RobotModel.Actuator, isTarget: Bool) -> String {
    let isHinge = model.joints[actuator.joint].kind == .hinge
    return isTarget ? (isHinge ? "rad" : "m") : actuator.controlUnit(isHinge: isHinge)
  }
}

extension RobotModel.Actuator {
  /// kp and kd at the joint of a position actuator: N·m/rad and N·m·s/rad, or N/m and N·s/m.
  public var jointGains: (stiffness: Double, damping: Double)? {
    guard case .position(let gain, let damping) = law else { return nil }
    return (gear * gear * gain, gear * gear * damping)
  }

  /// The same actuator as a servo of its joint, with the torques or forces that it had.
  ///
  /// - Parameters:
  ///   - targets: of the joint, rad or m; the control is the target times the gear.
  ///   - stiffness: at the joint, N·m/rad or N/m.
  ///   - damping: at the joint, N·m·s/rad or N·s/m.
  func following(_ targets: ClosedRange<Double>, stiffness: Double, damping: Double) -> Self {
    var servo = self
    // A motor's force is its control.
    if law == .motor, let controlRange {
      servo.forceRange = forceRange.map { $0.clamped(to: controlRange) } ?? controlRange
    }
    servo.law = .position(gain: stiffness / (gear * gear), damping: damping / (gear * gear))
    let ends = [gear * targets.lowerBound, gear * targets.upperBound].sorted()
    servo.controlRange = ends[0]...ends[1]
    return servo
  }
}
