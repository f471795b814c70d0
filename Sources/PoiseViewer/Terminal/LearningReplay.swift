import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseFinite
import PoiseNetworks
public import PoiseScenarios
public import PoiseTraining

/// How an agent learns a finite problem, episode by episode: on the map in a terminal, or as a page with Q in each cell.
///
/// A training follows from its scenario and seed alone, so it is not recorded but repeated, up to the checkpoint that is shown.
public struct LearningReplay: Sendable {
  private let scenario: LoadedScenario
  private let problem: FiniteProblem
  private let learner: any TabularLearner
  private let seed: UInt64
  /// Actions of the training that are repeated.
  private let actions: Int
  /// "maze, q-learning, seed 1".
  public let title: String

  /// Prepares the replay of the training that `poise train` would make of a scenario.
  ///
  /// - Parameters:
  ///   - scenario: a scenario of a finite problem.
  ///   - seed: the root seed of the training.
  ///   - actions: actions of the training that are repeated; `nil` for the scenario's step limit.
  /// - Throws: `InvalidInput` where the scenario is no finite problem, or its algorithm learns no table.
  public init(_ scenario: LoadedScenario, seed: UInt64, actions: Int? = nil) throws {
    let problem = try scenario.requireProblem(for: "a replay of how a table is learned")
    let algorithm = scenario.settings.algorithm
    try scenario.checkAlgorithm()
    let made = algorithm.makeLearner(
      for: LearnerContext(
        observationSpace: scenario.specification.observationSpace, actionSpace: scenario.specification.actionSpace,
        problem: problem, seed: seed, instructionSet: .baseline))
    guard case .tabular(let learner) = made else {
      throw InvalidInput(
        scenario.source.problem(
          at: "training.algorithm", found: "'\(algorithm.name)', which learns a network",
          allowed: "a learner with a table, whose cells can be shown",
          remedy: "Train it, and replay the run: its policy's episodes are shown."))
    }
    self.scenario = scenario
    self.problem = problem
    self.learner = learner
    self.seed = seed
    self.actions = actions ?? scenario.settings.stepLimit
    title = "\(scenario.name), \(algorithm.name), seed \(seed)"
  }

  /// Prepares the replay of a run, up to its checkpoint.
  public init(_ run: TrainedRun) throws {
    try self.init(run.scenario, seed: run.folder.description.seed, actions: run.environmentSteps)
  }

  // MARK: In a terminal

  /// Shows episodes of the training, at first each one and later fewer and fewer, and at the end one without exploration.
  ///
  /// - Parameters:
  ///   - screen: the terminal or file that the text is for.
  ///   - episodes: episodes of the training that are shown, at most.
  ///   - write: receives the text.
  ///   - isStopped: asked between pictures; true ends the replay.
  public func show(
    on screen: TerminalReplay.Screen, episodes: Int = 8, write: (String) -> Void, isStopped: () -> Bool
  ) {
    write("\(title)\n")
    show(learner, on: screen, episodes: episodes, write, isStopped)
  }

  private func show(
    _ learner: some TabularLearner, on screen: TerminalReplay.Screen, episodes: Int, _ write: (String) -> Void,
    _ isStopped: () -> Bool
  ) {
    let stage = EpisodeStage(problem, screen)
    var agent = TabularAgent(learner, in: problem, stepLimit: scenario.specification.stepLimit, seed: seed)
    var shown = 0
    while agent.learner.environmentSteps < actions, shown < episodes, !isStopped() {
      let number = agent.world.episodeCount + 1
      var episode = EpisodeStage.Episode(state: agent.world.state)
      while agent.world.episodeCount < number, agent.learner.environmentSteps < actions {
        let before = agent.world.moment
        agent.learn(1)
        let isOver = agent.world.episodeCount == number
        episode.add(
          state: isOver ? agent.world.moment.lastState : agent.world.state,
          reward: isOver
            ? agent.world.finishedReward - before.finishedReward - before.episodeReward
            : agent.world.moment.episodeReward - before.episodeReward)
      }
      guard agent.world.episodeCount == number, Self.isShown(number) else { continue }
      shown += 1
      stage.play(episode, "episode \(number), after \(agent.learner.environmentSteps) actions", write, isStopped)
    }
    while agent.learner.environmentSteps < actions, !isStopped() {
      agent.learn(min(1000, actions - agent.learner.environmentSteps))
    }
    if isStopped() { return }
    stage.play(greedyEpisode(agent.learner.preferences), "what it has learned, without exploring", write, isStopped)
    if let drawing = MapDrawing(problem), !isStopped() {
      let table = SolutionTable(problem, learned: agent.learner.preferences)
      write("\nbest actions, as learned in \(agent.learner.environmentSteps) actions\n\n")
      write(drawing.arrows(table.best, problem) + "\n")
    }
  }

  /// 1, 2, 3, 5, 10, 20, 30, 50, 100, …
  private static func isShown(_ number: Int) -> Bool {
    var rest = number
    while rest >= 10, rest % 10 == 0 { rest /= 10 }
    return [1, 2, 3, 5].contains(rest)
  }

  /// An episode of the greedy policy, with random numbers from a stream that nothing else uses.
  private func greedyEpisode(_ preferences: [Double]) -> EpisodeStage.Episode {
    let chosen = problem.greedyChoices(choiceValues: preferences)
    var world = FiniteWorld(
      problem, random: RandomStream(seed: seed, purpose: .evaluation), stepLimit: scenario.specification.stepLimit)
    var episode = EpisodeStage.Episode(state: world.state)
    while true {
      let step = world.step(Int(chosen[world.state]))
      episode.add(state: step.nextState, reward: step.reward)
      if step.isOver { return episode }
    }
  }

  // MARK: As a page

  /// One page: V after every part of the training to step through, at the end Q in each cell with the greedy actions.
  public func html() -> String { html(learner) }

  private func html(_ learner: some TabularLearner) -> String {
    var page = SolutionPage(problem, title: title, steps: "Actions", last: "learned")
    var agent = TabularAgent(learner, in: problem, stepLimit: scenario.specification.stepLimit, seed: seed)
    let part = max(1, actions / Self.frames)
    while agent.learner.environmentSteps < actions {
      agent.learn(min(part, actions - agent.learner.environmentSteps))
      page.note(
        SolutionTable(problem, learned: agent.learner.preferences).values, after: agent.learner.environmentSteps)
    }
    var summary = [
      "\(agent.learner.environmentSteps) actions in \(agent.world.episodeCount) whole episodes"
    ]
    if let optimum = try? problem.policyIteration(),
      let value = try? problem.greedyValue(of: agent.learner.preferences)
    {
      summary.append(
        "value of the start, exact: \(value.rounded(significant: 6)) by the greedy policy, "
          + "\(problem.startValue(of: optimum.values).rounded(significant: 6)) by the best one")
    }
    return page.html(SolutionTable(problem, learned: agent.learner.preferences), summary: summary)
  }

  /// Moments of the training that the page can step through.
  private static let frames = 100
}
