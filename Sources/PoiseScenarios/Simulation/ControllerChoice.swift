public import PoiseAlgorithms
public import PoiseControl
public import PoiseCore
public import PoiseNetworks
import PoiseEnvironments

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

  /// The controller, with the scenario's gains; the instruction set is that of a policy's matrix products.
  public func controller(for scenario: LoadedScenario, instructionSet: InstructionSet) -> any Controller {
    switch self {
    case .policy(let policy, let name): PolicyController(policy, name: name, instructionSet: instructionSet)
    case .baseline(let baseline): baseline.controller(scenario.settings.hold)
    }
  }
}

extension LoadedScenario {
  /// The baselines that can act in the scenario. `hold` sets servos, so it is left out where actions are levels.
  public var baselines: [BaselineController] {
    BaselineController.all(
      hasRestingAction: specification.restingAction != nil,
      hasRobot: robot != nil && specification.actionSpace.kind == .box)
  }

  /// `zero` where an action does nothing, else `random`.
  public var simplestBaseline: BaselineController { baselines.contains(.zero) ? .zero : .random }

  /// Checks that a baseline can act in the scenario.
  ///
  /// - Throws: `InvalidInput` that names those that can.
  public func check(_ baseline: BaselineController) throws(InvalidInput) {
    guard !baselines.contains(baseline) else { return }
    let actions = specification.actionSpace.summary
    throw InvalidInput(
      Problem(
        file: path, found: "the controller \(baseline.rawValue), which cannot act here: actions are \(actions)",
        allowed: baselines.map(\.rawValue).joined(separator: ", ")))
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
