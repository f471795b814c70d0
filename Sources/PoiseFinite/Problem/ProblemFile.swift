public import PoiseCore

/// The form `file`: the transitions of a large problem, as CSV or in binary.
public struct ProblemFile: Configurable, Hashable {
  public var path = ""
  public var states = 0
  public var actions = 0
  public var discount = 1.0
  public var terminal: [Int] = []
  public var start = NestedTable<Double>()
  public var stepLimit = 0

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "path", \.path, .text("a path to a .csv or .mdp file"),
      "Relative to this file. CSV: state, action, next state, probability and reward, counted from 0, ordered by state and action.",
      isRequired: true),
    .key(
      "states", \.states, .integer(.from(1, through: Int(Int32.max) - 1)), "How many states there are.",
      isRequired: true),
    .key(
      "actions", \.actions, .integer(.from(1, through: Int(Int32.max) - 1)), "How many actions there are.",
      isRequired: true),
    .key(
      "discount", \.discount, .number(.from(0, through: 1)), "γ; with 1, every state needs a way to a terminal one."),
    .key(
      "terminal", \.terminal, .list(of: .integer(.notNegative)), "The numbers of the states in which an episode ends."),
    .key(
      "start", \.start, .table(levels: ["a state"], of: .number(.above(0, through: 1)), names: { 1 / Double($0) }),
      "Where episodes start: a state, several that are alike, or states with their probabilities; by default any but the terminal ones."
    ),
    .key(
      "stepLimit", \.stepLimit, .integer(.from(0, through: Int(Int32.max)), unit: "actions"),
      "After so many actions an episode is cut; 0 for no limit."),
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
