import Foundation
public import PoiseCore
import PoiseModels
import PoiseSimulation

/// Starts bodies with a free joint at a random position, orientation and velocity.
public struct FreeBodyReset: ResetTerm {
  /// Largest turn about the vertical, rad.
  public var yaw = 0.0
  /// Largest tilt, in a random direction, rad.
  public var tilt = 0.0
  /// Largest shift along x and along y, m.
  public var position = 0.0
  /// Largest velocity along each axis, m/s.
  public var linearVelocity = 0.0
  /// Largest angular velocity about each axis, rad/s.
  public var angularVelocity = 0.0
  public init() {}

  public static let termName = "freeBody"
  public static let documentation = "Shifts, turns and pushes bodies with a free joint by uniform random amounts."
  public static let keys: [ConfigurationKey<Self>] = [
    .key("position", \.position, .number(.notNegative, unit: "m"), "Largest shift along x and along y."),
    .key(
      "yaw", \.yaw, .number(.from(0, through: .pi), unit: "rad"), "Largest turn about the vertical; π for any heading."),
    .key("tilt", \.tilt, .number(.from(0, through: .pi), unit: "rad"), "Largest tilt, in a random direction."),
    .key("linearVelocity", \.linearVelocity, .number(.notNegative, unit: "m/s"), "Largest along each axis."),
    .key("angularVelocity", \.angularVelocity, .number(.notNegative, unit: "rad/s"), "Largest about each axis."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReset {
    let count = binder.model.joints.count { $0.kind == .free }
    binder.require(
      count > 0, key: "", found: "a model without a free joint", allowed: "a model with one",
      remedy: "Remove this term.")
    let parts = [
      ("position ±", position), ("yaw ±", yaw), ("tilt up to", tilt), ("velocity ±", linearVelocity),
      ("angular velocity ±", angularVelocity),
    ].filter { $0.1 != 0 }.map { "\($0.0) \($0.1)" }
    let effect = "free body: \(parts.isEmpty ? "as in the model" : parts.joined(separator: ", "))"
    return BoundReset(effect) { [self] start, random, _ in
      func draw(_ largest: Double) -> Double { random.uniform(in: -largest...largest) }
      for i in start.freePoses.indices {
        start.freePoses[i].position += Vector3(draw(position), draw(position), 0)
        let heading = Quaternion(angle: draw(yaw), axis: [0, 0, 1])
        let direction = random.uniform(in: -.pi ... .pi)
        let lean = Quaternion(angle: random.uniform(in: 0...tilt), axis: [cos(direction), sin(direction), 0])
        start.freePoses[i].orientation = lean * heading * start.freePoses[i].orientation
        start.freeVelocities[i].linear += Vector3(draw(linearVelocity), draw(linearVelocity), draw(linearVelocity))
        start.freeVelocities[i].angular += Vector3(draw(angularVelocity), draw(angularVelocity), draw(angularVelocity))
      }
    }
  }
}

/// Places a robot with a free joint on the floor, after its joints were drawn.
public struct OnGroundReset: ResetTerm {
  /// Height of the robot's lowest point above z = 0, m.
  public var clearance = 0.001
  public init() {}

  public static let termName = "onGround"
  public static let documentation =
    "Lifts or lowers bodies with a free joint so that the robot's lowest point is just above z = 0. Last in the list."
  public static let keys: [ConfigurationKey<Self>] = [
    .key("clearance", \.clearance, .number(unit: "m"), "Height of the lowest point.")
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReset {
    let free = binder.model.joints.count { $0.kind == .free }
    binder.require(
      free == 1, key: "", found: "a model with \(free) free joints", allowed: "a model with one",
      remedy: "Remove this term.")
    return BoundReset("lowest point at z = \(clearance) m") { [clearance] start, _, robot in
      robot.place(start)
      let lowest = robot.lowestPoint
      if lowest.isFinite { start.freePoses[0].position.z += clearance - lowest }
    }
  }
}

extension Robot {
  /// The smallest z of any shape on a moving body, m.
  var lowestPoint: Double {
    var lowest = Double.infinity
    for geometry in model.geometries {
      guard let body = geometry.body, linkage.placements[body].link != nil else { continue }
      let pose = pose(ofBody: body) * geometry.pose
      lowest = min(lowest, pose.position.z - geometry.shape.reach(along: pose.orientation.unrotate([0, 0, -1])))
    }
    return lowest
  }
}

extension Shape {
  /// The support function of the shape: how far it reaches from its centre along a unit vector in its own axes, m.
  func reach(along d: Vector3) -> Double {
    switch self {
    case .plane: 0
    case .sphere(let radius): radius
    case .capsule(let radius, let halfLength): radius + halfLength * abs(d.z)
    case .cylinder(let radius, let halfLength):
      radius * (d.x * d.x + d.y * d.y).squareRoot() + halfLength * abs(d.z)
    case .box(let half): half.x * abs(d.x) + half.y * abs(d.y) + half.z * abs(d.z)
    }
  }
}
