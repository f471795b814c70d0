public import PoiseAlgorithms
public import PoiseControl
public import PoiseCore
public import PoiseNetworks
import PoiseEnvironments
package import PoiseTasks

/// The user's choice of who acts in a scenario: a trained policy, or a baseline that a trained one must beat.
public enum ControllerChoice: Sendable {
  /// A policy that was trained, with the name of its algorithm.
  case policy(Policy, name: String)
  /// A baseline, with the scenario's gains.
  case baseline(BaselineController)

  /// The name in tables: that of the algorithm, or of the baseline.
  public var name: String {
    switch self {
    case .policy(_, let name): name
    case .baseline(let baseline): baseline.rawValue
    }
  }

  /// Whether it has to be designed for a robot, which may have no solution.
  public var isDesigned: Bool {
    if case .baseline(let baseline) = self { [.pd, .lqr, .energy].contains(baseline) } else { false }
  }

  /// The controller, with the scenario's settings.
  ///
  /// - Parameters:
  ///   - scenario: in which it acts.
  ///   - instructionSet: of a policy's matrix products.
  ///   - threads: of `plan`, for each of its drivers; they change no number.
  /// - Throws: `InvalidInput` for a baseline that cannot act in the scenario, or whose design has no solution.
  public func controller(
    for scenario: LoadedScenario, instructionSet: InstructionSet, threads: Int = 1
  ) throws -> any Controller {
    switch self {
    case .policy(let policy, let name): PolicyController(policy, name: name, instructionSet: instructionSet)
    case .baseline(let baseline): try scenario.designed(baseline, threads: threads)
    }
  }
}

extension LoadedScenario {
  /// The scenario as those who design controllers see it.
  public var controlSubject: ControlSubject {
    ControlSubject(
      task: specification, plant: robot.map { PlantModel($0.task) }, isSolvable: problem != nil,
      settings: settings.control)
  }

  /// The baselines that fit the scenario and that tables show unasked: all but `plan`, which takes long. `hold` and the designs act by
  /// numbers, so they are left out where actions are levels. That a design exists is not promised.
  public var baselines: [BaselineController] {
    let subject = controlSubject
    return BaselineController.allCases.filter { $0.isCheap && $0.misfit(subject) == nil }
  }

  /// `zero` where an action does nothing, else `random`.
  public var simplestBaseline: BaselineController { baselines.contains(.zero) ? .zero : .random }

  /// Checks that a baseline can act in the scenario.
  ///
  /// - Throws: `InvalidInput` that says why not, and names those that can.
  public func check(_ baseline: BaselineController) throws(InvalidInput) {
    let subject = controlSubject
    guard let misfit = baseline.misfit(subject) else { return }
    let others = BaselineController.allCases.filter { $0.misfit(subject) == nil }.map(\.rawValue)
    throw InvalidInput(
      Problem(
        file: path, found: "the controller \(baseline.rawValue), which cannot act here: \(misfit.found)",
        allowed: "\(misfit.allowed); here \(others.joined(separator: ", "))", remedy: misfit.remedy))
  }

  /// A baseline as a controller, designed for the scenario's robot.
  ///
  /// - Parameters:
  ///   - baseline: which one.
  ///   - threads: of `plan`; they change no number.
  /// - Throws: `InvalidInput` where it cannot act here, or its design has no solution.
  public func designed(_ baseline: BaselineController, threads: Int = 1) throws -> any Controller {
    try check(baseline)
    return try explained(baseline) { try baseline.controller(for: controlSubject, threads: threads) }
  }

  /// The regulator of `lqr` with its gain, poles and cost.
  ///
  /// - Throws: `InvalidInput` where it cannot act here, or its design has no solution.
  public func regulator() throws -> LQRDesign {
    try check(.lqr)
    return try explained(.lqr) { try controlSubject.regulator() }
  }

  private func explained<Result>(_ baseline: BaselineController, _ design: () throws -> Result) throws -> Result {
    do {
      return try design()
    } catch let error as ControlDesignError {
      throw InvalidInput(error.problem(of: baseline, in: path))
    }
  }
}

extension ControlDesignError {
  /// The same for people, about a scenario's or a model's file.
  package func problem(of baseline: BaselineController, in file: String) -> Problem {
    Problem(file: file, place: "controller \(baseline.rawValue)", found: found, allowed: allowed, remedy: remedy)
  }
}

extension PlantModel {
  /// The robot of a task, as the task's actions drive it.
  package init(_ task: BoundTask) {
    self.init(
      robot: task.model, physics: task.physics, physicsSteps: task.timing.physicsStepsPerControlStep,
      maximumJointSpeed: task.settings.maximumJointSpeed, centers: task.actionScaling.map(\.center),
      halfWidths: task.actionScaling.map(\.halfWidth))
  }
}

/// A trained policy as a controller: its deterministic action.
struct PolicyController: Controller {
  let policy: Policy
  let name: String
  let instructionSet: InstructionSet

  init(_ policy: Policy, name: String, instructionSet: InstructionSet) {
    self.policy = policy
    self.name = name
    self.instructionSet = instructionSet
  }

  func makeDriver() -> any ControllerDriver { Driver(policy, instructionSet) }

  struct Driver: ControllerDriver {
    /// One row of the policy's network.
    private var workspace: PolicyWorkspace
    /// [actions]
    private var action: [Float]

    init(_ policy: Policy, _ instructionSet: InstructionSet) {
      workspace = PolicyWorkspace(policy, rowCapacity: 1, instructionSet: instructionSet)
      action = Array(repeating: 0, count: policy.actionCount)
    }

    mutating func begin(_ plant: some Plant, random: RandomStream) {}

    mutating func command(_ plant: some Plant, observation: [Float]) -> ControlCommand {
      Self.act(&workspace, observation, &action)
      return .action(action.map { Double($0) })
    }

    private static func act(_ workspace: inout PolicyWorkspace, _ observation: [Float], _ action: inout [Float]) {
      var span = action.mutableSpan
      workspace.act(observation.span, into: &span)
    }
  }
}
