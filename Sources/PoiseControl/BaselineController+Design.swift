import PoiseCore
import PoiseEnvironments
import PoiseModels

extension BaselineController {
  /// Why the controller cannot act in a subject, as far as that is known without designing it; `nil` if it can.
  public func misfit(_ subject: ControlSubject) -> ControlDesignError? {
    let actions = "actions that are \(subject.actionSpace.summary)"
    let isBox = subject.actionSpace.kind == .box
    switch self {
    case .random: return nil
    case .zero:
      return subject.hasRestingAction
        ? nil : ControlDesignError(found: actions, allowed: "a task in which one action does nothing")
    case .hold where subject.plant != nil && isBox: return nil
    case .pd where subject.plant != nil && isBox, .lqr where subject.plant != nil && isBox,
      .energy where subject.plant != nil && isBox:
      guard let plant = subject.plant, !plant.robot.actuators.isEmpty else {
        return ControlDesignError(found: "a robot without actuators", allowed: "a robot with some")
      }
      if self == .energy { return PoleRobot.misfit(plant) }
      guard self == .pd, plant.hasTargets else {
        return nil
      }
      return ControlDesignError(
        found: "actions that are positions or velocities, which the actuators' own laws track",
        allowed: "motors, whose actions are torques or forces", remedy: "hold is the law of such actuators.")
    case .hold, .pd, .lqr, .energy:
      return ControlDesignError(
        found: subject.plant == nil ? "a task without a robot" : actions,
        allowed: "a robot whose actions are numbers")
    case .plan:
      guard let task = subject.task else {
        return ControlDesignError(
          found: "a model without a task, so without rewards", allowed: "a scenario",
          remedy: "Name a scenario of the robot.")
      }
      guard isBox || subject.actionSpace.kind == .discrete else {
        return ControlDesignError(found: actions, allowed: "numbers, or one of several choices")
      }
      return subject.isSolvable
        ? ControlDesignError(
          found: "'\(task.name)', a finite problem", allowed: "a task that no table holds",
          remedy: "poise solve plans it exactly.") : nil
    }
  }

  /// Makes the controller, designs it where there is something to design.
  ///
  /// - Parameters:
  ///   - subject: in what it acts.
  ///   - threads: of `plan`; they change no number.
  /// - Throws: `ControlDesignError` where it cannot act in the subject or its design has no solution; `InvalidInput` for a model that
  ///   cannot be assembled.
  public func controller(for subject: ControlSubject, threads: Int = 1) throws -> any Controller {
    if let misfit = misfit(subject) { throw misfit }
    switch self {
    case .zero: return RestingController()
    case .random: return RandomController()
    case .hold: return HoldController(gains: subject.settings.hold)
    case .plan:
      guard let task = subject.task else { preconditionFailure("a misfit that was not found") }
      return PlanController(task, subject.settings.plan, threads: threads)
    case .pd: return AffineController.proportionalDerivative(try subject.stepper(), subject.settings)
    case .lqr: return AffineController(try subject.regulator())
    case .energy: return try EnergyController(try subject.stepper(), subject.settings)
    }
  }
}

extension ControlSubject {
  /// Designs the regulator about the pose at rest nearest to the robot's reference pose.
  ///
  /// - Throws: `ControlDesignError` where there is no such pose, or no feedback that holds it; `InvalidInput` for a model that cannot be
  ///   assembled.
  public func regulator() throws -> LQRDesign {
    if let misfit = BaselineController.lqr.misfit(self) { throw misfit }
    let stepper = try stepper()
    let none = ControlDesignError(
      found: "no pose at rest near the reference pose of '\(stepper.plant.robot.name)'",
      allowed: "a robot that stays where it is under some constant action",
      remedy: "Give the model a reference pose from which it can come to rest.")
    do {
      guard
        let rest = try Equilibrium.near(reference: stepper, servos: settings.hold.standing(stepper.plant.robot))
      else { throw none }
      return try LQRDesign(stepper, pose: rest.pose, action: rest.action, settings: settings.lqr)
    } catch is LinearAlgebraFailure {
      throw none
    }
  }
}
