public import PoiseCore

/// The form `lists`: a finite problem whose transitions are written out.
///
///     states: [x1, x2, x3, x4]
///     actions: [1, 2]
///     terminal: [x4]
///     discount: 0.8
///     transitions:
///       x1:
///         1: {x2: [0.7, 1], x3: [0.3, -1]}   # next state: [probability, reward]
///         2: {x3: [1, -1]}
public struct ProblemLists: Configurable, Hashable {
  /// The names of all states, terminal ones included.
  public var states: [String] = []
  /// The names of all actions; a state need not offer each of them.
  public var actions: [String] = []
  /// The names of the terminal states.
  public var terminal: [String] = []
  /// γ, in [0, 1].
  public var discount = 1.0
  /// p(s′|s,a) and r(s′,s,a), by state, action and next state.
  public var transitions = NestedTable<ListedTransition>()
  /// The start distribution: the probability of each state; empty for all states that are not terminal alike.
  public var start = NestedTable<Double>()
  /// π(a|s), by state and action; empty for no policy.
  public var policy = NestedTable<Double>()
  /// The number of actions after which an episode is truncated; 0 for no limit.
  public var stepLimit = 0

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "states", \.states, .list(of: .word("the name of a state"), count: 1...Int.max),
      "The names of all states, terminal ones included.", isRequired: true),
    .key(
      "actions", \.actions, .list(of: .word("the name of an action"), count: 1...Int.max),
      "The names of all actions; a state need not offer each of them.", isRequired: true),
    .key(
      "terminal", \.terminal, .list(of: .word("the name of a state")),
      "States in which an episode ends; they have no transitions."),
    .key(
      "discount", \.discount, .number(.from(0, through: 1)),
      "γ; with 1, a terminal state must be reachable from every state."),
    .key(
      "transitions", \.transitions, .table(levels: ["a state", "an action", "a next state"], of: .listedTransition),
      "p(s'|s,a) and r(s',s,a): state, action, next state: [probability, reward]; the probability alone for no reward.",
      isRequired: true),
    .key(
      "start", \.start, .table(levels: ["a state"], of: .number(.above(0, through: 1)), names: { 1 / Double($0) }),
      "Where episodes start: a state, a list of equally likely states, or states with probabilities; by default all states that are not terminal, equally likely."
    ),
    .key(
      "policy", \.policy, .table(levels: ["a state", "an action"], of: .number(.from(0, through: 1))),
      "π(a|s), which `--policy given` evaluates: state, action: probability; for all states that are not terminal, or none."
    ),
    .key(
      "stepLimit", \.stepLimit, .integer(.from(0, through: Int(Int32.max)), unit: "actions"),
      "Number of actions after which an episode is truncated; 0: no limit."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    let known = Set(states)
    let knownActions = Set(actions)
    reportRepeated(states, at: "states", &checks)
    reportRepeated(actions, at: "actions", &checks)
    func requireState(_ name: String, at key: String, _ checks: inout ConfigurationChecks) {
      checks.require(
        known.contains(name), at: key, found: "the unknown state '\(name)'", allowed: "one of 'states'",
        remedy: suggestion(for: name, among: states))
    }
    func requireAction(_ name: String, at key: String, _ checks: inout ConfigurationChecks) {
      checks.require(
        knownActions.contains(name), at: key, found: "the unknown action '\(name)'", allowed: "one of 'actions'",
        remedy: suggestion(for: name, among: actions))
    }
    let ends = Set(terminal)
    for (i, name) in terminal.enumerated() { requireState(name, at: "terminal.\(i)", &checks) }
    checks.require(
      ends.count < known.count || known.isEmpty, at: "terminal", found: "every state",
      allowed: "at least one state that is not terminal")

    var left: Set<String> = []
    for state in transitions.children {
      let path = "transitions.\(state.name)"
      requireState(state.name, at: path, &checks)
      checks.require(
        !ends.contains(state.name), at: path, found: "transitions from the terminal state '\(state.name)'",
        allowed: "none from a terminal state", remedy: "Remove them, or take the state out of 'terminal'.")
      if !state.children.isEmpty { left.insert(state.name) }
      for action in state.children {
        let path = "\(path).\(action.name)"
        requireAction(action.name, at: path, &checks)
        for next in action.children { requireState(next.name, at: "\(path).\(next.name)", &checks) }
        let sum = action.children.reduce(0) { $0 + ($1.value?.probability ?? 0) }
        requireUnit(sum, at: path, &checks)
      }
    }
    let deadEnds = states.filter { !left.contains($0) && !ends.contains($0) }
    checks.require(
      deadEnds.isEmpty, at: "transitions",
      found:
        "no transition from the state\(deadEnds.count == 1 ? "" : "s") \(listed(deadEnds)): dead end\(deadEnds.count == 1 ? "" : "s")",
      allowed: "an action for every state that is not terminal", remedy: "Give it an action, or list it in 'terminal'.")

    for state in start.children {
      requireState(state.name, at: "start.\(state.name)", &checks)
      checks.require(
        !ends.contains(state.name), at: "start.\(state.name)", found: "the terminal state '\(state.name)'",
        allowed: "a state that is not terminal")
    }
    let startNames = start.children.map(\.name)
    checks.require(
      Set(startNames).count == startNames.count, at: "start", found: "a state for the second time",
      allowed: "each state once")
    if !start.children.isEmpty { requireUnit(start.children.reduce(0) { $0 + ($1.value ?? 0) }, at: "start", &checks) }

    guard !policy.children.isEmpty else { return }
    let offered = Dictionary(transitions.children.map { ($0.name, Set($0.children.map(\.name))) }) { a, _ in a }
    for state in policy.children {
      let path = "policy.\(state.name)"
      requireState(state.name, at: path, &checks)
      for action in state.children {
        requireAction(action.name, at: "\(path).\(action.name)", &checks)
        checks.require(
          !knownActions.contains(action.name) || !known.contains(state.name)
            || offered[state.name]?.contains(action.name) ?? false,
          at: "\(path).\(action.name)", found: "the action '\(action.name)', which '\(state.name)' does not offer",
          allowed: "an action with transitions")
      }
      requireUnit(state.children.reduce(0) { $0 + ($1.value ?? 0) }, at: path, &checks)
    }
    let given = Set(policy.children.map(\.name))
    let missing = states.filter { left.contains($0) && !given.contains($0) }
    checks.require(
      missing.isEmpty, at: "policy", found: "nothing for \(listed(missing))",
      allowed: "every state that is not terminal, or no policy")
  }

  /// The problem that these lists describe; they must have passed `crossChecks`.
  var problem: FiniteProblem {
    let stateIndex = Dictionary(uniqueKeysWithValues: states.enumerated().map { ($1, $0) })
    let actionIndex = Dictionary(uniqueKeysWithValues: actions.enumerated().map { ($1, $0) })
    func index(_ name: String, _ table: [String: Int]) -> Int {
      guard let index = table[name] else { preconditionFailure("'\(name)' is unknown: lists with problems") }
      return index
    }
    var builder = FiniteProblemBuilder(stateNames: states, actionNames: actions, discount: discount)
    for state in transitions.children {
      for action in state.children {
        for next in action.children {
          guard let value = next.value, value.probability > 0 else { continue }
          builder.add(
            state: index(state.name, stateIndex), action: index(action.name, actionIndex),
            nextState: index(next.name, stateIndex), probability: value.probability, reward: value.reward)
        }
      }
    }
    let ends = Set(terminal)
    if start.children.isEmpty {
      let live = states.indices.filter { !ends.contains(states[$0]) }
      builder.start = live.map { .init(state: $0, probability: 1 / Double(live.count)) }
    } else {
      builder.start = start.children.map { .init(state: index($0.name, stateIndex), probability: $0.value ?? 0) }
    }
    builder.stepLimit = stepLimit > 0 ? stepLimit : nil
    guard !policy.children.isEmpty else { return builder.problem() }
    var table: [Int: [Int: Double]] = [:]
    for state in policy.children {
      for action in state.children {
        table[index(state.name, stateIndex), default: [:]][index(action.name, actionIndex)] = action.value ?? 0
      }
    }
    return builder.problem { table[$0]?[$1] ?? 0 }
  }

  private func reportRepeated(_ names: [String], at key: String, _ checks: inout ConfigurationChecks) {
    var seen: Set<String> = []
    for (i, name) in names.enumerated() {
      checks.require(
        seen.insert(name).inserted, at: "\(key).\(i)", found: "'\(name)' for the second time", allowed: "each name once"
      )
    }
  }
}

/// Reports an error if the sum of probabilities is not 1.
func requireUnit(_ sum: Double, at key: String, _ checks: inout ConfigurationChecks) {
  let isThirds = abs(sum - 1) < 0.02
  checks.require(
    abs(sum - 1) <= FiniteProblem.sumTolerance, at: key,
    found: "probabilities that add up to \(sum.rounded(significant: 12))",
    allowed: "probabilities that add up to 1",
    remedy: isThirds ? "Write numbers such as thirds with 16 digits: 0.3333333333333333." : "")
}

/// `'a', 'b', 'c', … (12 of them)`.
func listed(_ names: [String]) -> String {
  let shown = names.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
  return names.count > 5 ? "\(shown), … (\(names.count) of them)" : shown
}

/// One transition of a list: p(s′|s,a) and r(s′,s,a).
public struct ListedTransition: Hashable, Sendable {
  /// p(s′|s,a), in [0, 1].
  public var probability: Double
  /// r(s′,s,a).
  public var reward: Double

  /// Makes a transition; parameters are as the properties.
  public init(probability: Double, reward: Double) {
    self.probability = probability
    self.reward = reward
  }
}

extension ConfigurationFormat where Value == ListedTransition {
  /// The format `[probability, reward]`, or the probability alone for no reward.
  static var listedTransition: Self {
    let probability = ConfigurationFormat<Double>.number(.from(0, through: 1))
    let reward = ConfigurationFormat<Double>.number()
    let phrase = "[probability, reward], the probability a number from 0 to 1"
    return Self(
      typeName: "[p, r]", allowed: "p in [0, 1]", phrase: phrase,
      read: { node, _, reader in
        switch node.content {
        case .scalar: return probability.read(node, nil, &reader).map { ListedTransition(probability: $0, reward: 0) }
        case .sequence(let items) where items.count == 2:
          let p = probability.read(items[0], nil, &reader)
          let r = reward.read(items[1], nil, &reader)
          if let p, let r { return ListedTransition(probability: p, reward: r) }
          return nil
        default:
          reader.report(node, allowed: phrase)
          return nil
        }
      },
      write: { .sequence([probability.write($0.probability), reward.write($0.reward)]) })
  }
}
