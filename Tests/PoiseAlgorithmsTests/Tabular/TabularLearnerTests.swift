import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseFinite
import PoiseScenarios
import TestSupport
import Testing
import PoiseEnvironments

/// A problem that ships.
private func shipped(_ name: String) throws -> FiniteProblem { try scenario(name).requireProblem(for: "this test") }

private func scenario(_ name: String) throws -> LoadedScenario {
  try LoadedScenario(contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml")
}

private func learned<Learner: ActionValueLearner>(
  _ type: Learner.Type, _ parameters: Learner.Parameters, _ problem: FiniteProblem, seed: UInt64, actions: Int
) -> Learner {
  var world = FiniteWorld(problem, random: RandomStream(seed: seed, purpose: .environment))
  var random = RandomStream(seed: seed, purpose: .exploration)
  var learner = Learner(parameters, problem: problem)
  learner.learn(actions, in: &world, random: &random)
  return learner
}

@Suite("Tabular learners")
struct LearnerTests {
  /// The settings in the scenarios were chosen on seeds 0 to 99, and 5000 to 5099 for the larger lake; the test's seeds chose nothing.
  /// All hundred where POISE_LONG_TESTS is set, which takes minutes; else the first ten, and the larger lake on one.
  static let isLong = ProcessInfo.processInfo.environment["POISE_LONG_TESTS"] != nil

  @Test(
    "Q-learning finds the optimum of every problem that ships, on every seed, as the scenario sets it",
    arguments: [
      "two-choices", "grid-world", "treasure", "maze", "frozen-lake", "frozen-lake-8x8", "cliff-walking", "taxi",
    ])
  func qLearning(_ name: String) throws {
    let scenario = try scenario(name)
    let problem = try scenario.requireProblem(for: "this test")
    let optimum = problem.startValue(of: try problem.policyIteration().values)
    let parameters = scenario.settings.algorithms[QLearning.self]
    let actions = scenario.settings.training.stepLimit
    let count = Self.isLong ? 100 : actions > 1_000_000 ? 1 : 10
    var missed: [UInt64: Double] = [:]
    var episodes: [Int] = []
    for seed in UInt64(7000)..<7000 + UInt64(count) {
      let learner = QLearning(parameters, problem: problem)
      var agent = TabularAgent(learner, in: problem, stepLimit: scenario.specification.stepLimit, seed: seed)
      agent.learn(actions)
      episodes.append(agent.world.episodeCount)
      let value = try problem.greedyValue(of: agent.learner.actionValues)
      let isGood = problem.isDeterministic ? abs(value - optimum) <= 1e-9 : value >= optimum - 0.01 * abs(optimum)
      if !isGood { missed[seed] = value }
    }
    #expect(missed.isEmpty, "\(name): V* \(optimum), missed by \(missed.sorted { $0.key < $1.key })")
    if Self.isLong {
      print(
        "\(name) | \(actions) actions, \(episodes.sorted()[count / 2]) episodes (median), \(count - missed.count) of \(count) seeds"
      )
    }
  }

  /// 4×4 without holes is small enough for every learner.
  private func distance<Learner: ActionValueLearner>(
    _ type: Learner.Type, _ parameters: Learner.Parameters, seed: UInt64
  )
    throws -> Double
  {
    let problem = try shipped("treasure")
    let q = problem.choiceValues(of: try problem.policyIteration().values)
    return problem.distance(learned(type, parameters, problem, seed: seed, actions: 20_000).actionValues, to: q)
  }

  @Test(
    "Q-learning, double Q-learning, Q(λ) and Dyna-Q learn Q* itself; on-policy learners the Q of their ε-greedy policy")
  func fixedPoints() throws {
    for seed in UInt64(0)..<5 {
      var plain = QLearning.Parameters()
      plain.learningRate = LearningRate(initial: 0.5)
      plain.exploration = .constant(0.3)
      #expect(try distance(QLearning.self, plain, seed: seed) < 1e-6)
      #expect(try distance(DoubleQLearning.self, plain, seed: seed) < 1e-6)
      var traces = QLambda.Parameters()
      traces.learningRate = LearningRate(initial: 0.5)
      traces.exploration = .constant(0.3)
      #expect(try distance(QLambda.self, traces, seed: seed) < 1e-6)
      var dyna = DynaQ.Parameters()
      dyna.learningRate = LearningRate(initial: 0.5)
      dyna.exploration = .constant(0.3)
      #expect(try distance(DynaQ.self, dyna, seed: seed) < 1e-6)
    }

    // Expected SARSA's fixed point, solved exactly: the policy that is ε-greedy in its own Q. The treasure's greedy choice is always right.
    let problem = try shipped("treasure")
    let ε = 0.3
    var policy = [Double](repeating: ε / 2, count: problem.choiceCount)
    for choice in 0..<problem.choiceCount where problem.actionName(of: choice) == "right" { policy[choice] += 1 - ε }
    let exact = problem.choiceValues(of: try problem.evaluated(policy: policy).values)
    var expected = ExpectedSARSA.Parameters()
    expected.learningRate = LearningRate(initial: 0.5)
    expected.exploration = .constant(ε)
    let learner = learned(ExpectedSARSA.self, expected, problem, seed: 1, actions: 50_000)
    #expect(problem.distance(learner.actionValues, to: exact) < 1e-6)

    // SARSA's and Monte Carlo's targets are random, so their averages come as near as averages do.
    var averaging = SARSA.Parameters()
    averaging.learningRate = LearningRate(initial: 1, visitPower: 0.8)
    averaging.exploration = .constant(ε)
    #expect(
      problem.distance(learned(SARSA.self, averaging, problem, seed: 2, actions: 1_000_000).actionValues, to: exact)
        < 0.02)
    var whole = MonteCarloControl.Parameters()
    whole.exploration = .constant(ε)
    #expect(
      problem.distance(
        learned(MonteCarloControl.self, whole, problem, seed: 3, actions: 1_000_000).actionValues, to: exact) < 0.02)
  }

  @Test("TD(λ) learns the values of the policy that it follows, for λ of 0, 0.5 and 1")
  func prediction() throws {
    let problem = try shipped("two-choices")
    let policy = try #require(problem.policy)
    let exact = try problem.evaluated(policy: policy).values
    for λ in [0.0, 0.5, 1] {
      var parameters = TDLambda.Parameters()
      parameters.learningRate = 1
      parameters.visitPower = 0.8
      parameters.traceDecay = λ
      var learner = TDLambda(parameters, problem: problem, policy: policy)
      var world = FiniteWorld(problem, random: RandomStream(seed: 7, purpose: .environment))
      var random = RandomStream(seed: 7, purpose: .exploration)
      learner.learn(2_000_000, in: &world, random: &random)
      // The spread of an average of n returns of spread 1 with step n^−0.8 is about n^−0.4: 0.004; five of them.
      #expect(
        zip(learner.values, exact).allSatisfy { abs($0 - $1) < 0.02 }, "λ \(λ): \(learner.values), exactly \(exact)")
    }
  }

  @Test("SARSA earns more than Q-learning while they learn to walk at the cliff, as in Sutton and Barto's example 6.6")
  func cliff() throws {
    // α = 0.5, ε = 0.1; the book's curves level off at about −25 and −50 an episode.
    let problem = try shipped("cliff-walking")
    var parameters = SARSA.Parameters()
    parameters.learningRate = LearningRate(initial: 0.5)
    parameters.exploration = .constant(0.1)
    func meanReward<Learner: ActionValueLearner>(_ type: Learner.Type) -> Double
    where Learner.Parameters == SARSA.Parameters {
      var sum = 0.0
      for seed in UInt64(0)..<50 {
        var world = FiniteWorld(problem, random: RandomStream(seed: seed, purpose: .environment))
        var random = RandomStream(seed: seed, purpose: .exploration)
        var learner = Learner(parameters, problem: problem)
        learner.learn(5_000, in: &world, random: &random)
        let (episodes, reward) = (world.episodeCount, world.finishedReward)
        learner.learn(10_000, in: &world, random: &random)
        sum += (world.finishedReward - reward) / Double(world.episodeCount - episodes)
      }
      return sum / 50
    }
    let (careful, bold) = (meanReward(SARSA.self), meanReward(QLearning.self))
    #expect((-32 ... -18).contains(careful), "SARSA earns \(careful) an episode")
    #expect((-60 ... -40).contains(bold), "Q-learning earns \(bold) an episode")
  }

  @Test("Q-learning overestimates a state with many uncertain actions, double Q-learning less so")
  func maximizationBias() throws {
    // Sutton and Barto 2018, example 6.7: from A right ends with 0, left leads to B, where every action ends with −0.1 on average, here by ±1.
    var builder = FiniteProblemBuilder(
      stateNames: ["A", "B", "end", "won", "lost"], actionNames: (0..<10).map { "\($0)" }, discount: 1)
    builder.add(state: 0, action: 0, nextState: 1, probability: 1, reward: 0)
    builder.add(state: 0, action: 1, nextState: 2, probability: 1, reward: 0)
    for action in 0..<10 {
      builder.add(state: 1, action: action, nextState: 3, probability: 0.45, reward: 1)
      builder.add(state: 1, action: action, nextState: 4, probability: 0.55, reward: -1)
    }
    builder.start = [.init(state: 0, probability: 1)]
    let problem = builder.problem()
    var parameters = QLearning.Parameters()
    parameters.exploration = .constant(0.1)
    let differences = (UInt64(0)..<1000).map { seed in
      learned(QLearning.self, parameters, problem, seed: seed, actions: 500).actionValues[0]
        - learned(DoubleQLearning.self, parameters, problem, seed: seed, actions: 500).actionValues[0]
    }
    let statistics = SampleStatistics(differences, random: RandomStream(seed: 1, purpose: .statistics))
    #expect(statistics.mean > 5 * statistics.std / 1000.0.squareRoot(), "Q(A, left) differs by \(statistics.mean)")
  }

  @Test("Dyna-Q needs far fewer actions than Q-learning, in proportion to its planning")
  func planning() throws {
    let problem = try shipped("maze")
    let optimum = problem.startValue(of: try problem.policyIteration().values)
    func actionsNeeded<Learner: ActionValueLearner>(
      _ type: Learner.Type, _ parameters: Learner.Parameters, seed: UInt64
    )
      throws -> Int
    {
      var world = FiniteWorld(problem, random: RandomStream(seed: seed, purpose: .environment))
      var random = RandomStream(seed: seed, purpose: .exploration)
      var learner = Learner(parameters, problem: problem)
      while learner.environmentSteps < 1_000_000 {
        learner.learn(500, in: &world, random: &random)
        if try problem.greedyValue(of: learner.actionValues) >= optimum - 1e-9 { break }
      }
      return learner.environmentSteps
    }
    var plain = QLearning.Parameters()
    plain.exploration = .constant(0.3)
    plain.learningRate = LearningRate(initial: 0.5)
    var dyna = DynaQ.Parameters()
    dyna.exploration = .constant(0.3)
    dyna.learningRate = LearningRate(initial: 0.5)
    dyna.planningSteps = 30
    let counts = try (UInt64(0)..<10).map { seed in
      (try actionsNeeded(QLearning.self, plain, seed: seed), try actionsNeeded(DynaQ.self, dyna, seed: seed))
    }
    let (q, d) = (counts.reduce(0) { $0 + $1.0 }, counts.reduce(0) { $0 + $1.1 })
    #expect(d * 2 < q, "Q-learning \(q / 10), Dyna-Q \(d / 10) actions on average: \(counts)")
  }

  @Test("learning in two calls is learning in one, bit for bit, for every learner")
  func resumes() throws {
    let problem = try shipped("frozen-lake")
    func check<Learner: ActionValueLearner & TabularAlgorithm>(_ type: Learner.Type) {
      let whole = learned(type, .init(), problem, seed: 11, actions: 5000)
      var world = FiniteWorld(problem, random: RandomStream(seed: 11, purpose: .environment))
      var random = RandomStream(seed: 11, purpose: .exploration)
      var learner = Learner(.init(), problem: problem)
      for part in [1, 17, 2982, 2000] { learner.learn(part, in: &world, random: &random) }
      #expect(
        learner.actionValues == whole.actionValues && learner.environmentSteps == 5000, "\(Learner.name)")
      #expect(learner.actionValues.contains { $0 != 0 }, "\(Learner.name) learned something")
    }
    check(QLearning.self)
    check(SARSA.self)
    check(ExpectedSARSA.self)
    check(DoubleQLearning.self)
    check(MonteCarloControl.self)
    check(QLambda.self)
    check(DynaQ.self)
  }

  @Test("worlds follow the probabilities of their problem, starts and limits too")
  func world() throws {
    let problem = try shipped("frozen-lake")
    var counts: [Int: Int] = [:]
    var world = FiniteWorld(problem, random: RandomStream(seed: 5, purpose: .environment))
    // From r1c2, down slips to r1c1 and r1c3 as often as it goes into the hole r2c2.
    let from = try #require(problem.choice(of: 0, action: "right"))
    for _ in 0..<30_000 {
      world.reset()
      counts[world.step(from).nextState, default: 0] += 1
    }
    // Right slips up, which the border stops, and down: r1c1, r1c2, r2c1 a third each, within five standard deviations of 82.
    #expect(counts.count == 3 && counts.values.allSatisfy { abs($0 - 10_000) < 410 }, "\(counts)")

    world.reset()
    var actions = 0
    let left = try #require(problem.choice(of: 0, action: "up"))
    while true {
      // Up and its slips stay in the top row from r1c1; step by the state's own "up".
      let choice = try #require(problem.choice(of: world.state, action: "up"))
      let step = world.step(choice)
      actions += 1
      #expect(left == 0 && !step.terminated)
      if step.truncated { break }
    }
    #expect(actions == 100)
  }

  @Test("the declarations of all sections and parameters are in order")
  func declarations() {
    #expect(ConfigurationSchema.faults(of: QLearning.Parameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: MonteCarloControl.Parameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: QLambda.Parameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: TDLambda.Parameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: DynaQ.Parameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: PolicyTableParameters.self).isEmpty)
  }
}
