import PoiseCore
import PoiseEnvironments
import PoiseFinite
import PoiseScenarios
public import PoiseTraining

/// What a trained network does in a finite problem: its episodes on the map in a terminal, or a page with its exact values.
///
/// How a table was learned is shown by `LearningReplay`.
public struct PolicyReplay {
  private let process: FiniteProcess
  private let episodes: PolicyEpisodes
  /// The action in every state, [states].
  private let actions: [Int]
  private let title: String

  /// Prepares the replay of a run of a finite problem.
  ///
  /// - Parameters:
  ///   - run: the run.
  ///   - seed: the root seed of the episodes.
  /// - Throws: `InvalidInput` where the scenario is no finite problem.
  public init(_ run: TrainedRun, seed: UInt64) throws {
    process = FiniteProcess(try run.scenario.requireProblem(for: "a replay on its map"))
    episodes = try PolicyEpisodes(run.scenario, run.policy, seed: seed, instructionSet: run.instructionSet)
    actions = process.actions(of: run.policy, instructionSet: run.instructionSet)
    title = "\(run.scenario.name), \(run.folder.description.algorithm), \(run.checkpoint.rawValue) checkpoint"
  }

  private var problem: FiniteProblem { process.problem }

  /// Shows episodes of the policy, then its action in every cell.
  ///
  /// - Parameters:
  ///   - screen: the terminal or file that the text is for.
  ///   - count: how many episodes.
  ///   - write: receives the text.
  ///   - isStopped: asked between pictures; true ends the replay.
  public func show(
    on screen: TerminalReplay.Screen, episodes count: Int, write: (String) -> Void, isStopped: () -> Bool
  ) {
    write("\(title)\n")
    let stage = EpisodeStage(problem, screen)
    for number in 0..<count where !isStopped() {
      var episode: EpisodeStage.Episode?
      episodes.play(number) { moment in
        let state = process.state(of: moment.observation)
        if episode == nil {
          episode = EpisodeStage.Episode(state: state)
        } else {
          episode?.add(state: state, reward: moment.reward)
        }
      }
      if let episode { stage.play(episode, "episode \(number + 1), seed \(episodes.seed)", write, isStopped) }
    }
    guard let drawing = MapDrawing(problem), !isStopped() else { return }
    let taken = actions.indices.map { state in
      problem.isTerminal(state) ? [] : [process.choice(of: state, action: actions[state])]
    }
    write("\nits action in each cell\n\n\(drawing.arrows(taken, problem))\n")
  }

  /// One page: V of the policy, and Q in each cell with the policy's values after the action.
  ///
  /// Where γ is 1 and the policy does not end from everywhere, the values are those of γ = 0.999, and the page says so.
  ///
  /// - Throws: `FiniteProblemError` if the values cannot be computed.
  public func html() throws -> String {
    let policy = process.policy { [(actions[$0], 1)] }
    var summary: [String] = []
    let values: [Double]
    if let exact = try? problem.evaluated(policy: policy).values {
      values = exact
      summary.append(
        "value of the start, exact: \(problem.startValue(of: values).rounded(significant: 6)) by this policy")
    } else {
      values = try problem.discounted(by: 0.999).evaluated(policy: policy).values
      summary.append("The policy does not end from every state, so these are its values for γ = 0.999.")
    }
    if let optimum = try? problem.policyIteration() {
      summary.append("by the best one: \(problem.startValue(of: optimum.values).rounded(significant: 6))")
    }
    // The policy's own action is the best of each cell, whatever its Q.
    var page = SolutionPage(problem, title: title, steps: "Values", last: "of the policy")
    page.note(values, after: 1)
    return page.html(
      SolutionTable(
        problem, values: values, choiceValues: problem.choiceValues(of: values),
        best: actions.indices.map { problem.isTerminal($0) ? [] : [process.choice(of: $0, action: actions[$0])] }),
      summary: summary)
  }
}
