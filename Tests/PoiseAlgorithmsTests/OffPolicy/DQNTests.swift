import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseFinite
import PoiseNetworks
import Testing

@Suite("DQN")
struct DQNTests {
  static let choices = ["left", "right", "wait"]
  /// Two observations change places, the third its sign; left and right change places.
  static let symmetry = MirrorSymmetry(
    observations: Reflection(partners: [1, 0, 2], signs: [1, 1, -1]),
    actions: Reflection(partners: [1, 0, 2], signs: [1, 1, 1]))

  static func settings() -> DQNParameters {
    var settings = DQNParameters()
    settings.batchSize = 24
    settings.hiddenSizes = [7, 8]
    settings.activation = .tanh
    settings.memoryCapacity = 500
    settings.learningRate = 1e-3
    settings.targetUpdateInterval = 4
    return settings
  }

  static func make(_ settings: DQNParameters, seed: UInt64 = 1) -> DQN {
    DQN(
      settings,
      for: LearnerContext(
        observationSpace: box(3), actionSpace: .discrete(choices),
        symmetry: settings.mirrorSymmetry == nil ? nil : symmetry, seed: seed, instructionSet: .baseline))
  }

  /// Two worlds of random numbers, 200 steps, with ends and time limits.
  static func buffer(capacity: Int = 300) -> ReplayBuffer {
    var buffer = ReplayBuffer(capacity: capacity, observations: 3, actions: 1, worlds: 2)
    var random = RandomStream(seed: 21, purpose: .testing)
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    buffer.begin(worlds: 0..<2, observations: numbers(6))
    for _ in 0..<200 {
      buffer.record(
        worlds: 0..<2, actions: (0..<2).map { _ in Float(random.index(below: 3)) }, rewards: numbers(2),
        endings: (0..<2).map { _ in [.running, .running, .running, .terminated, .truncated][random.index(below: 5)] },
        finalObservations: numbers(6), observations: numbers(6))
    }
    return buffer
  }

  /// Settings under which every part of the loss is at work.
  enum Case: CaseIterable { case plain, double, dueling, all }

  static func settings(_ which: Case) -> DQNParameters {
    var settings = settings()
    settings.usesDoubleTargets = which == .double || which == .all
    settings.isDueling = which == .dueling || which == .all
    if which == .double { settings.loss = .squared }
    if which == .all {
      settings.activation = .silu
      settings.returnSteps = 3
      settings.rewardScale = 0.5
      settings.normalizesObservations = true
      settings.normalizesLayers = true
      settings.shards = 3
      settings.prioritization = PrioritySettings()
    }
    return settings
  }

  /// Q of each choice, in double and as plainly as can be.
  static func values(_ model: QNetwork, _ p: [Double], _ observation: [Double]) -> [Double] {
    let outputs = plainForward(model.network, p, observation)
    guard model.isDueling else { return outputs }
    let advantages = outputs.dropFirst()
    let mean = advantages.reduce(0, +) / Double(advantages.count)
    return advantages.map { outputs[0] + $0 - mean }
  }

  static func isOpen(_ model: QNetwork, _ parameter: Int) -> Bool {
    var marks = AlignedVector<Float>([Float](repeating: 1, count: model.parameters.count))
    model.closeStreams(&marks)
    return marks[parameter] == 1
  }

  @Test(
    "gradients of the whole loss agree with finite differences, and its targets with the formula",
    arguments: Case.allCases)
  func gradients(which: Case) {
    let settings = Self.settings(which)
    let buffer = Self.buffer()
    var dqn = Self.make(settings)
    var random = RandomStream(seed: 4, purpose: .testing)
    dqn.observe((0..<60).map { _ in Float(1 + 2 * random.normal()) })
    for k in 0..<dqn.model.target.count where Self.isOpen(dqn.model, k) {
      dqn.model.target[k] += Float(0.3 * random.normal())
    }
    let pool = WorkerPool(threadCount: 1)
    var metrics = DQNMetrics()
    // A first batch, so that priorities and weights differ.
    _ = dqn.computeGradients(buffer, &metrics, pool: pool)
    metrics = DQNMetrics()
    let loss = dqn.computeGradients(buffer, &metrics, pool: pool)

    let (model, p, target) = (dqn.model, doubles(dqn.model.parameters), doubles(dqn.model.target))
    var rows: [(observation: [Double], choice: Int, target: Double, weight: Double)] = []
    for shard in dqn.shards {
      let n = shard.rows.count
      let observations = doubleRows(shard.batch.observations, rows: n, columns: 3)
      let next = doubleRows(shard.batch.nextObservations, rows: n, columns: 3)
      for i in 0..<n {
        let judged = Self.values(model, target, next[i])
        let chosen = settings.usesDoubleTargets ? Self.values(model, p, next[i]) : judged
        let best = chosen.indices.max { chosen[$0] < chosen[$1] } ?? 0
        let outcome = buffer.outcome(
          of: dqn.sampler.indices[shard.rows.lowerBound + i], steps: settings.returnSteps,
          discountFactor: Float(settings.discountFactor))
        let y = settings.rewardScale * Double(outcome.rewards) + Double(outcome.discount) * judged[best]
        #expect(abs(y - Double(shard.batch.targets[i])) < 1e-5)
        rows.append((observations[i], Int(shard.batch.actions[i]), y, Double(shard.batch.weight(i))))
      }
    }
    func wholeLoss(_ p: [Double]) -> Double {
      rows.reduce(0) { sum, row in
        let error = abs(Self.values(model, p, row.observation)[row.choice] - row.target)
        let part = settings.loss == .squared ? error * error : error <= 1 ? error * error / 2 : error - 0.5
        return sum + row.weight * part / Double(rows.count)
      }
    }
    #expect(abs(loss - wholeLoss(p)) < 1e-5 * (1 + loss))
    // Weights between the streams of a dueling network do not exist.
    var gradients = dqn.gradients
    for k in p.indices where !Self.isOpen(model, k) {
      #expect(gradients[k] == 0 && p[k] == 0)
      var moved = p
      moved[k] += 1e-5
      gradients[k] = Float((wholeLoss(moved) - wholeLoss(p)) / 1e-5)
    }
    let worst = worstDifference(p, gradients) { wholeLoss($0) }
    #expect(worst < 3e-5, "\(worst)")
    #expect(dqn.gradients.euclideanNorm(instructionSet: .baseline) > 1e-3)
    if which == .all { #expect(Set(rows.map(\.weight)).count > 1) }
  }

  /// A table: no hidden layers on one-hot observations of three states.
  private static func table(_ settings: DQNParameters, q: [[Float]], target: [[Float]]) -> DQN {
    var settings = settings
    settings.hiddenSizes = []
    var dqn = make(settings)
    let layer = dqn.model.network.layers[0]
    for (s, row) in q.enumerated() {
      for (a, value) in row.enumerated() { dqn.model.parameters[layer.weights.lowerBound + 3 * s + a] = value }
    }
    for (s, row) in target.enumerated() {
      for (a, value) in row.enumerated() { dqn.model.target[layer.weights.lowerBound + 3 * s + a] = value }
    }
    for k in layer.biases { (dqn.model.parameters[k], dqn.model.target[k]) = (0, 0) }
    return dqn
  }

  private static func oneHot(_ state: Int) -> [Float] { (0..<3).map { $0 == state ? 1 : 0 } }

  @Test("double targets by hand: the network chooses 'right', the target network says that it is worth 20")
  func doubleTargets() {
    for (isDouble, wanted) in [(false, Float(1 + 0.5 * 30)), (true, 1 + 0.5 * 20)] {
      var settings = Self.settings()
      (settings.usesDoubleTargets, settings.discountFactor, settings.batchSize) = (isDouble, 0.5, 1)
      var dqn = Self.table(
        settings, q: [[0, 0, 0], [1, 3, 2], [0, 0, 0]], target: [[0, 0, 0], [30, 20, 10], [0, 0, 0]])
      var buffer = ReplayBuffer(capacity: 100, observations: 3, actions: 1, worlds: 1)
      buffer.begin(worlds: 0..<1, observations: Self.oneHot(0))
      buffer.record(
        worlds: 0..<1, actions: [2], rewards: [1], endings: [.running], finalObservations: [],
        observations: Self.oneHot(1))
      let metrics = dqn.update(buffer, pool: WorkerPool(threadCount: 1))
      #expect(dqn.shards[0].batch.targets[0] == wanted && metrics.target == Double(wanted))
    }
  }

  @Test("dueling values by hand: V + A − mean A, and gradients that add up to that of V")
  func dueling() {
    var settings = Self.settings()
    settings.isDueling = true
    let model = Self.make(settings).model
    var values = AlignedVector<Float>(zeros: 6)
    model.writeValues(AlignedVector([10, 1, 2, 6, -4, 0, 0, 3]), rows: 2, into: &values)
    #expect(Array(values) == [8, 9, 13, -5, -5, -2])
    var gradients = AlignedVector<Float>(zeros: 8)
    model.writeGradients(6, choice: 2, row: 1, into: &gradients)
    #expect(Array(gradients) == [0, 0, 0, 0, 6, -2, -2, 4])
    // V's stream: units 0, 1 and their mirror images 4, 5.
    let head = model.network.layers[2]
    for unit in 0..<8 {
      let isValue = [0, 1, 4, 5].contains(unit)
      for output in 0..<4 {
        #expect(Self.isOpen(model, head.weights.lowerBound + 4 * unit + output) == (isValue == (output == 0)))
      }
    }
  }

  @Test("targets of n steps across terminations, time limits and the newest transition, by hand")
  func returns() {
    var settings = Self.settings()
    (settings.discountFactor, settings.returnSteps, settings.batchSize) = (0.5, 3, 200)
    var dqn = Self.table(settings, q: [[0, 0, 0]], target: [[8, 0, 0], [0, 16, 0], [0, 0, 32]])
    var buffer = ReplayBuffer(capacity: 100, observations: 3, actions: 1, worlds: 1)
    buffer.begin(worlds: 0..<1, observations: Self.oneHot(0))
    func step(_ reward: Float, _ ending: EpisodeEnding, final: Int, next: Int) {
      buffer.record(
        worlds: 0..<1, actions: [0], rewards: [reward], endings: [ending], finalObservations: Self.oneHot(final),
        observations: Self.oneHot(next))
    }
    step(1, .running, final: 0, next: 1)  // slot 0
    step(2, .terminated, final: 2, next: 0)  // slot 1, its end in 2
    step(4, .running, final: 0, next: 1)  // slot 3
    step(8, .truncated, final: 2, next: 0)  // slot 4, its end in 5
    for _ in 0..<4 { step(16, .running, final: 0, next: 1) }  // slots 6 to 9
    _ = dqn.update(buffer, pool: WorkerPool(threadCount: 1))
    var found: [Int: Float] = [:]
    for (i, index) in dqn.sampler.indices.enumerated() { found[index] = dqn.shards[0].batch.targets[i] }
    let wanted: [Int: Float] = [
      0: 1 + 0.5 * 2, 1: 2,  // ended: nothing beyond
      3: 4 + 0.5 * 8 + 0.25 * 32, 4: 8 + 0.5 * 32,  // cut: the value of the last observation
      6: 16 + 8 + 4 + 0.125 * 16,  // three steps
      7: 16 + 8 + 4 + 0.125 * 16, 8: 16 + 8 + 0.25 * 16, 9: 16 + 0.5 * 16,  // as far as it was recorded
    ]
    #expect(found == wanted)
  }

  @Test("the target network is copied with every C-th update, or followed softly")
  func targets() {
    let (buffer, pool) = (Self.buffer(), WorkerPool(threadCount: 1))
    for (interval, τ) in [(4, 1.0), (1, 0.1)] {
      var settings = Self.settings()
      (settings.targetUpdateInterval, settings.targetUpdateRate) = (interval, τ)
      var dqn = Self.make(settings)
      for update in 1...9 {
        let before = dqn.model
        _ = dqn.update(buffer, pool: pool)
        #expect(!dqn.model.parameters.hasSameBits(as: before.parameters))
        guard update.isMultiple(of: interval) else {
          #expect(dqn.model.target.hasSameBits(as: before.target))
          continue
        }
        for k in 0..<before.target.count {
          let wanted = τ * Double(dqn.model.parameters[k]) + (1 - τ) * Double(before.target[k])
          #expect(abs(Double(dqn.model.target[k]) - wanted) <= 1e-7 * max(1, abs(wanted)))
        }
        if τ == 1 { #expect(dqn.model.target == dqn.model.parameters) }
      }
    }
  }

  /// In state a, 'stay' pays 1 and leads to a again or, one time in four, to b; 'go' leads to b. In b, 'stay' pays 2 and ends, 'go' leads back.
  private static var twoStates: FiniteProblem {
    var builder = FiniteProblemBuilder(
      stateNames: ["a", "b", "end"], actionNames: ["stay", "go"], discount: 0.8)
    builder.add(state: 0, action: 0, nextState: 0, probability: 0.75, reward: 1)
    builder.add(state: 0, action: 0, nextState: 1, probability: 0.25, reward: 1)
    builder.add(state: 0, action: 1, nextState: 1, probability: 1, reward: 0)
    builder.add(state: 1, action: 0, nextState: 2, probability: 1, reward: 2)
    builder.add(state: 1, action: 1, nextState: 0, probability: 1, reward: -0.5)
    builder.start = [.init(state: 0, probability: 1)]
    return builder.problem()
  }

  @Test("on a problem of two states it comes to the Q* of the solver", arguments: [[], [16]], [false, true])
  func fixedPoint(hidden: [Int], isDouble: Bool) throws {
    let problem = Self.twoStates
    let wanted = problem.choiceValues(of: try problem.policyIteration().values)
    var settings = Self.settings()
    (settings.hiddenSizes, settings.usesDoubleTargets, settings.discountFactor) = (hidden, isDouble, 0.8)
    (settings.batchSize, settings.learningRate) = (64, 2e-3)
    (settings.loss, settings.targetUpdateInterval, settings.targetUpdateRate) = (.squared, 1, 0.05)
    var dqn = DQN(
      settings,
      for: LearnerContext(
        observationSpace: box(3), actionSpace: .discrete(problem.actionNames), seed: 1, instructionSet: .baseline))
    let process = FiniteProcess(problem)
    var buffer = ReplayBuffer(capacity: 4000, observations: 3, actions: 1, worlds: 1)
    var random = RandomStream(seed: 3, purpose: .testing)
    var state = process.start(using: &random)
    buffer.begin(worlds: 0..<1, observations: Self.oneHot(state))
    for _ in 0..<3000 {
      let action: [Float] = [Float(random.index(below: 2))]
      let transition = process.step(&state, action.span, using: &random)
      let final = Self.oneHot(state)
      if transition.isTerminated { state = process.start(using: &random) }
      buffer.record(
        worlds: 0..<1, actions: action, rewards: [Float(transition.reward)],
        endings: [transition.isTerminated ? .terminated : .running], finalObservations: final,
        observations: Self.oneHot(state))
    }
    let pool = WorkerPool(threadCount: 1)
    for _ in 0..<6000 { _ = dqn.update(buffer, pool: pool) }
    let p = doubles(dqn.model.parameters)
    let found = (0..<2).flatMap { s in Self.values(dqn.model, p, Self.oneHot(s).map(Double.init)) }
    // 3,000 draws of a chance of 1/4 leave an error of some per cent in the mean that is learned.
    for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 0.08, "\(found) for \(wanted)") }
  }

  @Test("the same bits for 1, 2 and 4 threads, and others for another seed")
  func threads() {
    let buffer = Self.buffer()
    func train(_ threads: Int, seed: UInt64 = 1) -> (DQN, [DQNMetrics]) {
      var settings = Self.settings(.all)
      settings.shards = 4
      var dqn = Self.make(settings, seed: seed)
      let pool = WorkerPool(threadCount: threads)
      let metrics = (0..<30).map { _ in dqn.update(buffer, pool: pool) }
      return (dqn, metrics)
    }
    let (one, metrics) = train(1)
    for threads in [2, 4] {
      let (other, otherMetrics) = train(threads)
      #expect(other.model.parameters.hasSameBits(as: one.model.parameters) && otherMetrics == metrics)
    }
    #expect(!train(1, seed: 2).0.model.parameters.hasSameBits(as: one.model.parameters))
  }

  @Test("what is kept and read back learns on to the same bits", arguments: Case.allCases)
  func keeping(which: Case) throws {
    let buffer = Self.buffer()
    var settings = Self.settings(which)
    if which == .all { settings.mirrorSymmetry = .leftRight }
    var dqn = Self.make(settings)
    let pool = WorkerPool(threadCount: 1)
    for _ in 0..<7 { _ = dqn.update(buffer, pool: pool) }
    var copy = Self.make(settings, seed: 99)
    try copy.read(dqn.tensors(), file: "test")
    for _ in 0..<7 { #expect(dqn.update(buffer, pool: pool) == copy.update(buffer, pool: pool)) }
    #expect(copy.model.parameters.hasSameBits(as: dqn.model.parameters))
    #expect(copy.model.target.hasSameBits(as: dqn.model.target))
    settings.hiddenSizes = [8]
    var other = Self.make(settings)
    #expect(throws: InvalidInput.self) { try other.read(dqn.tensors(), file: "test") }
  }

  @Test("with mirror symmetry the values stay their own mirror images while they learn", arguments: Case.allCases)
  func mirrorSymmetry(which: Case) {
    var settings = Self.settings(which)
    settings.mirrorSymmetry = .leftRight
    var dqn = Self.make(settings)
    let (buffer, pool) = (Self.buffer(), WorkerPool(threadCount: 1))
    var random = RandomStream(seed: 8, purpose: .testing)
    for _ in 0..<20 {
      dqn.observe((0..<3).map { _ in Float(random.normal()) })
      _ = dqn.update(buffer, pool: pool)
    }
    let p = doubles(dqn.model.parameters)
    for _ in 0..<20 {
      let observation = (0..<3).map { _ in random.normal() }
      let own = Self.values(dqn.model, p, observation)
      let image = Self.values(dqn.model, p, Self.symmetry.observations.image(of: observation))
      #expect(zip(Self.symmetry.actions.image(of: own), image).allSatisfy { abs($0 - $1) < 1e-6 * (1 + abs($0)) })
      #expect(Set(own).count == 3)
    }
  }

  @Test("a policy that was kept chooses what the values say; a dueling one joins its streams", arguments: Case.allCases)
  func policies(which: Case) throws {
    var dqn = Self.make(Self.settings(which))
    dqn.observe([1, 2, 3, 3, 1, 2, -4, 0, 1])
    for _ in 0..<5 { _ = dqn.update(Self.buffer(), pool: WorkerPool(threadCount: 1)) }
    let space = Space.discrete(Self.choices)
    let kept = try Policy(dqn.policy.tensors(), file: "test", observations: box(3), actions: space)
    var workspace = PolicyWorkspace(kept, rowCapacity: 1, instructionSet: .baseline)
    var random = RandomStream(seed: 9, purpose: .testing)
    var chosen: Set<Float> = []
    for _ in 0..<300 {
      let raw = (0..<3).map { _ in Float(2 * random.normal()) }
      var normal = AlignedVector<Float>(raw)
      var span = normal.mutableSpan
      dqn.model.normalizer.normalize(raw.span, into: &span)
      let q = Self.values(dqn.model, doubles(dqn.model.parameters), doubles(normal))
      let joined = plainForward(kept.network, doubles(kept.parameters), doubles(normal))
      #expect(zip(q, joined).allSatisfy { abs($0 - $1) < 1e-5 * (1 + abs($0)) })
      var action: [Float] = [-1]
      var actions = action.mutableSpan
      workspace.act(raw.span, into: &actions)
      chosen.insert(action[0])
      let best = q.max() ?? 0
      #expect(best - q[Int(action[0])] < 1e-5 * (1 + abs(best)))
    }
    #expect(chosen.count > 1)
  }

  @Test("explores with ε: all choices alike in the warm-up, one in ten after the schedule, else the best")
  func exploring() {
    var settings = Self.settings()
    settings.warmupSteps = 100
    settings.exploration = EpsilonGreedy(initial: 1, final: 0.1, decaySteps: 1000)
    let dqn = Self.make(settings)
    #expect(dqn.explorationColumns(after: 99)[0].value == 1)
    #expect(abs((dqn.explorationColumns(after: 500)[0].value ?? 0) - 0.55) < 1e-12)
    #expect(dqn.explorationColumns(after: 5000)[0].value == 0.1)
    var actor = dqn.makeActor(worlds: 3..<5)
    let observations: [Float] = [1, 2, 3, -1, 0, 2]
    let p = doubles(dqn.model.parameters)
    let best = [[1.0, 2, 3], [-1, 0, 2]].map { o in
      let q = Self.values(dqn.model, p, o)
      return q.indices.max { q[$0] < q[$1] } ?? 0
    }
    for (steps, share) in [(0, 1.0 / 3), (5000, 0.9 + 0.1 / 3)] {
      var greedy = 0
      for _ in 0..<4000 {
        var actions: [Float] = [-1, -1]
        #expect(actor.act(observations, dqn.model, environmentSteps: steps, into: &actions) == 0)
        greedy += (Int(actions[0]) == best[0] ? 1 : 0) + (Int(actions[1]) == best[1] ? 1 : 0)
      }
      // Five standard deviations of 8,000 draws.
      #expect(abs(Double(greedy) / 8000 - share) < 5 * (share * (1 - share) / 8000).squareRoot(), "\(greedy)")
    }
  }

  @Test("a reward that is not finite changes no parameter, and is counted; its transition keeps a priority")
  func guards() {
    var buffer = ReplayBuffer(capacity: 100, observations: 3, actions: 1, worlds: 1)
    buffer.begin(worlds: 0..<1, observations: [0, 0, 0])
    buffer.record(
      worlds: 0..<1, actions: [0], rewards: [.nan], endings: [.running], finalObservations: [0, 0, 0],
      observations: [1, 1, 1])
    var settings = Self.settings()
    settings.prioritization = PrioritySettings()
    var dqn = Self.make(settings)
    let before = dqn.model
    let metrics = dqn.update(buffer, pool: WorkerPool(threadCount: 1))
    #expect(dqn.skippedUpdates == 1 && metrics.isRefused)
    #expect(dqn.model.parameters.hasSameBits(as: before.parameters) && dqn.sampler.probability(of: 0) == 1)
  }

  @Test("a network whose ReLUs are all off is told as dead, with the layer and the update, and again alive")
  func death() {
    var settings = Self.settings()
    settings.activation = .relu
    var dqn = Self.make(settings)
    let (buffer, pool) = (Self.buffer(), WorkerPool(threadCount: 1))
    for _ in 0..<3 { _ = dqn.update(buffer, pool: pool) }
    let biases = dqn.model.network.layers[1].biases
    for k in biases { dqn.model.parameters[k] = -1000 }
    for _ in 0..<LearnerHealth.idleLimit - 1 { _ = dqn.update(buffer, pool: pool) }
    #expect(dqn.health.death == nil)
    _ = dqn.update(buffer, pool: pool)
    let death = dqn.health.death
    #expect(death?.update == 4 && death?.headline == "the network has died")
    #expect(death?.description.contains("all units of its hidden layer 2 were off") == true)
    #expect(dqn.health.failure == nil)
    for k in biases { dqn.model.parameters[k] = 1 }
    _ = dqn.update(buffer, pool: pool)
    #expect(dqn.health.death == nil)
  }

  @Test("defaults are those of the paper")
  func defaults() {
    let dqn = DQNParameters()
    #expect(dqn.batchSize == 32 && dqn.memoryCapacity == 1_000_000 && dqn.targetUpdateInterval == 10_000)
    #expect(dqn.discountFactor == 0.99 && dqn.updatesPerStep == 0.25 && dqn.learningRate == 2.5e-4)
    #expect(dqn.exploration == EpsilonGreedy(initial: 1, final: 0.1, decaySteps: 1_000_000))
    #expect(dqn.warmupSteps == 50_000 && dqn.loss == .huber && dqn.targetUpdateRate == 1)
  }
}
