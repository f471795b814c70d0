internal import PoiseAlgorithms
internal import PoiseCore
internal import PoiseEnvironments
internal import PoiseNetworks

/// The actor-critic sizes of the benchmark: a humanoid's observations and actions.
let benchmarkObservations = 60
let benchmarkActions = 16

/// One complete DDPG update, sampling from a buffer of 5,000 transitions included: the same arithmetic as
/// `../peers/measure/update.py`, by the type that trains.
struct DDPGUpdate {
  private var ddpg: DDPG
  private let buffer: ReplayBuffer
  private let pool = WorkerPool(threadCount: 1)

  init(hidden: Int, batch: Int, instructionSet: InstructionSet) {
    let (o, a) = (benchmarkObservations, benchmarkActions)
    var settings = DDPGParameters()
    (settings.hiddenSizes, settings.criticHiddenSizes) = ([hidden, hidden], [hidden, hidden])
    settings.batchSize = batch
    settings.actorLearningRate = 1e-3
    settings.targetUpdateRate = 0.005
    settings.criticWeightDecay = 0
    ddpg = DDPG(settings, observations: o, actions: a, seed: 0, instructionSet: instructionSet)
    buffer = ReplayBuffer(actions: a) { Float($0.uniform(in: -1...1)) }
  }

  mutating func run() { _ = ddpg.update(buffer, pool: pool) }

  /// The products of one update: (rows, inputs, outputs, how often). Only necessary ones.
  var products: [ProductShape] {
    var list: [ProductShape] = []
    let (batch, critic) = (ddpg.settings.batchSize, ddpg.model.critics.networks[0])
    for (network, forwards, backwards) in [(ddpg.model.actor, 2, 1), (critic, 3, 1)] {
      for (i, layer) in network.layers.enumerated() {
        list.append(.init(.forward, batch, layer.inputs, layer.outputs, forwards))
        list.append(.init(.weights, batch, layer.inputs, layer.outputs, backwards))
        if i > 0 { list.append(.init(.inputs, batch, layer.inputs, layer.outputs, network == critic ? 2 : 1)) }
      }
    }
    list.append(.init(.inputs, batch, benchmarkActions, critic.layers[0].outputs, 1))
    return list
  }
}

extension ReplayBuffer {
  /// 5,000 transitions of random numbers, from which the benchmarks sample.
  fileprivate init(actions: Int, drawAction: (inout RandomStream) -> Float) {
    let o = benchmarkObservations
    self.init(capacity: 6000, observations: o, actions: actions, worlds: 1)
    var random = RandomStream(seed: 0, purpose: .testing)
    func normal(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    begin(worlds: 0..<1, observations: normal(o))
    for _ in 0..<5000 {
      record(
        worlds: 0..<1, actions: (0..<actions).map { _ in drawAction(&random) }, rewards: normal(1), endings: [.running],
        finalObservations: [], observations: normal(o))
    }
  }
}

/// Complete updates of SAC and DQN, sampling from a buffer of 5,000 transitions included, by the types that train.
struct ReplayUpdate<Learner: OffPolicyLearner> {
  private var learner: Learner
  private let buffer: ReplayBuffer
  private let pool = WorkerPool(threadCount: 1)

  mutating func run() { _ = learner.update(buffer, pool: pool) }
}

extension ReplayUpdate<SAC> {
  /// Two critics of as many hidden units as the actor, with target networks and automatic temperature: the paper's.
  init(hidden: Int, batch: Int, instructionSet: InstructionSet) {
    let a = benchmarkActions
    var settings = SACParameters()
    (settings.hiddenSizes, settings.criticHiddenSizes) = ([hidden, hidden], [hidden, hidden])
    settings.common.batchSize = batch
    learner = SAC(
      settings,
      for: LearnerContext(
        observationSpace: numbers(benchmarkObservations), actionSpace: numbers(a), seed: 0,
        instructionSet: instructionSet))
    buffer = ReplayBuffer(actions: a) { Float($0.uniform(in: -1...1)) }
  }
}

extension ReplayUpdate<DQN> {
  /// Sixteen choices, double targets, a soft target network; and prioritised draws.
  init(hidden: Int, batch: Int, isPrioritized: Bool, instructionSet: InstructionSet) {
    var settings = DQNParameters()
    settings.hiddenSizes = [hidden, hidden]
    (settings.usesDoubleTargets, settings.targetUpdateInterval) = (true, 1)
    (settings.common.batchSize, settings.common.targetUpdateRate) = (batch, 0.005)
    if isPrioritized { settings.common.prioritization = PrioritySettings() }
    learner = DQN(
      settings,
      for: LearnerContext(
        observationSpace: numbers(benchmarkObservations),
        actionSpace: .discrete((0..<benchmarkActions).map { "choice \($0)" }), seed: 0,
        instructionSet: instructionSet))
    buffer = ReplayBuffer(actions: 1) { Float($0.index(below: benchmarkActions)) }
  }
}

/// A box of so many numbers.
private func numbers(_ count: Int) -> Space { Space((0..<count).map { .init(name: "x\($0)") }) }

/// One PPO minibatch: the same arithmetic as `../peers/measure/update.py torch ppo`; forward and backward of the pair alone,
/// too.
///
/// Source: Schulman et al. 2017, eq. 7 and 9, advantages normalised per minibatch, gradients clipped to norm 0.5.
struct PPOMinibatch {
  let batch: Int
  let policy: StochasticPolicy
  let critic: MLP
  var parameters, gradients: AlignedVector<Float>
  var adam: Adam<Float>
  var actorWorkspace, criticWorkspace: MLPWorkspace<Float>
  /// [batch, observations], [batch, actions], then [batch] each
  let observations, actions, oldDensities, advantages, returns: AlignedVector<Float>
  var logProbabilities, logProbabilityGradients: AlignedVector<Float>

  init(hidden: Int, batch: Int, instructionSet: InstructionSet) {
    self.batch = batch
    let (o, a) = (benchmarkObservations, benchmarkActions)
    var random = RandomStream(seed: 0, purpose: .testing)
    policy = StochasticPolicy(network: MLP(inputs: o, hidden: [hidden, hidden], outputs: a, activation: .tanh))
    critic = MLP(
      inputs: o, hidden: [hidden, hidden], outputs: 1, activation: .tanh, firstParameter: policy.parameters.upperBound)
    parameters = AlignedVector(zeros: critic.parameters.upperBound)
    gradients = AlignedVector(zeros: parameters.count)
    policy.initialize(
      &parameters, hidden: .inverseRootFanIn, output: .inverseRootFanIn, logDeviation: 0, using: &random)
    critic.initialize(&parameters, hidden: .inverseRootFanIn, output: .inverseRootFanIn, using: &random)
    adam = Adam(
      parameterCount: parameters.count, settings: .init(epsilon: 1e-5), instructionSet: instructionSet)
    actorWorkspace = MLPWorkspace(policy.network, rowCapacity: batch, instructionSet: instructionSet)
    criticWorkspace = MLPWorkspace(critic, rowCapacity: batch, instructionSet: instructionSet)
    func normal(_ count: Int) -> AlignedVector<Float> { AlignedVector((0..<count).map { _ in Float(random.normal()) }) }
    observations = normal(batch * o)
    actions = normal(batch * a)
    oldDensities = AlignedVector((0..<batch).map { _ in Float(0.1 * random.normal() - 22) })
    advantages = normal(batch)
    returns = normal(batch)
    logProbabilities = AlignedVector(zeros: batch)
    logProbabilityGradients = AlignedVector(zeros: batch)
  }

  mutating func forward() {
    actorWorkspace.setInputs(observations, columns: 0..<benchmarkObservations, rows: batch)
    criticWorkspace.setInputs(observations, columns: 0..<benchmarkObservations, rows: batch)
    actorWorkspace.forward(rows: batch, parameters: parameters)
    criticWorkspace.forward(rows: batch, parameters: parameters)
  }

  mutating func backward() {
    actorWorkspace.backward(rows: batch, parameters: parameters, into: &gradients)
    criticWorkspace.backward(rows: batch, parameters: parameters, into: &gradients)
  }

  mutating func run() {
    forward()
    policy.writeLogProbabilities(
      rows: batch, of: actions, outputs: actorWorkspace.outputs, parameters: parameters, into: &logProbabilities)
    var loss = writeSurrogateGradients()
    for i in policy.logDeviations { gradients[i] = 0 }
    policy.writeLogProbabilityGradients(
      rows: batch, of: actions, outputs: actorWorkspace.outputs, parameters: parameters,
      logProbabilityGradients: logProbabilityGradients, outputGradients: &actorWorkspace.outputGradients,
      gradients: &gradients)
    // 0.5 · mean squared error of the values: dividing by twice the batch.
    loss += criticWorkspace.writeSquaredErrorGradients(targets: returns, rows: batch, dividedBy: 2 * batch)
    backward()
    _ = adam.update(&parameters, gradients: gradients, learningRate: 1e-5, loss: loss, maximumNorm: 0.5)
    policy.clampDeviations(&parameters)
  }

  /// ∂(−mean min(r Â, clip(r, 1 ± 0.2) Â))/∂ log π per row; returns the loss.
  private mutating func writeSurrogateGradients() -> Double {
    var mean = 0.0
    for i in 0..<batch { mean += Double(advantages[i]) }
    mean /= Double(batch)
    var square = 0.0
    for i in 0..<batch { square += (Double(advantages[i]) - mean) * (Double(advantages[i]) - mean) }
    let scale = 1 / ((square / Double(batch - 1)).squareRoot() + 1e-8)
    var loss = 0.0
    for i in 0..<batch {
      let advantage = Float((Double(advantages[i]) - mean) * scale)
      let ratio = Float.exponential(logProbabilities[i] - oldDensities[i])
      let clipped = min(max(ratio, 0.8), 1.2)
      loss -= Double(min(ratio * advantage, clipped * advantage)) / Double(batch)
      let isActive = ratio * advantage <= clipped * advantage
      logProbabilityGradients[i] = isActive ? -advantage * ratio / Float(batch) : 0
    }
    return loss
  }

  /// The products of forward and backward.
  var products: [ProductShape] {
    var list: [ProductShape] = []
    for network in [policy.network, critic] {
      for (i, layer) in network.layers.enumerated() {
        list.append(.init(.forward, batch, layer.inputs, layer.outputs, 1))
        list.append(.init(.weights, batch, layer.inputs, layer.outputs, 1))
        if i > 0 { list.append(.init(.inputs, batch, layer.inputs, layer.outputs, 1)) }
      }
    }
    return list
  }
}

/// A matrix product of an update, in the form that Eigen computes: c [m, n] = a [m, k] b [k, n].
struct ProductShape: Hashable {
  enum Kind { case forward, inputs, weights }
  let m, n, k, times: Int

  init(_ kind: Kind, _ rows: Int, _ inputs: Int, _ outputs: Int, _ times: Int) {
    switch kind {
    case .forward: (m, n, k) = (rows, outputs, inputs)
    case .inputs: (m, n, k) = (rows, inputs, outputs)
    case .weights: (m, n, k) = (inputs, outputs, rows)
    }
    self.times = times
  }

  /// Floating-point operations of all its times.
  var operations: Double { 2 * Double(m) * Double(n) * Double(k) * Double(times) }
  /// The shape without the times.
  var key: [Int] { [m, n, k] }
}
