import PoiseCore

/// V, Q and A of a problem, as text and as JSON: the output of `poise solve`.
public struct SolutionTable: Sendable {
  /// The problem.
  public let problem: FiniteProblem
  /// V of each state, [states].
  public let values: [Double]
  /// Q of each choice that follows from `values`, [choices].
  public let choiceValues: [Double]
  /// The choices of each state with the largest `choiceValues`, ties included, [states].
  public let best: [[Int]]

  /// Computes Q and the best choices from V.
  ///
  /// - Parameters:
  ///   - problem: the problem.
  ///   - values: V of any policy, [states].
  ///   - slack: the largest difference of Q between tied choices; `nil` for the default of `FiniteProblem.bestChoices`.
  public init(_ problem: FiniteProblem, values: [Double], slack: Double? = nil) {
    self.init(problem, values: values, choiceValues: problem.choiceValues(of: values), slack: slack)
  }

  /// Finds the best choices from Q.
  ///
  /// - Parameters:
  ///   - problem: the problem.
  ///   - values: V, [states].
  ///   - choiceValues: Q, which V need not follow from, as where both were learned, [choices].
  ///   - slack: the largest difference of Q between tied choices; `nil` for the default of `FiniteProblem.bestChoices`.
  public init(_ problem: FiniteProblem, values: [Double], choiceValues: [Double], slack: Double? = nil) {
    self.problem = problem
    self.values = values
    self.choiceValues = choiceValues
    best = problem.bestChoices(choiceValues: choiceValues, slack: slack)
  }

  /// Makes a table of a policy, whose choices take the place of the best ones.
  ///
  /// - Parameters:
  ///   - problem: the problem.
  ///   - values: V of the policy, [states].
  ///   - choiceValues: its Q, [choices].
  ///   - best: the choices that it takes in each state, [states].
  public init(_ problem: FiniteProblem, values: [Double], choiceValues: [Double], best: [[Int]]) {
    self.problem = problem
    self.values = values
    self.choiceValues = choiceValues
    self.best = best
  }

  /// Makes a table that was learned: V is the largest Q of each state.
  ///
  /// - Parameters:
  ///   - problem: the problem.
  ///   - learned: Q, or the logits of a policy, [choices].
  public init(_ problem: FiniteProblem, learned: [Double]) {
    let values = (0..<problem.stateCount).map { state in
      problem.choices(of: state).map { learned[$0] }.max() ?? 0
    }
    self.init(problem, values: values, choiceValues: learned)
  }

  /// One line for each state: V, the best actions, Q and A of each action.
  ///
  /// - Parameter limit: the largest number of states that are shown; a last line says how many are left out.
  public func text(limit: Int = 60) -> String {
    let actions = problem.actionNames
    let shown = min(limit, problem.stateCount)
    let showsQ = actions.count <= 8
    var table = TextTable(header: ["state", "V", "best"])
    if showsQ { table.header += actions.map { "Q(\($0))" } + actions.map { "A(\($0))" } }
    for state in 0..<shown {
      var row = [problem.stateName(state), cell(values[state])]
      row.append(
        problem.isTerminal(state) ? "–" : best[state].map { problem.actionName(of: $0) }.joined(separator: " "))
      if showsQ {
        let choices = (0..<actions.count).map { action in
          problem.choices(of: state).first { Int(problem.choiceActions[$0]) == action }
        }
        row += choices.map { $0.map { cell(choiceValues[$0]) } ?? "–" }
        row += choices.map { $0.map { cell(choiceValues[$0] - values[state]) } ?? "–" }
      }
      table.rows.append(row)
    }
    let rest = problem.stateCount - shown
    return table.text() + (rest > 0 ? "\n  … and \(rest) more states; --json lists all" : "")
  }

  private func cell(_ number: Double) -> String {
    // A zero with a rounding error is shown as 0.
    abs(number) < 1e-13 ? "0" : number.rounded(significant: 6)
  }

  /// A JSON array with an object for each state.
  public var json: String {
    let states = (0..<problem.stateCount).map { state in
      let choices = problem.choices(of: state).map { choice in
        "\(quotedJSON(problem.actionName(of: choice))): {\"q\": \(jsonNumber(choiceValues[choice])), \"a\": \(jsonNumber(choiceValues[choice] - values[state]))}"
      }
      let names = best[state].map { quotedJSON(problem.actionName(of: $0)) }
      return
        "{\"state\": \(quotedJSON(problem.stateName(state))), \"v\": \(jsonNumber(values[state])), \"best\": [\(names.joined(separator: ", "))], \"actions\": {\(choices.joined(separator: ", "))}}"
    }
    return "[\n" + states.joined(separator: ",\n") + "\n]"
  }
}

/// A number in JSON, which has none but finite ones: null for all others.
func jsonNumber(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

/// Text as a JSON string, with its quotes.
func quotedJSON(_ text: String) -> String { ConfigurationNode.text(text).jsonText }
