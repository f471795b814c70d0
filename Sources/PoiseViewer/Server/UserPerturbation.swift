import PoiseCore
import PoiseModels
import PoiseSimulation
import PoiseTasks

/// The forces of a user on the robot: a spring that pulls a point of a body towards the mouse, and short pushes.
///
/// They act as one more disturbance of the task, at the start of each control step, and add to the scenario's own pushes on the same
/// body. No random numbers are drawn: without a user's forces an episode is the one that `poise evaluate` runs.
final class UserPerturbation: Sendable {
  /// A point of a link and the target towards which it is pulled.
  struct Grip: Sendable {
    var link: Int
    /// m, in the link's frame.
    var point: Vector3
    /// m, world frame.
    var target: Vector3
  }

  private struct State: Sendable {
    var grip: Grip?
    var push = Vector3.zero
    var pushSteps = 0
    /// The wrench that was set on a body in the last control step, and the one that it replaced.
    var left: (link: Int, mine: Wrench, under: Wrench)?
  }

  /// A force (N, world) at a point of a body (m, its axes, from its origin) and a torque (N·m, world), as in ODE.
  private struct Wrench: Sendable, Equatable {
    var force = Vector3.zero
    var point = Vector3.zero
    var torque = Vector3.zero
  }

  private let state = Guarded(State())
  private let stiffness: Double
  private let strongest: Double
  private let pushForce: Double
  private let pushDuration: Int
  private let pushedLink: Int
  private let centers: [Vector3]
  private let origins: [Vector3]

  /// The spring's stiffness for each kilogram of the robot, s⁻². A pull of 30 cm is a quarter of its weight.
  static let stiffnessPerMass = 8.0
  /// The largest force of the spring as a share of the robot's weight.
  static let strongestShare = 0.5
  /// Change of the robot's speed by a push within `pushSeconds`, m/s.
  static let pushSpeed = 0.35
  static let pushSeconds = 0.1

  init(_ task: BoundTask) {
    let links = task.linkage.links
    let mass = links.reduce(0) { $0 + $1.inertia.mass }
    stiffness = Self.stiffnessPerMass * mass
    strongest = Self.strongestShare * mass * 9.81
    let Δt = task.timing.controlTimeStep
    pushDuration = max(1, Int((Self.pushSeconds / Δt).rounded()))
    pushForce = mass * Self.pushSpeed / (Double(pushDuration) * Δt)
    pushedLink = task.linkage.placements[task.uprightBody].link ?? 0
    origins = links.map(\.origin)
    centers = links.map(\.inertia.centerOfMass)
  }

  /// Starts, moves or, with `nil`, ends a pull.
  func grip(_ grip: Grip?) { state.withLock { $0.grip = grip } }

  /// Pushes the robot at its centre for `pushSeconds`.
  ///
  /// - Parameter direction: a vector in the world's x–y plane, not zero; its length does not matter.
  func push(_ direction: Vector3) {
    let force = pushForce * direction.normalized
    state.withLock {
      $0.push = force
      $0.pushSteps = pushDuration
    }
  }

  /// Ends pull and push; the world has no forces at the start of an episode.
  func reset() { state.withLock { $0 = State() } }

  /// The disturbance that the task applies in each control step.
  var disturbance: BoundDisturbance {
    BoundDisturbance("the user's forces", memoryCount: 0, begin: { _, _ in }) { _, _, _, robot in self.act(on: robot) }
  }

  /// - Returns: the push, N; the page itself draws a pull.
  private func act(on robot: Robot) -> Vector3 {
    state.withLock { state in
      // Remove the wrench of the last control step, unless the scenario has set another one since.
      if let left = state.left {
        let body = robot.bodies[left.link]
        let present = Self.wrench(on: body, robot)
        if present == left.mine { Self.put(left.under, on: body, robot) }
        state.left = nil
      }
      var force = Vector3.zero
      var wrench: (link: Int, wrench: Wrench)?
      if state.pushSteps > 0 {
        state.pushSteps -= 1
        force = state.push
        wrench = (pushedLink, Wrench(force: force, point: centers[pushedLink] - origins[pushedLink]))
      } else if let grip = state.grip {
        let point = grip.point - origins[grip.link]
        wrench = (grip.link, Wrench(force: pull(grip, point, robot), point: point))
      }
      guard let (link, mine) = wrench else { return .zero }
      let body = robot.bodies[link]
      let under = Self.wrench(on: body, robot)
      let sum = Self.sum(under, mine, on: body, robot)
      Self.put(sum, on: body, robot)
      state.left = (link, sum, under)
      return force
    }
  }

  /// F = k (target − p), at most `strongest`.
  private func pull(_ grip: Grip, _ point: Vector3, _ robot: Robot) -> Vector3 {
    let body = robot.bodies[grip.link]
    let present = robot.world.position(of: body) + robot.world.rotate(point, from: body)
    let force = stiffness * (grip.target - present)
    return force.length > strongest ? strongest * force.normalized : force
  }

  private static func wrench(on body: World.BodyIndex, _ robot: Robot) -> Wrench {
    let (force, point, torque) = robot.world.externalForce(on: body)
    return Wrench(force: force, point: point, torque: torque)
  }

  private static func put(_ wrench: Wrench, on body: World.BodyIndex, _ robot: Robot) {
    robot.world.setExternalForce(on: body, force: wrench.force, at: wrench.point, torque: wrench.torque)
  }

  /// Two wrenches as one force at the point of the stronger force and a torque for the distance of the weaker one. The torque stays
  /// constant for a control step while the body turns, so the weaker force is the one that becomes inexact.
  private static func sum(_ a: Wrench, _ b: Wrench, on body: World.BodyIndex, _ robot: Robot) -> Wrench {
    if a == Wrench(point: a.point) { return b }
    let (strong, weak) = a.force.length >= b.force.length ? (a, b) : (b, a)
    let arm = robot.world.rotate(weak.point - strong.point, from: body)
    return Wrench(
      force: a.force + b.force, point: strong.point, torque: a.torque + b.torque + arm.cross(weak.force))
  }
}
