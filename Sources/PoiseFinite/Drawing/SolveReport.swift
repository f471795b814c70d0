import PoiseCore

/// The options of `poise solve`.
public struct SolveRequest: Hashable, Sendable {
  /// Which policy is evaluated.
  public enum PolicyKind: String, Hashable, Sendable, CaseIterable {
    /// The optimal policy.
    case optimal
    /// The policy that the problem contains.
    case given
    /// The uniform random policy.
    case random
  }

  /// The algorithms that find the optimal policy.
  public enum Method: String, Hashable, Sendable, CaseIterable {
    /// Value iteration: `FiniteProblem.valueIteration`.
    case valueIteration = "value-iteration"
    /// Policy iteration: `FiniteProblem.policyIteration`.
    case policyIteration = "policy-iteration"
    /// Modified policy iteration: `FiniteProblem.modifiedPolicyIteration`.
    case modifiedPolicyIteration = "modified-policy-iteration"
  }

  /// The policy that is evaluated.
  public var policy = PolicyKind.optimal
  /// The algorithm that finds the optimal policy; `nil` for policy iteration up to 20,000 states, above for modified
  /// policy iteration.
  public var method: Method?
  /// The number of actions over which rewards are summed; `nil` for no limit.
  public var horizon: Int?
  /// A trajectory whose probability and return are computed, `x1,1,x2,2,x4`; `nil` for none. Of several best choices,
  /// the policy takes the first.
  public var trajectory: String?
  /// The bound of |V − V*| at which iterations stop.
  public var tolerance = 1e-9
  /// The number of threads, at least 1; it changes no bit of the result.
  public var threadCount = 1
  /// Whether the values of every sweep are kept for the page: up to 200 of them, 8 bytes for each state.
  public var keepsSweeps = true

  /// The optimal policy, without horizon and trajectory, on one thread.
  public init() {}
}

/// The result of `poise solve`, as text, JSON or a page of HTML.
public struct SolveReport: Sendable {
  /// The problem.
  public let problem: FiniteProblem
  /// The name of the problem, for display.
  public let name: String
  /// V, Q and A of the policy.
  public let table: SolutionTable
  /// Lines of text with sizes, method, error bound and values.
  public private(set) var summary: [String] = []
  /// Probability and return of the requested trajectory; `nil` for none.
  public private(set) var worth: FiniteTrajectory.Worth?
  private var page: SolutionPage
  private var facts: [(key: String, value: String)] = []

  /// Solves the problem as requested.
  ///
  /// - Parameters:
  ///   - problem: the problem.
  ///   - name: its name, for display.
  ///   - request: the options.
  /// - Throws: `InvalidInput` if the problem does not have what the request names, such as a policy or a state;
  ///   `FiniteProblemError` if there is no solution, or none was found.
  public init(_ problem: FiniteProblem, name: String, request: SolveRequest) throws {
    self.problem = problem
    self.name = name
    let pool = WorkerPool(threadCount: request.threadCount)
    var page = SolutionPage(problem, title: name)
    func keep(_ progress: SolverProgress) { if request.keepsSweeps { page.note(progress) } }
    let trajectory = try request.trajectory.map { try FiniteTrajectory($0, in: problem) }
    var summary = [
      "\(problem.stateCount) states, \(problem.actionNames.count) actions, \(problem.transitionCount) transitions, γ = \(problem.discount.rounded(significant: 12))"
    ]
    var facts: [(key: String, value: String)] = [
      ("states", "\(problem.stateCount)"), ("actions", "\(problem.actionNames.count)"),
      ("transitions", "\(problem.transitionCount)"), ("discount", "\(problem.discount)"),
      ("policy", quotedJSON(request.policy.rawValue)),
    ]
    let policy: [Double]
    let values: [Double]
    switch request.policy {
    case .optimal:
      if let horizon = request.horizon {
        let solution = problem.horizonValues(actions: horizon, keepsChoices: true, pool: pool)
        values = solution.values
        policy = problem.policy(choosing: solution.choices.last ?? [Int32](repeating: -1, count: problem.stateCount))
        summary.append("backward induction over \(horizon) actions; the best first actions are shown")
      } else {
        let method = request.method ?? (problem.stateCount <= 20_000 ? .policyIteration : .modifiedPolicyIteration)
        let solution =
          switch method {
          case .valueIteration:
            try problem.valueIteration(tolerance: request.tolerance, pool: pool) { keep($0) }
          case .policyIteration:
            try problem.policyIteration(tolerance: request.tolerance, pool: pool) { keep($0) }
          case .modifiedPolicyIteration:
            try problem.modifiedPolicyIteration(tolerance: request.tolerance, pool: pool) { keep($0) }
          }
        values = solution.values
        policy = problem.policy(choosing: solution.chosen)
        let bound =
          solution.errorBound.isFinite
          ? "|V − V*| ≤ \(solution.errorBound.rounded(significant: 2))"
          : "no bound, without a discount or a cost of every action"
        summary.append(
          "\(method.rawValue): \(solution.sweeps) sweeps, \(bound), residual \(solution.residual.rounded(significant: 2))"
        )
        facts += [
          ("method", quotedJSON(method.rawValue)), ("sweeps", "\(solution.sweeps)"),
          ("error_bound", solution.errorBound.isFinite ? "\(solution.errorBound)" : "null"),
          ("residual", "\(solution.residual)"),
        ]
      }
    case .given, .random:
      if request.policy == .given {
        guard let given = problem.policy else {
          throw InvalidInput(
            Problem(
              file: "--policy given", found: "a problem without a policy", allowed: "a problem with the key 'policy'",
              remedy: "Add one, or choose optimal or random."))
        }
        policy = given
      } else {
        policy = problem.uniformPolicy
      }
      if let horizon = request.horizon {
        values = problem.horizonValues(actions: horizon, policy: policy, pool: pool).values
        summary.append("policy \(request.policy.rawValue) over \(horizon) actions")
      } else {
        let result = try problem.evaluated(policy: policy, tolerance: request.tolerance, pool: pool)
        values = result.values
        let method =
          switch result.method {
          case .exact(let entries): "exactly, by LU with \(entries) entries"
          case .iterative(let sweeps): "in \(sweeps) sweeps"
          }
        summary.append(
          "policy \(request.policy.rawValue), evaluated \(method): |V − V^π| ≤ \(result.errorBound.rounded(significant: 2)), residual \(result.residual.rounded(significant: 2))"
        )
        facts += [("error_bound", "\(result.errorBound)"), ("residual", "\(result.residual)")]
      }
    }
    let start = problem.startValue(of: values)
    summary.append("value of the start: \(start.rounded(significant: 10))")
    facts.append(("start_value", "\(start)"))
    if let trajectory {
      let worth = trajectory.worth(in: problem, policy: policy)
      self.worth = worth
      summary.append(
        "trajectory \(request.trajectory ?? ""): probability \(worth.probability.rounded(significant: 10)) from its first state (which starts with \(worth.startProbability.rounded(significant: 10))), return \(worth.discountedReturn.rounded(significant: 10)) discounted, \(worth.totalReward.rounded(significant: 10)) undiscounted"
      )
      facts.append(
        (
          "trajectory",
          "{\"probability\": \(worth.probability), \"start_probability\": \(worth.startProbability), \"discounted_return\": \(worth.discountedReturn), \"return\": \(worth.totalReward)}"
        ))
    }
    table = SolutionTable(problem, values: values)
    self.summary = summary
    self.facts = facts
    self.page = page
  }

  /// Summary, drawings of a map, and the table of values.
  public var text: String {
    var parts = ["\(name): " + summary.joined(separator: "\n  ")]
    if let drawing = MapDrawing(problem), problem.stateCount <= 4000 {
      parts.append("V\n\n" + drawing.values(table.values))
      parts.append("best actions\n\n" + drawing.arrows(table.best, problem))
    }
    parts.append(table.text())
    return parts.joined(separator: "\n\n")
  }

  /// The result as one JSON object.
  public var json: String {
    let head = facts.map { "\"\($0.key)\": \($0.value)" }
    return "{\"name\": \(quotedJSON(name)), \(head.joined(separator: ", ")), \"values\": \(table.json)}"
  }

  /// The result as a page of HTML.
  public var html: String { page.html(table, summary: summary) }
}
