import Foundation
import PoiseCore
public import PoiseModels

/// A linear-quadratic regulator about a pose: u = u₀ − K x.
///
/// **Model.** `Linearization` of the simulator's own control step about the pose.
///
/// **What cannot be steered.** Friction has no memory of places: a foot that has been pushed across the floor stays there, and nothing draws
/// it back as long as it bears weight. In the linear system such a coordinate z = wᵀx obeys z⁺ = z, and no action moves it: w is a left
/// null vector of [A − I, B]. A cost of it would be infinite, and the Riccati equation would have no stabilising solution. So all such w are
/// found (left singular vectors W whose singular value is nearly 0) and projected out: with V an orthonormal basis of the states without
/// them, and R the equilibria that they stand for, (A − I) R = 0 and Wᵀ R = I,
///
///     x = R z + V y,   z = Wᵀ x constant,   y = Vᵀ (I − R Wᵀ) x,   y⁺ = Vᵀ A V y + Vᵀ B u.
///
/// The regulator acts on y: it brings the robot to the equilibrium over the feet where they now stand.
///
/// **Cost.** Σ xᵀQx + uᵀRu, as in SciPy's `solve_discrete_are`, of y and of u − u₀, minimised over all feedback.
public struct LQRDesign: Sendable {
  /// Name of the robot.
  public let model: String
  /// What the coordinates of the state are.
  public let coordinates: StateCoordinates
  /// Names of the actuators, [actions].
  public let actions: [String]
  /// Time of a control step, s.
  public let controlTimeStep: Double
  /// The linear system that the design rests on.
  public let system: Linearization
  /// |c|: how far the pose is from rest, see `Linearization.drift`.
  public let residual: Double
  /// K, [actions, states].
  public let gain: Matrix
  /// X of the cost xᵀ X x from x on, [states, states].
  public let cost: Matrix
  /// The poles of the closed loop, the slowest first, [states that can be steered].
  public let poles: [Eigenvalue]
  /// The number of coordinates that were projected out.
  public let unsteerableCount: Int

  /// Designs a regulator about a pose.
  ///
  /// - Parameters:
  ///   - stepper: the simulator of the plant.
  ///   - pose: the pose, at rest.
  ///   - action: the action that holds it.
  ///   - settings: the weights.
  /// - Throws: `ControlDesignError` where no feedback stabilises the pose.
  init(
    _ stepper: ControlStepper, pose: JointConfiguration, action: [Double], settings: LQRSettings
  ) throws(ControlDesignError) {
    let linear = Linearization(stepper, pose: pose, action: action)
    let n = stepper.coordinates.count
    let weights = (0..<n).map { $0 < n / 2 ? settings.position : settings.velocity }
    try self.init(linear, stepper, q: Matrix(diagonal: weights), settings)
  }

  private init(
    _ linear: Linearization, _ stepper: ControlStepper, q: Matrix, _ settings: LQRSettings
  ) throws(ControlDesignError) {
    let (n, m) = (linear.a.rows, linear.b.columns)
    let r = Matrix(diagonal: Array(repeating: settings.action, count: m))
    do throws(LinearAlgebraFailure) {
      let (vectors, values) = try (linear.a - .identity(n)).beside(linear.b).leftSingularVectors()
      let steerable = values.count { $0 > settings.steerability * values[0] }
      let v = vectors.columns(0..<steerable)
      var toSteerable = v.transposed
      if steerable < n {
        let w = vectors.columns(steerable..<n)
        let equilibria = try (linear.a - .identity(n)).above(w.transposed).leastSquaresSolution(
          of: Matrix(rows: n, columns: n - steerable).above(.identity(n - steerable)), tolerance: 1e-9)
        toSteerable = v.transposed * (.identity(n) - equilibria * w.transposed)
      }
      let (a, b) = (toSteerable * linear.a * v, toSteerable * linear.b)
      let x = try Matrix.riccatiSolution(a: a, b: b, q: v.transposed * q * v, r: r)
      let k = try Matrix.regulatorGain(a: a, b: b, r: r, x: x)
      poles = try (a - b * k).eigenvalues()
      gain = k * toSteerable
      cost = toSteerable.transposed * x * toSteerable
      unsteerableCount = n - steerable
    } catch {
      throw ControlDesignError(
        found: "a pose that no linear feedback holds: there is no \(error.problem)",
        allowed: "a pose at rest whose unstable motions the actuators can reach",
        remedy: "Another pose, other actuators, or a controller that is learned or plans.")
    }
    guard let slowest = poles.first, slowest.magnitude < 1 else {
      throw ControlDesignError(
        found: "a closed loop with a pole of magnitude \(poles.first?.magnitude.rounded(significant: 6) ?? "1")",
        allowed: "poles of magnitude below 1", remedy: "The pose cannot be held by linear feedback.")
    }
    model = stepper.plant.robot.name
    coordinates = stepper.coordinates
    actions = stepper.plant.robot.actuators.map(\.name)
    controlTimeStep = stepper.plant.controlTimeStep
    system = linear
    residual = length(linear.drift)
  }

  /// The cost xᵀ X x that is still to come from a state, under the law and the linear system.
  public func costToGo(_ state: JointConfiguration) -> Double {
    cost.quadraticForm(coordinates.deviation(state, from: system.pose))
  }

  /// The law: u₀ − K x, within −1 … 1, [actions].
  public func action(for state: JointConfiguration) -> [Double] {
    let x = coordinates.deviation(state, from: system.pose)
    return zip(system.action, gain * x).map { min(1, max(-1, $0 - $1)) }
  }
}

// MARK: - Telling

extension LQRDesign {
  /// A few lines for people: poles, cost and what could not be steered.
  public var text: String {
    func told(_ pole: Eigenvalue) -> String {
      let real = pole.real.rounded(significant: 4)
      return pole.imaginary == 0 ? real : "\(real) ± \(abs(pole.imaginary).rounded(significant: 4))i"
    }
    // A pair of conjugates is one entry.
    let shown = poles.filter { $0.imaginary >= 0 }.prefix(6).map(told)
    let slowest = poles.first?.magnitude ?? 0
    let seconds = slowest > 0 ? -controlTimeStep / log(slowest) : 0
    var lines = [
      "  regulator of \(coordinates.count) states and \(actions.count) action\(actions.count == 1 ? "" : "s"), "
        + "\(residual.rounded(significant: 2)) from rest in a control step",
      "    poles \(shown.joined(separator: ", "))\(poles.count > shown.count ? ", …" : ""): the slowest decays in "
        + "\(seconds.rounded(significant: 3)) s",
      "    cost of 0.1 in the costliest coordinate \(costliest.value.rounded(significant: 3)) (\(costliest.name))",
    ]
    if unsteerableCount > 0 {
      lines.append(
        "    \(unsteerableCount) coordinate\(unsteerableCount == 1 ? "" : "s") that no action moves and nothing draws back left out, "
          + "such as where feet stand")
    }
    if actions.count == 1 {
      lines.append(
        "    gain "
          + zip(coordinates.names, gain.values).map { "\($0) \($1.rounded(significant: 5))" }
          .joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }

  private var costliest: (name: String, value: Double) {
    let diagonal = (0..<cost.rows).map { 0.01 * cost[$0, $0] }
    let place = diagonal.indices.max { diagonal[$0] < diagonal[$1] } ?? 0
    return (coordinates.names[place], diagonal[place])
  }

  /// Everything as one JSON object, keys in snake case and alphabetical order.
  ///
  /// `action = equilibrium_action − gain · state`, clamped to −1 … 1, where `state` is the deviation from the pose in `state_names`.
  ///
  /// - Throws: what `JSONEncoder` throws.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try encoder.text(of: Record(self))
  }

  private struct Record: Encodable {
    var format = "poise-regulator"
    var formatVersion = 1
    var poiseVersion = PoiseVersion.current
    var model: String
    var controlTimeStepSeconds: Double
    var stateNames, stateUnits, actionNames: [String]
    /// Of the pose: hinges and slides in the order of the model, then (x, y, z, w, x, y, z) of each free body.
    var poseJoints: [Double]
    var poseFreeBodies: [[Double]]
    var equilibriumAction: [Double]
    var residual: Double
    var gain, costToGo, a, b: [[Double]]
    var poles: [Eigenvalue]
    var unsteerableCoordinates: Int

    init(_ design: LQRDesign) {
      func rows(_ matrix: Matrix) -> [[Double]] { (0..<matrix.rows).map { matrix.row($0) } }
      model = design.model
      controlTimeStepSeconds = design.controlTimeStep
      stateNames = design.coordinates.names
      stateUnits = design.coordinates.units
      actionNames = design.actions
      poseJoints = design.system.pose.positions
      poseFreeBodies = design.system.pose.freePoses.map {
        let (p, q) = ($0.position, $0.orientation)
        return [p.x, p.y, p.z, q.w, q.x, q.y, q.z]
      }
      equilibriumAction = design.system.action
      residual = design.residual
      gain = rows(design.gain)
      costToGo = rows(design.cost)
      a = rows(design.system.a)
      b = rows(design.system.b)
      poles = design.poles
      unsteerableCoordinates = design.unsteerableCount
    }
  }
}
