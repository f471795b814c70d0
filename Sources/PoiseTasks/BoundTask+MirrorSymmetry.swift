import Foundation  // exp, log
public import PoiseCore
public import PoiseEnvironments
import PoiseModels

extension BoundTask {
  /// How observations and actions change under a reflection, found by evaluating the task's own terms.
  ///
  /// Names play no part. The robot's parts are matched by position (`RobotModel.reflection`); then every term is
  /// evaluated at random states and their mirror images. The reward must judge both alike, so must the terminations,
  /// and each observation of the image must be ± one of the state, with the same noise. Numbers may differ by 2 %,
  /// since the robot's may by 1 %. A clock (`PhaseObservation`) is rejected: gaits alternate, so its mirror image would
  /// be half a period later.
  ///
  /// Commands are assumed to be the same in the mirror. Resets and disturbances are not checked.
  ///
  /// - Parameter plane: the mirror plane, in the world frame.
  /// - Throws: `Asymmetry` with everything in robot and task that differs in the mirror.
  public func mirrorSymmetry(across plane: MirrorPlane) throws(Asymmetry) -> MirrorSymmetry {
    var robot = try model.reflection(across: plane)
    robot.controls = reflectionOfActions(robot.controls)
    var probes = MirrorProbes(self, robot)
    for _ in 0..<MirrorProbes.count { probes.add() }
    var reasons = probes.reasons
    let observations = probes.matchedObservations()
    for (i, match) in observations.enumerated() where match == nil {
      reasons.append("observation '\(observationSpace.elements[i].name)' has no mirror image among the observations")
    }
    // Else the two halves of each layer would see the same and learn the same.
    if observations.enumerated().allSatisfy({ $1 ?? ($0, -1) == ($0, 1) }) {
      reasons.append("nothing that is observed changes in the mirror")
    }
    let choices = levels.map { level in
      let image = robot.controls.image(of: level.action)
      let partner = levels.firstIndex { other in zip(other.action, image).allSatisfy { abs($0 - $1) <= 0.02 } }
      if partner == nil { reasons.append("the action '\(level.name)' has no mirror image among the actions") }
      return partner ?? 0
    }
    let isPaired = choices.indices.allSatisfy { choices[choices[$0]] == $0 }
    if !isPaired { reasons.append("two actions are alike") }
    guard reasons.isEmpty else { throw Asymmetry(reasons) }
    let matches = observations.compactMap(\.self)
    return MirrorSymmetry(
      observations: Reflection(partners: matches.map(\.partner), signs: matches.map(\.sign)),
      actions: levels.isEmpty ? robot.controls : Reflection(partners: choices, signs: choices.map { _ in 1 }))
  }

  /// What a mirror does to numbers in −1 … 1, given what it does to controls: scalings may have opposite directions.
  private func reflectionOfActions(_ controls: Reflection) -> Reflection {
    let signs = controls.partners.indices.map { i in
      let isTurned = actionScaling[i].halfWidth * actionScaling[controls.partners[i]].halfWidth < 0
      return isTurned ? -controls.signs[i] : controls.signs[i]
    }
    return Reflection(partners: controls.partners, signs: signs)
  }
}

/// Random states of a task and their mirror images, with the values of the terms.
private struct MirrorProbes: ~Copyable {
  let task: BoundTask
  let robot: RobotReflection
  private var random = RandomStream(seed: 0, purpose: .mirrorProbes)
  private var output: ObservationOutput
  /// What the policy sees of each state and of its image, noise left out, [observations][probes].
  private var seen: [[Float]]
  private var seenInMirror: [[Float]]
  /// Largest magnitude, [observations].
  private var magnitudes: [Float]
  private var unlikeRewards: Set<String> = []
  private var unlikeTerminations: Set<String> = []

  static let count = 256
  private static let tolerance = 0.02

  init(_ task: BoundTask, _ robot: RobotReflection) {
    self.task = task
    self.robot = robot
    output = ObservationOutput(task)
    seen = Array(repeating: [], count: task.observationSpace.count)
    seenInMirror = seen
    magnitudes = Array(repeating: 0, count: seen.count)
  }

  /// Where terms disagree, in the order of their names.
  var reasons: [String] {
    unlikeRewards.sorted().map { "reward '\($0)' is not the same in the mirror" }
      + unlikeTerminations.sorted().map { "termination '\($0)' is not the same in the mirror" }
  }

  // MARK: Asking

  /// Adds one random state. The robot need not be able to reach it, since terms read only its numbers.
  mutating func add() {
    let (first, last) = (RandomState(task, &random), RandomState(task, &random))
    let isTerminated = random.uniform() < 0.5
    let own = transition(first, last, in: nil, isTerminated)
    let image = transition(first, last, in: robot, isTerminated)

    let (row, imageRow) = (observation(own), observation(image))
    for i in seen.indices {
      seen[i].append(row[i])
      seenInMirror[i].append(imageRow[i])
      magnitudes[i] = max(magnitudes[i], abs(row[i]))
    }
    compareRewards(own, image)
    compareTerminations(own, image)
  }

  /// A term for the left side and a term for the right side may add up to a symmetric reward.
  private mutating func compareRewards(_ own: borrowing Transition, _ image: borrowing Transition) {
    let weights = task.settings.rewards.map(\.weight)
    let terms = zip(weights, task.rewards).map { weight, reward in
      (own: weight * reward.evaluate(own), image: weight * reward.evaluate(image))
    }
    let scale = terms.reduce(1e-9) { $0 + max(abs($1.own), abs($1.image)) }
    let difference = terms.reduce(0) { $0 + $1.own - $1.image }
    guard abs(difference) > Self.tolerance * scale else { return }
    // At least one term contributes the average share of the difference.
    let share = abs(difference) / Double(terms.count)
    for (name, term) in zip(task.rewardNames, terms) where abs(term.own - term.image) >= 0.999 * share {
      unlikeRewards.insert(name)
    }
  }

  /// The episode may end by one term on one side and by another term on the other side.
  private mutating func compareTerminations(_ own: borrowing Transition, _ image: borrowing Transition) {
    var (ownNames, imageNames): (Set<String>, Set<String>) = ([], [])
    for (term, termination) in zip(task.settings.terminations, task.terminations) {
      if termination.applies(own) { ownNames.insert(term.name) }
      if termination.applies(image) { imageNames.insert(term.name) }
    }
    if ownNames.isEmpty != imageNames.isEmpty { unlikeTerminations.formUnion(ownNames.union(imageNames)) }
  }

  /// What the policy sees, noise left out, [observations].
  private mutating func observation(_ transition: borrowing Transition) -> [Float] {
    var observation = [Float](repeating: 0, count: seen.count)
    var span = observation.mutableSpan
    _ = output.write(transition, noiseFactor: 0, random: &random, into: &span)
    return observation
  }

  /// - Parameter robot: the mirror that the robot is seen in; `nil` for none.
  private mutating func transition(
    _ first: RandomState, _ last: RandomState, in robot: RobotReflection?, _ isTerminated: Bool
  ) -> Transition {
    let step = random.index(below: task.timing.stepLimit)
    var transition = Transition(
      before: first.snapshot(of: task, in: robot, step: step),
      after: last.snapshot(of: task, in: robot, step: step + 1),
      startPositions: task.leanPlan.bodies.map { first.position(of: $0.body, in: robot) },
      controlTimeStep: task.timing.controlTimeStep)
    transition.isTerminated = isTerminated
    return transition
  }

  // MARK: Matching

  /// For each observation the one that equals its mirror image up to the sign; `nil` where there is none.
  func matchedObservations() -> [(partner: Int, sign: Int)?] {
    var matches = [(partner: Int, sign: Int)?](repeating: nil, count: seen.count)
    for i in seen.indices where matches[i] == nil {
      // Itself first: an observation that never changes is its own image.
      for j in [i] + seen.indices where matches[j] == nil {
        guard let sign = [1, -1].first(where: { isImage(i, of: j, $0) && isImage(j, of: i, $0) }) else { continue }
        matches[i] = (j, sign)
        matches[j] = (i, sign)
        break
      }
    }
    return matches
  }

  /// Small differences count where numbers are small; roundings of large ones do not.
  private func isImage(_ i: Int, of j: Int, _ sign: Int) -> Bool {
    output.noises[i] == output.noises[j]
      && zip(seenInMirror[i], seen[j]).allSatisfy { image, own in
        abs(image - Float(sign) * own) <= Float(Self.tolerance) * max(abs(image), abs(own)) + 1e-6 * magnitudes[j]
      }
  }
}

/// A state of a robot whose numbers are drawn independently.
private struct RandomState {
  private var joints: (positions: [Double], velocities: [Double])
  /// Turns since the reference pose, [bodies].
  private var turns: [Quaternion]
  private var positions, linear, angular: [Vector3]
  /// [links, and the world]
  private var contactForces: [Vector3]
  private var efforts: [Double]
  private var action: [Float]
  private var commands: [Double]
  private var pushForce, gravity: Vector3

  init(_ task: BoundTask, _ random: inout RandomStream) {
    let model = task.model
    // From near the reference pose to far beyond, so that some states are on either side of any term's threshold.
    let spread = exp(random.uniform(in: log(0.01)...log(10)))
    let force = exp(random.uniform(in: log(1)...log(1e4)))
    func numbers(_ count: Int, _ scale: Double = 1) -> [Double] { (0..<count).map { _ in scale * random.normal() } }
    func vector(_ scale: Double = 1) -> Vector3 {
      [scale * random.normal(), scale * random.normal(), scale * random.normal()]
    }
    let scalar = model.scalarJoints
    joints = (zip(scalar, numbers(scalar.count, spread)).map { model.joints[$0].reference + $1 }, numbers(scalar.count))
    turns = model.bodies.map { _ in
      let v = vector(spread)
      return Quaternion(w: 1, x: v.x, y: v.y, z: v.z).normalized
    }
    positions = model.bodies.indices.map { model.referencePose(of: $0).position + vector(spread) }
    linear = model.bodies.map { _ in vector() }
    angular = model.bodies.map { _ in vector() }
    // Some bodies touch nothing.
    contactForces = (0...task.linkage.links.count).map { _ in random.uniform() < 0.5 ? .zero : vector(force) }
    efforts = numbers(model.actuators.count, 10)
    action = model.actuators.map { _ in Float(random.uniform(in: -1...1)) }
    commands = task.settings.commands.map { random.uniform(in: $0.range) }
    pushForce = vector(100)
    gravity = (Vector3(0, 0, -1) + vector(0.2)).normalized
  }

  func position(of body: Int, in robot: RobotReflection?) -> Vector3 {
    robot.map { $0.plane.image(of: positions[$0.bodies[body]]) } ?? positions[body]
  }

  /// What a snapshot would hold of this state, or of its image in the mirror.
  func snapshot(of task: BoundTask, in robot: RobotReflection?, step: Int) -> RobotSnapshot {
    let plan = task.leanPlan
    var snapshot = RobotSnapshot(
      plan: plan, jointCount: joints.positions.count, actuatorCount: efforts.count, commandCount: commands.count,
      rewardCount: task.rewards.count)
    func image(_ v: Vector3) -> Vector3 { robot?.plane.image(of: v) ?? v }
    func source(_ body: Int) -> Int { robot?.bodies[body] ?? body }
    snapshot.step = step
    snapshot.time = Double(step) * task.timing.controlTimeStep
    snapshot.jointPositions = robot?.joints.image(of: joints.positions) ?? joints.positions
    snapshot.jointVelocities = robot?.joints.image(of: joints.velocities) ?? joints.velocities
    for (slot, tracked) in plan.bodies.enumerated() {
      let body = source(tracked.body)
      let turn = robot?.plane.image(of: turns[body]) ?? turns[body]
      snapshot.bodies[slot] = BodyMotion(
        pose: Pose(position: position(of: tracked.body, in: robot), orientation: turn * tracked.unturn.conjugate),
        turn: turn, linearVelocity: image(linear[body]),
        angularVelocity: robot?.plane.image(ofAxial: angular[body]) ?? angular[body], tilt: Tilt(turn))
    }
    for (slot, body) in plan.contactBodies.enumerated() {
      let link = task.linkage.placements[source(body)].link ?? task.linkage.links.count
      snapshot.contactForces[slot] = image(contactForces[link])
    }
    snapshot.efforts = robot?.efforts.image(of: efforts) ?? efforts
    snapshot.action = robot?.controls.image(of: action) ?? action
    snapshot.commands = commands
    snapshot.pushForce = image(pushForce)
    snapshot.gravityDirection = image(gravity)
    return snapshot
  }
}
