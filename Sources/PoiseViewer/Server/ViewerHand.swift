import PoiseCore
import PoiseModels
import PoiseSimulation
import PoiseTasks

/// The viewer's hand on the robot: it pulls a point of a body towards a target with a spring, or shoves the robot.
///
/// It acts as one more disturbance of the task, at the start of each control step, and adds to whatever the scenario's own pushes
/// do to the same body. It draws no random numbers: an episode that is not touched is the one that `evaluate` judges.
final class ViewerHand: Sendable {
  struct Grip: Sendable {
    var link: Int
    /// m, in the link's frame.
    var point: Vector3
    /// m, world frame.
    var target: Vector3
  }

  private struct State: Sendable {
    var grip: Grip?
    var shove = Vector3.zero
    var shoveSteps = 0
    /// What this hand last put on a body, and what stood there before.
    var left: (link: Int, mine: Wrench, under: Wrench)?
  }

  /// As ODE takes it: a force (N, world) at a point of a body (m, its axes, from its origin) and a torque (N·m, world).
  private struct Wrench: Sendable, Equatable {
    var force = Vector3.zero
    var point = Vector3.zero
    var torque = Vector3.zero
  }

  private let state = Guarded(State())
  private let stiffness: Double
  private let strongest: Double
  private let shoveForce: Double
  private let shoveDuration: Int
  private let shovedLink: Int
  private let centers: [Vector3]
  private let origins: [Vector3]

  /// s⁻²: the spring's stiffness for each kilogram of the robot. A pull of 30 cm is a quarter of its weight.
  static let stiffnessPerMass = 8.0
  /// Share of the robot's weight that the spring pulls with at most.
  static let strongestShare = 0.5
  /// A shove changes the robot's speed by this much, m/s, within `shoveSeconds`.
  static let shoveSpeed = 0.35
  static let shoveSeconds = 0.1

  init(_ task: BoundTask) {
    let links = task.linkage.links
    let mass = links.reduce(0) { $0 + $1.inertia.mass }
    stiffness = Self.stiffnessPerMass * mass
    strongest = Self.strongestShare * mass * 9.81
    let Δt = task.timing.controlTimeStep
    shoveDuration = max(1, Int((Self.shoveSeconds / Δt).rounded()))
    shoveForce = mass * Self.shoveSpeed / (Double(shoveDuration) * Δt)
    shovedLink = task.linkage.placements[task.uprightBody].link ?? 0
    origins = links.map(\.origin)
    centers = links.map(\.inertia.centerOfMass)
  }

  func grip(_ grip: Grip?) { state.withLock { $0.grip = grip } }

  /// - Parameter direction: in the world's x–y plane, any length but 0.
  func shove(_ direction: Vector3) {
    let force = shoveForce * direction.normalized
    state.withLock {
      $0.shove = force
      $0.shoveSteps = shoveDuration
    }
  }

  /// A new episode begins: the world forgets all forces, and the hand lets go.
  func letGo() { state.withLock { $0 = State() } }

  var disturbance: BoundDisturbance {
    BoundDisturbance("the viewer's hand", memoryCount: 0, begin: { _, _ in }) { _, _, _, robot in self.act(on: robot) }
  }

  /// - Returns: the shove, N; a pull is drawn by the one who pulls.
  private func act(on robot: Robot) -> Vector3 {
    state.withLock { state in
      // Take back what was put on before, unless the scenario has put something new there since.
      if let left = state.left {
        let body = robot.bodies[left.link]
        let present = Self.wrench(on: body, robot)
        if present == left.mine { Self.put(left.under, on: body, robot) }
        state.left = nil
      }
      var force = Vector3.zero
      var wrench: (link: Int, wrench: Wrench)?
      if state.shoveSteps > 0 {
        state.shoveSteps -= 1
        force = state.shove
        wrench = (shovedLink, Wrench(force: force, point: centers[shovedLink] - origins[shovedLink]))
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

  /// Both as one force at the point of the stronger and a torque that makes up for the other's distance; the torque stays as it
  /// is for a control step while the body turns, which is why it is the weaker's.
  private static func sum(_ a: Wrench, _ b: Wrench, on body: World.BodyIndex, _ robot: Robot) -> Wrench {
    if a == Wrench(point: a.point) { return b }
    let (strong, weak) = a.force.length >= b.force.length ? (a, b) : (b, a)
    let arm = robot.world.rotate(weak.point - strong.point, from: body)
    return Wrench(
      force: a.force + b.force, point: strong.point, torque: a.torque + b.torque + arm.cross(weak.force))
  }
}
