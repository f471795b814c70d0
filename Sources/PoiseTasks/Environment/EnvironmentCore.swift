import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseSimulation

/// All state of a control step in one value, so that a step is one exclusive access.
struct EnvironmentCore: ~Copyable {
  let bound: BoundTask
  private(set) var robot: Robot
  let plan: SnapshotPlan
  let detail: EnvironmentDetail
  let seed: UInt64
  let index: Int

  var random: RandomStream
  var transition: Transition
  var start: EpisodeStart
  /// Index of the present episode, from 0; −1 before the first.
  var episode = -1
  var ending = EpisodeEnding.terminated
  var drawn: DrawnRandomisation
  var memories: [[Double]]
  var history: [Float]
  var commandChanges: [Int]
  var totalReward = 0.0
  var rewardSums: [Double]
  var quality = EpisodeQuality()
  var fault: EnvironmentFault?
  /// Why the present episode cannot begin: its first step ends as a fault, without any physics step.
  private var startFault: TaskState.StartFault?

  private var output: ObservationOutput
  private let evaluations: [@Sendable (borrowing Transition) -> Double]
  private let weights: [Double]
  private let terminations: [@Sendable (borrowing Transition) -> Bool]
  private let acts: [@Sendable (Int, inout [Double], inout RandomStream, Robot) -> Vector3]
  private let scaling: [ActionScaling]
  /// Of a discrete action space, else empty.
  private let levels: [ActionLevel]
  private let physicsSteps: Int
  private let faults: FaultBounds
  private let isDelayed: Bool
  /// The world as it was made.
  private let fresh: WorldState
  private let reference: JointConfiguration
  let qualityPlan: QualityPlan
  /// Of the present control step; only in full detail.
  private var extremes: PhysicsExtremes

  init(_ bound: BoundTask, seed: UInt64, purpose: RandomPurpose, index: Int, detail: EnvironmentDetail) throws {
    self.bound = bound
    self.detail = detail
    self.seed = seed
    self.index = index
    plan = detail == .full ? bound.fullPlan : bound.leanPlan
    robot = try Robot(bound.model, physics: bound.physics, maximumJointSpeed: bound.settings.maximumJointSpeed)
    random = RandomStream(seed: seed, purpose: purpose, index: index)
    start = EpisodeStart(random: random, stepLimit: bound.timing.stepLimit)
    let snapshot = RobotSnapshot(
      plan: plan, jointCount: robot.scalarJointCount,
      ballCount: bound.model.joints.count { $0.kind == .ball }, actuatorCount: robot.actuatorCount,
      commandCount: bound.settings.commands.count, rewardCount: bound.rewards.count)
    transition = Transition(
      before: snapshot, after: snapshot, startPositions: Array(repeating: .zero, count: plan.bodies.count),
      controlTimeStep: bound.timing.controlTimeStep)
    drawn = DrawnRandomisation(
      linkCount: robot.bodies.count, actuatorCount: robot.actuatorCount, gravity: bound.physics.gravity)
    memories = bound.disturbances.map { Array(repeating: 0, count: $0.memoryCount) }
    physicsSteps = bound.timing.physicsStepsPerControlStep
    let longestDelay = Int(
      (bound.settings.randomisation.actionDelay.upperBound / bound.timing.physicsTimeStep).rounded())
    isDelayed = longestDelay > 0
    history = Array(
      repeating: 0, count: ((longestDelay + physicsSteps - 1) / physicsSteps + 1) * robot.actuatorCount)
    commandChanges = Array(repeating: 0, count: bound.settings.commands.count)
    rewardSums = Array(repeating: 0, count: bound.rewards.count)
    output = ObservationOutput(bound)
    evaluations = bound.rewards.map(\.evaluate)
    weights = bound.settings.rewards.map(\.weight)
    terminations = bound.terminations.map(\.applies)
    acts = bound.disturbances.map(\.act)
    scaling = bound.actionScaling
    levels = bound.levels
    faults = bound.settings.faults
    fresh = robot.world.saved()
    reference = JointConfiguration(reference: bound.model)
    qualityPlan = QualityPlan(bound, plan: plan)
    extremes = PhysicsExtremes(jointCount: robot.scalarJointCount)
  }

  // MARK: Resetting

  /// Starts an episode whose stream and time limit are those of `start`.
  mutating func reset(from start: EpisodeStart, into observation: inout MutableSpan<Float>) {
    self.start = start
    random = start.random
    episode += 1
    ending = .running
    fault = nil
    startFault = nil
    totalReward = 0
    for i in rewardSums.indices { rewardSums[i] = 0 }
    quality = EpisodeQuality()
    for i in history.indices { history[i] = 0 }

    if robot.world.breakdown != nil { robot = robot.remade() }
    robot.world.restore(fresh)
    robot.clearEffortSums()
    drawn.draw(
      bound.settings.randomisation, nominalGravity: bound.physics.gravity,
      physicsTimeStep: bound.timing.physicsTimeStep, using: &random)
    drawn.apply(to: robot)
    var configuration = reference
    for reset in bound.resets { reset.apply(&configuration, &random, robot) }
    if configuration.isFinite {
      robot.place(configuration)
    } else {
      startFault = .init(place: "start pose", reason: "it is not finite")
    }
    robot.world.seedSolver(random.next())
    for i in memories.indices { bound.disturbances[i].begin(&memories[i], &random) }

    transition.isTerminated = false
    transition.after.step = 0
    transition.after.time = 0
    for i in transition.after.action.indices { transition.after.action[i] = 0 }
    transition.after.choice = nil
    for i in transition.after.rewardTerms.indices { transition.after.rewardTerms[i] = 0 }
    transition.after.reward = 0
    transition.after.pushForce = .zero
    transition.after.gravityDirection = drawn.gravity == .zero ? [0, 0, -1] : drawn.gravity.normalized
    for i in commandChanges.indices { drawCommand(i, step: 0) }
    transition.after.read(robot, plan, contacts: false)
    for i in transition.startPositions.indices {
      transition.startPositions[i] = transition.after.bodies[i].pose.position
    }
    transition.before.copy(from: transition.after)
    if let found = writeObservation(into: &observation), startFault == nil { startFault = found }
  }

  /// See `TaskEnvironment.observation`.
  mutating func observation(of configuration: JointConfiguration) -> [Double] {
    robot.place(configuration)
    transition.after.read(robot, plan, contacts: false)
    var observation = [Float](repeating: 0, count: bound.observationSpace.count)
    var span = observation.mutableSpan
    _ = output.write(transition, noiseFactor: 0, random: &random, into: &span)
    ending = .terminated
    return (0..<bound.observationSpace.count).map { output.exact($0) }
  }

  /// Writes the observation of `transition.after`; writes zeros and returns the fault where a value is not finite or
  /// too large.
  private mutating func writeObservation(into observation: inout MutableSpan<Float>) -> TaskState.StartFault? {
    guard
      let bad = output.write(transition, noiseFactor: drawn.sensorNoise, random: &random, into: &observation)
    else { return nil }
    let value = observation[bad].isFinite && !output.raw(bad).isFinite ? output.raw(bad) : Double(observation[bad])
    for i in 0..<observation.count { observation[i] = 0 }
    return .init(
      place: "observation '\(bound.observationSpace.elements[bad].name)'",
      reason: value.isFinite ? "\(value) is beyond \(faults.observation)" : "\(value) is not finite")
  }

  private mutating func drawCommand(_ i: Int, step: Int) {
    let command = bound.settings.commands[i]
    transition.after.commands[i] = random.uniform(in: command.range)
    commandChanges[i] =
      command.interval.map { step + max(1, Int(clamping: ($0 / bound.timing.controlTimeStep).rounded())) } ?? .max
  }

  // MARK: Stepping

  /// See `Environment.step`.
  mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> StepOutcome {
    precondition(ending == .running, "a step after the end of an episode; reset the environment first")
    precondition(
      action.count == bound.actionSpace.count,
      "an action of \(action.count) numbers, of \(bound.actionSpace.count) in the space")
    swap(&transition.before, &transition.after)
    if let startFault { return endAtStart(startFault, into: &observation) }
    if let fault = take(action) {
      let given = (0..<action.count).map { action[$0] }
      return end(faultAt: fault.place, reason: fault.reason, action: given, into: &observation)
    }
    disturb()
    robot.clearEffortSums()
    extremes.begin()
    if isDelayed {
      driveDelayed()
    } else {
      robot.setControls { scaling[$0].control(Double(transition.after.action[$0])) }
      advance(physicsSteps)
    }
    return finish(into: &observation)
  }

  /// Writes an action of the space as one for every actuator, within −1 … 1.
  ///
  /// - Returns: what is wrong with it.
  private mutating func take(_ action: Span<Float>) -> TaskState.StartFault? {
    guard levels.isEmpty else {
      guard let choice = Int(exactly: action[0]), levels.indices.contains(choice) else {
        return .init(place: "action", reason: "\(action[0]) is no index of \(levels.count) levels")
      }
      transition.after.choice = choice
      for i in scaling.indices { transition.after.action[i] = levels[choice].action[i] }
      return nil
    }
    for i in scaling.indices {
      let value = action[i]
      guard value.isFinite else { return .init(place: "action \(i)", reason: "\(value) is not finite") }
      transition.after.action[i] = min(1, max(-1, value))
    }
    return nil
  }

  /// A control step in which every actuator follows a servo at the physics rate; the snapshot's action is the one that
  /// would have exerted the same mean effort, or had the same targets.
  mutating func step(
    servos: [Robot.Servo], into observation: inout MutableSpan<Float>
  ) -> StepOutcome {
    precondition(ending == .running, "a step after the end of an episode; reset the environment first")
    precondition(servos.count == scaling.count, "\(scaling.count) actuators, \(servos.count) servos")
    swap(&transition.before, &transition.after)
    if let startFault { return endAtStart(startFault, into: &observation) }
    disturb()
    robot.clearEffortSums()
    extremes.begin()
    for i in servos.indices { robot.setServo(servos[i], of: i) }
    advance(physicsSteps)
    transition.after.choice = nil
    let hasTargets = bound.settings.actions.positionTargets != nil
    for i in scaling.indices {
      let gear = bound.model.actuators[i].gear
      let control =
        hasTargets ? gear * servos[i].target : robot.effortSums[i] / Double(robot.effortSteps) / gear
      transition.after.action[i] = Float(min(1, max(-1, scaling[i].action(control))))
    }
    return finish(into: &observation)
  }

  private mutating func disturb() {
    var force = Vector3.zero
    for i in acts.indices { force += acts[i](transition.before.step, &memories[i], &random, robot) }
    transition.after.pushForce = force
  }

  /// Drives each physics step with the action that was given `delaySteps` physics steps before it.
  private mutating func driveDelayed() {
    let n = scaling.count
    for i in stride(from: history.count - 1, through: n, by: -1) { history[i] = history[i - n] }
    for i in 0..<n { history[i] = transition.after.action[i] }
    // d = q · physicsSteps + r: for r steps the action of q + 1 control steps ago, then that of q.
    let (q, r) = drawn.delaySteps.quotientAndRemainder(dividingBy: physicsSteps)
    for (age, steps) in [(q + 1, r), (q, physicsSteps - r)] where steps > 0 {
      robot.setControls { scaling[$0].control(Double(history[age * n + $0])) }
      advance(steps)
    }
  }

  /// Makes physics steps, and in full detail reads the worst moments of each.
  private mutating func advance(_ steps: Int) {
    guard detail == .full else { return robot.step(steps) }
    for _ in 0..<steps {
      robot.step()
      extremes.note(robot, qualityPlan)
    }
  }

  /// Everything after the physics.
  private mutating func finish(into observation: inout MutableSpan<Float>) -> StepOutcome {
    if let found = robot.world.firstFault(
      speed: faults.speed, angularSpeed: faults.angularSpeed, distance: faults.distance)
    {
      return end(
        faultAt: found.place, reason: found.reason, action: transition.after.action, into: &observation)
    }
    let step = transition.before.step + 1
    transition.after.step = step
    transition.after.time = Double(step) * bound.timing.controlTimeStep
    transition.after.gravityDirection = transition.before.gravityDirection
    for i in commandChanges.indices {
      transition.after.commands[i] = transition.before.commands[i]
      if step == commandChanges[i] { drawCommand(i, step: step) }
    }
    transition.after.read(robot, plan, contacts: true)

    transition.isTerminated = false
    for applies in terminations where applies(transition) {
      transition.isTerminated = true
      break
    }
    var reward = 0.0
    for i in evaluations.indices {
      let value = weights[i] * evaluations[i](transition)
      transition.after.rewardTerms[i] = value
      reward += value
    }
    transition.after.reward = reward
    guard abs(reward) <= faults.reward else {
      let terms = transition.after.rewardTerms
      let term =
        terms.firstIndex { !$0.isFinite } ?? terms.indices.max { abs(terms[$0]) < abs(terms[$1]) } ?? 0
      let value = terms[term]
      return end(
        faultAt: "reward '\(bound.rewardNames[term])'",
        reason: value.isFinite ? "\(value) is beyond \(faults.reward)" : "\(value) is not finite",
        action: transition.after.action, into: &observation)
    }
    if let bad = writeObservation(into: &observation) {
      return end(faultAt: bad.place, reason: bad.reason, action: transition.after.action, into: &observation)
    }

    totalReward += reward
    for i in rewardSums.indices { rewardSums[i] += transition.after.rewardTerms[i] }
    ending = transition.isTerminated ? .terminated : step >= start.stepLimit ? .truncated : .running
    if detail == .full { quality.add(transition, extremes, robot, qualityPlan) }
    return StepOutcome(reward: reward, ending: ending)
  }

  /// Ends the episode as a fault; the snapshot and the observation stay the last good ones.
  private mutating func end(
    faultAt place: String, reason: String, action: [Float], into observation: inout MutableSpan<Float>
  ) -> StepOutcome {
    swap(&transition.before, &transition.after)
    ending = .fault
    fault = EnvironmentFault(
      scenario: bound.name, seed: seed, environment: index, episode: episode, step: transition.after.step,
      place: place, reason: reason, action: action)
    _ = writeObservation(into: &observation)
    return StepOutcome(reward: 0, ending: .fault)
  }

  private mutating func endAtStart(
    _ found: TaskState.StartFault, into observation: inout MutableSpan<Float>
  ) -> StepOutcome {
    end(
      faultAt: found.place, reason: "\(found.reason), at the start of the episode", action: transition.after.action,
      into: &observation)
  }

  // MARK: Records

  var summary: EpisodeSummary {
    EpisodeSummary(
      environment: index, episode: episode, start: start, ending: ending, steps: transition.after.step,
      totalReward: totalReward, rewardTerms: rewardSums,
      measurements: finishedQuality.map { quality in
        quality.measurements(transition.after.step, ending, qualityPlan)
          + (levels.isEmpty ? [] : [Double(transition.after.step)])
          + bound.rewardMetrics.map { $0.measurement(rewardSums) }
      })
  }

  /// Only with `EnvironmentDetail.full`.
  var finishedQuality: EpisodeQuality? {
    detail == .full ? quality.finished(transition.after.step, ending, qualityPlan) : nil
  }

  func saved() -> TaskState {
    TaskState(
      random: random, start: start, episode: episode, world: robot.world.saved(), before: transition.before,
      after: transition.after, startPositions: transition.startPositions, isTerminated: transition.isTerminated,
      disturbanceMemory: memories, drawn: drawn, actionHistory: history, commandChanges: commandChanges,
      totalReward: totalReward, rewardSums: rewardSums, quality: quality, ending: ending,
      startFault: startFault)
  }

  /// Whether a state, for example from a file, is a possible state of this environment.
  func accepts(_ state: TaskState) -> Bool {
    let isRunning = state.ending == .running
    return robot.world.accepts(state.world)
      && state.before.hasShape(of: transition.before) && state.after.hasShape(of: transition.after)
      && state.startPositions.count == transition.startPositions.count
      && state.disturbanceMemory.map(\.count) == memories.map(\.count) && state.drawn.hasShape(of: drawn)
      && state.drawn.delaySteps <= (history.count / max(1, scaling.count) - 1) * physicsSteps
      && state.actionHistory.count == history.count && state.commandChanges.count == commandChanges.count
      && state.rewardSums.count == rewardSums.count && state.episode >= (isRunning ? 0 : -1)
      && state.start.stepLimit >= 1
      && [
        max(0, state.episode), state.start.stepLimit, state.before.step, state.after.step, state.quality.uprightSteps,
        state.quality.lastUprightSteps,
      ].allSatisfy(\.isPossibleCount)
      && state.actionHistory.allSatisfy { abs($0) <= 1 }
      && [state.before.choice, state.after.choice].allSatisfy { $0.map { levels.indices.contains($0) } ?? true }
  }

  /// - Parameter state: `accepts` it.
  mutating func restore(_ state: TaskState) {
    precondition(accepts(state), "the state is that of another task, or of another detail")
    if robot.world.breakdown != nil { robot = robot.remade() }
    random = state.random
    start = state.start
    episode = state.episode
    robot.world.restore(state.world)
    robot.clearEffortSums()
    transition.before = state.before
    transition.after = state.after
    transition.startPositions = state.startPositions
    transition.isTerminated = state.isTerminated
    memories = state.disturbanceMemory
    drawn = state.drawn
    drawn.apply(to: robot)
    history = state.actionHistory
    commandChanges = state.commandChanges
    totalReward = state.totalReward
    rewardSums = state.rewardSums
    quality = state.quality
    ending = state.ending
    startFault = state.startFault
    fault = nil
  }

}
