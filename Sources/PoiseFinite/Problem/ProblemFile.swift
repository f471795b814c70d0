public import PoiseCore

/// The form `file`: the transitions of a large problem, in a CSV or a binary file.
public struct ProblemFile: Configurable, Hashable {
  /// The path of the file, relative to the scenario: CSV, or binary if it ends in `.mdp`.
  public var path = ""
  /// The number of states.
  public var states = 0
  /// The number of actions.
  public var actions = 0
  /// γ, in [0, 1].
  public var discount = 1.0
  /// The indices of the terminal states.
  public var terminal: [Int] = []
  /// The start distribution: states with their probabilities; empty for all states that are not terminal alike.
  public var start = NestedTable<Double>()
  /// The number of actions after which an episode is truncated; 0 for no limit.
  public var stepLimit = 0

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "path", \.path, .text("a path to a .csv or .mdp file"),
      "Relative to this file. CSV: state, action, next state, probability and reward, counted from 0, ordered by state and action.",
      isRequired: true),
    .key(
      "states", \.states, .integer(.from(1, through: Int(Int32.max) - 1)), "Number of states.",
      isRequired: true),
    .key(
      "actions", \.actions, .integer(.from(1, through: Int(Int32.max) - 1)), "Number of actions.",
      isRequired: true),
    .key(
      "discount", \.discount, .number(.from(0, through: 1)),
      "γ; with 1, a terminal state must be reachable from every state."),
    .key(
      "terminal", \.terminal, .list(of: .integer(.notNegative)), "The numbers of the states in which an episode ends."),
    .key(
      "start", \.start, .table(levels: ["a state"], of: .number(.above(0, through: 1)), names: { 1 / Double($0) }),
      "Where episodes start: a state, a list of equally likely states, or states with probabilities; by default all states that are not terminal, equally likely."
    ),
    .key(
      "stepLimit", \.stepLimit, .integer(.from(0, through: Int(Int32.max)), unit: "actions"),
      "Number of actions after which an episode is truncated; 0: no limit."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    for (i, state) in terminal.enumerated() {
      checks.require(
        state < states, at: "terminal.\(i)", found: "state \(state)", allowed: "a state from 0 to \(states - 1)")
    }
    for entry in start.children {
      let state = Int(entry.name)
      checks.require(
        state.map { (0..<states).contains($0) && !terminal.contains($0) } ?? false, at: "start.\(entry.name)",
        found: "state '\(entry.name)'", allowed: "a state from 0 to \(states - 1) that is not terminal")
    }
    let startNames = start.children.map(\.name)
    checks.require(
      Set(startNames).count == startNames.count, at: "start", found: "a state for the second time",
      allowed: "each state once")
    if !start.children.isEmpty { requireUnit(start.children.reduce(0) { $0 + ($1.value ?? 0) }, at: "start", &checks) }
  }

  /// The file, where the scenario stands in `folder`.
  public func path(relativeTo folder: String) -> String {
    path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
  }

  func problem(relativeTo folder: String, source: ConfigurationSource, path key: String) throws -> FiniteProblem {
    let file = path(relativeTo: folder)
    var reading = TransitionFile(file: file, stateCount: states, actionCount: actions, terminal: terminal)
    let rows = try reading.read()
    var starts = start.children.compactMap { entry in
      Int(entry.name).map { FiniteProblem.StateProbability(state: $0, probability: entry.value ?? 0) }
    }.sorted { $0.state < $1.state }
    if starts.isEmpty {
      let live = (0..<states).filter { rows.stateStarts[$0] < rows.stateStarts[$0 + 1] }
      starts = live.map { .init(state: $0, probability: 1 / Double(live.count)) }
    }
    return FiniteProblem(
      stateNames: [], actionNames: (0..<actions).map { "\($0)" }, stateStarts: rows.stateStarts,
      choiceActions: rows.choiceActions, choiceStarts: rows.choiceStarts, nextStates: rows.nextStates,
      probabilities: rows.probabilities, rewards: rows.rewards, discount: discount, start: starts, policy: nil,
      stepLimit: stepLimit > 0 ? stepLimit : nil, layout: nil)
  }
}
