import Dispatch
public import PoiseAlgorithms
public import PoiseCore
import PoiseEnvironments
public import PoiseFinite
public import PoiseNetworks
public import PoiseScenarios

/// A learner with a table in the one world of a finite problem, action by action.
///
/// There is one world and one thread: threads have nothing to change. Where the problem is solved quickly, the progress table shows how far the
/// learned table is from the exact solution.
public final class TabularTrainer<Learner: TabularLearner>: Trainer {
  private let problem: FiniteProblem
  /// The learner, and the world in which it acts.
  public private(set) var agent: TabularAgent<Learner>
  /// The data of the next report.
  private var underWay = Iteration()
  /// Q*, [choices], NaN for states that no episode comes to; `nil` where the problem is large or has no solution.
  private lazy var optimum: [Double]? =
    problem.stateCount <= Self.solvedStates
    ? (try? problem.policyIteration()).map { problem.whereReachable(choiceValues: problem.choiceValues(of: $0.values)) }
    : nil

  /// States up to which the problem is solved for the column of the distance.
  private static var solvedStates: Int { 20_000 }
  /// Actions between two checks whether the training is stopped: a fraction of a millisecond, or some ten with much planning.
  private static var portion: Int { 1000 }

  /// Puts a learner into a new world of its problem.
  ///
  /// - Parameters:
  ///   - learner: made for the problem.
  ///   - scenario: gives the limit of the actions of an episode.
  ///   - problem: the scenario's.
  ///   - seed: the root seed of the run.
  public init(_ learner: Learner, on scenario: LoadedScenario, problem: FiniteProblem, seed: UInt64) {
    self.problem = problem
    agent = TabularAgent(learner, in: problem, stepLimit: scenario.specification.stepLimit, seed: seed)
  }

  private var learner: Learner { agent.learner }

  public var environmentSteps: Int { learner.environmentSteps }

  public var policy: Policy { Policy(greedyIn: learner.preferences, of: problem) }

  public func policyTensors() throws -> [String: Tensor] {
    try policy.tensors().merging(LearnedTable(problem, learner.preferences).tensors) { first, _ in first }
  }

  public func beginWithLearner(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    agent.learner.begin(with: try known(tensors, file: file).learner)
  }

  // MARK: Training

  /// An iteration that may stop after any action, and go on from there.
  private struct Iteration: Codable {
    var firstStep = 0
    /// The world's totals at its beginning.
    var episodes = 0
    var reward = 0.0
    var actions = 0
    var seconds = 0.0
  }

  public func iterate(stepLimit: Int, reportBy: Int, isStopped: @Sendable () -> Bool) -> TrainingReport? {
    let end = min(stepLimit, reportBy, underWay.firstStep + learner.parameters.reportInterval)
    var start = DispatchTime.now().uptimeNanoseconds
    while agent.learner.environmentSteps < end {
      if isStopped() { return nil }
      agent.learn(min(Self.portion, end - agent.learner.environmentSteps))
      let now = DispatchTime.now().uptimeNanoseconds
      underWay.seconds += Double(now - start) * 1e-9
      start = now
    }
    return report()
  }

  private func report() -> TrainingReport {
    var report = TrainingReport()
    let moment = agent.world.moment
    let episodes = moment.episodeCount - underWay.episodes
    func mean(_ sum: Double) -> Double? { episodes > 0 ? sum / Double(episodes) : nil }
    report.metrics = [
      ("episodes", Double(episodes)), ("return", mean(moment.finishedReward - underWay.reward)),
      ("episode_length", mean(Double(moment.finishedActions - underWay.actions))), ("faults", 0),
    ]
    report.metrics += learner.columns(problem, optimum: optimum)
    report.phases = [("learning", underWay.seconds)]
    if let choice = learner.preferences.firstIndex(where: { !$0.isFinite }) {
      report.failure = .init(
        quantity: "the table", reason: "entry \(choice) is \(learner.preferences[choice])", update: environmentSteps)
    }
    underWay = Iteration(
      firstStep: learner.environmentSteps, episodes: moment.episodeCount, reward: moment.finishedReward,
      actions: moment.finishedActions)
    return report
  }

  // MARK: Checkpointing

  private struct State: Codable {
    var learner: Learner.State
    var world: FiniteWorld.Moment
    var random: RandomStream
    var underWay: Iteration
  }

  public func tensors() throws -> [String: Tensor] {
    [
      "trainer.memory": try Tensor(
        encoding: State(learner: learner.state, world: agent.world.moment, random: agent.random, underWay: underWay))
    ]
  }

  public func read(_ tensors: [String: Tensor], file: String) throws {
    let state = try known(tensors, file: file)
    agent.learner.state = state.learner
    agent.world.moment = state.world
    agent.random = state.random
    underWay = state.underWay
  }

  /// The state in a checkpoint, if it is one that this trainer could be in.
  private func known(_ tensors: [String: Tensor], file: String) throws(InvalidInput) -> State {
    let state: State = try Tensor.decode("trainer.memory", in: tensors, file: file)
    guard learner.accepts(state.learner), agent.world.accepts(state.world), state.underWay.firstStep.isPossibleCount,
      (0...state.world.episodeCount).contains(state.underWay.episodes),
      (0...state.world.finishedActions).contains(state.underWay.actions)
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'trainer.memory'", found: "the state of another learner, or an impossible one",
          allowed: "that of \(Learner.self) in a problem of \(problem.stateCount) states",
          remedy: "The checkpoint belongs to another scenario, or is damaged."))
    }
    return state
  }
}
