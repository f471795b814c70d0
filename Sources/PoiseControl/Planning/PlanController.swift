import Foundation
import PoiseCore
public import PoiseEnvironments

/// Plans ahead in the simulator, again in each control step, and takes the first action of the plan.
///
/// In each control step the plan of the step before is shifted by one step, varied at its knots by normal noise, and every variation is
/// tried in the simulator over the horizon, from a snapshot of the present state. The plan with the largest sum of rewards is the next one
/// (predictive sampling: Howell et al. 2022, "Predictive Sampling: Real-time Behaviour Synthesis with MuJoCo", algorithm 1), or with a
/// temperature the mean of all, weighed by their returns (MPPI: Williams et al. 2017, "Information Theoretic MPC for Model-Based
/// Reinforcement Learning", algorithm 2). The plan of the step before is always among those that are tried, so the best is never worse.
///
/// What it knows: the true state, the true robot and the task's reward. What it does not know: pushes and noise to come
/// (`EnvironmentSpecification.forPlanning`); all variations of a step meet the same imagined random numbers, which are not those of the
/// episode.
///
/// Deviations: the noise of a third of the variations each is whole, half and a quarter. Returns are not discounted, and there is no
/// value beyond the horizon.
///
/// Bits: noise is drawn before anything is simulated, and every variation has a return of its own, so the number of threads changes nothing.
public struct PlanController: Controller {
  private let task: any EnvironmentSpecification
  /// How far ahead, and how much.
  public let settings: PlanSettings
  /// Threads of each driver.
  public let threads: Int

  /// A planner for a task.
  ///
  /// - Parameters:
  ///   - task: the task in which it acts; its action space is a box or discrete.
  ///   - settings: horizon and samples.
  ///   - threads: how many simulate side by side, at least 1.
  public init(_ task: any EnvironmentSpecification, _ settings: PlanSettings, threads: Int = 1) {
    self.task = task.forPlanning
    self.settings = settings
    self.threads = threads
  }

  public var name: String { "plan" }

  public func makeDriver() -> any ControllerDriver { Driver(task, settings, threads: threads) }

  private struct Driver: ControllerDriver {
    private let settings: PlanSettings
    private let pool: WorkerPool
    private var shards: [Shard]
    private var plan: ActionPlan
    private var random = RandomStream(seed: 0, purpose: .planning)

    init(_ task: any EnvironmentSpecification, _ settings: PlanSettings, threads: Int) {
      self.settings = settings
      pool = WorkerPool(threadCount: threads)
      shards = (0..<min(pool.threadCount, settings.samples)).map { _ in Shard(ImaginedWorld(task)) }
      plan = ActionPlan(task.actionSpace, settings)
    }

    mutating func begin(_ plant: some Plant, random: RandomStream) {
      self.random = random
      plan.clear()
    }

    mutating func command(_ plant: some Plant, observation: [Float]) -> ControlCommand {
      guard let environment = plant.environment else { preconditionFailure("a plan without a task") }
      let state = environment.snapshot()
      plan.shift()
      let variations = (0..<settings.samples).map { plan.variation($0, using: &random) }
      let imagined = RandomStream(seed: random.next(), purpose: .planning)
      let (horizon, stride) = (settings.horizon, shards.count)
      pool.forEach(&shards) { index, shard in
        shard.returns.removeAll(keepingCapacity: true)
        for sample in Swift.stride(from: index, to: variations.count, by: stride) {
          shard.returns.append(shard.world.play(variations[sample], from: state, random: imagined, horizon: horizon))
        }
      }
      let returns = variations.indices.map { shards[$0 % stride].returns[$0 / stride] }
      plan.replace(by: variations, returns: returns, temperature: settings.temperature)
      return .action(plan.action(at: 0))
    }
  }

  /// What one thread works with.
  private struct Shard: Sendable {
    let world: ImaginedWorld
    /// Of its variations, in their order.
    var returns: [Double] = []

    init(_ world: ImaginedWorld) { self.world = world }
  }
}

/// A copy of the task in which plans are tried.
///
/// Unchecked Sendable: the environment is made here and no reference to it leaves. `WorkerPool.forEach` hands each shard, with its world,
/// to one thread at a time, and orders the writes of one thread before the reads of the next.
private final class ImaginedWorld: @unchecked Sendable {
  private let environment: any Environment
  private var observation: [Float]

  init(_ task: any EnvironmentSpecification) {
    do {
      environment = try task.makeEnvironment(seed: 0, purpose: .planning, index: 0, detail: .full)
    } catch {
      preconditionFailure("'\(task.name)' was assembled once, and now it is not: \(error)")
    }
    observation = Array(repeating: 0, count: task.observationSpace.count)
  }

  /// The sum of rewards of a plan from a state on; a fault counts as the worst there is.
  func play(_ plan: ActionPlan, from state: EnvironmentSnapshot, random: RandomStream, horizon: Int) -> Double {
    environment.prepareThread(for: "a plan")
    environment.restore(state)
    environment.random = random
    var sum = 0.0
    for step in 0..<horizon where environment.ending == .running {
      sum += Self.step(environment, plan.action(at: step).map { Float($0) }, &observation).reward
    }
    return environment.ending == .fault || !sum.isFinite ? -.infinity : sum
  }
}

extension ImaginedWorld {
  private static func step(
    _ environment: any Environment, _ action: [Float], _ observation: inout [Float]
  ) -> StepOutcome {
    var span = observation.mutableSpan
    return environment.step(action.span, into: &span)
  }
}

/// Actions over a horizon: knots with straight lines between them, or one choice for each step.
struct ActionPlan: Sendable, Hashable {
  /// Numbers of an action.
  private let width: Int
  /// Of a discrete space; `nil` for a box.
  private let choiceCount: Int?
  private let horizon: Int
  private let noise: Double
  /// [knots, width]
  private(set) var knots: [Double]
  private var isFresh = true

  init(_ space: Space, _ settings: PlanSettings) {
    width = space.count
    choiceCount = space.choices?.count
    horizon = settings.horizon
    noise = settings.noise
    knots = Array(repeating: 0, count: (choiceCount == nil ? settings.knots : settings.horizon) * width)
  }

  private var knotCount: Int { knots.count / width }
  /// Control steps between two knots.
  private var spacing: Double { knotCount > 1 ? Double(horizon - 1) / Double(knotCount - 1) : 1 }

  /// Back to action 0 throughout, or the first choice.
  mutating func clear() {
    for i in knots.indices { knots[i] = 0 }
    isFresh = true
  }

  /// The action some control steps ahead, [width].
  func action(at step: Int) -> [Double] { value(at: Double(step)) }

  private func value(at time: Double) -> [Double] {
    let place = min(Double(knotCount - 1), time / spacing)
    let first = min(Int(place), max(0, knotCount - 2))
    let share = knotCount > 1 ? place - Double(first) : 0
    guard choiceCount == nil, share > 0 else {
      let knot = choiceCount == nil ? first : min(knotCount - 1, Int(place.rounded()))
      return Array(knots[knot * width..<(knot + 1) * width])
    }
    return (0..<width).map { (1 - share) * knots[first * width + $0] + share * knots[(first + 1) * width + $0] }
  }

  /// The same plan seen one control step later; its last action lasts.
  mutating func shift() {
    if isFresh {
      isFresh = false
      return
    }
    knots = (0..<knotCount).flatMap { value(at: Double($0) * spacing + 1) }
  }

  /// Variation 0 is the plan itself.
  func variation(_ number: Int, using random: inout RandomStream) -> Self {
    var plan = self
    guard number > 0 else { return plan }
    if let choiceCount {
      for i in plan.knots.indices where random.uniform() < noise {
        plan.knots[i] = Double(random.index(below: choiceCount))
      }
    } else {
      let deviation = noise / Double(1 << (number % 3))
      for i in plan.knots.indices {
        plan.knots[i] = min(1, max(-1, plan.knots[i] + deviation * random.normal()))
      }
    }
    return plan
  }

  /// Takes the best of some variations, the first of equal ones, or with a temperature their weighted mean.
  mutating func replace(by variations: [Self], returns: [Double], temperature: Double) {
    var best = 0
    for i in returns.indices where returns[i] > returns[best] { best = i }
    knots = variations[best].knots
    let finite = returns.filter(\.isFinite)
    guard temperature > 0, choiceCount == nil, finite.count > 1 else { return }
    let mean = finite.reduce(0, +) / Double(finite.count)
    let deviation = (finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(finite.count)).squareRoot()
    guard deviation > 0 else { return }
    let weights = returns.map { $0.isFinite ? exp(($0 - returns[best]) / (temperature * deviation)) : 0 }
    let sum = weights.reduce(0, +)
    for i in knots.indices {
      var value = 0.0
      for (weight, variation) in zip(weights, variations) { value += weight * variation.knots[i] }
      knots[i] = value / sum
    }
  }
}
