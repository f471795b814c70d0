import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks

/// Hit a target that wanders: the nearer the action, or the choice among three, the more a step pays. Sixteen misses end it.
struct Following: DecisionProcess {
  struct State: Hashable, Codable, Sendable {
    var target: Float
    var misses = 0
  }

  var isDiscrete: Bool
  let observationSpace = box(2)
  var actionSpace: Space { isDiscrete ? .discrete(["low", "middle", "high"]) : box(1) }

  func start(using random: inout RandomStream) -> State { State(target: Float(random.uniform(in: -1...1))) }

  func observe(_ state: State, into observation: inout MutableSpan<Float>) {
    observation[0] = state.target
    observation[1] = state.target > 0 ? 1 : -1
  }

  func step(_ state: inout State, _ action: Span<Float>, using random: inout RandomStream) -> Transition {
    let place = isDiscrete ? action[0] - 1 : action[0]
    let distance = abs(place - state.target)
    if distance > 0.7 { state.misses += 1 }
    state.target = Float(min(1, max(-1, Double(state.target) + random.uniform(in: -0.5...0.5))))
    return Transition(reward: Double(1 - distance), isTerminated: state.misses >= 16)
  }

  static func task(isDiscrete: Bool, stepLimit: Int = 12) -> any EnvironmentSpecification {
    DecisionTask(Following(isDiscrete: isDiscrete), name: "following", stepLimit: stepLimit)
  }

  /// Mean reward of a step of a controller, over fixed episodes.
  static func score(isDiscrete: Bool, _ act: (_ observation: [Float], _ random: inout RandomStream) -> Float) throws
    -> Double
  {
    var random = RandomStream(seed: 77, purpose: .testing)
    var (sum, steps) = (0.0, 0.0)
    for episode in 0..<20 {
      let environment = try task(isDiscrete: isDiscrete).makeEnvironment(
        seed: 5, purpose: .evaluation, index: episode, detail: .lean)
      var observation: [Float] = [0, 0]
      var span = observation.mutableSpan
      environment.reset(into: &span)
      while environment.ending == .running {
        let action = [act(observation, &random)]
        var span = observation.mutableSpan
        sum += environment.step(action.span, into: &span).reward
        steps += 1
      }
    }
    return sum / steps
  }

  static func score(isDiscrete: Bool, _ policy: Policy) throws -> Double {
    var workspace = PolicyWorkspace(policy, rowCapacity: 1, instructionSet: .baseline)
    return try score(isDiscrete: isDiscrete) { observation, _ in
      var action: [Float] = [0]
      var span = action.mutableSpan
      workspace.act(observation.span, into: &span)
      return action[0]
    }
  }

  static func randomScore(isDiscrete: Bool) throws -> Double {
    try score(isDiscrete: isDiscrete) { _, random in
      isDiscrete ? Float(random.index(below: 3)) : Float(random.uniform(in: -1...1))
    }
  }
}

/// The loop of `OnPolicyTrainer` without its reports: rollouts of a learner on a small task.
struct Rollouts<Learner: OnPolicyLearner> {
  var learner: Learner
  var collectors: [RolloutCollector]
  let pool: WorkerPool

  init(
    _ settings: Learner.Parameters, isDiscrete: Bool, seed: UInt64 = 1, threads: Int = 1, stepLimit: Int = 12,
    symmetry: MirrorSymmetry? = nil, make: (Learner.Parameters, LearnerContext) -> Learner
  ) throws {
    let task = Following.task(isDiscrete: isDiscrete, stepLimit: stepLimit)
    learner = make(
      settings,
      LearnerContext(
        observationSpace: task.observationSpace, actionSpace: task.actionSpace, symmetry: symmetry, seed: seed,
        instructionSet: .baseline))
    let model = learner.model
    collectors = try stride(from: 0, to: settings.worlds, by: settings.blockSize).map { first in
      try RolloutCollector(
        task, worlds: first..<min(settings.worlds, first + settings.blockSize), for: model, settings: settings,
        seed: seed, instructionSet: .baseline)
    }
    pool = WorkerPool(threadCount: threads)
    for i in collectors.indices { collectors[i].begin() }
  }

  /// One rollout with its advantages, not learned from.
  mutating func collect() -> [RolloutSegment] {
    pool.forEach(&collectors) { [model = learner.model, settings = learner.settings] _, collector in
      collector.collect(model, settings) { false }
    }
    for i in collectors.indices { learner.estimateAdvantages(of: &collectors[i].segment, rewardScale: 1) }
    return collectors.map(\.segment)
  }

  @discardableResult
  mutating func learn(_ iterations: Int) -> [Learner.Metrics] {
    var all: [Learner.Metrics] = []
    for _ in 0..<iterations {
      if let metrics = learner.learnAsynchronously(
        from: &collectors, rewardScale: 1, progress: 0, pool: pool, isStopped: { false })
      {
        all += metrics
        continue
      }
      // As in training, the first rollout of a normaliser serves that alone.
      let isFirst = learner.model.normalizer.map { $0.count == 0 } ?? false
      let segments = collect()
      if !isFirst { all.append(learner.update(segments, progress: 0, pool: pool, isStopped: { false })) }
      learner.observe(segments)
    }
    return all
  }
}

extension OnPolicySettings {
  /// Small and quick.
  mutating func becomeSmall(worlds: Int, rolloutLength: Int, learningRate: Double) {
    self.worlds = worlds
    self.rolloutLength = rolloutLength
    self.learningRate.initial = learningRate
    blockSize = 4
    shards = 2
    hiddenSizes = [8]
    initialLogDeviation = -0.7
    normalizesObservations = false
  }
}

/// A policy and its value function at one row of a batch, in double and as plainly as can be.
struct PlainRow {
  var logProbability = 0.0
  var entropy = 0.0
  var value = 0.0
  /// Logits' log-softmax, or means.
  var outputs: [Double]

  init(_ model: ActorCritic, _ p: [Double], _ batch: RolloutBatch, _ k: Int) {
    let (n, o) = (model.actor.outputCount, model.observationCount)
    let observation = (0..<o).map { Double(batch.observations[k * o + $0]) }
    outputs = plainForward(model.actor.network, p, observation)
    if model.actor.distribution == .categorical {
      let sum = log(outputs.reduce(0) { $0 + exp($1) })
      outputs = outputs.map { $0 - sum }
      logProbability = outputs[Int(batch.actions[k])]
      entropy = -outputs.reduce(0) { $0 + exp($1) * $1 }
    } else {
      for j in 0..<n {
        let logσ = p[model.actor.logDeviations.lowerBound + j]
        let z = (Double(batch.actions[k * n + j]) - outputs[j]) / exp(logσ)
        logProbability -= z * z / 2 + logσ + log(2 * Double.pi) / 2
        entropy += logσ + 0.5 * log(2 * Double.pi * M_E)
      }
    }
    if let critic = model.critic { value = plainForward(critic, p, observation)[0] }
  }

  /// KL(other ‖ this).
  func divergence(from other: PlainRow, _ model: ActorCritic, _ p: [Double], _ old: [Double]) -> Double {
    if model.actor.distribution == .categorical {
      return zip(other.outputs, outputs).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
    return outputs.indices.reduce(0.0) {
      let (logσ, oldLogσ) = (
        p[model.actor.logDeviations.lowerBound + $1], old[model.actor.logDeviations.lowerBound + $1]
      )
      let shift = other.outputs[$1] - outputs[$1]
      return $0 + logσ - oldLogσ + (exp(2 * oldLogσ) + shift * shift) / (2 * exp(2 * logσ)) - 0.5
    }
  }
}

/// Indices of the parameters that networks use, gaps left out.
func usedParameters(of model: ActorCritic) -> [Int] {
  let networks = [model.actor.network] + (model.critic.map { [$0] } ?? [])
  let used = networks.flatMap { network in network.layers.flatMap { Array($0.weights) + Array($0.biases) } }
  return Set(used + Array(model.actor.logDeviations)).sorted()
}

/// The worst difference of gradients from finite differences of a loss, relative to 1 plus their size.
func worstSlopeError(_ model: ActorCritic, _ gradients: AlignedVector<Float>, loss: ([Double]) -> Double) -> Double {
  let parameters = Array(model.parameters).map(Double.init)
  return usedParameters(of: model).map { i in
    var moved = parameters
    moved[i] = parameters[i] + 1e-6
    let above = loss(moved)
    moved[i] = parameters[i] - 1e-6
    let slope = (above - loss(moved)) / 2e-6
    return abs(slope - Double(gradients[i])) / (1 + abs(slope))
  }.max() ?? .infinity
}

extension ActorCritic {
  /// Moves every parameter, so that no gradient is small for a reason.
  mutating func shake(_ size: Double, seed: UInt64 = 4) {
    var random = RandomStream(seed: seed, purpose: .testing)
    for i in usedParameters(of: self) { parameters[i] += Float(size * random.normal()) }
  }
}
