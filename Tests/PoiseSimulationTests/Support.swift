import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

/// Both solvers; the iterative one with enough iterations that what it leaves over is below the tests' bounds.
let bothSolvers: [PhysicsParameters.Solver] = [.direct, .iterative(iterations: 50)]

extension PhysicsParameters {
  /// No gravity, no contacts: what is left is the joints.
  static func weightless(_ solver: Solver, timeStep: Double = 0.005) -> Self {
    var parameters = Self()
    parameters.gravity = .zero
    parameters.timeStep = timeStep
    parameters.solver = solver
    return parameters
  }

  static func earth(_ solver: Solver, timeStep: Double = 0.001) -> Self {
    var parameters = weightless(solver, timeStep: timeStep)
    parameters.gravity = [0, 0, -9.81]
    return parameters
  }
}

/// A body with the same inertia about every axis, so that its response does not depend on its attitude.
enum Link: String, CaseIterable, Sendable {
  case light, heavy

  /// kg
  var mass: Double { self == .light ? 0.1 : 5 }
  /// kg·m²
  var inertia: Double { self == .light ? 2e-4 : 0.5 }
  /// m: radius of gyration, the size of the body.
  var gyration: Double { (inertia / mass).squareRoot() }
  var tensor: Matrix3 { Matrix3(diagonal: Vector3(repeating: inertia)) }
}

/// Which solver and which link a test runs with.
struct Setting: Sendable, CustomTestStringConvertible {
  let solver: PhysicsParameters.Solver
  let link: Link

  static let all = bothSolvers.flatMap { solver in Link.allCases.map { Setting(solver: solver, link: $0) } }
  var testDescription: String { "\(solver), \(link.rawValue) link" }
}

// MARK: Random poses

extension RandomStream {
  init(testing index: Int) { self.init(seed: 7, purpose: .testing, index: index) }

  mutating func vector(within bound: Double = 1) -> Vector3 {
    [uniform(in: -bound...bound), uniform(in: -bound...bound), uniform(in: -bound...bound)]
  }

  mutating func rotation() -> Quaternion {
    Quaternion(w: normal(), x: normal(), y: normal(), z: normal()).normalized
  }

  mutating func pose() -> Pose { Pose(position: vector(), orientation: rotation()) }

  /// Symmetric, positive definite, with moments that a real body could have.
  mutating func inertia(about value: Double) -> Matrix3 {
    Matrix3(diagonal: value * Vector3(uniform(in: 0.8...1.2), uniform(in: 0.8...1.2), uniform(in: 0.8...1.2)))
      .rotated(by: rotation())
  }
}

// MARK: Joints as textbooks have them

/// The kinds of joints with coordinates, as products of elementary motions; computed here without anything of ODE.
enum JointKind: String, CaseIterable, Sendable {
  case hinge, slide, universal
  case threeHinge = "right-handed three-hinge"
  case mirroredThreeHinge = "left-handed three-hinge"
  case planar

  enum Motion { case turn, shift }

  var motions: [Motion] {
    switch self {
    case .hinge: [.turn]
    case .slide: [.shift]
    case .universal: [.turn, .turn]
    case .threeHinge, .mirroredThreeHinge: [.turn, .turn, .turn]
    case .planar: [.shift, .shift, .turn]
    }
  }

  /// The range in which every coordinate can be told.
  func range(_ coordinate: Int) -> ClosedRange<Double> {
    switch motions[coordinate] {
    case .shift: -2...2
    case .turn: motions == [.turn, .turn, .turn] && coordinate == 1 ? -1.4...1.4 : -3.1...3.1
    }
  }

  static let turning = allCases.filter { $0.motions.contains(.turn) }
}

/// One joint: its kind, and its axes and anchor in the made pose, world frame.
struct Chain {
  let kind: JointKind
  let axes: [Vector3]
  let anchor: Vector3

  init(_ kind: JointKind, anchor: Vector3, frame: Quaternion) {
    self.kind = kind
    self.anchor = anchor
    let handedness: Double = kind == .mirroredThreeHinge ? -1 : 1
    axes = [frame.rotate([1, 0, 0]), frame.rotate([0, 1, 0]), frame.rotate([0, 0, handedness])]
  }

  var count: Int { kind.motions.count }

  func add(
    to world: inout World, child: World.BodyIndex, parent: World.BodyIndex?, degrees: [DegreeOfFreedom]
  ) -> World.JointIndex {
    switch kind {
    case .hinge:
      world.addHinge(child: child, parent: parent, anchor: anchor, axis: axes[0], degree: degrees[0])
    case .slide:
      world.addSlide(child: child, parent: parent, axis: axes[0], degree: degrees[0])
    case .universal:
      world.addUniversal(
        child: child, parent: parent, anchor: anchor, axes: (axes[0], axes[1]), degrees: (degrees[0], degrees[1]))
    case .threeHinge, .mirroredThreeHinge:
      world.addThreeHinge(
        child: child, parent: parent, anchor: anchor, axes: (axes[0], axes[1], axes[2]),
        degrees: (degrees[0], degrees[1], degrees[2]))
    case .planar:
      world.addPlanar(
        child: child, anchor: anchor, axes: (axes[0], axes[1], axes[2]), degrees: (degrees[0], degrees[1], degrees[2]))
    }
  }

  private func elementary(_ i: Int, _ q: Double) -> Pose {
    switch kind.motions[i] {
    case .shift: return Pose(position: q * axes[i])
    case .turn:
      let turn = Quaternion(angle: q, axis: axes[i])
      return Pose(position: anchor - turn.rotate(anchor), orientation: turn)
    }
  }

  /// The motion that takes the child from its made pose to coordinates `q` while the parent stays.
  func displacement(_ q: [Double]) -> Pose {
    q.indices.reduce(Pose.identity) { $0 * elementary($1, q[$1]) }
  }

  /// How each coordinate moves the child's point now at `point`, and turns it, at coordinates `q`.
  func jacobian(_ q: [Double], at point: Vector3) -> [(linear: Vector3, angular: Vector3)] {
    var before = Pose.identity
    return q.indices.map { i in
      defer { before = before * elementary(i, q[i]) }
      let axis = before.orientation.rotate(axes[i])
      switch kind.motions[i] {
      case .shift: return (axis, .zero)
      case .turn: return (axis.cross(point - before.apply(to: anchor)), axis)
      }
    }
  }
}

/// A child on a joint to the world, with all that a second computation of its motion needs.
struct Arm: ~Copyable {
  let chain: Chain
  var world: World
  let child: World.BodyIndex
  let mass: Double
  let tensor: Matrix3
  let made: Pose
  let references: [Double]

  init(
    _ chain: Chain, made: Pose, mass: Double, tensor: Matrix3, degrees: [DegreeOfFreedom],
    parameters: PhysicsParameters
  ) {
    self.chain = chain
    self.mass = mass
    self.tensor = tensor
    self.made = made
    references = degrees.map(\.reference)
    world = World(parameters)
    child = world.addBody(name: "arm", mass: mass, inertia: tensor, at: made)
    _ = chain.add(to: &world, child: child, parent: nil, degrees: degrees)
  }

  /// Puts the child where the coordinates (references included) say, moving at `rates`.
  mutating func set(_ q: [Double], rates: [Double]) {
    let pose = chain.displacement(turns(q)) * made
    let jacobian = chain.jacobian(turns(q), at: pose.position)
    world.setState(
      of: child, pose: pose,
      linearVelocity: zip(jacobian, rates).reduce(.zero) { $0 + $1.0.linear * $1.1 },
      angularVelocity: zip(jacobian, rates).reduce(.zero) { $0 + $1.0.angular * $1.1 })
  }

  private func turns(_ q: [Double]) -> [Double] { zip(q, references).map { $0 - $1 } }

  func jacobian(_ q: [Double]) -> [(linear: Vector3, angular: Vector3)] {
    chain.jacobian(turns(q), at: world.position(of: child))
  }

  /// M(q) = Σ m JᵥᵀJᵥ + J_ωᵀ I J_ω in the present pose.
  func massMatrix(_ q: [Double]) -> [[Double]] {
    let columns = jacobian(q)
    let tensor = self.tensor.rotated(by: world.orientation(of: child))
    let mass = self.mass
    return columns.map { a in columns.map { b in mass * a.linear.dot(b.linear) + a.angular.dot(tensor * b.angular) } }
  }

  /// Acceleration of each coordinate under a unit effort along it, if nothing but the child's inertia resisted: the effort's torque lies
  /// in the plane of the turning axes and has power with its own axis alone; a force acts at the centre of mass, where the joint is.
  func mobilities(_ q: [Double]) -> [Double] {
    let columns = jacobian(q)
    let tensor = self.tensor.rotated(by: world.orientation(of: child)).inverse
    let turning = columns.indices.filter { columns[$0].angular.length > 0.5 }
    let products = turning.map { a in turning.map { columns[a].angular.dot(columns[$0].angular) } }
    return columns.indices.map { i in
      guard let place = turning.firstIndex(of: i) else { return 1 / mass }
      let weights = solve(products, turning.indices.map { $0 == place ? 1 : 0 })
      let torque = zip(turning, weights).reduce(Vector3.zero) { $0 + $1.1 * columns[$1.0].angular }
      return torque.dot(tensor * torque)
    }
  }

  /// The largest distance between the child's velocity and the one that `rates` at coordinates `q` would give it.
  func velocityError(_ q: [Double], rates: [Double]) -> Double {
    let columns = jacobian(q)
    let linear = zip(columns, rates).reduce(Vector3.zero) { $0 + $1.0.linear * $1.1 }
    let angular = zip(columns, rates).reduce(Vector3.zero) { $0 + $1.0.angular * $1.1 }
    return max((world.linearVelocity(of: child) - linear).length, (world.angularVelocity(of: child) - angular).length)
  }
}

// MARK: Linear algebra

/// x with a x = b, by Gaussian elimination with pivoting.
func solve(_ a: [[Double]], _ b: [Double]) -> [Double] {
  var m = zip(a, b).map { $0 + [$1] }
  let n = b.count
  for column in 0..<n {
    let pivot = (column..<n).max { abs(m[$0][column]) < abs(m[$1][column]) } ?? column
    m.swapAt(column, pivot)
    for row in 0..<n where row != column {
      let factor = m[row][column] / m[column][column]
      for k in column...n { m[row][k] -= factor * m[column][k] }
    }
  }
  return (0..<n).map { m[$0][n] / m[$0][$0] }
}

func multiply(_ a: [[Double]], _ x: [Double]) -> [Double] { a.map { zip($0, x).reduce(0) { $0 + $1.0 * $1.1 } } }

func maximumDifference(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { abs($0 - $1) }.max() ?? 0 }

let degree = Double.pi / 180
