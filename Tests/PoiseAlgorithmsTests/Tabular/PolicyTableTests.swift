import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseFinite
import PoiseNetworks
import PoiseScenarios
import TestSupport
import Testing

/// A number with its derivative: forward-mode automatic differentiation.
private struct Dual {
  var value: Double
  var derivative: Double

  static func + (a: Dual, b: Double) -> Dual { Dual(value: a.value + b, derivative: a.derivative) }
  static func * (a: Dual, b: Double) -> Dual { Dual(value: a.value * b, derivative: a.derivative * b) }
  /// 1 / (1 + e^−z).
  var sigmoid: Dual {
    let s = 1 / (1 + exp(-value))
    return Dual(value: s, derivative: s * (1 - s) * derivative)
  }
  var logarithm: Dual { Dual(value: log(value), derivative: derivative / value) }
}

/// Mean and standard error of numbers.
private func summary(_ numbers: [Double]) -> (mean: Double, error: Double, variance: Double) {
  let n = Double(numbers.count)
  let mean = numbers.reduce(0, +) / n
  let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
  return (mean, (variance / n).squareRoot(), variance)
}

@Suite("Policy gradients with a table")
struct PolicyTableTests {
  @Test("the exam exercise: the advantages are 4 and −4, the term of the policy gradient at x = 1, u = 1 is 2")
  func exam() {
    // π(1|x) = σ(θ x + 1), θ = −1, x = 1: both actions are as likely. Q(1,1) = 6, Q(2,1) = −2.
    let (θ, x) = (-1.0, 1.0)
    let probability = 1 / (1 + exp(-(θ * x + 1)))
    #expect(probability == 0.5)
    let value = probability * 6 + (1 - probability) * -2
    #expect(value == 2 && 6 - value == 4 && -2 - value == -4)
    // A ∇ log π, written out: ∂ log σ(z)/∂θ = (1 − σ(z)) x; and by automatic differentiation.
    let writtenOut = 4 * (1 - probability) * x
    let automatic = 4 * ((Dual(value: θ, derivative: 1) * x + 1).sigmoid.logarithm).derivative
    #expect(writtenOut == 2 && automatic == 2)
    // The same policy as a table of two logits, z₁ = θ x + 1 and z₂ = 0: ∂/∂θ = x ∂/∂z₁.
    var table = PolicyTable(twoChoices)
    table.logits = [θ * x + 1, 0]
    var scratch = [0.0, 0]
    let before = table.logits
    table.climb(0, of: 0..<2, step: 4, &scratch)
    #expect(x * (table.logits[0] - before[0]) == 2)
  }

  /// One state with two choices that end.
  private var twoChoices: FiniteProblem {
    var builder = FiniteProblemBuilder(stateNames: ["x", "end"], actionNames: ["1", "2"], discount: 1)
    builder.add(state: 0, action: 0, nextState: 1, probability: 1, reward: 6)
    builder.add(state: 0, action: 1, nextState: 1, probability: 1, reward: -2)
    builder.start = [.init(state: 0, probability: 1)]
    return builder.problem()
  }

  @Test("a step of the table is the gradient of log π, by finite differences")
  func gradient() {
    var table = PolicyTable(twoChoices)
    table.logits = [0.3, -0.8]
    func logProbability(_ logits: [Double]) -> Double { logits[1] - log(exp(logits[0]) + exp(logits[1])) }
    var moved = table
    var scratch = [0.0, 0]
    moved.climb(1, of: 0..<2, step: 1, &scratch)
    for i in 0..<2 {
      let h = 1e-6
      var (up, down) = (table.logits, table.logits)
      up[i] += h
      down[i] -= h
      let difference = (logProbability(up) - logProbability(down)) / (2 * h)
      #expect(abs(moved.logits[i] - table.logits[i] - difference) < 1e-9)
    }
  }

  @Test("the mean of ∇ log π is 0 within its standard error (EGLP), for table, categorical and Gaussian policies")
  func expectedGradientOfLogProbability() {
    let samples = 200_000
    // Table: exact probabilities, drawn as the learners draw them.
    var table = PolicyTable(twoChoices)
    table.logits = [0.7, -0.4]
    var probabilities = [0.0, 0]
    table.writeProbabilities(of: 0..<2, into: &probabilities)
    var random = RandomStream(seed: 31, purpose: .testing)
    let scores = (0..<samples).map { _ in
      (drawn(from: 0..<2, by: probabilities, &random) == 0 ? 1 : 0) - probabilities[0]
    }
    let tabular = summary(scores)
    #expect(abs(tabular.mean) < 4 * tabular.error, "table: \(tabular)")

    for (distribution, outputs) in [(ActionDistribution.categorical, 3), (.gaussian, 2)] {
      let network = MLP(inputs: 1, hidden: [], outputs: outputs, activation: .tanh)
      let policy = StochasticPolicy(network: network, distribution: distribution)
      var parameters = AlignedVector<Double>(zeros: policy.parameters.upperBound)
      for (k, i) in policy.logDeviations.enumerated() { parameters[i] = 0.3 - 0.5 * Double(k) }
      let rows = samples
      let given: [Double] = [0.4, -0.9, 0.2]
      var out = AlignedVector<Double>(zeros: rows * outputs)
      for row in 0..<rows { for k in 0..<outputs { out[row * outputs + k] = given[k] } }
      let width = distribution.noiseCount(outputs: outputs)
      var stream = RandomStream(seed: 32, purpose: .testing)
      var noise = AlignedVector<Double>(zeros: rows * width)
      for i in 0..<rows * width {
        if distribution == .categorical {
          noise[i] = stream.uniform()
        } else {
          // Box and Muller 1958, so that nothing of the policy's own sampling is taken on trust.
          noise[i] = (-2 * log(1 - stream.uniform())).squareRoot() * cos(2 * .pi * stream.uniform())
        }
      }
      var actions = AlignedVector<Double>(zeros: rows * policy.actionCount)
      policy.writeSamples(rows: rows, outputs: out, parameters: parameters, noise: noise, into: &actions)
      var ones = AlignedVector<Double>(zeros: rows)
      for row in 0..<rows { ones[row] = 1 }
      var gradients = AlignedVector<Double>(zeros: rows * outputs)
      var ofDeviations = AlignedVector<Double>(zeros: parameters.count)
      policy.writeLogProbabilityGradients(
        rows: rows, of: actions, outputs: out, parameters: parameters, logProbabilityGradients: ones,
        outputGradients: &gradients, gradients: &ofDeviations)
      for k in 0..<outputs {
        let score = summary((0..<rows).map { gradients[$0 * outputs + k] })
        #expect(score.variance > 0.01 && abs(score.mean) < 4 * score.error, "\(distribution), output \(k): \(score)")
      }
      // ∂ log π/∂ log σ = ((a − μ)/σ)² − 1 has variance 2.
      for i in policy.logDeviations {
        #expect(abs(ofDeviations[i]) / Double(rows) < 4 * (2 / Double(rows)).squareRoot(), "log σ \(i)")
      }
    }
  }

  /// ∇ of the return from the start by one episode of the maze, at one logit: with total return, with reward to go, and that less a baseline.
  private struct Estimates {
    var total: [Double] = []
    var toGo: [Double] = []
    var withBaseline: [Double] = []
    /// Reward to go as most programs have it, γ counted from the action.
    var undiscounted: [Double] = []
  }

  @Test(
    "reward to go and total return have the same mean, a baseline too; what differs is the variance, which is printed")
  func variances() throws {
    let problem = try LoadedScenario(contentsOf: "\(ProjectFolders.root)/scenarios/treasure.yaml").requireProblem(
      for: "this test")
    // A policy that goes right with 0.6 everywhere; its exact values are the baseline.
    var table = PolicyTable(problem)
    for choice in 0..<problem.choiceCount where problem.actionName(of: choice) == "right" {
      table.logits[choice] = log(1.5)
    }
    var policy = [Double](repeating: 0, count: problem.choiceCount)
    for state in 0..<problem.stateCount { table.writeProbabilities(of: problem.choices(of: state), into: &policy) }
    let values = try problem.evaluated(policy: policy).values
    let γ = problem.discount
    // The logit of "right" in the second place.
    let watched = try #require(problem.choice(of: 1, action: "right"))
    var estimates = Estimates()
    var random = RandomStream(seed: 41, purpose: .exploration)
    var world = FiniteWorld(problem, random: RandomStream(seed: 41, purpose: .environment), stepLimit: 1000)
    for _ in 0..<40_000 {
      world.reset()
      var moments: [(state: Int, score: Double, reward: Double)] = []
      while true {
        let state = world.state
        let choice = drawn(from: problem.choices(of: state), by: policy, &random)
        let step = world.step(choice)
        let score = state == 1 ? (choice == watched ? 1 : 0) - policy[watched] : 0
        moments.append((state, score, step.reward))
        if step.isOver { break }
      }
      var weight = 1.0
      let discounts = moments.map { _ in
        defer { weight *= γ }
        return weight
      }
      let total = zip(discounts, moments).reduce(0) { $0 + $1.0 * $1.1.reward }
      var (toGo, sumToGo, sumBaseline, sumUsual) = (0.0, 0.0, 0.0, 0.0)
      for t in moments.indices.reversed() {
        // G from the action, and γᵗ G: counted from the episode's start.
        toGo = γ * toGo + moments[t].reward
        sumToGo += moments[t].score * discounts[t] * toGo
        sumBaseline += moments[t].score * discounts[t] * (toGo - values[moments[t].state])
        sumUsual += moments[t].score * toGo
      }
      estimates.total.append(moments.reduce(0) { $0 + $1.score } * total)
      estimates.toGo.append(sumToGo)
      estimates.withBaseline.append(sumBaseline)
      estimates.undiscounted.append(sumUsual)
    }
    // Exactly, by differences of V^π at the start: what all three are estimates of.
    func start(_ shift: Double) throws -> Double {
      var moved = table
      moved.logits[watched] += shift
      var policy = policy
      for state in 0..<problem.stateCount { moved.writeProbabilities(of: problem.choices(of: state), into: &policy) }
      return problem.startValue(of: try problem.evaluated(policy: policy).values)
    }
    let exact = (try start(1e-4) - start(-1e-4)) / 2e-4
    let (total, toGo, baseline) = (
      summary(estimates.total), summary(estimates.toGo), summary(estimates.withBaseline)
    )
    for (name, estimate) in [("total return", total), ("reward to go", toGo), ("with a baseline", baseline)] {
      #expect(abs(estimate.mean - exact) < 4 * estimate.error, "\(name): \(estimate), exactly \(exact)")
      print("\(name): mean \(estimate.mean), variance \(estimate.variance); exactly \(exact)")
    }
    #expect(baseline.variance < 0.5 * toGo.variance)
    // The only reward comes at the end, so here γᵗ times the reward to go is the total return of every episode.
    #expect(abs(toGo.variance - total.variance) < 1e-9 * total.variance)
    // γ^(t′ − t), as most programs have it, is another direction.
    let usual = summary(estimates.undiscounted)
    #expect(abs(usual.mean - exact) > 10 * usual.error, "\(usual)")
  }

  @Test("REINFORCE's step after an episode and actor–critic's after an action are those of the book, by hand")
  func steps() {
    // Two actions in a row, γ = 0.5, rewards 1 and 3: G₀ = 2.5, G₁ = 3.
    var builder = FiniteProblemBuilder(stateNames: ["a", "b", "end"], actionNames: ["go", "stay"], discount: 0.5)
    for action in 0..<2 {
      builder.add(state: 0, action: action, nextState: 1, probability: 1, reward: 1)
      builder.add(state: 1, action: action, nextState: 2, probability: 1, reward: 3)
    }
    builder.start = [.init(state: 0, probability: 1)]
    let problem = builder.problem()
    var parameters = PolicyTableParameters()
    (parameters.actorLearningRate, parameters.criticLearningRate) = (0.1, 0.5)
    var reinforce = TabularAgent(TabularREINFORCE(parameters, problem: problem), in: problem, seed: 1)
    reinforce.learn(1)
    #expect(reinforce.learner.preferences == [0, 0, 0, 0], "nothing before the episode is over")
    reinforce.learn(1)
    // θ += 0.1 γᵗ δ (1 − ½) for the action taken, and less for the other: 0.1 · 2.5 / 2, then 0.1 · 0.5 · 3 / 2.
    let r = reinforce.learner.preferences
    #expect(abs(abs(r[0]) - 0.125) < 1e-15 && r[0] == -r[1] && abs(abs(r[2]) - 0.075) < 1e-15 && r[2] == -r[3])
    #expect(reinforce.learner.state.values == [1.25, 1.5, 0])

    var critic = TabularAgent(TabularActorCritic(parameters, problem: problem), in: problem, seed: 1)
    critic.learn(2)
    // δ₀ = 1 + 0.5 · 0 − 0 = 1; δ₁ = 3, weighted by γ.
    let c = critic.learner.preferences
    #expect(abs(abs(c[0]) - 0.05) < 1e-15 && abs(abs(c[2]) - 0.075) < 1e-15)
    #expect(critic.learner.state.values == [0.5, 1.5, 0])
  }
}
