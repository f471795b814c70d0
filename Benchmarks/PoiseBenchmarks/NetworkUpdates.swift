internal import PoiseCore
internal import PoiseNetworks

/// The actor-critic sizes of the benchmark: a humanoid's observations and actions.
let benchmarkObservations = 60
let benchmarkActions = 16

/// One whole DDPG update on a fixed batch: the same arithmetic as `../peers/micro_ddpg.py torch`.
///
///     y = r + γ (1 − d) Q'(s', π'(s'))       critic: mean (Q(s, a) − y)²       actor: −mean Q(s, π(s))
///
/// Source: Lillicrap et al. 2016, algorithm 1. Both targets follow in the optimizers' pass.
struct DDPGUpdate {
  let batch: Int
  let actor: MLP
  let critic: MLP
  var actorParameters, actorTarget, actorGradients: AlignedVector<Float>
  var criticParameters, criticTarget, criticGradients: AlignedVector<Float>
  var actorAdam, criticAdam: Adam<Float>
  var actorWorkspace, targetActorWorkspace, criticWorkspace, targetCriticWorkspace: MLPWorkspace<Float>
  /// [batch, observations], [batch, observations], [batch, actions], [batch], [batch]
  let observations, nextObservations, actions, rewards, terminations: AlignedVector<Float>
  var targets: AlignedVector<Float>

  init(hidden: Int, batch: Int, instructionSet: InstructionSet) {
    self.batch = batch
    let (o, a) = (benchmarkObservations, benchmarkActions)
    var random = RandomStream(seed: 0, purpose: .testing)
    actor = MLP(inputs: o, hidden: [hidden, hidden], outputs: a, activation: .relu, outputActivation: .tanh)
    critic = MLP(inputs: o + a, hidden: [hidden, hidden], outputs: 1, activation: .relu)
    actorParameters = AlignedVector(zeros: actor.parameters.count)
    criticParameters = AlignedVector(zeros: critic.parameters.count)
    actor.initialize(&actorParameters, hidden: .inverseRootFanIn, output: .inverseRootFanIn, using: &random)
    critic.initialize(&criticParameters, hidden: .inverseRootFanIn, output: .inverseRootFanIn, using: &random)
    (actorTarget, criticTarget) = (actorParameters, criticParameters)
    actorGradients = AlignedVector(zeros: actor.parameters.count)
    criticGradients = AlignedVector(zeros: critic.parameters.count)
    actorAdam = Adam(parameterCount: actor.parameters.count, instructionSet: instructionSet)
    criticAdam = Adam(parameterCount: critic.parameters.count, instructionSet: instructionSet)
    func workspace(_ network: MLP, isForTraining: Bool) -> MLPWorkspace<Float> {
      MLPWorkspace(network, rowCapacity: batch, instructionSet: instructionSet, isForTraining: isForTraining)
    }
    actorWorkspace = workspace(actor, isForTraining: true)
    criticWorkspace = workspace(critic, isForTraining: true)
    targetActorWorkspace = workspace(actor, isForTraining: false)
    targetCriticWorkspace = workspace(critic, isForTraining: false)
    func normal(_ count: Int) -> AlignedVector<Float> { AlignedVector((0..<count).map { _ in Float(random.normal()) }) }
    observations = normal(batch * o)
    nextObservations = normal(batch * o)
    actions = AlignedVector((0..<batch * a).map { _ in Float(random.uniform(in: -1...1)) })
    rewards = normal(batch)
    terminations = AlignedVector(zeros: batch)
    targets = AlignedVector(zeros: batch)
  }

  mutating func run() {
    let (o, a) = (benchmarkObservations, benchmarkActions)
    let discount: Float = 0.99
    // Targets.
    targetActorWorkspace.setInputs(nextObservations, columns: 0..<o, rows: batch)
    targetActorWorkspace.forward(rows: batch, parameters: actorTarget)
    targetCriticWorkspace.setInputs(nextObservations, columns: 0..<o, rows: batch)
    targetCriticWorkspace.setInputs(targetActorWorkspace.outputs, columns: o..<o + a, rows: batch)
    targetCriticWorkspace.forward(rows: batch, parameters: criticTarget)
    for i in 0..<batch {
      targets[i] = rewards[i] + discount * (1 - terminations[i]) * targetCriticWorkspace.outputs[i]
    }
    // Critic.
    criticWorkspace.setInputs(observations, columns: 0..<o, rows: batch)
    criticWorkspace.setInputs(actions, columns: o..<o + a, rows: batch)
    criticWorkspace.forward(rows: batch, parameters: criticParameters)
    let loss = Loss.squaredError(
      criticWorkspace.outputs, targets: targets, rows: batch, dividedBy: batch,
      gradients: &criticWorkspace.outputGradients)
    criticWorkspace.backward(rows: batch, parameters: criticParameters, into: &criticGradients)
    _ = criticAdam.update(
      &criticParameters, gradients: criticGradients, learningRate: 1e-3, loss: loss, target: &criticTarget,
      targetSmoothing: 0.005)
    // Actor.
    actorWorkspace.setInputs(observations, columns: 0..<o, rows: batch)
    actorWorkspace.forward(rows: batch, parameters: actorParameters)
    criticWorkspace.setInputs(observations, columns: 0..<o, rows: batch)
    criticWorkspace.setInputs(actorWorkspace.outputs, columns: o..<o + a, rows: batch)
    criticWorkspace.forward(rows: batch, parameters: criticParameters)
    for i in 0..<batch { criticWorkspace.outputGradients[i] = -1 / Float(batch) }
    criticWorkspace.backwardToInputs(rows: batch, parameters: criticParameters, inputColumns: o..<o + a)
    actorWorkspace.setOutputGradients(criticWorkspace.inputGradients, rows: batch)
    actorWorkspace.backward(rows: batch, parameters: actorParameters, into: &actorGradients)
    _ = actorAdam.update(
      &actorParameters, gradients: actorGradients, learningRate: 1e-3, target: &actorTarget, targetSmoothing: 0.005)
  }

  /// The products of one update: (rows, inputs, outputs, how often). Nothing but what is needed.
  var products: [ProductShape] {
    var list: [ProductShape] = []
    for (network, forwards, backwards) in [(actor, 2, 1), (critic, 3, 1)] {
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

/// One PPO minibatch: the same arithmetic as `../peers/micro_ppo.py torch`; forward and backward of the pair alone,
/// too.
///
/// Source: Schulman et al. 2017, eq. 7 and 9, advantages normalised per minibatch, gradients clipped to norm 0.5.
struct PPOMinibatch {
  let batch: Int
  let policy: GaussianPolicy
  let critic: MLP
  var parameters, gradients: AlignedVector<Float>
  var adam: Adam<Float>
  var actorWorkspace, criticWorkspace: MLPWorkspace<Float>
  /// [batch, observations], [batch, actions], then [batch] each
  let observations, actions, oldDensities, advantages, returns: AlignedVector<Float>
  var densities, densityGradients: AlignedVector<Float>

  init(hidden: Int, batch: Int, instructionSet: InstructionSet) {
    self.batch = batch
    let (o, a) = (benchmarkObservations, benchmarkActions)
    var random = RandomStream(seed: 0, purpose: .testing)
    policy = GaussianPolicy(network: MLP(inputs: o, hidden: [hidden, hidden], outputs: a, activation: .tanh))
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
    densities = AlignedVector(zeros: batch)
    densityGradients = AlignedVector(zeros: batch)
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
    policy.writeLogDensities(
      rows: batch, of: actions, means: actorWorkspace.outputs, parameters: parameters, into: &densities)
    var loss = writeSurrogateGradients()
    for i in policy.logDeviations { gradients[i] = 0 }
    policy.writeLogDensityGradients(
      rows: batch, of: actions, means: actorWorkspace.outputs, parameters: parameters,
      densityGradients: densityGradients, meanGradients: &actorWorkspace.outputGradients, gradients: &gradients)
    // 0.5 · mean squared error of the values: dividing by twice the batch.
    loss += Loss.squaredError(
      criticWorkspace.outputs, targets: returns, rows: batch, dividedBy: 2 * batch,
      gradients: &criticWorkspace.outputGradients)
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
      let ratio = Float.exponential(densities[i] - oldDensities[i])
      let clipped = min(max(ratio, 0.8), 1.2)
      loss -= Double(min(ratio * advantage, clipped * advantage)) / Double(batch)
      let isActive = ratio * advantage <= clipped * advantage
      densityGradients[i] = isActive ? -advantage * ratio / Float(batch) : 0
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

/// A product that an update needs, as Eigen would be asked for it: c [m, n] = a [m, k] b [k, n].
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
