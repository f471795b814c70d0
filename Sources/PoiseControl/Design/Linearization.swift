import PoiseCore
public import PoiseModels

/// The linear system that a control step of the simulator is near a pose: x⁺ = A x + B (u − u₀) + c.
///
/// x is the deviation from the pose in `StateCoordinates`, u the action in −1 … 1. A and B are central differences of the simulator's own
/// step, contacts and all:
///
///     A eⱼ = (f(+h eⱼ, u₀) − f(−h eⱼ, u₀)) ÷ 2h,   B likewise in u,   c = f(0, u₀)
///
/// whose error is of the order of h² where the step is smooth. It is smooth while the same contacts stay closed and stick, and while no
/// joint is at a stop.
public struct Linearization: Sendable {
  /// The pose, at rest.
  public let pose: JointConfiguration
  /// The action that holds the pose, in −1 … 1, [actuators].
  public let action: [Double]
  /// A, [states, states].
  public let a: Matrix
  /// B, [states, actions].
  public let b: Matrix
  /// c: how far one control step leads away from the pose, [states]; 0 in an equilibrium.
  public let drift: [Double]

  /// The length of the differences, in the units of each coordinate and of the action. The step's own rounding, about 1e-15, is divided by
  /// it; its curvature, about 1, is multiplied by its square.
  static let difference = 1e-5

  /// Linearises a plant about a pose and an action.
  public init(_ stepper: ControlStepper, pose: JointConfiguration, action: [Double]) {
    let coordinates = stepper.coordinates
    let h = Self.difference
    func quotient(_ step: (Double) -> JointConfiguration) -> [Double] {
      let (plus, minus) = (step(h), step(-h))
      return zip(coordinates.deviation(plus, from: pose), coordinates.deviation(minus, from: pose)).map {
        ($0 - $1) / (2 * h)
      }
    }
    let states = (0..<coordinates.count).map { j in
      quotient { h in
        var x = [Double](repeating: 0, count: coordinates.count)
        x[j] = h
        return stepper.step(coordinates.state(x, from: pose), action)
      }
    }
    // An action at the end of its range has differences to one side alone, which the wider range of the difference would halve.
    let inner = action.map { min(1 - h, max(h - 1, $0)) }
    let actions = action.indices.map { j in
      quotient { h in
        var u = inner
        u[j] += h
        return stepper.step(pose, u)
      }
    }
    self.pose = pose
    self.action = action
    a = Matrix(columns: states, rows: coordinates.count)
    b = Matrix(columns: actions, rows: coordinates.count)
    drift = coordinates.deviation(stepper.step(pose, action), from: pose)
  }
}

/// A pose in which a robot stays where it is under a constant action.
struct Equilibrium {
  var pose: JointConfiguration
  /// [actuators]
  var action: [Double]
  /// |f(pose, action) − pose|, in the units of the state's coordinates.
  var residual: Double

  /// The largest residual that counts as rest: a few µm, or µm/s, in a control step.
  static let tolerance = 1e-5

  /// Finds an equilibrium near the reference pose.
  ///
  /// The reference pose itself, where it is one. Otherwise the robot is first let down: servos hold its joints for a second of simulated
  /// time, so that what has to touch the ground touches it. Then Gauss–Newton steps change positions and actions together, each time by the
  /// least change (of positions in m and rad and actions in −1 … 1 alike) that solves the linear equation
  ///
  ///     (A − I) δx + B δu = −c,   δx of positions alone.
  ///
  /// - Returns: `nil` where none is found.
  static func near(reference stepper: ControlStepper, servos: [Robot.Servo]) throws(LinearAlgebraFailure) -> Self? {
    let plant = stepper.plant
    var pose = JointConfiguration(reference: plant.robot)
    var action = plant.restingAction
    func residual(_ pose: JointConfiguration, _ action: [Double]) -> Double {
      length(stepper.coordinates.deviation(stepper.step(pose, action), from: pose))
    }
    let first = residual(pose, action)
    if first <= 1e-9 { return Self(pose: pose, action: action, residual: first) }
    guard !plant.hasTargets else { return nil }
    let rest = stepper.settle(pose, servos, steps: max(1, Int((1 / plant.controlTimeStep).rounded())))
    pose = rest.configuration.atRest
    for i in action.indices {
      let (gear, halfWidth) = (plant.robot.actuators[i].gear, plant.halfWidths[i])
      guard gear != 0, halfWidth != 0 else { continue }
      let wanted: Double = (rest.efforts[i] / gear - plant.centers[i]) / halfWidth
      action[i] = min(1, max(-1, wanted))
    }
    var best = Self(pose: pose, action: action, residual: residual(pose, action))
    for _ in 0..<20 where best.residual > 1e-8 {
      let linear = Linearization(stepper, pose: best.pose, action: best.action)
      let (n, m, degrees) = (linear.a.rows, linear.b.columns, linear.a.rows / 2)
      let jacobian = (linear.a - .identity(n)).columns(0..<degrees).beside(linear.b)
      let step = try jacobian.leastSquaresSolution(
        of: Matrix(columns: [linear.drift.map { -$0 }], rows: n), tolerance: 1e-7)
      var next: Self?
      // Halved until it helps: contacts open and slip when a step is too long.
      for halvings in 0..<8 {
        let factor = 1 / Double(1 << halvings)
        var x = [Double](repeating: 0, count: n)
        for i in 0..<degrees { x[i] = factor * step[i, 0] }
        let u = (0..<m).map { min(1, max(-1, best.action[$0] + factor * step[degrees + $0, 0])) }
        let moved = stepper.coordinates.state(x, from: best.pose)
        let error = residual(moved, u)
        if error < best.residual {
          next = Self(pose: moved, action: u, residual: error)
          break
        }
      }
      guard let next else { break }
      best = next
    }
    return best.residual <= tolerance ? best : nil
  }
}

/// √Σ x².
func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

extension JointConfiguration {
  /// The same positions without velocities.
  var atRest: Self {
    var rest = self
    for i in rest.velocities.indices { rest.velocities[i] = 0 }
    for i in rest.freeVelocities.indices { rest.freeVelocities[i] = (.zero, .zero) }
    for i in rest.ballVelocities.indices { rest.ballVelocities[i] = .zero }
    return rest
  }
}
