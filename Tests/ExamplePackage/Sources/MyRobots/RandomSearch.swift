public import Poise

// Basic random search. Source: Mania, Guy and Recht 2018, "Simple random search of static policies is competitive for reinforcement
// learning" (arXiv:1803.07055), algorithm 1 with the step of algorithm 2, version V1:
//
//     θ ← θ + α / (N σ_R) Σₖ (R(θ + ν δₖ) − R(θ − ν δₖ)) δₖ
//
// with N directions δₖ of independent normal numbers, and σ_R the standard deviation of the 2 N returns. A return R is the mean over one episode in
// each world.

/// Hyperparameters of random search.
public struct RandomSearchParameters: OnPolicyParameters {
  /// What all on-policy algorithms have; only some of its keys are this algorithm's, see `keys`.
  public var common = OnPolicySettings()
  public var directions = 4
  public var perturbation = 0.3
  public var stepSize = 0.5
  /// Rollouts are episodes, one in each world.
  public var plan: RolloutPlan { .episodes }

  public init() {
    common.worlds = 8
    common.rolloutLength = 200
    // A linear policy of the raw observations that hardly explores by itself.
    common.hiddenSizes = []
    common.normalizesObservations = false
    common.initialLogDeviation = -6
  }

  private static let commonKeys = [
    "worlds", "blockSize", "rolloutLength", "reportInterval", "hiddenSizes", "activation",
  ]
  public static let keys: [ConfigurationKey<Self>] =
    OnPolicySettings.keys.filter { commonKeys.contains($0.name) }.map { $0.lifted(through: \.common) } + [
      .key("directions", \.directions, .integer(.from(1, through: 1000)), "N: directions that are tried for one step."),
      .key("perturbation", \.perturbation, .number(.positive), "ν: how far along a direction a policy is tried."),
      .key("stepSize", \.stepSize, .number(.positive), "α: how far a step goes."),
    ]
}

/// What one rollout of random search tells.
public struct RandomSearchMetrics: LearningMetrics {
  /// Mean return of the policy that was tried.
  public var triedReturn = 0.0
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] { [\.triedReturn] }
  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    [("tried_return", means?.triedReturn)]
  }
}

/// Random search: one rollout tries one policy.
public struct RandomSearch: OnPolicyLearner {
  public typealias Parameters = RandomSearchParameters
  public typealias Metrics = RandomSearchMetrics

  /// All that an update changes: where the search is, and what was tried since the last step.
  public struct State: Hashable, Sendable, Codable {
    /// θ
    fileprivate var center: [Float]
    /// δₖ, the one that is being tried last.
    fileprivate var directions: [[Float]] = []
    /// R(θ + ν δ₁), R(θ − ν δ₁), R(θ + ν δ₂), …
    fileprivate var returns: [Double] = []
    fileprivate var random: RandomStream
    fileprivate var steps = 0
  }

  public let settings: RandomSearchParameters
  /// With the parameters that are being tried.
  public private(set) var model: ActorCritic
  public private(set) var health = LearnerHealth()
  private var search: State
  private let instructionSet: InstructionSet

  /// A learner whose weights and directions follow from the seed.
  public init(_ settings: RandomSearchParameters, for context: LearnerContext) {
    var weights = RandomStream(seed: context.seed, purpose: .weights)
    let common = settings.common
    let model = ActorCritic(
      observations: context.observationSpace.count, actions: context.actionSpace, hidden: common.hiddenSizes,
      valueHidden: nil, activation: common.activation,
      deviationBounds: common.logDeviationFloor...common.logDeviationCeiling,
      initialLogDeviation: common.initialLogDeviation, normalizerLimit: nil, using: &weights)
    self.settings = settings
    self.model = model
    instructionSet = context.instructionSet
    let network = model.actor.network.parameters
    search = State(
      center: network.map { model.parameters[$0] }, random: RandomStream(seed: context.seed, purpose: .search))
    tryNext()
  }

  /// The policy at θ.
  public var policy: Policy {
    var parameters = model.parameters
    for (i, place) in model.actor.network.parameters.enumerated() { parameters[place] = search.center[i] }
    return model.policy(parameters)
  }

  /// Puts the parameters that are to be tried next into the model; a new direction where both sides of the last were tried.
  private mutating func tryNext() {
    if search.returns.count == 2 * search.directions.count {
      search.directions.append(search.center.map { _ in Float(search.random.normal()) })
    }
    setParameters()
  }

  private mutating func setParameters() {
    let sign: Float = search.returns.count.isMultiple(of: 2) ? 1 : -1
    guard let direction = search.directions.last else { return }
    for (i, place) in model.actor.network.parameters.enumerated() {
      model.parameters[place] = search.center[i] + sign * Float(settings.perturbation) * direction[i]
    }
  }

  /// Writes nothing: a search compares whole returns and needs no advantages.
  public func estimateAdvantages(of segment: inout RolloutSegment, rewardScale: Float) {}

  public mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: @Sendable () -> Bool
  ) -> RandomSearchMetrics {
    var metrics = RandomSearchMetrics()
    var sum = 0.0
    for segment in rollout {
      for row in 0..<segment.step * segment.worlds where segment.isUsed[row] { sum += Double(segment.rewards[row]) }
    }
    metrics.triedReturn = sum / Double(settings.common.worlds)
    search.returns.append(metrics.triedReturn)
    if search.returns.count == 2 * settings.directions { step() }
    tryNext()
    return metrics
  }

  /// One step of θ, and the directions begin anew.
  private mutating func step() {
    let count = Double(search.returns.count)
    let mean = search.returns.reduce(0, +) / count
    let deviation = (search.returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot() + 1e-12
    for (k, direction) in search.directions.enumerated() {
      let difference = search.returns[2 * k] - search.returns[2 * k + 1]
      let scale = Float(settings.stepSize * difference / (Double(settings.directions) * deviation))
      for i in search.center.indices { search.center[i] += scale * direction[i] }
    }
    search.directions = []
    search.returns = []
    search.steps += 1
  }

  public mutating func observe(_ rollout: [RolloutSegment]) {}

  public mutating func checkWeights() {
    health.check(model.parameters, of: "the weights", update: search.steps, instructionSet: instructionSet)
  }

  // MARK: Checkpointing

  public var state: State {
    get { search }
    set {
      search = newValue
      setParameters()
    }
  }

  public func tensors() throws -> [String: Tensor] {
    var tensors = model.tensors()
    tensors["randomSearch.memory"] = try Tensor(encoding: search)
    return tensors
  }

  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try model.read(tensors, file: file)
    let read: State = try Tensor.decode("randomSearch.memory", in: tensors, file: file)
    let count = search.center.count
    guard read.center.count == count, read.directions.allSatisfy({ $0.count == count }), !read.directions.isEmpty,
      (2 * read.directions.count - 2...2 * read.directions.count - 1).contains(read.returns.count)
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'randomSearch.memory'", found: "another search",
          allowed: "one of \(count) parameters", remedy: "The checkpoint belongs to another scenario, or is damaged."))
    }
    state = read
  }
}

extension RandomSearch: Algorithm {
  public static let name = "random-search"
  public static let title = "Basic random search"
  public static let paper = "Mania et al. 2018"
  public static let family = LearnerFamily<RandomSearchParameters>.onPolicy { RandomSearch($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.box, .discrete]
  public static let changeableKeys = ["reportInterval", "perturbation", "stepSize"]

  public static func memoryNeed(
    of parameters: RandomSearchParameters, observations: Space, actions: Space
  ) -> MemoryNeed {
    var need = MemoryNeed()
    need.addWorlds(parameters.worlds)
    need.add("rolloutLength", rows: parameters.rolloutSize, numbers: 2 * observations.count + 2 * actions.count + 8)
    return need
  }

  public static func stepSizes(of parameters: RandomSearchParameters) -> String { "stepSize is \(parameters.stepSize)" }
}
